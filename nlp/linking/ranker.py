"""Re-ranking: a linear score over features of (name, title); hand-set weights until it is trained."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from nlp.linking.features import Features

HAND: Features = {
    "cosine": 4.0, "raw_cosine": 2.0, "whole_cosine": 0.5, "covers": 3.0, "covered": 4.0, "ratio": 1.0, "raw_ratio": 0.5, "lcs": 1.0,
    "exact": 2.0, "raw_exact": 1.0, "same_head": 0.5, "site_missing": -1.3, "site_extra": -1.2, "site_shared": 0.5, "act_missing": -0.4,
    "act_extra": -0.4, "route_missing": -1.0, "route_extra": -1.0, "number_extra": -0.3, "side_same": 0.4, "side_clash": -0.8, "growth_clash": -1.0, "coded": 8.0, "parent": -1.0,
    "longer": -0.3, "doubtful": -0.3, "deep": 0.02, "example": 4.0, "votes": 2.0, "rocchio": 2.0, "best_rocchio": 1.0, "seen": 0.1,
}  # fmt: skip
"""Weights without training, set by hand: agreement both ways first; what only one side says counts against it."""

DENSE = (
    "cosine", "raw_cosine", "whole_cosine", "best_cosine", "covers", "covered", "ratio", "raw_ratio", "lcs", "partial", "exact",
    "raw_exact", "within", "around", "same_head", "same_start", "site_missing", "site_extra", "site_shared", "act_missing",
    "act_extra", "act_shared", "route_missing", "route_extra", "number_extra", "side_same", "side_clash", "longer", "growth_clash", "coded", "parent", "doubtful",
    "deep", "example", "votes", "seen", "rocchio", "best_rocchio", "best_example", "one",
    "given_title", "given_name", "apart_covers", "apart_covered", "known_covers",
)  # fmt: skip
"""Order of the dense features in a vector."""

_BINNED = ("cosine", "covers", "covered", "ratio", "example", "rocchio", "votes")
_BITS = 19
SIZE = 1 << _BITS


def hashed(name: str) -> int:
    """The column of a sparse feature, the same in every run."""
    return zlib.crc32(name.encode()) & (SIZE - 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate: dense values in the order of ``DENSE``, and columns of its sparse features."""

    dense: np.ndarray
    columns: np.ndarray


def row_of(dense: Features, names: Sequence[str]) -> Row:
    """The vector of a candidate; some similarities are also written as steps."""
    steps = [f"#{name}{int(dense[name] * 12)}" for name in _BINNED] if names else []
    columns = np.array([hashed(name) for name in [*names, *steps]], dtype=np.int64)
    return Row(np.array([dense.get(name, 0.0) for name in DENSE]), columns)


class Ranker:
    """Scores of candidates."""

    def __init__(self, dense: np.ndarray | None = None, sparse_weights: np.ndarray | None = None) -> None:
        self.dense = np.array([HAND.get(name, 0.0) for name in DENSE]) if dense is None else dense
        self.sparse = np.zeros(SIZE, dtype=np.float32) if sparse_weights is None else sparse_weights

    def scores(self, rows: Sequence[Row]) -> np.ndarray:
        """The score of each candidate; higher is better."""
        return self.parts(rows)[:, 1]

    def parts(self, rows: Sequence[Row]) -> np.ndarray:
        """Candidates × 2: the score by the dense features alone, and the whole score."""
        dense = np.array([row.dense @ self.dense for row in rows])
        return np.column_stack([dense, dense + [self.sparse[row.columns].sum() for row in rows]])

    @classmethod
    def train(
        cls, groups: Sequence[tuple[Sequence[Row], Sequence[bool]]], strength: float = 0.07, steps: int = 80
    ) -> Ranker:
        """Softmax over each name's candidates, right ones sharing the target, with L2 penalty, by L-BFGS."""
        usable = [group for group in groups if any(group[1])]
        if not usable:
            return cls()
        problem = _Problem(usable, strength)
        start = np.zeros(len(DENSE) + len(problem.used))
        start[: len(DENSE)] = [HAND.get(name, 0.0) for name in DENSE]
        found = minimize(problem.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 6})
        weights = np.zeros(SIZE, dtype=np.float32)
        weights[problem.used] = found.x[len(DENSE) :]
        return cls(found.x[: len(DENSE)], weights)


class _Problem:
    """The training problem as one sparse matrix."""

    def __init__(self, groups: Sequence[tuple[Sequence[Row], Sequence[bool]]], strength: float) -> None:
        rows = [row for candidates, _ in groups for row in candidates]
        dense = sparse.csr_matrix(np.vstack([row.dense for row in rows]))
        ends = np.cumsum([0, *(len(row.columns) for row in rows)])
        columns = np.concatenate([row.columns for row in rows])
        # Columns that occur, not all there are: most of the hashed ones stay empty.
        self.used, places = np.unique(columns, return_inverse=True)
        names = sparse.csr_matrix((np.ones(len(columns)), places, ends), shape=(len(rows), len(self.used)))
        self.matrix = sparse.hstack([dense, names], format="csr")
        self.starts = np.cumsum([0, *(len(candidates) for candidates, _ in groups)])[:-1]
        self.sizes = np.array([len(candidates) for candidates, _ in groups])
        right = np.array([float(value) for _, values in groups for value in values])
        self.target = right / np.repeat(np.add.reduceat(right, self.starts), self.sizes)
        self.strength = strength
        self.penalty = np.concatenate([np.full(len(DENSE), 0.1), np.ones(len(self.used))]) * strength

    def loss(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative log likelihood and its gradient."""
        scores = self.matrix @ weights
        scores -= np.repeat(np.maximum.reduceat(scores, self.starts), self.sizes)
        shares = np.exp(scores)
        totals = np.add.reduceat(shares, self.starts)
        probabilities = shares / np.repeat(totals, self.sizes)
        value = -float(self.target @ scores) + float(np.log(totals).sum())
        gradient = self.matrix.T @ (probabilities - self.target)
        return value + 0.5 * float(self.penalty @ weights**2), gradient + self.penalty * weights
