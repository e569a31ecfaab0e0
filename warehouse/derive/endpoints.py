"""Endpoints by versioned definitions (``rules/endpoints.toml``): OS, rwPFS, TTNT, TTD, DFS, rwBOR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse.derive.common import Row, Rows, days, derived, token
from warehouse.derive.course import curative_surgeries, of_tumour
from warehouse.derive.rules import Rules
from warehouse.derive.tumours import Tumour
from warehouse.derive.vital import Vital, usable_death

Result = tuple[date, int, str, bool]
"""End date, event (0/1), event type, any date imputed."""


@dataclass(frozen=True)
class Case:
    """All that the endpoints of one tumour rest on."""

    tumour: Tumour
    others: Sequence[Tumour]
    lines: Sequence[Row]
    rows: Rows
    vital: Vital
    death: tuple[date, bool] | None
    progressions: Sequence[tuple[date, bool]]
    """Day and whether it is known to the month only."""
    last_read: date | None
    """Last day on which a document could have told of a progression; None when no documents are at hand."""


def derive_endpoints(
    tumour: Tumour,
    others: Sequence[Tumour],
    rows: Rows,
    lines: Sequence[Row],
    vital: Vital,
    read: date | None,
    rules: Rules,
) -> list[Row]:
    """The endpoint rows of one tumour, in order of definition and index date; ``read`` is the day of the last document."""
    progressions = sorted(
        {
            (r["assessed_date"], r.get("date_precision") == "M")
            for r in of_tumour(rows, "response_assessment", tumour)
            if r["is_progression"]
        }
    )
    if read is not None:
        read = max([read, *(r["assessed_date"] for r in of_tumour(rows, "response_assessment", tumour))])
    case = Case(tumour, others, lines, rows, vital, usable_death(vital, rules), progressions, read)
    found: list[Row] = []
    for definition in rules.endpoints["definition"]:
        found += _COMPUTE[definition["endpoint"]](case, definition, rules)
    return found


def _row(
    case: Case,
    definition: Mapping[str, Any],
    rules: Rules,
    index_event: str,
    index: date,
    result: Result,
    line: Row | None = None,
    number: int = 0,
    value: str | None = None,
) -> Row:
    end, event, event_type, imputed = result
    end = max(end, index)
    time = (end - index).days
    line_id = line["line_id"] if line else None
    return {
        **derived(definition["id"], case.tumour.row),
        "document_id": None,
        "mention_ids": None,
        "endpoint_id": token(case.tumour.id, definition["id"], index_event, line_id or "", number),
        "patient_id": case.tumour.row["patient_id"],
        "tumour_id": case.tumour.id,
        "tumour_code": case.tumour.code,
        "line_id": line_id,
        "endpoint": definition["endpoint"],
        "definition_id": definition["id"],
        "index_event": index_event,
        "index_date": index,
        "end_date": end,
        "event": event,
        "event_type": event_type or None,
        "time_days": time,
        "time_months": time / rules.endpoints["days_per_month"],
        "entry_date": max(index, case.vital.visits[0]) if case.vital.visits else None,
        "imputed": imputed,
        "value_text": value,
    }


def _advanced(case: Case) -> list[Row]:
    return [line for line in case.lines if line["setting"] == "ADVANCED"]


def _next_line(case: Case, line: Row) -> Row | None:
    """The next line that is not the maintenance phase of the same one."""
    later = [
        n for n in _advanced(case) if n["start_date"] > line["start_date"] and n["line_number"] > line["line_number"]
    ]
    return later[0] if later else None


def _alive(case: Case, fallback: date) -> date:
    """Last day the patient is known to live: proof of life, or the start of a line (also one told in a note)."""
    return max(d for d in (case.vital.proof_of_life, fallback, *(line["start_date"] for line in case.lines)) if d)


def _os(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    row = case.tumour.row
    vague = {
        "DX": row["dx_date_precision"] != "D",
        "ADVANCED_DX": row.get("advanced_date_precision") not in (None, "D"),
    }
    anchors: list[tuple[str, date | None, Row | None]] = [
        ("DX", row["first_dx_date"], None),
        ("ADVANCED_DX", row.get("advanced_date"), None),
    ]
    anchors += [("LINE_START", line["start_date"], line) for line in case.lines]
    found = []
    for event, index, line in anchors:
        if (
            index is not None
            and event in definition["anchors"]
            and (result := _survival(case, definition, rules, index, vague.get(event, False)))
        ):
            found.append(_row(case, definition, rules, event, index, result, line))
    return found


def _survival(case: Case, definition: Mapping[str, Any], rules: Rules, index: date, vague_index: bool) -> Result | None:
    if case.death:
        return case.death[0], 1, "DEATH", case.death[1] or vague_index
    if definition["censor"] == "cutoff":
        if rules.cutoff is None:
            return None
        unusable = case.vital.status == "DEAD"
        return (_alive(case, index) if unusable else max(rules.cutoff, _alive(case, index))), 0, "CENSOR", vague_index
    return _alive(case, index), 0, "CENSOR", vague_index


def _end_of_follow_up(case: Case, start: date, gap: int) -> date:
    """Earliest of: last visit before a hole in the visits, last day a progression could be read, last activity."""
    visits = [v for v in case.vital.visits if v >= start]
    last = start
    for visit in visits:
        if (visit - last).days > gap:
            break
        last = visit
    if case.last_read is not None:
        last = min(last, max(case.last_read, start))
    return last


def _rwpfs(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    return [
        _row(case, definition, rules, "LINE_START", line["start_date"], _progression_free(case, definition, line), line)
        for line in _advanced(case)
    ]


def _progression_free(case: Case, definition: Mapping[str, Any], line: Row) -> Result:
    start = line["start_date"]
    end = _end_of_follow_up(case, start, definition["visit_gap_days"])
    worse = next(((d, m) for d, m in case.progressions if (d - start).days > definition["exclude_first_days"]), None)
    following = _next_line(case, line)
    mode = definition.get("next_line")
    if following and mode and (worse is None or worse[0] > following["start_date"]):
        if mode == "impute" and not (case.death and case.death[0] < following["start_date"]):
            return following["start_date"], 1, "PROGRESSION", True
        if mode == "censor":
            return min(end, following["start_date"]), 0, "CENSOR", False
    if worse and worse[0] <= end and not (case.death and case.death[0] < worse[0]):
        return worse[0], 1, "PROGRESSION", worse[1]
    if case.death and (case.death[0] - end).days <= definition["death_window_days"]:
        return case.death[0], 1, "DEATH", case.death[1]
    return end, 0, "CENSOR", False


def _ttnt(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    found = []
    for line in _advanced(case):
        following = _next_line(case, line)
        if following and not (case.death and case.death[0] < following["start_date"]):
            result: Result = (following["start_date"], 1, "NEXT_LINE", False)
        elif case.death:
            result = (case.death[0], 1, "DEATH", case.death[1])
        else:
            result = (case.vital.last_activity or line["end_date"], 0, "CENSOR", False)
        found.append(_row(case, definition, rules, "LINE_START", line["start_date"], result, line))
    return found


def _ttd(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    found = []
    for line in _advanced(case):
        last = line["end_date"]
        idle = (case.vital.last_activity - last).days if case.vital.last_activity else 0
        if _next_line(case, line) or idle >= definition["gap_days"] or case.death:
            kind = "DEATH" if case.death and case.death[0] <= last else "DISCONTINUATION"
            result: Result = (last, 1, kind, kind == "DEATH" and bool(case.death and case.death[1]))
        else:
            result = (last, 0, "CENSOR", False)
        found.append(_row(case, definition, rules, "LINE_START", line["start_date"], result, line))
    return found


def _dfs(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    """From the first curative surgery. A tumour advanced before it is not disease-free after it."""
    surgeries = curative_surgeries(case.rows, case.tumour)
    advanced = case.tumour.row.get("advanced_date")
    if not surgeries or (advanced and advanced <= surgeries[0]):
        return []
    index = surgeries[0]
    events: list[Result] = []
    recurrence = case.tumour.row.get("recurrence_date")
    if recurrence and recurrence > index:
        events.append((recurrence, 1, "RECURRENCE", case.tumour.row.get("recurrence_date_precision") == "M"))
    events += [
        (t.first_dx, 1, "RECURRENCE", False) for t in case.others if t.group == case.tumour.group and t.first_dx > index
    ]
    if case.death:
        events.append((case.death[0], 1, "DEATH", case.death[1]))
    result = min(events, default=(_alive(case, index), 0, "CENSOR", False))
    return [_row(case, definition, rules, "SURGERY", index, result)]


def _best_response(case: Case, definition: Mapping[str, Any], rules: Rules) -> list[Row]:
    found = []
    for line in _advanced(case):
        following = _next_line(case, line)
        earliest = line["start_date"] + days(definition["exclude_first_days"])
        assessed = [
            (_rank(definition, r), r["assessed_date"], r.get("date_precision") == "M")
            for r in of_tumour(case.rows, "response_assessment", case.tumour)
            if r["assessed_date"] > earliest
            and not (following and r["assessed_date"] > following["start_date"])
            and _rank(definition, r) is not None
        ]
        if assessed:
            rank, when, vague = min(assessed)
            value = definition["order"][rank]
            result: Result = (when, int(value in ("CR", "PR")), "", vague)
            found.append(_row(case, definition, rules, "LINE_START", line["start_date"], result, line, value=value))
    return found


def _rank(definition: Mapping[str, Any], response: Row) -> int | None:
    value = definition["same_as"].get(response.get("response"), response.get("response"))
    return definition["order"].index(value) if value in definition["order"] else None


_COMPUTE = {"OS": _os, "RWPFS": _rwpfs, "TTNT": _ttnt, "TTD": _ttd, "DFS": _dfs, "RW_BOR": _best_response}
