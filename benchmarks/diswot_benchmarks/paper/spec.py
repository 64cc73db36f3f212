"""Which claims of the paper are checked, and with which sizes; free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from diswot.errors import UnknownName
from diswot.spec.option import Option
from diswot.spec.score import ScoreSpec
from diswot_benchmarks.runs.protocol import CorrelationSpec, score_settings

CHECKS = ("students", "similarities", "speed", "search")
"""What can be checked, in the order of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSpec(ScoreSpec):
    """What is checked: what the scores depend on, but for `space` and `score`, and sizes.

    Attributes:
        data: folder of the label tables.
        checks: names out of `CHECKS`.
        label_noise: standard deviation of the accuracy of one training of a ResNet, in points.
        evaluations: of each search.
        runs: searches of each kind.
        algorithm: that searches.
        timed: architectures on which an evaluation and a step of training are timed.
        steps: of training that are timed on each.
        epochs: of the training that an evaluation replaces.
    """

    data: Annotated[Path, Option(help="Folder of the label tables, by default the one in DISWOT_DATA.", local=True)]
    checks: tuple[str, ...] = CHECKS
    evaluations: Annotated[int, Option(minimum=1, help="Architectures that a search may evaluate.")] = 100
    runs: Annotated[int, Option(minimum=1, help="Searches of each kind, each with a search seed of its own.")] = 20
    algorithm: Annotated[str, Option(help="Algorithm of the searches.")] = "random"
    label_noise: Annotated[
        float, Option(minimum=0, maximum=100, help="Standard deviation of one training's accuracy, in points.")
    ] = 0.2
    timed: Annotated[
        int, Option(minimum=1, maximum=1_000, help="Architectures on which evaluation and training are timed.")
    ] = 8
    steps: Annotated[int, Option(minimum=1, maximum=100, help="Training steps that are timed on each of them.")] = 2
    epochs: Annotated[int, Option(minimum=1, help="Epochs of the training that an evaluation replaces.")] = 12

    def __post_init__(self) -> None:
        """Check what can be checked before any file is opened.

        Raises:
            InputError: with one sentence.
        """
        ScoreSpec.__post_init__(self)
        for name in self.checks:
            if name not in CHECKS:
                raise UnknownName("check", name, CHECKS)

    def correlation(self, labels: str, columns: tuple[str, ...], space: str, *proxies: str) -> CorrelationSpec:
        """What the scores over one label table are made from."""
        settings = score_settings(self) | {"space": space}
        return CorrelationSpec(**settings, labels=self.data / labels, columns=columns, proxies=(*proxies, "default"))
