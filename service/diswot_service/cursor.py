"""Page tokens: where the next page of a list begins, and for what filters.

A token is no authorization: who makes one up sees what they could have asked for anyway.
"""

from __future__ import annotations

import base64
import binascii
import json

from diswot_service.errors import InvalidPageToken


def token(start: str, filters: str) -> str:
    """A token for the page that begins there, under these filters."""
    return base64.urlsafe_b64encode(json.dumps([start, filters]).encode()).decode()


def start_of(token: str, filters: str) -> str:
    """Where the page of a token begins.

    Raises:
        InvalidPageToken: it is no token, or one for other filters.
    """
    try:
        content = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, ValueError):
        content = None
    match content:
        case [str(start), str(given_for)] if given_for == filters:
            return start
        case [str(_), str(_)]:
            raise InvalidPageToken("page_token was given for other filters; begin again without it")
    raise InvalidPageToken("page_token is not one that this service gave")


def number_of(token: str, filters: str) -> int:
    """Number of the item at which the page of a token begins; 0 without one.

    Raises:
        InvalidPageToken: it is no token, or one for other filters.
    """
    start = start_of(token, filters) if token else "0"
    if not (start.isascii() and start.isdecimal() and len(start) < 10):
        raise InvalidPageToken("page_token is not one that this service gave")
    return int(start)
