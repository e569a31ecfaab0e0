"""The date a tumour was diagnosed: the earliest that a statement of it, or the report on its type, has of its own.

Definition: docs/variables-facts.md, "Tumour".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from nlp.facts.context import When, asserted, certainty, date_of, of_label
from nlp.facts.surface import fold_words, sentence_span, surface
from nlp.model import Label, Mention, Note

_STATED = re.compile(r"(?:诊断|确诊|证实|诊为|(?<!术中)(?<!术后)(?:发现|出现|新发)|复查)[^。;,]{0,8}$")
_LATER = re.compile(r"^[^,;。]{0,4}?(?:术|切除|根治|[化放]疗|复发|转移|进展|治疗|复查|综合)")
"""Behind a statement: it is about what came after the diagnosis."""


_FIRST = 2
"""How many statements and reports are asked for their date: a course is told in order."""


def first_diagnosis(note: Note, group: Sequence[Mention], *, alone: bool) -> When:
    """The date for ``first_dx_date``: of a certain statement, of the histology where the tumour is the only one, else of the first.

    An operation's date is no diagnosis's: it is kept with the basis ``surgery``.
    """
    text = surface(note)
    if alone and (headed := _under_heading(note)):
        return When(headed, "text")
    sites = {fold_words(one.value.site_text) for one in group if one.value.site_text}
    types = (
        one for one in of_label(note, Label.HISTOLOGY) if _is_malignant(one) and (alone or _names(text, one, sites))
    )
    told = (
        one
        for one in group
        if not one.value.postoperative
        and certainty(one) == "CONFIRMED"
        and not _LATER.match(text[one.end : one.end + 12])
    )
    asked = (*islice(told, _FIRST), *islice(types, _FIRST))
    found = [own_date(note, one.start, one.end) for one in asked]
    dated = [when for when in found if when.basis in ("text", "surgery") and when.iso]
    if any(when.basis == "text" for when in dated):
        return min(dated, key=lambda when: (when.iso or "", -len(when.iso or "")))
    return own_date(note, group[0].start, group[0].end)


_HEADING = re.compile(r"(?:诊断|确诊)(?:日期|时间)\s?[:为]\s?")


def _under_heading(note: Note) -> str | None:
    """``诊断日期：2016-04-02``: the date that a form gives under its own heading."""
    ends = {match.end() for match in _HEADING.finditer(surface(note))}
    return next((date.iso for date in note.dates if date.start in ends), None) if ends else None


def _names(text: str, one: Mention, sites: set[str]) -> bool:
    """Does the sentence before a histology name one of the sites?"""
    before = text[sentence_span(text, one.start)[0] : one.start]
    return any(site in before for site in sites)


def _is_malignant(one: Mention) -> bool:
    return asserted(one) and certainty(one) == "CONFIRMED" and one.value.morphology.endswith("/3")


def own_date(note: Note, start: int, end: int) -> When:
    """The date of a statement or a histology, with the basis ``surgery`` where it is the operation's."""
    when = date_of(note, start, end)
    if when.basis != "text" or not of_operation(note, start, when):
        return when
    stated = _STATED.search(surface(note), max(0, start - 12), start)
    return when if stated else When(when.iso, "surgery")


def of_operation(note: Note, at: int, when: When) -> bool:
    """Is the date that of an operation in the sentence?"""
    if when.basis != "text":
        return False
    low, high = sentence_span(surface(note), at)
    return any(low <= start < high and iso == when.iso for start, iso in _operations(note, len(note.mentions)))


@lru_cache(maxsize=2)
def _operations(note: Note, count: int) -> list[tuple[int, str | None]]:
    """Starts and dates of the operations done (``count`` renews them when mentions were added)."""
    text = surface(note)
    return [
        (one.start, date_of(note, one.start, one.end).iso)
        for one in of_label(note, Label.SURGERY)
        if asserted(one) and not _DIAGNOSTIC.search(text[one.start : one.end])
    ]


_DIAGNOSTIC = re.compile(r"活检|穿刺|置管|刮宫|镜检|内镜|胃镜|肠镜|支气管镜|造影")
"""Operations that make the diagnosis."""
