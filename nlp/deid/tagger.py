"""A small convolutional network that reads a note as a whole: for each character, how likely it belongs to a name, a body, a place, a date, a number.

It is the last finding layer: what the rules find stays theirs, the network adds what stands in contexts that no rule knows. Its weights
(``tagger.npz``) are fitted to the project's own synthetic notes by ``python -m bench.deid_tagger``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from nlp.deid import tag_features
from nlp.deid.scan import Hit
from nlp.deid.tag_features import CUED, KNOWN, Ids
from nlp.network import EMBEDDING, Array, Network, Shape, softmax

WEIGHTS = Path(__file__).parent / "tagger.npz"
TAGS = ("", "NAME", "HOSPITAL", "ORG", "ADDRESS", "DATE", "NUMBER")
"""Labels by the number of their column; the first is that of everything else."""
DILATIONS, WIDTH, COLUMNS = (1, 2, 4, 8), 32, 4
_EDGE, REACH = max(DILATIONS), sum(DILATIONS)
PIECE = 1 << 10
"""Characters read at once."""
_EPSILON = np.float32(1e-5)
_MEAN = np.full(WIDTH, 1 / WIDTH, np.float32)


class Columns:
    """The characters and pairs that have a row of their own, and where the rows of each column begin.

    The first row of the columns of characters and pairs stands for all others.
    """

    def __init__(self, characters: npt.NDArray[np.uint32], pairs: npt.NDArray[np.uint32]) -> None:
        self.characters, self.pairs = np.unique(characters), np.unique(pairs)
        first = np.cumsum([0, len(self.characters) + 1, len(self.pairs) + 1, KNOWN, CUED])
        self.first, self.rows = first[:-1].astype(np.int32), int(first[-1])
        self._row_of = np.zeros(1 << 16, np.int32)
        self._row_of[self.characters] = np.arange(1, len(self.characters) + 1)

    def ids(self, folded: str, keep: list[Hit], hits: dict[str, list[Hit]]) -> Ids:
        """Characters × columns."""
        points = tag_features.letters(folded)
        columns = (
            self._row_of[points],
            self._pair_rows(tag_features.pairs(points)),
            tag_features.known(points, keep),
            tag_features.cued(len(points), hits),
        )
        return np.stack([column + first for column, first in zip(columns, self.first, strict=True)], axis=1)

    def _pair_rows(self, wanted: npt.NDArray[np.uint32]) -> Ids:
        at = np.searchsorted(self.pairs, wanted)
        at[at == len(self.pairs)] = 0
        return np.where(self.pairs[at] == wanted, at + 1, 0).astype(np.int32)

    def shape(self) -> Shape:
        """The network over these columns."""
        return Shape(self.rows, COLUMNS, WIDTH, DILATIONS, -1, len(TAGS))


class Tagger:
    """Columns and network; immutable."""

    def __init__(self, columns: Columns, network: Network) -> None:
        self._columns, self._network = columns, network

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Tagger:
        """A tagger from the arrays of its file. Raises ValueError when they are of another shape than this version's."""
        columns = Columns(arrays["characters"], arrays["pairs"])
        names = (name for name in arrays if name not in ("characters", "pairs"))
        parameters = {name: arrays[name].astype(np.float32) for name in names}
        if parameters[EMBEDDING].shape != (columns.rows, WIDTH):
            shape = " × ".join(map(str, parameters[EMBEDDING].shape))
            msg = f"The weights of the tagger are {shape}, this version reads {columns.rows} × {WIDTH}: fit them again with python -m bench.deid_tagger"
            raise ValueError(msg)
        return cls(columns, Network(columns.shape(), parameters))

    def save(self, path: Path) -> None:
        """Write vocabulary and weights, the weights in half precision."""
        weights = {name: values.astype(np.float16) for name, values in self._network.parameters.items()}
        np.savez_compressed(path, characters=self._columns.characters, pairs=self._columns.pairs, **weights)  # type: ignore[arg-type]

    def probabilities(self, folded: str, keep: list[Hit], hits: dict[str, list[Hit]]) -> Array:
        """Characters × ``TAGS`` of a folded text with its protected terms and cue words."""
        return read(self._network.parameters, self._columns.ids(folded, keep, hits))


def read(parameters: Mapping[str, Array], ids: Ids) -> Array:
    """What ``Network.probabilities`` gives, without what only learning needs and in pieces, so that memory does not grow with the note.

    A piece is read with the characters beside it that the network can see, so its ends change nothing.
    """
    pieces = [
        _read_piece(parameters, ids[max(0, at - REACH) : at + PIECE + REACH])[at - max(0, at - REACH) :][:PIECE]
        for at in range(0, len(ids), PIECE)
    ]
    return np.concatenate(pieces) if pieces else np.zeros((0, len(TAGS)), np.float32)


def _read_piece(parameters: Mapping[str, Array], ids: Ids) -> Array:
    size = len(ids)
    padded = np.zeros((size + 2 * _EDGE, WIDTH), np.float32)
    values = padded[_EDGE : _EDGE + size]
    for column in range(COLUMNS):
        values += parameters[EMBEDDING].take(ids[:, column], axis=0)
    np.maximum(_normed(values, parameters, "in"), 0, out=values)
    for number, dilation in enumerate(DILATIONS):
        name = f"layer{number}"
        weights = parameters[name]
        more = values @ weights[WIDTH : 2 * WIDTH]
        more += padded[_EDGE - dilation : _EDGE - dilation + size] @ weights[:WIDTH]
        more += padded[_EDGE + dilation : _EDGE + dilation + size] @ weights[2 * WIDTH :]
        more += parameters[f"{name}.bias"]
        np.maximum(more, 0, out=more)
        values += _normed(more, parameters, name)
    return softmax(values @ parameters["out"] + parameters["out.bias"])


def _normed(values: Array, parameters: Mapping[str, Array], name: str) -> Array:
    """Rows of mean 0 and spread 1, scaled; in place."""
    values -= (values @ _MEAN)[:, None]
    spread = np.einsum("ij,ij->i", values, values)
    spread *= np.float32(1 / WIDTH)
    values *= (1 / np.sqrt(spread + _EPSILON))[:, None]
    values *= parameters[f"{name}.gain"]
    values += parameters[f"{name}.shift"]
    return values


@cache
def tagger(weights: Path = WEIGHTS) -> Tagger:
    """The tagger of a file of weights, the shipped one by default.

    The process multiplies its matrices in one thread from then on: notes are read by as many processes as there are cores, and a product as small
    as these takes fifty times as long when its threads wait for cores.
    """
    threadpool_limits(1, user_api="blas")
    with np.load(weights, allow_pickle=False) as arrays:
        return Tagger.of(dict(arrays))
