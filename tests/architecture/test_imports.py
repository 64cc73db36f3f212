"""Arrows point one way: search_spaces <- diswot <- service, benchmarks; tables are free of heavy packages."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {
    "diswot_spaces": {"diswot_spaces"},
    "diswot": {"diswot", "diswot_spaces"},
    "diswot_service": {"diswot_service", "diswot", "diswot_spaces"},
    "diswot_benchmarks": {"diswot_benchmarks", "diswot", "diswot_spaces"},
}
FOLDERS = {
    "diswot": ROOT / "diswot",
    "diswot_spaces": ROOT / "search_spaces" / "diswot_spaces",
    "diswot_service": ROOT / "service" / "diswot_service",
    "diswot_benchmarks": ROOT / "benchmarks" / "diswot_benchmarks",
}


def imported(path: Path, *, run_time: bool = False) -> set[str]:
    """Top-level packages that a module imports, wherever in it; `run_time` leaves out what only type checkers see."""
    return {name.split(".")[0] for name in imported_names(path, run_time=run_time)}


def imported_names(path: Path, *, run_time: bool) -> set[str]:
    """What a module imports, by whole names: `from a.b import c` is `a.b.c`."""
    tree = ast.parse(path.read_text())
    for node in list(ast.walk(tree)):
        if run_time and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def modules() -> dict[str, Path]:
    """The files of all rooms by the names that they are imported by."""
    return {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in FOLDERS.values()
        for path in folder.rglob("*.py")
    }


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The modules on the first circle of imports that is found, from one to the next; none if there is no circle."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_files_import_one_another_in_a_circle() -> None:
    """Neither at the top nor inside functions; what only type checkers see does not count."""
    paths = modules()
    arrows = {
        name: {
            found if found in paths else found.rpartition(".")[0]
            for found in imported_names(path, run_time=True)
            if found in paths or found.rpartition(".")[0] in paths
        }
        for name, path in paths.items()
    }
    assert sum(map(len, arrows.values())) > 500, "the imports are seen"
    assert circles(arrows) == []


def test_a_circle_is_named() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})[0] in "abc"
    assert circles({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_one_above_it(room: str) -> None:
    for path in FOLDERS[room].rglob("*.py"):
        forbidden = (imported(path) & ROOMS.keys()) - ROOMS[room]
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_spaces_are_pure_python_beside_their_networks() -> None:
    for path in FOLDERS["diswot_spaces"].rglob("*.py"):
        found = imported(path, run_time=True) - set(sys.stdlib_module_names) - {"diswot_spaces", "numpy"}
        allowed = {"networks": {"torch"}, "blocks": {"torch"}, "declared": {"ruamel"}}.get(path.parent.name, set())
        assert found <= allowed, f"{path.relative_to(ROOT)} imports {found}"


@pytest.mark.parametrize(
    "module",
    [
        "diswot_spaces",
        "diswot",
        "diswot.proxies",
        "diswot.latency",
        "diswot.spec",
        "diswot.spec.document",
        "diswot.search.algorithms",
        "diswot.search.feasible",
        "diswot.batch.plan",
        "diswot.batch.read",
        "diswot.cli",
    ],
)
def test_tables_and_specs_are_free_of_heavy_packages(module: str) -> None:
    code = (
        f"import sys, {module}; print(*sorted({{'torch', 'ray', 'timm', 'matplotlib', 'pymoo'}} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_losses_stand_on_torch_alone() -> None:
    """Proxies and training loops import them, never the other way round."""
    for path in (ROOT / "diswot" / "losses").rglob("*.py"):
        modules = {
            node.module
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("diswot")
        }
        assert all(module.startswith("diswot.losses") for module in modules), f"{path.name} imports {modules}"


def test_the_command_line_starts_where_there_is_no_fcntl() -> None:
    """As on Windows: neither a module of ours nor one that it imports at start may need it."""
    code = "import sys; sys.modules['fcntl'] = None; import diswot; from diswot.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "search" in done.stdout
    paths = [
        path for room in ("diswot", "search_spaces", "service", "benchmarks") for path in (ROOT / room).rglob("*.py")
    ]
    assert [path for path in paths if "fcntl" in imported(path)] == []
