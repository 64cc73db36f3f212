"""Page tokens: opaque to clients, and worthless when altered or used with another filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from service.errors import InvalidPageToken

_SIGNATURE = hashlib.sha256().digest_size


def load_secret(path: Path) -> bytes:
    """The secret in that file, which only its owner may read; drawn if there is none."""
    if path.exists():
        return path.read_bytes()
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
    fresh.replace(path)  # Whole or not at all.
    return path.read_bytes()


class Pager:
    """Writes and reads page tokens.

    Args:
        secret: signs them.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, last_id: str, filters: str) -> str:
        """A token for the page behind the job `last_id`, under these filters."""
        body = json.dumps([last_id, filters]).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).decode()

    def last_id(self, token: str, filters: str) -> str:
        """The job behind which the page of that token begins.

        Raises:
            InvalidPageToken: not from here, or for other filters.
        """
        try:
            raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise InvalidPageToken("page_token is not one that this service gave")
        last_id, given_for = json.loads(body)
        if given_for != filters:
            raise InvalidPageToken("page_token was given for other filters; begin again without it")
        return str(last_id)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")
