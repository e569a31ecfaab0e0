"""Ordinary words: what explains a stretch of characters as plain language, so that an unexplained one may be a name; and word lists as patterns."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from nlp import lexicons
from nlp.deid.alternation import either
from nlp.deid.lexicon import rows, words
from warehouse import codes


@cache
def ordinary() -> frozenset[str]:
    """Everyday words of two and three characters, protected medical terms and words known not to name a place."""
    everyday = {first + rest for first, cell in rows("ordinary.tsv") for rest in cell.split()}
    terms = words("keep.tsv")
    return frozenset(
        everyday.union(terms["term"], terms["eponym"], terms["generic"], words("visits.tsv")["never_word"])
    )


_CLINICAL = ("diseases", "drugs_general", "imaging", "labs", "operations", "sites", "symptoms")


@cache
def clinical() -> frozenset[str]:
    """Chinese terms of the clinical lists and names of drugs. Short ones stand inside names of persons too, so rules for those do not heed them."""
    terms = {term for name in _CLINICAL for row in lexicons.rows(name) for term in row["term"].split(";")}
    terms.update(name for drug in codes.drugs() for name in codes.names(drug))
    bodies = {*words("visits.tsv")["whole"], *words("institutions.tsv")["short"]}
    return frozenset(t for t in terms - bodies if len(t) > 1 and t >= "\u3400")


def meets_term(text: str, start: int, end: int) -> bool:
    """Does a clinical term of at least four characters begin inside a stretch and end behind it (含漱康复|新液)?"""
    return any(
        text[low : low + size] in clinical()
        for low in range(max(start + 1, end - _LONGEST_TERM), end)
        for size in range(max(_SURE_TERM, end - low + 1), _LONGEST_TERM + 1)
    )


@cache
def brands() -> frozenset[str]:
    """Names of drugs in two characters."""
    general = {
        term for row in lexicons.rows("drugs_general") for term in row["term"].split(";") if row["class"] == "drug"
    }
    return frozenset(
        t for t in general.union(*(codes.names(d) for d in codes.drugs())) if len(t) == 2 and t >= "\u3400"
    )


_LONGEST_TERM, _SURE_TERM = 8, 4
_TERM_END = frozenset("术炎癌瘤症病疝肿带")


def in_term(text: str, start: int, end: int) -> bool:
    """Does a clinical term of at least four characters lie over a stretch, or is the stretch one of three with a telling end (矫形术)?"""
    if end - start == _SURE_TERM - 1 and text[end - 1] in _TERM_END and text[start:end] in clinical():
        return True
    return any(
        text[low : low + size] in clinical()
        for low in range(max(0, end - _LONGEST_TERM), start + 1)
        for size in range(max(_SURE_TERM, end - low), _LONGEST_TERM + 1)
    )


@cache
def coded() -> frozenset[str]:
    """Names of markers, laboratory items and drugs in Latin letters, in capitals."""
    known: list[Any] = [*codes.markers(), *codes.lab_items(), *codes.drugs()]
    return frozenset(name.upper() for row in known for name in codes.names(row) if name.isascii())


@cache
def any_of(lexicon: str, kind: str) -> str:
    """Alternation of a word list for use in a group of a pattern, longest words first."""
    return either(words(lexicon)[kind])


@lru_cache(maxsize=1 << 14)
def explained(stretch: str) -> bool:
    """Is a stretch of up to a dozen characters made of ordinary words alone (two or three characters each)?"""
    reached = {0}
    for at in range(len(stretch)):
        if at in reached:
            reached.update(at + n for n in (2, 3) if stretch[at : at + n] in ordinary())
    return len(stretch) in reached


@lru_cache(maxsize=1 << 14)
def familiar(stretch: str) -> bool:
    """Does a short stretch begin or end with an ordinary word? A name rarely does; a piece of a sentence mostly."""
    return any(stretch[:n] in ordinary() or stretch[-n:] in ordinary() for n in (2, 3) if len(stretch) >= n)
