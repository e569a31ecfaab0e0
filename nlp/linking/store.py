"""What a linker has learned, as files: pairs as JSON, weights as npz arrays, a card. Nothing in them is code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp.linking.choose import Chooser
from nlp.linking.ranker import DENSE, SIZE, Ranker
from nlp.linking.second import Second
from nlp.training.card import ModelError, new_folder, read_card, write_card

KIND = "linker"
PAIRS = "pairs.json"
WEIGHTS = "weights.npz"
SECOND = ("hidden", "bias", "out", "scaling")

Table = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Learned:
    """Pairs (name, rows of the table) and the models."""

    pairs: Sequence[tuple[str, Sequence[int]]]
    ranker: Ranker
    second: Second | None
    chooser: Chooser


def save(folder: Path, learned: Learned, table: Table, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the model folder; the card."""
    new_folder(folder)
    pairs = [[raw, [list(table[row]) for row in rows]] for raw, rows in learned.pairs]
    (folder / PAIRS).write_text(json.dumps(pairs, ensure_ascii=False), "utf-8")
    places = np.flatnonzero(learned.ranker.sparse)
    np.savez_compressed(
        folder / WEIGHTS,
        dense=learned.ranker.dense,
        places=places.astype(np.int32),
        values=learned.ranker.sparse[places],
        choice=learned.chooser.weights,
        threshold=np.array([learned.chooser.threshold]),
        **{f"second.{name}": getattr(learned.second, name) for name in SECOND if learned.second},
    )
    return write_card(
        folder,
        KIND,
        [PAIRS, WEIGHTS],
        {"what": "Linear ranker over name and title, small networks, logistic choice", "features": len(DENSE), **about},
    )


def load(folder: Path, table: Table) -> Learned:
    """Read a model folder for a table.

    Raises:
        ModelError: the folder is missing, damaged or of another kind, or shares no code with the table.
    """
    read_card(folder, KIND)
    pairs = _pairs(folder, table)
    if not pairs:
        raise ModelError(f"The model in {folder} was trained for another code table: none of its titles is in this one")
    with np.load(folder / WEIGHTS, allow_pickle=False) as data:
        dense, choice, threshold = data["dense"], data["choice"], float(data["threshold"][0])
        weights = np.zeros(SIZE, dtype=np.float32)
        weights[data["places"]] = data["values"]
        second = Second(*(data[f"second.{name}"] for name in SECOND)) if "second.out" in data else None
    if len(dense) != len(DENSE):
        raise ModelError(f"The model in {folder} was made by another version. Train it again")
    return Learned(pairs, Ranker(dense, weights), second, Chooser(choice, threshold))


def _pairs(folder: Path, table: Table) -> list[tuple[str, list[int]]]:
    row_of = {pair: row for row, pair in reversed(list(enumerate(table)))}
    stored = json.loads((folder / PAIRS).read_text("utf-8"))
    found = [(raw, [row_of[title] for pair in titles if (title := tuple(pair)) in row_of]) for raw, titles in stored]
    return [(raw, rows) for raw, rows in found if rows]
