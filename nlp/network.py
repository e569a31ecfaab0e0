"""A small convolutional network over characters, in numpy: embedded features, dilated convolutions, one score for each tag.

    characters' feature rows ─ sum of embeddings ─ norm ─ relu ─┬─ (window of 3, dilated ─ dense ─ relu ─ norm) + residual ─ … ─ dense ─ scores
                                                                └─ mean of the note ─ dense ─ relu ─ added before one layer

After Strubell et al. 2017 (iterated dilated convolutions for sequence labelling) with residual layers as spaCy's; the mean of the note tells the
layers behind it of what kind the note is. Each layer function gives its output and a function from the gradient of the output to that of the input.
Plain numpy, as its matrix product takes a third of the time of the one behind thinc's layers on a processor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
Back = Callable[[Array], Array]

EMBEDDING = "embedding"
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows of the embedding table, feature columns, width of the layers, dilation of each, tags.

    ``mean_before`` is the layer before which the mean of the note is added, -1 for none.
    """

    rows: int
    columns: int
    width: int
    dilations: Sequence[int]
    mean_before: int
    tags: int


@dataclass(slots=True)
class Gradients:
    """Gradients by parameter; of the embedding only the rows that were used. ``rate`` is the dropout while learning, 0 else."""

    rng: np.random.Generator
    rate: float = 0.0
    of: dict[str, Array] = field(default_factory=dict)
    rows: Ids = field(default_factory=lambda: np.zeros(0, np.int32))


class Network:
    """The parameters, by name, and what is computed with them."""

    def __init__(self, shape: Shape, parameters: dict[str, Array]) -> None:
        self.shape = shape
        self.parameters = parameters

    @classmethod
    def new(cls, shape: Shape, rng: np.random.Generator) -> Network:
        """A network with random weights."""
        width = shape.width
        sizes = {f"layer{n}": (3 * width, width) for n in range(len(shape.dilations))}
        sizes |= {"mean": (width, width)} if shape.mean_before >= 0 else {}
        made = {
            EMBEDDING: rng.normal(0, shape.columns**-0.5, (shape.rows, width)),
            "out": np.zeros((width, shape.tags)),
        }
        made |= {name: rng.normal(0, (2 / size[0]) ** 0.5, size) for name, size in sizes.items()}
        made |= {f"{name}.bias": np.zeros(width) for name in sizes} | {"out.bias": np.zeros(shape.tags)}
        made |= {f"{name}.gain": np.full(width, 0.5) for name in sizes} | {"in.gain": np.ones(width)}
        made |= {f"{name}.shift": np.zeros(width) for name in ["in", *sizes]}
        return cls(shape, {name: values.astype(np.float32) for name, values in made.items()})

    def save(self, path: Path) -> None:
        """Write the parameters in half precision, the same bytes for the same parameters."""
        np.savez(path, **{name: values.astype(np.float16) for name, values in self.parameters.items()})  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path, shape: Shape) -> Network:
        """A network from its file."""
        with np.load(path, allow_pickle=False) as data:
            return cls(shape, {name: data[name].astype(np.float32) for name in data.files})

    def probabilities(self, ids: Ids) -> Array:
        """Characters × tags, from characters × feature columns (rows of the embedding table)."""
        return softmax(self._forward(ids, Gradients(np.random.default_rng(0)))[0])

    def learn(self, ids: Ids, wanted: npt.NDArray[np.intp], rate: float, rng: np.random.Generator) -> Gradients:
        """Gradients of the cross-entropy, summed over the characters, with dropout of ``rate`` in every layer."""
        found = Gradients(rng, rate)
        scores, back = self._forward(ids, found)
        error = softmax(scores)
        error[np.arange(len(wanted)), wanted] -= 1
        back(error)
        return found

    def _forward(self, ids: Ids, found: Gradients) -> tuple[Array, Back]:
        values, back = self._embedded(ids, found)
        backs = [back]
        for number, dilation in enumerate(self.shape.dilations):
            if number == self.shape.mean_before:
                values, back = self._with_mean(values, found)
                backs.append(back)
            values, back = self._layer(values, f"layer{number}", dilation, found)
            backs.append(back)
        values, back = self._dense(values, "out", found)
        return values, _chain([*backs, back])

    def _embedded(self, ids: Ids, found: Gradients) -> tuple[Array, Back]:
        table = self.parameters[EMBEDDING]
        total = table[ids[:, 0]]
        for column in range(1, ids.shape[1]):
            total += table[ids[:, column]]
        values, back_norm = self._norm(total, "in", found)
        values, back_relu = _relu(values)
        values, back_drop = _dropout(values, found)

        def back(grad: Array) -> Array:
            grad = back_norm(back_relu(back_drop(grad)))
            found.rows, found.of[EMBEDDING] = _by_row(ids, grad)
            return grad

        return values, back

    def _layer(self, values: Array, name: str, dilation: int, found: Gradients) -> tuple[Array, Back]:
        wide, back_window = _window(values, dilation)
        more, back_dense = self._dense(wide, name, found)
        more, back_relu = _relu(more)
        more, back_norm = self._norm(more, name, found)
        more, back_drop = _dropout(more, found)
        return values + more, lambda grad: grad + back_window(back_dense(back_relu(back_norm(back_drop(grad)))))

    def _with_mean(self, values: Array, found: Gradients) -> tuple[Array, Back]:
        more, back_dense = self._dense(values.mean(0, keepdims=True), "mean", found)
        more, back_relu = _relu(more)
        more, back_scale = self._scale(more, "mean", found)
        more, back_drop = _dropout(more, found)

        def back(grad: Array) -> Array:
            total: Array = grad.sum(0, keepdims=True)
            return grad + back_dense(back_relu(back_scale(back_drop(total)))) / np.float32(len(grad))

        return values + more, back

    def _dense(self, values: Array, name: str, found: Gradients) -> tuple[Array, Back]:
        weights = self.parameters[name]

        def back(grad: Array) -> Array:
            found.of[name] = values.T @ grad
            found.of[f"{name}.bias"] = grad.sum(0)
            return grad @ weights.T

        return values @ weights + self.parameters[f"{name}.bias"], back

    def _scale(self, values: Array, name: str, found: Gradients) -> tuple[Array, Back]:
        gain = self.parameters[f"{name}.gain"]

        def back(grad: Array) -> Array:
            found.of[f"{name}.gain"] = (grad * values).sum(0)
            found.of[f"{name}.shift"] = grad.sum(0)
            return grad * gain

        return values * gain + self.parameters[f"{name}.shift"], back

    def _norm(self, values: Array, name: str, found: Gradients) -> tuple[Array, Back]:
        centred = values - values.mean(1, keepdims=True)
        spread = 1 / np.sqrt(np.square(centred).mean(1, keepdims=True) + np.float32(_EPSILON))
        unit = centred * spread
        scaled, back_scale = self._scale(unit, name, found)

        def back(grad: Array) -> Array:
            grad = back_scale(grad)
            return spread * (grad - grad.mean(1, keepdims=True) - unit * (grad * unit).mean(1, keepdims=True))

        return scaled, back


def softmax(scores: Array) -> Array:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _chain(backs: Sequence[Back]) -> Back:
    def back(grad: Array) -> Array:
        for one in reversed(backs):
            grad = one(grad)
        return grad

    return back


def _relu(values: Array) -> tuple[Array, Back]:
    kept = np.maximum(values, 0)
    return kept, lambda grad: grad * (kept > 0)


def _dropout(values: Array, found: Gradients) -> tuple[Array, Back]:
    if not found.rate:
        return values, lambda grad: grad
    chosen = found.rng.random(values.shape, dtype=np.float32) >= found.rate
    kept = chosen.astype(np.float32) / np.float32(1 - found.rate)
    return values * kept, lambda grad: grad * kept


def _window(values: Array, dilation: int) -> tuple[Array, Back]:
    """Each row with the rows ``dilation`` before and behind it, zeros outside."""
    size, width = values.shape
    wide = np.zeros((size, 3 * width), np.float32)
    wide[dilation:, :width] = values[:-dilation]
    wide[:, width : 2 * width] = values
    wide[:-dilation, 2 * width :] = values[dilation:]

    def back(grad: Array) -> Array:
        total = grad[:, width : 2 * width].copy()
        total[:-dilation] += grad[dilation:, :width]
        total[dilation:] += grad[:-dilation, 2 * width :]
        return total

    return wide, back


def _by_row(ids: Ids, grad: Array) -> tuple[Ids, Array]:
    """The rows of the embedding that were used, and the gradient of each."""
    flat = ids.ravel()
    order = np.argsort(flat, kind="stable")
    ranked = flat[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    return ranked[starts], np.add.reduceat(grad[order // ids.shape[1]], starts, axis=0)
