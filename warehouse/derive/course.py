"""The course of a tumour: distant metastasis, recurrence, the advanced date (``rules/tumours.toml``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

from warehouse.derive.common import Row, Rows, days, earliest
from warehouse.derive.rules import Rules
from warehouse.derive.staging import normal_group
from warehouse.derive.tumours import Tumour

Dated = tuple[date, str]


def of_tumour(rows: Rows, table: str, tumour: Tumour) -> list[Row]:
    """The tumour's rows of one table."""
    return [row for row in rows.get(table, ()) if row.get("tumour_id") == tumour.id]


def curative_surgeries(rows: Rows, tumour: Tumour) -> list[date]:
    """Dates of resections and transplants meant to cure: stated so, or a resection with no other intent and no R2."""
    found = set()
    for row in of_tumour(rows, "surgery", tumour):
        stated = row.get("intent")
        removes = row.get("procedure_kind") in ("RESECTION", "TRANSPLANT")
        if removes and (stated == "CURATIVE" or (stated in (None, "UNK") and row.get("residual") != "R2")):
            found.add(row["op_date"])
    return sorted(found)


def radical_courses(rows: Rows, tumour: Tumour, rules: Rules) -> list[tuple[date, date]]:
    """Start and end of radiotherapy courses meant to cure: stated so, or of that dose with no operation and no spread before."""
    courses = [
        r
        for r in of_tumour(rows, "radiotherapy", tumour)
        if r.get("intent") == "RADICAL" or _cures_by_dose(r, rows, tumour, rules)
    ]
    return sorted((r["start_date"], r.get("end_date") or r["start_date"]) for r in courses)


def _cures_by_dose(course: Row, rows: Rows, tumour: Tumour, rules: Rules) -> bool:
    conf = rules.lines["early"]
    if course.get("intent") not in (None, "UNK") or (course.get("total_dose_gy") or 0) < conf["radical_dose_gy"]:
        return False
    start = course["start_date"]
    first, last = (
        start - days(conf["operated_within_days"]),
        (course.get("end_date") or start) + days(conf["neoadjuvant_max_days_to_surgery"]),
    )
    if any(first <= s <= last for s in curative_surgeries(rows, tumour)):
        return False
    spread = _metastatic(tumour, rows, rules)
    return spread is None or spread[0] > start


def complete_course(tumour: Tumour, rows: Rows, rules: Rules) -> None:
    """Fill metastatic, recurrence and advanced dates of the tumour's row and ``synchronous`` of its metastases."""
    surgeries, courses = curative_surgeries(rows, tumour), radical_courses(rows, tumour, rules)
    _complete_metastases(tumour, rows, rules)
    metastatic = _metastatic(tumour, rows, rules)
    recurrence = _recurrence(tumour, rows, rules, surgeries)
    advanced = _advanced(tumour, rows, rules, [*surgeries, *(start for start, _ in courses)], metastatic, recurrence)
    row, first = tumour.row, tumour.first_dx
    row["metastatic_date"] = max(metastatic[0], first) if metastatic else None
    row["recurrence_date"] = max(recurrence[0], first) if recurrence else None
    row["recurrence_date_precision"] = recurrence[1] if recurrence else None
    row["advanced_date"] = max(advanced[0], first) if advanced else None
    row["advanced_date_precision"] = advanced[1] if advanced else None


def _complete_metastases(tumour: Tumour, rows: Rows, rules: Rules) -> None:
    limit = rules.tumours["synchronous_days"]
    for row in of_tumour(rows, "metastasis", tumour):
        row["synchronous"] = (row["first_seen_date"] - tumour.first_dx).days <= limit


def _metastatic(tumour: Tumour, rows: Rows, rules: Rules) -> Dated | None:
    """First confirmed distant metastasis: a metastasis row, or M1 in a stage. Blood-forming tumours do not metastasise."""
    if tumour.code in rules.haematological:
        return None
    regional = rules.tumours["advanced"]["regional_sites"]
    seen = [
        (r["first_seen_date"], r.get("first_seen_date_precision") or "D")
        for r in of_tumour(rows, "metastasis", tumour)
        if r.get("certainty") != "SUSPECTED" and r.get("site_code") not in regional
    ]
    stated = [
        (r["stage_date"], r.get("stage_date_precision") or "D")
        for r in of_tumour(rows, "staging", tumour)
        if (r.get("m_category") or "").upper().startswith("M1")
    ]
    return min([*seen, *stated], default=None)


@cache
def name_test(pattern: str) -> Callable[[str], bool]:
    """Does a name match? Names repeat, so each is asked once."""
    search = re.compile(pattern).search
    return lru_cache(maxsize=20_000)(lambda name: search(name) is not None)


def _recurrence(tumour: Tumour, rows: Rows, rules: Rules, surgeries: list[date]) -> Dated | None:
    """First recurrence: stated in a note or a diagnosis, or a metastasis or progression after curative surgery."""
    found = [
        (e.row["recurrence_date"], e.row.get("recurrence_date_precision") or "D")
        for e in tumour.evidence
        if e.row.get("recurrence_date")
    ]
    recurs = name_test(rules.tumours["recurrence"]["name_pattern"])
    for row in of_tumour(rows, "diagnosis", tumour):
        if row.get("certainty") == "CONFIRMED" and recurs(row.get("name_raw") or ""):
            found.append((row["diagnosis_date"], row.get("date_precision") or "D"))
    if surgeries:
        found += _after_surgery(tumour, rows, rules, surgeries[0])
    return min((d for d in found if d[0] > tumour.first_dx), default=None)


def _after_surgery(tumour: Tumour, rows: Rows, rules: Rules, surgery: date) -> list[Dated]:
    """Metastases and progressions that came after surgery for a tumour that was not metastatic before."""
    from_day = surgery + days(rules.tumours["recurrence"]["after_surgery_days"])
    regional = rules.tumours["advanced"]["regional_sites"]
    spread = [r for r in of_tumour(rows, "metastasis", tumour) if r.get("certainty") != "SUSPECTED"]
    if any(r["first_seen_date"] <= from_day and r.get("site_code") not in regional for r in spread):
        return []
    late = [
        (r["first_seen_date"], r.get("first_seen_date_precision") or "D")
        for r in spread
        if r["first_seen_date"] > from_day
    ]
    worse = [
        (r["assessed_date"], r.get("date_precision") or "D")
        for r in of_tumour(rows, "response_assessment", tumour)
        if r.get("response") == "PD" and r["assessed_date"] > from_day
    ]
    return [*late, *worse]


def _advanced(
    tumour: Tumour, rows: Rows, rules: Rules, curative: list[date], metastatic: Dated | None, recurrence: Dated | None
) -> Dated | None:
    """First of stage IV, M1 or unresectable recurrence; IIIB/IIIC for lung only when nothing curative follows in time."""
    if tumour.code in rules.haematological:
        return None
    found = [metastatic] if metastatic else []
    for row in of_tumour(rows, "staging", tumour):
        if is_advanced_stage(row, tumour.code, rules, curative):
            found.append((row["stage_date"], row.get("stage_date_precision") or "D"))
    if recurrence and not _followed(recurrence[0], curative, rules):
        found.append(recurrence)
    return min(found, default=None)


def is_advanced_stage(row: Row, code: str, rules: Rules, curative: list[date]) -> bool:
    """Is the stage an advanced one? Stages that are so only when nothing curative follows need its days."""
    conf = rules.tumours["advanced"]
    if row.get("stage_group") in conf["stages"]:
        return True
    recorded = (row.get("stage_group_recorded") or "").upper()
    if any(word == recorded for word in conf["equivalents"].get(row.get("staging_system") or "", ())):
        return True
    group = (
        row.get("stage_group_derived")
        if row.get("stage_conflict")
        else normal_group(recorded) or row.get("stage_group_derived")
    )
    late = code in conf["lung_types"] and any((group or "").startswith(s) for s in conf["lung_stages"])
    limit = days(conf["curative_within_days"])  # a stage that is repeated after the treatment is no new one
    return late and not any(c <= row["stage_date"] + limit for c in curative)


def _followed(when: date, curative: list[date], rules: Rules) -> bool:
    limit = rules.tumours["advanced"]["curative_within_days"]
    return any(0 <= (c - when).days <= limit for c in curative)


def index_date(tumour: Tumour, rows: Rows, rules: Rules) -> date | None:
    """The day that advanced lines are counted from; None: no advanced lines."""
    if tumour.code in rules.haematological:
        return tumour.first_dx
    policy = rules.policy(tumour.code)
    if policy.reset_attribute:
        resets = [
            a.get("assessed_date")
            for a in of_tumour(rows, "tumour_attribute", tumour)
            if a.get("variable_code") == policy.reset_attribute
        ]
        if first := earliest(resets):
            return first
    return tumour.row.get("advanced_date")
