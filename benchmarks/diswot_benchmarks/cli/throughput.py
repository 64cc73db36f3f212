"""`diswot benchmark throughput`: what a score costs, beside what others cost and what the machine allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.spec.document import from_flags
from diswot_benchmarks.cli.deliver import deliver
from diswot_benchmarks.speed.spec import SCORES, ThroughputSpec


@o.takes(*o.of(ThroughputSpec))
def throughput(
    ray: Annotated[bool, typer.Option("--ray", help="Time a Ray cluster of this machine, too.")] = False,
    score: Annotated[
        list[str] | None, typer.Option(help=f"Score that is timed; repeatable. [default: {', '.join(SCORES)}]")
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Time the published algorithm, ours, other proxies and the machine on the same architectures, in one run."""
    from diswot_benchmarks.speed.console import show_throughput
    from diswot_benchmarks.speed.throughput import run_throughput

    spec = replace(from_flags(ThroughputSpec, options), ray=ray, scores=tuple(dict.fromkeys(score or SCORES)))
    deliver("preparing", lambda report: run_throughput(spec, report), show_throughput, json)
