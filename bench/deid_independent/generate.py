"""Writes an independent gold set: `python -m bench.deid_independent.generate --notes 400 --seed 7 --group A --output gold.jsonl`.

A gold line: note_id, hospital, note_type, text, note_time, patient, known, spans (start, end, kind, and the sort of a
name), keep (start, end, trap|term). Offsets count characters. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_independent.case import Case, Piece
from bench.deid_independent.dates import widen
from bench.deid_independent.people import Words
from bench.deid_independent.render import Renderer

FOLDER = Path(__file__).parent
HEAD = re.compile(r"^=== *(?P<fields>.*)$", re.MULTILINE)
KEPT = ("trap", "term")
LINE_WIDTH = 38
WIDE = str.maketrans({char: widen(char) for char in "0123456789,:;()"})


@dataclass(frozen=True)
class Layout:
    """One imaginary hospital's note: `option` is "", ocr (spaces strewn in), wide (plain text in full width), wrap (lines of
    equal length, as an export to fixed width breaks them), female or male (the patient's sex, where the disease settles
    it)."""

    layout_id: str
    hospital: Piece
    note_type: str
    option: str
    body: str


@cache
def read_group(group: str) -> tuple[list[Layout], Words, list[str], list[str]]:
    """Layouts, words, prose and filler sentences of a group (A to Z, then 0 to 9)."""
    folder = FOLDER / f"group_{group.lower()}"
    words = {key: _items(value) for key, value in tomllib.loads((folder / "words.toml").read_text("utf-8")).items()}
    layouts = read_layouts((folder / "layouts.txt").read_text("utf-8"))
    return layouts, words, _lines(folder / "prose.txt"), _lines(folder / "filler.txt")


def _lines(path: Path) -> list[str]:
    """The lines of a text file without its `~` comments."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "~"]


def _items(value: str | list[str]) -> list[str]:
    return value.split() if isinstance(value, str) else value


def read_layouts(text: str) -> list[Layout]:
    """Layouts stand under `=== id | hospital | short name | note type | option`."""
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [_layout(head["fields"], text[head.end() : end].strip("\n")) for head, end in zip(heads, ends, strict=True)]


def _layout(fields: str, body: str) -> Layout:
    layout_id, full, short, note_type, option = (part.strip() for part in fields.split("|"))
    return Layout(layout_id, (full, short), note_type, option, body)


def make_note(group: str, seed: int, index: int) -> dict[str, Any]:
    """The `index`th note of a seed; layouts take turns, so each has its equal share."""
    layouts, words, prose, filler = read_group(group)
    rng = random.Random(f"{group}/{seed}/{index}")
    layout = layouts[index % len(layouts)]
    case = Case(rng, words, layout.hospital)
    case.female = layout.option == "female" or (case.female and layout.option != "male")
    pieces = [transform(piece, layout.option, rng) for piece in Renderer(case, prose, filler).render(layout.body)]
    pieces = list(wrap(pieces)) if layout.option == "wrap" else pieces
    return {
        "note_id": f"{group}{seed}-{index:05d}", "hospital": layout.layout_id, "note_type": layout.note_type,
        **assemble(pieces), "note_time": case.day.isoformat(), "patient": f"{group}{seed}-p{index:05d}",
        "known": case.known(),
    }  # fmt: skip


def assemble(pieces: list[Piece]) -> dict[str, Any]:
    """Text, spans and keep-spans of the pieces; a name's kind brings its sort behind a slash."""
    spans: list[dict[str, Any]] = []
    keep: list[dict[str, Any]] = []
    place = 0
    for text, kind in pieces:
        if kind:
            target = keep if kind in KEPT else spans
            name, _, sort = kind.partition("/")
            span = {"start": place, "end": place + len(text), "kind": name}
            target.append(span | {"sort": sort} if sort else span)
        place += len(text)
    return {"text": "".join(text for text, _ in pieces), "spans": spans, "keep": keep}


def transform(piece: Piece, option: str, rng: random.Random) -> Piece:
    text, kind = piece
    if option == "ocr" and kind not in KEPT:
        text = "".join(
            char + (" " if _strew(text, place) and rng.random() < 0.09 else "") for place, char in enumerate(text)
        )
    if option == "wide" and not kind:
        text = text.translate(WIDE)
    return text, kind


def wrap(pieces: list[Piece]) -> Iterator[Piece]:
    """Breaks lines at LINE_WIDTH characters, also within an identifier, never at its edge."""
    column = 0
    for text, kind in pieces:
        broken = ""
        for place, char in enumerate(text):
            if column == LINE_WIDTH and char != "\n":
                column = 0
                if place:
                    broken += "\n"
                else:
                    yield "\n", ""
            broken += char
            column = 0 if char == "\n" else column + 1
        yield broken, kind


def _strew(text: str, place: int) -> bool:
    """Whether OCR may put a space after this character: inside the piece only, between two Chinese characters."""
    return place + 1 < len(text) and all("一" <= char <= "鿿" for char in text[place : place + 2])


def generate(group: str, seed: int, notes: int) -> Iterator[dict[str, Any]]:
    return (make_note(group, seed, index) for index in range(notes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--group", choices=[*string.ascii_uppercase, *string.digits], required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    with arguments.output.open("w", encoding="utf-8") as sink:
        for note in generate(arguments.group, arguments.seed, arguments.notes):
            sink.write(json.dumps(note, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
