"""Facts against a gold abstraction, per variable: precision, recall, F1 with 95 % intervals, and the list of errors.

Gold and prediction are records ``{"note_id", "note_type"?, "facts": {table: [row, …]}}`` as ``annotate`` gives them.
``facts.toml`` beside this file says which columns make a variable. Within a note the rows are compared as a multiset, or,
for a variable that is ``distinct``, as a set.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nlp.evaluation.events import Score, _score
from nlp.text import fold

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """Columns of one table that are counted together."""

    name: str
    table: str
    columns: tuple[str, ...]
    needs: tuple[str, ...] = ()
    overlap: tuple[str, ...] = ()
    strict: bool = False
    """A column that both leave out agrees, one that only one leaves out does not."""
    distinct: bool = False
    """A value counts once a note, however often the note repeats it."""


@dataclass(frozen=True, slots=True)
class Error:
    """One row that the other side lacks: ``missed`` (gold only) or ``extra`` (prediction only)."""

    note_id: str
    kind: str
    values: Key


@dataclass(slots=True)
class Result:
    """Score and errors of a variable."""

    variable: Variable
    score: Score
    errors: list[Error] = field(default_factory=list)


@cache
def variables() -> tuple[Variable, ...]:
    """The variables of ``facts.toml``."""
    rows = tomllib.loads(Path(__file__).with_name("facts.toml").read_text(encoding="utf-8"))["variable"]
    return tuple(
        Variable(
            row["name"],
            row["table"],
            tuple(row["columns"]),
            tuple(row.get("needs", ())),
            tuple(row.get("overlap", ())),
            row.get("strict", False),
            row.get("distinct", False),
        )
        for row in rows
    )


def evaluate(gold: Iterable[Row], predicted: Iterable[Row], *, draws: int = 200) -> list[Result]:
    """One result per variable that the gold or the prediction holds; notes are paired by ``note_id``."""
    by_id = {row["note_id"]: row.get("facts", {}) for row in predicted}
    pairs = [(str(row["note_id"]), row.get("facts", {}), by_id.get(row["note_id"], {})) for row in gold]
    results = [_of_variable(variable, pairs, draws) for variable in variables()]
    return [result for result in results if result.score.gold or result.score.predicted]


def _of_variable(
    variable: Variable, pairs: list[tuple[str, dict[str, list[Row]], dict[str, list[Row]]]], draws: int
) -> Result:
    triples: list[tuple[int, int, int]] = []
    errors: list[Error] = []
    for note_id, gold, found in pairs:
        wanted, got = list(_keys(variable, gold)), list(_keys(variable, found))
        hits, missed, extra = _match(variable, wanted, got)
        triples.append((hits, len(got), len(wanted)))
        errors += [Error(note_id, "missed", key) for key in missed] + [Error(note_id, "extra", key) for key in extra]
    return Result(variable, _score(variable.name, triples, draws), errors)


def _keys(variable: Variable, facts: dict[str, list[Row]]) -> Iterable[Key]:
    keys = _all_keys(variable, facts)
    return dict.fromkeys(keys) if variable.distinct else keys


def _all_keys(variable: Variable, facts: dict[str, list[Row]]) -> Iterator[Key]:
    for row in facts.get(variable.table, []):
        if all(row.get(column) is not None for column in variable.needs):
            key = tuple(_plain(row.get(column)) for column in variable.columns)
            if any(part is not None for part in key):
                yield key


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return fold(value).replace(" ", "")
    if isinstance(value, list):
        return tuple(sorted(fold(str(item)) for item in value))
    return value


def _match(variable: Variable, wanted: list[Key], got: list[Key]) -> tuple[int, list[Key], list[Key]]:
    left, missed, hits = list(got), [], 0
    for key in wanted:
        index = next((at for at, other in enumerate(left) if _agree(variable, key, other)), None)
        if index is None:
            missed.append(key)
        else:
            left.pop(index)
            hits += 1
    return hits, missed, left


def _agree(variable: Variable, gold: Key, found: Key) -> bool:
    return all(
        _same(variable, column, one, other) for column, one, other in zip(variable.columns, gold, found, strict=True)
    )


def _same(variable: Variable, column: str, gold: Any, found: Any) -> bool:
    if gold is None:
        return found is None or not variable.strict
    if isinstance(gold, int | float) and isinstance(found, int | float):
        return abs(gold - found) <= abs(gold) * 0.01
    if column in variable.overlap and isinstance(gold, str) and isinstance(found, str):
        return gold in found or found in gold
    return bool(gold == found)
