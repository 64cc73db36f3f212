"""The paper's claim about search: DisWOT finds better students than others that may evaluate as many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.labels.ground_truth import Truth
from benchmarks.paper.claims import Claim, judge
from benchmarks.runs.scores import RawScores
from benchmarks.search.run import SearchBenchmark, mean_interval, new_search, run_searches
from benchmarks.statistics.definitions import Vector

DISWOT = "diswot"
RIVALS = ("nwot", "params")
TRAINED = "random search that trains every candidate for twelve epochs"
OTHERS = {TRAINED: TRAINED, "nwot": "NWOT", "params": "the number of parameters"}
"""Whom DisWOT is compared with, as a claim says it."""


def check_search(
    spec: SearchBenchmark, truth: Truth, trained: Truth, pool: RawScores, report: Callable[[str, int, int], None]
) -> list[Claim]:
    """Whether a search by DisWOT finds better students than random search, NWOT and parameters at equal evaluations.

    Every rival searches with the same search seeds, so that differences are taken run by run.

    Args:
        spec: one algorithm, one number of evaluations, and the proxies `diswot`, `default`, `nwot`, `params`.
        truth: what students reach in the end.
        trained: what they reach after the short training that random search goes by.
        pool: measures.
        report: called as the work goes on.
    """
    algorithm = spec.algorithms[0]
    curves = run_searches(spec, [None], truth, pool, report)
    found = {proxy: curves[algorithm, proxy, None][:, 0] for proxy in spec.scores.proxies}
    found[TRAINED] = np.array([_by_training(spec, run, truth, trained, pool) for run in range(spec.runs)])
    return search_claims(spec, found, truth)


def search_claims(spec: SearchBenchmark, found: dict[str, Vector], truth: Truth) -> list[Claim]:
    """The verdicts on what was found.

    Args:
        spec: of the searches.
        found: for each proxy, and for `TRAINED`, the true accuracy of what each run found, `(runs,)`.
        truth: of the whole space.
    """
    seed, count = spec.scores.seed, spec.evaluations[0]
    accuracies = {name: _mean(values, seed) for name, values in found.items()}
    best, blind = float(truth.within(None).max()), float(truth.within(None).mean())
    claims = []
    for rival, name in OTHERS.items():
        difference = _mean(found[DISWOT] - found[rival], seed)
        figures = {
            "rival": rival,
            "difference": difference["mean"],
            "difference_low": difference["low"],
            "difference_high": difference["high"],
            "difference_of_default": _mean(found["default"] - found[rival], seed),
            "accuracies": accuracies,
            "best": best,
            "blind": blind,
            "evaluations": count,
            "runs": spec.runs,
            "algorithm": spec.algorithms[0],
        }
        claims.append(
            Claim(
                "search",
                f"DisWOT finds better students than {name} at equal evaluations",
                judge(difference["low"], difference["high"]),
                f"{accuracies[DISWOT]['mean']:.2f} against {accuracies[rival]['mean']:.2f} percent after {count} "
                f"evaluations ({spec.algorithms[0]}, {spec.runs} runs): {difference['mean']:+.2f} points "
                f"[{difference['low']:.2f}, {difference['high']:.2f}]; "
                f"the default score {accuracies['default']['mean']:.2f}, a blind pick {blind:.2f}, the best {best:.2f}",
                figures,
            )
        )
    return claims


def _by_training(spec: SearchBenchmark, run: int, truth: Truth, trained: Truth, pool: RawScores) -> float:
    """What the best after short training reaches in the end, of the architectures that random search draws."""
    search = new_search(spec, ("random", "params", None), run)
    search.run(pool, lambda _: None)
    names = [measurement.arch for measurement in search.measurements]
    return truth.accuracy[max(names, key=trained.accuracy.__getitem__)]


def _mean(values: Vector, seed: int) -> dict[str, float]:
    mean, low, high = mean_interval(values, seed)
    return {"mean": mean, "low": low, "high": high}
