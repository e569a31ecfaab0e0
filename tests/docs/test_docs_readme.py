"""What the README shows is run: its queries on a release, its commands against the command line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.synth.samples import write_samples
from warehouse.release import current
from warehouse.sql import ask

if TYPE_CHECKING:
    from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.S)
GROUPS = ("site", "key", "codes", "figure", "export", "cohort")
COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", README, re.S)
        for line in block.splitlines()
        if "oncorwe " in line
    }
)


SHELL_LINES = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith(".venv/")
]


@pytest.fixture(scope="module")
def after_the_demo(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks as a checkout does after ``make demo``: the README's commands are typed there."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".venv" / "bin").mkdir(parents=True)
    script = folder / ".venv" / "bin" / "oncorwe"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m jobs.cli "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    for name in ("jobs", "warehouse"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "demo").mkdir()
    (folder / "demo" / "landing").symlink_to(world.landing)
    (folder / "warehouse_data").symlink_to(world.warehouse)
    write_samples(world.landing, folder / "demo" / "samples")
    return folder


def test_every_command_of_the_page_runs_one_after_the_other(after_the_demo: Path) -> None:
    """As written, in the order of the page; each ends with 0 and says something or writes its file."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    assert len(SHELL_LINES) >= 8
    for line in SHELL_LINES:
        done = subprocess.run(line, shell=True, cwd=after_the_demo, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        written = re.search(r"--output (\S+)", line)
        assert (after_the_demo / written[1]).stat().st_size if written else done.stdout.strip(), line


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
        [sys.executable, "-m", "jobs.cli", *path[: 2 if path[0] in GROUPS else 1], "--help"],
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
