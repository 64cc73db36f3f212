"""What a correlation run depends on, as data: what is asked, and the record that goes with its raw scores."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from diswot.labels.table import fingerprint
from diswot.proxies import Aggregate, get_proxy, get_score
from diswot.spec.option import Declared, declared
from diswot.spec.score import ScoreSpec
from diswot_benchmarks.labels.units import Duplicates
from diswot_benchmarks.runs.folder import Protocol

BASELINES = ("params", "macs", "depth", "nwot")
"""What stands in every table, asked for or not."""

IMAGES = 32
"""Of a probe that proxies are compared on, unless told otherwise: twice what the product looks at. The recommendation
score ranks alike on both; DisWOT as published ranks the ResNets at .53 on 32 images and at .22 on 16."""

DEFAULTS: dict[str, Any] = {"teacher": "resnet56", "probe_size": IMAGES, "student_inits": 2}
"""What a comparison of proxies sets otherwise than `diswot score`, by the names of the options."""

INITIALIZATION = "students: normal with variance 2 / fan-in, each parameter from a stream of its own, batch statistics"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationSpec(ScoreSpec):
    """One correlation benchmark, in full: what its scores depend on, but for `score`, and what they are compared with.

    Attributes:
        labels: the label table, a CSV file.
        columns: its accuracy columns to rank against.
        proxies: names of proxies and aggregates; the baselines are added behind them.
        sample: number of architectures drawn from the table, or all.
        duplicates: how architectures that are the same function count.
    """

    labels: Path
    columns: tuple[str, ...]
    proxies: tuple[str, ...] = ("default",)
    sample: int | None = None
    duplicates: Duplicates = Duplicates.ONCE

    def __post_init__(self) -> None:
        """Check what can be checked before any file is opened.

        Raises:
            InputError: with one sentence.
        """
        ScoreSpec.__post_init__(self)
        for name in self.proxies:
            get_score(name)

    @property
    def scores(self) -> tuple[str, ...]:
        """The rows of the table: the proxies asked for, then the baselines among them that were not."""
        return tuple(dict.fromkeys((*self.proxies, *BASELINES)))


def score_settings(spec: ScoreSpec) -> dict[str, Any]:
    """What a score depends on, to make a spec of another kind with: its fields by their names, but for the score."""
    return {field.name: getattr(spec, field.name) for field in fields(ScoreSpec) if field.name != "score"}


def command(name: str, spec: ScoreSpec, *words: str, without: Collection[str] = ("score",)) -> str:
    """The command of a benchmark that has these settings, each of them said: its defaults may not be those of a spec.

    Args:
        name: of the benchmark.
        spec: whose options it takes.
        words: further options.
        without: names of options that it does not take.
    """
    said = [(one.flag, one.write(value)) for one, value in _settings(spec) if one.name not in without]
    return shlex.join(["diswot", "benchmark", name, *words, *(word for pair in said for word in pair)])


def _settings(spec: ScoreSpec) -> Iterator[tuple[Declared, Any]]:
    for one in declared(type(spec)):
        if (value := one.of(spec)) is not None:
            yield one, value


def protocol_of(
    spec: CorrelationSpec, architectures: int, probe_fingerprint: str, fractions: Sequence[str] = ()
) -> Protocol:
    """The record of a run: equal records give equal raw scores.

    Args:
        spec: what is asked.
        architectures: rows of the evaluation.
        probe_fingerprint: of the batch.
        fractions: columns of the label table that hold fractions of 1.
    """
    record = {
        "benchmark": "correlation",
        "schema": 1,
        "space": spec.space,
        "labels": spec.labels.name,
        "labels_sha256": fingerprint(spec.labels),
        "columns": spec.columns,
        "fractions": fractions,
        "sample": spec.sample,
        "duplicates": spec.duplicates,
        "architectures": architectures,
        "teacher": spec.teacher.name,
        "weights": None if spec.teacher.weights is None else spec.teacher.weights.name,
        "weights_sha256": None if spec.teacher.weights is None else fingerprint(spec.teacher.weights),
        "classes": spec.teacher.num_classes,
        "in_shape": spec.teacher.in_shape,
        "teacher_inits": spec.teacher_inits,
        "probe": spec.probe.source,
        "probe_size": spec.probe.size,
        "dtype": spec.probe.dtype,
        "probe_fingerprint": probe_fingerprint,
        "initialization": INITIALIZATION,
        "seed": spec.seed,
        "student_inits": spec.student_inits,
        "proxies": {name: _definition(name) for name in spec.scores},
        "asked": spec.proxies,
        "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
    }
    plain: Protocol = json.loads(json.dumps(record))
    return plain


def _definition(name: str) -> dict[str, Any]:
    """Which definition of a score this is: its version, and for an aggregate its terms with theirs."""
    score = get_score(name)
    if isinstance(score, Aggregate):
        terms = {term: {"weight": weight, "version": get_proxy(term).version} for term, weight in score.terms.items()}
        return {"version": score.version, "scale": score.scale, "terms": terms}
    return {"version": score.version}
