"""A note as a string of word classes: how names are put together from parts.

Chinese disease, site and operation names are compositions (side + organ + segment + growth form + head). One dictionary
pass turns the note into *tokens*; each token is written as one character that stands for the set of its classes, a
stretch that no lexicon knows as ``_`` (up to four characters within a sentence), ``=`` (longer) or ``~`` (blanks, class ``space``). A pattern is then an ordinary regular expression over that string, written with
the names of classes in angle brackets: ``<side>?<organ>+<part>*``. Every token is one character, so searching is
linear in the note for patterns without nested repeats.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from nlp import lexicons
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, Match

_LISTS = ("sites", "diseases", "operations", "imaging", "connectors")
_FIRST_CHAR = 0x4E00
_GAP, _LONG_GAP, _BLANK = "_", "=", "~"
_SHORT = 4
_STOPS = frozenset("。;:\n")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All terms with their class character, and for each class the characters of the sets it belongs to."""

    terms: Dictionary[str]
    classes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tokens:
    """``letters[i]`` is the class character of the token at ``[starts[i], ends[i])``."""

    letters: str
    starts: list[int]
    ends: list[int]


@cache
def vocabulary() -> Vocabulary:
    """The terms of the compositional lexicons with the set of classes of each."""
    sets: dict[str, set[str]] = {}
    for term, name in _classified():
        sets.setdefault(term, set()).add(name)
    characters: dict[frozenset[str], str] = {}
    terms = {}
    for term, names in sets.items():
        key = frozenset(names)
        terms[term] = characters.setdefault(key, chr(_FIRST_CHAR + len(characters)))
    classes: dict[str, str] = {"space": _BLANK}
    for key, char in characters.items():
        for name in key:
            classes[name] = classes.get(name, "") + char
    return Vocabulary(Dictionary(terms | _mirrored(terms), shared=True), classes)


def _mirrored(terms: Mapping[str, str]) -> dict[str, str]:
    """Terms of three characters and more with an exchanged word of direction, unless that is a term of its own.

    Only the span of a name depends on this vocabulary; side and level of a fact are read from the note's own words.
    """
    found: dict[str, str] = {}
    for row in lexicons.rows("opposites"):
        swap = str.maketrans(row["one"] + row["other"], row["other"] + row["one"])
        for term, char in terms.items():
            other = term.translate(swap)
            if len(term) > 2 and other not in terms:
                found.setdefault(other, char)
    return found


def _classified() -> Iterator[tuple[str, str]]:
    """(folded term, class) of every list; symptoms and words that are no sites are classes of their own."""
    from nlp.text import fold

    for name in _LISTS:
        for row in lexicons.rows(name):
            yield from ((fold(term), row["class"]) for term in row["term"].split(";") if term)
    for term in lexicons.words("not_sites"):
        yield fold(term), "none"
    for row in lexicons.rows("symptoms"):
        if len(row["site"]) <= 1:
            name = "symptom_site" if row["site"] else "symptom"
            yield from ((fold(term), name) for term in row["term"].split(";") if term)


@cache
def pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern over class names; ``<a|b>`` is a token of class a or b, ``<!a|b>`` any other but a long gap.

    Spaces are ignored.
    """
    classes = vocabulary().classes

    def characters(match: re.Match[str]) -> str:
        negated = f"^{_LONG_GAP}" if match[1] else ""
        return f"[{negated}" + "".join(classes.get(name, "") for name in match[2].split("|")) + "]"

    return re.compile(re.sub(r"<(!?)([a-z_|]+)>", characters, source.replace(" ", "").replace("\n", "")))


def _gap(words: str) -> str:
    if words.isspace():
        return _BLANK
    return _GAP if len(words) <= _SHORT and _STOPS.isdisjoint(words) else _LONG_GAP


@lru_cache(maxsize=4)
def _tokens(norm: str) -> Tokens:
    letters, starts, ends = [], [], []
    pos = 0
    for start, end, char in vocabulary().terms.cover(norm):
        if start > pos:
            letters.append(_gap(norm[pos:start]))
            starts.append(pos)
            ends.append(start)
        letters.append(char)
        starts.append(start)
        ends.append(end)
        pos = end
    return Tokens("".join(letters), starts, ends)


def tokens(note: Note) -> Tokens:
    """The note's tokens, made once for all matchers."""
    return _tokens(note.norm)


def search(note: Note, source: str) -> Iterator[tuple[int, int]]:
    """Spans (offsets of the text) where the pattern matches the note's tokens."""
    found = tokens(note)
    for match in pattern(source).finditer(found.letters):
        if match.end() > match.start():
            yield found.starts[match.start()], found.ends[match.end() - 1]


@cache
def _symptoms() -> Dictionary[int]:
    rows = lexicons.rows("symptoms")
    return Dictionary({term: len(row["site"]) for row in rows for term in row["term"].split(";") if term}, shared=True)


@lru_cache(maxsize=4)
def _symptoms_in(norm: str) -> tuple[Match[int], ...]:
    return tuple(_symptoms().find(norm))


def symptoms(note: Note) -> tuple[Match[int], ...]:
    """Symptom words with the length of the site they begin with, found once for all matchers."""
    return _symptoms_in(note.norm)


class Taken:
    """The stretches of a note that matchers before have claimed."""

    def __init__(self, mentions: Iterable[Mention], labels: Iterable[Label]) -> None:
        wanted = frozenset(labels)
        spans = sorted((mention.start, mention.end) for mention in mentions if mention.label in wanted)
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def overlaps(self, start: int, end: int) -> bool:
        """Does ``[start, end)`` share a character with a claimed stretch?"""
        index = bisect_left(self._ends, start + 1)
        return index < len(self._starts) and self._starts[index] < end


def trimmed(norm: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks, brackets left open and separators at its ends."""
    while start < end and norm[start] in " ,、+;)-/":
        start += 1
    while start < end and norm[end - 1] in " ,、+;(-/":
        end -= 1
    inside = norm[start:end]
    if inside.startswith("(") and inside.endswith(")") and "(" not in inside[1:-1]:
        return start + 1, end - 1
    if inside.count("(") > inside.count(")"):
        if inside.startswith("("):
            return start + 1, end
        return start, start + inside.rindex("(")
    if inside.count(")") > inside.count("("):
        if inside.endswith(")"):
            return start, end - 1
        return start + inside.index(")") + 1, end
    return start, end


def mention(note: Note, start: int, end: int, label: Label, engine: str) -> Mention:
    """A mention of ``note.text[start:end]``."""
    return Mention(start, end, label, note.text[start:end], engine=engine)
