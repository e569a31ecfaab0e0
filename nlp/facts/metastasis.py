"""Rows of ``metastasis``: one per site, certain before suspected. Definition: docs/variables-facts.md, "Metastasis"."""

from __future__ import annotations

import re
from functools import cache

from nlp.entities.metastasis.model import MetastasisValue
from nlp.entities.metastasis.patterns import BONE_DAMAGE, QUANTITY
from nlp.facts.context import (
    BASE_CONFIDENCE,
    When,
    asserted,
    carried_date,
    certainty,
    confidence,
    date_of,
    dated,
    fact,
    last_before,
    of_label,
)
from nlp.facts.first_diagnosis import own_date
from nlp.facts.sites import laterality, locate, scanner, site_pattern
from nlp.facts.surface import surface
from nlp.model import Fact, Label, Mention, Note

_SIDED = re.compile(r"[左右双两]")


_LISTED_BONES = 5
"""A list of this many destroyed bones is the report's own account of the 骨转移 in its conclusion."""


_OTHER_FINDING = re.compile(r"(?:影|灶|浓聚|摄取)[^,;。]{0,20},")
"""What is named before it has a finding of its own: only the bones that are listed as destroyed count (``肋骨见片状高密度影,腰3椎体骨质破坏``)."""


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


def build(note: Note) -> list[Fact]:
    """One row per site expression; a named bone beside 骨转移 counts where the findings say it is destroyed."""
    rows: dict[str, Fact] = {}
    for one in of_label(note, Label.METASTASIS):
        value: MetastasisValue = one.value
        if value.certainty == "NEGATED" or not asserted(one):
            continue
        suspected = "SUSPECTED" in (value.certainty, certainty(one))
        row = _fact(note, one, suspected)
        known = rows.get(value.site_text)
        if known is None or (known.values["certainty"] == "SUSPECTED" and not suspected):
            rows[value.site_text] = row
    facts = _without_bare(list(rows.values()))
    return facts + _in_findings(note, facts, "BONE", BONE_DAMAGE)


def _without_bare(facts: list[Fact]) -> list[Fact]:
    """胸壁 says nothing beside 右侧胸壁."""
    texts = {one.values["site_text"] for one in facts}
    endings = {text[at:] for text in texts if _SIDED.match(text) for at in range(1, len(text))}
    return [one for one in facts if one.values["site_text"] not in endings]


def _fact(note: Note, one: Mention, suspected: bool) -> Fact:
    value: MetastasisValue = one.value
    values = {
        "site_code": value.site_code,
        "site_text": value.site_text,
        "laterality": value.laterality,
        "certainty": "SUSPECTED" if suspected else "CONFIRMED",
        "confirmed_by": value.confirmed_by,
        **dated("first_seen_date", _first_seen(note, one)),
    }
    return fact("metastasis", values, [one], min(confidence(one), BASE_CONFIDENCE * (0.75 if suspected else 1.0)))


_TREATED = re.compile(r"(?:转移)?(?:灶|瘤|病灶|性)?[^,;。]{0,4}?(?:放疗|照射|切除|射频|消融|介入|微波)")


_OF_SPECIMEN = re.compile(r"\s?[,:]?\([^()]{1,12}\)[^,;。]{0,30}")
"""Between a date and a metastasis: the specimen of a report."""


def _is_report(note: Note, one: Mention, when: When) -> bool:
    """``2015-03-12(右附件)腺癌伴网膜转移`` after an operation: the date of the report on its specimen, at which nothing progressed."""
    dates = [date for date in note.dates if date.end <= one.start and date.iso == when.iso]
    operated = last_before(note, Label.SURGERY, one.start)
    return bool(
        dates and operated and asserted(operated) and _OF_SPECIMEN.fullmatch(surface(note), dates[-1].end, one.start)
    )


def _first_seen(note: Note, one: Mention) -> When:
    """The date tied to the statement; with the basis ``surgery`` where it is that of the operation, of the report on its specimen or of its treatment."""
    when = own_date(note, one.start, one.end)
    if when.basis == "note" or when.iso is None:
        when = carried_date(note, one.start, one.end)
    surgical = _TREATED.match(surface(note), one.end) or _is_report(note, one, when)
    return When(when.iso, "surgery") if when.basis == "text" and surgical else when


def _in_findings(note: Note, facts: list[Fact], code: str, lesion: re.Pattern[str]) -> list[Fact]:
    """Parts that the findings call diseased, when the conclusion says 骨转移 without naming them."""
    if not any(one.values["site_code"] == code and len(one.values["site_text"]) <= 4 for one in facts):
        return []
    text = surface(note)
    known = {one.values["site_text"] for one in facts}
    found: list[Fact] = []
    for match in lesion.finditer(text):
        low = max(match.start() - 90, *(text.rfind(mark, 0, match.start()) for mark in ("。", ";", ":", "\t"))) + 1
        low = max([low, *(other.end() for other in _OTHER_FINDING.finditer(text, low, match.start()))])
        if re.search(r"未见|囊|囊肿|梗|缺血|钙化", text[low : match.start()]):
            continue
        if len(list(_site().finditer(text, low, match.start()))) < _LISTED_BONES:
            continue
        found += [
            one
            for site in _site().finditer(text, low, match.start())
            if (one := _found(note, site, match, code, known))
        ]
    return found


def _found(note: Note, site: re.Match[str], lesion: re.Match[str], code: str, known: set[str]) -> Fact | None:
    organ = locate(site.group())
    lead = QUANTITY.match(site.group())
    words = note.text[site.start() + (lead.end() if lead else 0) : site.end()]
    if organ is None or organ.metastasis != code or words in known:
        return None
    known.add(words)
    values = {
        "site_code": code, "site_text": words, "laterality": laterality(site.group()), "certainty": "SUSPECTED",
        **dated("first_seen_date", date_of(note, site.start(), site.end())),
    }  # fmt: skip
    return fact("metastasis", values, [], 0.6, (site.start(), lesion.end()))
