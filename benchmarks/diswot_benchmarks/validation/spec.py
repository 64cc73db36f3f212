"""What a validation is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diswot.errors import InputError, UnknownName
from diswot.proxies import SCORES
from diswot.spec.teacher import TeacherSpec
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_benchmarks.validation.formulas import VARIANTS
from diswot_benchmarks.validation.truths import TRUTHS, Truth


@dataclass(frozen=True, slots=True)
class ValidationSpec:
    """One validation, in full.

    Attributes:
        truths: names of the label tables.
        data: folder of the tables.
        anchors: further scores that are measured on the same architectures.
        sample: architectures of a large table.
        seed: of the draw, the weights and the resamples.
        student_inits: random initializations that each value is a mean of.
    """

    truths: tuple[str, ...]
    data: Path
    anchors: tuple[str, ...]
    sample: int
    seed: int
    student_inits: int

    def __post_init__(self) -> None:
        """Check what can be checked before any file is opened.

        Raises:
            InputError: with one sentence.
        """
        for name in self.truths:
            if name not in TRUTHS:
                raise UnknownName("label table", name, TRUTHS)
        if len(self.truths) < 2:
            raise InputError("a validation needs at least 2 label tables: one is left out, and the others choose")

    def correlation(self, truth: Truth) -> CorrelationSpec:
        """The run that measures one label table."""
        return CorrelationSpec(
            teacher=TeacherSpec("resnet56", truth.num_classes, truth.in_shape),
            space=truth.space,
            seed=self.seed,
            student_inits=self.student_inits,
            labels=self.data / truth.labels,
            columns=truth.columns,
            proxies=("default", *self.anchors, *(SCORES.name_of(variant) for variant in PROXY_ROWS)),
            sample=None if truth.whole else self.sample,
        )


PROXY_ROWS = tuple(variant.proxy() for variant in VARIANTS)
"""The variants as proxies: one object each, which has one name in a process."""
