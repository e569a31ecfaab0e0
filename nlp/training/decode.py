"""Tags of characters: B, I, E, S with a label, and O; entities from tags, the best well-formed tags from probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from nlp.training.corpus import Entity

Scores = npt.NDArray[np.float32]

_NEVER = np.float32(-1e9)
_FLOOR = np.float32(1e-6)


def tag_names(labels: Iterable[str]) -> list[str]:
    """All tags of these labels; the first is ``O``."""
    return ["O", *(f"{place}-{label}" for label in sorted(labels) for place in "BIES")]


def tags(length: int, entities: Iterable[Entity]) -> list[str]:
    """One tag for each character: ``O``, or place (B, I, E, S) and label."""
    found = ["O"] * length
    for start, end, label in entities:
        for pos in range(start, end):
            found[pos] = f"I-{label}"
        found[start], found[end - 1] = f"B-{label}", f"E-{label}"
        if end - start == 1:
            found[start] = f"S-{label}"
    return found


def entities(tagged: Sequence[str]) -> list[Entity]:
    """The entities of well-formed tags."""
    found: list[Entity] = []
    start = 0
    for pos, tag in enumerate(tagged):
        if tag[0] in "BS":
            start = pos
        if tag[0] in "ES":
            found.append((start, pos + 1, tag[2:]))
    return found


def best_tags(probabilities: Scores, names: tuple[str, ...]) -> list[str]:
    """The most likely well-formed tags of a stretch (characters × tags, in the order of ``names``)."""
    follows, opens, closes = _grammar(names)
    best = probabilities.argmax(1)
    if not (opens[best[0]] and closes[best[-1]] and follows[best[:-1], best[1:]].all()):
        best = _viterbi(np.log(probabilities + _FLOOR), *(np.where(allowed, 0, _NEVER) for allowed in _grammar(names)))
    return [names[tag] for tag in best]


def _viterbi(scores: Scores, follows: Scores, opens: Scores, closes: Scores) -> npt.NDArray[np.intp]:
    total = scores[0] + opens
    came = np.zeros(scores.shape, np.intp)
    for pos in range(1, len(scores)):
        ways = total[:, None] + follows
        came[pos] = ways.argmax(0)
        total = ways.max(0) + scores[pos]
    path = np.zeros(len(scores), np.intp)
    path[-1] = (total + closes).argmax()
    for pos in range(len(scores) - 1, 0, -1):
        path[pos - 1] = came[pos, path[pos]]
    return path


@cache
def _grammar(names: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tag may follow which, which may be first, which last."""
    opens = np.array([name[0] in "OBS" for name in names])
    closes = np.array([name[0] in "OES" for name in names])
    inside = np.array([[one[0] in "BI" and two[0] in "IE" and one[2:] == two[2:] for two in names] for one in names])
    return inside | (closes[:, None] & opens[None, :]), opens, closes
