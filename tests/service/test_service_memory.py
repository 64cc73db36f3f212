"""What a search takes in memory, before anything is allocated."""

import pytest

from diswot.errors import InputError
from diswot.spec.constraints import Constraints
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_service.jobs.memory import check_memory
from diswot_spaces import get_space

SHAPE = (3, 16, 16)
SPACE = get_space("cifar-resnet")
LARGEST, SMALLEST = (SPACE.costs(arch, 10, SHAPE) for arch in (SPACE.largest, SPACE.smallest))
INPUT = 4 * 3 * 16 * 16
"""Bytes of an image."""


def spec(teacher: str = "resnet20", images: int = 2, **changes: object) -> SearchSpec:
    task = TeacherSpec(teacher, 10, SHAPE)
    return SearchSpec(task, "cifar-resnet", probe=ProbeSpec("noise", images), **changes)  # type: ignore[arg-type]


def needed(images: int, memory: int, params: int) -> int:
    return images * (memory + INPUT) + 4 * params


@pytest.mark.parametrize(
    ("asked", "what", "least"),
    [
        (spec(), "observing a student on 2 images", needed(2, LARGEST.memory, LARGEST.params)),
        (
            spec(constraints=Constraints(max_params=100_000)),
            "observing a student on 2 images",
            needed(2, SMALLEST.memory, SMALLEST.params),
        ),
        (
            spec(constraints=Constraints(max_latency=1.0, latency=LatencySetup(batch=64))),
            "measuring the latency of a student with 64 images",
            needed(64, LARGEST.memory, LARGEST.params),
        ),
        (
            spec("cifar-resnet:largest", constraints=Constraints(max_params=100_000)),
            "observing the teacher on 2 images",
            needed(2, LARGEST.memory, LARGEST.params),
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_what_does_is_not(asked: SearchSpec, what: str, least: int) -> None:
    check_memory(asked, least)
    with pytest.raises(InputError, match=f"^{what} of 3x16x16 takes at least 0.0 GB of memory; this machine has 0.0 G"):
        check_memory(asked, least - 1)


def test_the_sentence_has_figures() -> None:
    asked = SearchSpec(
        TeacherSpec("resnet56", 100, (3, 512, 512)),
        "mobilenetv2",
        constraints=Constraints(max_latency=1.0, latency=LatencySetup(batch=1024)),
    )
    with pytest.raises(InputError) as caught:
        check_memory(asked, 16 * 10**9)
    largest = get_space("mobilenetv2").bounds(100, (3, 512, 512)).upper
    assert largest is not None
    gigabytes = (1024 * (largest.memory + 4 * 3 * 512 * 512) + 4 * largest.params) / 1e9
    assert str(caught.value) == (
        "measuring the latency of a student with 1,024 images of 3x512x512 "
        f"takes at least {gigabytes:,.1f} GB of memory; this machine has 16.0 GB"
    )
    assert gigabytes > 30


def test_latency_that_is_not_measured_takes_no_memory() -> None:
    check_memory(
        spec(constraints=Constraints(latency=LatencySetup(batch=1024))), needed(2, LARGEST.memory, LARGEST.params)
    )
