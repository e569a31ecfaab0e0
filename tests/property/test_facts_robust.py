"""What must hold for any text: no error, evidence inside the note, columns of the table model, linear time."""

from __future__ import annotations

import os
import random
import time
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlp.pipeline import annotate_note

ROOT = Path(__file__).parents[2]
EXTRA = {"evidence", "mention_nos", "confidence", "date_basis"}
NOT_YET_COLUMNS = {"clinician_line", "variant", "sample_date"}
"""Keys that a fact may carry beyond its table's columns (the doctor's own line of therapy, the variant as written)."""
CASES = sorted((ROOT / "tests/spec/facts").glob("*.txt"))


def _texts() -> list[str]:
    lines = [
        line
        for path in CASES
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return [line.lstrip("~ ").partition(" => ")[0] for line in lines]


@cache
def _columns(table: str) -> dict[str, dict[str, Any]]:
    model = tomllib.loads((ROOT / f"warehouse/tables/release/{table}.toml").read_text(encoding="utf-8"))
    return {column["name"]: column for column in model["column"]}


def _mutated(chooser: random.Random, texts: list[str]) -> str:
    text = "".join(chooser.sample(texts, chooser.randint(1, 4)))
    chars = list(text)
    for _ in range(chooser.randint(0, 12)):
        at = chooser.randrange(len(chars)) if chars else 0
        match chooser.randint(0, 3):
            case 0 if chars:
                del chars[at]
            case 1:
                chars.insert(
                    at, chooser.choice("()（）/、，。;0123456789+-%ⅢabcTNMx×°度期淋转移癌\n\u3000\U0001f600\x00İ")
                )
            case 2 if chars:
                chars[at] = chooser.choice(chars)
            case _:
                cut = chooser.randrange(len(chars) + 1)
                chars = chars[cut:] + chars[:cut]
    return "".join(chars)


def _check(text: str, facts: dict[str, list[dict[str, Any]]]) -> None:
    for table, rows in facts.items():
        columns = _columns(table)
        for row in rows:
            start, end = row["evidence"]
            assert 0 <= start < end <= len(text), (table, row)
            assert 0 < row["confidence"] <= 1
            assert set(row) <= set(columns) | EXTRA | NOT_YET_COLUMNS, (table, set(row) - set(columns))
            for name, value in row.items():
                allowed = columns.get(name, {}).get("values")
                assert allowed is None or value in allowed, (table, name, value)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_notes_raise_nothing(seed: int) -> None:
    """60 mutated texts a seed: no error, and every fact is well formed."""
    chooser, texts = random.Random(seed), _texts()
    for _ in range(60):
        text = _mutated(chooser, texts)
        _check(text, annotate_note({"note_id": "t", "text": text, "note_time": "2018-01-01"})["facts"])


def test_all_cases_are_well_formed() -> None:
    """The texts of the cases, one note each: columns and closed value sets of the table model."""
    for text in _texts():
        _check(text, annotate_note({"note_id": "t", "text": text, "note_time": "2018-01-01"})["facts"])


SOAK = int(os.environ.get("ONCORWE_SOAK_NOTES", "20000"))
"""Notes of the long run: ``ONCORWE_SOAK_NOTES=1000000 make soak`` reads a million (about two milliseconds each)."""


@pytest.mark.soak
def test_many_mutated_notes_raise_nothing() -> None:
    """Each note comes from its own number, so a failing one can be made again; facts are well formed, offsets inside."""
    texts = _texts()
    for number in range(SOAK):
        text = _mutated(random.Random(number), texts)
        try:
            _check(text, annotate_note({"note_id": number, "text": text, "note_time": "2018-01-01"})["facts"])
        except Exception as error:
            raise AssertionError(f"mutated note {number}: {type(error).__name__}") from error


@pytest.mark.soak
def test_time_is_linear() -> None:
    """Eight times the text takes less than sixteen times as long."""
    base = "。".join(_texts())[:6000]

    def seconds(text: str) -> float:
        started = time.process_time()
        annotate_note({"note_id": "t", "text": text})
        return time.process_time() - started

    seconds(base)
    assert seconds(base * 8) < 16 * max(seconds(base), 0.02)
