"""The questions with their documentation, their SQL and their answers on a release, as one offline page: exact for work inside, or to be passed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warehouse.pages import render
from warehouse.privacy import cells
from warehouse.questions import Question, answer, question, questions, run
from warehouse.release import Release

ROWS_SHOWN = 30
HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and its answer; ``rows`` is None where each row would be about one person."""

    question: Question
    names: tuple[str, ...]
    rows: Sequence[Sequence[object]] | None
    total: int

    @property
    def meaning(self) -> dict[str, str]:
        """What each column is, in both languages."""
        return {c.name: f"{c.en} · {c.zh}" for c in self.question.columns}


def _answered(asked: Question, release: Release, threshold: int | None) -> Answered:
    if asked.rows_of_persons and threshold is not None:
        return Answered(asked, (), None, 0)
    table = run(asked.name, release) if threshold is None else answer(asked.name, release, threshold=threshold)
    names = tuple(c.name for c in asked.columns)
    rows = [_cells(row, names) for row in table.slice(0, ROWS_SHOWN).to_pylist()]
    return Answered(asked, names, rows, table.num_rows)


def _cells(row: Mapping[str, object], names: Sequence[str]) -> list[object]:
    hidden = str(row.get("suppressed") or "").split(",")
    return [HIDDEN if name in hidden else row[name] for name in names]


def page(
    release: Release, name: str | None = None, *, share: bool = True, threshold: int = cells.DEFAULT_THRESHOLD
) -> str:
    """The page of one question, of all for None; with ``share`` small counts are hidden, and always of a wide release.

    Raises WarehouseError when there is no such question.
    """
    limit = threshold if share or release.manifest.profile == "wide" else None
    asked = questions() if name is None else (question(name),)
    items = [_answered(each, release, limit) for each in asked]
    return render("questions", release_id=release.release_id, threshold=limit, items=items)
