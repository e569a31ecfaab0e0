"""The one-line cases of tests/spec/facts, each a test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nlp.pipeline import annotate_note

FOLDER = Path(__file__).with_name("facts")
NOTE_DATE = "2018-01-01"


class Case(NamedTuple):
    """A line: the text, its clauses, whether it is a known failure."""

    text: str
    clauses: tuple[str, ...]
    known_failure: bool


def _cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                known = line.startswith("~")
                text, _, expected = line.lstrip("~ ").partition(" => ")
                case = Case(text, tuple(part.strip() for part in expected.split("; ")), known)
                found.append(pytest.param(case, id=f"{path.stem}:{number}"))
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "+".join(sorted(value))
    return str(value).replace(" ", "_")


def _holds(clause: str, facts: dict[str, list[dict[str, Any]]]) -> bool:
    wanted = clause.lstrip("!")
    table, *columns = wanted.split(" ")
    pairs = [re.split("=", column, maxsplit=1) for column in columns]
    there = any(all(_written(row.get(name)) == value for name, value in pairs) for row in facts.get(table, []))
    return there != clause.startswith("!")


@pytest.mark.parametrize("case", _cases())
def test_case(case: Case) -> None:
    """Every clause of the line holds (or, of a known failure, some clause does not)."""
    facts = annotate_note({"note_id": "t", "text": case.text, "note_time": NOTE_DATE})["facts"]
    failed = [clause for clause in case.clauses if not _holds(clause, facts)]
    if case.known_failure:
        assert failed, "a known failure now passes: remove its ~"
    else:
        assert not failed, f"{case.text}: {failed}\n{facts}"


def test_there_are_enough_cases() -> None:
    """The agreed number of cases over all variables."""
    assert len(_cases()) >= 600
