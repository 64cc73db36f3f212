"""The document of a truth benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from diswot_benchmarks.runs.console import number, plain_table


def show_truth(console: Console, found: dict[str, Any]) -> None:
    """Print the document of a truth benchmark for people."""
    p = found["protocol"]
    console.print(
        f"{p['students']} students of {p['space']} within {p['tolerance']:.0%} of one cost, each distilled "
        f"{p['seeds']} times by {p['distiller']} from {p['teacher']} ({p['teacher_accuracy']:.2f}%): "
        f"{p['epochs']} epochs of {p['images']['train']:,} images of {p['data']}, tested on {p['images']['test']:,}.",
        soft_wrap=True,
        markup=False,
    )
    rows = sorted(found["rows"], key=lambda row: -row["accuracy"])
    cells = [
        (
            row["arch"],
            *(f"{row[name]:,.0f}" if name != "score" else number(row[name], 3) for name in ("score", "params", "macs")),
            number(row["accuracy"], 2),
            "recommended" if row["recommended"] else "",
        )
        for row in rows
    ]
    console.print(plain_table(["student"], ["score", "parameters", "MACs", "distilled %", ""], cells))
    console.print(
        f"The recommended student is number {found['rank']} of {p['students']}, {found['regret']:.2f} points below the "
        f"best, and {_between(found['advantage'])} points above the others' mean.",
        soft_wrap=True,
    )
    for name, tau in found["tau"].items():
        console.print(f"Kendall's tau of {name} with the distilled accuracy: {_between(tau)}")
    if found["seed_tau"] is not None:
        console.print(
            f"Between two seeds: tau {_between(found['seed_tau'])}, deviation {found['seed_spread']:.2f} points"
        )
    if "plain" in found:
        plain = found["plain"]
        console.print(f"Plain student ({plain['network']}, {plain['params']:,} parameters): {plain['accuracy']:.2f}%")
    if "alone" in found:
        alone = found["alone"]
        console.print(
            f"Trained alone: distillation adds {_between(alone['gain'])} points; tau of alone with distilled "
            f"{_between(alone['tau'])}; the best alone is number {alone['best_alone_rank_distilled']} distilled."
        )


def _between(found: dict[str, float | None]) -> str:
    value, low, high = (found[name] for name in ("value", "low", "high"))
    if value is None:
        return "not defined"
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"
