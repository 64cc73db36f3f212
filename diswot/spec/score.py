"""What the score of an architecture depends on; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Annotated

from diswot.errors import InputError
from diswot.proxies import SCORES, get_score
from diswot.spec.option import Option, complete
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import SPACES, get_space

MAX_INITS = 1_000
"""Greatest number of random initializations."""
MAX_PROBE_VALUES = 2**28
"""Greatest number of values in a probe batch: images x channels x height x width; a gibibyte in float32."""


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """Everything that the score of an architecture depends on.

    Space and score are names, import paths `package.module:Name`, or objects, of which the spec keeps the name that
    they then have in this process. A search steers by the first initialization of a student, and gives all of them to
    its finalists.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    teacher: TeacherSpec
    space: Annotated[
        str,
        Option("Search space of the students: a name that `diswot spaces` lists, a file, or from:timm:NAME."),
    ] = "nasbench201"
    score: Annotated[str, Option("Score that ranks the students; `diswot proxies` lists the names.")] = "default"
    probe: ProbeSpec = field(default_factory=ProbeSpec)
    seed: Annotated[int, Option("Seed of all random numbers; the same seed gives the same result.", 0, 2**63 - 1)] = 0
    student_inits: Annotated[
        int, Option("Number of random initializations over which the score of a student is averaged.", 1, MAX_INITS)
    ] = 3
    teacher_inits: Annotated[
        int, Option("Number of random initializations of the teacher that are observed.", 1, MAX_INITS)
    ] = 8

    def __post_init__(self) -> None:
        """Check everything that can be checked before work starts.

        Raises:
            InputError: with one sentence.
        """
        object.__setattr__(self, "space", SPACES.name_of(self.space))
        object.__setattr__(self, "score", SCORES.name_of(self.score))
        complete(self)
        get_space(self.space)
        get_score(self.score)
        self.check_probe_values(MAX_PROBE_VALUES)

    def check_probe_values(self, most: int) -> None:
        """Raise `InputError` if the probe batch holds more numbers than `most`."""
        values = self.probe.size * prod(self.teacher.in_shape)
        if values > most:
            raise InputError(
                f"probe images of this size and number hold {values:,} values; at most {most:,} are allowed"
            )

    def check(self) -> None:
        """Raise `InputError` if this machine lacks something that is asked for, such as a file."""
        self.teacher.check()
