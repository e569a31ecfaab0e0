"""No variable without a definition in words: every column that a fact carries is named in the section of its table."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from nlp.evaluation import facts as evaluation
from nlp.model import Label
from nlp.pipeline import annotate_note

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests/spec/facts").glob("*.txt"))
ALL_SHARE = {"evidence", "mention_nos", "confidence", "date_basis"}


@cache
def _sections() -> dict[str, str]:
    """Table to the text under its heading; the part on what all facts share under an empty name."""
    parts = re.split(r"^## ", (ROOT / "docs/variables-facts.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, str] = {"": next(part for part in parts if part.startswith("What all facts share"))}
    for part in parts:
        for table in re.findall(r"`(\w+)`", part.splitlines()[0]):
            found[table] = part
    return found


@cache
def _columns() -> dict[str, set[str]]:
    """The columns that facts of the one-line cases carry, by table."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in (line for path in CASES for line in path.read_text(encoding="utf-8").splitlines()):
        if line.strip() and line[0] != "#":
            text = line.lstrip("~ ").partition(" => ")[0]
            for table, rows in annotate_note({"note_id": "t", "text": text, "note_time": "2018-01-01"})[
                "facts"
            ].items():
                found[table] |= {name for row in rows for name in row}
    return found


def test_every_table_has_a_section() -> None:
    """All tables that facts go to."""
    assert set(_columns()) <= set(_sections())


@pytest.mark.parametrize("table", sorted(_columns()))
def test_every_column_is_defined(table: str) -> None:
    """In the section of its table, or where the page says what all facts share."""
    shared = _sections()[""]
    missing = [
        name
        for name in sorted(_columns()[table])
        if f"`{name}`" not in (shared if name in ALL_SHARE else _sections()[table])
    ]
    assert not missing, f"docs/variables-facts.md does not define {table}: {missing}"


def test_every_evaluated_variable_is_defined() -> None:
    """What `oncorwe evaluate facts` counts."""
    for variable in evaluation.variables():
        section = _sections()[variable.table]
        assert all(f"`{column}`" in section for column in variable.columns), variable.name


def test_every_label_is_defined() -> None:
    """Of mentions, in docs/variables.md."""
    page = (ROOT / "docs/variables.md").read_text(encoding="utf-8")
    assert [label for label in Label if f"`{label}`" not in page] == []
