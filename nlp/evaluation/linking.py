"""Scores of linking: the right set of codes, and F1 over codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nlp.evaluation.ner import Score


def accuracy(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Share of strings whose set of names is exactly right."""
    pairs = list(zip(gold, predicted, strict=True))
    return sum(set(one) == set(other) for one, other in pairs) / len(pairs) if pairs else 0.0


def micro(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> Score:
    """Micro-averaged counts of names over all strings."""
    correct = n_predicted = n_gold = 0
    for one, other in zip(gold, predicted, strict=True):
        correct += len(set(one) & set(other))
        n_predicted += len(set(other))
        n_gold += len(set(one))
    return Score(correct, n_predicted, n_gold)
