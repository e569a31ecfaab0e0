"""How many codes, and which: a logistic model over the ranked candidates of a string, taken from the top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

CONSIDERED = 14
"""Candidates of a string that may be chosen."""

ENOUGH = 200
"""Strings from which on the threshold is tuned; with fewer it stays at one half."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranked candidate as the choice sees it."""

    row: int
    share: float
    """Probability among the string's candidates."""
    part: int
    """Number of the part of the string that it fits best."""
    covered: frozenset[str]
    """n-grams of the string that its title has."""
    facts: tuple[float, ...]
    """What does not depend on the candidates chosen before."""


Together = Callable[[int, Sequence[int]], float]


def _vector(item: Ranked, rank: int, before: Sequence[Ranked], top: Ranked, together: Together) -> np.ndarray:
    taken = frozenset().union(*(other.covered for other in before))
    new = len(item.covered - taken) / (len(item.covered) or 1)
    same = float(any(other.part == item.part for other in before))
    base = np.array([
        1.0, item.share, np.log(item.share + 1e-4), item.share / (top.share + 1e-9), np.log1p(rank), float(len(before)), new, same,
        together(item.row, [other.row for other in before]), sum(other.share for other in before), *item.facts,
    ])  # fmt: skip
    upper = np.triu_indices(len(base))
    return np.outer(base, base)[upper]


class Chooser:
    """Takes candidates from the top as long as the model says that they belong to the answer."""

    def __init__(self, weights: np.ndarray, threshold: float = 0.5) -> None:
        self.weights = weights
        self.threshold = threshold

    def choose(self, ranked: Sequence[Ranked], together: Together) -> list[Ranked]:
        """The chosen candidates; the best one always."""
        chosen: list[Ranked] = []
        for rank, item in enumerate(ranked[:CONSIDERED]):
            value = _vector(item, rank, chosen, ranked[0], together) @ self.weights
            if not chosen or 1 / (1 + np.exp(-value)) > self.threshold:
                chosen.append(item)
        return chosen

    @classmethod
    def train(
        cls, strings: Sequence[tuple[Sequence[Ranked], frozenset[int]]], together: Together, strength: float = 1.0
    ) -> Chooser:
        """Learn from ranked candidates with the right rows; the threshold is the one with the best F1 on them."""
        vectors, wanted = [], []
        for ranked, right in strings:
            before: list[Ranked] = []
            for rank, item in enumerate(ranked[:CONSIDERED]):
                vectors.append(_vector(item, rank, before, ranked[0], together))
                wanted.append(float(item.row in right))
                if item.row in right:
                    before.append(item)
        matrix, target = np.vstack(vectors), np.array(wanted)
        scale = np.maximum(np.abs(matrix).max(axis=0), 1e-9)

        def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
            values = matrix / scale @ weights
            probabilities = 1 / (1 + np.exp(-values))
            cost = np.logaddexp(0, values).sum() - target @ values + 0.5 * strength * weights @ weights
            return float(cost), (probabilities - target) @ (matrix / scale) + strength * weights

        found = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
        chooser = cls(found.x / scale)
        steps = np.arange(0.25, 0.66, 0.05) if len(strings) >= ENOUGH else np.array([0.5])
        chooser.threshold = max(steps, key=lambda value: chooser._f1(strings, together, float(value)))
        return chooser

    def _f1(
        self, strings: Sequence[tuple[Sequence[Ranked], frozenset[int]]], together: Together, threshold: float
    ) -> float:
        self.threshold = threshold
        correct = total = 0
        for ranked, right in strings:
            chosen = {item.row for item in self.choose(ranked, together)}
            correct += len(chosen & right)
            total += len(chosen) + len(right)
        return round(2 * correct / total, 6) if total else 0.0
