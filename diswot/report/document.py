"""What every document has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Base of the documents: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
