"""Search spaces that are declared in files: families of classifiers made of blocks."""

from pathlib import Path

from diswot_spaces.declared.document import Document, read_text
from diswot_spaces.declared.space import DeclaredSpace, load_space, space_of, space_of_text

STARTER = Path(__file__).parent / "starter.yaml"
"""A file to begin with."""

__all__ = ["STARTER", "DeclaredSpace", "Document", "load_space", "read_text", "space_of", "space_of_text"]
