"""Raw scores of a run: measured once, kept in its folder, and taken over from other runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from unittest.mock import Mock

import pytest

from diswot.cache.store import store_file
from diswot.errors import InputError, UnreadableData
from diswot.evaluation import EvalTask, Evaluation, Evaluator, EvaluatorSpec, tasks_of
from diswot.proxies import PROXIES
from diswot_benchmarks.correlation.score_table import read_scores
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_benchmarks.runs.scores import Memory, evaluator_spec, find_scores
from diswot_benchmarks.search.run import find_search_scores
from diswot_spaces import get_space
from tests.benchmarks.small import SERIAL, correlate

SPACE = get_space("cifar-resnet")
FIRST, SECOND = SPACE.decode("1-1-1"), SPACE.decode("1-1-3")
COUNTS = {"params", "macs", "depth"}
EVERYTHING = frozenset({"diswot", "relation", "synflow", "nwot", *COUNTS})


@pytest.fixture(scope="module")
def asked(spec: CorrelationSpec) -> CorrelationSpec:
    """For more than the earlier run was asked for."""
    return replace(spec, proxies=("diswot", "relation", "synflow"))


@pytest.fixture(scope="module")
def earlier(spec: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return correlate(spec, tmp_path_factory.mktemp("runs") / "earlier")


@pytest.fixture(scope="module")
def afresh(asked: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return correlate(asked, tmp_path_factory.mktemp("runs") / "afresh")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """By which proxies architectures are measured from here on, timing at the end of a run included."""
    seen: list[frozenset[str]] = []
    measure = Evaluator.__call__

    def watch(self: Evaluator, task: EvalTask) -> Evaluation:
        seen.append(frozenset(task.proxies or self.proxies))
        return measure(self, task)

    monkeypatch.setattr(Evaluator, "__call__", watch)
    return seen


def values(folder: Path) -> dict[str, dict[str, float]]:
    """Of each architecture, by proxy."""
    raw = read_scores(folder / "raw.csv", ["cifar100", "cifar10"])
    return {arch: {name: scores[i] for name, scores in raw.scores.items()} for i, arch in enumerate(raw.archs)}


def test_only_what_the_earlier_run_lacks_is_measured(
    asked: CorrelationSpec, earlier: Path, afresh: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    out = correlate(asked, tmp_path / "run", source=earlier)
    assert measured[:6] == [{"relation", "synflow"}] * 6
    assert values(out) == values(afresh)
    assert (out / "protocol.json").read_bytes() == (afresh / "protocol.json").read_bytes()
    assert json.loads((out / "timings.json").read_text())["measured"] == 6


def test_what_it_never_saw_or_saw_fail_is_measured_by_all(
    asked: CorrelationSpec, spec: CorrelationSpec, afresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, seen = Evaluator.__call__, list[frozenset[str]]()

    def fail(self: Evaluator, task: EvalTask) -> Evaluation:
        found = measure(self, task)
        return replace(found, values={}, error="RuntimeError: no") if found.arch == "3-3-1" else found

    def watch(self: Evaluator, task: EvalTask) -> Evaluation:
        seen.append(frozenset(task.proxies or self.proxies))
        return measure(self, task)

    monkeypatch.setattr(Evaluator, "__call__", fail)
    source = correlate(replace(spec, sample=5), tmp_path / "earlier")
    raw = read_scores(source / "raw.csv", ["cifar100", "cifar10"])
    assert (len(raw.archs), set(raw.failures)) == (4, {"3-3-1"})
    monkeypatch.setattr(Evaluator, "__call__", watch)
    out = correlate(asked, tmp_path / "run", source=source)
    assert sorted(seen[:6], key=len) == [{"relation", "synflow"}] * 4 + [EVERYTHING] * 2
    assert values(out) == values(afresh)


def test_a_run_that_holds_it_all_is_taken_over(
    spec: CorrelationSpec, afresh: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("diswot.workflow.open_executor", Mock(side_effect=AssertionError("nothing is lacking")))
    out = correlate(replace(spec, sample=4, student_inits=1), tmp_path / "run", source=afresh)
    assert len(values(out)) == 4
    assert json.loads((out / "timings.json").read_text())["measured"] == 0
    assert set(values(out)) < set(values(earlier))


def test_a_run_that_was_stopped_goes_on(asked: CorrelationSpec, earlier: Path, afresh: Path, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        correlate(asked, tmp_path / "run", stop, earlier)
    assert values(correlate(asked, tmp_path / "run")) == values(afresh)


def test_values_of_another_version_are_measured_again(
    asked: CorrelationSpec, spec: CorrelationSpec, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROXIES, "nwot", replace(PROXIES["nwot"], version=99))
        source = correlate(spec, tmp_path / "earlier")
    measured.clear()
    correlate(asked, tmp_path / "run", source=source)
    assert measured[:6] == [{"relation", "synflow", "nwot"}] * 6


def test_what_does_not_look_at_the_teacher_is_taken_from_a_run_with_another(
    asked: CorrelationSpec, spec: CorrelationSpec, afresh: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    other = replace(spec, proxies=("relation", "synflow"), teacher=replace(spec.teacher, name="resnet32"))
    source = correlate(other, tmp_path / "other")
    measured.clear()
    out = correlate(asked, tmp_path / "run", source=source)
    assert measured[:6] == [{"diswot", "relation"}] * 6
    assert values(out) == values(afresh)


def test_a_folder_without_scores_is_refused(asked: CorrelationSpec, tmp_path: Path) -> None:
    where = re.escape(f"--from {str(tmp_path)!r} holds no raw scores: it has no ")
    with pytest.raises(InputError, match=rf"^{where}evaluations-\d+\.sqlite3$"):
        correlate(asked, tmp_path / "run", source=tmp_path)
    store_file(tmp_path).write_text("no database, but as long as the header of one: " + "x" * 100)
    with pytest.raises(UnreadableData, match="damaged"):
        correlate(asked, tmp_path / "run", source=tmp_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 7}, r"scores with probe_fingerprint .*"),
        ({"in_shape": (3, 16, 16)}, r"scores with in_shape \[3, 16, 16\], not \[3, 32, 32\]"),
    ],
)
def test_scores_of_something_else_are_refused_before_anything_is_written(
    spec: CorrelationSpec, tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    teacher = {name: value for name, value in change.items() if name == "in_shape"}
    asked = {name: value for name, value in change.items() if name not in teacher}
    other = replace(spec, teacher=replace(spec.teacher, **teacher), sample=2, **asked)  # type: ignore[arg-type]
    source = correlate(other, tmp_path / "other")
    with pytest.raises(InputError, match=rf"^--from '.*' holds {sentence}$"):
        correlate(spec, tmp_path / "run", source=source)
    assert not (tmp_path / "run").exists()


def test_scores_of_other_code_are_refused(
    spec: CorrelationSpec, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diswot.cache.key.versions", lambda: {"code": "other"})
    with pytest.raises(InputError, match=r"holds no scores by this code, these packages and this processor$"):
        correlate(spec, tmp_path / "run", source=earlier)
    (copytree(earlier, tmp_path / "copy") / "protocol.json").unlink()
    with pytest.raises(InputError, match=r"holds no scores by this code, these packages and this processor$"):
        correlate(spec, tmp_path / "run", source=tmp_path / "copy")


@pytest.fixture
def evaluator(spec: CorrelationSpec) -> EvaluatorSpec:
    return evaluator_spec(spec)


def test_each_architecture_is_measured_once_and_kept(evaluator: EvaluatorSpec, tmp_path: Path) -> None:
    protocol = {"benchmark": "test"}
    with find_scores(evaluator, protocol, tmp_path / "run", None).open(SERIAL) as executor:
        first = list(executor.map(tasks_of([FIRST, SECOND], range(2))))
        assert [one.arch for one in first] == ["1-1-1", "1-1-3"]
        assert list(executor.map(tasks_of([SECOND], range(2)))) == [first[1]]
        assert (executor.use.misses, executor.use.hits) == (2, 1)
    with find_scores(evaluator, protocol, tmp_path / "run", None).open(SERIAL) as executor:
        assert list(executor.map(tasks_of([FIRST, SECOND], range(2)))) == first
        assert (executor.use.misses, executor.use.hits) == (0, 2)


def test_more_initializations_of_what_an_earlier_run_began_are_measured(
    evaluator: EvaluatorSpec, tmp_path: Path
) -> None:
    begun, rest, whole = (tmp_path / name for name in ("begun", "rest", "whole"))
    with find_scores(evaluator, {"benchmark": "test"}, begun, None).open(SERIAL) as executor:
        list(executor.map(tasks_of([FIRST])))
    with find_scores(evaluator, {"benchmark": "test"}, whole, None).open(SERIAL) as executor:
        expected = list(executor.map(tasks_of([FIRST], range(3))))
    with find_scores(evaluator, {"benchmark": "test"}, rest, begun).open(SERIAL) as executor:
        assert list(executor.map(tasks_of([FIRST], range(1)))) == [expected[0].restrict(range(1))]
        assert (executor.use.misses, executor.use.hits) == (0, 1)
        assert list(executor.map([EvalTask(FIRST, range(1, 3))])) == [
            replace(expected[0], values=later(expected[0], range(1, 3)))
        ]
        assert executor.use.misses == 1


def later(evaluation: Evaluation, inits: range) -> dict[str, tuple[float, ...]]:
    """What an evaluation holds of these initializations, by the proxies that depend on them."""
    return {
        name: series[inits.start : inits.stop]
        for name, series in evaluation.values.items()
        if not PROXIES[name].init_independent
    }


def test_the_folder_of_searches_is_named_by_what_scores_depend_on(spec: CorrelationSpec) -> None:
    folder = find_search_scores(spec, None, None).folder
    assert re.fullmatch(r"runs/search-cifar-resnet-[0-9a-f]{8}", str(folder))
    assert find_search_scores(replace(spec, columns=("cifar10",)), None, None).folder == folder
    assert find_search_scores(replace(spec, seed=1), None, None).folder != folder


def test_a_folder_that_holds_something_else_is_refused(spec: CorrelationSpec, earlier: Path) -> None:
    with pytest.raises(InputError, match='holds a run with benchmark "correlation", not "search"; choose another'):
        find_search_scores(spec, earlier, None)


class Counting:
    """An executor that counts what it is asked for."""

    def __init__(self) -> None:
        self.tasks: list[EvalTask] = []

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for task in tasks:
            self.tasks.append(task)
            yield Evaluation(SPACE.encode(task.arch), SPACE.costs(task.arch, 10), {}, float(len(self.tasks)))


def test_a_memory_asks_once_for_each_architecture_and_its_initializations() -> None:
    counting = Counting()
    memory = Memory(SPACE, counting)
    first = list(memory.map(tasks_of([FIRST, SECOND, FIRST])))
    assert [one.arch for one in first] == ["1-1-1", "1-1-3", "1-1-1"]
    assert first[0] is first[2]
    assert len(counting.tasks) == 2
    again = list(memory.map([EvalTask(SECOND), EvalTask(FIRST, range(1, 3))]))
    assert again[0] is first[1]
    assert counting.tasks[2:] == [EvalTask(FIRST, range(1, 3))]
