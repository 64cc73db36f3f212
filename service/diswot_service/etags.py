"""Conditional requests, RFC 9110, sections 8.8.3 and 13.1."""

from __future__ import annotations

import re

_TAG = re.compile(r'(W/)?("[^"]*")')


def names(header: str, etag: str, *, weakly: bool) -> bool:
    """Whether `If-Match` or `If-None-Match` names an entity tag, alone, in a list, or by `*`.

    Args:
        header: value of the field.
        etag: with its quotes.
        weakly: whether weak tags count, as they do for `If-None-Match`.
    """
    return header.strip() == "*" or any(tag == etag and (weakly or not weak) for weak, tag in _TAG.findall(header))
