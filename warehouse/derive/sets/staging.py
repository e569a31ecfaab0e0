"""Stages of plain patients as columns: every distinct combination of what a stage rests on is asked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.common import Row
from warehouse.derive.course import is_advanced_stage
from warehouse.derive.rules import Rules
from warehouse.derive.sets.tools import NEVER, Coded, DaySet, coded, days_of, folded, precision_of, when
from warehouse.derive.sets.tumours import TumourSet
from warehouse.derive.staging import RESECTIONS, complete_staging

TEXTS = ("staging_system", "edition", "t_category", "n_category", "m_category", "stage_group_recorded")
COMPLETED = (
    "staging_system", "stage_class", "edition", "edition_inferred", "stage_group_derived", "stage_group", "stage_conflict",
)  # fmt: skip
"""Columns that completing a stage sets."""


@dataclass(frozen=True)
class StageSet:
    """The staging rows of all patients; columns as far as later rules need them."""

    group: Group | None
    person: np.ndarray
    day: np.ndarray
    precision: np.ndarray
    metastatic: np.ndarray
    """M1."""
    advanced: np.ndarray
    """Advanced whatever follows."""
    late: np.ndarray
    """Advanced when nothing curative came by then."""
    rows: list[Row]
    which: np.ndarray

    def column(self, name: str, kind: pa.DataType) -> pa.Array:
        """A completed column."""
        if not self.rows:
            return pa.nulls(0, kind)
        return pa.array([r[name] for r in self.rows], kind).take(pa.array(self.which))


def stage_set(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules) -> StageSet:
    """Complete all stages; those of patients who are not plain carry no meaning."""
    group = groups.get("staging")
    if group is None:
        none, no = np.zeros(0, np.int64), np.zeros(0, bool)
        return StageSet(None, none, none, none, no, no, no, [], none)
    person = group.person.astype(np.int64)
    texts = {c: coded(group, c) for c in TEXTS}
    day, stage_class, classes = _pathological(groups, group, texts, rules)
    bounds = _bounds(rules)
    marks = {
        "code": (tumours.plain.code[person], len(tumours.plain.codes)),
        "epoch": (np.searchsorted(bounds, day, "right"), len(bounds) + 1),
        "class": (stage_class, len(classes)),
        "young": (_young(tumours.age[person], rules), 2),
        "p16": (_p16(groups, tumours, rules)[person], 2),
    }
    parts = [*((c.codes, len(c.values)) for c in texts.values()), *marks.values()]
    first, which = folded(parts)
    said = [_row(r, texts, marks, classes, tumours, day) for r in first.tolist()]
    done = [complete_staging(row, rules, age=_age(row, rules), p16=row["_p16"]) for row in said]
    flags = np.array([_advanced(r, rules) for r in done], bool).reshape(-1, 3)[which]
    return StageSet(
        group, person, day, precision_of(group, "stage_date_precision"), flags[:, 0], flags[:, 1], flags[:, 2], done, which
    )  # fmt: skip


def _pathological(
    groups: Mapping[str, Group], group: Group, texts: Mapping[str, Coded], rules: Rules
) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """``staging.pathological`` for columns: dates, classes and the names of the classes."""
    limit = rules.staging["pathological"]["within_days"]
    day, stage_class = days_of(group, "stage_date"), coded(group, "stage_class")
    classes = [*stage_class.values, "c"]
    rows = np.flatnonzero(stage_class.among("p", "yp") & (day != NEVER))
    surgery = groups.get("surgery")
    removed = DaySet.of(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if surgery is not None:
        where = coded(surgery, "procedure_kind").among(*RESECTIONS)
        removed = DaySet.of(surgery.person[where], days_of(surgery, "op_date")[where])
    person, told = group.person[rows].astype(np.int64), day[rows]
    near = removed.within(person, told - limit, told + limit)
    before = removed.last_until(person, told)
    day[rows] = np.where(~near & (before != NEVER), before, told)
    bare = (
        (texts["t_category"].flags([not v for v in texts["t_category"].values], null=True)[rows])
        & (texts["n_category"].flags([not v for v in texts["n_category"].values], null=True)[rows])
    )
    codes = stage_class.codes.copy()
    codes[rows[~near & (before == NEVER) & bare]] = len(classes) - 1
    return day, codes, classes


def _bounds(rules: Rules) -> np.ndarray:
    """Days on which some edition came into force: between two of them the date of a stage does not matter."""
    found = {e["from"] for e in (*rules.staging["edition"], *rules.staging["figo"]["edition"])}
    return np.array(sorted((d - date(1970, 1, 1)).days for d in found), np.int64)


def _young(age: np.ndarray, rules: Rules) -> np.ndarray:
    return np.where(age < 0, -1, (age < rules.staging["variant"]["age_limit"]).astype(np.int64))


def _age(row: Row, rules: Rules) -> int | None:
    """Any age on the same side of the limit."""
    limit = int(rules.staging["variant"]["age_limit"])
    return None if row["_young"] is None else limit - 1 if row["_young"] else limit


def _p16(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules) -> np.ndarray:
    """The last p16 result of each patient whose tumour it matters for: 0 negative, 1 positive, -1 none."""
    found = np.full(len(tumours.is_plain), -1, np.int64)
    if group := groups.get("biomarker"):
        result = coded(group, "result")
        told = result.numbers([{"NEG": 0, "POS": 1}.get(v, -1) for v in result.values], null=-1)
        rows = np.flatnonzero(coded(group, "marker").among("P16") & (told >= 0))
        found[group.person[rows]] = told[rows]
    return np.where(tumours.type_flags(rules.staging["variant"]["p16_types"]), found, -1)


def _row(
    number: int,
    texts: Mapping[str, Coded],
    marks: Mapping[str, tuple[np.ndarray, int]],
    classes: list[Any],
    tumours: TumourSet,
    day: np.ndarray,
) -> Row:
    """A stage as the rules see it."""
    row: Row = {c: _value(t.values, t.codes[number]) for c, t in texts.items()}
    mark = {name: int(codes[number]) for name, (codes, _) in marks.items()}
    row |= {
        "tumour_code": tumours.plain.codes[mark["code"]] if tumours.plain.codes else None,
        "stage_class": _value(classes, mark["class"]),
        "stage_date": when(int(day[number])),
        "_young": None if mark["young"] < 0 else bool(mark["young"]),
        "_p16": {0: "NEG", 1: "POS"}.get(mark["p16"]),
    }
    return row


def _value(values: list[Any], code: int) -> Any:
    return values[code] if code >= 0 else None


def _advanced(row: Row, rules: Rules) -> tuple[bool, bool, bool]:
    """M1, advanced whatever follows, advanced when nothing curative came by then."""
    code, dated = row["tumour_code"] or "", {**row, "stage_date": date(2000, 1, 1)}
    spread = (row["m_category"] or "").upper().startswith("M1")
    return spread, is_advanced_stage(dated, code, rules, [date.min]), is_advanced_stage(dated, code, rules, [])
