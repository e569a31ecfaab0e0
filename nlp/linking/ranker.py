"""Re-ranking: what agrees between a name and a title, as weights. Untrained weights are set by hand; training learns more."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from nlp.linking.words import agreement

Features = dict[str, float]

HAND: Features = {
    "cosine": 3.0, "rewritten": 4.0, "example": 4.0, "ratio": 1.0, "rewritten_ratio": 1.5, "lcs": 1.0, "exact": 2.0,
    "same_head": 1.0, "extra": -0.12, "missing": -0.05, "unspecified": 0.1, "side": -0.5, "route": -1.0,
    "site_hit": 3.0, "site_extra": -1.5, "act_hit": 1.5, "act_extra": -0.8, "seen": 0.0, "votes": 2.0,
}  # fmt: skip
"""Weights without training: the share of agreement first, then head word, side and route."""

_SIDES = ("单侧", "双侧")
_ROUTES = ("腹腔镜", "胸腔镜", "宫腔镜", "内镜", "经皮", "经尿道", "喉镜", "关节镜", "膀胱镜", "机器人", "经阴道")


def features(
    query: str, rewritten: str, title: str, kind: str, cosine: float, cosine_rewritten: float, example: float
) -> Features:
    """What can be said of one (name, title) pair, both folded; similarities are in 0..1."""
    rest, extra = _difference(rewritten, title)
    return agreement(rewritten, title, kind) | {
        "cosine": cosine,
        "rewritten": cosine_rewritten,
        "example": example,
        "ratio": fuzz.ratio(query, title) / 100,
        "rewritten_ratio": fuzz.ratio(rewritten, title) / 100,
        "lcs": LCSseq.normalized_similarity(rewritten, title),
        "exact": float(title in (query, rewritten)),
        "same_head": float(title[-3:] == rewritten[-3:]),
        "extra": float(len(extra)),
        "missing": float(len(rest)),
        "unspecified": float("nos" in title or "未特指" in title),
        "side": float(any((side in rewritten) != (side in title) for side in _SIDES)),
        "route": float(sum((route in rewritten) != (route in title) for route in _ROUTES)),
    }


def _difference(one: str, other: str) -> tuple[str, str]:
    """Characters that only one of the two strings has."""
    return "".join(c for c in one if c not in other), "".join(c for c in other if c not in one)


def lexical(query: str, title: str, row: int, seen: bool) -> list[str]:
    """Names of sparse features: characters and pairs that only one side has; for titles seen in training, the name's too."""
    q2 = {query[i : i + 2] for i in range(len(query) - 1)}
    t2 = {title[i : i + 2] for i in range(len(title) - 1)}
    rest, extra = _difference(query, title)
    names = [f"-{c}" for c in rest] + [f"+{c}" for c in extra]
    names += [f"-{gram}" for gram in q2 - t2] + [f"+{gram}" for gram in t2 - q2]
    if len(rest) <= 6 and len(extra) <= 6:
        names += [f"{a}>{b}" for a in set(rest) for b in set(extra)]
    if seen:
        names += [f"{gram}@{row}" for gram in q2] + [f"@{row}"]
    return names


class Ranker:
    """A linear score over features; trained by softmax over each name's candidates."""

    def __init__(self, weights: Features | None = None) -> None:
        self.weights: Features = dict(weights or HAND)

    def score(self, dense: Features, names: Sequence[str]) -> float:
        """The score of one candidate."""
        weights = self.weights
        total = sum(value * weights.get(name, 0.0) for name, value in dense.items())
        return total + sum(weights.get(name, 0.0) for name in names)

    def train(self, examples: Sequence[list[tuple[bool, Features, list[str]]]], epochs: int = 6, rate: float = 0.15) -> None:
        """Learn from lists of candidates, each with whether it is right; lists without a right one are skipped."""
        weights = self.weights
        squares: dict[str, float] = {}
        for _epoch in range(epochs):
            for candidates in examples:
                if any(right for right, _, _ in candidates):
                    self._step(candidates, weights, squares, rate)
        self.weights = {name: value for name, value in weights.items() if abs(value) > 1e-3}

    def _step(
        self, candidates: list[tuple[bool, Features, list[str]]], weights: Features, squares: dict[str, float], rate: float
    ) -> None:
        """One AdaGrad step on the softmax loss of one name."""
        scores = [self.score(dense, names) for _, dense, names in candidates]
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        total = sum(shares)
        rights = sum(right for right, _, _ in candidates)
        gradient: Features = {}
        for (right, dense, names), share in zip(candidates, shares, strict=True):
            pull = (1 / rights if right else 0.0) - share / total
            if abs(pull) < 1e-4:
                continue
            for name, value in dense.items():
                gradient[name] = gradient.get(name, 0.0) + pull * value
            for name in names:
                gradient[name] = gradient.get(name, 0.0) + pull
        for name, value in gradient.items():
            squares[name] = squares.get(name, 0.0) + value * value
            weights[name] = weights.get(name, 0.0) + rate * value / (math.sqrt(squares[name]) + 1e-6)

    def save(self, path: Path) -> None:
        """Write the weights as JSON."""
        path.write_text(json.dumps(self.weights, ensure_ascii=False, sort_keys=True), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Read weights written by ``save``."""
        return cls(json.loads(path.read_text("utf-8")))
