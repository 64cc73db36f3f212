"""Which data sets are here, and how to get the others. None is needed for a search."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from diswot.labels.folder import data_folder

IN_FOLDER = "put it into the folder that DISWOT_DATA names"
NB201 = "NAS-Bench-201 (Dong and Yang, ICLR 2020)"
NATS = "NATS-Bench (Dong et al., TPAMI 2021)"
NB201_TABLE = f"{NB201}, mean over the seeds"
NB201_LINK = "the README of D-X-Y/NAS-Bench-201 on GitHub links it"
NATS_LINK = "the README of D-X-Y/NATS-Bench on GitHub links it"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set that the project can use.

    Attributes:
        name: of the file or folder.
        use: what for.
        folders: where it is looked for, in this order.
        source: whose data it is, and where it was published.
        how: to get it.
        needs: a file that it must hold, if it is a folder; one of them is enough.
    """

    name: str
    use: str
    folders: tuple[Path, ...]
    source: str
    how: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A data set, and where it is: `None` for nowhere."""

    data_set: DataSet
    path: Path | None


def data_sets(environment: Mapping[str, str]) -> list[DataSet]:
    """Every data set that the project can use, looked for where the environment says.

    Args:
        environment: `DISWOT_DATA` names the folder of label tables, `TORCH_HOME` that of official benchmark files.

    Raises:
        InputError: `DISWOT_DATA` names the home folder of a user who has none.
    """
    data = data_folder(environment)
    tables = () if data is None else (data,)
    official = (*tables, *_torch_home(environment), Path())
    return [
        DataSet(
            "nasbench201.csv",
            "accuracies of all 15,625 NAS-Bench-201 architectures, for benchmarks",
            tables,
            NB201_TABLE,
            f"make it from an official file, `diswot data import-nasbench201 FILE`, and {IN_FOLDER}",
        ),
        DataSet(
            "diswot_resnet_s0.csv",
            "64 ResNets, alone and distilled, for benchmarks",
            tables,
            "DisWOT (Dong et al., CVPR 2023), exps/s1-gt-cls.txt and s1-gt-kd.txt of lliai/DisWOT-CVPR2023 on GitHub",
            f"write columns arch, cifar100_test_vanilla, cifar100_test_distilled (135 is arch 1-3-5), and {IN_FOLDER}",
        ),
        DataSet(
            "mobilenetv2_distilled.csv",
            "100 MobileNetV2, alone and distilled, for benchmarks",
            tables,
            "Multi-fidelity NAS with knowledge distillation (Trofimov et al., arXiv 2006.08341), the published results",
            f"write columns arch and accuracies as docs/guide/data.md has them, and {IN_FOLDER}",
        ),
        DataSet(
            "cifar10-images.zip",
            "12,000 CIFAR-10 images, to unpack for --probe folder:",
            tables,
            "CIFAR-10 (Krizhevsky, 2009)",
            f"any folder of images, one folder a class, serves; {IN_FOLDER}",
        ),
        DataSet(
            "fashion-mnist",
            "70,000 images, for --probe idx:/usr/share/datasets/fashion-mnist",
            (Path("/usr/share/datasets"),),
            "Fashion-MNIST (Xiao et al., 2017)",
            "Debian's package: apt install dataset-fashion-mnist",
            ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"),
        ),
        DataSet("NAS-Bench-201-v1_1-096897.pth", "official results, to import (4.7 GB)", official, NB201, NB201_LINK),
        DataSet(
            "NAS-Bench-201-v1_0-e61699.pth", "older official results, to import (2.2 GB)", official, NB201, NB201_LINK
        ),
        DataSet(
            "NATS-tss-v1_0-3ffb9.pickle.pbz2", "official results, to import (about 1 GB)", official, NATS, NATS_LINK
        ),
        DataSet(
            "NATS-tss-v1_0-3ffb9-simple",
            "the same in 15,625 files, to import with little memory",
            official,
            NATS,
            f"{NATS_LINK} as a .tar; unpack it",
            ("meta.pickle.pbz2",),
        ),
    ]


def _torch_home(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The folder of official benchmark files; none for a user without a home."""
    try:
        return (Path(environment.get("TORCH_HOME") or "~/.torch").expanduser(),)
    except RuntimeError:
        return ()


def look(one: DataSet) -> Found:
    """Where a data set is: present, readable, and not empty."""
    places = (folder / one.name for folder in one.folders)
    return Found(one, next((place for place in places if _usable(place, one.needs)), None))


def _usable(place: Path, needs: tuple[str, ...]) -> bool:
    if needs:
        return any(_usable(place / name, ()) for name in needs)
    try:
        return place.is_file() and place.stat().st_size > 0 and os.access(place, os.R_OK)
    except OSError:
        return False
