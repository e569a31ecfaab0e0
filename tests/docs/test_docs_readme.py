"""What the README shows is run: its queries on a release, its commands against the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse.release import current
from warehouse.sql import ask

if TYPE_CHECKING:
    from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.S)
COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", README, re.S)
        for line in block.splitlines()
        if "oncorwe " in line
    }
)


def test_there_are_five_worked_queries() -> None:
    assert len(QUERIES) == 5


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_query(world: World, number: int) -> None:
    assert ask(current(world.warehouse), QUERIES[number]).num_rows > 0


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists(command: str) -> None:
    words = command.split()[1:]
    path = [w for i, w in enumerate(words) if re.fullmatch(r"[a-z]+", w) and i < 2]
    done = subprocess.run(
        [sys.executable, "-m", "jobs.cli", *path[: 2 if path[0] in ("site", "key") else 1], "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    for option in re.findall(r"--[a-z-]+", command):
        assert option in done.stdout, option


def test_linked_files_exist() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
