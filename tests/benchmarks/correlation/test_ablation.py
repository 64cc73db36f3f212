"""What each term of a score is worth, by hand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.correlation import ablation
from benchmarks.correlation.ablation import ablation_table
from benchmarks.correlation.raw import RawTable
from diswot.errors import InputError
from diswot.proxies import AGGREGATES, Aggregate

ACCURACY = np.array([10.0, 20.0, 30.0, 40.0])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> RawTable:
    """Four architectures: `macs` ranks them right, `params` upside down, and twice the one outweighs the other."""
    scores = {"macs": ACCURACY / 10, "params": -ACCURACY / 10}
    once, costs = np.ones(4, dtype=np.int64), np.ones(4)
    raw = RawTable(tuple("abcd"), np.arange(4), once, costs, costs, {"accuracy": ACCURACY}, scores, {})
    protocol = {"columns": ["accuracy"], "duplicates": "once", "seed": 0}
    monkeypatch.setattr(ablation, "load_run", lambda _: (protocol, raw, {}))
    monkeypatch.setitem(AGGREGATES, "sum", Aggregate("sum", "", "", {"macs": 2.0, "params": 1.0}, "none"))
    return raw


@pytest.mark.usefixtures("run")
def test_terms_alone_and_left_out() -> None:
    rows = {row["variant"]: row for row in ablation_table(Path("run"), "sum")["rows"]}
    taus = {"whole": 1.0, "macs alone": 1.0, "params alone": -1.0, "without macs": -1.0, "without params": 1.0}
    assert {variant: row["tau"] for variant, row in rows.items()} == taus
    assert rows["without macs"]["difference"] == -2.0
    assert rows["without macs"]["difference_high"] == pytest.approx(-2.0)
    assert rows["without params"]["difference_low"] == pytest.approx(0.0)


@pytest.mark.usefixtures("run")
def test_scores_that_cannot_be_taken_apart_are_refused() -> None:
    for score in ("macs", "az-nas"):
        with pytest.raises(InputError, match=f"adds its terms as they are, not '{score}'"):
            ablation_table(Path("run"), score)
    with pytest.raises(InputError, match="the run in 'run' did not measure capacity, stability, retention, directness"):
        ablation_table(Path("run"))
