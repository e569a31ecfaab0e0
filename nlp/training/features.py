"""Features of the recogniser: characters with their neighbours, what our lexicons and rules say, names seen in training.

Everything is written over the folded text, one string for each character and column. The rules' own mentions are features,
so the model learns where they can be trusted rather than what a disease is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from nlp import grammar
from nlp.model import Mention, Note
from nlp.text import Dictionary
from nlp.training.corpus import LabelledNote

RULE_LABELS = ("disease", "anatomy", "surgery", "drug", "lab_test", "imaging_exam", "finding", "metastasis", "nodes", "stage",
               "size", "biomarker", "regimen", "histology", "date", "lab_value")  # fmt: skip
"""Labels of rule mentions that become features; the first six each have a column of their own, the others share one."""

OWN_COLUMN = 6

_OPEN_ENDS = frozenset("。;\n")
MAX_SEGMENT = 300
"""Longest stretch that is tagged at once, in characters."""
MAX_PIECE = 4000
"""Longest text that is computed at once, in characters; bounds the memory, some 3 kB a character."""


def segments(norm: str) -> list[tuple[int, int]]:
    """Half-open stretches of the text that are tagged on their own: up to ``。``, ``;`` or a line end."""
    found, start = [], 0
    for pos, char in enumerate(norm):
        if char in _OPEN_ENDS or pos - start >= MAX_SEGMENT:
            found.append((start, pos + 1))
            start = pos + 1
    if start < len(norm):
        found.append((start, len(norm)))
    return found


def pieces(norm: str) -> list[list[tuple[int, int]]]:
    """The segments of a text, in groups that are computed at once: a whole note, or much of a very long one."""
    groups: list[list[tuple[int, int]]] = []
    for start, end in segments(norm):
        if not groups or end - groups[-1][0][0] > MAX_PIECE:
            groups.append([])
        groups[-1].append((start, end))
    return groups


def character_kind(char: str) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return "h"
    if char.isdigit():
        return "d"
    if char.isascii() and char.isalpha():
        return "l"
    return char if char in '()、,.+-:/"' else "o"


def mark(column: list[str], start: int, end: int, name: str) -> None:
    """Write ``name`` over a span of a column, with B, I, E or S for the place in the span."""
    if end - start == 1:
        column[start] = "S" + name
        return
    column[start] = "B" + name
    for pos in range(start + 1, end - 1):
        column[pos] = "I" + name
    column[end - 1] = "E" + name


def rule_columns(length: int, mentions: Iterable[Mention]) -> list[list[str]]:
    """One column for each of the six types, one for all other labels; the longest mention of a place wins."""
    columns = [["-"] * length for _ in range(OWN_COLUMN + 1)]
    wanted = {name: min(place, OWN_COLUMN) for place, name in enumerate(RULE_LABELS)}
    for mention in sorted(mentions, key=lambda m: (m.end - m.start, m.start, m.label)):
        place = wanted.get(str(mention.label))
        if place is not None and mention.end - mention.start <= MAX_SEGMENT:
            mark(columns[place], mention.start, mention.end, str(mention.label) if place == OWN_COLUMN else "")
    return columns


@dataclass(frozen=True, slots=True)
class SeenNames:
    """Names of a training corpus with their usual label; ``find`` gives a column."""

    names: Dictionary[str]

    @classmethod
    def of(cls, counts: dict[str, str]) -> SeenNames:
        """From name to label."""
        return cls(Dictionary(counts))

    def column(self, norm: str) -> list[str]:
        """The longest known names from the left, as place and label."""
        column = ["-"] * len(norm)
        for match in self.names.find(norm):
            mark(column, match.start, match.end, match.payload)
        return column


def seen_names(notes: Sequence[LabelledNote], norms: Sequence[str]) -> dict[str, str]:
    """Folded name to its usual label, with how reliably it is one: ``disease3`` is nearly always, ``disease1`` seldom."""
    labels: dict[str, Counter[str]] = {}
    for note, norm in zip(notes, norms, strict=True):
        for start, end, label in note.entities:
            labels.setdefault(norm[start:end], Counter())[label] += 1
    everywhere = _occurrences(labels, norms)
    return {name: _usual(count, everywhere[name]) for name, count in sorted(labels.items())}


def _occurrences(labels: Iterable[str], norms: Sequence[str]) -> Counter[str]:
    names = Dictionary({name: name for name in labels})
    return Counter(match.payload for norm in norms for match in names.find(norm))


def _usual(count: Counter[str], everywhere: int) -> str:
    label, times = max(count.items(), key=lambda item: (item[1], item[0]))
    share = times / max(times, everywhere)
    return f"{label}{3 if share > 0.8 else 2 if share > 0.4 else 1}{'+' if times > 2 else ''}"


@cache
def _classes() -> dict[str, str]:
    """The classes that a token letter stands for; letters change whenever a lexicon does, names of classes do not."""
    names: dict[str, list[str]] = {}
    for name, letters in sorted(grammar.vocabulary().classes.items()):
        for letter in letters:
            names.setdefault(letter, []).append(name)
    return {letter: "+".join(found) for letter, found in names.items()}


def word_columns(note: Note) -> tuple[list[str], list[str], list[str]]:
    """Of each character: the class of its word with its place in it; the word before; the word after."""
    found = grammar.tokens(note)
    size = len(note.norm)
    own, before, after = ["-"] * size, ["-"] * size, ["-"] * size
    classes = _classes()
    words = [
        classes.get(letter, "_") + (note.norm[start:end] if end - start < 6 else "~")
        for letter, start, end in zip(found.letters, found.starts, found.ends, strict=True)
    ]
    for number, (start, end) in enumerate(zip(found.starts, found.ends, strict=True)):
        letter = found.letters[number]
        previous = words[number - 1] if number else "<"
        following = words[number + 1] if number + 1 < len(words) else ">"
        if letter not in classes:
            own[start:end] = [letter] * (end - start)
        else:
            mark(own, start, end, classes[letter])
        before[start:end] = [previous] * (end - start)
        after[start:end] = [following] * (end - start)
    return own, before, after


@dataclass(frozen=True, slots=True)
class Features:
    """Of every character of a note one string in each column; ``columns`` follows :data:`COLUMNS`."""

    columns: tuple[list[str], ...]

    def __len__(self) -> int:
        return len(self.columns[0])


COLUMNS = ("char", "pair", "triple", "kinds", "rules", "other rules", "word", "word before", "word behind", "seen")
"""What else stands around a character is seen by the layers of the network."""


def note_features(note: Note, seen: SeenNames) -> Features:
    """The feature strings of every character of a note that the rules have read."""
    norm = note.norm
    columns = rule_columns(len(norm), note.mentions)
    six = ["".join(places) for places in zip(*([place[0] for place in column] for column in columns[:OWN_COLUMN]))]
    own, before, after = word_columns(note)
    pairs = [a + b for a, b in zip(norm, [*norm[1:], ">"])]
    triples = [a + b for a, b in zip(["<", *norm[:-1]], pairs)]
    kinds = "oo" + "".join(map(character_kind, norm)) + "oo"
    five = [kinds[pos : pos + 5] for pos in range(len(norm))]
    return Features((list(norm), pairs, triples, five, six, columns[OWN_COLUMN], own, before, after, seen.column(norm)))


class Vocabulary:
    """From the strings of each column to rows of one table; a column's first row stands for all that it does not hold."""

    def __init__(self, strings: Sequence[Sequence[str]]) -> None:
        self.strings = strings
        sizes = [len(column) + 1 for column in strings]
        self.first = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
        self.rows = sum(sizes)
        self._row_of = [
            {string: row for row, string in enumerate(column, int(first) + 1)}
            for column, first in zip(strings, self.first, strict=True)
        ]

    @classmethod
    def of(cls, notes: Sequence[Features]) -> Vocabulary:
        """The strings that stand at two characters or more."""
        counts = [Counter(string for note in notes for string in note.columns[place]) for place in range(len(COLUMNS))]
        return cls([sorted(string for string, times in count.items() if times > 1) for count in counts])

    def ids(self, note: Features) -> npt.NDArray[np.int32]:
        """Characters × columns."""
        rows = [
            [row_of.get(string, unknown) for string in column]
            for column, row_of, unknown in zip(note.columns, self._row_of, self.first.tolist(), strict=True)
        ]
        return np.array(rows, np.int32).T.reshape(len(note), len(rows))
