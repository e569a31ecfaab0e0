"""Stage groups: what the doctor wrote, what T, N, M and the edition give, and whether the two agree (``rules/staging.toml``)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from warehouse.derive.common import Row
from warehouse.derive.rules import Rules

RULE = "stage_group@1"
TNM_SYSTEMS = ("AJCC", "UICC")
ROMAN = str.maketrans({"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "期": None, " ": None})


def complete_staging(row: Row, rules: Rules) -> Row:
    """The staging row with edition, derived group, major group and conflict flag."""
    inferred = not row.get("edition")
    edition = row.get("edition") or edition_on(rules, row.get("tumour_code") or "", row.get("stage_date"))
    tnm_system = row.get("staging_system") in (None, *TNM_SYSTEMS)
    group = derived_group(rules, row, edition) if tnm_system else None
    recorded = normal_group(row.get("stage_group_recorded"))
    conflict = groups_conflict(recorded, group) if recorded and group else None
    countable = row.get("staging_system") in (None, *rules.staging["majors"]["systems"])
    chosen = (group if conflict else recorded or group) if countable else None
    return {
        **row,
        "staging_system": row.get("staging_system") or "AJCC",
        "stage_class": row.get("stage_class") or "c",
        "edition": edition if tnm_system else row.get("edition"),
        "edition_inferred": inferred if tnm_system else None,
        "stage_group_derived": group,
        "stage_group": major(chosen) or "UNK",
        "stage_conflict": conflict,
    }


def edition_on(rules: Rules, tumour_code: str, when: date | None) -> str | None:
    """The edition in force on a date; None before the first one or without a date."""
    current = None
    for entry in rules.staging["edition"]:
        applies = "types" not in entry or tumour_code in entry["types"]
        if when is not None and applies and entry["from"] <= when:
            current = entry["edition"]
    return current


@lru_cache(maxsize=10_000)
def normal_group(text: str | None) -> str | None:
    """``Ⅲb期`` -> ``IIIB``; None when the text is no stage group."""
    folded = (text or "").translate(ROMAN).upper().removeprefix("STAGE")
    return folded if re.match(r"^(0|IV|III|II|I)([A-E]\d?|\d)?S?$", folded) else None


def major(group: str | None) -> str | None:
    """``IIIB`` -> ``III``."""
    match = re.match(r"0|IV|III|II|I", group or "")
    return match.group(0) if match else None


def groups_conflict(recorded: str, derived: str) -> bool:
    """Do two groups contradict each other at the precision that both have? ``III`` and ``IIIB`` do not."""
    return not (recorded.startswith(derived) or derived.startswith(recorded)) or major(recorded) != major(derived)


def derived_group(rules: Rules, row: Row, edition: str | None) -> str | None:
    """Stage group from T, N, M by the edition's table, or None when the table or the categories do not decide."""
    t, n, m = (row.get(c) or "" for c in ("t_category", "n_category", "m_category"))
    code = row.get("tumour_code") or ""
    key = ("stage", code, edition, t, n, m, row.get("stage_class"))
    if key not in rules.memo:
        rules.memo[key] = _lookup(rules, code, edition, t, n, m)
    return rules.memo[key]


def _lookup(rules: Rules, code: str, edition: str | None, t: str, n: str, m: str) -> str | None:
    table = rules.stage_groups.get((code, edition or "")) or _nearest_edition(rules, code, edition)
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


def _nearest_edition(rules: Rules, code: str, edition: str | None) -> tuple[tuple[str, str, str, str], ...]:
    """The latest edition on file that is not newer than the wanted one, else the oldest on file."""
    editions = sorted(e for c, e in rules.stage_groups if c == code)
    older = [e for e in editions if edition and e <= edition]
    chosen = older[-1] if older else editions[0] if editions else None
    return rules.stage_groups[code, chosen] if chosen else ()


def covers(pattern: str, value: str) -> bool:
    """Is the category the table's entry, or a part of it (``T1a2`` of ``T1``)? ``*`` covers any category."""
    return pattern == "*" or bool(value) and re.sub(r"\(.*?\)", "", value).lower().startswith(pattern.lower())


def fits(value: str, pattern: str) -> bool:
    """Is the category covered by the entry, or vaguer than it (``T1`` may be ``T1a``)?"""
    return covers(pattern, value) or bool(value) and pattern.lower().startswith(value.lower())
