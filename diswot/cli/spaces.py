"""`diswot spaces`: what there is, what one of them holds, whether it keeps its promises, and how to begin one."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from diswot.cli import options as o
from diswot.cli.command import Command
from diswot.cli.console import STDERR, STDOUT, si
from diswot.cli.lists import print_table
from diswot.errors import DiswotError, InputError
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import SPACES, SearchSpace, Shape, get_space

if TYPE_CHECKING:
    from diswot.survey import Survey

app = typer.Typer(
    help="The search spaces: what there is, what one of them holds, and how to begin one of your own.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="Name of the space, file that declares it, or import path.")]
TASK = [one for one in o.of(TeacherSpec) if one.name in ("classes", "input")]
Seed = Annotated[int, typer.Option(help="Seed of what is drawn.")]


@app.callback(invoke_without_command=True)
def spaces(context: typer.Context) -> None:
    """List the search spaces."""
    if context.invoked_subcommand is None:
        print_table(
            ["space", "what it is", "architectures"], [[s.name, s.summary, _count(s.size)] for s in SPACES.values()]
        )


@app.command(cls=Command)
@o.takes(*TASK)
def show(name: Name, seed: Seed = 0, json: o.JsonOption = False, **options: Any) -> None:
    """Show what a space holds: its choices, what its architectures cost, and three of them."""
    space, task = get_space(name), _task(options)
    from diswot.survey import draw, survey

    with STDERR.status(f"looking at {space.name}"):
        found, members = survey(space, *task, seed), draw(space, 3, seed)
    if json:
        drawn = [{"arch": space.encode(arch), **asdict(space.costs(arch, *task))} for arch in members]
        told = {"name": space.name, "summary": space.summary, "decisions": _decisions(space)}
        typer.echo(json_module.dumps({**told, **asdict(found), "members": drawn}))
        return
    _print_head(space, found)
    print_table(["decision", "options"], [[one["name"], _listed(one["options"])] for one in _decisions(space)])
    for arch in members:
        costs = space.costs(arch, *task)
        STDOUT.print(f"\n{space.encode(arch)}", markup=False, style="bold", soft_wrap=True)
        STDOUT.print(f"  {costs.params:,} parameters, {si(costs.macs)} MACs, {costs.depth} layers")
        for line in _diagram(space, arch, *task):
            STDOUT.print(f"  {line}", markup=False, soft_wrap=True)


@app.command(cls=Command)
@o.takes(*TASK)
def check(
    name: Name,
    samples: Annotated[int, typer.Option(help="Number of architectures to build and run.", min=1, max=10_000)] = 20,
    seed: Seed = 0,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Try a space: sample, build, run, count and mutate; say what no architecture takes and what is there twice."""
    space, task = get_space(name), _task(options)
    from diswot.survey import check_member, draw, survey

    failures = []
    with STDERR.status(f"trying {space.name}"):
        found = survey(space, *task, seed)
        for arch in draw(space, samples, seed):
            try:
                check_member(space, arch, *task)
            except DiswotError as error:
                failures.append(str(error))
    if json:
        typer.echo(json_module.dumps({"name": space.name, **asdict(found), "tried": samples, "failures": failures}))
    else:
        _print_head(space, found)
        STDOUT.print(f"{samples - len(failures)} of {samples} built, ran, cost what their formulas say, and mutated")
        for decision, option in found.unreachable:
            STDOUT.print(f"no architecture takes {option} at {decision}", markup=False, soft_wrap=True)
    if failures:
        raise DiswotError(f"{len(failures)} of {samples} architectures of {space.name} fail; the first: {failures[0]}")


@app.command(cls=Command)
def init(file: Annotated[Path, typer.Argument(help="File to write.")] = Path("space.yaml")) -> None:
    """Write a file that declares a space, with comments, to begin with."""
    from diswot_spaces.declared import STARTER

    if file.exists():
        raise InputError(f"{str(file)!r} exists already; name another file")
    try:
        file.write_text(STARTER.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be written: {error.strerror}") from None
    STDOUT.print(f"wrote {file}; next: diswot spaces check {file}", markup=False, soft_wrap=True)


@app.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of files that declare a space, for editors."""
    from diswot_spaces.declared.schema import space_schema

    typer.echo(json_module.dumps(space_schema(), indent=2))


def _task(options: dict[str, Any]) -> tuple[int, Shape]:
    """Number of classes and shape of an image, checked as those of a teacher are."""
    from diswot.spec.document import from_flags

    spec = from_flags(TeacherSpec, {**options, "teacher": "resnet20"})
    return spec.num_classes, spec.in_shape


def _print_head(space: SearchSpace, found: Survey) -> None:
    STDOUT.print(f"{space.name}: {space.summary}" if space.summary else space.name, style="bold", markup=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("architectures", _count(found.size))
    seen = "all" if found.whole else f"{found.seen:,} drawn"
    twice = found.seen - found.distinct
    table.add_row("looked at", f"{seen}; {twice:,} of them are the network of another" if twice else seen)
    for cost, title in (("params", "parameters"), ("macs", "MACs"), ("depth", "layers"), ("memory", "bytes of memory")):
        least, most = getattr(found.least, cost), getattr(found.most, cost)
        table.add_row(title, f"{least:,} to {most:,}")
    STDOUT.print(table)


def _decisions(space: SearchSpace) -> list[dict[str, Any]]:
    from diswot.survey import decision_names

    pairs = zip(decision_names(space), space.options, strict=True)
    return [{"name": name, "options": list(options)} for name, options in pairs]


def _diagram(space: SearchSpace, arch: Any, num_classes: int, in_shape: Shape) -> list[str]:
    """A network's stages from top to bottom, a line each."""
    from functools import partial

    from diswot.report.stages import find_stages

    stages = find_stages(partial(space.build, arch, num_classes, in_shape), in_shape)
    shapes = [" x ".join(map(str, stage.out_shape)) for stage in stages]
    wide = max(map(len, shapes), default=0)
    return [
        f"{shape:>{wide}}  {stage.count} {stage.block}, {stage.params:,} parameters"
        for shape, stage in zip(shapes, stages, strict=True)
    ]


def _listed(options: Sequence[Any]) -> str:
    """Options, those in the middle left out where they are many."""
    texts = list(map(str, options))
    return ", ".join(texts) if len(texts) <= 12 else f"{', '.join(texts[:4])}, ..., {texts[-1]} ({len(texts)})"


def _count(size: int | None) -> str:
    if size is None:
        return "not counted"
    return f"{size:.3g}" if size > 10**6 else f"{size:,}"
