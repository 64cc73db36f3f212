"""`diswot data` as a user meets it: real files; and real processes where they are killed or lack packages."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import nats_bench
import pytest

from diswot_spaces import get_space
from tests.diswot.cli.inside import diswot

MAIN = "from diswot.cli import main; main()"
WITHOUT = f"import sys; sys.modules.update(nas_201_api=None, nats_bench=None); {MAIN}"
HEADER = "index,arch,cifar10_test_200,cifar100_test_200,imagenet16_test_200,cifar10_valid_12,cifar100_valid_12"
SETS = {"cifar10": "ori-test", "cifar100": "x-test", "ImageNet16-120": "x-test"}


def process(code: str, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=cwd, check=False)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module", name="folder")
def official_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 15,625 architectures, one seed; the last epoch of index i has i / 1000 percent. Files of 25 are written."""
    folder = tmp_path_factory.mktemp("official") / "NATS-tss-v1_0-3ffb9-simple"
    folder.mkdir()
    space = get_space("nasbench201")
    archs = [space.encode(arch) for arch in space.enumerate()]
    nats_bench.pickle_save({"meta_archs": archs}, folder / "meta.pickle")
    for index in range(25):
        results = nats_bench.ArchResults(index, archs[index])
        for dataset, split in SETS.items():
            trial = nats_bench.ResultsCount(dataset, None, {0: 1.0}, {0: 1.0}, 1.0, 1.0, {}, 777, 1, None)
            trial.update_eval({f"{split}@0": index / 1000}, {f"{split}@0": 1.0}, {f"{split}@0": 1.0})
            trial.update_train_info({0: 1.0}, {0: 1.0}, {0: 1.0}, {0: 1.0})
            results.update(dataset, 777, trial)
        nats_bench.pickle_save({"200": results.state_dict()}, folder / f"{index:06d}.pickle")
    return folder


def test_an_import_says_what_it_did_and_what_the_file_has_not(folder: Path, tmp_path: Path) -> None:
    done = diswot("data", "import-nasbench201", folder, "--trust-pickle", "--allow-partial", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "nasbench201.csv").read_text().splitlines()
    assert lines[0] == HEADER
    assert lines[8].endswith("|,0.007,0.007,0.007,,")
    assert done.stdout.splitlines() == [
        "nasbench201.csv: 25 architectures",
        "  cifar10_valid_12 is empty for 25: the file has no such training",
        "  cifar100_valid_12 is empty for 25: the file has no such training",
    ]
    assert "architectures" in done.stderr
    again = diswot("data", "import-nasbench201", folder, "--trust-pickle", "--allow-partial", "--json", cwd=tmp_path)
    assert json.loads(again.stdout) == {
        "table": "nasbench201.csv",
        "architectures": 25,
        "empty": dict.fromkeys(HEADER.split(",")[2:5], 0) | dict.fromkeys(HEADER.split(",")[5:], 25),
        "written": False,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --trust-pickle if you trust where you got it"),
        (["--trust-pickle"], "has results of 25 architectures, not of all 15,625"),
        (["--trust-pickle", "--allow-partial", "--out", "."], "is a folder, not a file"),
    ],
)
def test_wrong_input_is_one_sentence_and_code_2(words: list[str], message: str, folder: Path, tmp_path: Path) -> None:
    done = diswot("data", "import-nasbench201", folder, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line.strip()][-1].startswith("error: ")
    assert message in done.stderr
    assert names(tmp_path) == []


def test_a_large_pickle_is_announced_with_what_it_takes(tmp_path: Path) -> None:
    with (tmp_path / "a.pth").open("wb") as file:
        file.truncate(10**8 + 1)
    done = diswot("data", "import-nasbench201", tmp_path / "a.pth", "--trust-pickle", cwd=tmp_path)
    assert done.returncode == 2
    assert "a.pth is one pickle and is held in memory whole" in done.stderr
    assert "is not a pickle" in done.stderr


def test_a_killed_import_leaves_no_table(folder: Path, tmp_path: Path) -> None:
    telling = (
        "import nats_bench, time; load = nats_bench.NATStopology.reload;\n"
        "def reload(*words):\n    print('loading', flush=True); time.sleep(0.2); load(*words)\n"
        "nats_bench.NATStopology.reload = reload\n"
    )
    words = ["data", "import-nasbench201", str(folder), "--trust-pickle", "--allow-partial"]
    command = [sys.executable, "-c", telling + MAIN, *words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "loading\n"
        child.send_signal(signal.SIGKILL)
    assert names(tmp_path) == []
    assert diswot(*words, cwd=tmp_path).returncode == 0
    assert names(tmp_path) == ["nasbench201.csv"]


def test_everything_else_works_without_the_packages_and_the_import_says_what_to_install(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.pth").write_bytes(b"\x80\x02")
    for words in (["spaces"], ["data", "status"]):
        assert process(WITHOUT, *words, cwd=tmp_path).returncode == 0
    for source, package in ((tmp_path / "a.pth", "nas-bench-201"), (folder, "nats-bench")):
        done = process(WITHOUT, "data", "import-nasbench201", source, "--trust-pickle", cwd=tmp_path)
        assert done.returncode == 2
        assert f"needs the package {package}, not installed: pip install 'diswot[nb201]'" in done.stderr
    light = "import sys, diswot.cli.data; print({'torch', 'nas_201_api', 'nats_bench'} & sys.modules.keys())"
    assert process(light, cwd=tmp_path).stdout == "set()\n"


def test_status_lists_what_is_found_and_how_to_get_the_rest(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "nasbench201.csv").write_text(HEADER)
    (tmp_path / "diswot_resnet_s0.csv").write_text("")
    env = {"DISWOT_DATA": str(tmp_path), "TORCH_HOME": str(folder.parent)}
    done = diswot("data", "status", "--json", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["data_sets"]}
    assert rows["nasbench201.csv"]["path"] == str(tmp_path / "nasbench201.csv")
    assert rows["NATS-tss-v1_0-3ffb9-simple"]["path"] == str(folder)
    assert rows["diswot_resnet_s0.csv"] == {
        "name": "diswot_resnet_s0.csv",
        "found": False,
        "path": None,
        "use": "64 ResNets, alone and distilled, for benchmarks",
        "source": "DisWOT (Dong et al., CVPR 2023), exps/s1-gt-cls.txt and s1-gt-kd.txt of lliai/DisWOT-CVPR2023 on "
        "GitHub",
        "how": "write columns arch, cifar100_test_vanilla, cifar100_test_distilled (135 is arch 1-3-5), and put it "
        "into the folder that DISWOT_DATA names",
    }
    assert {name for name, row in rows.items() if row["found"]} >= {"nasbench201.csv", "NATS-tss-v1_0-3ffb9-simple"}
    assert "NAS-Bench-201-v1_1-096897.pth" in rows
    text = diswot("data", "status", env=env | {"COLUMNS": "200"})
    assert text.returncode == 0
    assert "missing" in text.stdout
    assert "found" in text.stdout
    assert "DISWOT_DATA is not set" not in text.stdout
    assert "DISWOT_DATA is not set" in diswot("data", "status", env={"DISWOT_DATA": ""}).stdout


def test_a_folder_of_tables_that_cannot_be_told_is_one_sentence() -> None:
    done = diswot("data", "status", env={"DISWOT_DATA": "~nobody-here"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: DISWOT_DATA is '~nobody-here', but no user 'nobody-here' has a home folder here\n"
