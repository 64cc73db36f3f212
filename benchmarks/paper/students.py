"""The paper's claims about the 64 ResNets: the best student, and what similarities tell about distilled accuracy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.correlation.tables import load_run
from benchmarks.labels.table import read_labels
from benchmarks.paper.claims import Claim, interval, judge, together
from benchmarks.statistics.bootstrap import draw, kendall, resamples_for
from benchmarks.statistics.definitions import Vector
from benchmarks.statistics.definitions import kendall as exact_kendall
from diswot.seeds import stream
from search_spaces import get_space

SPACE = "cifar-resnet"
TABLE = "diswot_resnet_s0.csv"
ALONE, DISTILLED = "cifar100_test_vanilla", "cifar100_test_distilled"

SIMILARITIES = ("relation", "semantic", "diswot")
"""The paper's own, which decide; the default score stands beside them."""

COUNTS = ("params", "macs")

DRAWS = 4000
"""Tables drawn with other training noise."""


def check_best_student(labels: Path, noise: float, seed: int) -> list[Claim]:
    """Whether the best student trained alone is another one than the best distilled.

    Labels are single trainings, so the best of a table may be the luckiest. Tables are drawn with normal noise on every
    label; the claim is about what choosing the best trained alone loses in distilled accuracy.

    Args:
        labels: the table of the 64 ResNets.
        noise: standard deviation of the accuracy of one training, in points.
        seed: of the draws.
    """
    space = get_space(SPACE)
    table = read_labels(labels, space, (ALONE, DISTILLED)).labels
    names = [space.encode(one.arch) for one in table]
    alone, distilled = (np.array(column) for column in zip(*(one.accuracies for one in table), strict=True))
    rng = stream(seed, "label noise")
    by_alone, by_distilled = (
        values + noise * rng.standard_normal((DRAWS, len(names))) for values in (alone, distilled)
    )
    losses = by_distilled.max(1) - by_distilled[np.arange(DRAWS), by_alone.argmax(1)]
    low, high = interval(losses)
    first, best = int(alone.argmax()), int(distilled.argmax())
    loss = float(distilled[best] - distilled[first])
    tau_low, tau_high = interval(kendall(alone, distilled, _resamples(len(names), seed)))
    figures = {
        "best_alone": names[first],
        "best_distilled": names[best],
        "rank_of_best_alone_when_distilled": _rank(distilled, first),
        "rank_of_best_distilled_when_alone": _rank(alone, best),
        "loss": loss,
        "loss_low": low,
        "loss_high": high,
        "label_noise": noise,
        "share_of_draws_with_one_best": float((losses == 0).mean()),
        "tau": exact_kendall(alone, distilled),
        "tau_low": tau_low,
        "tau_high": tau_high,
        "students": len(names),
    }
    return [
        Claim(
            "students",
            "the best student trained alone is not the best when distilled",
            judge(low, high),
            f"{names[first]}, the best alone, is number {figures['rank_of_best_alone_when_distilled']} when distilled, "
            f"{loss:.2f} points [{low:.2f}, {high:.2f}] below {names[best]} if a training's noise is {noise:g} points; "
            f"tau between the two rankings {figures['tau']:.3f} [{tau_low:.2f}, {tau_high:.2f}]",
            figures,
        )
    ]


def check_similarities(folder: Path, seed: int) -> list[Claim]:
    """Whether similarities to the teacher rank distilled students, and better than a count of parameters.

    Args:
        folder: of a finished correlation run over the 64 ResNets with the similarities and the default score.
        seed: of the resamples.
    """
    _, raw, _ = load_run(folder)
    accuracy = raw.accuracies[DISTILLED]
    weights = _resamples(len(accuracy), seed)
    resampled = {name: kendall(raw.scores[name], accuracy, weights) for name in (*SIMILARITIES, "default", *COUNTS)}
    figures = {}
    for name, taus in resampled.items():
        low, high = interval(taus)
        figures[name] = {"tau": exact_kendall(raw.scores[name], accuracy), "tau_low": low, "tau_high": high}
    against = {}
    for name in (*SIMILARITIES, "default"):
        low, high = interval(resampled[name] - resampled["params"])
        difference = figures[name]["tau"] - figures["params"]["tau"]
        against[name] = {"difference": difference, "difference_low": low, "difference_high": high}
    ranked = ", ".join(f"{n} {f['tau']:.3f} [{f['tau_low']:.2f}, {f['tau_high']:.2f}]" for n, f in figures.items())
    changes = ", ".join(
        f"{n} {a['difference']:+.3f} [{a['difference_low']:.2f}, {a['difference_high']:.2f}]"
        for n, a in against.items()
    )
    return [
        Claim(
            "similarities",
            "similarities to the teacher correlate with distilled accuracy",
            together(judge(figures[name]["tau_low"], figures[name]["tau_high"]) for name in SIMILARITIES),
            f"tau: {ranked}",
            {**figures, "students": len(accuracy)},
        ),
        Claim(
            "similarities",
            "similarities to the teacher rank distilled students better than the number of parameters",
            together(judge(against[name]["difference_low"], against[name]["difference_high"]) for name in SIMILARITIES),
            f"tau less that of parameters, on the same resamples: {changes}",
            {**against, "params": figures["params"], "students": len(accuracy)},
        ),
    ]


def _resamples(n: int, seed: int) -> np.typing.NDArray[np.float32]:
    return draw(np.arange(n), np.ones(n, dtype=np.int64), resamples_for(n), seed)


def _rank(values: Vector, index: int) -> int:
    """Place of an entry, 1 for the highest."""
    return 1 + int((values > values[index]).sum())
