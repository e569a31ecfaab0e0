"""Does confidence say how often facts are right? Reliability by bins, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlp.evaluation.ner import wilson

EDGES = (0.0, 0.5, 0.65, 0.8, 0.9, 0.95, 1.01)
"""Lower bounds of the bins, and the end."""

Judged = tuple[float, bool]
"""Confidence of a fact, and whether the gold standard has it."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Facts of a range of confidence: how many, their mean confidence, how many were right."""

    low: float
    high: float
    n: int
    confidence: float
    right: int

    @property
    def precision(self) -> float:
        """Share that was right."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the precision (Wilson)."""
        return wilson(self.precision, self.n)


def reliability(judged: Iterable[Judged], edges: Sequence[float] = EDGES) -> list[Bin]:
    """One bin per range that holds a fact, by rising confidence."""
    facts, bins = list(judged), []
    for low, high in pairwise(edges):
        inside = [one for one in facts if low <= one[0] < high]
        if inside:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, sum(right for _, right in inside)))
    return bins


def expected_error(bins: Sequence[Bin]) -> float:
    """Mean distance of confidence and precision, weighted by the number of facts; 0.0 without facts."""
    total = sum(one.n for one in bins)
    return sum(one.n * abs(one.confidence - one.precision) for one in bins) / total if total else 0.0


def ordering(judged: Iterable[Judged]) -> float | None:
    """Chance that a right fact is more confident than a wrong one (ties count half); None where all are right or all wrong."""
    right: list[float] = []
    wrong: list[float] = []
    for confidence, is_right in judged:
        (right if is_right else wrong).append(confidence)
    if not right or not wrong:
        return None
    higher = sum((one > other) + 0.5 * (one == other) for one in right for other in wrong)
    return higher / (len(right) * len(wrong))


def table(judged: Iterable[Judged]) -> str:
    """The reliability table in words."""
    facts = list(judged)
    bins = reliability(facts)
    lines = [f"{'confidence':<12}{'facts':>7}{'mean':>7}{'right':>7}  (95 %)"]
    for one in bins:
        low, high = one.interval
        name = f"{one.low:.2f}-{min(one.high, 1):.2f}"
        lines.append(f"{name:<12}{one.n:>7}{one.confidence:>7.3f}{one.precision:>7.3f}  ({low:.3f}-{high:.3f})")
    order = ordering(facts)
    said = "" if order is None else f"; a right fact is above a wrong one with chance {order:.2f}"
    return "\n".join([*lines, f"expected calibration error {expected_error(bins):.3f}{said}"])
