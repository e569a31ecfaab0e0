"""Facts do not depend on how a hospital's system writes a note: width, case, Roman numerals, signs, traditional characters, O for 0.

Every one-line case is rewritten and read again; the coded values of its facts must be the same. What does not hold yet is listed with
the reason and asserted as such, so that the list can only become shorter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlp import lexicons
from nlp.pipeline import annotate_note
from nlp.text import fold

FOLDER = Path(__file__).parents[1] / "spec" / "facts"
NOTE_DATE = "2018-01-01"
_WORDS = ("_raw", "_text", "alias", "unit")
_PLACES = {"evidence", "mention_nos", "confidence", "variable_code"}


def _texts() -> list[str]:
    lines = [line for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line.partition(" => ")[0] for line in lines if line.strip() and line[0] not in "#~"]


def _full_width(text: str) -> str:
    """ASCII letters, digits and signs as full-width forms."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _half_width(text: str) -> str:
    """Full-width forms as ASCII, Chinese punctuation as its ASCII twin."""
    twins = str.maketrans("，；：（）％＋－～？！", ",;:()%+-~?!")
    return "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in text.translate(twins))


def _roman_letters(text: str) -> str:
    """Ⅲ as III."""
    for sign, letters in (("Ⅰ", "I"), ("Ⅱ", "II"), ("Ⅲ", "III"), ("Ⅳ", "IV")):
        text = text.replace(sign, letters)
    return text


def _roman_signs(text: str) -> str:
    """III before 期 and 度 as Ⅲ."""
    signs = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ"}
    return re.sub(r"(?<![A-Za-z])(IV|I{1,3})(?=[ABC]?[12]?\s?[期度级°])", lambda match: signs[match[1]], text)


@cache
def _to_traditional() -> dict[int, str]:
    pairs: dict[str, list[str]] = {}
    for row in lexicons.rows("traditional"):
        pairs.setdefault(row["simplified"], []).append(row["traditional"])
    return {ord(simple): forms[0] for simple, forms in pairs.items() if fold(forms[0]) == simple}


def _traditional(text: str) -> str:
    return text.translate(_to_traditional())


def _letter_o(text: str) -> str:
    """N0 and M0 with the letter O, as keyed or read by a machine."""
    return re.sub(r"(?<=T[1-4x])N0(?=M)|(?<=N[0-3x])M0|(?<=N[0-3][abc])M0", lambda match: match.group()[0] + "O", text)


REWRITINGS: dict[str, Callable[[str], str]] = {
    "full width": _full_width,
    "half width": _half_width,
    "upper case": str.upper,
    "lower case": str.lower,
    "Roman letters": _roman_letters,
    "Roman signs": _roman_signs,
    "multiplication": lambda text: text.replace("×", "*"),
    "traditional": _traditional,
    "letter O": _letter_o,
    "blank lines": lambda text: f"\n\n{text}\n",
}


def _coded(text: str) -> list[tuple[str, Any]]:
    """The facts of a text by their coded values: words of the note and places left out."""
    facts = annotate_note({"note_id": "t", "text": text, "note_time": NOTE_DATE})["facts"]
    rows = []
    for table, found in facts.items():
        for row in found:
            kept = {k: v for k, v in row.items() if k not in _PLACES and not any(word in k for word in _WORDS)}
            rows.append((table, sorted((name, str(value)) for name, value in kept.items())))
    return sorted(rows, key=repr)


@cache
def _original(text: str) -> list[tuple[str, Any]]:
    return _coded(text)


NOT_YET: dict[str, set[str]] = {}
"""Tables that a rewriting still changes."""


def differing(rewriting: str) -> dict[str, set[str]]:
    """The tables whose facts change under a rewriting, with the case texts."""
    change = REWRITINGS[rewriting]
    found: dict[str, set[str]] = {}
    for text in _texts():
        if (new := change(text)) != text:
            one, other = _original(text), _coded(new)
            for table in {table for table, _ in (*one, *other)}:
                if [row for row in one if row[0] == table] != [row for row in other if row[0] == table]:
                    found.setdefault(table, set()).add(text)
    return found


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_facts_do_not_depend_on_the_writing(rewriting: str) -> None:
    """The same facts, and every table that is listed as not yet done does differ."""
    changed = differing(rewriting)
    assert set(changed) == NOT_YET.get(rewriting, set()), {table: sorted(texts)[:2] for table, texts in changed.items()}
