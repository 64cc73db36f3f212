"""`diswot benchmark spaces`: a rate for each space that comes along."""

import json

from diswot_spaces import SPACES
from tests.diswot.cli.inside import diswot


def test_every_space_has_rates() -> None:
    told = json.loads(diswot("benchmark", "spaces", "--archs", "3", "--json").stdout)
    assert [row["space"] for row in told["rows"]] == list(SPACES.builtin)
    assert all(row[rate] > 0 for row in told["rows"] for rate in ("sample", "mutate", "costs", "costs_again"))


def test_rates_are_shown_in_a_table() -> None:
    shown = diswot("benchmark", "spaces", "--archs", "2").stdout.splitlines()
    assert shown[0] == "architectures a second on one core, median of 3 rounds of 2"
    assert shown[1].split() == ["space", "sampled", "mutated", "costed", "costed", "again"]


def test_nothing_to_time_is_refused() -> None:
    done = diswot("benchmark", "spaces", "--archs", "0")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "error: archs must be at least 1, not 0")
