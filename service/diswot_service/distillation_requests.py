"""What clients send for a distillation: its spec, with stricter limits, and data sets by the names of their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from diswot.distillation.distillers import DISTILLERS
from diswot.errors import InputError, UnknownName
from diswot.spec.distillation import DistillSpec
from diswot.spec.document import from_json
from diswot.spec.models import Strict, model_of, number
from diswot.spec.option import Declared
from diswot.teachers.spec import check_is_named
from diswot_service.requests import Label

MOST = {
    "classes": 25_000,
    "input": 512,
    "student_input": 512,
    "epochs": 2_000,
    "batch_size": 4_096,
    "accumulation": 64,
    "seeds": 10,
    "train_images": 10**7,
    "cache_teacher": 100,
}
"""Limits over HTTP that are stricter than those of the library, by the names of the options."""
WITHOUT = ("teacher.weights", "device", "data.data_workers", "recipe.compile")
"""Settings that clients cannot say: files, and how this machine computes."""
EMBEDDED = "digits"
"""The data set that needs no folder."""


def _typed(one: Declared) -> Any:
    return Annotated[str, StringConstraints(max_length=300)] if one.type is str else number(one, MOST)


if TYPE_CHECKING:
    from diswot.spec.models import Strict as Request
else:
    Request = model_of(DistillSpec, Strict, _typed, without=WITHOUT)


class DistillationRequest(Request):
    """A distillation; the source of its data is `digits`, or KIND:NAME of a folder that the operator has put there."""

    labels: dict[Label, Label] = Field(default_factory=dict, max_length=16, description="Labels for your own use.")

    def distill_spec(self, datasets: Path) -> DistillSpec:
        """What the library is asked to do.

        Args:
            datasets: folder whose folders are the data sets that clients may name.

        Raises:
            InputError: with the sentence that the command line gives, or a name that there is not.
        """
        asked = self.model_dump(exclude={"labels"}, exclude_none=True)
        check_is_named(asked["teacher"]["name"])
        check_is_named(asked["student"])
        if ":" in asked.get("distiller", ""):  # The library takes import paths, too, which run code.
            raise UnknownName("distiller", asked["distiller"], DISTILLERS)
        spec = from_json(DistillSpec, asked)
        located(spec, datasets)
        return spec


def located(spec: DistillSpec, datasets: Path) -> str:
    """The source of the data of a request, with the path of their folder.

    Raises:
        InputError: there is no such data set; lists those there are.
    """
    kind, _, name = spec.data.source.partition(":")
    if kind == EMBEDDED:
        return spec.data.source
    known = sorted(one.name for one in datasets.iterdir() if one.is_dir()) if datasets.is_dir() else []
    if name not in known:
        raise InputError(
            f"data {spec.data.source!r} are not among the data sets of this service: {EMBEDDED}, and KIND:NAME with "
            f"the names {', '.join(known) or '(none yet)'}"
        )
    return f"{kind}:{(datasets / name).absolute()}"
