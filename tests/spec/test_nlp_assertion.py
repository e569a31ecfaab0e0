"""Assertion on readable one-line cases: polarity, temporality and experiencer of the marked mentions."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp import assertion, clauses, sections
from nlp.markup import Case, parse, render
from nlp.model import Mention, Note
from nlp.text import fold

LINES = [
    line
    for line in (Path(__file__).parent / "cases_assertion.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def asserted(case: Case) -> list[Mention]:
    """The case's mentions, stripped of their values and asserted anew by the rules."""
    note = Note(case.text, fold(case.text))
    sections.split(note)
    clauses.split(note)
    note.mentions = [Mention(m.start, m.end, m.label, m.text) for m in case.mentions]
    assertion.qualify(note)
    return note.mentions


@pytest.mark.parametrize("line", [line for line in LINES if not line.startswith("!")])
def test_case(line: str) -> None:
    case = parse(line)
    assert render(case.text, asserted(case)) == render(case.text, list(case.mentions))


@pytest.mark.parametrize("line", [line[1:] for line in LINES if line.startswith("!")])
def test_known_failure(line: str) -> None:
    case = parse(line)
    assert render(case.text, asserted(case)) != render(case.text, list(case.mentions)), (
        "fixed: remove the ! of this case"
    )


def test_enough_cases() -> None:
    assert len(LINES) >= 300
