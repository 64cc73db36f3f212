"""`comparison.csv`: one row for each teacher, space and budget."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from diswot.batch.compare import Group
from diswot.storage.atomic import atomic_write
from diswot_spaces import title_of

COMPARISON = "comparison.csv"


def rows(groups: Sequence[Group], failures: Mapping[str, str]) -> list[dict[str, Any]]:
    """The table, as JSON values.

    Args:
        groups: in the order of the plan.
        failures: why a search failed, by its name.
    """
    return [_row(group, failures) for group in groups]


def write_comparison(path: Path, table: Sequence[Mapping[str, Any]]) -> None:
    """Write the table, whole or not at all; what is not known stays empty."""
    text = StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    atomic_write(path, text.getvalue())


def _row(group: Group, failures: Mapping[str, str]) -> dict[str, Any]:
    job, consensus, agree = group.jobs[0], group.consensus, group.agreement
    reasons = [f"{one.name}: {failures[one.name]}" for one in group.jobs if one.name in failures]
    return {
        "teacher": job.teacher,
        "space": title_of(job.spec.space),
        "budget": job.budget,
        "limits": str(job.spec.constraints),
        "arch": consensus and consensus.arch,
        "score": consensus and consensus.score,
        "stderr": consensus and consensus.stderr,
        "seed_spread": consensus and consensus.spread,
        "params": consensus and consensus.params,
        "macs": consensus and consensus.macs,
        "memory": consensus and consensus.memory,
        "latency": consensus and consensus.latency,
        "seeds": len(group.jobs),
        "finished": len(group.found),
        "seeds_that_recommend": consensus and consensus.recommended,
        "seeds_that_measured": consensus and consensus.measured,
        "seeds_agree": agree.same,
        "top_10_overlap": agree.overlap,
        "kendall_tau": agree.tau,
        "shared_candidates": agree.shared,
        "failed": "; ".join(reasons) or None,
    }
