"""What ranks the candidates of a search beside its score, so that a result can say where the score stands alone."""

from __future__ import annotations

from diswot.proxies import proxies_of

SCORE, RIVAL = "default", "unsaturated"
"""Two formulas that rank alike wherever both are known to hold, and part where width goes beyond what they agree on."""

WITNESS = "nwot"
"""A published proxy that shares nothing with them."""

ASKED = 48
"""Candidates, the first of a search, of which the other opinions are heard: those are drawn at random."""


def second_opinion(score: str) -> str:
    """The score that another one is compared with."""
    return RIVAL if score == SCORE else SCORE


def opinions(score: str) -> tuple[str, ...]:
    """Scores that are measured beside another one; none beside a count, which builds no network."""
    if all(proxy.passes == "none" for proxy in proxies_of([score]).values()):
        return ()
    return second_opinion(score), WITNESS
