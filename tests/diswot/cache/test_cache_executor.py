"""Evaluations that were made before are the ones that would be made now."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from diswot.cache.executor import CacheUse, CachingExecutor
from diswot.cache.store import store_file
from diswot.evaluation import EvalTask, Evaluation, tasks_of
from diswot.proxies import PROXIES
from diswot.runtime.threads import one_thread
from diswot_spaces.cifar_resnet import CifarResNets
from tests.diswot.cache.kitchen import ARCHS, SPACE, TASK, TASKS, measure, never, recipe, serial
from tests.diswot.cache.test_cache_store import change


def bits(evaluations: list[Evaluation]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Every value in full, and the order of the proxies."""
    return [(m.arch, [(name, [v.hex() for v in series]) for name, series in m.values.items()]) for m in evaluations]


def test_a_second_search_is_the_first_bit_for_bit_and_starts_nothing(tmp_path: Path) -> None:
    without, _ = measure(recipe(), None)
    first, cold = measure(recipe(), tmp_path)
    second, warm = measure(recipe(), tmp_path, start=never)
    assert bits(without) == bits(first) == bits(second)
    assert [m.costs for m in without] == [m.costs for m in second]
    assert (cold, cold.hit_rate) == (CacheUse(misses=3), 0.0)
    assert (warm, warm.hit_rate) == (CacheUse(hits=3), 1.0)


def test_hits_and_misses_come_in_the_order_of_the_question(tmp_path: Path) -> None:
    measure(recipe(), tmp_path, TASKS[1:2])
    found, use = measure(recipe(), tmp_path, [*TASKS, TASKS[0]])
    assert [m.arch for m in found] == [SPACE.encode(arch) for arch in (*ARCHS, ARCHS[0])]
    assert use == CacheUse(hits=1, misses=3)
    assert bits(found) == bits(measure(recipe(), None, [*TASKS, TASKS[0]])[0])


def test_fewer_seeds_and_fewer_or_other_proxies_use_what_is_there(tmp_path: Path) -> None:
    measure(recipe("default-v4", "nwot"), tmp_path)
    for fewer, inits in (
        (recipe("nwot"), 2),
        (recipe("teacher-cka"), 1),
        (recipe("macs", "nwot", "spectral-capacity"), 2),
    ):
        asked = set(fewer.proxies) <= {*recipe().proxies, "nwot"}
        tasks = tasks_of(ARCHS, range(inits))
        found, use = measure(fewer, tmp_path, tasks, start=never if asked else serial)
        assert bits(found) == bits(measure(fewer, None, tasks)[0])
        assert use == (CacheUse(hits=3) if asked else CacheUse(partial=3))


def test_more_seeds_measure_again_only_what_varies(tmp_path: Path) -> None:
    asked, more = recipe("default", "macs"), tasks_of(ARCHS, range(3))
    measure(asked, tmp_path, tasks_of(ARCHS))
    found, use = measure(asked, tmp_path, more)
    assert use == CacheUse(partial=3)
    assert bits(found) == bits(measure(asked, None, more)[0])


def test_initializations_are_kept_by_number(tmp_path: Path) -> None:
    """The first of every candidate, then the others of the finalists: each is measured once and found again."""
    asked, everything = recipe("default", "macs"), tasks_of(ARCHS, range(3))
    rest = tasks_of(ARCHS[:2], range(1, 3))
    measure(asked, tmp_path, tasks_of(ARCHS))
    found, use = measure(asked, tmp_path, rest)
    assert use == CacheUse(misses=2)
    whole = measure(asked, None, everything)[0]
    assert bits(found) == bits([replace(m, values=_varying(m.restrict(range(1, 3)))) for m in whole[:2]])
    again, use = measure(asked, tmp_path, [*rest, *everything[:2]], start=never)
    assert use == CacheUse(hits=4)
    assert bits(again) == bits([*found, *whole[:2]])


def _varying(evaluation: Evaluation) -> dict[str, tuple[float, ...]]:
    return {name: series for name, series in evaluation.values.items() if not PROXIES[name].init_independent}


def test_another_teacher_leaves_what_does_not_look_at_it(tmp_path: Path) -> None:
    measure(recipe(), tmp_path)
    other = recipe(teacher=replace(TASK, name="resnet32"))
    found, use = measure(other, tmp_path)
    assert use == CacheUse(partial=3)
    assert bits(found) == bits(measure(other, None)[0])


def test_a_value_does_not_depend_on_the_proxies_beside_it() -> None:
    """What makes it sound to keep values one by one."""
    with one_thread():
        all_of_them = recipe(*PROXIES).build()
        task = EvalTask(ARCHS[1])
        together = all_of_them(task)
        assert together.error is None
        for name, series in together.values.items():
            assert all_of_them(replace(task, proxies=(name,))).values == {name: series}


def test_a_new_version_of_a_proxy_is_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(recipe(), tmp_path)
    monkeypatch.setitem(
        PROXIES,
        "spectral-capacity",
        replace(PROXIES["spectral-capacity"], version=PROXIES["spectral-capacity"].version + 1),
    )
    _, use = measure(recipe(), tmp_path)
    assert use == CacheUse(partial=3)
    assert measure(recipe(), tmp_path, start=never)[1] == CacheUse(hits=3)


def test_failures_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(SPACE), "build", _fail)
        found, _ = measure(recipe("nwot"), tmp_path)
        assert [m.error for m in found] == ["RuntimeError: no memory"] * 3
    found, use = measure(recipe("nwot"), tmp_path)
    assert use == CacheUse(misses=3)
    assert [m.error for m in found] == [None] * 3


def _fail(*_: object) -> None:
    raise RuntimeError("no memory")


def test_a_damaged_value_is_measured_again_and_counted(tmp_path: Path) -> None:
    first, _ = measure(recipe(), tmp_path)
    change(tmp_path, "UPDATE readings SET value = zeroblob(8) WHERE arch = '1-1-3' AND proxy = 'teacher-cka'")
    second, use = measure(recipe(), tmp_path)
    assert bits(second) == bits(first)
    assert use == CacheUse(hits=2, partial=1, damaged=1)
    assert measure(recipe(), tmp_path, start=never)[1] == CacheUse(hits=3)


def test_what_was_measured_before_an_error_is_kept(tmp_path: Path) -> None:
    def stop_after_one() -> None:
        with CachingExecutor(recipe("nwot"), serial, tmp_path) as executor:
            next(executor.map(TASKS))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_after_one()
    assert measure(recipe("nwot"), tmp_path)[1] == CacheUse(hits=1, misses=2)


def test_nothing_is_written_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISWOT_CACHE", str(tmp_path))
    assert measure(recipe("nwot"), None)[1] == CacheUse(misses=3)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_described_is_not_kept_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    space = CifarResNets()
    vars(space)["colour"] = object()
    odd = recipe("nwot", space=space)
    with caplog.at_level(logging.WARNING):
        assert measure(odd, tmp_path)[1] == CacheUse(misses=3)
    assert caplog.messages == ["the search goes on without the cache: a object has no description"]
    assert not store_file(tmp_path).exists()
