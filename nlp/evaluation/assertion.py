"""Scores of assertion on given mentions: accuracy and F1 per value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp import assertion, clauses, sections
from nlp.evaluation.ner import Score, wilson
from nlp.evaluation.records import Source, read
from nlp.model import Label, Mention, Note
from nlp.text import fold


@dataclass(frozen=True, slots=True)
class AssertionScore:
    """Accuracy with its 95 % interval, F1 per value, and their mean."""

    accuracy: float
    interval: tuple[float, float]
    f1: dict[str, float]
    n: int

    @property
    def macro_f1(self) -> float:
        """The mean of the F1 values."""
        return sum(self.f1.values()) / len(self.f1) if self.f1 else 0.0


def score(gold: Sequence[str], predicted: Sequence[str]) -> AssertionScore:
    """Scores of two equally long lists of values."""
    right = sum(one == other for one, other in zip(gold, predicted, strict=True))
    f1 = {}
    for value in sorted(set(gold)):
        correct = sum(one == other == value for one, other in zip(gold, predicted, strict=True))
        f1[value] = Score(correct, list(predicted).count(value), list(gold).count(value)).f1
    total = len(gold)
    return AssertionScore(right / total if total else 0.0, wilson(right / total if total else 0.0, total), f1, total)


def polarity_of(text: str, spans: Sequence[tuple[int, int]], label: Label = Label.FINDING) -> list[str]:
    """The polarity that the rules give to the spans of a text."""
    note = Note(text, fold(text))
    sections.split(note)
    clauses.split(note)
    mentions = [Mention(start, end, label, text[start:end]) for start, end in spans]
    note.mentions = mentions
    assertion.qualify(note)
    return [str(mention.polarity) for mention in mentions]


DIMENSIONS = ("polarity", "temporality", "experiencer")


@dataclass(frozen=True, slots=True)
class AssertionReport:
    """Scores per dimension over the gold mentions that the prediction holds too, and how many it lacks."""

    dimensions: Mapping[str, AssertionScore]
    found: int
    missing: int

    def __str__(self) -> str:
        lines = [f"{self.found} gold mentions found, {self.missing} not found (not judged)"]
        for name, one in self.dimensions.items():
            low, high = one.interval
            lines.append(
                f"{name}: accuracy {one.accuracy:.3f} ({low:.3f}-{high:.3f}), macro-F1 {one.macro_f1:.3f}, n {one.n}"
            )
            lines += [f"    {value:<12}{f1:>7.3f}" for value, f1 in one.f1.items()]
        return "\n".join(lines)


def evaluate(gold: Source, pred: Source) -> AssertionReport:
    """Polarity, temporality and experiencer of gold ``mentions`` against those of ``annotate``, by ``note_id``.

    A gold mention has ``start``, ``end``, any of the dimensions, and may have a ``label``; its partner is the predicted
    mention (of that label, if one is given) with which it shares most characters.
    """
    answers = {row["note_id"]: row.get("mentions", []) for row in read(pred)}
    values: dict[str, list[tuple[str, str]]] = defaultdict(list)
    found = missing = 0
    for note in read(gold):
        for one in note["mentions"]:
            partner = _partner(one, answers.get(note["note_id"], []))
            found, missing = found + (partner is not None), missing + (partner is None)
            for name in DIMENSIONS:
                if partner is not None and one.get(name):
                    values[name].append((one[name], partner[name]))
    scores = {name: score([a for a, _ in pairs], [b for _, b in pairs]) for name, pairs in values.items()}
    return AssertionReport(scores, found, missing)


def _partner(one: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    near = [other for other in others if other["start"] < one["end"] and one["start"] < other["end"]]
    if one.get("label"):
        near = [other for other in near if other["label"] == one["label"]]
    return max(near, key=lambda other: _shared(one, other), default=None)


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[int, int]:
    """Characters in common, then the fewer beside them the better."""
    common = min(one["end"], other["end"]) - max(one["start"], other["start"])
    return common, -(other["end"] - other["start"])
