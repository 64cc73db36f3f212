"""The table of search spaces, and what is asked of those that others bring."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeGuard

from diswot_spaces.base import SearchSpace
from diswot_spaces.cifar_resnet import CifarResNets
from diswot_spaces.declared import DeclaredSpace, load_space, space_of_text
from diswot_spaces.errors import InputError
from diswot_spaces.mobilenetv2 import MobileNetV2
from diswot_spaces.nasbench101 import NASBench101
from diswot_spaces.nasbench201 import NASBench201
from diswot_spaces.registry import Registry

FAMILIES = Path(__file__).parent / "families"
"""Files of the families that are built in, each called by its name."""
DERIVED = "from:"
"""How the names of spaces begin that are derived from a teacher."""
SUFFIXES = (".yaml", ".yml", ".json")
"""Of files that declare a space."""
_NAME = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")


def _space(found: object) -> SearchSpace:
    """A space that is given as such, or as a class that needs no arguments.

    Raises:
        InputError: it is none, or lacks what a space must have.
    """
    space = found() if isinstance(found, type) and issubclass(found, SearchSpace) else found
    if not isinstance(space, SearchSpace):
        raise InputError(f"a search space is a SearchSpace or a subclass of it, not {found!r}")
    kind, name, options = type(space).__qualname__, getattr(space, "name", None), getattr(space, "options", ())
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{kind} needs a name of letters and digits, with single . _ - between them, not {name!r}")
    if not options or not all(options):
        raise InputError(f"{kind} needs options: at least one decision, and at least one option for each")
    if not isinstance(space, Hashable):
        raise InputError(f"{kind} cannot be hashed, which caches need; a dataclass needs frozen=True for that")
    declared = isinstance(space, DeclaredSpace)  # which knows whether it has constraints
    if space.monotone and not declared and type(space).is_valid is not SearchSpace.is_valid:
        raise InputError(f"{kind} declares its options to be monotone, so that all combinations must be valid")
    return space


class _BuiltIn(Mapping[str, SearchSpace]):
    """The spaces written in Python, and the families that are declared in files, which are read when asked for."""

    def __init__(self, *written: SearchSpace) -> None:
        self._written = {space.name: space for space in written}
        self._files = {path.stem: path for path in sorted(FAMILIES.glob("*.yaml"))}

    def __getitem__(self, name: str) -> SearchSpace:
        return self._written[name] if name in self._written else load_space(self._files[name])

    def __iter__(self) -> Iterator[str]:
        return iter([*self._written, *self._files])

    def __len__(self) -> int:
        return len(self._written) + len(self._files)


class Spaces(Registry[SearchSpace]):
    """The table of search spaces, which also takes files that declare one, and their content as JSON text."""

    def find(self, key: object) -> SearchSpace:
        """As in `Registry.find`."""
        if isinstance(key, str) and is_declaration(key):
            return space_of_text(key)
        if isinstance(key, str) and key.startswith(DERIVED):
            return _derived(key)
        return load_space(Path(key)) if _is_file(key) else super().find(key)

    def name_of(self, key: object) -> str:
        """As in `Registry.name_of`; a declared space that is not built in is named by its content, which is all of it.

        So whoever writes the name down needs no file.
        """
        if _is_file(key) or isinstance(key, DeclaredSpace):
            space = self.find(key)
            assert isinstance(space, DeclaredSpace), "files declare spaces"
            return space.name if space.name in self.builtin and self.builtin[space.name] == space else space.text
        return super().name_of(key)


def _derived(key: str) -> SearchSpace:
    """The space that an installed package derives of what stands behind the colon.

    Raises:
        InputError: nothing can be derived from it.
    """
    for entry in entry_points(group="diswot.space_sources"):
        if key.startswith(f"{entry.name}:"):
            found: SearchSpace = _space(entry.load()(key.partition(":")[2]))
            return found
    raise InputError(f"no installed package makes a search space of {key!r}")


def is_declaration(name: str) -> bool:
    """Whether the name of a space is the content that declares it."""
    return name.startswith("{")


def title_of(name: str) -> str:
    """What people call a space of this name."""
    return get_space(name).name if is_declaration(name) else name


def _is_file(key: object) -> TypeGuard[str | Path]:
    return isinstance(key, Path) or (isinstance(key, str) and key.endswith(SUFFIXES))


SPACES: Spaces = Spaces(
    "search space", "diswot.spaces", _BuiltIn(NASBench201(), CifarResNets(), MobileNetV2(), NASBench101()), _space
)
"""The search spaces, by name."""


def get_space(space: str | Path | SearchSpace | type[SearchSpace]) -> SearchSpace:
    """A space by its name, its import path `package.module:Name`, or the file that declares it, or as it is given.

    Raises:
        UnknownName: lists the valid names.
        InputError: what was given or what the import path names is no search space, or an incomplete one.
    """
    return SPACES.find(space)
