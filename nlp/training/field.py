"""The random field: a linear model over strings around each character, which errs otherwise than the networks do.

CRFsuite trains and reads it; a stretch of text gives the marginal probability of every tag at every character.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pycrfsuite

from nlp.model import Note
from nlp.training.features import OWN_COLUMN, SeenNames, character_kind, rule_columns, word_columns

SETTINGS = {
    "c1": 0.0, "c2": 1.0, "max_iterations": 90, "feature.minfreq": 2, "feature.possible_transitions": False,
}  # fmt: skip
"""Parameters of CRFsuite's L-BFGS trainer."""

Strings = list[list[str]]


def strings(note: Note, seen: SeenNames) -> Strings:
    """The feature strings of every character of a note that the rules have read."""
    norm = note.norm
    pad = "\u0002\u0002\u0002"
    chars = pad + norm.replace(" ", "_").replace("\n", "\u0003") + pad
    kinds = "ooo" + "".join(map(character_kind, norm)) + "ooo"
    columns = rule_columns(len(norm), note.mentions)
    six = ["".join(c[0] for c in places) for places in zip(*columns[:OWN_COLUMN], strict=True)]
    own, before, after = word_columns(note)
    edge, near, known = ["<", *six, ">"], ["<", *own, ">"], ["<", *seen.column(norm), ">"]
    others = columns[OWN_COLUMN]
    rows = []
    for i in range(len(norm)):
        a, b, c, d, e, f, g = list(chars[i : i + 7])
        r, w, k = edge[i + 1], near[i + 1], known[i + 1]
        rows.append([
            "a" + a, "b" + b, "c" + c, "d" + d, "e" + e, "f" + f, "g" + g,
            "bc" + b + c, "cd" + c + d, "de" + d + e, "ef" + e + f, "ce" + c + e,
            "bcd" + b + c + d, "cde" + c + d + e, "def" + d + e + f,
            "k" + kinds[i + 2 : i + 5], "K" + kinds[i + 1 : i + 6],
            "r" + r, "r-" + edge[i], "r+" + edge[i + 2], "rr" + edge[i] + r + edge[i + 2], "rd" + r + d, "o" + others[i],
            "w" + w, "w-" + near[i], "w+" + near[i + 2], "p" + w + before[i], "n" + w + after[i], "P" + before[i], "N" + after[i],
            "s" + k, "s-" + known[i], "s+" + known[i + 2], "sr" + k + r, "ws" + k + w,
        ])  # fmt: skip
    return rows


def train_field(stretches: Sequence[tuple[Strings, list[str]]], path: Path) -> None:
    """Train on stretches of strings with their tags and write the weights."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=SETTINGS, verbose=False)
    for rows, wanted in stretches:
        trainer.append(rows, wanted)
    trainer.train(str(path))


class Field:
    """Weights, loaded."""

    def __init__(self, path: Path, tags: Sequence[str]) -> None:
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open(str(path))
        known = set(self._tagger.labels())
        self._tags = [(place, tag) for place, tag in enumerate(tags) if tag in known]
        self._size = len(tags)

    def probabilities(self, rows: Strings) -> npt.NDArray[np.float32]:
        """Characters × tags of one stretch."""
        self._tagger.set(pycrfsuite.ItemSequence(rows))
        found = np.zeros((len(rows), self._size), np.float32)
        marginal = self._tagger.marginal
        for place, tag in self._tags:
            found[:, place] = [marginal(tag, pos) for pos in range(len(rows))]
        return found
