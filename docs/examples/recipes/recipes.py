# Python 3.9 or newer, standard library only
# VIGIA_KEY_FILE=auth_sessions/.vigia/first-key python3 recipes.py pair acme
import json
import os
import sys
import time
import urllib.error
import urllib.request

URL = os.environ.get("VIGIA_URL", "http://127.0.0.1:3000")
with open(os.environ["VIGIA_KEY_FILE"], encoding="utf8") as file:
    KEY = file.read().strip()


class Refused(Exception):
    """`code` is for programs, the text for people."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def request(path, body=None):
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(URL + path, body, headers), timeout=10) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        refusal = json.load(error)["error"]
        raise Refused(refusal["code"], refusal["message"]) from None


def call(method, **params):
    return json.loads(request("/v1/" + method, json.dumps(params).encode()))


def pair(org):
    """Keeps qr.svg up to date until the phone is linked. Show it to the person who holds the phone."""
    call("session.pair", orgId=org)
    while True:
        state = call("session.get", orgId=org)["session"]["state"]
        if state not in ("pairing", "restoring"):
            print(org, state)  # connected; or idle, when no phone came in time
            return
        try:
            picture = request(f"/v1/pairing/{org}/qr.svg")
            with open("qr.svg", "wb") as file:
                file.write(picture)
        except Refused as refused:
            if refused.code != "not_found":  # the first QR has not come yet, or it was scanned
                raise
        time.sleep(1)


def status():
    cursor = {}
    while cursor is not None:  # page by page
        page = call("session.list", **cursor)
        for session in page["items"]:
            attention = session["attention"]
            print(session["orgId"], session["state"], attention["message"] if attention else "")
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None


def retry(org):
    """The answer means accepted. The result arrives by webhook, or in `status`."""
    print(org, call("session.retry", orgId=org)["session"]["state"])


def link(org):
    """An address for the customer's own phone. It is a secret, and shown this one time."""
    print(call("pairing.createLink", orgId=org, language="es")["url"])


try:
    {"pair": pair, "status": status, "retry": retry, "link": link}[sys.argv[1]](*sys.argv[2:])
except Refused as refused:
    sys.exit(f"{refused.code}: {refused}")
