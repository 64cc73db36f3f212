"""The wheel, installed outside the tree: what a user has."""

import os
import site
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
GENERIC = ("benchmarks", "search_spaces", "service")


@pytest.fixture(scope="module", name="wheel")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module", name="command")
def installed_command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`diswot` of an environment with nothing but the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return folder / "bin" / "diswot"


def environment(**more: str) -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more


def run(command: Path, *words: str, cwd: Path, **more: str) -> str:
    done = subprocess.run([command, *words], capture_output=True, text=True, cwd=cwd, env=environment(**more))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_package_of_a_generic_name_is_installed(wheel: Path) -> None:
    names = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    packages = {name for name in names if not name.endswith(".dist-info")}
    assert packages == {"diswot", "diswot_benchmarks", "diswot_service", "diswot_spaces"}


SEARCH = ("search", "--teacher", "resnet20", "--classes", "10", "--space", "cifar-resnet", "--max-params", "0.5M")


@pytest.mark.slow
def test_the_installed_wheel_searches(command: Path, tmp_path: Path) -> None:
    shown = run(command, *SEARCH, "--evaluations", "6", "--out", "runs/demo", cwd=tmp_path)
    assert "Recommended student" in shown
    assert {"result.json", "candidates.csv", "search.png"} <= {path.name for path in (tmp_path / "runs/demo").iterdir()}


def test_packages_of_the_users_own_are_left_alone(command: Path, tmp_path: Path) -> None:
    for name in GENERIC:
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('a package of the user')", encoding="utf-8")
    for words in (
        ("spaces",),
        ("benchmark", "--help"),
        ("up", "--help"),
        ("serve", "--help"),
        ("worker", "--help"),
        ("keys", "--help"),
    ):
        run(command, *words, cwd=tmp_path, PYTHONPATH=str(tmp_path))
