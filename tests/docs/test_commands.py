"""The commands in README, guides and notes: each names a command that there is, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from diswot.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")})
BLOCK = re.compile(r"^```\w*\n(.*?)^```|((?:^    [^\n]*\n)+)|`(diswot [^`]+)`", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[list[str]]:
    """Words of every `diswot ...` in code, comments and continuation lines taken away."""
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        text = next(filter(None, found.groups())).replace("\\\n", " ")
        for line in text.splitlines():
            for part in (
                re.split(r";|\||&&", line.partition(" # ")[0]) if "'" not in line else [line.partition(" # ")[0]]
            ):
                words = part.strip().removeprefix("$ ")
                if words.startswith("diswot "):
                    yield shlex.split(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_of_the_documentation_can_be_given(page: Path) -> None:
    top = get_command(app)
    for words in commands(page):
        command, known = top, []
        for word in words[1:]:
            inner = getattr(command, "commands", {}).get(word)
            if inner is not None:
                command = inner
            elif word.startswith("--"):
                known = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]
                assert word.partition("=")[0] in [*known, "--help"], f"{shlex.join(words)} has no {word}"
        assert command is not top or words[1].startswith("-"), f"{shlex.join(words)} is no command"
