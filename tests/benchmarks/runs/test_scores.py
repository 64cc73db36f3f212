"""Raw scores on demand: measured once, kept, and taken over from another run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.correlation.run import run_correlation
from benchmarks.runs.measurements import MeasurementLog
from benchmarks.runs.protocol import CorrelationSpec
from benchmarks.runs.scores import RawScores, find_scores
from diswot.errors import InputError, UnreadableData
from diswot.evaluation import tasks_of
from diswot.spec.teacher import TeacherSpec
from search_spaces import get_space

SPACE = get_space("cifar-resnet")
WHOLE = range(2)
FIRST, SECOND = SPACE.decode("1-1-1"), SPACE.decode("1-1-3")


@pytest.fixture(scope="module")
def finished(spec: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correlation run over six architectures."""
    return run_correlation(spec, tmp_path_factory.mktemp("runs") / "six", "serial", None, lambda *_: None)


def test_each_architecture_is_measured_once_and_kept(spec: CorrelationSpec, tmp_path: Path) -> None:
    source = find_scores(spec, tmp_path / "run", None, "search")
    with RawScores(source, "serial", None) as scores:
        first = list(scores.map(tasks_of([FIRST, SECOND, FIRST], WHOLE)))
        assert [one.arch for one in first] == ["1-1-1", "1-1-3", "1-1-1"]
        assert first[0] == first[2]
        assert scores.measured == 2
        assert list(scores.map(tasks_of([SECOND], WHOLE))) == [first[1]]
        assert scores.measured == 2
    assert set(MeasurementLog(tmp_path / "run" / "measurements.jsonl").found) == {"1-1-1", "1-1-3"}
    with RawScores(find_scores(spec, tmp_path / "run", None, "search"), "serial", None) as scores:
        assert list(scores.map(tasks_of([FIRST, SECOND], WHOLE))) == first[:2]
        assert scores.measured == 0


def test_only_the_initialisations_that_are_asked_for_are_measured(spec: CorrelationSpec, tmp_path: Path) -> None:
    asked = replace(spec, student_inits=3)
    with RawScores(find_scores(asked, tmp_path / "whole", None, "search"), "serial", None) as scores:
        (whole,) = scores.map(tasks_of([FIRST], range(3)))
    with RawScores(find_scores(asked, tmp_path / "parts", None, "search"), "serial", None) as scores:
        first, _ = scores.map(tasks_of([FIRST, SECOND]))
        assert first == whole.drawn(range(1))
        assert {one.draws for one in MeasurementLog(tmp_path / "parts" / "measurements.jsonl").found.values()} == {1}
        assert list(scores.map(tasks_of([FIRST], range(1, 3)))) == [whole.drawn(range(1, 3))]
        assert scores.measured == 3
        assert list(scores.map(tasks_of([FIRST], range(3)))) == [whole]
        assert scores.measured == 3
    assert MeasurementLog(tmp_path / "parts" / "measurements.jsonl").found["1-1-1"] == whole


def test_more_initialisations_of_what_an_earlier_run_began_are_measured(spec: CorrelationSpec, tmp_path: Path) -> None:
    asked = replace(spec, student_inits=3)
    begun, whole, rest = (tmp_path / name for name in ("begun", "whole", "rest"))
    with RawScores(find_scores(asked, begun, None, "search"), "serial", None) as scores:
        list(scores.map(tasks_of([FIRST])))
    with RawScores(find_scores(asked, whole, None, "search"), "serial", None) as scores:
        expected = list(scores.map(tasks_of([FIRST], range(3))))
    with RawScores(find_scores(asked, rest, begun, "search"), "serial", None) as scores:
        assert list(scores.map(tasks_of([FIRST], range(3)))) == expected
        assert list(scores.map(tasks_of([FIRST], range(3)))) == expected
        assert scores.measured == 1


def test_scores_of_a_correlation_run_are_taken_over(spec: CorrelationSpec, finished: Path, tmp_path: Path) -> None:
    own = find_scores(spec, tmp_path / "own", None, "search")
    taken = find_scores(spec, tmp_path / "taken", finished, "search")
    more = SPACE.decode("5-1-1")
    with RawScores(own, "serial", None) as measured, RawScores(taken, "serial", None) as scores:
        assert list(scores.map(tasks_of([FIRST, more], WHOLE))) == list(measured.map(tasks_of([FIRST, more], WHOLE)))
        assert scores.measured == 1, "the one that the run lacks"


def test_the_folder_is_named_by_what_scores_depend_on(spec: CorrelationSpec, labels: Path) -> None:
    folder = find_scores(spec, None, None, "search").folder
    assert re.fullmatch(r"runs/search-cifar-resnet-[0-9a-f]{8}", str(folder))
    assert find_scores(replace(spec, columns=("cifar10",)), None, None, "search").folder == folder
    assert find_scores(replace(spec, seed=1), None, None, "search").folder != folder


def test_a_run_of_another_protocol_is_refused(spec: CorrelationSpec, finished: Path, tmp_path: Path) -> None:
    where = re.escape(f"--from {str(finished)!r} holds ")
    other = replace(spec, teacher=TeacherSpec("resnet32", 10))
    with pytest.raises(InputError, match=f'^{where}scores with teacher "resnet20", not "resnet32"$'):
        find_scores(other, tmp_path / "out", finished, "search")
    with pytest.raises(InputError, match=f"^{where}no scores by capacity, stability, retention, directness$"):
        find_scores(replace(spec, proxies=("default",)), tmp_path / "out", finished, "search")
    older = tmp_path / "older"
    older.mkdir()
    record = json.loads((finished / "protocol.json").read_text())
    record["proxies"]["diswot"]["version"] = 99
    (older / "protocol.json").write_text(json.dumps(record))
    (older / "measurements.jsonl").write_text("")
    with pytest.raises(InputError, match=r"holds diswot of version 99, not 1$"):
        find_scores(spec, tmp_path / "out", older, "search")
    assert not (tmp_path / "out").exists()


def test_a_folder_without_scores_is_refused(spec: CorrelationSpec, finished: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{str(tmp_path)!r} holds no raw scores: it has no protocol.json")):
        find_scores(spec, tmp_path / "out", tmp_path, "search")
    (tmp_path / "protocol.json").write_text((finished / "protocol.json").read_text())
    with pytest.raises(InputError, match=r"holds no raw scores: it has no measurements\.jsonl$"):
        find_scores(spec, tmp_path / "out", tmp_path, "search")
    (tmp_path / "measurements.jsonl").write_text("{}\n")
    with pytest.raises(UnreadableData, match=r"^line 1 of .* is not a measurement"):
        find_scores(spec, tmp_path / "out", tmp_path, "search")


def test_a_folder_that_holds_something_else_is_refused(spec: CorrelationSpec, finished: Path) -> None:
    with pytest.raises(InputError, match='holds a run with benchmark "correlation", not "search"; choose another'):
        find_scores(spec, finished, None, "search")
