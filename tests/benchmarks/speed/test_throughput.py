"""The throughput benchmark: what it draws, what it computes from times, and one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.cli.throughput import show_throughput
from benchmarks.speed.contestants import Contestant, ThroughputSpec, contestants
from benchmarks.speed.roofline import copy_rate, matrix_rate
from benchmarks.speed.throughput import document, processor
from benchmarks.speed.timing import Rates, Timed, draw
from diswot.errors import InputError
from search_spaces import get_space

SPEC = ThroughputSpec(architectures=2, rounds=3, batch=2, teacher="resnet20", classes=4, threads=1)
SPACE = get_space("nasbench201")


@pytest.fixture(scope="module")
def field() -> list[Contestant]:
    return list(contestants(SPEC))


def test_the_sample_is_fixed_by_seed_and_has_no_two_cells_of_one_function() -> None:
    archs = draw(50, seed=0)
    assert archs == draw(50, seed=0)
    assert archs[:10] == draw(10, seed=0)
    assert archs != draw(50, seed=1)
    assert len({SPACE.canonical(arch) for arch in archs}) == 50
    assert any(SPACE.canonical(arch) != arch for arch in archs), "drawn as the table has them"


def test_seconds_are_means_of_medians(field: list[Contestant]) -> None:
    one = Timed(field[0], [[1.0, 10.0], [2.0, 40.0], [9.0, 20.0]])
    assert one.seconds == (2 + 20) / 2
    assert Timed(field[0], [[3.0], [1.0], [2.0]]).seconds == 2


def test_ratios_and_shares_by_hand(field: list[Contestant]) -> None:
    """As published 6 s; ours 0.5 s in float32, 0.25 s in bfloat16, 0.1 s by default, whoever else there is."""
    times = {"float32": 0.5, "bfloat16": 0.25}
    found = []
    for who in field:
        seconds = 0.1 if who.score == "default" else times[who.dtype]
        if who.by == "as published":
            seconds = 6.0 if who.score == "diswot" else 3.0
        found.append(Timed(who, [[seconds, seconds]], peak=100.0, shares={"convolution": 100.0}))
    narrow = Timed(Contestant("ours", "diswot", "float32", 2, "serial", 1, 1, field[-1].case, narrow=True), [[1.0]])
    dtypes = {who.dtype for who in field}
    payload = document(SPEC, draw(2, 0), [narrow, *found], Rates(dict.fromkeys(dtypes, 1e9), bandwidth=1e12), load=0.5)
    assert payload["ratio_float32"] == pytest.approx(12)
    assert payload["ratio_bfloat16"] == (pytest.approx(24) if "bfloat16" in dtypes else None)
    assert payload["ratio_default"] == pytest.approx(60)
    assert payload["peak_rss_mib"] == 100
    assert [row["ratio"] for row in payload["rows"]][:3] == [6.0, 1.0, 2.0]
    macs = [SPACE.costs(SPACE.canonical(arch), 4, (3, 32, 32)).macs for arch in draw(2, 0)]
    bound = sum(macs) / 2 * 2 * 2 / 1e9
    assert payload["roofline"]["float32"]["bound"] == pytest.approx(bound)
    assert payload["roofline_share"] == pytest.approx(bound / 0.5)


def test_what_the_machine_cannot_is_null(field: list[Contestant]) -> None:
    float32 = [Timed(who, [[1.0, 1.0]]) for who in field if who.dtype == "float32"]
    payload = document(SPEC, draw(2, 0), float32, Rates({"float32": 1e9}, 1e9), load=0.0)
    assert payload["ratio_bfloat16"] is None
    assert payload["peak_rss_mib"] is None
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_a_processor_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: Acme 9000\nprocessor\t: 1\nmodel name\t: Acme 9000\n")
    assert processor(path) == "Acme 9000"
    assert processor(tmp_path / "nowhere")


@pytest.mark.slow
def test_one_run(field: list[Contestant], monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest: two architectures and one image pair, with the published algorithm and ours as they come."""

    def few(spec: ThroughputSpec) -> Iterator[Contestant]:
        yield from (one for one in field if one.score == "diswot" and one.dtype == "float32")

    monkeypatch.setattr("benchmarks.speed.timing.contestants", few)
    monkeypatch.setattr("benchmarks.speed.timing.matrix_rate", partial(matrix_rate, size=256))
    monkeypatch.setattr("benchmarks.speed.timing.copy_rate", partial(copy_rate, size=2**20))
    options = {"archs": 2, "rounds": 1, "batch": 2, "teacher": "resnet20", "classes": 4, "threads": 1}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    result = CliRunner().invoke(app, ["throughput", *words, "--json"])
    assert result.exit_code == 0, result.stderr
    payload = json.loads(result.stdout)
    assert [(row["by"], row["executor"]) for row in payload["rows"]] == [
        ("as published", "serial"),
        ("ours", "serial"),
        ("ours", "processes"),
    ]
    for row in payload["rows"]:
        assert row["seconds_per_arch"] * row["archs_per_second"] == pytest.approx(1)
        assert row["peak_rss_mib"] > 20
    assert payload["ratio_float32"] > 0
    assert payload["ratio_default"] is payload["ratio_bfloat16"] is None
    assert payload["roofline_share"] > 0
    assert [sum(shares.values()) for shares in payload["breakdown"].values()] == [pytest.approx(100)] * 2
    assert payload["protocol"]["archs"] == [SPACE.encode(arch) for arch in draw(2, 0)]
    console = Console(width=80, record=True)
    show_throughput(console, payload)
    text = console.export_text()
    for part in ("ms/arch", "as published", "processes 1x1", "of the bound", "building the module"):
        assert part in text


def test_wrong_input_is_said_before_work_starts() -> None:
    result = CliRunner().invoke(app, ["throughput", "--rounds", "0", "--json"])
    assert isinstance(result.exception, InputError)
    assert not result.stdout
