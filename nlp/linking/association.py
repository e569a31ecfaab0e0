"""Which n-grams of written names go with which n-grams of titles, learned from the training pairs.

The first translation model of Brown et al. 1993 (IBM model 1), in both directions, over 1- and 2-grams of the common wording: it learns
that 肿瘤 of a name becomes 病损 of a title. A pair that is trained on is judged by a model of the other folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nlp.linking.features import grams
from nlp.linking.rewrite import joined, plain, wording

FOLDS = 5
"""A pair and every fifth one after it are left out of the model that judges it."""

ROUNDS = 5
"""Rounds of expectation and maximisation."""

SAME = 10.0
"""How much likelier than any other an n-gram is to stand for itself, before the first round."""

UNSEEN = 0.5
"""Probability that an n-gram no pair has stands for itself."""

CHANCE = 0.1
"""Share of the n-grams that stand there by chance, by their frequency alone."""

LEAST = 1e-4
"""Probabilities below this are dropped."""

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


class Associations:
    """Names against titles: ``titles`` and ``pairs`` (n-grams of a name, of all its titles) are n-grams of the common wording."""

    def __init__(self, titles: Sequence[Sequence[str]], pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
        names = [name for name, _ in pairs]
        self._ids = {gram: number for number, gram in enumerate(dict.fromkeys(chain(*titles, *names)))}
        self._titles = self._shares(titles)
        self._cells = [np.array(_cells(self._numbers(a), self._numbers(b))) for a, b in pairs]
        self._models: dict[int | None, tuple[_Model, _Model]] = {}

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, Sequence[int]]], titles: Sequence[str], kind: str) -> Associations:
        """From names with the rows of their titles, and all titles in the common wording; no pair, nothing learned."""
        if not pairs:
            return cls([], [])
        of_title = [grams(title) for title in titles]
        names = [grams(wording(plain(joined(raw, kind)), kind, True)) for raw, _ in pairs]
        together = [list(dict.fromkeys(chain(*(of_title[row] for row in rows)))) for _, rows in pairs]
        return cls(of_title, list(zip(names, together, strict=True)))

    def scores(self, name: Sequence[str], rows: Sequence[int], without: int | None = None) -> Array:
        """Rows × 2: mean log ratio to chance of the name's n-grams given the title, and of the title's given the name."""
        known = self._numbers(name)
        if not known:
            return np.zeros((len(rows), 2))
        there, back = self._model(None if without is None else without % FOLDS)
        titles = self._titles[rows]
        ratios = there.ratios((titles @ there.table[known].T).toarray(), known)
        forward = (ratios.sum(axis=1) + (len(name) - len(known)) * np.log(CHANCE)) / len(name)
        given = (self._shares([name]) @ back.table.T).toarray()[0]
        return np.column_stack([forward, titles @ back.ratios(given)])

    def forget_folds(self) -> None:
        """Drop the models of the folds, which only training needs."""
        self._models = {None: self._model(None)}

    def _model(self, fold: int | None) -> tuple[_Model, _Model]:
        if fold not in self._models:
            cells = [pair for number, pair in enumerate(self._cells) if fold is None or number % FOLDS != fold]
            size = len(self._ids)
            self._models[fold] = _learned(cells, size), _learned([pair[::-1] for pair in cells], size)
        return self._models[fold]

    def _numbers(self, grams: Sequence[str]) -> list[int]:
        return [self._ids[gram] for gram in grams if gram in self._ids]

    def _shares(self, strings: Sequence[Sequence[str]]) -> sparse.csr_matrix:
        numbers = [self._numbers(grams) for grams in strings]
        values = [1 / len(grams) for grams, known in zip(strings, numbers, strict=True) for _ in known]
        ends = np.cumsum([0, *map(len, numbers)])
        return sparse.csr_matrix((values, list(chain(*numbers)), ends), shape=(len(strings), len(self._ids)))


@dataclass(frozen=True, slots=True)
class _Model:
    """``table``: probability of an n-gram (row) given one of the other side (column); ``chance``: of each by itself."""

    table: sparse.csr_matrix
    chance: Array

    def ratios(self, given: Array, grams: Sequence[int] | slice = slice(None)) -> Array:
        """Log ratios to chance, from the probabilities of ``grams`` (last axis) given the other side."""
        ratios: Array = np.log((1 - CHANCE) * given / self.chance[grams] + CHANCE)
        return ratios


def _cells(one: Sequence[int], other: Sequence[int]) -> tuple[Ids, Ids]:
    """Every n-gram of one side with every one of the other."""
    return np.repeat(np.array(one, np.int64), len(other)), np.tile(np.array(other, np.int64), len(one))


def _learned(pairs: Sequence[Ids], size: int) -> _Model:
    """A model of the first n-gram of each cell given the second; ``pairs`` holds 2 × cells for each pair."""
    first, second = np.hstack([np.zeros((2, 0), np.int64), *pairs])
    owner = np.repeat(np.arange(len(pairs)), [pair.shape[1] for pair in pairs])
    _, place = np.unique(owner * size + first, return_inverse=True)
    keys, cell = np.unique(first * size + second, return_inverse=True)
    rows, columns = keys // size, keys % size
    values = np.where(rows == columns, SAME, 1.0)
    for _ in range(ROUNDS):
        parts = values[cell]
        parts /= np.bincount(place, parts)[place]
        counts = np.bincount(cell, parts, len(keys))
        values = counts / (np.bincount(columns, counts, size)[columns] + 1)
    return _model(rows, columns, values, np.bincount(np.unique(owner * size + first) % size, minlength=size))


def _model(rows: Ids, columns: Ids, values: Array, frequency: npt.NDArray[np.intp]) -> _Model:
    unseen = np.flatnonzero(frequency == 0)
    kept = values >= LEAST
    places = np.hstack([[rows[kept], columns[kept]], [unseen, unseen]])
    filled = np.concatenate([values[kept], np.full(len(unseen), UNSEEN)])
    table = sparse.csr_matrix((filled, tuple(places)), shape=(len(frequency), len(frequency)))
    return _Model(table, (frequency + 0.5) / max(1, frequency.sum()))
