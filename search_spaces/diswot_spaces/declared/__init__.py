"""Search spaces that are declared in files: families of classifiers made of blocks."""

from diswot_spaces.declared.document import Document, read_text
from diswot_spaces.declared.space import DeclaredSpace, load_space, space_of, space_of_text

__all__ = ["DeclaredSpace", "Document", "load_space", "read_text", "space_of", "space_of_text"]
