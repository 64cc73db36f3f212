"""Losses of single papers against golden numbers, and what each becomes where it is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from diswot import losses

ZS = torch.tensor([[2.0, 1, 0], [0, 1, 3]], dtype=torch.float64)
ZT = torch.tensor([[3.0, 1, -1], [1, 2, 2.5]], dtype=torch.float64)
ZS3 = torch.cat([ZS, torch.tensor([[1, 1.5, 0.5]], dtype=torch.float64)])
ZT3 = torch.cat([ZT, torch.tensor([[0.0, 2, 1]], dtype=torch.float64)])
Y = torch.tensor([0, 2])
FS = torch.tensor([[1.0, 0, 2], [0, 1, 1], [2, 1, 0]], dtype=torch.float64)
FT = torch.tensor([[2.0, 1, 1], [0, 2, 1], [1, 0, 3]], dtype=torch.float64)
K = torch.arange(16, dtype=torch.float64)
MS = (K / 8).view(2, 2, 2, 2)
MT = (7 * K % 16 / 8).view(2, 2, 2, 2)
WEAK = torch.tensor([[1, 0.5, 0], [0.2, 0.8, 0.6]], dtype=torch.float64)
I = torch.arange(128, dtype=torch.float64)  # noqa: E741
TS = torch.tensor([[0.0, 0], [1, 0], [0, 2], [3, 1]], dtype=torch.float64)
TT = torch.tensor([[0.0, 1], [1, 1], [1, 2], [2, 0]], dtype=torch.float64)
SCORES = torch.tensor([[0.02, 0.001, 0.003], [0.05, 0.002, 0.001]], dtype=torch.float64)
CENTERS = torch.tensor([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=torch.float64)

GOLDEN: list[tuple[str, Callable[[], Tensor], float]] = [
    ("dkd target", lambda: losses.target_divergence(ZS, ZT, Y, 4), 0.2600458695),
    ("dkd others", lambda: losses.non_target_divergence(ZS, ZT, Y, 4), 0.0598181480),
    (
        "dkd T=1",
        lambda: losses.target_divergence(ZS, ZT, Y, 1) + 0.5 * losses.non_target_divergence(ZS, ZT, Y, 1),
        0.1930636086,
    ),
    ("nkd T=1", lambda: losses.target_entropy(ZS, ZT, Y) + 1.5 * losses.non_target_entropy(ZS, ZT, Y, 1), 0.9840745499),
    (
        "nkd T=3",
        lambda: losses.target_entropy(ZS, ZT, Y) + 3.5 * losses.non_target_entropy(ZS, ZT, Y, 3),
        21.2152348439,
    ),
    ("ofa 1", lambda: losses.enhanced_entropy(ZS, ZT, Y, 1.0), 0.8776838848),
    ("ofa 1.5", lambda: losses.enhanced_entropy(ZS, ZT, Y, 1.5), 0.6996933546),
    ("fkd", lambda: losses.soft_entropy(ZS, ZT.softmax(1)), 0.8776838848),
    ("ps-kd", lambda: losses.soft_entropy(ZS, (F.one_hot(Y, 3) + ZT.softmax(1)) / 2), 0.5832049384),
    ("uskd target", lambda: losses.self_target_entropy(ZS, Y), 0.2727102429),
    ("uskd others", lambda: losses.zipf_entropy(ZS, WEAK, Y), 0.7132616875),
    ("dist inter", lambda: losses.correlation_distance(ZS3.softmax(1), ZT3.softmax(1)), 0.1020817748),
    ("dist intra", lambda: losses.correlation_distance(ZS3.softmax(1).T, ZT3.softmax(1).T), 0.1395907436),
    ("dist", lambda: losses.relation_of_predictions(ZS3, ZT3, 1), 0.2416725184),
    ("mixup kd", lambda: 0.9 * losses.deviation_scaled_kl(ZS, ZT), 0.0188863092),
    (
        "mixup ce",
        lambda: (
            0.1
            * losses.soft_entropy(
                losses.scaled_by_deviation(ZS), torch.tensor([[0.7, 0.3, 0], [0, 0.4, 0.6]], dtype=torch.float64)
            )
        ),
        0.0787568722,
    ),
    ("topkld", lambda: losses.top_divergence(ZS, ZT, 2), 0.1852745208),
    ("hcl", lambda: losses.hierarchical_context(MS, MT), 0.4947916667),
    (
        "hcl 8 x 8",
        lambda: losses.hierarchical_context((I % 5 / 4).view(2, 1, 8, 8), (I % 7 / 6).view(2, 1, 8, 8)),
        0.1451529609,
    ),
    ("nd", lambda: losses.direction_and_norm(FS, FT, CENTERS, torch.arange(3)), 0.5438852460),
    ("cc", lambda: losses.neighbor_correlation(FS, FT), 1.0),
    ("crd", lambda: losses.contrast(SCORES, 100), 0.6811471067),
    ("trg local", lambda: losses.graph_divergence(TS, TT, 2, 1.0), 0.0541630000),
    ("trg global", lambda: losses.token_contrast(TS, TT, 0.1), 6.2785657410),
    ("trg inner", lambda: losses.contextual_similarity(TS, TT), 0.0374444684),
]


@pytest.mark.parametrize(("loss", "value"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN])
def test_golden_values(loss: Callable[[], Tensor], value: float) -> None:
    assert float(loss()) == pytest.approx(value, abs=2e-7)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_decoupled_parts_add_up_to_the_divergence(temperature: float) -> None:
    # KL = TCKD + sum over images of (1 - t_y) NCKD (equation 6 of the paper), here with one image.
    for i in range(2):
        student, teacher, label = ZS[i : i + 1], ZT[i : i + 1], Y[i : i + 1]
        share = 1 - (teacher / temperature).softmax(1)[0, label]
        parts = losses.target_divergence(student, teacher, label, temperature) + share * losses.non_target_divergence(
            student, teacher, label, temperature
        )
        assert float(parts) == pytest.approx(float(losses.logits_kl(student, teacher, temperature)), rel=1e-9)


def test_top_divergence_is_forward_with_all_classes_and_reverse_with_none() -> None:
    assert float(losses.top_divergence(ZS, ZT, 3)) == pytest.approx(float(losses.logits_kl(ZS, ZT, 1.0)))
    assert float(losses.top_divergence(ZS, ZT, 0)) == pytest.approx(float(losses.logits_kl(ZT, ZS, 1.0)))


def test_balanced_divergence_weighs_the_forward_part_where_the_student_is_surer() -> None:
    # Only of the second image; forward .11561143 and .24589133, reverse .16011528 and .19997669.
    expected = (1 * 0.11561143 + 2 * 0.16011528 + 2 * 0.24589133 + 1 * 0.19997669) / 2
    assert float(losses.balanced_divergence(ZS, ZT, 2.0, 1.0)) == pytest.approx(expected, abs=1e-7)


def test_standardized_logits_by_hand() -> None:
    expected = torch.tensor([[1.0, 0.0, -1.0]], dtype=torch.float64)
    torch.testing.assert_close(losses.standardized(ZS[:1]), expected, atol=1e-6, rtol=0)
    # Logits that differ by scale and shift alone are equal.
    assert float(losses.standardized_kl(ZS, 3 * ZS + 7, 2.0)) == pytest.approx(0.0, abs=1e-9)


def test_others_leave_out_the_label() -> None:
    assert losses.others(ZS, Y).tolist() == [[1.0, 0.0], [0.0, 1.0]]


EQUALS: list[Callable[[Tensor, Tensor], Tensor]] = [
    partial(losses.target_divergence, labels=Y, temperature=4.0),
    partial(losses.non_target_divergence, labels=Y, temperature=4.0),
    partial(losses.relation_of_predictions, temperature=1.0),
    partial(losses.standardized_kl, temperature=2.0),
    losses.deviation_scaled_kl,
    partial(losses.top_divergence, count=2),
    partial(losses.balanced_divergence, more=2.0, less=1.0),
]


@pytest.mark.parametrize("loss", EQUALS)
def test_nothing_is_lost_between_equals(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert float(loss(ZS, ZS.clone())) == pytest.approx(0.0, abs=1e-6)
