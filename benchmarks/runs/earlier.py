"""Raw scores of an earlier run, for one that asks for some of the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.runs.measurements import MeasurementLog
from benchmarks.runs.protocol import MEASUREMENTS, PROTOCOL, Protocol, difference, read_json
from diswot.errors import InputError
from diswot.evaluation import Measurement
from diswot.proxies import PROXIES

_OF_THE_TEACHER = ("teacher", "weights_sha256", "teacher_inits")
_OF_EVERYTHING = (
    *("space", "classes", "in_shape", "probe", "probe_size", "probe_fingerprint"),
    *("initialisation", "seed", "student_inits", "versions"),
)
SCORES_DEPEND_ON = (*_OF_EVERYTHING, *_OF_THE_TEACHER)
"""Entries of a correlation run's record that its raw scores depend on, whatever the labels are."""


@dataclass(frozen=True)
class EarlierRun:
    """What an earlier run has measured.

    Attributes:
        versions: of each proxy whose values hold for the run that asks.
        found: its measurements, by the string of the canonical architecture.
        other_teacher: how its teacher differs from that of the run that asks, if it does.
    """

    versions: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[str, Measurement] = field(default_factory=dict)
    other_teacher: str | None = None

    def of(self, arch: str, proxies: Iterable[str]) -> Measurement | None:
        """What it holds of an architecture by these proxies alone; `None` where its network failed or was not asked."""
        known = self.found.get(arch)
        if known is None or known.error is not None:
            return None
        return replace(known, values={proxy: known.values[proxy] for proxy in proxies})


def read_earlier(source: Path, protocol: Protocol) -> EarlierRun:
    """Read an earlier run whose raw scores depend on the same; under another teacher, those that do not look at it.

    Args:
        source: its folder.
        protocol: of the run that asks.

    Raises:
        InputError: it is no such run, or its scores were made from something else.
        UnreadableData: a file of it is damaged.
    """
    for name in (PROTOCOL, MEASUREMENTS):
        if not (source / name).exists():
            raise InputError(f"--from {str(source)!r} holds no raw scores: it has no {name}")
    record = read_json(source / PROTOCOL)
    versions = versions_of(record)
    other_teacher = _change(record, protocol, _OF_THE_TEACHER)
    if other_teacher is not None:
        free = {name for name, proxy in PROXIES.items() if not proxy.teacher}
        versions = {name: version for name, version in versions.items() if name in free}
    change = _change(record, protocol, _OF_EVERYTHING) or (None if versions else other_teacher)
    if change is not None:
        raise InputError(f"--from {str(source)!r} holds scores with {change}")
    return EarlierRun(versions, MeasurementLog(source / MEASUREMENTS).found, other_teacher)


def _change(record: Protocol, protocol: Protocol, names: Iterable[str]) -> str | None:
    return difference({name: record.get(name) for name in names}, {name: protocol[name] for name in names})


def versions_of(protocol: Protocol) -> dict[str, int]:
    """The version of each proxy that is measured: of those asked for, and of the terms of aggregates."""
    found: dict[str, int] = {}
    for name, definition in protocol["proxies"].items():
        terms = definition.get("terms")
        found |= {name: definition["version"]} if terms is None else {t: terms[t]["version"] for t in terms}
    return found
