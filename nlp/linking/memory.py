"""What training pairs teach by themselves: which titles were given to names that look like this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from nlp.linking.index import Index, nearest
from nlp.linking.rewrite import plain

NEIGHBOURS = 16


@dataclass(slots=True)
class Recall:
    """For one string: per row the nearest pair's similarity, the share of votes, the likeness to all its names together."""

    best: dict[int, float] = field(default_factory=dict)
    votes: dict[int, float] = field(default_factory=dict)
    likeness: dict[int, float] = field(default_factory=dict)
    nearest_rows: tuple[int, ...] = ()
    nearest_score: float = 0.0


class Memory:
    """Training pairs (written name, rows of its titles) as an index."""

    def __init__(self, pairs: Sequence[tuple[str, Sequence[int]]]) -> None:
        self.pairs = [(plain(raw), tuple(rows)) for raw, rows in pairs]
        self.known = dict(reversed(self.pairs))
        self.counts = Counter(row for _, rows in self.pairs for row in rows)
        self.together = Counter((a, b) for _, rows in self.pairs for a in rows for b in rows if a != b)
        self._index = Index([raw for raw, _ in self.pairs]) if self.pairs else None
        self._rows = sorted(self.counts)
        place = {row: number for number, row in enumerate(self._rows)}
        self._place = place
        cells = [(place[row], number) for number, (_, rows) in enumerate(self.pairs) for row in rows]
        if self._index is not None:
            ones = sparse.csr_matrix(
                (np.ones(len(cells)), tuple(zip(*cells, strict=True))), shape=(len(place), len(self.pairs))
            )
            self._sums = (ones @ self._index.rows).tocsr()
            self._squares = np.asarray(self._sums.multiply(self._sums).sum(axis=1)).ravel()
            self._columns = self._sums.T.tocsr()

    def recall(self, text: str, without: int | None = None, limit: int = 20) -> Recall:
        """What is remembered for a string (``plain`` form); ``without``: a pair that does not count."""
        found = Recall()
        if self._index is None:
            return found
        near = [(n, s) for n, s in self._index.search(text, NEIGHBOURS + 1) if n != without][:NEIGHBOURS]
        total = sum(score**3 for _, score in near) or 1.0
        for number, score in near:
            for row in self.pairs[number][1]:
                found.best[row] = max(found.best.get(row, 0.0), score)
                found.votes[row] = found.votes.get(row, 0.0) + score**3 / total
        if near:
            found.nearest_rows, found.nearest_score = self.pairs[near[0][0]][1], near[0][1]
        found.likeness = self._likeness(text, self.pairs[without][1] if without is not None else (), limit, found.best)
        return found

    def _likeness(self, text: str, own: Iterable[int], limit: int, wanted: Iterable[int]) -> dict[int, float]:
        assert self._index is not None
        dots = np.asarray((self._index.vectors([text]) @ self._columns).todense()).ravel()
        squares = self._squares
        if own:
            squares = squares.copy()
            for row in own:
                place = self._place[row]
                squares[place] = max(squares[place] - 2 * dots[place] + 1, 1e-9)
                dots[place] -= 1
        scores = dots / np.sqrt(np.maximum(squares, 1e-9))
        chosen = {place for place, _ in nearest(scores, limit)} | {self._place[row] for row in wanted}
        return {self._rows[place]: float(scores[place]) for place in sorted(chosen) if scores[place] > 1e-6}

    def share_together(self, row: int, others: Iterable[int]) -> float:
        """How often, of the pairs with ``row``, one of the other rows was given too (the highest)."""
        count = self.counts.get(row, 0)
        return max((self.together.get((row, other), 0) / count for other in others), default=0.0) if count else 0.0
