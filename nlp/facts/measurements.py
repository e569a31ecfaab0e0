"""Rows of ``lab_measurement`` and ``vital_sign``. Definition: docs/variables-facts.md, "Laboratory value", "Performance status"."""

from __future__ import annotations

import re

from nlp.entities.lab_value.model import LabValue
from nlp.entities.lab_value.patterns import EARLIER, REST_OF_PAIR
from nlp.entities.performance_status.model import ScoreValue
from nlp.entities.vital.model import VitalValue
from nlp.facts.context import When, after_course, asserted, date_of, dated, fact, of_label, of_note
from nlp.facts.surface import surface
from nlp.model import Fact, Label, Mention, Note


def build_labs(note: Note) -> list[Fact]:
    """Values in prose; the number in the canonical unit where the table knows the unit."""
    facts: list[Fact] = []
    last: tuple[Mention, When] | None = None
    aside: tuple[When, When] | None = None
    for one in of_label(note, Label.LAB_VALUE):
        when = _sampled(note, one)
        if last and (bracket := EARLIER.match(surface(note), last[0].end)) and one.end <= bracket.end():
            aside = (when, last[1])
            facts.append(_lab(one, one.value, when))
            continue
        if aside and when == aside[0]:
            when = aside[1]
        if when.basis != "text" and last and _LIST_GOES_ON.fullmatch(surface(note), last[0].end, one.start):
            when = last[1]
        last = (one, when)
        facts.append(_lab(one, one.value, when))
    return facts


def _sampled(note: Note, one: Mention) -> When:
    """The date tied to a value; a date in the bracket behind it that has a value of its own (``35.2(2016-05 12.1)``) is that one's; the date behind a pair is each value's."""
    text = surface(note)
    pair = REST_OF_PAIR.match(text, one.end) if text[one.start].isdigit() else None
    when, behind = date_of(note, one.start, pair.end() if pair else one.end), EARLIER.match(text, one.end)
    if when.basis == "text" and after_course(note, one.start):
        return of_note(note)
    named = [date.iso for date in note.dates if behind and date.start == behind.start("date")]
    if behind is None or when.iso not in named:
        return when
    return date_of(note, max(0, one.start - 1), one.start) if one.start else of_note(note)


_LIST_GOES_ON = re.compile(
    r"。|(?:\([^()]{0,16}\)|(?!化疗|放疗|手术|术后|入院|出院|复查|治疗|目前|现|今)[^\d()。]){0,40}"
)
"""Between two values of one list (``总胆红素 30umol/l;肌酐 61umol/l``): the date of the first is that of the second.

A full stop ends the list, unless the next value follows on it at once. A bracket is matched whole or not at all: were it also one of the single characters, a row of brackets could be read in 2^n ways."""


def _lab(one: Mention, value: LabValue, when: When) -> Fact:
    known = value.canonical_value is not None
    values = {
        "test_code": value.code or None,
        "test_name_raw": value.name_raw,
        "value_num": value.canonical_value if known else value.value_num,
        "value_operator": value.operator,
        "unit": value.canonical_unit or None,
        "value_raw": value.value_raw,
        "unit_raw": value.unit_raw or None,
        "abnormal_flag": value.flag,
        **dated("sample_date", when),
    }
    return fact(
        "lab_measurement", values, [one], 0.93 if value.code else 0.8, kind="coded" if value.code else "no code"
    )


def build_vitals(note: Note) -> list[Fact]:
    """Scores and measures of the patient."""
    found = [one for one in note.mentions if isinstance(one.value, ScoreValue | VitalValue) and asserted(one)]
    return [_vital(note, one) for one in sorted(found, key=lambda one: one.start)]


def _vital(note: Note, one: Mention) -> Fact:
    unit = one.value.unit if isinstance(one.value, VitalValue) else "{score}"
    values = {
        "measure": one.value.measure,
        "value_num": one.value.value,
        "unit": unit,
        **dated("measure_date", date_of(note, one.start, one.end)),
    }
    return fact("vital_sign", values, [one], 0.95, kind="score" if isinstance(one.value, ScoreValue) else "measure")
