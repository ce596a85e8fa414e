# Python 3.9 or newer, standard library only
# WEBHOOK_SECRET=whsec_… PORT=8000 python3 receiver.py
import base64
import hashlib
import hmac
import json
import os
import sqlite3
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRETS = [base64.b64decode(one.strip()[len("whsec_"):]) for one in os.environ["WEBHOOK_SECRET"].split(",")]
table = sqlite3.connect(os.environ.get("SEEN", "seen-webhooks.sqlite3"))
table.execute("CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY)")


def is_signed(headers, body):
    """Whether one of the secrets signed it, within the last five minutes."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        return False
    if abs(time.time() - int(sent_at)) > 300:
        return False
    signed = f"{message_id}.{sent_at}.".encode() + body  # the bytes as received
    digests = [base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()) for secret in SECRETS]
    given = [one[3:].encode() for one in headers.get("webhook-signature", "").split(" ") if one.startswith("v1,")]
    return any(hmac.compare_digest(one, other) for one in digests for other in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        signed = is_signed(self.headers, body)
        if signed:
            event = json.loads(body)
            with table:  # the id and the work in one transaction
                added = table.execute("INSERT OR IGNORE INTO webhook VALUES (?)", (event["id"],)).rowcount
                if added:
                    print(event["type"], event["orgId"] or "-", flush=True)  # the work; leave long work to a queue
        self.send_response(204 if signed else 400)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
