"""`diswot score`: what one architecture's score is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT, si
from diswot.executors import DEADLINE
from diswot.probes.spec import DTYPES, PROBE_SIZE, SEEDED, ProbeSpec
from diswot.search.spec import SearchSpec
from diswot.storage.folders import cache_folder
from search_spaces import get_space

if TYPE_CHECKING:
    from diswot.report.explanation import Explanation


def score(
    teacher: o.TeacherOption,
    arch: Annotated[str, typer.Option(help="The architecture, as its space writes it.")],
    space: o.SpaceOption = "nasbench201",
    classes: o.ClassesOption = 100,
    score: o.ScoreOption = "default",
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = PROBE_SIZE,
    dtype: o.DtypeOption = DTYPES[0],
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    seed: o.SeedOption = 0,
    seeds: o.SeedsOption = 3,
    initialisations: o.InitialisationsOption = 8,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    device: o.DeviceOption = "cpu",
    cache: o.CacheOption = True,
    ray_address: o.AddressOption = None,
    deadline: o.DeadlineOption = DEADLINE,
    json: o.JsonOption = False,
) -> None:
    """Explain the score of one architecture, component by component."""
    spec = SearchSpec(
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        score=score,
        probe=ProbeSpec(probe, probe_size, dtype),
        seed=seed,
        seeds=seeds,
        initialisations=initialisations,
    )
    wanted = get_space(space).decode(arch)
    from diswot.executors.compute import Compute
    from diswot.recommend import explain

    compute = Compute(executor, workers, device, cache_folder() if cache else None, ray_address, deadline)
    with STDERR.status(f"scoring against {teacher}"):
        explanation = explain(spec, wanted, compute)
    if json:
        typer.echo(explanation.model_dump_json())
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    one = explanation.student
    STDOUT.print(one.arch, markup=False, style="bold", soft_wrap=True)
    if explanation.canonical_of != one.arch:
        STDOUT.print(f"  the canonical form of {explanation.canonical_of}", markup=False, soft_wrap=True)
    stderr = "" if one.stderr is None else f" ± {one.stderr:.4f} (standard error over {explanation.seeds} seeds)"
    STDOUT.print(
        f"  {explanation.score} score {one.score:.4f}{stderr} for the teacher {explanation.teacher}", markup=False
    )
    STDOUT.print(f"  {one.params:,} parameters, {si(one.macs)} MACs, {one.depth} layers")
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ["raw value", "weight", "adds", *(["better than"] if explanation.reference else [])]
    for name in ("component", "what it is", *numbers):
        table.add_column(name, justify="right" if name in numbers else "left")
    for part in explanation.parts:
        share = [] if part.better_than is None else [f"{part.better_than:.0%} of the space"]
        table.add_row(part.name, part.summary, f"{part.raw:.6g}", f"{part.weight:g}", f"{part.adds:+.4f}", *share)
    STDOUT.print(table)
    if explanation.reference:
        STDOUT.print(
            f"'Better than' is taken against a reference sample of {explanation.reference} random architectures."
        )
