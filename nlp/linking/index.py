"""Nearest strings: IDF-weighted character n-grams (1 to 3) and cosine over sparse matrices."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

_WEIGHT = {1: 0.6, 2: 1.0, 3: 0.9}


def ngrams(text: str) -> Counter[str]:
    """The 1- to 3-grams of a string with start and end marks for the longer ones."""
    marked = f"^{text}$"
    grams = Counter(text)
    for size in (2, 3):
        grams.update(marked[i : i + size] for i in range(len(marked) - size + 1))
    return grams


class Index:
    """Strings to unit vectors; ``search`` gives the nearest of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [ngrams(text) for text in texts]
        frequency = Counter(gram for grams in counts for gram in grams)
        self._ids = {gram: number for number, gram in enumerate(frequency)}
        total = len(texts) + 1
        weights = [math.log(total / (1 + n)) * _WEIGHT[min(len(gram), 3)] + 0.1 for gram, n in frequency.items()]
        self._idf = np.array(weights or [1.0])
        self.rare = float(self._idf.max())
        self.rows = self._vectors(counts)
        self._columns = self.rows.T.tocsr()

    def _vectors(self, counts: Sequence[Counter[str]]) -> sparse.csr_matrix:
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for grams in counts:
            known = [(self._ids[gram], n) for gram, n in sorted(grams.items()) if gram in self._ids]
            weights = [float(self._idf[number]) * (1 + math.log(n)) for number, n in known]
            norm = math.sqrt(sum(weight * weight for weight in weights)) or 1.0
            columns.extend(number for number, _ in known)
            values.extend(weight / norm for weight in weights)
            ends.append(len(columns))
        return sparse.csr_matrix((values, columns, ends), shape=(len(counts), len(self._ids)))

    def vectors(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Unit vectors of any strings over this index's n-grams."""
        return self._vectors([ngrams(text) for text in texts])

    def scores(self, text: str) -> np.ndarray:
        """The cosine with every string of the index."""
        return np.asarray((self.vectors([text]) @ self._columns).todense()).ravel()

    def search(self, text: str, limit: int) -> list[tuple[int, float]]:
        """(row, cosine) of the nearest strings, best first, ties by row."""
        return nearest(self.scores(text), limit)

    def weight(self, gram: str) -> float:
        """The IDF weight of an n-gram; that of the rarest when unknown."""
        number = self._ids.get(gram)
        return float(self._idf[number]) if number is not None else self.rare


def nearest(scores: np.ndarray, limit: int) -> list[tuple[int, float]]:
    """(row, score) of the highest positive scores, best first, ties by row."""
    if len(scores) > 4 * limit:
        cut = -np.partition(-scores, limit)[limit - 1]
        chosen = np.flatnonzero(scores >= max(cut, 1e-12))
    else:
        chosen = np.flatnonzero(scores > 1e-12)
    ordered = chosen[np.lexsort((chosen, -scores[chosen]))][:limit]
    return [(int(row), float(scores[row])) for row in ordered]
