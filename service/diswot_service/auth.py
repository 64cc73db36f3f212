"""Who asks: by a key in the request, by the cookie of who has signed in, or anybody where there are no keys."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from fastapi import Request

from diswot_service.errors import Forbidden, Unauthenticated
from diswot_service.store import LOCAL, ApiKey, Keys
from diswot_service.store.keys import SCOPES

COOKIE = "diswot_session"
SESSION = 12 * 3600
"""Seconds for which somebody stays signed in."""
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        principal: whose jobs they reach.
        scope: what they may do.
        by_cookie: whether they have signed in with a browser.
    """

    principal: str
    scope: str
    by_cookie: bool = False

    def check(self, needed: str) -> None:
        """Raise `Forbidden` unless the scope holds another one."""
        if SCOPES.index(self.scope) < SCOPES.index(needed):
            raise Forbidden(f"this key has the scope {self.scope!r}, and this needs {needed!r}")


def authenticate(request: Request, keys: Keys) -> Caller:
    """Who asks.

    Raises:
        Unauthenticated: keys are needed, and the request has none that is valid.
    """
    if not keys.required():
        return Caller(LOCAL, "admin")
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        row, by_cookie = keys.find(key.strip()), False
    else:
        row, by_cookie = of_session(request.cookies.get(COOKIE, ""), keys), True
    if row is None:
        raise Unauthenticated("this service needs a key: send the header Authorization: Bearer KEY, or sign in")
    return Caller(row.principal, row.scope, by_cookie)


def session_of(row: ApiKey, now: float) -> str:
    """The cookie of somebody who has signed in with a key: who can make one up knows the key's hash."""
    number, until = row.id, str(int(now + SESSION))
    return f"{number}.{until}.{_sign(row, until)}"


def of_session(cookie: str, keys: Keys) -> ApiKey | None:
    """The key that somebody has signed in with, if that still holds."""
    number, _, rest = cookie.partition(".")
    until, _, signature = rest.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < 12 and int(until) > keys.database.clock()):
        return None
    row = keys.by_number(number)
    return row if row is not None and hmac.compare_digest(signature.encode(), _sign(row, until).encode()) else None


def _sign(row: ApiKey, until: str) -> str:
    return hmac.new(row.sha256.encode(), f"{row.id}.{until}".encode(), "sha256").hexdigest()
