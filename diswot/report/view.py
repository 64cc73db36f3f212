"""What the page of a search shows: the same whether a file was written or a service answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from diswot.proxies import get_proxy, get_score
from diswot.proxies.base import Aggregate
from diswot.report.diagram import Stage, draw_network
from diswot.report.units import UNITS
from diswot.spec.search import SearchSpec

Row = Mapping[str, Any]
"""A candidate: `number`, `arch`, `score`, `params`, `macs`, `memory`, `latency`, `inits`, `terms`, `failure`."""


class Term(NamedTuple):
    """What one term of the score says of the recommended student, beside the student that follows.

    Attributes:
        name: of the proxy.
        summary: what it is.
        adds: to the score of the recommended student.
        next: to that of the student that follows; `None` where there is none.
        share: length of its bar, from 0 to 1.
    """

    name: str
    summary: str
    adds: float
    next: float | None
    share: float


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search, as its page shows it.

    Attributes:
        asked: the spec.
        result: the result document as JSON, once there is one.
    """

    asked: SearchSpec
    result: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """Which search this is."""
        return f"Students for {self.asked.teacher.title} in {self.asked.space}"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What was asked, in a few words each."""
        asked = self.asked
        return [
            ("Limits", str(asked.constraints)),
            ("Algorithm", f"{asked.algorithm}, at most {asked.evaluations:,} evaluations"),
            ("Score", asked.score),
            ("Probe", f"{asked.probe.source}, {asked.probe.size} images, {asked.probe.dtype}"),
            ("Seed", str(asked.seed)),
        ]

    @property
    def costs(self) -> list[tuple[str, str]]:
        """Costs that scores can be drawn against, each with its title; what limits or trades comes first."""
        asked = self.asked
        told = [cost for cost in UNITS if asked.constraints.range(cost) != (None, None)]
        measured = [cost for cost in UNITS if cost != "latency" or asked.times]
        return [(cost, UNITS[cost].title) for cost in dict.fromkeys((*told, *measured))]

    @property
    def diagram(self) -> str:
        """A drawing of the recommended network as SVG; empty where its stages are not known."""
        stages = () if self.result is None else self.result.get("stages", ())
        return draw_network([Stage.model_validate(one) for one in stages]) if stages else ""

    @property
    def terms(self) -> list[Term]:
        """What each term adds to the score of the recommended student, the largest part first."""
        if self.result is None:
            return []
        best, following = self.result["recommended"]["components"], self.result["alternatives"][:1]
        most = max(map(abs, best.values()), default=0.0) or 1.0
        return [
            Term(name, summary(name), adds, following[0]["components"][name] if following else None, abs(adds) / most)
            for name, adds in sorted(best.items(), key=lambda item: -abs(item[1]))
        ]

    @property
    def chance(self) -> float | None:
        """The least difference of two scores that is more than chance, where that is known."""
        return None if self.result is None else self.result["min_detectable_difference"]

    @property
    def tied(self) -> int:
        """Candidates that are as good as the recommended one, for all that is known."""
        return 0 if self.result is None else len(self.result["tied"])

    def data(self, rows: Sequence[Row] | None = None) -> dict[str, Any]:
        """What the scripts of the page are told, as JSON.

        Args:
            rows: the candidates, where they are part of the page.
        """
        asked, result = self.asked, self.result
        score = get_score(asked.score)
        names = score.terms if isinstance(score, Aggregate) else [score.name]
        return {
            "score": asked.score,
            "units": {
                cost: {"title": title, "size": UNITS[cost].size, "digits": UNITS[cost].digits}
                for cost, title in self.costs
            },
            "limits": {cost: asked.constraints.range(cost) for cost, _ in self.costs},
            "summaries": {name: summary(name) for name in names},
            "fronts": {} if result is None else {front["pareto_cost"]: front["points"] for front in result["fronts"]},
            "recommended": result and result["recommended"]["arch"],
            "rows": rows,
        }


def summary(term: str) -> str:
    """What a term of a score is, in a few words."""
    return get_proxy(term).summary


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}".replace("-", "−")


def figure(value: float | None, name: str) -> str:
    """A cost in a column that has its unit."""
    unit = UNITS[name]
    return number(None if value is None else value / unit.size, unit.digits)


def cost(value: float | None, name: str) -> str:
    """A cost with its unit."""
    return "–" if value is None else f"{figure(value, name)} {UNITS[name].symbol}"
