"""A second look at the candidates: small networks that see how features go together, which a linear score cannot.

Input of a candidate: its dense features, what the linear ranker makes of them and of all its features, and each of these as the distance
to the highest value among the string's candidates. One hidden layer, dropout, Adam, the mean of the weights of the later epochs; the
networks differ in their random start, and the mean of their scores is added to half of the linear one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.linking.ranker import Ranker, Row

WIDTH = 32
NETWORKS = 4
EPOCHS = 16
STRINGS = 200
"""Strings of one step."""

DROPOUT = 0.2
DECAY = 1e-3
RATE = 3e-3
LINEAR = 0.5
"""Weight of the linear ranker's score beside that of the networks."""

Array = npt.NDArray[np.float64]
Seen = tuple[Array, Array]
"""Candidates × inputs, and 1 for the right ones, of one string."""


def seen(rows: Sequence[Row], ranker: Ranker) -> Array:
    """Candidates × inputs of one string; the linear score is the last column of the first half."""
    values = np.column_stack([np.vstack([row.dense for row in rows]), ranker.parts(rows)])
    return np.hstack([values, values - values.max(axis=0)])


def example(rows: Sequence[Row], right: Sequence[bool], ranker: Ranker) -> Seen:
    """A string to learn from; empty without candidates."""
    return (seen(rows, ranker) if rows else np.zeros((0, 0))), np.array(right, dtype=float)


class Second:
    """The networks: ``hidden`` networks × inputs × width, ``bias`` and ``out`` networks × width, ``scaling`` mean and spread of the inputs."""

    def __init__(self, hidden: Array, bias: Array, out: Array, scaling: Array) -> None:
        self.hidden, self.bias, self.out, self.scaling = hidden, bias, out, scaling

    def scores(self, inputs: Array) -> Array:
        """The score of each candidate of a string (``seen``); higher is better."""
        scaled = _scaled(inputs, self.scaling)
        layers = np.maximum(np.einsum("ci,kiw->kcw", scaled, self.hidden) + self.bias[:, None], 0)
        return np.einsum("kcw,kw->c", layers, self.out) / len(self.out) + LINEAR * _linear(inputs)

    @classmethod
    def train(cls, strings: Sequence[Seen]) -> Second:
        """Learn from strings with at least one right candidate; their linear scores must come from rankers that have not seen them."""
        usable = [item for item in strings if item[1].any()]
        stacked = np.vstack([inputs for inputs, _ in usable])
        scaling = np.vstack([stacked.mean(axis=0), stacked.std(axis=0) + 1e-6])
        made = [_fitted(usable, scaling, number) for number in range(NETWORKS)]
        hidden, bias, out = (np.stack([network[part] for network in made]) for part in range(3))
        return cls(hidden, bias, out, scaling)


def _linear(inputs: Array) -> Array:
    return inputs[:, inputs.shape[1] // 2 - 1]


def _scaled(inputs: Array, scaling: Array) -> Array:
    return np.clip((inputs - scaling[0]) / scaling[1], -4, 4)


def _fitted(strings: Sequence[Seen], scaling: Array, seed: int) -> list[Array]:
    """Hidden weights, their bias and output weights of one network."""
    rng = np.random.default_rng(seed)
    size = scaling.shape[1]
    weights = [rng.normal(0, size**-0.5, (size, WIDTH)), np.zeros(WIDTH), rng.normal(0, 0.1, WIDTH)]
    adam = _Adam([np.zeros_like(one) for one in weights], [np.zeros_like(one) for one in weights])
    sums, kept = [np.zeros_like(one) for one in weights], 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(strings))
        for start in range(0, len(order), STRINGS):
            batch = [strings[n] for n in order[start : start + STRINGS]]
            adam.step(weights, _gradients(weights, batch, scaling, rng))
        if epoch >= EPOCHS // 2:
            sums, kept = [total + one for total, one in zip(sums, weights, strict=True)], kept + 1
    return [total / kept for total in sums]


@dataclass(slots=True)
class _Adam:
    """Adam (Kingma and Ba 2015): running means of gradients and of their squares."""

    means: list[Array]
    squares: list[Array]
    steps: int = 0

    def step(self, weights: list[Array], gradients: list[Array]) -> None:
        self.steps += 1
        for number, gradient in enumerate(gradients):
            self.means[number] += 0.1 * (gradient - self.means[number])
            self.squares[number] += 0.001 * (gradient**2 - self.squares[number])
            mean = self.means[number] / (1 - 0.9**self.steps)
            weights[number] -= RATE * mean / (np.sqrt(self.squares[number] / (1 - 0.999**self.steps)) + 1e-8)


def _gradients(weights: list[Array], batch: Sequence[Seen], scaling: Array, rng: np.random.Generator) -> list[Array]:
    """Gradients of the softmax over each string's candidates, right ones sharing the target, with L2 penalty."""
    hidden, bias, out = weights
    inputs, right = np.vstack([item[0] for item in batch]), np.concatenate([item[1] for item in batch])
    sizes = np.array([len(item[1]) for item in batch])
    starts = np.cumsum([0, *sizes[:-1]])
    scaled = _scaled(inputs, scaling)
    layer = np.maximum(scaled @ hidden + bias, 0)
    keep = (rng.random(layer.shape) > DROPOUT) / (1 - DROPOUT)
    scores = (layer * keep) @ out + LINEAR * _linear(inputs)
    shares = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
    shares /= np.repeat(np.add.reduceat(shares, starts), sizes)
    error = (shares - right / np.repeat(np.add.reduceat(right, starts), sizes)) / len(batch)
    back = np.outer(error, out) * keep * (layer > 0)
    return [scaled.T @ back + DECAY * hidden, back.sum(axis=0), (layer * keep).T @ error + DECAY * out]
