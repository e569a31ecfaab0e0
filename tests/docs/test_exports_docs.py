"""docs/exports.md: its Python runs, its commands exist, what it says of tables and files is so."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from jobs.cli import app
from tests.fixtures import mini_release
from warehouse.export.omop.mapping import fields, systems

PAGE = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")


def test_every_python_block_runs(tmp_path, capsys):
    mini_release.build(tmp_path / "w")
    names = {"WAREHOUSE": tmp_path / "w", "OUT": tmp_path}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/exports.md", "exec"), names)
    assert capsys.readouterr().out.startswith("6 {'persons without year of birth': 0")
    told = {path.rpartition("/")[2] for path in re.findall(r"^meds/(metadata/\S+)", PAGE, re.MULTILINE)}
    assert told == {path.name for path in (tmp_path / "meds" / "metadata").iterdir()}


def test_commands_tables_and_vocabularies_are_those_of_the_code():
    command = typer.main.get_command(app).commands["export"]
    for name, options in re.findall(r"oncorwe export (\w+) (.+)", PAGE):
        known = {option for parameter in command.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--\w+", options)) <= known
    for table in fields():
        assert f"`{table}`" in PAGE
    for vocabulary in {ask.vocabulary for system in systems() for ask in system.ask}:
        assert vocabulary in PAGE, vocabulary
