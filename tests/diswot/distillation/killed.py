"""A job as a program of its own, which is killed at random moments: `python -m tests.diswot.distillation.killed DIR`.

Run with --kills N it kills as many trainings and compares the weights with those of one that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from diswot.distillation.folder import REPORT
from diswot.distillation.job import run_distillation
from tests.diswot.distillation.made import small, weights_of

TRAININGS = ("teacher-0", "distilled-0")


def run(folder: Path) -> None:
    """The job, or what is left of it, on one thread."""
    torch.set_num_threads(1)
    spec = small(epochs=4, distiller="kd", ema=0.9, label_smoothing=0.1, mixup=0.4, accumulation=2, batch_size=16)
    run_distillation(spec, folder)


def kill_until_done(folder: Path, rng: random.Random, most: int) -> int:
    """Start the job again and again; kill each of at most that many starts while it trains. Returns the kills."""
    kills = 0
    while True:
        process = subprocess.Popen([sys.executable, "-m", __spec__.name, str(folder)], stderr=subprocess.DEVNULL)
        trainings = folder / "trainings"
        before = _newest(trainings)
        while process.poll() is None and (kills >= most or _newest(trainings) == before):
            time.sleep(0.01)
        if process.poll() is None:
            time.sleep(rng.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
            kills += 1
        assert process.wait() in (0, -signal.SIGKILL)
        if (folder / REPORT).exists():
            return kills


def _newest(folder: Path) -> float:
    """When a checkpoint was last written."""
    return max((one.stat().st_mtime for one in folder.glob("*/checkpoint.*")), default=0.0)


def check(kills: int, seed: int) -> int:
    """Kill so many trainings; the weights must be those of the one that nobody killed."""
    rng, done = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as scratch:
        run(Path(scratch) / "whole")
        round_number = 0
        while done < kills:
            folder = Path(scratch) / f"killed-{round_number}"
            done += kill_until_done(folder, rng, kills - done)
            for name in TRAININGS:
                whole, killed = weights_of(Path(scratch) / "whole", name), weights_of(folder, name)
                assert all(torch.equal(whole[key], killed[key]) for key in whole), f"{name} differs"
            round_number += 1
        sys.stdout.write(f"{done} kills in {round_number} jobs; every weight of {', '.join(TRAININGS)} is equal\n")
    return done


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if given.kills:
        check(given.kills, given.seed)
    else:
        run(given.folder)
