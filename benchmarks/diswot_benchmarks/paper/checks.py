"""Verdicts on the paper's claims, read off the documents of the benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diswot.seeds import stream
from diswot_benchmarks.correlation.score_table import ScoreTable
from diswot_benchmarks.paper.claims import Claim, ends, judge, together, words
from diswot_benchmarks.speed.spec import TRAINING
from diswot_benchmarks.statistics.bootstrap import Resamples
from diswot_benchmarks.statistics.intervals import Vector, central, resample
from diswot_benchmarks.statistics.ranking import kendall

ALONE, DISTILLED = "cifar100_test_vanilla", "cifar100_test_distilled"
SIMILARITIES = ("relation", "semantic", "diswot")
"""The paper's own, which decide; the default score stands beside them."""

DISWOT = "diswot"
TRAINED = "cifar100_valid_12"
"""Accuracy after twelve epochs: what a random search that trains its candidates goes by."""

RIVALS = {
    TRAINED: "random search that trains every candidate for twelve epochs",
    "nwot": "NWOT",
    "params": "the number of parameters",
}
"""Whom DisWOT is compared with, as a claim says it."""

CLAIMED = 180.0
"""Times faster, as the paper says it."""

PUBLISHED = {"random_search_seconds": 216_000.0, "diswot_seconds": 1_200.0}
"""Figure 4 of the paper, NAS-Bench-201 on CIFAR-100, as in the authors' `exps/plot_figures.py`; on their GPU."""

IMAGES, BATCH = 50_000, 64
"""Of CIFAR-100 in an epoch, and in a step of training."""

DRAWS = 4000
"""Tables drawn with other training noise."""


def check_students(raw: ScoreTable, noise: float, seed: int) -> list[Claim]:
    """Whether the best student trained alone is another one than the best distilled.

    Labels are single trainings, so the best of a table may be the luckiest. Tables are drawn with normal noise on every
    label; the claim is about what choosing the best trained alone loses in distilled accuracy.

    Args:
        raw: of the run over the 64 ResNets.
        noise: standard deviation of the accuracy of one training, in points.
        seed: of the draws.
    """
    names, alone, distilled = raw.archs, raw.accuracies[ALONE], raw.accuracies[DISTILLED]
    n, rng = len(names), stream(seed, "label noise")
    by_alone, by_distilled = (values + noise * rng.standard_normal((DRAWS, n)) for values in (alone, distilled))
    losses = by_distilled.max(1) - by_distilled[np.arange(DRAWS), by_alone.argmax(1)]
    first, best = int(alone.argmax()), int(distilled.argmax())
    resamples = Resamples.draw(np.arange(n), np.ones(n, dtype=np.int64), seed)
    tau = resamples.estimate(kendall(alone, distilled, resamples.weights))
    loss = central(losses, DRAWS)
    figures = {
        "best_alone": names[first],
        "best_distilled": names[best],
        "rank_of_best_alone_when_distilled": _rank(distilled, first),
        "rank_of_best_distilled_when_alone": _rank(alone, best),
        "loss": float(distilled[best] - distilled[first]),
        **ends("loss", loss),
        "label_noise": noise,
        "share_of_draws_with_one_best": float((losses == 0).mean()),
        "tau": tau.value,
        **ends("tau", tau.interval),
        "students": n,
    }
    return [
        Claim(
            "students",
            "the best student trained alone is not the best when distilled",
            judge(loss.low, loss.high),
            f"{names[first]}, the best alone, is number {figures['rank_of_best_alone_when_distilled']} when distilled, "
            f"{words(figures, 'loss', '.2f')} points below {names[best]} if a training's noise is {noise:g} points; "
            f"tau between the two rankings {words(figures, 'tau', '.3f')}",
            figures,
        )
    ]


def check_similarities(table: Mapping[str, Any]) -> list[Claim]:
    """Whether similarities to the teacher rank distilled students, and better than a count of parameters.

    Args:
        table: document of the correlation run over the 64 ResNets.
    """
    rows = {row["proxy"]: row for row in table["rows"] if row["column"] == DISTILLED}
    names = (*SIMILARITIES, "default", "params", "macs")
    taus = {name: {key: rows[name][key] for key in ("tau", "tau_low", "tau_high")} for name in names}
    keys = ("tau_less_params", "tau_less_params_low", "tau_less_params_high")
    against = {name: {key: rows[name][key] for key in keys} for name in names[:-2]}
    students = {"students": rows["params"]["n"]}
    return [
        Claim(
            "similarities",
            "similarities to the teacher correlate with distilled accuracy",
            together(judge(taus[name]["tau_low"], taus[name]["tau_high"]) for name in SIMILARITIES),
            "tau: " + ", ".join(f"{name} {words(taus[name], 'tau', '.3f')}" for name in names),
            {**taus, **students},
        ),
        Claim(
            "similarities",
            "similarities to the teacher rank distilled students better than the number of parameters",
            together(judge(*(against[name][key] for key in keys[1:])) for name in SIMILARITIES),
            "tau less that of parameters, on the same resamples: "
            + ", ".join(f"{name} {words(against[name], 'tau_less_params', '+.3f')}" for name in against),
            {**against, "params": taus["params"], **students},
        ),
    ]


def check_speed(throughput: Mapping[str, Any], epochs: int) -> list[Claim]:
    """Whether a search without training is at least 180 times faster, for the same number of candidates.

    Training is steps enough for its epochs, which is an extrapolation. The interval is over architectures.

    Args:
        throughput: document of a throughput benchmark that timed a step of training and the default score.
        epochs: of the training that an evaluation replaces.
    """
    rows = {row["score"]: row for row in throughput["rows"] if row["executor"] == "serial"}
    evaluation, step = (np.array(rows[name]["seconds_by_arch"]) for name in ("default", TRAINING))
    training = step * epochs * IMAGES / BATCH
    rng = stream(throughput["protocol"]["seed"], "speed")
    interval = resample(lambda a, b, axis: a.sum(axis) / b.sum(axis), rng, training, evaluation)
    figures = {
        "claimed": CLAIMED,
        "ratio": float(training.sum() / evaluation.sum()),
        **ends("ratio", interval),
        "evaluation_seconds": float(evaluation.mean()),
        "training_seconds": float(training.mean()),
        "epochs": epochs,
        "images_per_epoch": IMAGES,
        "batch": BATCH,
        "steps_timed": throughput["protocol"]["rounds"],
        "architectures_timed": len(evaluation),
        "published": {**PUBLISHED, "ratio": PUBLISHED["random_search_seconds"] / PUBLISHED["diswot_seconds"]},
    }
    return [
        Claim(
            "speed",
            "a search without training is at least 180 times faster than one that trains its candidates",
            judge(interval.low, interval.high, CLAIMED),
            f"on one thread of this machine {epochs} epochs take {training.mean():,.0f} s (extrapolated from "
            f"{figures['steps_timed']} steps), an evaluation {evaluation.mean():.3f} s: "
            f"{words(figures, 'ratio', ',.0f')} times; the paper has 216,000 s against 1,200 s on its GPU",
            figures,
        )
    ]


def check_search(document: Mapping[str, Any]) -> list[Claim]:
    """Whether a search by DisWOT finds better students than others that may evaluate as many.

    Every rival searches with the same search seeds, so that differences are taken run by run.

    Args:
        document: of a search benchmark without budgets, with one algorithm, one number of evaluations, the proxies
            `diswot`, `default`, `nwot`, `params`, and a random search by `TRAINED`.
    """
    rows = {row["proxy"]: row for row in document["rows"]}
    found = {name: np.array(row["accuracies"], dtype=float) for name, row in rows.items()}
    runs, count = document["runs"], rows[DISWOT]["evaluations"]
    best, blind = rows[DISWOT]["best_in_budget"], rows[DISWOT]["mean_in_budget"]
    accuracies = {name: _mean("mean", values, document["seed"]) for name, values in found.items()}
    claims = []
    for rival, name in RIVALS.items():
        figures = {
            "rival": rival,
            **_mean("difference", found[DISWOT] - found[rival], document["seed"]),
            "difference_of_default": _mean("mean", found["default"] - found[rival], document["seed"]),
            "accuracies": accuracies,
            "best": best,
            "blind": blind,
            "evaluations": count,
            "runs": runs,
            "algorithm": rows[DISWOT]["algorithm"],
        }
        claims.append(
            Claim(
                "search",
                f"DisWOT finds better students than {name} at equal evaluations",
                judge(figures["difference_low"], figures["difference_high"]),
                f"{accuracies[DISWOT]['mean']:.2f} against {accuracies[rival]['mean']:.2f} percent after {count} "
                f"evaluations ({figures['algorithm']}, {runs} runs): {words(figures, 'difference', '+.2f')} points; "
                f"the default score {accuracies['default']['mean']:.2f}, a blind pick {blind:.2f}, the best {best:.2f}",
                figures,
            )
        )
    return claims


def _mean(name: str, values: Vector, seed: int) -> dict[str, float]:
    return {name: float(values.mean()), **ends(name, resample(np.mean, stream(seed, "runs"), values))}


def _rank(values: Vector, index: int) -> int:
    """Place of an entry, 1 for the highest."""
    return 1 + int((values > values[index]).sum())
