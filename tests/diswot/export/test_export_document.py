"""Documents of networks: those of format 1 are read for ever."""

import json
from pathlib import Path

import pytest

import diswot
from diswot.errors import DiswotError, InvalidArchitecture, UnknownName
from diswot.export.document import describe, read_network

FOREVER = {
    "nasbench201": """{
        "format": 1, "space": "nasbench201",
        "arch": "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
        "num_classes": 100, "in_shape": [3, 32, 32], "params": 808276, "macs": 113957120, "weights": null}""",
    "cifar-resnet": """{
        "format": 1, "space": "cifar-resnet", "arch": "3-5-7",
        "num_classes": 10, "in_shape": [1, 28, 28], "params": 605242, "macs": 52697984, "weights": null}""",
    "mobilenetv2": """{
        "format": 1, "space": "mobilenetv2",
        "arch": "[[1,16,1,1],[6,24,2,2],[6,32,3,2],[6,64,4,2],[6,96,3,1],[6,160,3,2],[6,320,1,1],1280]",
        "num_classes": 100, "in_shape": [3, 32, 32], "params": 2351972, "macs": 24576512,
        "weights": "s.safetensors"}""",
}
"""As they were first written; they may never be changed."""

TASK = {"num_classes": 10, "in_shape": [3, 32, 32]}
STUDENTS = {"recommended": {"arch": "1-1-1"}, "alternatives": [{"arch": "3-1-1"}, {"arch": "1-3-1"}]}
RESULTS = [
    {"search": {"space": "cifar-resnet", "teacher": "resnet20", "classes": 10, "in_shape": [3, 32, 32]}, **STUDENTS},
    {"schema": 2, "search": {"space": "cifar-resnet", "teacher": {"name": "resnet20", **TASK}}, **STUDENTS},
]
"""What results of each version say of their students."""


@pytest.mark.parametrize("text", FOREVER.values(), ids=FOREVER)
def test_a_document_of_format_1_gives_its_network(text: str) -> None:
    network = diswot.build(text)
    assert sum(one.numel() for one in network.parameters()) == json.loads(text)["params"]


@pytest.mark.parametrize("result", RESULTS, ids=["version 1", "version 2"])
def test_a_result_of_any_version_gives_its_students(result: dict[str, object]) -> None:
    found = [read_network(result, student).arch for student in ("best", 1, "2", 3, "1-3-1")]
    assert found == ["1-1-1", "1-1-1", "3-1-1", "1-3-1", "1-3-1"]
    assert read_network(result) == describe("cifar-resnet", "1-1-1", 10, (3, 32, 32))


def test_paths_and_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(RESULTS[1]), encoding="utf-8")
    assert read_network(tmp_path) == read_network(str(tmp_path / "result.json")) == read_network(RESULTS[1])


def test_a_document_round_trips() -> None:
    document = describe("cifar-resnet", "3-1-3", 10, (3, 32, 32))
    assert read_network(document.model_dump_json()) == document


SMALL = json.loads(FOREVER["cifar-resnet"])


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (SMALL | {"format": 9}, DiswotError, "this network is written in format 9, and this diswot reads 1"),
        ({"arch": "1-1-1"}, DiswotError, "this JSON is neither a result nor a network, with `format`, `space`, "),
        (SMALL | {"arch": 3}, DiswotError, "the network's 'arch' is wrong: Input should be a valid string"),
        (SMALL | {"arch": "9-9-9"}, InvalidArchitecture, "depth '9' of stage 1 in '9-9-9' is not one of 1, 3, 5, 7"),
        (SMALL | {"space": "lost"}, UnknownName, "unknown search space 'lost'; valid: "),
        (
            SMALL | {"params": 5},
            DiswotError,
            "3-5-7 of cifar-resnet, for 10 classes and images of 1x28x28, has 605,242 ",
        ),
        ("{ not", DiswotError, "the text is not JSON: "),
        ("nowhere.json", DiswotError, "'nowhere.json' cannot be read: No such file or directory"),
        (7, DiswotError, "a network is built from JSON or from a path, not from int"),
        ({"recommended": {}, "search": {}}, DiswotError, "the result is damaged: KeyError: 'teacher'"),
    ],
)
def test_what_is_no_network_is_refused(source: object, error: type[DiswotError], said: str) -> None:
    with pytest.raises(error) as raised:
        diswot.build(source)
    assert str(raised.value).startswith(said)


def test_a_student_that_a_result_does_not_have_is_refused() -> None:
    with pytest.raises(DiswotError) as raised:
        diswot.build(RESULTS[1], "4")
    assert str(raised.value) == "the result has no student '4'; it has best, 1 to 3, or 1-1-1, 3-1-1, 1-3-1"
