"""
Vigía for a Python backend: requests (POST /v1/METHOD) and webhooks (Standard Webhooks).

Standard library only, Python 3.9 or newer. Copy it into your project.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request


class VigiaError(Exception):
    """Vigía refused. `reason` is a stable slug for programs (docs/integrators/PROTOCOL.md, "Errors"); the text is for people."""

    def __init__(self, reason, message, data=None):
        super().__init__(message)
        self.reason = reason
        self.data = data or {}


class VigiaUnreachable(Exception):
    """No answer in time, so the outcome of the command is unknown. Every command may be repeated."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Vigía never redirects. Following a redirect would send the key to another server."""

    def redirect_request(self, *_):
        return None


class Vigia:
    """`url` is the server, for example http://127.0.0.1:3000. `key` comes from `.vigia/first-key` or `vigia keys create`."""

    def __init__(self, url, key, timeout=10.0):
        self._url = url.rstrip("/")
        self._key = key.strip()
        self._timeout = timeout
        # no proxy from the environment: the key is for Vigía alone
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)

    def call(self, method, **params):
        """The result of a method of docs/integrators/METHODS.md. Raises VigiaError or VigiaUnreachable."""
        return self._send(f"/v1/{method}", json.dumps(params).encode(), json.loads)

    def qr(self, org_id):
        """The QR of the running pairing, as the bytes of an SVG. VigiaError when there is none."""
        return self._send(f"/v1/pairing/{urllib.parse.quote(org_id, safe='')}/qr.svg", None, bytes)

    def _send(self, path, body, read):
        headers = {"authorization": "Bearer " + self._key, "content-type": "application/json"}
        request = urllib.request.Request(self._url + path, data=body, headers=headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return read(response.read())
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, ValueError) as error:
            raise VigiaUnreachable(f"Vigía cannot be reached at {self._url}: {error}") from error

    @staticmethod
    def _refused(error):
        try:
            answer = json.load(error)["error"]
            return VigiaError(answer["code"], answer["message"], {**answer, "status": error.code})
        except (ValueError, KeyError, TypeError):
            return VigiaUnreachable(f"Something that is not Vigía answered with HTTP {error.code}.")

    def sessions(self, page_size=200):
        """All sessions that the key may see, page by page."""
        cursor = {}
        while True:
            page = self.call("session.list", limit=page_size, **cursor)
            yield from page["items"]
            if page["nextCursor"] is None:
                return
            cursor = {"cursor": page["nextCursor"]}


class WebhookRefused(Exception):
    """The request is not from Vigía, or too old. Answer 400 and change nothing."""


def verify_webhook(secrets, headers, body, now=None, tolerance=300):
    """
    The event in a webhook, once it is certain that Vigía sent it, and sent it within `tolerance` seconds.

    `secrets`: one or more `whsec_...` (two while you rotate them); `headers`: a mapping, whatever the case of its names (Django's
    `request.headers` will do); `body`: the bytes as they came (`request.body`), never JSON that was parsed and written again.
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (given["webhook-" + name] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise WebhookRefused(f"The header {missing} is missing.") from None
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise WebhookRefused("The timestamp is not a number of seconds.")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise WebhookRefused("The timestamp is too far from now: an old message, or a wrong clock.")

    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    expected = [base64.b64encode(hmac.new(_key_of(secret), signed, hashlib.sha256).digest()) for secret in secrets]
    matches = False
    for signature in signatures.split(" "):
        version, _, digest = signature.partition(",")
        if version == "v1":
            for one in expected:  # all are compared, each in constant time
                matches |= hmac.compare_digest(one, digest.encode())
    if not matches:
        raise WebhookRefused("No signature fits: another secret, or the body was changed.")
    try:
        return json.loads(body)
    except ValueError:
        raise WebhookRefused("The body is not JSON.") from None


def _key_of(secret):
    try:
        return base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("A webhook secret is whsec_ and base64 after it.") from None
