"""The throughput benchmark: what it draws, what it computes from times, and one run."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from diswot.errors import InputError
from diswot_benchmarks.cli import app
from diswot_benchmarks.speed.console import show_throughput
from diswot_benchmarks.speed.entrants import Entrant, entrants
from diswot_benchmarks.speed.spec import ThroughputSpec
from diswot_benchmarks.speed.stopwatch import matrix_rate
from diswot_benchmarks.speed.throughput import document, run_throughput
from diswot_benchmarks.speed.timing import Timed, draw
from diswot_spaces import get_space

SPEC = ThroughputSpec(architectures=2, rounds=3, batch=2, teacher="resnet20", classes=4, threads=1)
SPACE = get_space("nasbench201")


@pytest.fixture(scope="module")
def field() -> list[Entrant]:
    return list(entrants(SPEC))


def test_the_sample_is_fixed_by_seed_and_has_no_two_cells_of_one_function() -> None:
    archs = draw(50, seed=0)
    assert archs == draw(50, seed=0)
    assert archs[:10] == draw(10, seed=0)
    assert archs != draw(50, seed=1)
    assert len({SPACE.canonical(arch) for arch in archs}) == 50
    assert any(SPACE.canonical(arch) != arch for arch in archs), "drawn as the table has them"


def test_seconds_are_means_of_medians(field: list[Entrant]) -> None:
    one = Timed(field[0], [[1.0, 10.0], [2.0, 40.0], [9.0, 20.0]])
    assert one.seconds == (2 + 20) / 2
    assert Timed(field[0], [[3.0], [1.0], [2.0]]).seconds == 2


def test_ratios_and_shares_by_hand(field: list[Entrant]) -> None:
    """As published 6 s; ours 0.5 s in float32, 0.25 s in bfloat16, 0.1 s by default, whoever else there is."""
    times = {"float32": 0.5, "bfloat16": 0.25}
    found = []
    for who in field:
        seconds = 0.1 if who.score == "default" else times[who.dtype]
        if who.by == "as published":
            seconds = 6.0 if who.score == "diswot" else 3.0
        found.append(Timed(who, [[seconds, seconds]], peak=100.0))
    narrow = Timed(Entrant("ours", "diswot", "float32", 2, "serial", 1, 1, field[-1].case, narrow=True), [[1.0]])
    dtypes = {who.dtype for who in field}
    payload = document(SPEC, draw(2, 0), [narrow, *found], dict.fromkeys(dtypes, 1e9), load=0.5)
    assert payload["ratio_float32"] == pytest.approx(12)
    assert payload["ratio_bfloat16"] == (pytest.approx(24) if "bfloat16" in dtypes else None)
    assert payload["ratio_default"] == pytest.approx(60)
    assert payload["peak_rss_mib"] == 100
    assert [row["ratio"] for row in payload["rows"]][:3] == [6.0, 1.0, 2.0]
    macs = [SPACE.costs(SPACE.canonical(arch), 4, (3, 32, 32)).macs for arch in draw(2, 0)]
    bound = sum(macs) / 2 * 2 * 2 / 1e9
    assert payload["roofline"]["float32"]["seconds_of_products"] == pytest.approx(bound)
    assert payload["roofline_share"] == pytest.approx(bound / 0.5)


def test_what_the_machine_cannot_is_null(field: list[Entrant]) -> None:
    float32 = [Timed(who, [[1.0, 1.0]]) for who in field if who.dtype == "float32"]
    payload = document(SPEC, draw(2, 0), float32, {"float32": 1e9}, load=0.0)
    assert payload["ratio_bfloat16"] is None
    assert payload["peak_rss_mib"] is None
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


@pytest.mark.slow
def test_one_run() -> None:
    """The smallest: two architectures and one image pair, with the published algorithm and ours as they come."""
    asked = replace(SPEC, rounds=1, scores=("diswot",))
    payload = json.loads(json.dumps(run_throughput(asked, lambda *_: None, matrix=256), allow_nan=False))
    kinds = [(row["by"], row["executor"]) for row in payload["rows"] if row["dtype"] == "float32"]
    assert kinds == [("as published", "serial"), ("ours", "serial"), ("ours", "processes")]
    for row in payload["rows"]:
        assert row["seconds_per_arch"] * row["archs_per_second"] == pytest.approx(1)
        assert row["seconds_per_arch"] == pytest.approx(np.mean(row["seconds_by_arch"]))
        assert row["peak_rss_mib"] > 20
    assert payload["ratio_float32"] > 0
    assert payload["ratio_default"] is None
    assert payload["roofline_share"] > 0
    assert payload["protocol"]["archs"] == [SPACE.encode(arch) for arch in draw(2, 0)]
    console = Console(width=80, record=True, file=StringIO())
    show_throughput(console, payload)
    text = console.export_text()
    for part in ("ms/arch", "as published", "processes 1x1", "of that"):
        assert part in text


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rates_count_what_was_done(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> None:
    """On a clock that ticks once a reading, everything takes one second."""
    ticks = iter(range(100))
    monkeypatch.setattr("diswot_benchmarks.speed.stopwatch.time.perf_counter", lambda: next(ticks))
    assert matrix_rate(None, dtype, "cpu", size=8) == 2 * 8**3


def test_macs_of_the_bound_are_those_of_the_canonical_cell(field: list[Entrant]) -> None:
    """The cell's convolutions are counted on live edges."""
    dead = SPACE.decode("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    skip = SPACE.decode("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    found = [Timed(who, [[1.0]]) for who in field if who.dtype == "float32"]
    macs = [
        document(SPEC, [arch], found, {"float32": 1e9}, 0.0)["roofline"]["float32"]["macs_per_image"]
        for arch in (dead, skip)
    ]
    assert macs[0] == macs[1] == SPACE.costs(SPACE.canonical(skip), 4, (3, 32, 32)).macs


def test_wrong_input_is_said_before_work_starts() -> None:
    result = CliRunner().invoke(app, ["throughput", "--rounds", "0", "--json"])
    assert isinstance(result.exception, InputError)
    assert not result.stdout
