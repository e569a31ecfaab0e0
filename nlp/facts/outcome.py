"""Rows of ``response_assessment``, ``adverse_event``, ``follow_up`` and ``history``. Definitions: docs/variables-facts.md."""

from __future__ import annotations

import re
from typing import Any

from nlp.entities.adverse_event.model import AdverseEventValue
from nlp.entities.death.model import FollowUpValue
from nlp.entities.family_history.model import FamilyValue
from nlp.entities.response.model import ResponseValue
from nlp.entities.smoking.model import HabitValue
from nlp.facts.context import (
    When,
    after_course,
    asserted,
    between,
    carried_date,
    confidence,
    date_of,
    dated,
    fact,
    of_label,
    of_note,
)
from nlp.facts.surface import sentence_span, surface
from nlp.facts.tumour_types import tumour_code_of
from nlp.model import Experiencer, Fact, Label, Mention, Note, Temporality


def build_responses(note: Note) -> list[Fact]:
    """Doctor's verdicts, and the change of a lesion with lower confidence."""
    return [_response(note, one, one.value) for one in of_label(note, Label.RESPONSE) if asserted(one)]


def _response(note: Note, one: Mention, value: ResponseValue) -> Fact:
    values = {
        "response": value.response,
        "is_progression": value.progression,
        "anchor": value.anchor,
        "criteria": value.criteria,
        "new_lesion": True if value.new_lesion else None,
        **dated("assessed_date", _assessed(note, one)),
    }
    return fact(
        "response_assessment",
        values,
        [one],
        confidence(one) * value.strength,
        kind="verdict" if value.strength == 1.0 else "change",
    )


_EXAMINED = re.compile(r"复查|评估|检查|随访|ct|mri?(?![a-z])|pet|超声|b超|片|影像|镜|发现|示|见")


def _assessed(note: Note, one: Mention) -> When:
    """The date tied to the verdict; that of the treatment before it (``2015-03-02行SOX化疗3周期，评效PD``) is not its own."""
    when = carried_date(note, one.start, one.end)
    text = surface(note)
    low = sentence_span(text, one.start)[0]
    given = [item for item in between(note, Label.REGIMEN, low, one.start) if item.end <= one.start]
    if compared := _films_compared(note, one):
        return When(compared[-1], "text")
    if when.basis == "text" and after_course(note, one.start):
        return of_note(note)
    if when.basis != "text" or not given or _EXAMINED.search(text, given[-1].end, one.start):
        return when
    dates = [date for date in note.dates if low <= date.start < one.start and date.iso == when.iso]
    if dates and dates[-1].end <= given[-1].start:
        return of_note(note)
    return when


_BRACKET = re.compile(r"\s?\([^()]{8,120}\)")


def _films_compared(note: Note, one: Mention) -> list[str]:
    """``进展(2015-03 2cm,2015-06 4cm)``: dates of the bracket behind a verdict, of several the last is that of the change."""
    bracket = _BRACKET.match(surface(note), one.end)
    dates = [date.iso for date in note.dates if bracket and date.iso and bracket.start() < date.start < bracket.end()]
    return dates if len(dates) > 1 else []


def build_adverse_events(note: Note) -> list[Fact]:
    """Toxicities that are there; a grade of 0 says that there is none."""
    found = [one for one in of_label(note, Label.ADVERSE_EVENT) if asserted(one) and one.value.grade != 0]
    return [_adverse_event(note, one, one.value) for one in found]


def _adverse_event(note: Note, one: Mention, value: AdverseEventValue) -> Fact:
    values = {
        "ae_term": value.term,
        "ae_term_raw": value.raw,
        "soc": value.soc,
        "grade": value.grade,
        "grade_source": ("NOTE" if value.graded_by_number else "INFERRED") if value.grade is not None else None,
        "attribution": value.attribution,
        "is_irae": value.irae or None,
        "action_taken": value.action,
        "outcome": value.outcome,
        **dated("onset_date", date_of(note, one.start, one.end)),
    }
    return fact(
        "adverse_event", values, [one], confidence(one, 0.92 if value.graded_by_number else 0.7), kind=_ae_kind(value)
    )


def _ae_kind(value: AdverseEventValue) -> str:
    return "grade" if value.graded_by_number else "word" if value.grade else "no grade"


def build_history(note: Note) -> list[Fact]:
    """Habits, family cancers, earlier cancers of the patient."""
    habits = [
        _habit(note, one, one.value) for one in of_label(note, Label.SMOKING) if one.experiencer is Experiencer.PATIENT
    ]
    family = [_family(note, one, one.value) for one in of_label(note, Label.FAMILY_HISTORY)]
    return [*habits, *family, *_earlier_cancers(note)]


def _habit(note: Note, one: Mention, value: HabitValue) -> Fact:
    pack_years = (
        round(value.per_day / 20 * value.years, 2)
        if value.kind == "SMOKING" and value.per_day and value.years
        else None
    )
    values = {
        "kind": value.kind, "value_code": value.status, "amount_per_day": value.per_day, "years": value.years,
        "pack_years": pack_years, "quit_years": value.quit_years, **_recorded(note),
    }  # fmt: skip
    return fact("history", values, [one], 0.92, kind="habit")


def _family(note: Note, one: Mention, value: FamilyValue) -> Fact:
    values = {
        "kind": "FAMILY_CANCER",
        "value_code": value.status,
        "relative": value.degree,
        "relative_tumour_code": value.tumour_code,
        **_recorded(note),
    }
    return fact("history", values, [one], 0.88, kind="family")


def _recorded(note: Note) -> dict[str, Any]:
    return {"recorded_date": note.note_date, "date_basis": "note"} if note.note_date else {}


def _earlier_cancers(note: Note) -> list[Fact]:
    """A tumour of the patient under 既往史 (not the one of this admission)."""
    found = []
    for one in of_label(note, Label.TUMOUR):
        if one.section == "past_history" and asserted(one) and one.temporality is Temporality.HISTORY:
            code = tumour_code_of(one.value.name, one.value.site_text)
            values = {"kind": "PERSONAL_CANCER", "value_code": "YES", "relative_tumour_code": None, **_recorded(note)}
            found.append(fact("history", values, [one], 0.7 if code else 0.5, kind="own cancer"))
    return found


def build_follow_up(note: Note) -> list[Fact]:
    """Death, survival, loss."""
    found = [
        one for one in note.mentions if isinstance(one.value, FollowUpValue) and one.experiencer is Experiencer.PATIENT
    ]
    return [_follow_up(note, one, one.value) for one in sorted(found, key=lambda one: one.start) if asserted(one)]


def _follow_up(note: Note, one: Mention, value: FollowUpValue) -> Fact:
    when = date_of(note, one.start, one.end)
    values = {
        "status": value.status,
        "channel": value.channel,
        "informant": value.informant,
        "death_date": when.iso if value.status == "DEAD" and when.basis == "text" else None,
        **dated("contact_date", when),
    }
    return fact("follow_up", values, [one], confidence(one), kind=value.status)
