"""Official benchmark files in small, written by the packages' own classes."""

from __future__ import annotations

import bz2
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nas_201_api
import nats_bench
import numpy as np
import pytest
import torch

ARCHS = [
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|",
]
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}

FULL = {
    ("cifar10", "ori-test"): [{777: 85.0, 888: 86.5, 999: 86.09}, {777: 93.66}, {777: 10.0, 888: 10.0}],
    ("cifar100", "x-test"): [{777: 52.0, 888: 53.0, 999: 53.74}, {777: 70.3}, {777: 1.0, 888: 1.02}],
    ("ImageNet16-120", "x-test"): [{777: 31.5, 888: 32.25}, {777: 46.2}, {777: 0.85}],
}
"""After 200 epochs: for each architecture, the accuracy of each seed."""

LESS = {
    ("cifar10-valid", "x-valid"): [{777: 63.0, 888: 64.5}, {777: 82.8}, {777: 9.7, 888: 9.8}],
    ("cifar100", "x-valid"): [{777: 31.84}, {777: 57.8}, {777: 1.0}],
}
"""After 12 epochs."""

TABLE = f"""\
index,arch,cifar10_test_200,cifar100_test_200,imagenet16_test_200,cifar10_valid_12,cifar100_valid_12
0,{ARCHS[0]},85.8633,52.9133,31.875,63.75,31.84
1,{ARCHS[1]},93.66,70.3,46.2,82.8,57.8
2,{ARCHS[2]},10.0,1.01,0.85,9.75,1.0
"""
"""By hand: (85 + 86.5 + 86.09) / 3 = 85.8633, (52 + 53 + 53.74) / 3 = 52.9133, (31.5 + 32.25) / 2 = 31.875 ..."""

Truth = dict[tuple[str, str], list[dict[int, float]]]


def results(package: ModuleType, index: int, arch: str, epochs: int, truth: Truth) -> dict[str, Any]:
    """The state of an `ArchResults` as the benchmark's authors made them: every set of every data set, every epoch.

    The sets that no column reads get 77.7, and so do all epochs but the last: a wrong call would show.
    """
    made = package.ArchResults(index, arch)
    for (dataset, split), accuracies in truth.items():
        config = {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": 10}
        for seed, accuracy in accuracies[index].items():
            train = dict.fromkeys(range(epochs), 99.9)
            trial = package.ResultsCount(
                dataset, None, train, train, np.float64(0.3), np.float64(40.5), config, seed, epochs, None
            )
            keys = [f"{name}@{epoch}" for name in SETS[dataset] for epoch in range(epochs)]
            wrong = dict.fromkeys(keys, 77.7)
            trial.update_train_info(train, train, train, train)
            trial.update_eval(wrong | {f"{split}@{epochs - 1}": accuracy}, wrong, wrong)
            trial.update_latency([0.01])
            made.update(dataset, seed, trial)
    made.clear_params()
    state: dict[str, Any] = made.state_dict()
    return state


def states(package: ModuleType, names: tuple[str, str], archs: list[str]) -> dict[int, dict[str, Any]]:
    """For each architecture its two recipes under the names that the file gives them."""
    return {
        i: {
            names[0]: results(package, i, arch, 12, LESS),
            names[1]: results(package, i, arch, 200, FULL),
        }
        for i, arch in enumerate(archs)
    }


def whole(infos: dict[int, dict[str, Any]], archs: list[str]) -> dict[str, Any]:
    return {
        "meta_archs": archs,
        "total_archs": len(archs),
        "basestr": "C16-N5",
        "arch2infos": infos,
        "evaluated_indexes": set(infos),
    }


@dataclass(frozen=True)
class Files:
    """The three layouts of the same results."""

    torch: Path
    nats: Path
    folder: Path


def write_folder(folder: Path, infos: dict[int, dict[str, Any]], archs: list[str]) -> Path:
    folder.mkdir()
    nats_bench.pickle_save({"meta_archs": archs, "total_archs": len(archs)}, folder / "meta.pickle")
    for index, state in infos.items():
        nats_bench.pickle_save(state, folder / f"{index:06d}.pickle")
    return folder


@pytest.fixture(scope="session", name="files")
def official_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("official")
    old = root / "NAS-Bench-201-v1_1-096897.pth"
    torch.save(whole(states(nas_201_api, ("less", "full"), ARCHS), ARCHS), old, _use_new_zipfile_serialization=False)
    infos = states(nats_bench, ("12", "200"), ARCHS)
    nats_bench.pickle_save(whole(infos, ARCHS), root / "NATS-tss-v1_0-3ffb9.pickle")
    return Files(
        old, root / "NATS-tss-v1_0-3ffb9.pickle.pbz2", write_folder(root / "NATS-tss-v1_0-3ffb9-simple", infos, ARCHS)
    )


@pytest.fixture(name="pickled")
def pickle_maker(tmp_path: Path) -> Callable[[object], Path]:
    """Writes anything the way NATS-Bench writes its one file."""

    def write(content: object) -> Path:
        path = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
        path.write_bytes(bz2.compress(pickle.dumps(content)))
        return path

    return write
