"""Stage groups: what the doctor wrote, what T, N, M and the edition give, and whether the two agree (``rules/staging.toml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from warehouse import codes
from warehouse.derive.common import Row
from warehouse.derive.rules import Rules

RULE = "stage_group@1"
StageRows = tuple[tuple[str, str, str, str], ...]
"""T, N, M and group; the first row that covers the categories counts."""
TNM_SYSTEMS = ("AJCC", "UICC")
FIGO = "FIGO"
LUGANO = "LUGANO"
FINER = re.compile(r"\(I+\)$|M(POLEMUT|P53ABN)$")
"""What FIGO writes after a group and no table here knows: IIIA1(ii), IAmPOLEmut."""
RESECTIONS = ("RESECTION", "TRANSPLANT", "ENDOSCOPIC")
ROMAN = str.maketrans({"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "期": None, " ": None})


def complete_staging(row: Row, rules: Rules, *, age: int | None = None, p16: str | None = None) -> Row:
    """The staging row with edition, derived group, major group and conflict flag.

    ``age`` at diagnosis and ``p16`` (POS, NEG) choose the table where the manual parts by them (thyroid, oropharynx).
    """
    edition, inferred, group = _derived(row, rules, age, p16)
    recorded = normal_group(row.get("stage_group_recorded"), lymphoma=is_lymphoma_stage(row))
    conflict = groups_conflict(recorded, group) if recorded and group else None
    countable = row.get("staging_system") in (None, *rules.staging["majors"]["systems"])
    chosen = (group if conflict else recorded or group) if countable else None
    return {
        **row,
        "staging_system": row.get("staging_system") or "AJCC",
        "stage_class": row.get("stage_class") or "c",
        "edition": edition,
        "edition_inferred": inferred,
        "stage_group_derived": group,
        "stage_group": major(chosen) or "UNK",
        "stage_conflict": conflict,
    }


def _derived(row: Row, rules: Rules, age: int | None, p16: str | None) -> tuple[str | None, bool | None, str | None]:
    """Edition, whether it was inferred from the date, and the group from T, N, M; only TNM systems and FIGO have either."""
    system, code, stated = row.get("staging_system"), row.get("tumour_code") or "", row.get("edition")
    if system in (None, *TNM_SYSTEMS):
        edition = stated or edition_on(rules, code, row.get("stage_date"))
        return edition, not stated, derived_group(rules, row, edition, age, p16)
    if system == FIGO and (edition := stated or figo_edition_on(rules, code, row.get("stage_date"))):
        return edition, not stated, figo_group(rules, row, edition)
    return stated, None, None


def figo_edition_on(rules: Rules, tumour_code: str, when: date | None) -> str | None:
    """The FIGO edition in force for a gynaecological tumour on a date; None for other tumours, before it or without a date."""
    return _in_force([e for e in rules.staging["figo"]["edition"] if tumour_code in e["types"]], tumour_code, when)


def figo_group(rules: Rules, row: Row, edition: str) -> str | None:
    """FIGO group from T, N, M, or None; the major group alone where the edition is another one than the table's."""
    code = row.get("tumour_code") or ""
    tables = [t for t in rules.staging["figo"]["table"] if code in t["types"]]
    entry = next((t for t in tables if t["edition"] == edition), tables[-1] if tables else None)
    if entry is None:
        return None
    categories = (row.get(c) or "" for c in ("t_category", "n_category", "m_category"))
    group = _lookup(rules.stage_groups.get((code, entry["table"]), ()), *categories)
    return group if entry["edition"] == edition and not entry.get("major_only") else major(group)


def pathological(row: Row, surgeries: Sequence[Row], rules: Rules) -> Row:
    """A pathological stage that a note repeats long after the operation dates from the operation, not from the note.

    A group alone that is called pathological with no resection before or near it rests on a biopsy: a clinical stage.
    """
    when = row.get("stage_date")
    if row.get("stage_class") not in ("p", "yp") or when is None:
        return row
    limit = rules.staging["pathological"]["within_days"]
    days = [
        s["op_date"]
        for s in surgeries
        if s.get("tumour_id") == row.get("tumour_id") and s.get("procedure_kind") in RESECTIONS and s.get("op_date")
    ]
    before = [d for d in days if d <= when]
    if any(abs((d - when).days) <= limit for d in days):
        return row
    if before:
        return {**row, "stage_date": max(before)}
    return row if row.get("t_category") or row.get("n_category") else {**row, "stage_class": "c"}


def edition_on(rules: Rules, tumour_code: str, when: date | None) -> str | None:
    """The edition in force on a date; None before the first one or without a date."""
    key = ("edition", tumour_code, when)
    if key not in rules.memo:
        rules.memo[key] = _in_force(rules.staging["edition"], tumour_code, when)
    return rules.memo[key]


def _in_force(editions: Sequence[Mapping[str, Any]], tumour_code: str, when: date | None) -> str | None:
    current = None
    for entry in editions:
        applies = "types" not in entry or tumour_code in entry["types"]
        if when is not None and applies and entry["from"] <= when:
            current = entry["edition"]
    return current


@lru_cache(maxsize=10_000)
def normal_group(text: str | None, *, lymphoma: bool = False) -> str | None:
    """``Ⅲb期`` -> ``IIIB``, ``FIGO ⅢA1(ii)`` -> ``IIIA1``, of a lymphoma ``ⅡEB`` -> ``IIEB``; None when the text is no stage group."""
    folded = (text or "").translate(ROMAN).upper().removeprefix("FIGO").removeprefix("STAGE")
    folded = FINER.sub("", folded)
    plain = codes.LYMPHOMA_LETTERS.sub("", folded) if lymphoma else folded
    return folded if re.match(r"^(0|IV|III|II|I)([A-E]\d?|\d)?S?$", plain) else None


def is_lymphoma_stage(row: Row) -> bool:
    """Is the group one of Ann Arbor or Lugano, by its system or by its tumour?"""
    return row.get("staging_system") == LUGANO or row.get("tumour_code") in codes.lymphoma_codes()


@lru_cache(maxsize=10_000)
def major(group: str | None) -> str | None:
    """``IIIB`` -> ``III``."""
    match = re.match(r"0|IV|III|II|I", group or "")
    return match.group(0) if match else None


def groups_conflict(recorded: str, derived: str) -> bool:
    """Do two groups contradict each other at the precision that both have? ``III`` and ``IIIB`` do not."""
    return not (recorded.startswith(derived) or derived.startswith(recorded)) or major(recorded) != major(derived)


def derived_group(
    rules: Rules, row: Row, edition: str | None, age: int | None = None, p16: str | None = None
) -> str | None:
    """Stage group from T, N, M by the edition's table, or None when the table or the categories do not decide.

    Where the edition itself is not on file the nearest one gives the major group only: majors seldom moved between editions.
    """
    t, n, m = (row.get(c) or "" for c in ("t_category", "n_category", "m_category"))
    young = None if age is None else age < rules.staging["variant"]["age_limit"]
    key = ("stage", row.get("tumour_code"), edition, row.get("stage_class"), t, n, m, young, p16)
    if key not in rules.memo:
        table, exact = _table(rules, row.get("tumour_code") or "", edition, row.get("stage_class") or "", young, p16)
        group = _lookup(table, t, n, m)
        rules.memo[key] = group if exact else major(group)
    return rules.memo[key]


def _table(
    rules: Rules, code: str, edition: str | None, stage_class: str, young: bool | None, p16: str | None
) -> tuple[StageRows, bool]:
    """The table of an edition, its variants first, and whether the edition is the wanted one."""
    on_file = sorted({e[:1] for c, e in rules.stage_groups if c == code and e[:1].isdigit()})
    if not on_file:
        return (), False
    older = [e for e in on_file if edition and e <= edition]
    chosen = older[-1] if older else on_file[0]
    for suffix in _variants(rules, stage_class, young, p16):
        if table := rules.stage_groups.get((code, f"{chosen}{suffix}")):
            return table, chosen == edition
    return (), False


def _variants(rules: Rules, stage_class: str, young: bool | None, p16: str | None) -> list[str]:
    by_class = rules.staging["variant"]["by_class"].get(stage_class, "")
    by_age = [] if young is None else ["<55" if young else ">=55"]
    by_p16 = {"POS": [f"p16+{by_class}", "p16+"], "NEG": [f"p16-{by_class}", "p16-"]}.get(p16 or "", [])
    return [*by_p16, *by_age, by_class, ""]


def _lookup(table: StageRows, t: str, n: str, m: str) -> str | None:
    if not table or not (t or n or m):
        return None
    m = m if m and m.upper() != "MX" else "M0"
    for tt, nn, mm, group in table:
        if covers(tt, t) and covers(nn, n) and covers(mm, m):
            return group
    groups = sorted({g for tt, nn, mm, g in table if fits(t, tt) and fits(n, nn) and fits(m, mm)})
    if len(groups) == 1:
        return groups[0]
    majors = {major(g) for g in groups}
    return next(iter(majors)) if len(majors) == 1 else None


def covers(pattern: str, value: str) -> bool:
    """Is the category the table's entry, or a part of it (``T1a2`` of ``T1``)? ``*`` covers any category."""
    return pattern == "*" or (bool(value) and re.sub(r"\(.*?\)", "", value).lower().startswith(pattern.lower()))


def fits(value: str, pattern: str) -> bool:
    """Is the category covered by the entry, or vaguer than it (``T1`` may be ``T1a``)?"""
    return covers(pattern, value) or (bool(value) and pattern.lower().startswith(value.lower()))
