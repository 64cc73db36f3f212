"""Commands are imported when they are asked for."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.main import get_command

from diswot.cli.app import COMMANDS, MOUNTED, app, commands
from diswot.cli.lazy import LazyCommand
from diswot.errors import DiswotError

TOP: Any = get_command(app)


@pytest.mark.parametrize("name", [*COMMANDS, *MOUNTED])
def test_each_command_is_where_the_table_says(name: str) -> None:
    found = TOP.commands[name]
    assert found.name == name
    assert found.help
    assert found is TOP.commands[name], "it is made once"


def test_commands_of_packages_stand_behind_our_own() -> None:
    assert [name for name in commands() if name in COMMANDS or name in MOUNTED] == [*COMMANDS, *MOUNTED]
    assert "nothing" not in TOP.commands


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = (
        "import sys; sys.argv = ['diswot', '--help']; from diswot.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({'numpy', 'torch', 'diswot.spec', 'diswot.cli.search'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *listed, imported = done.stdout.splitlines()
    assert imported == ""
    assert any(line.startswith("  search ") for line in listed)


@pytest.mark.parametrize("place", ["nowhere.to:find", "diswot.cli.app:nothing"])
def test_a_command_that_cannot_be_imported_is_named(place: str) -> None:
    with pytest.raises(DiswotError, match=f"^the command 'mine' cannot be loaded from '{place}': "):
        LazyCommand(place, "Mine.").load("mine")


def test_functions_and_groups_are_commands() -> None:
    assert isinstance(LazyCommand("diswot.cli.score:score", "").load("score"), typer.core.TyperCommand)
    assert isinstance(LazyCommand("diswot.cli.data:app", "").load("data"), typer.core.TyperGroup)
