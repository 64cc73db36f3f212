"""The folder of a job: what was asked, what each training came to, and the student."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.torch import save
from torch import Tensor

from diswot.distillation.record import SCHEMA, DistillReport, TrainingRecord
from diswot.errors import InputError, StorageError, UnreadableData
from diswot.spec.distillation import DistillSpec
from diswot.spec.document import from_json, to_json
from diswot.storage.atomic import atomic_write
from diswot.storage.lock import LOCK, hold
from diswot.storage.refusal import obstacle, reason

SPEC, REPORT, PAGE = "distillation.json", "report.json", "report.html"
WEIGHTS, ARCHITECTURE = "student.safetensors", "student.json"
TRAININGS, RECORD, EPOCHS = "trainings", "record.json", "epochs.jsonl"


def check_empty(folder: Path) -> None:
    """Refuse, before any work, a folder that cannot take the files or holds something already.

    Raises:
        InputError: with what stands in the way.
    """
    if found := obstacle(folder):
        raise InputError(f"--out {str(folder)!r} cannot be written: {found}")
    if (folder / SPEC).exists():
        raise InputError(
            f"{str(folder)!r} holds a distillation; go on with --resume {str(folder)!r}, or choose another folder"
        )
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"--out {str(folder)!r} is not empty; choose another folder")


class JobFolder:
    """The files of a job.

    Args:
        path: of the folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def training(self, name: str) -> Path:
        """The folder of a training, which is made."""
        folder = self.path / TRAININGS / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def record(self, name: str) -> TrainingRecord | None:
        """What a training came to; `None` for one that is not over.

        Raises:
            UnreadableData: its record is damaged.
        """
        path = self.path / TRAININGS / name / RECORD
        if not path.exists():
            return None
        try:
            return TrainingRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise UnreadableData(f"{str(path)!r} is damaged; delete its folder to train again") from error

    def write(self, path: Path, content: str | bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            StorageError: that cannot be done.
        """
        try:
            atomic_write(path, content)
        except OSError as error:
            raise StorageError(f"{str(path)!r} cannot be written: {reason(error)}") from error


@contextmanager
def job_folder(path: Path, spec: DistillSpec) -> Iterator[JobFolder]:
    """The folder of a job, for this process alone inside the block; what is asked is written down first.

    Raises:
        InputError: another process works there.
        StorageError: it cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{str(path)!r} cannot be made: {reason(error)}") from error
    with hold(path / LOCK) as held:
        if not held:
            raise InputError(f"another process distils in {str(path)!r}")
        folder = JobFolder(path)
        if not (path / SPEC).exists():
            document = {"schema": SCHEMA, "spec": to_json(spec)}
            folder.write(path / SPEC, json.dumps(document, indent=2) + "\n")
        yield folder


def read_spec(folder: Path) -> DistillSpec:
    """What was asked of the job in a folder.

    Raises:
        UnreadableData: there is none, or it is damaged or of another version.
        InputError: something that it needs is no longer there.
    """
    path = folder / SPEC
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        schema, spec = found["schema"], found["spec"]
    except FileNotFoundError:
        raise UnreadableData(f"there is no distillation to resume in {str(folder)!r}: it has no {SPEC}") from None
    except (KeyError, TypeError, ValueError):
        raise UnreadableData(f"{str(path)!r} is damaged; start again in another folder") from None
    if schema != SCHEMA:
        raise UnreadableData(f"{str(path)!r} has schema {schema!r}, and this diswot reads schema {SCHEMA}")
    return from_json(DistillSpec, spec)


def read_report(folder: Path) -> DistillReport:
    """What the job in a folder came to.

    Raises:
        UnreadableData: it is not over, or its report is damaged.
    """
    path = folder / REPORT
    try:
        return DistillReport.model_validate_json(path.read_bytes(), by_alias=True)
    except FileNotFoundError:
        raise UnreadableData(f"{str(folder)!r} holds no finished distillation: it has no {REPORT}") from None
    except ValidationError as error:
        raise UnreadableData(f"{str(path)!r} is damaged") from error


def packed(weights: Mapping[str, Tensor]) -> bytes:
    """Weights as a safetensors file has them, in the plain order of memory."""
    return save({name: one.detach().cpu().contiguous().clone() for name, one in weights.items()})


def line(document: Mapping[str, Any]) -> str:
    """A line of a log."""
    return json.dumps(document) + "\n"
