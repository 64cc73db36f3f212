"""The recommendation score's own values: what a change of a formula, a seed, the probe or the networks would move."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from diswot.evaluation import EvalTask, Evaluation, Evaluator, EvaluatorSpec
from diswot.probes import load_probe
from diswot.proxies import AGGREGATES
from diswot.scoring import Scorer
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import Architecture, get_space

TEACHER = TeacherSpec("resnet56", num_classes=100)
TERMS = ("saturating-capacity", "layer-capacity", "trainability")
EARLIER_TERMS = ("spectral-capacity", "input-stability", "teacher-cka", "min-path-depth")
STRAIGHT = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
RESIDUAL = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"
POOLED = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|avg_pool_3x3~2|"
NARROW = "[[1,16,4,1],[6,32,1,2],[6,64,4,2],[6,128,4,2],[6,184,2,1],[6,320,1,2],[6,440,2,1],536]"
MIDDLE = "[[1,16,2,1],[6,40,1,2],[6,56,1,2],[6,96,4,2],[6,192,2,1],[6,208,3,2],[6,280,1,1],352]"
WIDE = "[[1,64,4,1],[6,72,1,2],[6,80,1,2],[6,112,2,2],[6,120,1,1],[6,424,1,2],[6,816,1,1],920]"

GOLDEN: dict[tuple[str, str], tuple[float, ...]] = {
    ("nasbench201", STRAIGHT): (12.875902, 6.023275, -2.923679, 15.010436),
    ("nasbench201", RESIDUAL): (11.769053, 5.944154, -0.286768, 14.655099),
    ("nasbench201", POOLED): (9.437028, 4.490726, -0.062622, 11.663605),
    ("cifar-resnet", "1-1-1"): (10.186659, 6.018339, -0.130378, 13.156715),
    ("cifar-resnet", "3-5-7"): (12.013833, 6.075247, -1.126529, 14.713498),
    ("cifar-resnet", "7-7-7"): (12.209393, 6.095362, -1.566619, 14.787088),
    ("mobilenetv2", NARROW): (12.708112, 6.219484, -2.609604, 15.034973),
    ("mobilenetv2", MIDDLE): (12.36356, 5.953619, -2.207666, 14.67807),
    ("mobilenetv2", WIDE): (12.453443, 6.489221, -1.578872, 15.224392),
}
"""Space and architecture to the value of each term and of the score, by the first initialization of seed 0."""

EARLIER: dict[tuple[str, str], tuple[float, ...]] = {
    ("nasbench201", STRAIGHT): (13.906377, -4.531897, 0.962118, -2.944439, 14.001509),
    ("nasbench201", RESIDUAL): (12.795757, -1.481688, 0.986671, -1.386294, 13.771482),
    ("nasbench201", POOLED): (10.508092, -0.602331, 0.661994, -1.386294, 11.172672),
    ("cifar-resnet", "1-1-1"): (11.237092, -1.004159, 0.990895, -1.386294, 12.314659),
    ("cifar-resnet", "3-5-7"): (13.071579, -2.680031, 0.986606, -1.386294, 13.807537),
    ("cifar-resnet", "7-7-7"): (13.278686, -3.153819, 0.985127, -1.386294, 13.917669),
    ("mobilenetv2", NARROW): (15.027164, -4.216281, 0.980847, -3.135494, 15.184853),
    ("mobilenetv2", MIDDLE): (14.337787, -3.811001, 0.981479, -3.135494, 14.577482),
    ("mobilenetv2", WIDE): (14.790607, -3.16667, 0.98445, -3.135494, 15.163625),
}
"""The same of `default-v4`."""


@cache
def evaluator(space: str) -> Evaluator:
    probe = load_probe(ProbeSpec(), 100, (3, 32, 32), 0)
    return EvaluatorSpec(get_space(space), TEACHER, probe, ("default", "default-v4")).build()


def evaluate(space: str, arch: str) -> Evaluation:
    decoded: Architecture = get_space(space).decode(arch)
    return evaluator(space)(EvalTask(decoded))


def test_the_score_is_made_of_the_terms_that_are_guarded() -> None:
    assert AGGREGATES["default"].version == 5
    assert dict(AGGREGATES["default"].terms) == dict(zip(TERMS, (1.0, 0.5, 0.3), strict=True))
    assert dict(AGGREGATES["default-v4"].terms) == dict(zip(EARLIER_TERMS, (1.0, 0.2, 1.5, 0.15), strict=True))


@pytest.mark.parametrize(("space", "arch"), GOLDEN)
def test_terms_and_score_have_the_values_of_this_version(space: str, arch: str) -> None:
    found = evaluate(space, arch)
    assert found.error is None
    values = (*(found.values[term][0] for term in TERMS), Scorer("default")(found).value)
    assert values == pytest.approx(GOLDEN[space, arch], rel=1e-3, abs=1e-4)
    earlier = (*(found.values[term][0] for term in EARLIER_TERMS), Scorer("default-v4")(found).value)
    assert earlier == pytest.approx(EARLIER[space, arch], rel=1e-3, abs=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.data
@pytest.mark.parametrize(
    ("space", "table", "column", "sample", "floor"),
    [
        ("nasbench201", "nasbench201.csv", "cifar100_test_200", 200, 0.75),
        ("cifar-resnet", "diswot_resnet_s0.csv", "cifar100_test_distilled", 64, 0.85),
        ("mobilenetv2", "mobilenetv2_distilled.csv", "cifar100_test_kd_third", 100, 0.69),
    ],
)
def test_the_score_still_ranks_what_was_trained(
    data_dir: Path, space: str, table: str, column: str, sample: int, floor: float
) -> None:
    with (data_dir / table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    drawn = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:sample]]
    score = Scorer("default")
    scores = [score(evaluate(space, row["arch"])).value for row in drawn]
    assert kendalltau(scores, [float(row[column]) for row in drawn]).statistic > floor
