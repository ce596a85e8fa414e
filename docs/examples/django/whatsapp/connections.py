"""Keeps the table of connections up to date, with webhooks and with `sync`."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .models import Connection, Webhook


def _time(text):
    return None if text is None else parse_datetime(text)


@transaction.atomic
def save(session, revive=False):
    """
    Writes a session into its row. Webhooks arrive in any order and beside a sync. `revision` grows with every change,
    so an older one changes nothing. `revive`: also write into a row that is gone, because a session that was logged
    out and paired again starts at a low revision.
    """
    now = timezone.now()
    fresh = {"revision": -1, "seen_at": now}
    row, _ = Connection.objects.select_for_update().get_or_create(org_id=session["orgId"], defaults=fresh)
    if session["revision"] >= row.revision or (revive and row.state == Connection.GONE):
        error = session["lastError"] or {}
        row.state = session["state"]
        row.desired = session["desired"]
        row.action = (session["attention"] or {}).get("action")
        row.reason = error.get("reason")
        row.message = error.get("message")
        row.account = (session["account"] or {}).get("id")
        row.since = _time(session["since"])
        row.next_retry_at = _time(session["nextRetryAt"])
        row.revision = session["revision"]
    row.seen_at = now
    row.save()


@transaction.atomic
def forget(org_id, revision=None):
    """The session is gone: logged out, or its directory was removed. The row stays, other tables may refer to it."""
    row = Connection.objects.select_for_update().filter(org_id=org_id).first()
    if row is None or (revision is not None and revision < row.revision):
        return
    row.state, row.action, row.next_retry_at = Connection.GONE, None, None
    row.revision = row.revision if revision is None else revision
    row.save()


@transaction.atomic
def receive(event):
    """Applies an event of a webhook. False when it was applied before. Unknown types change nothing."""
    try:
        with transaction.atomic():
            Webhook(id=event["id"]).save(force_insert=True)  # in the transaction of the work: both or none
    except IntegrityError:
        return False
    if event["type"] in ("session.created", "session.updated"):
        save(event["data"]["session"], revive=event["type"] == "session.created")
    elif event["type"] == "session.removed":
        forget(event["orgId"], event["data"]["revision"])
    return True


def sync(vigia):
    """Writes all sessions into the table, which corrects what a lost webhook left. Returns their number."""
    started = timezone.now()
    sessions = list(vigia.sessions())  # all pages first: should one fail, nothing was changed
    with transaction.atomic():
        for session in sessions:
            save(session, revive=True)
        # organizations in no page, and in no webhook meanwhile
        for row in Connection.objects.filter(seen_at__lt=started).exclude(state=Connection.GONE):
            forget(row.org_id)
    return len(sessions)
