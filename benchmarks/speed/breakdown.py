"""Where the time of a score goes, from torch's profiler."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function

from benchmarks.speed.as_published import BUILDING
from benchmarks.speed.stopwatch import Case, run
from diswot.evaluation import Measurer
from search_spaces import Architecture, SearchSpace

SCORE = "score"
OTHER = "Python and other"
ADDITIONS = "additions"
MATHEMATICS = "proxy mathematics"

NETWORK: dict[str, tuple[str, ...]] = {
    "convolution": ("conv",),
    "normalisation": ("batch_norm", "var_mean", "addcmul"),
    "pooling": ("pool",),
    ADDITIONS: ("aten::add", "aten::mul"),
    "activation": ("relu", "clamp", "threshold", "hardtanh"),
}
"""Kinds of operations of a network, each with parts of the operators' names. Additions are those of maps
`(N, C, H, W)`; products of a map and a number, the published zero edges, count with them."""

BOOKKEEPING: frozenset[str] = frozenset(
    f"aten::{name}"
    for name in (
        "empty", "empty_like", "empty_strided", "zeros", "zeros_like", "ones_like", "fill_", "zero_", "copy_", "clone",
        "contiguous", "to", "_to_copy", "resize_", "resize_as_", "view", "reshape", "_reshape_alias", "flatten",
        "as_strided", "expand", "slice", "select", "transpose", "t", "permute", "squeeze", "unsqueeze", "detach",
        "alias", "item", "_local_scalar_dense", "result_type", "dropout",
    )
)  # fmt: skip
"""Operators that move or arrange and do not compute."""

CATEGORIES = (*NETWORK, MATHEMATICS, BUILDING, OTHER)


def breakdown(case: Case, archs: Sequence[Architecture]) -> dict[str, float]:
    """Shares of the time of scoring these architectures, in percent; the profiler's own cost is in them.

    Whatever happens while a network is built counts as that. Operations on maps count by their kind, other operations
    that compute as proxy mathematics, and what is left, the time between operations included, as Python and other.

    Args:
        case: a published proxy or a `Measurer`.
        archs: to score.

    Returns:
        A share for each of `CATEGORIES`.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it complains of GPUs that are not there
    if isinstance(case, Measurer):
        case = replace(case, space=cast("SearchSpace", _MarkedSpace(case.space)))
    run(case, archs[0])
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True, acc_events=True) as profiler:
        for arch in archs:
            with record_function(SCORE):
                run(case, arch)
    spent = dict.fromkeys(CATEGORIES, 0.0)
    for event in profiler.events() or ():
        spent[_category(event)] += event.self_cpu_time_total
    total = sum(spent.values())
    return {name: 100 * time / total for name, time in spent.items()}


class _MarkedSpace:
    """A space whose building of networks the profiler can see."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space

    def __getattr__(self, name: str) -> Any:
        return getattr(self._space, name)

    def build(self, *args: Any, **kwargs: Any) -> Any:
        """As the space builds."""
        with record_function(BUILDING):
            return self._space.build(*args, **kwargs)


def _category(event: FunctionEvent) -> str:
    above: FunctionEvent | None = event
    while above is not None:
        if above.name == BUILDING:
            return BUILDING
        above = above.cpu_parent
    if not event.name.startswith("aten::") or event.name in BOOKKEEPING:
        return OTHER
    kind = next((kind for kind, parts in NETWORK.items() if any(part in event.name for part in parts)), MATHEMATICS)
    return MATHEMATICS if kind == ADDITIONS and not _on_maps(event) else kind


def _on_maps(event: FunctionEvent) -> bool:
    """Whether it reads a tensor `(N, C, H, W)`."""
    return any(len(shape) == 4 for shape in event.input_shapes or () if isinstance(shape, Sequence))
