"""Telling a file of weights from what people have in its place; free of torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

from diswot.errors import InputError, UnreadableData

WeightsFormat = Literal["safetensors", "torch"]

ENDINGS = (".safetensors", ".pth", ".pt", ".bin")
"""How files of weights usually end."""

_HEAD = 512
_OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How `torch.save` began files before version 1.6."""
_POINTER = b"version https://git-lfs.github.com/spec/"
_OTHERS = {
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"BZh": "a bzip2 archive; unpack it",
    b"\xfd7zXZ": "an xz archive; unpack it",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"\x89HDF": "an HDF5 file, as Keras writes them; weights are those of PyTorch",
    b"\x93NUMPY": "a NumPy array; save a state_dict with safetensors or torch.save",
    b"\x80": "a pickle, which can run code when it is read; save a state_dict with safetensors or torch.save",
}
"""What a file is by its first bytes, and what to do about it."""


def weights_format(path: Path) -> WeightsFormat:
    """How a file of weights is written, by its first bytes, whatever it is called.

    Raises:
        InputError: there is no file.
        UnreadableData: it is none of weights; the message says what it is instead.
    """
    if path.is_dir():
        raise UnreadableData(f"weights {str(path)!r} is a folder; name the file in it{_such_as(path)}")
    if not path.is_file():
        raise InputError(f"weights file {str(path)!r} does not exist")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableData(f"weights file {str(path)!r} cannot be read: {error.strerror}") from error
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32:
        return "safetensors"
    if head.startswith(_OLD_TORCH) or (head.startswith(b"PK") and _is_torch_archive(path)):
        return "torch"
    raise UnreadableData(f"weights file {str(path)!r} is {_what_it_is(head)}")


def _such_as(folder: Path) -> str:
    found = sorted(file for file in folder.iterdir() if file.suffix in ENDINGS)
    return f", such as {str(found[0])!r}" if found else f"; it has none that ends in {', '.join(ENDINGS)}"


def _is_torch_archive(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except BadZipFile:  # Cut off: the list is at the end.
        with path.open("rb") as file:
            return b"/data.pkl" in file.read(_HEAD)


def _what_it_is(head: bytes) -> str:
    if not head:
        return "empty"
    if head.startswith(_POINTER):
        return "a Git LFS pointer, not the weights themselves; fetch them with `git lfs pull`"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page, not the weights themselves; download the file that the page links to"
    if head.startswith(b"PK"):
        return "a zip archive; unpack it"
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it"
    found = next((what for start, what in _OTHERS.items() if head.startswith(start)), None)
    if found is None and _is_text(head):
        return f"a text that begins with {head.decode(errors='ignore').split(maxsplit=1)[0][:40]!r}"
    return found or "neither a safetensors file nor one that torch.save wrote"


def _is_text(head: bytes) -> bool:
    text = head.decode(errors="ignore")
    return bool(text.strip()) and all(letter.isprintable() or letter.isspace() for letter in text)
