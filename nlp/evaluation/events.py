"""Tumour events as strings: primary site, lesion size, metastasis site; micro-F1 over the strings of all notes.

Gold: ``{"note_id", "primary_site", "lesion_size", "metastasis_site"}`` with strings joined by commas (may be empty).
Prediction: the output of ``annotate``. A string counts when it is equal after removing blanks.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlp.evaluation.records import Source, read

KINDS = ("primary_site", "lesion_size", "metastasis_site")
_WHERE = {
    "primary_site": ("tumour", "primary_site_text"),
    "lesion_size": ("tumour", "size_text"),
    "metastasis_site": ("metastasis", "site_text"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """Counts and the ratios they give; ``low`` and ``high`` bound F1 with 95 % (bootstrap over notes)."""

    kind: str
    hit: int
    predicted: int
    gold: int
    low: float = 0.0
    high: float = 0.0

    @property
    def precision(self) -> float:
        """Share of predicted strings that are right."""
        return self.hit / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of gold strings that were found."""
        return self.hit / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return 2 * self.hit / (self.predicted + self.gold) if self.predicted + self.gold else 0.0


def strings_of(facts: dict[str, list[dict[str, Any]]]) -> dict[str, Counter[str]]:
    """The three kinds of strings in the facts of one annotated note."""
    found = {}
    for kind, (table, column) in _WHERE.items():
        joined = ",".join(str(row[column]) for row in facts.get(table, []) if row.get(column))
        found[kind] = parse(joined)
    return found


def parse(cell: str) -> Counter[str]:
    """Comma separated strings without blanks, each once."""
    parts = (re.sub(r"\s|_x[0-9a-f]{4}_", "", part).strip(".") for part in re.split("[,，]", cell))
    return Counter({part: 1 for part in parts if part})


class Report(list[Score]):
    """A score per kind; as text, a table."""

    def __str__(self) -> str:
        head = f"{'strings':<20}{'P':>7}{'R':>7}{'F1':>7}  {'(95 %)':<14}{'gold':>7}{'found':>7}"
        return "\n".join([head, *map(_line, self)])


def _line(one: Score) -> str:
    return (
        f"{one.kind:<20}{one.precision:>7.3f}{one.recall:>7.3f}{one.f1:>7.3f}"
        f"  ({one.low:.3f}-{one.high:.3f}) {one.gold:>7}{one.predicted:>7}"
    )


def evaluate(gold: Source, predicted: Source, *, draws: int = 200) -> Report:
    """Scores per kind and over all three (``micro``); notes are paired by ``note_id``, a missing one predicts nothing."""
    by_id = {row["note_id"]: row.get("facts", {}) for row in read(predicted)}
    counts: dict[str, list[tuple[int, int, int]]] = {kind: [] for kind in (*KINDS, "micro")}
    for row in read(gold):
        found = strings_of(by_id.get(row["note_id"], {}))
        triples = [_count(parse(row.get(kind) or ""), found[kind]) for kind in KINDS]
        for kind, triple in zip(KINDS, triples, strict=True):
            counts[kind].append(triple)
        counts["micro"].append(tuple(map(sum, zip(*triples, strict=True))))  # type: ignore[arg-type]
    return Report(_score(kind, triples, draws) for kind, triples in counts.items())


def _count(gold: Counter[str], found: Counter[str]) -> tuple[int, int, int]:
    return (gold & found).total(), found.total(), gold.total()


def _score(kind: str, triples: Sequence[tuple[int, int, int]], draws: int) -> Score:
    total = [sum(column) for column in zip(*triples, strict=True)] or [0, 0, 0]
    low, high = _interval(triples, draws)
    return Score(kind, total[0], total[1], total[2], low, high)


def _interval(triples: Sequence[tuple[int, int, int]], draws: int) -> tuple[float, float]:
    if not triples or draws < 2:
        return 0.0, 0.0
    chooser = random.Random(7)
    values = []
    for _ in range(draws):
        sample = chooser.choices(triples, k=len(triples))
        hit, found, gold = (sum(column) for column in zip(*sample, strict=True))
        values.append(2 * hit / (found + gold) if found + gold else 0.0)
    values.sort()
    return values[int(0.025 * draws)], values[min(draws - 1, int(0.975 * draws))]
