"""Checkpoints: killed at any moment, full disks, damaged files; what goes on ends where it would have ended."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from diswot.distillation.assembly import Planned, make_training
from diswot.distillation.data import load_data
from diswot.distillation.job import plan, run_distillation
from diswot.distillation.keeping import Keeper
from diswot.distillation.loop import Training
from diswot.errors import UnreadableData
from diswot.runtime.threads import one_thread
from diswot.spec.distillation import DistillSpec
from diswot.storage.generations import Generations
from tests.disks import disk, fill
from tests.diswot.distillation import killed
from tests.diswot.distillation.made import TEACHER, small, weights_of


@pytest.mark.slow
def test_a_killed_job_ends_with_the_weights_of_the_uninterrupted_one(tmp_path: Path) -> None:
    with one_thread():
        killed.run(tmp_path / "whole")
    kills = killed.kill_until_done(tmp_path / "killed", random.Random(0), 1)
    assert kills == 1
    for name in killed.TRAININGS:
        whole, resumed = (weights_of(tmp_path / folder, name) for folder in ("whole", "killed"))
        assert whole.keys() == resumed.keys()
        assert all(torch.equal(whole[key], resumed[key]) for key in whole)


class Stop(Exception):
    """Ends a training."""


def training_of(spec: DistillSpec) -> Training:
    data, planned = load_data(spec), plan(spec)[-1]
    return make_training(planned, spec, data, None)


@pytest.mark.parametrize("batch", [1, 4, 8, 9])
def test_a_training_goes_on_from_any_batch_with_everything_that_it_had(batch: int, tmp_path: Path) -> None:
    spec = small(distiller="none", train_teacher=False, optimizer="adamw", ema=0.9, cutmix=1.0)
    with one_thread():
        whole = training_of(spec)
        whole.run(lambda: None)
        first = training_of(spec)
        keeper, calls = Keeper(tmp_path, first), iter(range(100))

        def stop() -> None:
            if next(calls) == batch:
                keeper.write()
                raise Stop

        with pytest.raises(Stop):
            first.run(stop)
        second = training_of(spec)
        assert Keeper(tmp_path, second).restore()
        assert (second.epoch, second.batch) == (first.epoch, first.batch)
        second.run(lambda: None)
    a, b = whole.weights(), second.weights()
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert [one.parts for one in whole.history] == [one.parts for one in second.history]
    assert whole.best_epoch == second.best_epoch


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    files = Generations(tmp_path, "checkpoint")
    assert files.read() is None
    files.write(b"first")
    files.write(b"second")
    assert files.read() == b"second"
    newest = max(files.paths, key=lambda path: path.read_bytes().split()[1])
    whole = newest.read_bytes()
    for place in range(len(whole)):
        newest.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert files.read() == b"first"
    newest.write_bytes(whole[:-1])
    assert files.read() == b"first"
    files.write(b"third")
    assert files.read() == b"third"
    for path in files.paths:
        path.write_bytes(b"gone")
    with pytest.raises(UnreadableData, match="is damaged and cannot be resumed from"):
        files.read()


def test_a_full_disk_leaves_the_last_checkpoint_good(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with disk(tmp_path / "small") as folder:
        training = training_of(small(distiller="none", train_teacher=False))
        keeper = Keeper(folder, training)
        keeper.write()
        hog = fill(folder)
        training.epoch = 1
        keeper.write()
        keeper.write()
        assert [record.getMessage() for record in caplog.records] == [
            "no checkpoint could be written, the training goes on: no space is left"
        ]
        assert Keeper(folder, training).restore()
        assert training.epoch == 0
        hog.unlink()
        training.epoch = 1
        keeper.write()
        assert keeper.missed is None


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    spec = small(distiller="none", train_teacher=False)
    Keeper(tmp_path, training_of(spec)).write()
    other = small(distiller="none", train_teacher=False, student=TEACHER)
    with pytest.raises(UnreadableData, match="is of another architecture, distiller or recipe than the job's"):
        Keeper(tmp_path, training_of(other)).restore()


def test_a_resumed_job_does_not_repeat_what_is_over(tmp_path: Path) -> None:
    calls = iter(range(1000))

    def stop() -> None:
        if next(calls) == 25:  # in the second of two trainings of 2 x 8 steps
            raise Stop

    with pytest.raises(Stop):
        run_distillation(small(), tmp_path, go_on=stop)
    trained: list[str] = []
    run_distillation(small(), tmp_path, lambda stage, _: trained.append(stage.name))
    assert set(trained) == {"distilled-0"}
    assert len(trained) < 16


def test_planned_trainings_have_names_of_their_own() -> None:
    names = [one.name for one in plan(small(compare="alone", seeds=3))]
    assert len(set(names)) == len(names) == 7
    assert isinstance(plan(small())[0], Planned)
