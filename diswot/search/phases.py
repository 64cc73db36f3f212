"""The phases of a search, one after the other; each yields whenever what was measured is worth keeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from diswot.errors import InfeasibleBudget
from diswot.evaluation import EvalTask, Evaluation, tasks_of
from diswot.executors import Executor
from diswot.scoring import needs_reference, reference_sample
from diswot.search.opinions import ASKED
from diswot.search.relaxation import relaxed_neighbours
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot_spaces import Architecture

REJECTIONS = 200
"""Proposals in a row whose latency is outside the budget before no more are made."""

Report = Callable[[Progress], None]
"""Is told after each evaluation."""


def measure_reference(search: Search, executor: Executor, report: Report) -> Iterator[None]:
    """Measure what is left of the reference sample, where the score needs one."""
    known = search.state.reference
    sample = reference_sample(search.space, search.spec.seed) if needs_reference(search.spec.score) else []
    for evaluation in executor.map(tasks_of(sample[len(known) :], proxies=search.terms)):
        known.append(evaluation)
        report(Progress("reference", len(known), len(sample)))
        if len(known) % search.spec.proposals_per_batch == 0 and len(known) < len(sample):
            yield
    yield


def explore(search: Search, executor: Executor, report: Report) -> Iterator[None]:
    """Ask the algorithm for candidates, measure them by one initialization, and tell it their scores."""
    state = search.state
    while search.ended is None:
        proposed = search.algorithm.ask(_room(search))
        asked = _admit(search, proposed)
        scores: dict[Architecture, float | None] = {}
        asking = max(0, ASKED - len(state.evaluations))
        for arch, evaluation in zip(asked, _measure(search, executor, asked, asking), strict=True):
            scores[arch] = search.scorer(evaluation).value if evaluation.error is None else None
            state.add(evaluation, scores[arch])
            report(state.progress("exploring", len(state.evaluations), search.total))
        search.algorithm.tell((arch, scores.get(arch)) for arch in proposed)
        yield


def complete_finalists(search: Search, executor: Executor, report: Report) -> Iterator[None]:
    """Measure the other initializations of the finalists; who fails then makes room for the next one."""
    evaluations = search.state.evaluations
    places = {m.arch: i for i, m in enumerate(evaluations)}
    while pending := search.pending_finalists():
        done = search.evaluated_finalists
        whole = _complete(
            search, executor, [evaluations[places[name]] for name in pending[: search.spec.proposals_per_batch]]
        )
        for count, evaluation in enumerate(whole, done + 1):
            evaluations[places[evaluation.arch]] = evaluation
            report(search.state.progress("finalists", count, done + len(pending)))
        search.state.best = next(((score.value, m.arch) for m, score in search.ranked()), None)
        yield


def evaluate_relaxed(search: Search, executor: Executor, report: Report) -> Iterator[None]:
    """Evaluate some neighbours of the best, as far beyond the budget as was asked for.

    Those that are better than the best by one initialization get the others, too.
    """
    if not search.is_relaxation_pending:
        return
    spec, ranked = search.spec, [m for m, _ in search.ranked()]
    parents = [search.space.decode(m.arch) for m in ranked]
    asked = relaxed_neighbours(
        search.space, spec.constraints, spec.relaxation, search.feasible.costs, search.seconds_of, parents, set(parents)
    )
    found = {}
    for evaluation in _measure(search, executor, asked):
        found[evaluation.arch] = evaluation
        report(search.state.progress("relaxation", len(found), len(asked)))
    least = search.single_init_score(ranked[0]) if ranked else float("-inf")
    better = [m for m in found.values() if m.error is None and search.single_init_score(m) > least]
    found |= {m.arch: m for m in _complete(search, executor, better)}
    search.state.relaxed = list(found.values())
    yield


PHASES = (measure_reference, explore, complete_finalists, evaluate_relaxed)


def _room(search: Search) -> int:
    """How many to ask for: a batch, but no more than may be measured."""
    spec, state = search.spec, search.state
    left = spec.evaluations - len(state.evaluations)
    return min(spec.proposals_per_batch, left, spec.patience - state.stale if spec.patience else left)


def _admit(search: Search, proposed: Sequence[Architecture]) -> list[Architecture]:
    """Those within the budget. Their latency is measured while the workers rest; a rejected one is no evaluation.

    Raises:
        InfeasibleBudget: of many that were proposed, the latency of none was within the budget.
    """
    state, admitted = search.state, [arch for arch in proposed if search.feasible.allows(arch)]
    if search.spec.pareto_cost == "latency":
        for arch in admitted:
            search.meter(arch)
    state.rejected = 0 if admitted else state.rejected + len(proposed)
    state.exhausted = not proposed or state.rejected >= REJECTIONS
    if state.rejected and state.exhausted and not state.evaluations:
        raise InfeasibleBudget(search.feasible.nearest_latency())
    return admitted


def _measure(
    search: Search, executor: Executor, archs: Sequence[Architecture], asking: int = 0
) -> Iterator[Evaluation]:
    """Evaluations by one initialization, in order; those that the reference sample already holds cost nothing.

    Of the first `asking` of them, the other opinions are heard, too.
    """
    known = {m.arch: m for m in search.reference}
    names = [search.space.encode(arch) for arch in archs]
    new = [arch for arch, name in zip(archs, names, strict=True) if name not in known]
    fresh = executor.map([*tasks_of(new[:asking]), *tasks_of(new[asking:], proxies=search.terms)])
    for name in names:
        yield known[name] if name in known else next(fresh)


def _complete(search: Search, executor: Executor, measured: Sequence[Evaluation]) -> Iterator[Evaluation]:
    """The same evaluations with the other initializations."""
    inits = search.spec.student_inits
    if inits == 1:
        return
    asked = [EvalTask(search.space.decode(one.arch), range(one.num_inits, inits), search.terms) for one in measured]
    for one, more in zip(measured, executor.map(asked), strict=True):
        yield one.extended(more, inits)
