from django.db import models


class Connection(models.Model):
    """One organization's session, as Vigía last reported it."""

    GONE = "gone"

    org_id = models.CharField(primary_key=True, max_length=128)  # or a OneToOneField to your own organization
    state = models.CharField(max_length=16)  # idle, restoring, pairing, connected, retrying, failed; or gone
    desired = models.CharField(max_length=8)  # running, stopped
    action = models.CharField(max_length=32, null=True, db_index=True)  # what a person must do; null: nothing
    reason = models.CharField(max_length=32, null=True)  # a stable slug
    message = models.TextField(null=True)  # the reason for people
    account = models.CharField(max_length=64, null=True)
    since = models.DateTimeField(null=True)
    next_retry_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(default=-1)
    seen_at = models.DateTimeField()


class Webhook(models.Model):
    """The events that were applied. Rows older than a week may be removed."""

    id = models.CharField(primary_key=True, max_length=200)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)
