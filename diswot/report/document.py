"""What every document has in common."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

RESULT_SCHEMA: Final = 3
"""Of the result of a search: raised when it changes."""


class Document(BaseModel):
    """Base of the documents: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
