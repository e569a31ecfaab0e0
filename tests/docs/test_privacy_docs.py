"""The privacy page: its commands exist, its settings load, its tables name what there is, its snippet runs."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from jobs.cli import app
from jobs.runtime.settings import Settings
from tests.fixtures import mini_release
from warehouse.privacy.profile import question_remarks, wide
from warehouse.privacy.risk import attributes
from warehouse.questions import questions

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()
]
TOML = [block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.S) if "site file" not in block]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_and_options_exist(line: str) -> None:
    words = shlex.split(line)
    assert words.pop(0) == "oncorwe"
    command = typer.main.get_command(app)
    context = typer.Context(command)
    while words and hasattr(command, "get_command") and (found := command.get_command(context, words[0])):
        command = found
        words.pop(0)
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if re.fullmatch(r"--[a-z-]+", word)} <= options, line


def test_settings_load_and_the_shown_defaults_are_the_defaults() -> None:
    assert len(TOML) == 2
    privacy, release = (Settings.model_validate(tomllib.loads(block)) for block in TOML)
    assert release.release.profile == "wide" and release.release.wide == Settings().release.wide
    plain = privacy.privacy.risk.model_copy(update={"warn": {}, "block": {}})
    assert plain == Settings().privacy.risk and privacy.privacy.refuse_namesakes is Settings().privacy.refuse_namesakes


def test_what_the_page_says_of_measures_and_questions_is_so() -> None:
    assert set(Settings().privacy.risk.quasi) <= set(attributes("quasi"))
    names = {q.name for q in questions()}
    assert set(question_remarks()) <= names and {"q06_time_to_treatment", "q15b_evidence"} <= set(question_remarks())
    assert wide()["entity_mention"].rows == "none" and "length_of_stay" in PAGE.replace(" ", "_").lower()


def test_the_snippet_runs(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    scope = {"release": mini_release.build(tmp_path)}
    exec(snippet, scope)
    assert "suppressed" in scope["may_leave"].column_names  # type: ignore[attr-defined]
