"""How far a score is trusted, by hand."""

import pytest

from diswot.evaluation import EvalTask, Evaluation, EvaluatorSpec
from diswot.probes import load_probe
from diswot.proxies import proxies_of
from diswot.report.trust import FEWEST, LEAST, make_trust
from diswot.scoring import Scorer, reference_sample
from diswot.search.opinions import ASKED, opinions, second_opinion
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import CIFAR, Costs, get_space

COUNT = 20


def candidates(rival: list[float], count: int = COUNT) -> list[Evaluation]:
    """Candidates whose score, parameters and NWOT rise, whose MACs fall, and whose second opinion is as given."""
    names = proxies_of(("default", *opinions("default")))
    found = []
    for i in range(count):
        values = dict.fromkeys(names, (0.0,))
        values |= {"saturating-capacity": (float(i),), "nwot": (float(i),), "spectral-capacity": (rival[i],)}
        found.append(Evaluation(f"arch-{i:02}", Costs(i, count - i, 5, 1), values, 0.0))
    return found


def test_scores_that_rank_alike_agree() -> None:
    found = make_trust(Scorer("default"), candidates([float(i) for i in range(COUNT)]), opinions("default"))
    assert found.verdict == "agreement"
    assert {one.name: one.tau for one in found.opinions} == {
        "unsaturated": 1.0,
        "nwot": 1.0,
        "macs": -1.0,
        "depth": None,
        "params": 1.0,
    }
    assert found.pick == "arch-19"
    assert next(one.pick for one in found.opinions if one.name == "macs") == "arch-00"
    assert "agree on 20 candidates" in found.sentence


def test_scores_that_rank_otherwise_are_doubtful_whatever_the_counts_say() -> None:
    # The first ten in reverse: 45 of 190 pairs are discordant, tau = 1 - 90/190 = .5263.
    reversed_half = [float(9 - i) if i < 10 else float(i) for i in range(COUNT)]
    found = make_trust(Scorer("default"), candidates(reversed_half), opinions("default"))
    assert found.verdict == "doubt"
    assert found.opinions[0].tau == pytest.approx(1 - 90 / 190, abs=1e-4)
    assert LEAST > 1 - 90 / 190
    assert "contradict each other" in found.sentence
    assert "0.53" in found.sentence


def test_a_second_opinion_that_ranks_all_alike_is_no_agreement() -> None:
    found = make_trust(Scorer("default"), candidates([1.0] * COUNT), opinions("default"))
    assert (found.verdict, found.opinions[0].tau) == ("doubt", None)


def test_few_candidates_tell_nothing() -> None:
    few = candidates([float(i) for i in range(COUNT)], FEWEST - 1)
    found = make_trust(Scorer("default"), few, opinions("default"))
    assert (found.verdict, found.candidates, found.opinions) == ("unknown", FEWEST - 1, [])


def test_candidates_that_were_not_asked_are_left_out() -> None:
    drawn = candidates([float(i) for i in range(COUNT)])
    bare = [Evaluation(f"{one.arch}-bare", one.costs, {"saturating-capacity": (0.0,)}, 0.0) for one in drawn]
    assert make_trust(Scorer("default"), [*drawn, *bare], opinions("default")).candidates == COUNT


def test_a_count_is_compared_with_nothing() -> None:
    assert opinions("macs") == ()
    found = make_trust(Scorer("macs"), [], ())
    assert (found.verdict, found.pick) == ("unknown", None)
    assert "no network was built" in found.sentence


def test_every_score_has_another_one_as_its_second_opinion() -> None:
    assert second_opinion("default") == "unsaturated"
    assert second_opinion("unsaturated") == second_opinion("diswot") == "default"
    assert ASKED > FEWEST


@pytest.mark.slow
@pytest.mark.parametrize(("space", "verdict"), [("nasbench201", "agreement"), ("nasbench-macro", "doubt")])
def test_spaces_where_the_earlier_score_failed_are_told_from_others(space: str, verdict: str) -> None:
    names = ("default", *opinions("default"))
    probe = load_probe(ProbeSpec(), 10, CIFAR, 0)
    evaluator = EvaluatorSpec(get_space(space), TeacherSpec("resnet20", 10), probe, names).build()
    drawn = [evaluator(EvalTask(arch)) for arch in reference_sample(get_space(space), seed=5, size=36)]
    for score in ("default", "unsaturated"):  # The second is the main part of the score before.
        assert make_trust(Scorer(score), drawn, opinions(score)).verdict == verdict
