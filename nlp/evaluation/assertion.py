"""Scores of assertion on given mentions: accuracy and F1 per value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlp import assertion, clauses, sections
from nlp.evaluation.ner import Score, wilson
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
