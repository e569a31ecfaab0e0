"""Fifteen questions that researchers ask of such a warehouse, as documented SQL over a release.

Each ``.sql`` file states title (English, Chinese), definition, parameters with defaults, and columns; the rest is one
SELECT in DuckDB's dialect. ``run`` executes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import pyarrow as pa

from warehouse.errors import WarehouseError
from warehouse.privacy import cells
from warehouse.privacy.cells import SmallCells
from warehouse.release import Release

FOLDER = files("warehouse.questions")


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a question: name, default (a JSON value) and what it means."""

    name: str
    default: Any
    meaning: str


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column of the answer, in both languages."""

    name: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its documentation and its SQL. ``name`` is the file name without suffix."""

    name: str
    title_en: str
    title_zh: str
    definition: str
    params: tuple[Param, ...]
    columns: tuple[AnswerColumn, ...]
    small: tuple[SmallCells, ...]
    """How counts of persons are protected when the answer may leave (:mod:`warehouse.privacy.cells`)."""
    sql: str
    rows_of_persons: bool = False
    """True when a row of the answer is about one person: such an answer never leaves."""


def _header(lines: list[str]) -> list[tuple[str, str]]:
    """``-- key: value`` entries; a line that begins with two more spaces continues the entry above."""
    entries: list[tuple[str, str]] = []
    for line in lines:
        text = line.removeprefix("--")
        if text.startswith("   "):
            key, value = entries.pop()
            entries.append((key, f"{value} {text.strip()}"))
        else:
            key, _, value = text.strip().partition(":")
            entries.append((key, value.strip()))
    return entries


def _param(text: str) -> Param:
    # From the right: a default may hold a bar (regular expressions do).
    declaration, _, meaning = text.rpartition(" | ")
    name, _, default = declaration.partition(" = ")
    return Param(name.strip(), json.loads(default), meaning)


def read_question(path: Traversable) -> Question:
    """Read one file. Raises KeyError or ValueError when its header is incomplete."""
    lines = path.read_text(encoding="utf-8").splitlines()
    n_header = next(i for i, line in enumerate(lines) if not line.startswith("--"))
    entries = _header(lines[:n_header])
    single = dict(entries)
    return Question(
        name=path.name.removesuffix(".sql"),
        title_en=single["title_en"],
        title_zh=single["title_zh"],
        definition=single["definition"],
        params=tuple(_param(value) for key, value in entries if key == "param"),
        columns=tuple(AnswerColumn(*value.split(" | ")) for key, value in entries if key == "column"),
        small=tuple(cells.parse(value) for key, value in entries if key == "small"),
        sql="\n".join(lines[n_header:]),
        rows_of_persons=single.get("rows_of") == "persons",
    )


@cache
def questions() -> tuple[Question, ...]:
    """All questions in order of their file names."""
    found = sorted((path for path in FOLDER.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    return tuple(read_question(path) for path in found)


def question(name: str) -> Question:
    """A question by its name or the part before the underscore (``q04``). Raises WarehouseError when unknown."""
    for known in questions():
        if name in (known.name, known.name.partition("_")[0]):
            return known
    raise WarehouseError(f"There is no question {name}.", do="use one of: " + ", ".join(q.name for q in questions()))


def run(name: str, release: Release, **params: Any) -> pa.Table:
    """Ask a question of a release; ``params`` replace defaults. Raises WarehouseError for an unknown parameter."""
    asked = question(name)
    values = {param.name: param.default for param in asked.params}
    if unknown := sorted(set(params) - set(values)):
        known = ", ".join(values) or "none"
        raise WarehouseError(f"Question {asked.name} has no parameter {unknown[0]}.", do=f"its parameters: {known}")
    with release.connect() as connection:
        return connection.sql(asked.sql, params=values | params).to_arrow_table()


def answer(name: str, release: Release, *, threshold: int = cells.DEFAULT_THRESHOLD, **params: Any) -> pa.Table:
    """The answer as it may leave the project: small counts hidden, with the column ``suppressed`` to say so.

    ``run`` gives exact counts, for work inside the project. Raises WarehouseError for a question about single persons.
    """
    asked = question(name)
    if asked.rows_of_persons:
        raise WarehouseError(
            f"Question {asked.name} is about single persons.",
            why="each row of its answer is one record, which no suppression makes fit to be passed on",
            do="ask it inside the project only",
        )
    return cells.protect(run(name, release, **params), asked.small, threshold)
