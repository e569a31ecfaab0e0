"""One Aho-Corasick pass over a folded note that finds every cue word the recognisers need, so that no word list is searched twice."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import ahocorasick

from nlp.deid.lexicon import county_shorts, place_names, words
from warehouse import codes


class Hit(NamedTuple):
    """A cue word: half-open offsets, the word, and its kind."""

    start: int
    end: int
    word: str
    kind: str


def build(pairs: Iterable[tuple[str, str]]) -> ahocorasick.Automaton:
    """Automaton over (word, kind); a word of several kinds keeps the first."""
    automaton = ahocorasick.Automaton()
    for word, kind in pairs:
        if word not in automaton:
            automaton.add_word(word, (word, kind))
    automaton.make_automaton()
    return automaton


def longest(automaton: ahocorasick.Automaton, text: str) -> list[Hit]:
    """Leftmost-longest, non-overlapping hits."""
    return [Hit(end + 1 - len(word), end + 1, word, kind) for end, (word, kind) in automaton.iter_long(text)]


def every(automaton: ahocorasick.Automaton, text: str) -> list[Hit]:
    """All hits, overlapping ones too, in order of their end."""
    return [Hit(end + 1 - len(word), end + 1, word, kind) for end, (word, kind) in automaton.iter(text)]


@cache
def label_automaton() -> ahocorasick.Automaton:
    """Field labels (kind = how to read the value)."""
    return build((w, kind) for kind, ws in words("labels.tsv").items() for w in ws)


@cache
def keep_automaton() -> ahocorasick.Automaton:
    """Protected terms of two or more characters."""
    lists = words("keep.tsv")
    pairs = [(w, kind) for kind in ("eponym", "term") for w in lists[kind] if len(w) > 1]
    return build(pairs + [(w, "code table") for w in _code_terms()])


def _code_terms() -> list[str]:
    """Chinese names of drugs, regimens, markers, laboratory items and tumours, as the code tables know them."""
    rows: list[Any] = [*codes.drugs(), *codes.regimens(), *codes.markers(), *codes.lab_items(), *codes.tumour_types()]
    names = {n for row in rows for n in (getattr(row, "name_zh", ""), *row.synonyms)}
    return sorted(n for n in names if len(n) > 1 and "\u4e00" <= n[0] <= "\u9fff")


@cache
def place_automaton() -> ahocorasick.Automaton:
    """Divisions (full, province and prefecture shorts), county shorts, institution suffixes and short hospital names."""
    lists = words("institutions.tsv")
    pairs = [(w, "suffix_hospital") for w in lists["suffix_hospital"]]
    pairs += [(w, "suffix_org") for w in lists["suffix_org"] if len(w) > 1]
    pairs += [(w, "short") for w in lists["short"]]
    pairs += [(w, "place") for w in place_names()]
    pairs += [(w, "county") for w in county_shorts()]
    return build(pairs)
