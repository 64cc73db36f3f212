"""Where each distillation loss looks, and how networks of other shapes are matched."""

from collections.abc import Callable

import pytest
import torch

from diswot import losses
from diswot.errors import NotAClassifier
from diswot.observation import Observation
from diswot.proxies import PROXIES
from diswot.proxies.base import ProxyInput
from diswot.proxies.distillation import at, fitnet, match_width, stage_pairs

Compared = Callable[[Observation, Observation], ProxyInput]
Observed = Callable[..., Observation]
NAMES = ["kd", "fitnet", "at", "sp", "rkd", "pkt", "cc", "nst", "ickd", "cka"]


def network(observed: Observed, seed: int, width: int = 4, stages: int = 3) -> Observation:
    generator = torch.Generator().manual_seed(seed)
    maps = [torch.randn(5, width * 2**i, 8 // 2**i, 8 // 2**i, generator=generator) for i in range(stages)]
    return observed(torch.randn(5, width * 4, generator=generator), torch.randn(5, 3, generator=generator), None, *maps)


@pytest.mark.parametrize("name", NAMES)
def test_the_best_student_is_the_teacher_itself(name: str, compared: Compared, observed: Observed) -> None:
    teacher = network(observed, 0)
    assert PROXIES[name].compute(compared(teacher, teacher)) == pytest.approx(0.0, abs=1e-6)
    assert PROXIES[name].compute(compared(network(observed, 1), teacher)) < -1e-6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "stages"), [(3, 3), (6, 2), (5, 4)])
def test_any_width_and_number_of_stages(
    name: str, width: int, stages: int, compared: Compared, observed: Observed
) -> None:
    teacher = network(observed, 0)
    value = PROXIES[name].compute(compared(network(observed, 1, width, stages), teacher))
    assert -1e3 < value < 0


def test_stages_are_paired_by_depth_the_last_with_the_last(compared: Compared, observed: Observed) -> None:
    four, two = network(observed, 0, stages=4), network(observed, 1, stages=2)
    sizes = [(a.shape[2], b.shape[2]) for a, b in stage_pairs(compared(two, four))]
    assert sizes == [(8, 4), (4, 1)]
    assert [(b, a) for a, b in sizes] == [(a.shape[2], b.shape[2]) for a, b in stage_pairs(compared(four, two))]


def test_attention_is_summed_over_the_stages(compared: Compared, observed: Observed) -> None:
    inputs = compared(network(observed, 0), network(observed, 1))
    pairs = zip(inputs.student.stages, inputs.teachers.first.stages, strict=True)
    assert at(inputs) == pytest.approx(-sum(float(losses.attention(a, b)) for a, b in pairs))


def test_fitnet_looks_at_the_second_stage(compared: Compared, observed: Observed) -> None:
    inputs = compared(network(observed, 0), network(observed, 1))
    hint = losses.hint(inputs.student.stages[1], inputs.teachers.first.stages[1])
    assert fitnet(inputs) == pytest.approx(-float(hint))


def test_a_network_without_maps_is_refused(compared: Compared, observed: Observed) -> None:
    flat = observed(torch.ones(5, 4))
    for name in ("at", "sp"):
        with pytest.raises(NotAClassifier, match="no feature map"):
            PROXIES[name].compute(compared(flat, network(observed, 0)))


def test_a_student_of_other_classes_is_refused(compared: Compared, observed: Observed) -> None:
    student = observed(torch.ones(5, 4), torch.ones(5, 6))
    with pytest.raises(ValueError, match="not of the same classes"):
        PROXIES["kd"].compute(compared(student, network(observed, 0)))


def test_matching_widths() -> None:
    maps = torch.randn(2, 400, 3, 3, generator=torch.Generator().manual_seed(0))
    assert match_width(maps, 400) is maps
    narrow = match_width(maps, 300)
    assert narrow.shape == (2, 300, 3, 3)
    assert torch.equal(narrow, match_width(maps, 300))
    # Rows of weights have length one on average: the power of a channel stays.
    assert float(narrow.square().mean()) == pytest.approx(1.0, rel=0.1)
