"""Spaces made of short texts."""

from textwrap import dedent

from diswot_spaces.declared import DeclaredSpace, read_text, space_of


def made(text: str) -> DeclaredSpace:
    """The space that a YAML text declares."""
    return space_of(read_text(dedent(text), "the space"))
