"""The DisWOT terms by hand, and the defects of the published code that must not come back."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from diswot.observation import Observation
from diswot.proxies import PROXIES
from diswot.proxies.base import ProxyInput
from diswot.proxies.diswot import diswot, diswot_gram, relation, semantic, semantic_gram

Compared = Callable[[Observation, Observation], ProxyInput]
Observed = Callable[..., Observation]


def maps(seed: int, images: int = 4, channels: int = 3) -> Tensor:
    return torch.randn(images, channels, 2, 2, generator=torch.Generator().manual_seed(seed))


def head(seed: int, width: int = 3, classes: int = 3, images: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Pooled features, logits and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 2
    return torch.randn(images, width, generator=generator), torch.randn(images, classes, generator=generator), labels


def test_classifier_gradient_of_the_semantic_term_by_hand(compared: Compared, observed: Observed) -> None:
    # One image of class 0, probabilities 1/2: the gradient is (-f/2, f/2), the same for f and 3 f.
    labels = torch.tensor([0])
    student = observed(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2), labels)
    teacher = observed(torch.tensor([[3.0, 6.0]]), torch.zeros(1, 2), labels)
    assert semantic(compared(student, teacher)) == pytest.approx(0.0, abs=1e-6)
    # Against (2, -1): cosine 0 for both classes.
    other = observed(torch.tensor([[2.0, -1.0]]), torch.zeros(1, 2), labels)
    assert semantic(compared(student, other)) == pytest.approx(-2.0)
    # Class-by-class Gram of either is c [[1, -1], [-1, 1]].
    assert semantic_gram(compared(student, other)) == pytest.approx(0.0, abs=1e-6)


def test_sums(compared: Compared, observed: Observed) -> None:
    inputs = compared(observed(*head(0), maps(0)), observed(*head(1), maps(1)))
    assert diswot(inputs) == semantic(inputs) + relation(inputs)
    assert diswot_gram(inputs) == semantic_gram(inputs) + relation(inputs)


@pytest.mark.parametrize("name", ["relation", "semantic", "semantic-gram", "diswot", "diswot-gram"])
def test_every_term_looks_at_the_teacher(name: str, compared: Compared, observed: Observed) -> None:
    student = observed(*head(0), maps(0))
    values = {PROXIES[name].compute(compared(student, observed(*head(seed), maps(seed)))) for seed in (1, 2)}
    assert PROXIES[name].teacher
    assert len(values) == 2


@pytest.mark.parametrize("name", ["relation", "semantic", "semantic-gram", "diswot", "diswot-gram"])
def test_a_network_is_compared_with_the_teacher_not_with_itself(
    name: str, compared: Compared, observed: Observed
) -> None:
    teacher = observed(*head(1), maps(1))
    assert PROXIES[name].compute(compared(teacher, teacher)) == pytest.approx(0.0, abs=1e-6)
    assert PROXIES[name].compute(compared(observed(*head(0), maps(0)), teacher)) < -1e-3


@pytest.mark.parametrize("image", range(4))
def test_the_relation_sees_every_image(image: int, compared: Compared, observed: Observed) -> None:
    teacher, last = observed(*head(1), maps(1)), maps(0)
    changed = last.clone()
    changed[image] = maps(9)[image]
    before, after = (relation(compared(observed(*head(0), m), teacher)) for m in (last, changed))
    assert before != after


def test_the_relation_is_between_images_not_channels(compared: Compared, observed: Observed) -> None:
    teacher, last = observed(*head(1), maps(1)), maps(0)
    values = [relation(compared(observed(*head(0), m), teacher)) for m in (last, last[:, [2, 0, 1]], last * 3)]
    assert values == pytest.approx([values[0]] * 3, rel=1e-5)
    shuffled = relation(compared(observed(*head(0), last[[1, 2, 3, 0]]), teacher))
    assert shuffled != pytest.approx(values[0], rel=1e-3)


def test_the_relation_is_part_of_the_sum(compared: Compared, observed: Observed) -> None:
    teacher = observed(*head(1), maps(1))
    near, far = (diswot(compared(observed(*head(0), m), teacher)) for m in (maps(1), maps(0)))
    assert near > far


def test_nothing_accumulates_over_candidates(compared: Compared, observed: Observed) -> None:
    teacher = observed(*head(1), maps(1))
    gradient = teacher.classifier_gradient.clone()
    a, b = (compared(observed(*head(seed), maps(seed)), teacher) for seed in (0, 2))
    first = diswot(a)
    assert diswot(b) != first
    assert diswot(a) == first
    assert torch.equal(teacher.classifier_gradient, gradient)


def test_no_accuracy_is_at_hand() -> None:
    fields = {field.name for field in dataclasses.fields(ProxyInput)}
    assert fields == {"build", "capture", "costs", "teacher", "probe"}


@pytest.mark.parametrize(("width", "classes"), [(6, 3), (64, 3)])
def test_other_widths_take_the_width_free_form(
    width: int, classes: int, compared: Compared, observed: Observed
) -> None:
    inputs = compared(observed(*head(0, width, classes), maps(0, channels=width)), observed(*head(1), maps(1)))
    assert semantic(inputs) == semantic_gram(inputs)
    assert diswot(inputs) == diswot_gram(inputs) < 0


@pytest.mark.parametrize("classes", [1, 4, 20])
def test_other_class_counts_are_never_folded(classes: int, compared: Compared, observed: Observed) -> None:
    pooled, logits, labels = head(0, 3, classes)
    inputs = compared(observed(pooled, logits, labels * 0, maps(0)), observed(*head(1), maps(1)))
    with pytest.raises(ValueError, match=f"between {classes} and between 3 rows cannot be compared"):
        semantic(inputs)


def test_maps_in_channels_last_memory_give_the_same_relation(compared: Compared, observed: Observed) -> None:
    teacher, last = observed(*head(1), maps(1)), maps(0)
    turned = last.contiguous(memory_format=torch.channels_last)
    values = [relation(compared(observed(*head(0), m), teacher)) for m in (last, turned)]
    assert values[0] == values[1]


def test_a_proxy_without_a_teacher_in_evidence_says_so(compared: Compared, observed: Observed) -> None:
    inputs = dataclasses.replace(compared(observed(*head(0), maps(0)), observed(*head(1), maps(1))), teacher=None)
    with pytest.raises(ValueError, match="must say so in the table of proxies"):
        relation(inputs)
