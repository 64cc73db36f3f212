"""The conformance suite of proxies finds what is wrong with a proxy."""

from __future__ import annotations

import math

import pytest
import torch

from diswot.observation.capture import Capture
from diswot.proxies import Proxy
from diswot.proxies.base import ProxyInput
from diswot.testing import ProxyConformance

CELLS = (
    ("nasbench201", "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"),
    ("nasbench201", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
)


def whole(inputs: ProxyInput) -> float:
    """Not a float."""
    return inputs.costs.params


def drawn(inputs: ProxyInput) -> float:
    """Another number each time."""
    return float(torch.rand(())) + inputs.costs.params


def writing(inputs: ProxyInput) -> float:
    """Scales the weights that it reads."""
    return float(next(inputs.network.parameters()).data.mul_(2).sum())


def drilled(inputs: ProxyInput) -> float:
    """Leaves the network in evaluation mode."""
    return float(len(list(inputs.network.eval().modules())))


def alike(inputs: ProxyInput) -> float:
    """Compares logits with the teacher's."""
    return -float((inputs.student.logits - inputs.teachers.first.logits).abs().mean())


def right(inputs: ProxyInput) -> float:
    """Logits of the labels."""
    return float(inputs.student.logits[torch.arange(len(inputs.probe.labels)), inputs.probe.labels].sum())


def again(inputs: ProxyInput) -> float:
    """Runs the network once more."""
    with torch.no_grad():
        return float(inputs.network(inputs.probe.images).sum())


def mapped(inputs: ProxyInput) -> float:
    """The mean of a map."""
    return float(inputs.student.map_before_pooling.mean())


def proxy(function: object, **row: object) -> Proxy:
    return Proxy("mine", "what it is", "here", function, **row)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("faulty", "property_", "says"),
    [
        (Proxy("mine", "", "here", again), "the_row_is_complete", "mine needs a summary"),
        (proxy(lambda _: 1.0), "the_row_is_complete", "the function of mine needs a docstring"),
        (proxy(lambda _: -math.inf), "it_is_finite_on_every_network", "-inf on .* is not finite"),
        (proxy(whole), "it_is_finite_on_every_network", "is no float"),
        (proxy(drawn), "equal_inputs_give_equal_values", "the same inputs gave two values"),
        (proxy(drawn), "the_network_and_the_generator_are_left_as_they_were", "it drew from the global generator"),
        (proxy(writing), "the_network_and_the_generator_are_left_as_they_were", r"it wrote to stem\.0\.weight"),
        (proxy(drilled), "the_network_and_the_generator_are_left_as_they_were", "it left modes or hooks"),
        (proxy(alike), "the_teacher_matters_where_the_row_says_so", "must say so in the table"),
        (proxy(right, teacher=True), "the_teacher_matters_where_the_row_says_so", "looks at the teacher, and does not"),
        (proxy(right), "labels_matter_where_the_row_says_so", "labels matter: True, and the row says otherwise"),
        (proxy(again), "it_runs_what_the_row_says", "the network was run on 8 images"),
        (proxy(right, passes="own forward", labels=True), "it_runs_what_the_row_says", "and runs nothing"),
        (proxy(again, passes="own backward"), "it_runs_what_the_row_says", "a backward pass: False, and the row says"),
        (proxy(mapped), "what_it_captures_is_enough", "computes no feature map"),
    ],
)
def test_each_fault_fails_the_property_that_it_breaks(faulty: Proxy, property_: str, says: str) -> None:
    class Faulty(ProxyConformance):
        networks = CELLS
        proxy = faulty

    with pytest.raises((AssertionError, ValueError), match=says):
        getattr(Faulty(), f"test_{property_}")()


class TestOwn(ProxyConformance):
    """What a package of its own would write."""

    networks = CELLS
    proxy = Proxy("right", "logits of the labels", "here", right, labels=True)


class TestTaught(ProxyConformance):
    """The same of a proxy that looks at the teacher and captures maps."""

    networks = CELLS
    proxy = Proxy("alike", "likeness of logits", "here", alike, Capture.HEAD, teacher=True)
