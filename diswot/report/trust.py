"""How far a score can be trusted in the space at hand, as a document: whether other opinions rank alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from diswot.evaluation import FIRST, Evaluation
from diswot.proxies import proxies_of
from diswot.report.document import Document
from diswot.scoring import Scorer
from diswot.search.opinions import opinions

if TYPE_CHECKING:
    from diswot.search.search import Search

LEAST = 0.8
"""Kendall's tau between a score and its second opinion below which one of them must be wrong; docs/research/score.md
has what it is where the score holds and where it did not."""

FEWEST = 12
"""Candidates without which no agreement is told: of fewer, chance decides."""

COUNTS = ("macs", "depth", "params")

Values = dict[str, float]
"""Of each candidate, by its name."""


class Opinion(Document):
    """What else ranks the candidates.

    Attributes:
        name: of the score, or of the count.
        tau: Kendall's tau-b between its order of the candidates and that of the search's score; `null` where one of
            them ranks all alike.
        pick: the candidate that it would take.
    """

    name: str
    tau: float | None
    pick: str


class Trust(Document):
    """How far the score of a search can be trusted.

    Attributes:
        verdict: `agreement` where the second opinion, the first of the list, ranks like the score; `doubt` where it
            does not; `unknown` where there is none, or candidates are too few.
        candidates: drawn at random, of which all opinions were heard.
        pick: the candidate among them that the score would take.
        opinions: what else ranks them.
        sentence: the verdict in words.
    """

    verdict: Literal["agreement", "doubt", "unknown"]
    candidates: int
    pick: str | None
    opinions: list[Opinion]
    sentence: str


def trust_of(search: Search) -> Trust:
    """What the candidates of a search that has ended say, those that were drawn at random."""
    bred = {search.space.encode(arch) for arch in search.algorithm.bred}
    drawn = [one for one in search.evaluations if one.error is None and one.arch not in bred]
    return make_trust(search.scorer, drawn, opinions(search.spec.score))


def make_trust(scorer: Scorer, drawn: Sequence[Evaluation], others: Sequence[str]) -> Trust:
    """Compare a score with other opinions.

    Args:
        scorer: of the score.
        drawn: candidates drawn at random; those that lack a proxy of an opinion are left out.
        others: names of the scores to compare with, the second opinion first.
    """
    needed = proxies_of(others)
    heard = [one.restrict(FIRST) for one in drawn if needed.keys() <= one.values.keys()]
    if len(heard) < FEWEST or not others:
        return Trust(verdict="unknown", candidates=len(heard), pick=None, opinions=[], sentence=_unknown(heard, others))
    own = _values(scorer, heard)
    rankings = {name: _values(Scorer(name), heard) for name in others}
    rankings |= {name: {one.arch: float(getattr(one.costs, name)) for one in heard} for name in COUNTS}
    found = [Opinion(name=name, tau=_tau(own, values), pick=_best(values)) for name, values in rankings.items()]
    tau = found[0].tau
    doubtful = tau is None or tau < LEAST
    return Trust(
        verdict="doubt" if doubtful else "agreement",
        candidates=len(heard),
        pick=_best(own),
        opinions=found,
        sentence=_sentence(found[0], len(heard), doubtful=doubtful),
    )


def _values(scorer: Scorer, heard: Sequence[Evaluation]) -> Values:
    return {one.arch: scorer(one).value for one in heard}


def _best(values: Mapping[str, float]) -> str:
    return max(values, key=values.__getitem__)


def _tau(own: Values, other: Values) -> float | None:
    from scipy.stats import kendalltau

    if len(set(own.values())) < 2 or len(set(other.values())) < 2:
        return None
    return round(float(kendalltau([*own.values()], [other[name] for name in own]).statistic), 4)


def _unknown(heard: Sequence[Evaluation], others: Sequence[str]) -> str:
    if not others:
        return "Nothing was compared with the score: it is a count, and no network was built."
    return (
        f"How far the score can be trusted here is not known: {len(heard)} candidates drawn at random are too few "
        f"to compare it with other opinions, which takes {FEWEST}."
    )


def _sentence(second: Opinion, count: int, *, doubtful: bool) -> str:
    tau = "ranks all of them alike" if second.tau is None else f"Kendall's tau is {second.tau:.2f}"
    if not doubtful:
        return f"The score and its second opinion {second.name!r} agree on {count} candidates drawn at random: {tau}."
    return (
        f"The score and its second opinion {second.name!r} contradict each other on {count} candidates drawn at "
        f"random ({tau}, and less than {LEAST} is doubtful): one of them does not hold in this space. The cheapest way "
        "out is to distill two or three of the students on which they differ for a few epochs, and to trust the one "
        "that picks the better."
    )
