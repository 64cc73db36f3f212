"""Which of two teachers is the better one, by hand."""

from pathlib import Path

import pytest
from rich.console import Console

from diswot.errors import UnreadableData
from diswot_benchmarks.pairs import predictors, run
from diswot_benchmarks.pairs.console import show_pairs
from diswot_benchmarks.pairs.contrasts import contrasts, read_published
from diswot_benchmarks.pairs.predictors import pairs_of, predict
from diswot_benchmarks.pairs.run import Guess, repeat, run_pairs, share_right

HEADER = "study,dataset,method,student_arch,teacher_arch,teacher_acc,distilled_acc,seed_sd\n"
ROWS = (
    "one,C,KD,resnet8,resnet14,70,60,0.2\n"
    "one,C,KD,resnet8,resnet20,72,61,\n"
    "one,C,KD,resnet8,resnet20,72,63,\n"  # The mean of the two is 62.
    "one,C,KD,resnet8,secret,,62,\n"
    "one,C,FT,resnet8,resnet14,70,59,\n"  # Another method: alone.
    "two,C,KD,resnet8,resnet14,71,50,0.4\n"  # Another study: alone.
    "two,C,KD,,resnet14,71,50,\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_teachers_are_compared_within_study_method_and_student(table: Path) -> None:
    found = list(contrasts(read_published(table)))
    # Under `secret` the student is as good as under resnet20: there is no better one of these two.
    assert [(one.teachers, one.gain) for one in found] == [
        (("resnet14", "resnet20"), -2.0),
        (("resnet14", "secret"), -2.0),
    ]
    assert [one.teacher_accuracies for one in found] == [(70.0, 72.0), (70.0, None)]
    assert {(one.study, one.student) for one in found} == {("one", "resnet8")}


def test_only_networks_that_can_be_built_are_looked_at(table: Path) -> None:
    assert pairs_of(contrasts(read_published(table))) == [("resnet8", "resnet14"), ("resnet8", "resnet20")]


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("arch,accuracy\n1-1-1,60\n")
    with pytest.raises(UnreadableData, match="is no table of published pairs; it needs the columns"):
        read_published(path)
    path.write_text(HEADER + "one,C,KD,resnet8,resnet14,many,60,\n")
    with pytest.raises(UnreadableData, match="cannot be read: could not convert string to float: 'many'"):
        read_published(path)
    with pytest.raises(UnreadableData, match=r"cannot be read: .*No such file"):
        read_published(tmp_path / "none.csv")


def test_each_student_of_a_study_counts_once() -> None:
    guesses = [Guess(("a", "x"), 1.0), Guess(("a", "x"), 0.0), Guess(("a", "y"), 1.0), Guess(("b", "x"), 0.5)]
    right, interval = share_right(guesses, seed=0)
    assert right == pytest.approx((0.5 + 1.0 + 0.5) / 3)
    assert interval.too_few


def test_another_training_has_the_same_order_the_surer_the_larger_the_gain() -> None:
    assert repeat(0.0, 0.2) == pytest.approx(0.5)
    assert repeat(-0.2 * 2**0.5, 0.2) == repeat(0.2 * 2**0.5, 0.2) == pytest.approx(0.8413, abs=1e-4)


def test_predictors_are_judged_where_they_know_both_teachers(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "wrong": {("resnet8", "resnet14"): 2.0, ("resnet8", "resnet20"): 1.0},
        "undecided": {("resnet8", "resnet14"): 1.0, ("resnet8", "resnet20"): 1.0},
        "ignorant": {("resnet8", "resnet14"): 1.0},
    }
    monkeypatch.setattr(run, "predict", lambda *_: values)
    found = run_pairs(table, 0, lambda *_: None)
    assert found["contrasts"] == 2
    assert found["deviation"] == pytest.approx(0.3)
    rows = {row["predictor"]: (row["contrasts"], row["right"]) for row in found["rows"]}
    assert rows == {"teacher accuracy": (1, 1.0), "undecided": (1, 0.5), "wrong": (1, 0.0)}
    assert [row["predictor"] for row in found["rows"]] == ["teacher accuracy", "undecided", "wrong"]
    console = Console(width=200, record=True)
    show_pairs(console, found)
    assert "too few" in console.export_text()


def test_untrained_pairs_have_values_of_every_predictor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictors, "TEACHER_AWARE", ("sp", "teacher-cka"))
    monkeypatch.setattr(predictors, "INITS", 1)
    monkeypatch.setattr(predictors, "IMAGES", 4)
    told: list[int] = []
    pairs = [("resnet8", "resnet14"), ("resnet8", "resnet8")]
    found = predict(pairs, 0, lambda _, done, __: told.append(done))
    assert found.keys() == {"sp", "teacher-cka", "teacher parameters"}
    assert all(list(values) == pairs for values in found.values())
    assert found["sp"][pairs[0]] != found["sp"][pairs[1]]
    assert found["teacher parameters"][pairs[0]] > found["teacher parameters"][pairs[1]]
    assert told == [1, 2]
