"""The command line as a user meets it: real files; and real processes where one might end otherwise than a call."""

import csv
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from diswot_spaces import get_space
from tests.diswot.cli.inside import diswot

DISWOT = [sys.executable, "-c", "from diswot.cli import main; main()"]
QUICK = [
    "--space",
    "cifar-resnet",
    "--probe-size",
    "8",
    "--student-inits",
    "2",
    "--teacher-inits",
    "1",
    "--executor",
    "serial",
]
SEARCH = ["search", "--teacher", "resnet20", "--score", "diswot", "--evaluations", "6", "--population", "4"]


def process(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DISWOT, *words], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture(scope="module", name="run")
def one_search(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("run")
    words = [*SEARCH, "--tournament", "2", "--max-params", "0.3M", *QUICK, "--out", str(folder / "first"), "--json"]
    done = process(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "first", done


def test_json_is_one_object_on_stdout_and_equals_the_file(run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = run
    result = json.loads(done.stdout)
    assert result == json.loads((folder / "result.json").read_text())
    assert result["schema"] == 3
    assert {"arch", "score", "stderr", "params", "macs", "components"} <= result["recommended"].keys()
    assert len(result["alternatives"]) == 3
    assert {"teacher", "space", "algorithm", "evaluations", "seed"} <= result["search"].keys()
    assert result["search"]["evaluations"] == 6
    student, teacher = result["recommended"], result["teacher"]
    assert teacher["compression"] == pytest.approx(teacher["params"] / student["params"], abs=1e-3)
    assert result["recommended"]["score"] == pytest.approx(sum(result["recommended"]["components"].values()))
    assert "error" not in done.stderr


@pytest.mark.parametrize(
    ("teacher", "space", "lines"),
    [
        ("resnet56", "cifar-resnet", ["Teacher resnet56: random weights, 861,620 parameters ("]),
        (
            "resnet20",
            "nasbench201",
            ["Teacher resnet20: random", "The student is larger than its teacher; limit it with"],
        ),
        (
            "timm:test_resnet.r160_in1k",
            "cifar-resnet",
            ["Teacher timm:test_resnet.r160_in1k: random", "The trained weights 'r160_in1k' that the teacher's name"],
        ),
    ],
)
def test_the_teacher_is_shown_beside_the_student(teacher: str, space: str, lines: list[str]) -> None:
    words = [
        "search",
        "--teacher",
        teacher,
        "--score",
        "params",
        "--evaluations",
        "40",
        "--space",
        space,
        "--seed",
        "1",
    ]
    done = diswot(*words, "--executor", "serial", "--student-inits", "1", "--no-cache", "--min-params", "0.3M")
    assert done.returncode == 0, done.stderr
    for line in lines:
        assert done.stdout.count(line) == 1, done.stdout


def test_every_candidate_is_on_file_within_the_budget_best_first(
    run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = run
    with (folder / "candidates.csv").open() as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["score"]) for row in rows]
    space = get_space("cifar-resnet")
    assert len({row["arch"] for row in rows}) == 6
    assert scores == sorted(scores, reverse=True)
    assert sorted(int(row["evaluation"]) for row in rows) == list(range(1, 7))
    result = json.loads((folder / "result.json").read_text())
    close = [row["arch"] for row in rows[1:] if scores[0] - float(row["score"]) < result["min_detectable_difference"]]
    assert result["tied"] == close
    for row in rows:
        assert int(row["params"]) == space.costs(space.decode(row["arch"]), 100).params <= 300_000


def test_the_plot_is_a_png(run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = run
    assert (folder / "search.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in folder.iterdir()) == [
        "candidates.csv",
        "report.html",
        "result.json",
        "search.png",
    ]


def test_the_same_seed_gives_the_same_result_whoever_computes(
    run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _ = run
    words = [*QUICK[:-1], "processes", "--workers", "2"]
    done = diswot(*SEARCH, "--tournament", "2", "--max-params", "0.3M", *words, "--out", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    first, again = (json.loads((path / "result.json").read_text()) for path in (folder, tmp_path / "again"))
    for result in (first, again):
        assert result.pop("timings")
        assert result.pop("cache")["hits"] == 0
    assert json.dumps(first) == json.dumps(again)
    assert (folder / "candidates.csv").read_bytes() == (tmp_path / "again" / "candidates.csv").read_bytes()
    assert first["recommended"]["arch"] in done.stdout


def test_the_next_command_gives_the_score_that_it_speaks_of() -> None:
    strange = ["--seed", "7", "--input", "1x28x28", "--classes", "10", "--probe", "noise", "--dtype", "bfloat16"]
    words = ["search", "--teacher", "resnet20", "--score", "diswot", "--evaluations", "3", *QUICK, *strange]
    shown, printed = diswot(*words), json.loads(diswot(*words, "--json").stdout)
    command = shlex.split(shown.stdout.splitlines()[-1])
    assert command[:2] == ["diswot", "score"]
    explained = json.loads(diswot(*command[1:], "--executor", "serial", "--json").stdout)
    best = printed["recommended"]
    assert (explained["student"]["arch"], explained["student"]["score"]) == (best["arch"], best["score"])
    assert explained["student"]["stderr"] == best["stderr"]


def test_a_folder_with_another_search_is_left_alone(run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = run
    before = (folder / "result.json").read_bytes()
    done = diswot(*SEARCH, "--tournament", "2", *QUICK, "--seed", "1", "--out", str(folder))
    assert done.returncode == 2
    assert "holds the result of another search; choose another folder" in done.stderr
    assert (folder / "result.json").read_bytes() == before


def test_score_explains_each_component() -> None:
    done = diswot("score", "--teacher", "resnet20", "--score", "diswot", "--arch", "1-3-5", *QUICK, "--json")
    assert done.returncode == 0, done.stderr
    explained = json.loads(done.stdout)
    assert explained["student"]["arch"] == "1-3-5"
    assert [part["name"] for part in explained["parts"]] == ["diswot"]
    assert explained["student"]["score"] == pytest.approx(sum(part["adds"] for part in explained["parts"]))
    assert explained["student_inits"] == 2


def test_a_student_under_a_latency_budget_holds_it_when_timed_again(tmp_path: Path) -> None:
    limits = ["--max-latency", "60s", "--min-memory", "100 kB", "--max-memory", "1MB", "--min-params", "100k"]
    limits += ["--relaxation", "0"]
    done = diswot(*SEARCH, "--tournament", "2", *limits, *QUICK, "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "bytes of activations of 100,000 to 1,000,000" in done.stdout
    assert " of at most 60 s on cpu (1 thread, batch 1)" in done.stdout
    assert "for these students once more in a fresh process" in done.stdout
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["search"]["constraints"]["latency"] == {"device": "cpu", "threads": 1, "batch": 1}
    assert all(0 < one["latency"] <= 60 for one in (result["recommended"], *result["alternatives"]))
    with (tmp_path / "out" / "candidates.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert all(0 < float(row["latency"]) <= 60 for row in rows)
    assert all(100_000 <= int(row["memory"]) <= 1_000_000 for row in rows)
    assert float(rows[0]["latency"]) == result["recommended"]["latency"]


def test_score_speaks_to_people_too() -> None:
    done = diswot("score", "--teacher", "resnet20", "--score", "macs", "--arch", "1-3-5", *QUICK)
    assert done.returncode == 0, done.stderr
    assert "1-3-5" in done.stdout
    assert "258,532 parameters" in done.stdout or "parameters" in done.stdout


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("spaces", ["nasbench201", "15,625"]),
        ("teachers", ["resnet110", "mobilenetv2:largest", "timm:NAME"]),
        ("proxies", ["diswot", "default"]),
    ],
)
def test_lists(command: str, names: list[str]) -> None:
    done = diswot(command)
    assert done.returncode == 0
    assert all(name in done.stdout for name in names)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--teacher", "resnet57"], "unknown teacher 'resnet57'; valid: resnet8, resnet14, resnet20, resnet32"),
        (["--space", "nb"], "unknown search space 'nb'; valid: nasbench201, cifar-resnet, mobilenetv2"),
        (["--score", "magic"], "unknown proxy 'magic'; valid: default"),
        (["--probe", "mnist"], "unknown probe 'mnist'; valid: dead-leaves, noise, folder:PATH, idx:PATH, cifar:PATH"),
        (["--executor", "dask"], "unknown executor 'dask'; valid: serial, processes, ray"),
        (["--classes", "0"], "classes must be at least 1, not 0"),
        (["--input", "32x32"], "an input is written CHANNELSxHEIGHTxWIDTH, such as 3x32x32, not '32x32'"),
        (["--max-params", "0.5X"], "a count is a positive number, such as 500000, 0.5M or 80 MMACs, not '0.5X'"),
        (
            ["--min-params", "2M", "--max-params", "1M"],
            "min_params must be at most max_params, which is 1,000,000, not",
        ),
        (["--min-params", "2M"], "the largest costs 1,537,396 parameters and"),
        (["--min-params", "510k", "--max-params", "515k"], "the nearest costs"),
        (["--max-memory", "2 apples"], "an amount of memory is a positive number of bytes, such as 300000, 512 KiB"),
        (["--max-latency", "4"], "a latency is a positive number with us, ms or s behind it, such as 4ms, not '4'"),
        (["--latency-threads", "0"], "latency_threads must be at least 1, not 0"),
        (["--max-latency", "4ms", "--latency-device", "npu"], "latency_device must be cpu, cuda or cuda:N, not 'npu'"),
        (["--max-params", "10"], "the smallest costs 79,156 parameters and 7,788,800 MACs for 100 classes"),
        (["--evaluations", "0"], "evaluations must be at least 1, not 0"),
        (["--workers", "0"], "workers must be at least 1, not 0"),
        (["--device", "abacus"], "device 'abacus' is not available; this machine has cpu"),
        (["--tournament", "60"], "tournament must not exceed the population of 50, not 60"),
        (["--algorithm", "magic"], "unknown algorithm 'magic'; valid: aging-evolution, nsga2, random, exhaustive"),
        (["--algorithm", "exhaustive", "--space", "mobilenetv2"], "lists spaces of at most 100,000 architectures"),
        (["--pareto-cost", "depth"], "unknown pareto cost 'depth'; valid: params, macs, memory, latency"),
        (["--max-seconds", "0"], "max_seconds must be more than 0, not 0"),
        (["--seed", "-1"], "seed must be at least 0, not -1"),
        (["--weights", "no.safetensors"], "weights file 'no.safetensors' does not exist"),
        (["--teacher", "nasbench201:|x"], "not a nasbench201 architecture"),
    ],
)
def test_wrong_input_is_one_sentence_exit_code_2_and_no_file(words: list[str], sentence: str, tmp_path: Path) -> None:
    done = diswot("search", "--teacher", "resnet20", *words, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_process_ends_as_the_call_does(tmp_path: Path) -> None:
    words = ["search", "--teacher", "resnet57", "--out", "out"]
    ended, called = process(*words, cwd=tmp_path), diswot(*words, cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (called.returncode, called.stdout, called.stderr)
    assert ended.returncode == 2


def test_a_dry_run_estimates_the_search_and_writes_nothing(tmp_path: Path) -> None:
    words = [*SEARCH, *QUICK, "--out", "run", "--dry-run"]
    told = json.loads(diswot(*words, "--json", cwd=tmp_path).stdout)
    assert told.keys() == {"evaluations", "networks", "seconds", "workers"}
    assert (told["evaluations"], told["networks"], told["workers"]) == (6, 6 + 6, 1)
    assert told["seconds"] > 0
    said = diswot(*words, cwd=tmp_path).stdout
    assert said.startswith("Up to 6 evaluations, and 12 networks to build for what is left of them: about ")
    assert said.endswith(" on 1 worker, where the cache holds nothing of it.\n")
    assert list(tmp_path.iterdir()) == []
