"""A network as JSON: what it takes to build it again, years later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, ValidationError

from diswot.errors import InputError, UnreadableData
from diswot.report.document import Document
from diswot_spaces import SPACES, Shape, get_space
from diswot_spaces.declared import DeclaredSpace
from diswot_spaces.table import title_of

if TYPE_CHECKING:
    from torch import nn

FORMAT: Final = 1
"""Of the document: raised when a field changes its meaning or goes; all older ones are read for ever."""
BEST = "best"
RESULT = "result.json"


class NetworkDocument(Document):
    """A network without its weights.

    Attributes:
        format: version of this document.
        space: name or import path of its search space; of a declared one the whole declaration, as JSON text.
        arch: string of the architecture in that space.
        num_classes: of the task.
        in_shape: channels, height, width of an image.
        params: trainable parameters, of which a network that is built is known to be the same.
        macs: multiply-accumulates for one image.
        weights: name of the safetensors file beside this one; `null` where there is none.
    """

    format: Literal[1] = FORMAT
    space: str
    arch: str
    num_classes: int = Field(ge=1)
    in_shape: Shape
    params: int
    macs: int
    weights: str | None = None

    @property
    def title(self) -> str:
        """Which network, for messages and docstrings."""
        shape = "x".join(map(str, self.in_shape))
        return f"{self.arch} of {title_of(self.space)}, for {self.num_classes} classes and images of {shape}"

    def build(self) -> nn.Module:
        """The network, with random weights as torch draws them.

        Raises:
            UnknownName: there is no such space here.
            InvalidArchitecture: the space does not have it.
            InputError: the space has changed since: it gives a network of other parameters.
        """
        space = get_space(self.space)
        network = space.build(space.decode(self.arch), self.num_classes, self.in_shape)
        found = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
        if found != self.params:
            raise InputError(
                f"{self.title}, has {found:,} parameters here, and its document says {self.params:,}: "
                "the space has changed"
            )
        return network


def describe(space: str, arch: str, num_classes: int, in_shape: Shape) -> NetworkDocument:
    """The document of an architecture.

    Raises:
        InputError: there is no such space, or no such architecture in it.
    """
    of = get_space(space)
    costs = of.costs(of.decode(arch), num_classes, in_shape)
    lasting = of.text if isinstance(of, DeclaredSpace) else SPACES.name_of(space)
    return NetworkDocument(
        space=lasting, arch=arch, num_classes=num_classes, in_shape=in_shape, params=costs.params, macs=costs.macs
    )


def build(source: object, student: str | int = BEST) -> nn.Module:
    """The network that the JSON of a network or of a result describes, with random weights as torch draws them.

    Args:
        source: the JSON as a mapping or a text, or the path of a file, or the folder of a search.
        student: of a result: `"best"`, a rank from 1, or the string of one of its students.

    Raises:
        InputError: the JSON is of something else, or this installation does not have the space.
        UnreadableData: there is no such file, or it holds no JSON.

    Example:
        >>> spec = {"format": 1, "space": "cifar-resnet", "arch": "1-1-1", "num_classes": 10, "in_shape": [3, 32, 32]}
        >>> type(build(spec | {"params": 78_042, "macs": 12_501_632})).__name__
        'CifarResNet'
    """
    return read_network(source, student).build()


def read_network(source: object, student: str | int = BEST) -> NetworkDocument:
    """The network that a JSON describes; arguments and errors as of `build`."""
    content = _content(source)
    if "recommended" in content:
        return _of_result(content, str(student))
    if content.get("format") not in (FORMAT, None):
        raise InputError(f"this network is written in format {content['format']!r}, and this diswot reads {FORMAT}")
    if "format" not in content:
        raise InputError(
            "this JSON is neither a result nor a network, with `format`, `space`, `arch`, `num_classes`, `in_shape`"
        )
    try:
        return NetworkDocument.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"the network's {where!r} is wrong: {first['msg']}") from None


def _content(source: object) -> Mapping[str, Any]:
    """The JSON object that is given, or that is in a file."""
    if isinstance(source, Mapping):
        return source
    if not isinstance(source, str | Path):
        raise InputError(f"a network is built from JSON or from a path, not from {type(source).__name__}")
    if isinstance(source, str) and source.lstrip().startswith("{"):
        text, title = source, "the text"
    else:
        path = Path(source).expanduser()
        path = path / RESULT if path.is_dir() else path
        title = repr(str(path))
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UnreadableData(f"{title} cannot be read: {reason}") from error
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UnreadableData(f"{title} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{title} is JSON, but no object")
    return content


def _of_result(result: Mapping[str, Any], student: str) -> NetworkDocument:
    """The document of a student of a result, of any version that there was."""
    try:
        search = result["search"]
        task = search["teacher"] if isinstance(search["teacher"], Mapping) else search
        num_classes = task["num_classes"] if "num_classes" in task else task["classes"]
        students = [one["arch"] for one in (result["recommended"], *result["alternatives"])]
        return describe(search["space"], _chosen(students, student), num_classes, tuple(task["in_shape"]))
    except (KeyError, TypeError) as error:
        raise InputError(f"the result is damaged: {type(error).__name__}: {error}") from error


def _chosen(students: list[str], student: str) -> str:
    if student in students:
        return student
    if student == BEST:
        return students[0]
    if student.isdecimal() and 1 <= int(student) <= len(students):
        return students[int(student) - 1]
    raise InputError(
        f"the result has no student {student!r}; it has {BEST}, 1 to {len(students)}, or {', '.join(students)}"
    )
