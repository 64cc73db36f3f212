"""Who is timed."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_benchmarks.speed.as_published import PUBLISHED
from diswot_benchmarks.speed.entrants import Entrant, entrants, native_bfloat16, processor
from diswot_benchmarks.speed.spec import DEFAULT, SCORES, ThroughputSpec

Key = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def field() -> list[Entrant]:
    return list(entrants(ThroughputSpec(batch=4, teacher="resnet20", classes=4, threads=1)))


def test_everybody_takes_part(field: list[Entrant]) -> None:
    published = [one.score for one in field if one.by == "as published"]
    assert published == ["diswot", "nwot", "synflow", "zico", "params", "training-step"]
    ours = {(one.score, one.dtype, one.executor) for one in field if one.by == "ours"}
    assert {("diswot", "float32", "serial"), ("diswot", "float32", "processes")} <= ours
    assert ("diswot", "bfloat16", "serial") in ours or not native_bfloat16("cpu")
    assert {score for score, *_ in ours} == {"diswot", "default"}


def test_all_look_at_the_same_images_in_the_layout_and_dtype_of_their_own(field: list[Entrant]) -> None:
    published, *_ = (one.case.probe.images for one in field if one.by == "as published")
    assert published.is_contiguous()
    for one in field:
        if one.score == "diswot":
            images = one.case.probe.images
            assert str(images.dtype) == f"torch.{one.dtype}"
            assert images.float().sub(published).abs().max() < (1e-9 if one.dtype == "float32" else 0.05)


def test_default_has_the_settings_of_the_product(field: list[Entrant]) -> None:
    spec = SearchSpec(TeacherSpec("resnet20", 4))
    (one,) = (one for one in field if one.score == spec.score and one.executor == "serial")
    assert one.batch == len(one.case.probe.labels) == spec.probe.size
    assert one.prepared > 0


def test_with_more_threads_there_is_a_row_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot_benchmarks.speed.spec.core_count", lambda: 3)
    monkeypatch.setattr("diswot_benchmarks.speed.entrants.native_bfloat16", lambda _: False)
    spec = ThroughputSpec(batch=2, teacher="resnet20", classes=2, ray=True)
    ours = [one for one in entrants(spec) if one.by == "ours" and one.score == "diswot"]
    assert [(one.executor, one.workers, one.threads) for one in ours] == [
        ("serial", 1, 3),
        ("serial", 1, 1),
        ("processes", 3, 1),
        ("ray", 3, 1),
    ]


def test_every_published_proxy_can_be_asked_for() -> None:
    assert (*PUBLISHED, DEFAULT) == SCORES


def test_only_what_is_asked_for_takes_part() -> None:
    spec = ThroughputSpec(batch=2, teacher="resnet20", classes=2, threads=1, scores=("default", "params"))
    assert [(one.by, one.score) for one in entrants(spec)] == [
        ("as published", "params"),
        ("ours", "default"),
        ("ours", "default"),
    ]
    ThroughputSpec(teacher="wrn-40-2", scores=("default",))  # Only the published algorithm has teachers of its own.


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16\n", True),
        ("flags : amx_bf16 amx_tile", True),
        ("Features : fp asimd bf16", True),
        ("flags : fpu avx512f avx512bw", False),
        ("model name : bf16 of Acme\n", False),
    ],
)
def test_bfloat16_is_asked_of_the_processor(tmp_path: Path, text: str, native: bool) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert native_bfloat16("cpu", path) is native
    assert not native_bfloat16("cpu", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"architectures": 0}, "archs must be at least 1, not 0"),
        ({"rounds": 0}, "rounds must be at least 1, not 0"),
        ({"batch": 1}, "batch must be at least 2, not 1"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
        ({"threads": 10**6}, "cores of this machine, not 1000000"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
        ({"teacher": "wrn-40-2"}, "resnet110 or nasbench201:ARCH, not 'wrn-40-2'"),
        ({"scores": ("zeno",)}, "unknown score 'zeno'; valid: diswot,"),
        ({"teacher": "resnet57"}, "unknown teacher 'resnet57'"),
        ({"device": "cuda:9"}, "device 'cuda:9' is not available"),
    ],
)
def test_wrong_input_is_one_sentence(wrong: dict[str, int | str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        ThroughputSpec(**wrong)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_processor_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: Acme 9000\nprocessor\t: 1\nmodel name\t: Acme 9000\n")
    assert processor(path) == "Acme 9000"
    assert processor(tmp_path / "nowhere")
