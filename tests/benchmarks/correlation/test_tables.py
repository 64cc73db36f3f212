"""From raw scores to the table, with architectures of one function under each rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from diswot.errors import UnreadableData
from diswot.evaluation import Evaluation
from diswot.labels.table import read_labels
from diswot.scoring import Scorer
from diswot_benchmarks.correlation.console import footer
from diswot_benchmarks.correlation.score_table import read_scores, write_scores
from diswot_benchmarks.correlation.tables import correlation_table
from diswot_benchmarks.labels.units import Duplicates, units_of
from diswot_benchmarks.runs.folder import write_json
from diswot_spaces import Costs, get_space

CELLS = get_space("nasbench201")

# Four lines, three networks: the first two are one function (what follows from nothing is nothing).
LABELS = """arch,acc
|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|,50
|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,70
|none~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|,55
|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|,90
"""
VALUES = {"skip_connect": 2.0, "avg_pool": 1.0, "nor_conv": 3.0}


@pytest.fixture
def folder(tmp_path: Path, duplicates: Duplicates) -> Path:
    """A finished run whose proxy values are known."""
    (tmp_path / "labels.csv").write_text(LABELS)
    units = units_of(read_labels(tmp_path / "labels.csv", CELLS, ["acc"]).labels, CELLS, duplicates)
    evaluations = {}
    for unit in units:
        name = CELLS.encode(unit.canonical)
        value = next(value for operation, value in VALUES.items() if f"|{operation}" in name)
        values = {"nwot": (value - 0.5, value + 0.5), "params": (1.0, 1.0)}
        evaluations[unit.canonical] = Evaluation(name, Costs(1000, 70_000, 3, 1), values, 0.5)
    scorers = [Scorer("nwot"), Scorer("params")]
    write_scores(tmp_path / "raw.csv", ["acc"], units, evaluations, scorers)
    proxies = {"nwot": {"version": 1}, "params": {"version": 1}}
    write_json(
        tmp_path / "protocol.json", {"columns": ["acc"], "proxies": proxies, "seed": 0, "duplicates": duplicates}
    )
    write_json(tmp_path / "timings.json", {"seconds_per_arch": {"nwot": 0.5, "params": 0.25}})
    return tmp_path


@pytest.mark.parametrize(
    ("duplicates", "n", "tau"),
    [
        # 60 (mean of 50 and 70), 55 and 90 against 2, 1 and 3: all three pairs agree.
        (Duplicates.ONCE, 3, 1.0),
        # 60, 60, 55, 90 against 2, 2, 1, 3: the pair within the class is tied in both.
        (Duplicates.WEIGHTED, 4, 1.0),
        # 50, 70, 55, 90 against 2, 2, 1, 3: of five pairs untied in score 50-55 disagrees; six are untied in accuracy.
        (Duplicates.EACH, 4, (4 - 1) / (5 * 6) ** 0.5),
    ],
)
def test_architectures_of_one_function_count_by_the_rule(
    folder: Path, duplicates: Duplicates, n: int, tau: float
) -> None:
    table = correlation_table(folder)
    nwot, params = table["rows"]
    assert nwot["n"] == n
    assert nwot["tau"] == pytest.approx(tau)
    assert nwot["seconds_per_arch"] == 0.5
    assert params["tau"] is None, "a constant score has no correlation"
    # At equal cost everything is affordable and every pair is near-equal.
    assert nwot["tau_budget"] == nwot["tau_budget_macs"] == pytest.approx(tau)
    assert nwot["regret"] == 0
    assert {"tau", "regret"} <= set(nwot["too_few"]), "three functions in however many lines have no interval"
    assert nwot["tau_low"] is nwot["tau_high"] is nwot["regret_low"] is None
    words = " ".join(footer(table))
    assert "too few: fewer than 5 architectures decide the value, which has no interval." in words


@pytest.mark.parametrize("duplicates", [Duplicates.EACH])
def test_raw_scores_come_back_as_means_over_the_seeds(folder: Path) -> None:
    raw = read_scores(folder / "raw.csv", ["acc"])
    values = dict(zip(raw.archs, raw.scores["nwot"], strict=True))
    assert sorted(values.values()) == [1, 2, 2, 3]
    assert len(set(raw.groups.tolist())) == 3
    assert_array_equal(raw.members, [1, 1, 1, 1])
    assert not raw.failures


@pytest.mark.parametrize("duplicates", [Duplicates.ONCE])
def test_damaged_raw_scores_are_refused(folder: Path) -> None:
    path = folder / "raw.csv"
    with pytest.raises(UnreadableData, match="does not have the columns of raw scores"):
        read_scores(path, ["other"])
    whole = path.read_text()
    path.write_text(whole.replace(",2.5,", ",nan,"))
    with pytest.raises(UnreadableData, match=r"raw scores '.*raw.csv' cannot be read: nan is not a finite number$"):
        read_scores(path, ["acc"])
    path.write_text(whole)
    path.write_text(path.read_text().replace(",1000,", ",many,"))
    with pytest.raises(UnreadableData, match=r"raw scores '.*raw.csv' cannot be read: could not convert"):
        read_scores(path, ["acc"])
