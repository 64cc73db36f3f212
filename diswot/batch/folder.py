"""The folder of a batch: its plan, its lock, and how far each of its searches has come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from diswot.batch.plan import SCHEMA, Plan, PlannedSearch
from diswot.errors import InputError, UnreadableData
from diswot.proxies import get_score
from diswot.report.files import check_folder, read_result
from diswot.report.result import Result
from diswot.search.checkpoint import CHECKPOINT, RESULT, read_checkpoint
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.storage.atomic import atomic_write
from diswot.storage.lock import LOCK, hold
from diswot.storage.refusal import obstacle

PLAN = "plan.json"
"""The plan that the folder was begun with."""


@dataclass(frozen=True, slots=True)
class BatchFolder:
    """A folder with one folder for each search.

    Attributes:
        path: of the batch.
    """

    path: Path

    def of(self, job: PlannedSearch) -> Path:
        """The folder of a search, with the files that `diswot search --out` writes."""
        return self.path / job.name

    def check(self, plan: Plan) -> None:
        """Refuse a folder that cannot take the batch or that holds another one.

        Raises:
            InputError: with what stands in the way.
        """
        if found := obstacle(self.path):
            raise InputError(f"--out {str(self.path)!r} cannot be written: {found}")
        file = self.path / PLAN
        if not file.exists():
            if self.path.exists() and any(path.name != LOCK for path in self.path.iterdir()):
                raise InputError(f"--out {str(self.path)!r} is not empty and holds no batch; choose another folder")
            return
        begun = _read(file)
        if begun != plan:
            parts = [name for name in Plan.model_fields if getattr(begun, name) != getattr(plan, name)]
            raise InputError(
                f"{str(self.path)!r} holds a batch of another plan: its {', '.join(parts)} differ; "
                "choose another folder, or take the plan back"
            )

    @contextmanager
    def held(self, plan: Plan) -> Iterator[None]:
        """Make the folder, and hold it against other processes inside the block.

        Raises:
            InputError: another process works in the folder, or it holds another batch.
        """
        self.check(plan)
        self.path.mkdir(parents=True, exist_ok=True)
        with hold(self.path / LOCK) as held:
            if not held:
                raise InputError(f"another process runs the batch in {str(self.path)!r}")
            self.check(plan)
            atomic_write(self.path / PLAN, plan.model_dump_json(indent=2) + "\n")
            yield

    def result(self, job: PlannedSearch) -> Result | None:
        """The result of a search that is finished, or `None`.

        Raises:
            InputError: it is that of another search, or of another version of the score.
            UnreadableData: it is damaged.
        """
        file = self.of(job) / RESULT
        if not file.exists():
            return None
        result = read_result(file)
        check_folder(self.of(job), job.spec)
        version = get_score(job.spec.score).version
        if result.outcome.score_version != version:
            raise InputError(
                f"{str(file)!r} has version {result.outcome.score_version} of score {job.spec.score!r}; "
                f"this diswot computes version {version}; choose another folder"
            )
        return result

    def begun(self, job: PlannedSearch) -> tuple[Search, ComputeSpec] | None:
        """A search that was interrupted, as it was at its last checkpoint, or `None` where there is none.

        Raises:
            UnreadableData: the checkpoint is damaged.
            InputError: it is that of another search.
        """
        if not (self.of(job) / CHECKPOINT).exists():
            return None
        search, compute = read_checkpoint(self.of(job))
        if search.spec != job.spec:
            raise InputError(f"{str(self.of(job))!r} holds another search; choose another folder")
        return search, compute


def _read(file: Path) -> Plan:
    """The plan that a folder was begun with.

    Raises:
        UnreadableData: it is damaged, or of another schema.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        schema = content.get("schema", 1)
        if schema == SCHEMA:
            return Plan.model_validate(content)
    except (AttributeError, ValueError):
        raise UnreadableData(f"{str(file)!r} is damaged; choose another folder") from None
    raise UnreadableData(
        f"{str(file)!r} has schema {schema!r}, and this diswot reads schema {SCHEMA}; choose another folder"
    )
