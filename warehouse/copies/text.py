"""Which stretches of a note stand word for word in an earlier note of the same person. Pure functions of texts."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SENTENCE = re.compile(r"[^。！？；!?;\n\r]*[。！？；!?;\n\r]*")
MAX_PLACES = 50
"""Earlier places of one sentence that are tried: a set phrase stands in hundreds of notes."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its offsets in the note and its words without width, case and blanks."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A copied stretch: where it stands, and in which earlier note from which offset; ``chars`` without blanks."""

    start: int
    end: int
    source: str
    source_start: int
    chars: int


def sentences(text: str) -> list[Sentence]:
    """The sentences of a note; those without words are left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        words = re.sub(r"\s+", "", unicodedata.normalize("NFKC", match.group())).casefold()
        if words.strip("。!?;.,"):
            found.append(Sentence(match.start(), match.end(), words))
    return found


class Course:
    """The notes of one person, read in order; each is compared with those before it."""

    def __init__(self, min_run_chars: int) -> None:
        self._min = min_run_chars
        self._notes: dict[str, list[Sentence]] = {}
        self._places: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def read(self, document_id: str, text: str) -> tuple[list[Segment], int]:
        """Copied segments of the next note, and its length without blanks; from now on later notes are compared with it too."""
        mine = sentences(text)
        found = list(self._segments(mine))
        self._notes[document_id] = mine
        for place, sentence in enumerate(mine):
            self._places[sentence.words].append((document_id, place))
        return found, sum(len(sentence.words) for sentence in mine)

    def _segments(self, mine: Sequence[Sentence]) -> Iterator[Segment]:
        place = 0
        while place < len(mine):
            length, source, start = self._longest(mine, place)
            run = mine[place : place + length]
            chars = sum(len(sentence.words) for sentence in run)
            if chars >= self._min:
                yield Segment(run[0].start, run[-1].end, source, self._notes[source][start].start, chars)
                place += length
            else:
                place += 1

    def _longest(self, mine: Sequence[Sentence], place: int) -> tuple[int, str, int]:
        """(sentences, earlier note, its place) of the longest run from here; of equal ones the earliest note."""
        best = (0, "", 0)
        for source, start in self._places.get(mine[place].words, ())[:MAX_PLACES]:
            length, theirs = 0, self._notes[source]
            while (
                place + length < len(mine)
                and start + length < len(theirs)
                and mine[place + length].words == theirs[start + length].words
            ):
                length += 1
            if length > best[0]:
                best = (length, source, start)
        return best
