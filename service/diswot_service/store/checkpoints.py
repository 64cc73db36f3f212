"""Checkpoints of a job as rows: the state of its work twice, and what its growing lists gained with each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from diswot.errors import UnreadableData
from diswot_service.store.growth import Changes, Lists, State, grow, put_back
from diswot_service.store.tables import Checkpoint, Increment

KEEP = 2
"""States kept: the newest, and the one before should it be damaged. Increments are kept all."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of a job's work from which it can be continued.

    Attributes:
        done: how far the work has come; more than ever before lets the count of attempts begin anew.
        state: JSON; where it is to be kept, less its growing lists.
        added: what the growing lists have gained since the snapshot before.
        lists: the growing lists as far as they are kept.
    """

    done: int
    state: State
    added: Changes = field(default_factory=dict)
    lists: Lists = field(default_factory=dict)


def keep(session: Session, job_id: str, snapshot: Snapshot) -> bool:
    """Keep a snapshot; returns whether the work has come further than ever before."""
    mine = Checkpoint.job_id == job_id
    last, furthest = session.execute(select(func.max(Checkpoint.seq), func.max(Checkpoint.done)).where(mine)).one()
    seq = (last or 0) + 1
    state, added = _text(snapshot.state), _text(snapshot.added)
    session.add(Checkpoint(job_id=job_id, seq=seq, done=snapshot.done, state=state, sha256=_digest(state)))
    session.add(Increment(job_id=job_id, seq=seq, changes=added, sha256=_digest(added)))
    session.execute(delete(Checkpoint).where(mine, Checkpoint.seq <= seq - KEEP))
    return snapshot.done > (furthest or 0)


def newest(session: Session, job_id: str) -> Snapshot | None:
    """The newest snapshot that is undamaged, or `None` if there never was one; newer rows are removed.

    Raises:
        UnreadableData: all that there are are damaged.
    """
    query = select(Checkpoint).where(Checkpoint.job_id == job_id).order_by(Checkpoint.seq.desc())
    rows = session.scalars(query).all()
    for row in rows:
        try:
            lists = _lists(session, job_id, row.seq)
            found = Snapshot(row.done, put_back(_sound(row.state, row.sha256), lists), lists=lists)
        except ValueError:
            continue
        remove_checkpoints(session, job_id, after=row.seq)
        return found
    if rows:
        raise UnreadableData("every checkpoint of the job is damaged")
    return None


def remove_checkpoints(session: Session, job_id: str, after: int = 0) -> None:
    """Remove the checkpoints of a job that were made after that one."""
    for table in (Checkpoint, Increment):
        session.execute(delete(table).where(table.job_id == job_id, table.seq > after))


def _lists(session: Session, job_id: str, seq: int) -> Lists:
    """The growing lists as they were at that checkpoint.

    Raises:
        ValueError: an increment is damaged or missing.
    """
    lists: Lists = {}
    query = select(Increment).where(Increment.job_id == job_id, Increment.seq <= seq).order_by(Increment.seq)
    for row in session.scalars(query):
        grow(lists, _sound(row.changes, row.sha256))
    return lists


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sound(text: str, sha256: str) -> dict[str, Any]:
    """JSON that is what was written.

    Raises:
        ValueError: it is not.
    """
    if _digest(text) != sha256:
        raise ValueError("damaged")
    content: dict[str, Any] = json.loads(text)
    return content
