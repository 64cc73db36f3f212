"""What searches find: true accuracy of the architecture found against evaluations, over many search seeds.

Raw scores are a pure function of the architecture, so that each is measured once, and every search is run by lookup:
the same `Search` that users run, with its own seed. Labels are looked up after a search has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diswot.evaluation import FIRST, tasks_of
from diswot.executors import Executor
from diswot.scoring import Scorer
from diswot.search.exhaustive import Exhaustive
from diswot.search.random_search import RandomSearch
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec
from diswot_benchmarks.labels.ground_truth import Truth, read_truth
from diswot_benchmarks.runs.folder import write_json
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.runs.protocol import CorrelationSpec, protocol_of, score_settings
from diswot_benchmarks.runs.scores import SCORES_DEPEND_ON, Memory, RawScores, evaluator_spec, find_scores
from diswot_benchmarks.search.spec import Kind, SearchBenchmark, budgets_of, counts_of
from diswot_benchmarks.search.table import Curves, table
from diswot_benchmarks.search.table import document as make_document
from diswot_benchmarks.statistics.intervals import Vector
from diswot_spaces import get_space

RESULT, FIGURE = "result.json", "search.png"


def run_search_benchmark(
    spec: SearchBenchmark, out: Path | None, source: Path | None, compute: ComputeSpec, report: Report
) -> dict[str, Any]:
    """Run every search, and write the table and its figure; what has been measured is kept, also if this is stopped.

    Args:
        spec: what to do.
        out: folder of the run; by default one under `runs/` that is named by what the raw scores depend on.
        source: folder of an earlier run, whose raw scores are looked up.
        compute: where to compute what has to be measured; its cache is the folder.
        report: called as the work goes on.

    Returns:
        The document that `--json` prints.

    Raises:
        InputError: the labels, the probe, the teacher, a budget or a folder are not as they must be; nothing is
            written.
        ExecutorError: workers could not be started or were lost for good.
    """
    from diswot_benchmarks.search.figure import write_figure

    truth = read_truth(spec.scores, spec.scores.columns[0])
    trained = None if spec.trained is None else read_truth(spec.scores, spec.trained)
    budgets = budgets_of(spec, truth)
    scores = find_search_scores(spec.scores, out, source)
    with scores.open(compute) as executor:
        pool = Memory(scores.evaluator.space, executor)
        curves = run_searches(spec, budgets, truth, pool, report)
        if spec.trained is not None and trained is not None:
            curves |= {
                (RandomSearch.name, spec.trained, budget): train_searches(spec, budget, truth, trained, pool)
                for budget in budgets
            }
    found = {
        "fractions": [spec.scores.columns[0]] if truth.fractions else [],
        "measured": executor.use.misses + executor.use.partial,
    }
    document = make_document(spec, scores, table(spec, curves, truth)) | found
    write_json(scores.folder / RESULT, document)
    write_figure(scores.folder / FIGURE, document)
    return document


def find_search_scores(spec: CorrelationSpec, out: Path | None, source: Path | None) -> RawScores:
    """Check the folder of a run, whose record is what the raw scores depend on: other labels and searches share it.

    Raises:
        InputError: the probe or a folder is not as it must be; nothing is written.
    """
    evaluator = evaluator_spec(spec)
    record = protocol_of(spec, 0, evaluator.probe.fingerprint)
    names = (*SCORES_DEPEND_ON, "student_inits", "weights", "proxies")
    protocol = {"benchmark": "search", "schema": 1, **{name: record[name] for name in names}}
    return find_scores(evaluator, protocol, out, source)


def run_searches(
    spec: SearchBenchmark, budgets: list[int | None], truth: Truth, pool: Executor, report: Report
) -> Curves:
    """Run every search of the benchmark, and look up what each had found after each evaluation."""
    kinds = [(a, p, b) for p in spec.scores.proxies for b in budgets for a in spec.algorithms]
    curves: dict[Kind, NDArray[np.float64]] = {}
    for kind in kinds:
        runs = []
        for run in range(spec.runs):
            search = new_search(spec, kind, run)
            run_phases(search, pool, lambda _: None)
            runs.append(curve(search, pool, truth, counts_of(spec, kind, truth)))
            report("searching", len(curves) * spec.runs + run + 1, len(kinds) * spec.runs)
        curves[kind] = np.array(runs)
    return curves


def train_searches(
    spec: SearchBenchmark, budget: int | None, truth: Truth, trained: Truth, pool: Executor
) -> NDArray[np.float64]:
    """What random searches find that train every candidate: true accuracy of the best by training, `(runs, counts)`."""
    found = []
    for run in range(spec.runs):
        search = new_search(spec, (RandomSearch.name, "params", budget), run)
        run_phases(search, pool, lambda _: None)
        names = [evaluation.arch for evaluation in search.evaluations]
        best = (max(names[:count], key=trained.accuracy.__getitem__) for count in spec.evaluations)
        found.append([truth.accuracy[name] for name in best])
    return np.array(found)


def curve(search: Search, executor: Executor, truth: Truth, counts: Sequence[int]) -> Vector:
    """True accuracy of what the search would recommend if it ended after so many evaluations, `(counts,)`.

    That is the best by all initializations of the candidates that are best by one; those that are finalists for nothing
    but their place on a front are left out. Of equal scores the first stands, as in the recommendation. Before anything
    has a score it is `nan`; a search that used the budget's architectures up stays where it ended.
    """
    scorer = Scorer(search.spec.score, search.reference)
    found = []
    for count in counts:
        scored = [m for m in search.evaluations[:count] if m.error is None]
        finalists = sorted(scored, key=lambda m: -scorer(m.restrict(FIRST)).value)[: search.spec.finalists]
        whole = executor.map(
            tasks_of([search.space.decode(m.arch) for m in finalists], range(search.spec.student_inits))
        )
        scores = {m.arch: scorer(m).value for m in whole if m.error is None}
        found.append(truth.accuracy[max(scores, key=scores.__getitem__)] if scores else np.nan)
    return np.array(found)


def new_search(spec: SearchBenchmark, kind: Kind, run: int) -> Search:
    """One search of as many evaluations as the curve is long; exhaustive search goes on to its end."""
    algorithm, proxy, budget = kind
    scores, evaluations = spec.scores, max(spec.evaluations)
    if algorithm == Exhaustive.name:
        evaluations = max(evaluations, get_space(scores.space).combinations)
    return Search(
        SearchSpec(
            **score_settings(scores) | {"seed": scores.seed + run},
            score=proxy,
            constraints=Constraints(max_params=budget),
            evaluations=evaluations,
            algorithm=algorithm,
        )
    )
