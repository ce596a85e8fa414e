"""
Keeps a table of WhatsApp connections up to date, with `sync` (from cron or a management command) and with webhooks.

sqlite3 stands in for the ORM; README.md has the same table as a Django model. To try it beside a running Vigía:

    VIGIA_KEY_FILE=auth_sessions/.vigia/first-key python3 docs/examples/django/connections.py sync
"""

import os
import sqlite3
import sys
import time

from vigia import Vigia, VigiaError, VigiaUnreachable

USAGE = """usage: connections.py sync | restore ORG | explain ORG
VIGIA_KEY_FILE names the file with the API key (for example auth_sessions/.vigia/first-key);
VIGIA_URL the server (http://127.0.0.1:3000), CONNECTIONS_DB the table (connections.sqlite3)."""

TABLE = """
CREATE TABLE IF NOT EXISTS whatsapp_connection (
    org_id        TEXT PRIMARY KEY,
    state         TEXT NOT NULL,     -- idle, restoring, pairing, connected, retrying, failed; or gone
    desired       TEXT NOT NULL,     -- running, stopped
    needs_person  INTEGER NOT NULL,  -- it failed and will not try again by itself
    reason        TEXT,              -- a stable slug: docs/integrators/PROTOCOL.md, "Reasons"
    message       TEXT,              -- the reason for people
    account       TEXT,
    since         TEXT,
    next_retry_at TEXT,
    revision      INTEGER NOT NULL,
    seen_at       REAL NOT NULL
)"""


def connect(path):
    database = sqlite3.connect(path)
    database.execute(TABLE)
    return database


def save(database, session, revive=False):
    """
    Writes a session into its row. Webhooks arrive in any order and beside a sync. `revision` grows with every change, so the
    higher one is newer, and an older one changes nothing. `revive`: also write into a row that is `gone`, because a session
    that was logged out and paired again starts at a low revision.
    """
    error = session["lastError"] or {}
    row = {
        "org_id": session["orgId"],
        "state": session["state"],
        "desired": session["desired"],
        "needs_person": session["state"] == "failed" and session["nextRetryAt"] is None,
        "reason": error.get("reason"),
        "message": error.get("message"),
        "account": (session["account"] or {}).get("id"),
        "since": session["since"],
        "next_retry_at": session["nextRetryAt"],
        "revision": session["revision"],
        "seen_at": time.time(),
    }
    columns = ", ".join(row)
    values = ", ".join(":" + name for name in row)
    fresh = ", ".join(f"{name} = excluded.{name}" for name in row if name not in ("org_id", "seen_at"))
    database.execute(
        f"INSERT INTO whatsapp_connection ({columns}) VALUES ({values}) ON CONFLICT (org_id) DO UPDATE SET {fresh}"
        " WHERE excluded.revision >= whatsapp_connection.revision OR (:revive AND whatsapp_connection.state = 'gone')",
        {**row, "revive": revive},
    )
    database.execute("UPDATE whatsapp_connection SET seen_at = :seen_at WHERE org_id = :org_id", row)


def forget(database, org_id, revision=None):
    """The session is gone (logged out, or its directory was removed). The row stays, because other tables may refer to it."""
    database.execute(
        "UPDATE whatsapp_connection SET state = 'gone', needs_person = 0, next_retry_at = NULL, revision = max(revision, ?)"
        " WHERE org_id = ? AND revision <= ?",
        (revision or 0, org_id, sys.maxsize if revision is None else revision),
    )


def sync(database, vigia):
    """Writes all sessions into the table. Returns their number."""
    started = time.time()
    sessions = list(vigia.sessions())  # all pages first: should one fail, nothing was changed
    with database:
        for session in sessions:
            save(database, session, revive=True)
        # organizations in no page and in no webhook meanwhile
        absent = "SELECT org_id FROM whatsapp_connection WHERE seen_at < ? AND state <> 'gone'"
        for (org_id,) in database.execute(absent, (started,)).fetchall():
            forget(database, org_id)
    return len(sessions)


def apply_webhook(database, event):
    """Applies an event that `verify_webhook` accepted. Applying it twice is harmless. Unknown types change nothing."""
    with database:
        if event["type"] in ("session.created", "session.updated"):
            save(database, event["data"]["session"], revive=event["type"] == "session.created")
        elif event["type"] == "session.removed":
            forget(database, event["orgId"], event["data"]["revision"])


def main(arguments):
    key_file = os.environ.get("VIGIA_KEY_FILE")
    if not key_file or not arguments:
        print(USAGE, file=sys.stderr)
        return 2
    with open(key_file, encoding="utf8") as file:
        vigia = Vigia(os.environ.get("VIGIA_URL", "http://127.0.0.1:3000"), file.read())
    database = connect(os.environ.get("CONNECTIONS_DB", "connections.sqlite3"))
    try:
        if arguments == ["sync"]:
            print(f"{sync(database, vigia)} sessions")
            for row in database.execute("SELECT org_id, state, reason, account FROM whatsapp_connection ORDER BY org_id"):
                print("\t".join(value or "-" for value in row))
        elif arguments[:1] in (["restore"], ["explain"]) and len(arguments) == 2:
            command, org_id = arguments
            print(vigia.restore(org_id)["state"] if command == "restore" else vigia.explain(org_id))
        else:
            print(USAGE, file=sys.stderr)
            return 2
    except VigiaError as error:
        print(f"{error.reason}: {error}", file=sys.stderr)
        return 1
    except VigiaUnreachable as error:
        print(error, file=sys.stderr)
        return 3
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
