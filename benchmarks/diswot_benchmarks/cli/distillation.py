"""`diswot benchmark distillation`: what the training loop costs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.cli.distill import OPTIONS, spec_of
from diswot.errors import InputError
from diswot_benchmarks.cli.deliver import deliver


@o.takes(*OPTIONS)
def distillation(
    batches: Annotated[int, typer.Option(min=1, max=100_000, help="Batches in a round.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="Rounds of all entrants.")] = 9,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Time steps of a distillation by kd: bare torch, the loop, the loop without a teacher, and with kept logits."""
    from diswot_benchmarks.distillation.console import show_distillation
    from diswot_benchmarks.distillation.run import run_distillation_benchmark

    if options.get("teacher_weights") is None:
        options["train_teacher"] = True  # A random teacher takes as long.
    spec = spec_of(options, None)
    if spec.distiller != "kd":
        raise InputError(f"the distillation benchmark times the distiller kd, not {spec.distiller!r}")
    deliver(
        "preparing",
        lambda report: run_distillation_benchmark(spec, report, batches=batches, rounds=rounds),
        show_distillation,
        json,
    )
