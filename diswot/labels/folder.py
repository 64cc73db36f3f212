"""The user's folder of label tables, and the tables that are looked up there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from diswot.errors import InputError, UnreadableData

VARIABLE = "DISWOT_DATA"


def data_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder that `DISWOT_DATA` names; `None` where it is not set.

    Raises:
        InputError: it begins with the home folder of a user who has none.
    """
    value = environment.get(VARIABLE)
    if not value:
        return None
    try:
        return Path(value).expanduser()
    except RuntimeError:
        owner = Path(value).parts[0].removeprefix("~")
        whose = f"no user {owner!r} has a home folder here" if owner else "this user has no home folder"
        raise InputError(f"{VARIABLE} is {value!r}, but {whose}") from None


def find_table(path: Path, environment: Mapping[str, str]) -> Path:
    """A label table where it is, or in the folder of label tables.

    Args:
        path: of a file; a relative one that is not there is looked up in the folder.
        environment: may name the folder in `DISWOT_DATA`.

    Raises:
        UnreadableData: it is in neither place.
        InputError: the folder cannot be told.
    """
    if path.exists():
        return path
    missing = f"label file {str(path)!r} does not exist"
    if path.is_absolute():
        raise UnreadableData(missing)
    folder = data_folder(environment)
    if folder is None:
        raise UnreadableData(
            f"{missing}, and no folder of label tables is named in {VARIABLE}; `diswot data status` lists what there is"
        )
    if not (folder / path).exists():
        raise UnreadableData(
            f"{missing}, neither here nor in {str(folder)!r}, the folder in {VARIABLE}; "
            "`diswot data status` lists what there is"
        )
    return folder / path
