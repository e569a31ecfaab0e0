"""One pass over a folded note that finds every cue word the recognisers need, so that no word list is searched twice.

The pass hashes every two and three neighbouring characters into tables of the heads of all words; only where a head may
stand are words compared. The time depends on the length of the note, not on the size of the word lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from nlp import lexicons
from nlp.deid.lexicon import county_shorts, place_names, surname_weight, words
from nlp.deid.name_forms import part_words
from warehouse import codes

_PLACES = 1 << 18
"""Size of a table of heads."""
_WORD, _HEAD = 1, 2
"""Marks of two characters that are a word, and of two or three that begin a longer one; a head counts where both tables know it."""
_SPREAD = 324_027
"""Multiplier that spreads neighbouring code points over the tables."""


class Hit(NamedTuple):
    """A cue word: half-open offsets, the word, and its kind."""

    start: int
    end: int
    word: str
    kind: str


_hit = partial(tuple.__new__, Hit)
"""A hit from a tuple of its fields: the shortest way, since every note has dozens."""


def occurrences(text: str, value: str) -> Iterator[int]:
    """Offsets of a value, left to right, without overlaps; values change with every note, so none is worth a compiled pattern."""
    at = text.find(value)
    while at >= 0:
        yield at
        at = text.find(value, at + len(value))


class Index:
    """Words of several lists by their first three characters; a word of several kinds in one list keeps the first."""

    def __init__(self, lists: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        found: dict[str, dict[str, str]] = {}
        for name, pairs in lists.items():
            for word, kind in pairs:
                found.setdefault(word, {}).setdefault(name, kind)
        self.names = tuple(lists)
        self.singles = {word: kinds for word, kinds in found.items() if len(word) == 1}
        self.pairs = {word: tuple(kinds.items()) for word, kinds in found.items() if len(word) == 2}
        self.heads: dict[str, list[tuple[str, tuple[tuple[str, str], ...]]]] = {}
        for word in sorted((w for w in found if len(w) > 2), key=len, reverse=True):
            self.heads.setdefault(word[:3], []).append((word, tuple(found[word].items())))
        self._pair_table, self._head_table = np.zeros(_PLACES, dtype=np.uint8), np.full(_PLACES, _WORD, dtype=np.uint8)
        self._pair_table[_hashes("".join(self.pairs))[0][::2]] = _WORD
        self._pair_table[_hashes("".join(self.heads))[0][::3]] |= _HEAD
        self._head_table[_hashes("".join(self.heads))[1][::3]] |= _HEAD
        self._single = re.compile(f"[{re.escape(''.join(self.singles))}]") if self.singles else None

    def every(self, text: str) -> dict[str, list[Hit]]:
        """All hits by list, overlapping ones too, in order of their start, longer ones first."""
        out: dict[str, list[Hit]] = {name: [] for name in self.names}
        for at in self._candidates(text):
            for word, kinds in self.heads.get(text[at : at + 3], ()):
                if text.startswith(word, at):
                    for name, kind in kinds:
                        out[name].append(_hit((at, at + len(word), word, kind)))
            pair = text[at : at + 2]
            for name, kind in self.pairs.get(pair, ()):
                out[name].append(_hit((at, at + 2, pair, kind)))
        self._add_singles(text, out)
        return out

    def _candidates(self, text: str) -> list[int]:
        """Offsets at which a word may begin."""
        pairs, triples = _hashes(text)
        marked = self._pair_table[pairs]
        marked[: len(triples)] &= self._head_table[triples]
        marked[len(triples) :] &= _WORD
        return marked.nonzero()[0].tolist()

    def _add_singles(self, text: str, out: dict[str, list[Hit]]) -> None:
        touched = set()
        for match in self._single.finditer(text) if self._single else ():
            for name, kind in self.singles[match.group()].items():
                out[name].append(_hit((match.start(), match.end(), match.group(), kind)))
                touched.add(name)
        for name in touched:
            out[name].sort(key=lambda h: (h.start, -h.end))


def _hashes(text: str) -> tuple[Any, Any]:
    """Places in the tables of every two and of every three neighbouring characters."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    pairs = points[:-1] * np.uint32(_SPREAD) + points[1:]
    mask = np.uint32(_PLACES - 1)
    return pairs & mask, (pairs[:-1] * np.uint32(_SPREAD + 2) + points[2:]) & mask


def longest(hits: list[Hit]) -> list[Hit]:
    """Leftmost-longest, non-overlapping hits of a list as ``Index.every`` orders it."""
    out: list[Hit] = []
    end = 0
    for hit in hits:
        if hit.start >= end:
            out.append(hit)
            end = hit.end
    return out


def is_cut(text: str, hit: Hit) -> bool:
    """Does a middle school's ending run into Chinese medicine (三中医)?"""
    return text[hit.end - 1 : hit.end + 1] == "中医"


@cache
def index() -> Index:
    """Labels, protected terms, places and institution endings, what is done at institutions, and what names are made of."""
    return Index({"label": _labels(), "keep": _kept(), "place": _places(), "act": _acts()} | _names())


def _labels() -> list[tuple[str, str]]:
    """Field labels (kind = how to read the value)."""
    return [(w, kind) for kind, ws in words("labels.tsv").items() for w in ws]


def _kept() -> list[tuple[str, str]]:
    """Protected terms of two or more characters."""
    lists = words("keep.tsv")
    pairs = [(w, kind) for kind in ("eponym", "term") for w in lists[kind] if len(w) > 1]
    return pairs + [(w, "code table") for w in _code_terms()] + [(w, "clinical") for w in _clinical_terms()]


_CLINICAL = {"drugs_general": 3, "symptoms": 4, "diseases": 4, "labs": 4, "imaging": 4}
"""Lists of clinical words that are protected too, and the least length; shorter words also stand inside names."""


def _clinical_terms() -> list[str]:
    found = {(name, w) for name in _CLINICAL for row in lexicons.rows(name) for w in row["term"].split(";")}
    return sorted(w for name, w in found if len(w) >= _CLINICAL[name] and all("\u4e00" <= c <= "\u9fff" for c in w))


def _code_terms() -> list[str]:
    """Chinese names of drugs, regimens, markers, laboratory items and tumours, as the code tables know them."""
    rows: list[Any] = [*codes.drugs(), *codes.regimens(), *codes.markers(), *codes.lab_items(), *codes.tumour_types()]
    names = {n for row in rows for n in (getattr(row, "name_zh", ""), *row.synonyms)}
    return sorted(n for n in names if len(n) > 1 and "\u4e00" <= n[0] <= "\u9fff")


def _places() -> list[tuple[str, str]]:
    """Divisions (full, province and prefecture shorts), county shorts, institution suffixes and short hospital names."""
    lists = words("institutions.tsv")
    pairs = [(w, "short") for w in lists["short"]]
    pairs += [(w, "suffix_hospital") for w in lists["suffix_hospital"]]
    pairs += [(w, "suffix_org") for w in lists["suffix_org"] if len(w) > 1]
    pairs += [
        (level + field + house, "grammar")
        for level in lists["level"]
        for field in lists["field"]
        for house in lists["house"]
    ]
    pairs += [(field + house, "grammar_bare") for field in lists["bare_field"] for house in lists["house"]]
    pairs += [(a + b, "grammar_short") for a in lists["short_level"] for b in lists["short_field"]]
    pairs += [(w, "grammar_short") for w in lists["short_whole"]]
    pairs += [(w, kind) for kind in ("lab", "firm") for w in lists[kind]]
    pairs += [(w, "place") for w in place_names()]
    return pairs + [(w, "county") for w in county_shorts()]


def _names() -> dict[str, list[tuple[str, str]]]:
    """Compound family names, parts of names without family name, and titles of two and more characters."""
    compound = [(s, "compound") for s in surname_weight() if len(s) > 1]
    titles = [(t, "title") for t in words("cues.tsv")["title_after"] if len(t) > 1]
    return {"compound": compound, "part": [(p, "part") for p in part_words()], "title": titles}


def _acts() -> list[tuple[str, str]]:
    """Words behind a bare institution name by the opening they need before it, endings of employers, centres and settlements."""
    lists = words("visits.tsv")
    pairs = [(w, kind) for kind in ("first", "front") for w in lists[kind]]
    orgs = words("institutions.tsv")
    pairs += [(w, "org") for w in orgs["bare_org"]]
    pairs += [
        (level + number + school, "org")
        for level in orgs["school_level"]
        for number in orgs["school_number"]
        for school in orgs["school"]
    ]
    pairs += [(w, "work") for w in lists["work_ending"]]
    pairs += [(w, kind) for kind in ("spot_after", "spot") for w in words("places.tsv")[kind]]
    return pairs + [(f + e, "work") for f in lists["function"] for e in lists["function_ending"]]
