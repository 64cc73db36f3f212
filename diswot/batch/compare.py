"""What the searches of a batch recommend, side by side; read from their files, so the same however they came about."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev

from diswot.batch.agreement import Agreement, agreement
from diswot.batch.folder import BatchFolder
from diswot.batch.plan import PlannedSearch
from diswot.errors import UnreadableData
from diswot.report.files import CANDIDATES
from diswot.report.result import Result
from diswot.spec.search import PARETO_COSTS


@dataclass(frozen=True, slots=True)
class FoundSearch:
    """What one search found.

    Attributes:
        job: the search.
        result: of it.
        scores: of every candidate that has one, best first.
        firsts: the same by one initialization, on which all candidates can be compared.
    """

    job: PlannedSearch
    result: Result
    scores: Mapping[str, float]
    firsts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Consensus:
    """The student to take for one teacher, space and budget, over all seeds.

    It is the one that most seeds recommend; of several such, the one with the highest mean score over the seeds that
    measured it.

    Attributes:
        arch: string of the architecture.
        score: mean over the seeds that measured it.
        stderr: standard error of that mean, by the errors of its scores; `None` where those have none.
        spread: standard deviation of its score over these seeds; `None` where fewer than two measured it.
        params: trainable parameters.
        macs: multiply-accumulates for one image.
        memory: bytes of activations alive at once for one image.
        latency: seconds, measured, if the budget limits it: the mean over the seeds that recommend it.
        measured: seeds that measured it.
        recommended: seeds that recommend it.
    """

    arch: str
    score: float
    stderr: float | None
    spread: float | None
    params: int
    macs: int
    memory: int
    latency: float | None
    measured: int
    recommended: int


@dataclass(frozen=True, slots=True)
class Group:
    """All seeds of one teacher, space and budget.

    Attributes:
        jobs: the searches, one for each seed.
        found: those that are finished.
        consensus: the student to take; `None` if no search is finished.
        agreement: between the seeds that are finished.
    """

    jobs: tuple[PlannedSearch, ...]
    found: tuple[FoundSearch, ...]
    consensus: Consensus | None
    agreement: Agreement


def compare(jobs: Iterable[PlannedSearch], folder: BatchFolder, failed: Collection[str] = ()) -> list[Group]:
    """Compare the finished searches of a plan.

    Args:
        jobs: of the plan.
        folder: of the batch.
        failed: names of searches to leave out, whatever their folders hold.

    Raises:
        InputError: a folder holds something else.
    """
    groups = []
    for _, together in groupby(jobs, key=lambda job: (job.teacher, job.spec.space, job.budget)):
        seeds = tuple(together)
        found = tuple(one for job in seeds if job.name not in failed and (one := _found(job, folder)))
        consensus = _choose(found) if found else None
        groups.append(Group(seeds, found, consensus, agreement([one.firsts for one in found])))
    return groups


def limited_costs(groups: Iterable[Group]) -> list[str]:
    """Costs that some budget limits, from above or below."""
    budgets = [group.jobs[0].spec.constraints for group in groups]
    return [cost for cost in PARETO_COSTS if any(budget.range(cost) != (None, None) for budget in budgets)]


def _found(job: PlannedSearch, folder: BatchFolder) -> FoundSearch | None:
    result = folder.result(job)
    if result is None:
        return None
    file = folder.of(job) / CANDIDATES
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = [row for row in csv.DictReader(lines) if row["score"]]
        scores, firsts = ({row["arch"]: float(row[name]) for row in rows} for name in ("score", "single_init_score"))
    except (KeyError, OSError, ValueError):
        raise UnreadableData(f"{str(file)!r} is missing or damaged; delete its folder to search again") from None
    return FoundSearch(job, result, scores, firsts)


def _choose(found: Sequence[FoundSearch]) -> Consensus:
    students = [one.result.recommended for one in found]
    names = [student.arch for student in students]

    def rank(arch: str) -> tuple[int, float, str]:
        return -names.count(arch), -fmean(_scores(found, arch)), arch

    arch = min(dict.fromkeys(names), key=rank)
    mine = [student for student in students if student.arch == arch]
    scores = _scores(found, arch)
    errors = [one.stderr for one in mine if one.stderr is not None]
    seconds = [one.latency for one in mine if one.latency is not None]
    return Consensus(
        arch=arch,
        score=fmean(scores),
        stderr=math.sqrt(fmean(error**2 for error in errors) / len(scores)) if errors else None,
        spread=stdev(scores) if len(scores) > 1 else None,
        params=mine[0].params,
        macs=mine[0].macs,
        memory=mine[0].memory,
        latency=fmean(seconds) if seconds else None,
        measured=len(scores),
        recommended=len(mine),
    )


def _scores(found: Iterable[FoundSearch], arch: str) -> list[float]:
    return [one.scores[arch] for one in found if arch in one.scores]
