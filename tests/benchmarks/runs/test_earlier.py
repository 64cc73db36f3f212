"""A correlation run that begins with what another one has measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from unittest.mock import Mock

import pytest

from benchmarks.correlation.run import run_correlation
from benchmarks.runs.measurements import MeasurementLog
from benchmarks.runs.protocol import CorrelationSpec
from diswot.errors import InputError
from diswot.evaluation import EvalTask, Measurement, Measurer

COUNTS = {"params", "macs", "depth"}


def quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def asked(spec: CorrelationSpec) -> CorrelationSpec:
    """For more than the earlier run was asked for."""
    return replace(spec, proxies=("diswot", "relation", "synflow"))


@pytest.fixture(scope="module")
def earlier(spec: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_correlation(spec, tmp_path_factory.mktemp("runs") / "earlier", "serial", None, quiet)


@pytest.fixture(scope="module")
def afresh(asked: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_correlation(asked, tmp_path_factory.mktemp("runs") / "afresh", "serial", None, quiet)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """By which proxies architectures are measured from here on, timing at the end of a run included."""
    seen: list[frozenset[str]] = []
    measure = Measurer.__call__

    def watch(self: Measurer, task: EvalTask) -> Measurement:
        seen.append(frozenset(self.proxies))
        return measure(self, task)

    monkeypatch.setattr(Measurer, "__call__", watch)
    return seen


def edit(source: Path, **entries: object) -> None:
    """Change the record of a run."""
    record = json.loads((source / "protocol.json").read_text())
    (source / "protocol.json").write_text(json.dumps(record | entries))


def values(folder: Path) -> dict[str, dict[str, tuple[float, ...]]]:
    return {arch: dict(one.values) for arch, one in MeasurementLog(folder / "measurements.jsonl").found.items()}


def test_only_what_the_earlier_run_lacks_is_measured(
    asked: CorrelationSpec, earlier: Path, afresh: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    out = run_correlation(asked, tmp_path / "run", "serial", None, quiet, source=earlier)
    assert measured[:6] == [{"relation", "synflow"}] * 6
    assert values(out) == values(afresh)
    assert (out / "protocol.json").read_bytes() == (afresh / "protocol.json").read_bytes()
    assert json.loads((out / "timings.json").read_text())["measured"] == 6


def test_what_it_never_saw_or_saw_fail_is_measured_by_all(
    asked: CorrelationSpec, earlier: Path, afresh: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    source = copytree(earlier, tmp_path / "earlier")
    lines = (source / "measurements.jsonl").read_text().splitlines()
    failed = json.loads(lines[0]) | {"values": {}, "error": "RuntimeError: no"}
    (source / "measurements.jsonl").write_text("\n".join([json.dumps(failed), *lines[2:]]) + "\n")
    out = run_correlation(asked, tmp_path / "run", "serial", None, quiet, source=source)
    everything = {"diswot", "relation", "synflow", "nwot", *COUNTS}
    assert measured[:6] == [everything] * 2 + [{"relation", "synflow"}] * 4
    assert values(out) == values(afresh)


def test_a_run_that_holds_it_all_is_taken_over(
    spec: CorrelationSpec, afresh: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.correlation.run.open_executor", Mock(side_effect=AssertionError("nothing is lacking")))
    out = run_correlation(replace(spec, sample=4), tmp_path / "run", "processes", 1, quiet, source=afresh)
    whole = values(earlier)
    assert values(out) == {arch: whole[arch] for arch in values(out)}
    assert len(values(out)) == 4


def test_a_run_that_was_stopped_goes_on(asked: CorrelationSpec, earlier: Path, afresh: Path, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_correlation(asked, tmp_path / "run", "serial", None, stop, source=earlier)
    out = run_correlation(asked, tmp_path / "run", "serial", None, quiet)
    assert values(out) == values(afresh)


def test_values_of_another_version_are_measured_again(
    asked: CorrelationSpec, earlier: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    source = copytree(earlier, tmp_path / "earlier")
    proxies = json.loads((source / "protocol.json").read_text())["proxies"]
    edit(source, proxies=proxies | {"nwot": {"version": 99}})
    run_correlation(asked, tmp_path / "run", "serial", None, quiet, source=source)
    assert measured[:6] == [{"relation", "synflow", "nwot"}] * 6


def test_what_does_not_look_at_the_teacher_is_taken_from_a_run_with_another(
    asked: CorrelationSpec, spec: CorrelationSpec, afresh: Path, measured: list[frozenset[str]], tmp_path: Path
) -> None:
    other = replace(spec, proxies=("relation", "synflow"), teacher=replace(spec.teacher, name="resnet32"))
    source = run_correlation(other, tmp_path / "other", "serial", None, quiet)
    measured.clear()
    out = run_correlation(asked, tmp_path / "run", "serial", None, quiet, source=source)
    assert measured[:6] == [{"diswot", "relation"}] * 6
    assert values(out) == values(afresh)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda source: (source / "protocol.json").unlink(), r"holds no raw scores: it has no protocol\.json$"),
        (lambda source: (source / "measurements.jsonl").unlink(), r"it has no measurements\.jsonl$"),
        (lambda source: edit(source, seed=7), r"holds scores with seed 7, not 0$"),
        (
            lambda source: edit(source, teacher="resnet32", proxies={"relation": {"version": 1}}),
            r'holds scores with teacher "resnet32", not "resnet20"$',
        ),
    ],
)
def test_another_run_is_refused_before_anything_is_written(
    asked: CorrelationSpec, earlier: Path, tmp_path: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    source = copytree(earlier, tmp_path / "earlier")
    spoil(source)
    with pytest.raises(InputError, match=rf"^--from '.*' .*{sentence}"):
        run_correlation(asked, tmp_path / "run", "serial", None, quiet, source=source)
    assert not (tmp_path / "run").exists()
