"""What a search says of how far its score can be trusted."""

import pytest

import diswot
from diswot.cli.render import show_result
from diswot.report.result import Result
from diswot.report.trust import Opinion, Trust
from diswot.spec.compute import ComputeSpec

COMPUTE = ComputeSpec("serial", cache=None)


@pytest.fixture(scope="module")
def result() -> Result:
    options = {"space": "cifar-resnet", "score": "params", "evaluations": 3, "executor": "serial", "cache": False}
    return diswot.recommend("resnet20", progress=False, **options)


def test_a_contradiction_comes_before_the_recommendation(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    opinions = [Opinion(name="unsaturated", tau=0.41, pick="1-7-7"), Opinion(name="depth", tau=None, pick="7-7-7")]
    doubt = Trust(verdict="doubt", candidates=48, pick="3-5-7", opinions=opinions, sentence="They contradict.")
    show_result(result.model_copy(update={"trust": doubt}), COMPUTE)
    said = capsys.readouterr().out
    assert said.startswith("Doubtful: They contradict.\n")
    assert said.index("its pick of the 48") < said.index("Recommended student")
    lines = [line.split() for line in said.splitlines()]
    assert ["the", "score", "3-5-7"] in lines
    assert ["unsaturated", "+0.41", "1-7-7"] in lines
    assert ["depth", "7-7-7"] in lines


def test_what_is_no_contradiction_is_one_line_behind_it(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    show_result(result, COMPUTE)
    said = capsys.readouterr().out
    assert said.startswith("Recommended student")
    assert "Nothing was compared with the score" in said
