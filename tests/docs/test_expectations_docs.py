"""What docs/validation.md shows is what the code reads and does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from expectations import accept, catalogue
from tests.fixtures.expectations_candidate import clean_rows, write

PAGE = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")


def snippet(language: str, word: str) -> str:
    return next(s for s in re.findall(rf"```{language}\n(.*?)```", PAGE, re.S) if word in s)


def test_the_check_shown_is_the_one_in_the_catalogue():
    shown = tomllib.loads(snippet("toml", "[[check]]"))["check"][0]
    assert shown == next(c for c in catalogue.declared() if c["id"] == shown["id"])


def test_the_accept_file_shown_can_be_used(tmp_path):
    path = tmp_path / "accept.toml"
    path.write_text(snippet("toml", "[[accept]]"), encoding="utf-8")
    assert [a.check_id for a in accept.load(path)] == ["CM07"]


def test_the_python_shown_runs(tmp_path):
    space: dict = {}
    exec(snippet("python", "def judge"), space)
    assert space["judge"](write(tmp_path / "candidate", clean_rows()), None, tmp_path / "out") == "warn"


def test_every_rule_of_the_contract_and_every_status_is_explained():
    from expectations.contract import RULES
    from expectations.model import Status

    assert [name for name in [*RULES, *Status] if f"| {name} |" not in PAGE] == []
    assert f"{len(catalogue.declared())} checks" in PAGE
