"""Names by exclusion: how much better a stretch reads as a name than as everyday words.

Two public statistics are compared (both in ``nlp/lexicons/deid``): shares of characters in given names (``given_shares.tsv``) and shares of
everyday words (``general_words.tsv``, joined by the project's own clinical lists). A stretch that words explain well is no name, one that falls into
stray characters may be. Values are natural logarithms of probability ratios.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from pathlib import Path

from nlp.deid.lexicon import FOLDER, given_names, rows, surname_weight, words
from warehouse import codes

_LONGEST = 4
_STRAY = -19.0
"""Logarithm of the share of a character that no list knows."""
_WHOLE_GIVEN = -10.0
"""Logarithm of the share of a listed given name of everyday characters (国庆), at least."""
_NO_WORD = -999.0
_TERM = -11.5
"""Logarithm of the share given to a clinical term, whatever its true frequency."""
_RARE_GIVEN = -14.0
_SURNAME = {3: -5.0, 2: -5.5, 1: -7.5, 0: -9.0}
_COMPOUND = -7.0
_ONE, _TWO = math.log(0.15), math.log(0.85)
_NAMES = -5.0
"""Logarithm of the share of names among the words of a note."""
_WINDOW = 4
_RUN = re.compile(r"[\u3400-\u9fff]+")
_RUN_END = re.compile(r"[\u3400-\u9fff]+\Z")
_CLINICAL = (
    "sites",
    "diseases",
    "symptoms",
    "operations",
    "imaging",
    "labs",
    "drugs_general",
    "headings",
    "assertion_cues",
)
_BODILY = 2.0
"""Taken from the share of a given-name character that clinical text is full of (炎, 大, 位)."""


@cache
def word_share() -> dict[str, float]:
    """word of 1-4 characters → natural logarithm of its share; clinical words of the project at least at a fixed share."""
    share = {w: -int(level) / 2 for level, cell in rows("general_words.tsv") for w in cell.split()}
    for word in clinical_words():
        if 2 <= len(word) <= _LONGEST:
            share[word] = max(share.get(word, _STRAY), _TERM)
    return share


def clinical_words() -> list[str]:
    """Words of the project's clinical lists, names of drugs, and protected terms, titles, labels, kinship words and verbs of the de-identifier's own."""
    lists = [words("keep.tsv"), words("cues.tsv"), words("labels.tsv")]
    own = [w for cells in lists for ws in cells.values() for w in ws]
    files = (FOLDER.parent / f"{name}.tsv" for name in _CLINICAL)
    own += [name for drug in codes.drugs() for name in (drug.name_zh, *drug.synonyms) if name >= "\u3400"]
    return own + [w for file in files for w in re.findall(r"[\u4e00-\u9fff]{2,4}(?![\u4e00-\u9fff])", _body(file))]


def _body(file: Path) -> str:
    return "\n".join(line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


@cache
def given_share() -> dict[str, float]:
    """character → natural logarithm of its share among given-name characters."""
    bodily = {c for tier, cell in rows("given_chars.tsv") if tier == "bodily" for c in cell}
    listed = ((c, -int(level) / 2) for level, cell in rows("given_shares.tsv") for c in cell)
    return {c: share - _BODILY * (c in bodily) for c, share in listed}


@cache
def general_share() -> dict[str, float]:
    """character → natural logarithm of its share in running text."""
    total: dict[str, float] = {}
    for word, share in word_share().items():
        for char in word:
            total[char] = total.get(char, 0.0) + math.exp(share)
    whole = sum(total.values())
    return {c: math.log(v / whole) for c, v in total.items()}


@cache
def given_odds() -> dict[str, float]:
    """character → how much likelier it is in a given name than in running text."""
    general = general_share()
    return {c: share - general.get(c, _STRAY + 6) for c, share in given_share().items()}


@cache
def surname_share(surname: str) -> float:
    """Logarithm of the share of a family name, flat within its tier: a hospital of a region has its own."""
    return _COMPOUND if len(surname) > 1 else _SURNAME[surname_weight().get(surname, 0)]


@cache
def surname_odds(surname: str) -> float:
    """How much likelier a family name is than the same character in running text; compound ones hardly occur otherwise."""
    return 6.0 if len(surname) > 1 else surname_share(surname) - general_share().get(surname, _STRAY + 6)


def name_share(surname: str, given: str) -> float:
    """Logarithm of the probability that a name is this one."""
    share = given_share()
    parts = share.get(given[0], _RARE_GIVEN)
    size = _ONE
    if len(given) > 1:
        parts += share.get(given[1], _RARE_GIVEN)
        size = _TWO
    if parts < _WHOLE_GIVEN and given in given_names():
        parts = _WHOLE_GIVEN
    return surname_share(surname) + parts + size


@cache
def _heads() -> dict[str, tuple[float, int]]:
    """first two characters of words → share of the word of just these two (very low when none), length of the longest word."""
    heads: dict[str, tuple[float, int]] = {}
    for word, share in word_share().items():
        if len(word) > 1:
            known, longest = heads.get(word[:2], (_NO_WORD, 0))
            heads[word[:2]] = (share if len(word) == 2 else known, max(longest, len(word)))
    return heads


@lru_cache(maxsize=1 << 15)
def best_suffixes(text: str) -> list[float]:
    """best[i]: logarithm of the best segmentation into words of everything from character i on; the same few characters come again and again."""
    get, head, size = word_share().get, _heads().get, len(text)
    best = [0.0] * (size + 4)
    for at in range(size - 1, -1, -1):
        top = get(text[at], _STRAY) + best[at + 1]
        pair = head(text[at : at + 2])
        if pair is not None:
            if pair[0] + best[at + 2] > top:
                top = pair[0] + best[at + 2]
            if pair[1] > 2:
                longer = (get(text[at:end], _NO_WORD) + best[end] for end in range(at + 3, min(at + pair[1], size) + 1))
                top = max(top, *longer, _NO_WORD)
        best[at] = top
    return best


def best_reading(text: str) -> float:
    """Logarithm of the best segmentation of a text into words."""
    return best_suffixes(text)[0]


def run_bounds(text: str, at: int) -> tuple[int, int]:
    """The Chinese characters around an offset, at most a window to the left and a window behind the longest name."""
    least = max(0, at - _WINDOW)
    before = _RUN_END.search(text, least, at)
    behind = _RUN.match(text, at, at + _WINDOW + 3)
    return before.start() if before else at, behind.end() if behind else at


def readings(run: str, at: int, surname: str) -> list[tuple[int, float]]:
    """(number of given characters, evidence) of every name that may start at a place of a run (as of ``run_bounds``), two given characters and one."""
    best = best_suffixes(run)
    before = best_reading(run[:at]) + _NAMES - best[0]
    given = at + len(surname)
    ends = range(min(given + 2, len(run)), given, -1)
    return [(end - given, before + name_share(surname, run[given:end]) + best[end]) for end in ends]


def token_evidence(text: str, at: int, end: int, share: float) -> float:
    """How much better one token of this share (a logarithm) explains these characters than words do."""
    first, last = run_bounds(text, at)
    best = best_suffixes(text[first:last])
    return best_reading(text[first:at]) + share + best[end - first] - best[0]


def surname_evidence(text: str, at: int, end: int, surname: str = "") -> float:
    """The same for a family name alone or behind a prefix; the title or prefix beside it speaks for itself."""
    return token_evidence(text, at, end, _NAMES + surname_share(surname or text[at:end]))
