"""docs/codes.md: the numbers of rows are true, its commands and settings exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import typer

from jobs.cli import app
from jobs.runtime.settings import Settings
from warehouse import codes
from warehouse.codes import institution
from warehouse.codes.lookup import LOADERS

PAGE = (Path(__file__).parents[2] / "docs" / "codes.md").read_text(encoding="utf-8")


def test_rows_are_counted_about_right():
    counts = {name: len(load()) for name, load in LOADERS.items()} | {
        "stage_groups": len(codes.stage_groups()),
        "stage_systems": len(codes.stage_systems()),
    }
    told = re.findall(r"^\| ((?:\w+\.tsv(?:, )?)+) \| ([\d, ]+) \|", PAGE, re.MULTILINE)
    listed = {
        f.removesuffix(".tsv"): int(n)
        for names, rows in told
        for f, n in zip(names.split(", "), rows.split(", "), strict=True)
    }
    assert set(listed) == set(counts)
    assert all(abs(listed[name] - counts[name]) <= 0.2 * counts[name] for name in counts)


def test_commands_tables_and_settings_exist():
    command = typer.main.get_command(app).commands["codes"]
    for name, rest in re.findall(r"oncorwe codes (\w+)(.*)", PAGE):
        known = {option for parameter in command.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest.partition("`")[0])) <= known, name
    assert all(f"`{table}`" in PAGE for table in institution.tables())
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        assert Settings.model_validate(tomllib.loads(block)).codes.folder
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/codes.md", "exec"), {})
