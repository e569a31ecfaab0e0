"""The words of a name that matter most for linking: body sites and acts."""

from __future__ import annotations

import re
from functools import cache

from nlp import lexicons
from nlp.text import Dictionary


@cache
def _synonyms() -> dict[str, str]:
    rows = (row for row in lexicons.rows("linking_words") if row["class"] == "site")
    return {term: row["same"] for row in rows for term in row["term"].split(";")}


@cache
def any_of(name: str) -> re.Pattern[str]:
    """A pattern for the words of a class of ``linking_words.tsv``, longest first."""
    found = sorted(_of_class(name), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, found)))


def _of_class(name: str) -> list[str]:
    return [term for row in lexicons.rows("linking_words") if row["class"] == name for term in row["term"].split(";")]


@cache
def _sites() -> Dictionary[str]:
    rows = (row for row in lexicons.rows("sites") if row["class"] in ("organ", "region", "tissue", "weak"))
    return Dictionary({term: term for row in rows for term in row["term"].split(";")})


@cache
def _acts() -> Dictionary[str]:
    rows = (row for row in lexicons.rows("operations") if row["class"] in ("act", "op_head", "act_word"))
    return Dictionary({term: term.removesuffix("术") for row in rows for term in row["term"].split(";")})


@cache
def _heads() -> Dictionary[str]:
    rows = (row for row in lexicons.rows("diseases") if row["class"] in ("head", "bound", "whole"))
    return Dictionary({term: term for row in rows for term in row["term"].split(";")})


@cache
def words(text: str, kind: str) -> tuple[frozenset[str], frozenset[str]]:
    """(sites, acts or disease heads) of a folded string."""
    sites = frozenset(_site(match.payload) for match in _sites().find(text))
    known = _acts() if kind == "operation" else _heads()
    return sites, frozenset(match.payload for match in known.find(text))


def _site(word: str) -> str:
    plain = word.lstrip("左右双两侧") or word
    return _synonyms().get(word, _synonyms().get(plain, plain))


def agreement(query: str, title: str, kind: str) -> dict[str, float]:
    """Shares of sites and acts that name and title have in common, and counts of those that only the title has."""
    (sites, acts), (title_sites, title_acts) = words(query, kind), words(title, kind)
    return {
        "site_hit": _share(sites, title),
        "site_extra": float(sum(not _within(site, query) for site in title_sites)),
        "act_hit": _share(acts, title),
        "act_extra": float(sum(not _within(act, query) for act in title_acts)),
    }


def _within(word: str, text: str) -> bool:
    return word in text


def _share(words_: frozenset[str], text: str) -> float:
    return sum(_within(word, text) for word in words_) / len(words_) if words_ else 0.5
