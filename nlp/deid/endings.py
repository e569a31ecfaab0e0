"""Employers, laboratories and homes by a long list of endings, read backwards to a preposition or a mark; and facilities of HL7-like lines."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.model import Candidate
from nlp.deid.ordinary import any_of
from nlp.deid.scan import Hit, is_cut, longest

_CJ = "\u3400-\u9fff"
_CLINICAL = re.compile(r"[便脓痰癌瘤症炎痛术泌瘘渗糜]|出血|阴道|不适")
_NOT_BEHIND = re.compile(rf"[{_CJ}]?[染训]|样[改病变]")
_COUNTED = re.compile(r"(?:\d{1,2}[）)、.日号月]?(?=[\u3400-\u9fff）)]))*[）)]?")
"""The number of a list item or the end of a day before a name."""
_LONGEST = 16
_MSH = re.compile(
    r"MSH\|[^|\n]{0,6}\|(?P<a>[^|\n]{0,40})\|(?P<b>[^|\n]{0,40})\|(?P<c>[^|\n]{0,40})\|(?P<d>[^|\n]{0,40})\|"
)
_PV1 = re.compile(r"PV1\|[^|\n]{0,6}\|[^|\n]{0,6}\|(?P<place>[^|\n]{1,80})")
_BED = re.compile(r"(?<=\^)[A-Za-z+加]?\d[\dA-Za-z\-+]{0,6}床?(?=\^|$)")


@cache
def _inside() -> re.Pattern[str]:
    return re.compile(any_of("visits.tsv", "inside"))


@cache
def _opener() -> re.Pattern[str]:
    return re.compile(any_of("visits.tsv", "ending_opener"))


@cache
def _generic_head() -> re.Pattern[str]:
    return re.compile(f"(?:{any_of('visits.tsv', 'ending_generic')})*")


def find(text: str, hits: list[Hit]) -> list[Candidate]:
    """Candidates of the endings among ``hits`` (the list ``act``), and of message lines."""
    out = []
    for hit in longest([h for h in hits if h.kind in ("work", "org")]):
        if _NOT_BEHIND.match(text, hit.end) or is_cut(text, hit):
            continue
        start = after_opener(text, _low(text, hit.start), hit.start)
        start += len(_COUNTED.match(text, start, hit.start).group())  # type: ignore[union-attr]
        core = text[start : hit.start]
        if len(core) >= 2 and not core[0].isdecimal() and not _CLINICAL.search(core) and not _nobody(core):
            out.append(Candidate(start, hit.end, "ORG", "institution.ending", hit.word, 51))
    return out + _unnamed(text, hits) + _messages(text)


@cache
def _org_sides() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before an employer or school without a name, and what makes its last character part of another word."""
    before = re.compile(rf"(?:{any_of('institutions.tsv', 'org_before')}|\s|^)$")
    return before, re.compile(any_of("institutions.tsv", "org_not"))


def _unnamed(text: str, hits: list[Hit]) -> list[Candidate]:
    """县二中, 铁路一小, 供电所: employers and schools known by level, number or kind alone."""
    before, other = _org_sides()
    return [
        Candidate(h.start, h.end, "ORG", "institution.unnamed", h.word, 50)
        for h in longest([h for h in hits if h.kind == "org"])
        if before.search(text, max(0, h.start - 2), h.start) and not other.match(text, h.end)
    ]


def _nobody(core: str) -> bool:
    """Does the part before an ending name a kind and no body of its own?"""
    return _generic_head().fullmatch(core) is not None


def _low(text: str, high: int) -> int:
    """Leftmost offset to which the name before an ending may reach: letters, digits, closed brackets."""
    low, closed = high, 0
    while low > max(0, high - _LONGEST):
        char = text[low - 1]
        if char in ")）":
            closed += 1
        elif char in "(（":
            closed -= 1
        elif not ("\u3400" <= char <= "\u9fff" or char.isalnum() or char == "〇"):
            break
        if closed < 0:
            break
        low -= 1
    return low


def after_opener(text: str, low: int, high: int) -> int:
    """Behind the last preposition or verb between two offsets that is no part of a word of a name."""
    shelter = [m.span() for m in _inside().finditer(text, low, high)]
    start = low
    for match in _opener().finditer(text, low, high):
        if not any(s <= match.start() < e for s, e in shelter):
            start = match.end()
    return start


def _messages(text: str) -> list[Candidate]:
    """Facilities of MSH and the bed of PV1-3 in HL7-like lines."""
    out = []
    for match in _MSH.finditer(text) if "MSH|" in text else ():
        out += [
            Candidate(*match.span(k), "HOSPITAL", "institution.message", "MSH", 60)
            for k in "abcd"
            if re.search(rf"[{_CJ}]{{2}}", match[k]) and not match[k].endswith("科")
        ]
    for match in _PV1.finditer(text) if "PV1|" in text else ():
        at = match.start("place")
        out += [
            Candidate(at + m.start(), at + m.end(), "BED_NO", "label.bed", "PV1", 60)
            for m in _BED.finditer(match["place"])
        ]
    return out
