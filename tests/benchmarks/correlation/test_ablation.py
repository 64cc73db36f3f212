"""What each term of a score is worth, by hand."""

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from diswot.errors import InputError
from diswot.proxies import AGGREGATES, Aggregate
from diswot_benchmarks.correlation import ablation
from diswot_benchmarks.correlation.ablation import ablation_table
from diswot_benchmarks.correlation.console import show_ablation
from diswot_benchmarks.correlation.score_table import ScoreTable

ACCURACY = np.array([10.0, 20.0, 30.0, 40.0, 50.0])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> ScoreTable:
    """Five architectures: `macs` ranks them right, `params` upside down, and twice the one outweighs the other."""
    scores = {"macs": ACCURACY / 10, "params": -ACCURACY / 10}
    once, costs = np.ones(5, dtype=np.int64), np.ones(5)
    raw = ScoreTable(tuple("abcde"), np.arange(5), once, costs, costs, {"accuracy": ACCURACY}, scores, {})
    protocol = {"columns": ["accuracy"], "duplicates": "once", "seed": 0}
    monkeypatch.setattr(ablation, "load_run", lambda _: (protocol, raw, {}))
    monkeypatch.setitem(AGGREGATES, "sum", Aggregate("sum", "", "", {"macs": 2.0, "params": 1.0}, "none"))
    return raw


@pytest.mark.usefixtures("run")
def test_terms_alone_and_left_out() -> None:
    rows = {row["variant"]: row for row in ablation_table(Path("run"), "sum")["rows"]}
    taus = {"whole": 1.0, "macs alone": 1.0, "params alone": -1.0, "without macs": -1.0, "without params": 1.0}
    assert {variant: row["tau"] for variant, row in rows.items()} == pytest.approx(taus)
    assert rows["without macs"]["difference"] == pytest.approx(-2.0)
    assert rows["without macs"]["difference_high"] == pytest.approx(-2.0)
    assert rows["without params"]["difference_low"] == pytest.approx(0.0)
    assert not any(row["too_few"] for row in rows.values())


def test_differences_between_four_architectures_have_no_interval(run: ScoreTable) -> None:
    run.groups[4] = 3
    rows = {row["variant"]: row for row in ablation_table(Path("run"), "sum")["rows"]}
    row = rows["without macs"]
    assert row["difference"] == pytest.approx(-2.0)
    assert row["difference_low"] is row["difference_high"] is None
    assert row["too_few"] == ["difference"]
    console = Console(record=True, file=StringIO())
    show_ablation(console, {"score": "sum", "from": "run", "rows": list(rows.values())})
    assert "too few: fewer than 5 architectures; a difference has no interval." in console.export_text()


@pytest.mark.usefixtures("run")
def test_scores_that_cannot_be_taken_apart_are_refused() -> None:
    for score in ("macs", "az-nas"):
        with pytest.raises(InputError, match=f"adds its terms as they are, not '{score}'"):
            ablation_table(Path("run"), score)
    with pytest.raises(
        InputError,
        match="the run in 'run' did not measure saturating-capacity, layer-capacity, trainability",
    ):
        ablation_table(Path("run"))
