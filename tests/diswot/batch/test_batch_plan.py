"""Plans: which searches they ask for, and the sentence that each wrong one gets before anything is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diswot.batch.inputs import check_inputs
from diswot.batch.plan import Plan, check_feasible, jobs_of
from diswot.batch.read import read_plan
from diswot.errors import InputError
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from tests.diswot.batch.made import jobs

GOOD = """\
teachers: [{name: resnet20}]
spaces: [cifar-resnet]
constraints: {small: {max_params: 0.3M}}
search: {evaluations: 4}
"""
TOP = "its fields: schema, teachers, spaces, constraints, seeds, search"
UNITS = "a number, with or without a unit, such as 500000"


def ask(text: str, folder: Path) -> None:
    """What the command does with a plan before it runs it."""
    path = folder / "plan.yaml"
    path.write_text(text)
    asked = jobs_of(read_plan(path))
    check_feasible(asked)
    check_inputs(asked)


def test_a_plan_is_crossed_in_its_order() -> None:
    asked = jobs(
        teachers=[{"name": "resnet20"}, {"name": "timm:resnet18", "label": "r18"}],
        spaces=["nasbench201", "cifar-resnet"],
        constraints={"some": {"max_params": 500000}, "all": {}},
        seeds=[3, 1],
        search={},
    )
    assert len(asked) == 16
    assert [job.name for job in asked[:5]] == [
        "resnet20--nasbench201--some--seed3",
        "resnet20--nasbench201--some--seed1",
        "resnet20--nasbench201--all--seed3",
        "resnet20--nasbench201--all--seed1",
        "resnet20--cifar-resnet--some--seed3",
    ]
    assert asked[8].name == "r18--nasbench201--some--seed3"
    assert asked[0].spec == SearchSpec(
        TeacherSpec("resnet20", 100), "nasbench201", constraints=Constraints(max_params=500_000), seed=3, relaxation=0.2
    )
    assert (asked[8].teacher, asked[8].spec.teacher.name) == ("r18", "timm:resnet18")


def test_quantities_are_read_as_on_the_command_line() -> None:
    limits = {"max_params": "0.5M", "min_macs": "10 MMACs", "max_memory": "512 KiB", "max_latency": "4ms"}
    latency = {"threads": 1, "batch": 8}
    (job,) = jobs(constraints={"b": {**limits, "latency": latency}})
    budget = job.spec.constraints
    assert (budget.max_params, budget.min_macs, budget.max_memory) == (500_000, 10_000_000, 524_288)
    assert (budget.max_latency, budget.latency.batch) == (0.004, 8)


def test_exhaustive_search_takes_all_there_is_unless_told_otherwise() -> None:
    assert jobs(search={"algorithm": "exhaustive"})[0].spec.evaluations == 100_000
    assert jobs(search={"algorithm": "exhaustive", "evaluations": 7})[0].spec.evaluations == 7
    assert jobs(search={})[0].spec.evaluations == 300


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("timm:resnet18", "timm-resnet18"),
        ("cifar-resnet:7-7-7", "cifar-resnet-7-7-7"),
        (
            "nasbench201:|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|skip_connect~2|",
            "nasbench201-nor_conv_3x3-0-none-0-none-1-nor_conv_1x1-0-none",
        ),
    ],
)
def test_a_teacher_without_a_label_is_called_by_its_name(name: str, label: str) -> None:
    assert jobs(teachers=[{"name": name}], search={})[0].teacher == label


def test_the_plan_of_the_documentation_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "guide" / "batch.md").read_text()
    (tmp_path / "plan.yaml").write_text(text.partition("```yaml\n")[2].partition("```")[0])
    asked = jobs_of(read_plan(tmp_path / "plan.yaml"))
    assert len(asked) == 16
    check_feasible(asked)


def test_the_schema_names_every_field() -> None:
    schema = Plan.model_json_schema()
    assert schema["required"] == ["teachers", "spaces", "constraints"]
    assert schema["additionalProperties"] is False
    assert {"max_params", "min_latency", "latency"} <= schema["$defs"]["ConstraintsStrict"]["properties"].keys()
    assert json.loads(json.dumps(schema)) == schema


def test_a_good_plan_has_nothing_to_say(tmp_path: Path) -> None:
    ask(GOOD, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "constraints:",
            "budgets:",
            "the plan has no field 'budgets'; it is called constraints now; its fields: schema, ",
        ),
        ("evaluations: 4", "seeds: 4", "search has no field 'seeds'; it is called student_inits now; its fields: "),
        ("search:", "schema: 1\nsearch:", "schema must be 2, not 1"),
        ("search:", "colour: red\nsearch:", f"the plan has no field 'colour'; {TOP}"),
        ("name: resnet20", "name: resnet20, clases: 10", "teachers[0] has no field 'clases'; its fields: name, "),
        ("max_params", "max_parms", "constraints.small has no field 'max_parms'; its fields: max_params, max_macs, "),
        ("evaluations", "evaluation", "search has no field 'evaluation'; its fields: score, probe, "),
        (
            "max_params: 0.3M",
            "latency: {cores: 2}",
            "constraints.small.latency has no field 'cores'; its fields: device, ",
        ),
        ("teachers: [{name: resnet20}]", "", f"the plan lacks the field 'teachers'; {TOP}"),
        ("{name: resnet20}", "{label: a}", "teachers[0] lacks the field 'name'; its fields: name, num_classes, "),
        (
            "name: resnet20",
            "name: resnet20, num_classes: ten",
            "teachers[0].num_classes must be a whole number, not 'ten'",
        ),
        ("[{name: resnet20}]", "resnet20", "teachers must be a list, not 'resnet20'"),
        ("{name: resnet20}", "resnet20", "teachers[0] must be a mapping of fields to values, not 'resnet20'"),
        ("[{name: resnet20}]", "", "teachers must be a list, not null"),
        ("evaluations: 4", "evaluations: 4.5", "search.evaluations must be a whole number, not 4.5"),
        ("evaluations: 4", "evaluations: true", "search.evaluations must be a whole number, not true"),
        ("evaluations: 4", "relaxation: lots", "search.relaxation must be a number, not 'lots' (line 4)"),
        ("{max_params: 0.3M}", "", "constraints.small must be a mapping of fields to values, not null"),
        ("0.3M", "true", f"constraints.small.max_params must be {UNITS}, not true"),
        ("0.3M", "[1, 2]", f"constraints.small.max_params must be {UNITS}, not [1, 2]"),
        ("{small: {max_params: 0.3M}}", "[1]", "constraints must be a mapping of names to values, not [1]"),
        ("small:", "500:", "constraints has the name 500, which is no text; quote it"),
        ("small:", "true:", "constraints has the name true, which is no text; quote it"),
        ("small:", "? [a, b]\n  :", "constraints has the name ('a', 'b'), which is no text; quote it"),
        ("name: resnet20", "name: resnet20, 3: b", "teachers[0] has the name 3, which is no text; quote it"),
        (
            "small:",
            "'a b':",
            "constraints: a name is up to 60 letters and digits, with single . _ - between them, not ",
        ),
        ("name: resnet20", "name: resnet20, label: a--b", "teachers[0].label: a name is up to 60 letters and digits, "),
        ("resnet20", "resnet57", "teachers[0]: unknown teacher 'resnet57'; valid: resnet8, "),
        ("cifar-resnet", "nb201", "spaces[0]: unknown search space 'nb201'; valid: nasbench201, "),
        ("evaluations: 4", "score: magic", "search: unknown proxy 'magic'; valid: default, "),
        ("evaluations: 4", "algorithm: tabu", "search: unknown algorithm 'tabu'; valid: aging-evolution, "),
        ("evaluations: 4", "probe: {source: photos}", "search: unknown probe 'photos'; valid: dead-leaves, noise, "),
        ("evaluations: 4", "evaluations: 0", "search.evaluations must be at least 1, not 0"),
        ("evaluations: 4", "max_seconds: .nan", "search.max_seconds must be at most 31,622,400, not nan"),
        ("evaluations: 4", "tournament: 60", "search: tournament must not exceed the population of 50, not 60"),
        ("evaluations: 4", "probe: {size: 1}", "search.probe.size must be at least 2, not 1"),
        ("0.3M", "0.3MB", "constraints.small.max_params: a count is a positive number, such as 500000, "),
        (
            "max_params: 0.3M",
            "max_memory: 4 Mb",
            "constraints.small.max_memory: an amount of memory is a positive number of bytes, ",
        ),
        (
            "max_params: 0.3M",
            "max_latency: 4",
            "constraints.small.max_latency: a latency is a positive number with us, ",
        ),
        (
            "max_params: 0.3M",
            "min_params: 2M, max_params: 1M",
            "constraints.small: min_params must be at most max_params, which is 1,000,000, not 2,000,000",
        ),
        (
            "0.3M",
            "10",
            "constraints.small (space cifar-resnet, teacher resnet20): no architecture of cifar-resnet has at most 10 "
            "parameters: the smallest costs 83,892 parameters and 12,507,392 MACs for 100 classes",
        ),
        (
            "max_params: 0.3M",
            "max_latency: 4ms, latency: {threads: 999}",
            "constraints.small (space cifar-resnet, teacher resnet20): latency_threads must be at most the ",
        ),
        (
            "max_params: 0.3M",
            "max_latency: 4ms, latency: {device: 'cuda:99'}",
            "constraints.small.latency: device 'cuda:99' is not available; this machine has cpu",
        ),
        (
            "[{name: resnet20}]",
            "[{name: resnet20}, {name: resnet20, num_classes: 10}]",
            "teachers: 'resnet20' is there more than once; give one of them another label",
        ),
        ("[cifar-resnet]", "[cifar-resnet, cifar-resnet]", "spaces: 'cifar-resnet' is there more than once"),
        ("search:", "seeds: [1, 1]\nsearch:", "seeds: 1 is there more than once"),
        ("search:", "seeds: [-1]\nsearch:", "seeds[0]: seed must be at least 0, not -1"),
        ("search:", "seeds: [one]\nsearch:", "seeds[0] must be a whole number, not 'one'"),
        ("search:", "seeds: []\nsearch:", "seeds must have at least 1 entry, not 0"),
        ("{small: {max_params: 0.3M}}", "{}", "constraints must have at least 1 entry, not 0"),
        (
            "name: resnet20",
            "name: resnet20, in_shape: [3, 8]",
            "teachers[0].in_shape must have at least 3 entries, not 2",
        ),
        ("name: resnet20", "name: resnet20, weights: no.st", "teachers[0]: weights file 'no.st' does not exist"),
        (
            "evaluations: 4",
            "probe: {source: 'folder:no/photos'}",
            "search.probe (teacher resnet20): image folder 'no/photos' does not exist",
        ),
        ("resnet20", "'timm:resnetto'", "teacher timm-resnetto: unknown timm model 'resnetto'; valid: "),
    ],
)
def test_each_mistake_has_its_sentence(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as raised:
        ask(GOOD.replace(old, new, 1), tmp_path)
    said = str(raised.value)
    assert said.startswith(sentence)
    assert "\n" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["plan.yaml"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is empty; it needs teachers, spaces and constraints"),
        (b"# nothing\n", "is empty; it needs teachers, spaces and constraints"),
        (b"teachers: [\n", "is not YAML: expected the node content, but found '<stream end>' in line 2, column 1"),
        (b"teachers:\n\t- a\n", "is not YAML: found character '\\t' that cannot start any token in line 2, column 1"),
        (b"a: 1\n---\nb: 2\n", "is not YAML: expected a single document in the stream, but found another document in "),
        (
            b"seeds: [1]\nseeds: [2]\n",
            'is not YAML: found duplicate key "seeds" with value "[2]" (original value: "[1]") in ',
        ),
        (b"when: 2020-13-45\n", "cannot be read: month must be in 1..12"),
        (b"[" * 2_000, "cannot be read: maximum recursion depth exceeded"),
        (b"\xff\xfe\x00\x81", "cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_place(text: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(text)
    with pytest.raises(InputError) as raised:
        read_plan(path)
    assert str(raised.value).startswith(f"plan {str(path)!r} {sentence}")
    assert "\n" not in str(raised.value)


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    with pytest.raises(InputError, match=r"^the plan has no field 'a'; its fields: .* \(line 1\)$"):
        ask(f"a: !!python/object/apply:os.mkdir ['{made}']\n", tmp_path)
    assert not made.exists()


@pytest.mark.parametrize("text", ["- a\n", "hello\n"])
def test_yaml_that_is_no_plan_is_said(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the plan must be a mapping of fields to values, not "):
        ask(text, tmp_path)


def test_a_plan_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no.yaml' cannot be read: No such file or directory$"):
        read_plan(tmp_path / "no.yaml")
    with pytest.raises(InputError, match=r"cannot be read: Is a directory$"):
        read_plan(tmp_path)


def test_weights_that_do_not_fit_are_found_before_any_search(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"not weights")
    text = GOOD.replace("name: resnet20", f"name: resnet20, weights: {tmp_path / 'w.safetensors'}")
    with pytest.raises(InputError, match=r"^teachers\[0\]: weights file .* is a text that begins with"):
        ask(text, tmp_path)
