"""Raw scores of an earlier run, for one that asks for some of the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.measurements import MeasurementLog
from benchmarks.protocol import MEASUREMENTS, PROTOCOL, Protocol, difference, read_json
from diswot.errors import InputError
from diswot.scoring import Measurement

SCORES_DEPEND_ON = (
    *("space", "teacher", "weights_sha256", "classes", "in_shape", "initialisations"),
    *("probe", "probe_size", "probe_fingerprint", "initialisation", "seed", "seeds", "versions"),
)
"""Entries of a correlation run's record that its raw scores depend on, whatever the labels are."""


@dataclass(frozen=True)
class EarlierRun:
    """What an earlier run has measured.

    Attributes:
        versions: of each proxy that it measured.
        found: its measurements, by the string of the canonical architecture.
    """

    versions: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[str, Measurement] = field(default_factory=dict)

    def of(self, arch: str, proxies: Iterable[str]) -> Measurement | None:
        """What it holds of an architecture by these proxies alone; `None` where its network failed or was not asked."""
        known = self.found.get(arch)
        if known is None or known.error is not None:
            return None
        return replace(known, values={proxy: known.values[proxy] for proxy in proxies})


def read_earlier(source: Path, protocol: Protocol) -> EarlierRun:
    """Read an earlier run whose raw scores depend on the same.

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
    change = difference(
        {name: record.get(name) for name in SCORES_DEPEND_ON}, {name: protocol[name] for name in SCORES_DEPEND_ON}
    )
    if change is not None:
        raise InputError(f"--from {str(source)!r} holds scores with {change}")
    return EarlierRun(versions_of(record), MeasurementLog(source / MEASUREMENTS).found)


def versions_of(protocol: Protocol) -> dict[str, int]:
    """The version of each proxy that is measured: of those asked for, and of the terms of aggregates."""
    found: dict[str, int] = {}
    for name, definition in protocol["proxies"].items():
        terms = definition.get("terms")
        found |= {name: definition["version"]} if terms is None else {t: terms[t]["version"] for t in terms}
    return found
