"""Facts against a gold abstraction, per variable: precision, recall, F1 with 95 % intervals, and the list of errors.

Gold and prediction are records ``{"note_id", "note_type"?, "facts": {table: [row, …]}}`` as ``annotate`` gives them.
``facts.toml`` beside this file says which columns make a variable. Within a note the rows are compared as a multiset, or,
for a variable that is ``distinct``, as a set.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nlp.evaluation import calibration
from nlp.evaluation.events import Score, _score
from nlp.evaluation.records import Row, Source, read
from nlp.text import fold

Key = tuple[Any, ...]
SHOWN = 20
"""Errors that the report lists."""


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


@dataclass(frozen=True, slots=True)
class Judged:
    """A predicted fact: its note, the row, its confidence, whether the gold standard has it."""

    note_id: str
    row: Row
    confidence: float
    right: bool


@dataclass(slots=True)
class Result:
    """Score, errors and judged facts of a variable."""

    variable: Variable
    score: Score
    errors: list[Error] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)


class Report(list[Result]):
    """One result per variable; as text, a table, the first errors, and how far confidence can be believed."""

    def __str__(self) -> str:
        head = f"{'variable':<32}{'P':>7}{'R':>7}{'F1':>7}  {'(95 %)':<14}{'gold':>7}{'found':>7}"
        wrong = [(one.variable.name, error) for one in self for error in one.errors]
        shown = [f"{error.note_id}\t{error.kind}\t{name}\t{error.values}" for name, error in wrong[:SHOWN]]
        listed = [f"Errors (first {SHOWN} of {len(wrong)}):", *shown] if shown else []
        return "\n".join([head, *map(_line, self), *listed, "Confidence:", calibration.table(self.confidences())])

    def confidences(self) -> list[calibration.Judged]:
        """Confidence and verdict of every judged fact, a row once even where several variables judge it (right if all agree)."""
        verdicts: dict[int, tuple[float, bool]] = {}
        for fact in (fact for result in self for fact in result.judged):
            before = verdicts.get(id(fact.row))
            verdicts[id(fact.row)] = (fact.confidence, fact.right and (before is None or before[1]))
        return list(verdicts.values())


def _line(one: Result) -> str:
    score = one.score
    return (
        f"{one.variable.name:<32}{score.precision:>7.3f}{score.recall:>7.3f}{score.f1:>7.3f}"
        f"  ({score.low:.3f}-{score.high:.3f}) {score.gold:>7}{score.predicted:>7}"
    )


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


def evaluate(gold: Source, predicted: Source, *, draws: int = 200) -> Report:
    """One result per variable that the gold or the prediction holds; notes are paired by ``note_id``."""
    by_id = {row["note_id"]: row.get("facts", {}) for row in read(predicted)}
    pairs = [(str(row["note_id"]), row.get("facts", {}), by_id.get(row["note_id"], {})) for row in read(gold)]
    results = [_of_variable(variable, pairs, draws) for variable in variables()]
    return Report(result for result in results if result.score.gold or result.score.predicted)


Facts = dict[str, list[Row]]


def _of_variable(variable: Variable, pairs: Iterable[tuple[str, Facts, Facts]], draws: int) -> Result:
    triples: list[tuple[int, int, int]] = []
    errors: list[Error] = []
    judged: list[Judged] = []
    for note_id, gold, found in pairs:
        wanted, got = _keyed(variable, gold), _keyed(variable, found)
        missed, extra = _match(variable, [key for key, _ in wanted], [key for key, _ in got])
        triples.append((len(wanted) - len(missed), len(got), len(wanted)))
        errors += [Error(note_id, "missed", key) for key in missed]
        errors += [Error(note_id, "extra", got[at][0]) for at in sorted(extra)]
        judged += [Judged(note_id, row, row.get("confidence", 1.0), at not in extra) for at, (_, row) in enumerate(got)]
    return Result(variable, _score(variable.name, triples, draws), errors, judged)


def _keyed(variable: Variable, facts: Facts) -> list[tuple[Key, Row]]:
    """The rows that count with what is compared of them; of a distinct variable the most confident row of each value."""
    found = []
    for row in facts.get(variable.table, []):
        if all(row.get(column) is not None for column in variable.needs):
            key = tuple(_plain(row.get(column)) for column in variable.columns)
            if any(part is not None for part in key):
                found.append((key, row))
    if not variable.distinct:
        return found
    best: dict[Key, Row] = {}
    for key, row in found:
        if key not in best or row.get("confidence", 1.0) > best[key].get("confidence", 1.0):
            best[key] = row
    return list(best.items())


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return fold(value).replace(" ", "")
    if isinstance(value, list):
        return tuple(sorted(fold(str(item)) for item in value))
    return value


def _match(variable: Variable, wanted: list[Key], got: list[Key]) -> tuple[list[Key], set[int]]:
    """Gold keys without partner, and the places of found ones without partner."""
    left, missed = list(range(len(got))), []
    for key in wanted:
        at = next((at for at in left if _agree(variable, key, got[at])), None)
        if at is None:
            missed.append(key)
        else:
            left.remove(at)
    return missed, set(left)


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
