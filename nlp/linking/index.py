"""Candidate retrieval: IDF-weighted character n-grams (1 to 3) and cosine over a sparse matrix."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

_WEIGHT = {1: 0.7, 2: 1.0, 3: 0.8}


def ngrams(text: str) -> Counter[str]:
    """The 1- to 3-grams of a string with start and end marks for the longer ones."""
    marked = f"^{text}$"
    grams = Counter(text)
    for size in (2, 3):
        grams.update(marked[i : i + size] for i in range(len(marked) - size + 1))
    return grams


class Index:
    """Strings to vectors; ``search`` gives the nearest of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [ngrams(text) for text in texts]
        frequency = Counter(gram for grams in counts for gram in grams)
        self._ids = {gram: number for number, gram in enumerate(frequency)}
        total = len(texts) + 1
        self._idf = np.array(
            [math.log(total / (1 + n)) * _WEIGHT[min(len(gram), 3)] + 0.1 for gram, n in frequency.items()]
        )
        self._matrix = self._vectors(counts).T.tocsr()

    def _vectors(self, counts: Sequence[Counter[str]]) -> sparse.csr_matrix:
        rows, columns, values = [], [], []
        for row, grams in enumerate(counts):
            known = [(self._ids[gram], n) for gram, n in grams.items() if gram in self._ids]
            weights = np.array([self._idf[number] * (1 + math.log(n)) for number, n in known])
            norm = float(np.sqrt((weights**2).sum())) or 1.0
            rows.extend([row] * len(known))
            columns.extend(number for number, _ in known)
            values.extend(weights / norm)
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(counts), len(self._ids)))

    def search(self, text: str, limit: int) -> list[tuple[int, float]]:
        """(row, cosine) of the nearest strings, best first, ties by row."""
        scores = np.asarray((self._vectors([ngrams(text)]) @ self._matrix).todense()).ravel()
        if len(scores) > limit:
            chosen = np.argpartition(-scores, limit)[:limit]
        else:
            chosen = np.arange(len(scores))
        ordered = chosen[np.lexsort((chosen, -scores[chosen]))]
        return [(int(row), float(scores[row])) for row in ordered if scores[row] > 0]

    def weight(self, gram: str) -> float:
        """The IDF weight of an n-gram; that of a very rare one when unknown."""
        number = self._ids.get(gram)
        return float(self._idf[number]) if number is not None else float(self._idf.max())
