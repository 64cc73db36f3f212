"""Where images come from, written `KIND` or `KIND:PATH`; data only, free of torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from diswot.errors import InputError, UnknownName


class Sourced:
    """A spec that names its images by a `source`."""

    __slots__ = ()
    source: str

    @property
    def kind(self) -> str:
        """What comes before the colon."""
        return self.source.partition(":")[0]

    @property
    def path(self) -> Path | None:
        """What comes after the colon, with `~` as the user's home; `None` for a kind without a path."""
        text = self.source.partition(":")[2]
        return Path(text).expanduser() if text else None

    def check_source(self, what: str, forms: Iterable[str]) -> None:
        """Raise `UnknownName` for a source that has none of the forms, `InputError` for one in the home of nobody."""
        kind, colon, path = self.source.partition(":")
        with_path = {form.partition(":")[0]: ":" in form for form in forms}
        if kind not in with_path or with_path[kind] != bool(colon and path):
            raise UnknownName(what, self.source, forms)
        try:
            _ = self.path
        except RuntimeError as error:
            raise InputError(f"{what} {self.source!r} starts in no user's home: {error}") from error
