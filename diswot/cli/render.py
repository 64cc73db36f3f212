"""How results are shown to a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.table import Table
from rich.text import Text

from diswot.cli.console import STDOUT, si
from diswot.cli.tradeoff import show_tradeoff
from diswot.quantities import say_seconds
from diswot.spec.command import to_score_command
from diswot.spec.probe import PROBES, SEEDED
from diswot_spaces import title_of

if TYPE_CHECKING:
    from diswot.report.result import Result
    from diswot.report.student import Student
    from diswot.report.trust import Trust
    from diswot.spec.compute import ComputeSpec

Number = TypeVar("Number", int, float)


def show_result(result: Result, compute: ComputeSpec) -> None:
    """Print the recommendation, its alternatives, what the scores are made of, and what to do next."""
    best, how = result.recommended, result.search
    if result.trust is not None and result.trust.verdict == "doubt":
        _show_contradiction(result.trust)
    STDOUT.print(f"[bold]Recommended student[/bold] for {how.teacher.title}, out of {title_of(how.space)}:")
    STDOUT.print(f"  {best.arch}", markup=False, style="bold green", soft_wrap=True)
    STDOUT.print(f"  {_limits(result)}; {_rank(result)} (seed {how.seed})", soft_wrap=True)
    for line in _teacher(result):
        STDOUT.print(f"  {line}", markup=False, soft_wrap=True)
    STDOUT.print()
    students = [best, *result.alternatives]
    STDOUT.print(_students(students, memory=how.constraints.range("memory") != (None, None)))
    for rank, one in enumerate(students, 1):
        STDOUT.print(f"{rank} = {one.arch}", markup=False, soft_wrap=True)
    STDOUT.print()
    _show_doubt(result)
    if result.trust is not None and result.trust.verdict != "doubt":
        STDOUT.print(result.trust.sentence, markup=False, soft_wrap=True)
    show_tradeoff(result)
    if best.latency is not None and how.constraints.times:
        STDOUT.print(
            "Latency was measured on this machine, for these students once more in a fresh process: "
            "another run may give another result.",
            soft_wrap=True,
        )
    if how.probe.source in SEEDED:
        STDOUT.print(
            f"Probe: {PROBES[how.probe.source]}. Real images: --probe folder:PATH, idx:PATH or cifar:PATH.",
            soft_wrap=True,
        )
    seconds = result.timings["prepare"] + result.timings["search"]
    STDOUT.print(f"Took {seconds:.0f} s. {_known(result)}".rstrip(), soft_wrap=True)
    STDOUT.print("Next, see what this score is made of:")
    STDOUT.print(f"  {to_score_command(how, best.arch, device=compute.device)}", markup=False, soft_wrap=True)


def _teacher(result: Result) -> list[str]:
    """What the teacher costs beside the student, whose its weights are, and what is odd about either."""
    teacher, name = result.teacher, result.search.teacher.name
    weights = {
        "random": "random weights",
        "file": "trained weights of a file",
        "given": "the weights that it came with",
    }
    lines = [f"Teacher {name}: {weights[teacher.weights]}"]
    if teacher.params is not None and teacher.macs is not None:
        lines[0] += (
            f", {teacher.params:,} parameters ({teacher.compression:.3g} times the student's), "
            f"{teacher.macs:,} MACs ({teacher.macs_ratio:.3g} times)"
        )
        if teacher.params < result.recommended.params:
            lines.append("The student is larger than its teacher; limit it with --max-params.")
    if teacher.unused_weights is not None:
        lines.append(
            f"The trained weights {teacher.unused_weights!r} that the teacher's name carries are not used, "
            "since nothing is downloaded; give a file with --weights."
        )
    return lines


def _rank(result: Result) -> str:
    """Among how many the student is the best, and what kept the search from measuring more."""
    how = result.outcome
    among = f" of {how.within_budget:,} in the budget" if how.within_budget is not None else ""
    ended = {"patience": ", then no better one came", "max_seconds": ", then time was up"}.get(how.ended, "")
    bred = f", {how.bred:,} of them bred from others" if how.bred else ""
    return f"best of {how.evaluations:,} architectures measured{among}{bred}{ended}"


def _known(result: Result) -> str:
    """What the cache had, where it had anything."""
    use = result.cache
    if use is None or not use.hits + use.partial:
        return ""
    in_part = f" and {use.partial:,} in part" if use.partial else ""
    return f"Measured before: {use.hits:,} of {use.hits + use.partial + use.misses:,} evaluations{in_part}. "


def _limits(result: Result) -> str:
    """What the student costs beside what it may cost; memory and latency only where they are limited."""
    best, constraints = result.recommended, result.search.constraints
    counts = {"params": "parameters", "macs": "MACs", "memory": "bytes of activations"}
    parts = []
    for cost, unit in counts.items():
        limits = _of(*constraints.range(cost), "{:,}".format)
        if limits or cost != "memory":
            parts.append(f"{getattr(best, cost):,} {unit}{limits}")
    if best.latency is not None and result.search.times:
        limits = _of(*constraints.range("latency"), say_seconds)
        parts.append(f"{say_seconds(best.latency)}{limits} on {constraints.latency}")
    return ", ".join(parts)


def _of(low: Number | None, high: Number | None, say: Callable[[Number], str]) -> str:
    if low is not None and high is not None:
        return f" of {say(low)} to {say(high)}"
    if low is not None:
        return f" of at least {say(low)}"
    return "" if high is None else f" of at most {say(high)}"


def _students(students: Sequence[Student], *, memory: bool) -> Table:
    """One column a student; the rows below the costs add up to the score."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for rank in range(1, len(students) + 1):
        table.add_column(str(rank), justify="right")
    table.add_row("score", *(f"{one.score:.3f}" for one in students), style="bold")
    table.add_row("standard error", *("" if one.stderr is None else f"{one.stderr:.3f}" for one in students))
    table.add_row("parameters", *(si(one.params) for one in students))
    table.add_row("MACs", *(si(one.macs) for one in students))
    if memory:
        table.add_row("memory", *(f"{si(one.memory)}B" for one in students))
    for name, seconds in (("latency", [s.latency for s in students]), ("spread", [s.latency_spread for s in students])):
        if any(one is not None for one in seconds):
            table.add_row(name, *("" if one is None else say_seconds(one) for one in seconds))
    for name in students[0].components:
        table.add_row(f"from {name}", *(f"{one.components[name]:+.3f}" for one in students))
    return table


def _show_contradiction(trust: Trust) -> None:
    """Say that other opinions rank otherwise, and what each of them would pick."""
    STDOUT.print("[bold yellow]Doubtful:[/bold yellow] ", end="")
    STDOUT.print(trust.sentence, markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("opinion")
    table.add_column("Kendall's tau", justify="right")
    table.add_column(f"its pick of the {trust.candidates}", overflow="fold")
    table.add_row("the score", "", Text(trust.pick or ""))
    for one in trust.opinions:
        table.add_row(one.name, "" if one.tau is None else f"{one.tau:+.2f}", Text(one.pick))
    STDOUT.print(table)
    STDOUT.print()


def _show_doubt(result: Result) -> None:
    least = result.min_detectable_difference
    if least is None:
        STDOUT.print("One initialization only: the noise of this ranking is unknown; give --student-inits 2 or more.")
        return
    alike = len(result.tied)
    count = {0: "no other candidate", 1: "one other candidate"}.get(alike, f"{alike} other candidates")
    STDOUT.print(
        f"Scores closer than {least:.3f} cannot be told apart: {count} so close to the best.",
        soft_wrap=True,
    )
