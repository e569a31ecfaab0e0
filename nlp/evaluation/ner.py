"""Strict scores of mentions: same offsets, same label."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CCKS_LABELS = {
    "疾病和诊断": "disease", "解剖部位": "anatomy", "影像检查": "imaging_exam",
    "实验室检验": "lab_test", "手术": "surgery", "药物": "drug",
}  # fmt: skip
"""The labels of the CCKS 2019 guideline in the project's words."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts and what follows from them."""

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of predictions that are right."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of gold mentions that were found."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else 0.0

    def interval(self) -> tuple[float, float]:
        """95 % interval of F1: Wilson's, with F1 as a share of (predicted + gold) / 2 trials."""
        return wilson(self.f1, (self.predicted + self.gold) / 2)


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if trials <= 0:
        return 0.0, 1.0
    z2 = 1.96**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = 1.96 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


Key = tuple[Any, int, int, str]


def keys(notes: Iterable[Mapping[str, Any]], field: str) -> set[Key]:
    """(note, start, end, label) of the ``entities`` or ``mentions`` of JSONL notes."""
    return {
        (note["note_id"], item["start"], item["end"], CCKS_LABELS.get(item["label"], item["label"]))
        for note in notes
        for item in note[field]
    }


def score(gold: set[Key], predicted: set[Key]) -> dict[str, Score]:
    """Scores per label and ``all`` (micro), over the labels that the gold standard has."""
    labels = sorted({key[3] for key in gold})
    predicted = {key for key in predicted if key[3] in labels}
    counts = [Counter(key[3] for key in keys_) for keys_ in (gold & predicted, predicted, gold)]
    scores = {label: Score(*(count[label] for count in counts)) for label in labels}
    scores["all"] = Score(len(gold & predicted), len(predicted), len(gold))
    return scores


def by_note_type(notes: Iterable[Mapping[str, Any]], gold: set[Key], predicted: set[Key]) -> dict[str, Score]:
    """Micro scores per note type of the gold notes."""
    types = {note["note_id"]: note.get("note_type") or "unknown" for note in notes}
    return {
        kind: score(
            {key for key in gold if types.get(key[0]) == kind}, {key for key in predicted if types.get(key[0]) == kind}
        )["all"]
        for kind in sorted(set(types.values()))
    }


def errors(
    notes: Iterable[Mapping[str, Any]], gold: set[Key], predicted: set[Key], width: int = 12
) -> list[dict[str, Any]]:
    """Each miss and false alarm with some characters around it, in reading order."""
    texts = {note["note_id"]: note["text"] for note in notes}
    found = []
    for key in sorted(gold ^ predicted, key=lambda key: (str(key[0]), key[1], key[2], key[3])):
        note_id, start, end, label = key
        text = texts[note_id]
        marked = f"{text[max(0, start - width) : start]}[{text[start:end]}]{text[end : end + width]}"
        kind = "missed" if key in gold else "false"
        found.append({"note_id": note_id, "start": start, "end": end, "label": label, "error": kind, "context": marked})
    return found


SHOWN = 20
"""Errors that the report lists."""


@dataclass(frozen=True, slots=True)
class NerReport:
    """Scores per label and per note type, and the first errors."""

    labels: Mapping[str, Score]
    note_types: Mapping[str, Score]
    errors: Sequence[Mapping[str, Any]]

    def __str__(self) -> str:
        lines = [f"{'label':<20}{'P':>7}{'R':>7}{'F1':>7}  {'(95 %)':<14}{'gold':>7}{'found':>7}"]
        lines += [_line(name, value) for name, value in self.labels.items()]
        if len(self.note_types) > 1:
            lines += ["by note type:", *(_line(name, value) for name, value in self.note_types.items())]
        shown = [
            f"{item['note_id']}\t{item['error']}\t{item['label']}\t{item['context']!r}" for item in self.errors[:SHOWN]
        ]
        return "\n".join([*lines, *([f"Errors (first {SHOWN} of {len(self.errors)}):", *shown] if shown else [])])


def _line(name: str, value: Score) -> str:
    low, high = value.interval()
    return f"{name:<20}{value.precision:>7.3f}{value.recall:>7.3f}{value.f1:>7.3f}  ({low:.3f}-{high:.3f}) {value.gold:>7}{value.predicted:>7}"


def evaluate(gold: Path | str, pred: Path | str) -> NerReport:
    """Compare the output of ``oncorwe annotate`` (``mentions``) with gold notes (``entities``), strictly, by ``note_id``.

    The gold file may use the six CCKS labels; labels that it lacks are not judged.
    """
    notes = _read(Path(gold))
    known = {note["note_id"] for note in notes}
    answers = [note for note in _read(Path(pred)) if note.get("note_id") in known and "mentions" in note]
    right, found = keys(notes, "entities"), keys(answers, "mentions")
    labels = {key[3] for key in right}
    found = {key for key in found if key[3] in labels}
    return NerReport(score(right, found), by_note_type(notes, right, found), errors(notes, right, found))


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        return [json.loads(line) for line in file if line.strip()]
