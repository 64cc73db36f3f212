"""The report of a batch: `comparison.csv` and `report.html`, made of the searches that are finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diswot.batch.compare import Group, compare
from diswot.batch.folder import BatchFolder
from diswot.batch.page import page
from diswot.batch.plan import PlannedSearch
from diswot.batch.run import Outcome
from diswot.batch.table import COMPARISON, rows, write_comparison
from diswot.errors import StorageError
from diswot.storage.atomic import atomic_write
from diswot.storage.refusal import reason

REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class Report:
    """What a batch came to, ready to be shown and written.

    Attributes:
        folder: of the batch.
        groups: its searches, by teacher, space and budget.
        table: one row for each group, as JSON values.
        failures: why a search failed, by its name.
    """

    folder: Path
    groups: Sequence[Group]
    table: list[dict[str, Any]]
    failures: Mapping[str, str]

    def write(self) -> list[str]:
        """Write the table and the page, each whole or not at all.

        Returns:
            Why figures were left out of the page.

        Raises:
            StorageError: the files cannot be written.
        """
        text, missing = page(self.folder.absolute().name, self.groups, self.table, self.failures)
        try:
            write_comparison(self.folder / COMPARISON, self.table)
            atomic_write(self.folder / REPORT, text)
        except OSError as error:
            raise StorageError(f"the comparison cannot be written to {str(self.folder)!r}: {reason(error)}") from error
        return missing


def make_report(jobs: Sequence[PlannedSearch], folder: BatchFolder, outcomes: Sequence[Outcome]) -> Report:
    """The report of the searches that are finished.

    Args:
        jobs: of the plan.
        folder: of the batch.
        outcomes: what became of them.
    """
    failures = {one.job.name: one.reason for one in outcomes if one.reason is not None}
    groups = compare(jobs, folder, failures)
    return Report(folder.path, groups, rows(groups, failures), failures)
