"""Fitting a network to notes: Adam with a rate that falls to zero, dropout in the layers and of whole features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.network import EMBEDDING, Array, Gradients, Ids, Network, Shape

_MEAN, _SQUARE, _TINY = 0.9, 0.99, 1e-8
_WARM_UP = 100
"""Steps over which the rate rises to its full value."""
_SCALE = np.float32(1 / 500)
"""Brings sums over a note near to one; Adam divides by the size of gradients, so only its ``_TINY`` sees this."""

Example = tuple[Ids, npt.NDArray[np.intp]]
"""Feature rows of a stretch of text, and the tag of each of its characters."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a network is fitted: passes over the notes, rate of Adam, dropout of layers and of features."""

    epochs: int
    rate: float
    dropout: float
    feature_dropout: float


class Adam:
    """Kingma and Ba 2015; of the embedding only the rows in use are moved, with the averages that they had when last used."""

    def __init__(self, parameters: dict[str, Array]) -> None:
        self._parameters = parameters
        self._mean = {name: np.zeros_like(values) for name, values in parameters.items()}
        self._square = {name: np.zeros_like(values) for name, values in parameters.items()}
        self._steps = 0

    def step(self, found: Gradients, rate: float) -> None:
        """Move all parameters against their gradients."""
        self._steps += 1
        for name, grad in found.of.items():
            rows = found.rows if name == EMBEDDING else slice(None)
            self._move(name, rows, grad * _SCALE, rate)

    def _move(self, name: str, rows: Ids | slice, grad: Array, rate: float) -> None:
        mean, square = self._mean[name][rows], self._square[name][rows]
        mean = mean + (1 - _MEAN) * (grad - mean)
        square = square + (1 - _SQUARE) * (grad * grad - square)
        self._mean[name][rows], self._square[name][rows] = mean, square
        size = np.sqrt(square / (1 - _SQUARE**self._steps)) + _TINY
        self._parameters[name][rows] -= rate / (1 - _MEAN**self._steps) * mean / size


def fit_network(examples: Sequence[Example], shape: Shape, first: Ids, how: Fitting, seed: int) -> Network:
    """A network fitted to the examples; ``first`` holds the row of each column that stands for an unknown string.

    The same examples, in the same order, and seed give the same weights.
    """
    rng = np.random.default_rng(seed)
    network = Network.new(shape, rng)
    adam = Adam(network.parameters)
    steps = how.epochs * len(examples)
    for epoch in range(how.epochs):
        for number, place in enumerate(rng.permutation(len(examples)), epoch * len(examples)):
            ids, wanted = examples[place]
            ids = np.where(rng.random(ids.shape) < how.feature_dropout, first, ids)
            rate = how.rate * min(1, (number + 1) / _WARM_UP) * (1 - number / steps)
            adam.step(network.learn(ids, wanted, how.dropout, rng), rate)
    return network
