"""API keys: random, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import select

from diswot.errors import InputError, UnknownName
from diswot_service.store.database import Database
from diswot_service.store.tables import LOCAL, ApiKey

SCOPES = ("read", "write", "admin")
"""What a key allows, each with what comes before it: to look; to start, cancel and delete; to read the metrics."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = re.compile(r"diswot_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class Keys:
    """The keys of one database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, principal: str, scope: str) -> str:
        """A new key; nobody can tell it again.

        Raises:
            InputError: the principal's name, or the scope, is none.
        """
        if not _NAME.fullmatch(principal) or principal == LOCAL:
            raise InputError(
                f"the name of a key must be 1 to 64 letters, digits, dots, hyphens or underscores and not {LOCAL!r}, "
                f"not {principal[:80]!r}"
            )
        if scope not in SCOPES:
            raise UnknownName("scope", scope, SCOPES)
        number = secrets.token_hex(4)
        key = f"diswot_{number}_{secrets.token_urlsafe(32)}"
        with self.database.write() as session:
            now = self.database.clock()
            session.add(
                ApiKey(id=number, principal=principal, scope=scope, sha256=digest(key), created_at=now, revoked_at=None)
            )
        return key

    def all(self) -> Sequence[ApiKey]:
        """Every key, the oldest first, those that were revoked included."""
        with self.database.read() as session:
            return session.scalars(select(ApiKey).order_by(ApiKey.created_at)).all()

    def revoke(self, number: str) -> None:
        """Let a key be one no more.

        Raises:
            InputError: there is no such key.
        """
        with self.database.write() as session:
            found = session.get(ApiKey, number)
            if found is None:
                raise InputError(f"there is no key {number[:80]!r}; `diswot keys list` names those that there are")
            found.revoked_at = found.revoked_at or self.database.clock()

    def required(self) -> bool:
        """Whether requests must have a key: once there was one, for ever, though all may be revoked."""
        with self.database.read() as session:
            return session.scalar(select(ApiKey.id).limit(1)) is not None

    def find(self, key: str) -> ApiKey | None:
        """The row of a key that is valid."""
        parts = _KEY.fullmatch(key)
        row = parts and self.by_number(parts[1])
        return row if row and hmac.compare_digest(row.sha256, digest(key)) else None

    def by_number(self, number: str) -> ApiKey | None:
        """The row of the key with that id, unless it was revoked."""
        with self.database.read() as session:
            row = session.get(ApiKey, number)
        return row if row is not None and row.revoked_at is None else None


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()
