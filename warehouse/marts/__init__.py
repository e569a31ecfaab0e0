"""Disease databases: for each tumour type a wide view, one row a tumour, as SQL generated from the tumour-type dictionary.

``mart_<type>`` holds the tumour, its stage, spread, treatment and outcome, then the type's own markers (``bm_…``), tumour
markers of the laboratory (``lab_…``) and disease variables (``var_…``). ``db_<disease>`` are hand-finished views on top of them
(``finished/*.sql``). The SQL is DuckDB's; other engines get it translated. Medical content awaits a clinician's sign-off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from warehouse import codes
from warehouse.marts.qualifiers import result_sql, with_members
from warehouse.marts.sources import source_blocks

FINISHED = Path(__file__).parent / "finished"
_CORE = (Path(__file__).parent / "core.sql").read_text(encoding="utf-8")
_CUT = re.compile(r"[（(].*?[)）]")
_PAIR = re.compile(r"(.+)([0-9A-Z])/([0-9A-Z])")
"""``IDH1/2``: two genes that differ in the last character."""
_NAME = re.compile(r"\b(?:mart|db)_\w+")
_TAIL = re.compile(r"_(SCORE|TYPE|STAGE|STATUS|GRADE|GROUP|RISK)$")


@dataclass(frozen=True, slots=True)
class Slot:
    """One generated column: its name, where it comes from and which codes it gathers."""

    column: str
    kind: str
    """marker, lab or variable."""
    codes: tuple[str, ...]
    label: str
    """The dictionary's words."""


def slug(text: str) -> str:
    """``PD-L1 TPS`` -> ``pd_l1_tps``: lower case, letters and digits joined by underscores."""
    return re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_") or "x"


def _parts(text: str) -> list[str]:
    """The words of a dictionary entry without brackets, then its alternatives."""
    plain = _CUT.sub("", text).replace("%", "").strip()
    both = _PAIR.fullmatch(plain)
    pair = [both[1] + both[2], both[1] + both[3]] if both else []
    return [plain, *pair, *(p.strip() for p in plain.split("/")), plain.split(" ")[0]]


def _likeliest(table: str, text: str) -> Any | None:
    """The row of that name; of several a tumour marker: Tg in a tumour's dictionary is thyroglobulin, not triglyceride."""
    rows = codes.candidates(table, text)
    return next((row for row in rows if getattr(row, "is_tumour_marker", False)), rows[0] if rows else None)


def _found(table: str, field: str, text: str) -> tuple[str, ...]:
    rows: list[Any] = [_likeliest(table, part) for part in _parts(text) if len(part) > 1]
    return tuple(dict.fromkeys(getattr(row, field) for row in rows if row is not None))


def marker_slot(text: str) -> Slot | None:
    """The column of a biomarker entry: predictive markers first, else a laboratory item, else a variable of the tumour."""
    name = slug(_CUT.sub("", text))
    if not re.search(r"[a-z]{2}", name) or text.count("(") < text.count(")"):
        return None
    markers, items = _found("markers", "marker", text), _found("lab_items", "code", text)
    if markers and not (items and text.endswith(" count")):
        return Slot(f"bm_{name}", "marker", with_members(markers), text)
    if items:
        return Slot(f"lab_{name}", "lab", items, text)
    return variable_slot(text)


def variable_slot(text: str) -> Slot:
    """The column of a disease variable: the codes under which tumour_attribute may hold it."""
    full = [slug(part).upper() for part in _parts(text)[:-1]]
    wanted = dict.fromkeys([*full, *(_TAIL.sub("", code) for code in full)])
    return Slot(
        f"var_{slug(_CUT.sub('', text))}", "variable", tuple(code for code in wanted if code and code != "X"), text
    )


@cache
def slots(tumour_code: str) -> tuple[Slot, ...]:
    """The generated columns of one type, in dictionary order, each name once. KeyError for an unknown type."""
    row = next((t for t in codes.tumour_types() if t.tumour_code == tumour_code), None)
    if row is None:
        raise KeyError(tumour_code)
    found = [marker_slot(text) for text in row.biomarkers] + [variable_slot(text) for text in row.variables]
    by_name: dict[str, Slot] = {}
    for slot in found:
        if slot is not None:
            by_name.setdefault(slot.column, slot)
    return tuple(by_name.values())


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _marker_columns(slot: Slot) -> str:
    """The result; NOT_TESTED where reports say that no test was done, UNK where one failed or none is told; NULL where nothing is said."""
    mine = f"marker IN ({_listed(slot.codes)})"
    result = result_sql(_CUT.sub("", slot.label).strip(), f"{mine} AND status = 'TESTED'")
    without = (
        f"CASE WHEN bool_or({mine} AND status IN ('QNS', 'FAILED')) THEN 'UNK' "
        f"WHEN bool_and(status = 'NOT_TESTED') FILTER (WHERE {mine}) THEN 'NOT_TESTED' END"
    )
    return f"coalesce({result}, {without}) AS {slot.column}, arg_min(value_num, report_date) FILTER (WHERE {mine} AND value_num IS NOT NULL) AS {slot.column}_value"


def _lab_column(slot: Slot) -> str:
    return f"arg_max(l.value_num, l.sample_date) FILTER (WHERE l.test_code IN ({_listed(slot.codes)})) AS {slot.column}"


def _variable_column(slot: Slot) -> str:
    value = "coalesce(value_text, CAST(value_num AS VARCHAR))"
    return f"arg_min({value}, assessed_date) FILTER (WHERE variable_code IN ({_listed(slot.codes)})) AS {slot.column}"


def _block(name: str, columns: list[str], source: str) -> str:
    body = (
        ",\n    ".join(["tumour_id", *columns])
        if not name.startswith("lab")
        else ",\n    ".join(["t.tumour_id", *columns])
    )
    return f"{name} AS (\n  SELECT {body}\n  FROM {source}\n)"


def mart_sql(tumour_code: str) -> str:
    """The SELECT of one type's mart."""
    own = slots(tumour_code)
    markers = [_marker_columns(s) for s in own if s.kind == "marker"]
    labs = [_lab_column(s) for s in own if s.kind == "lab"]
    variables = [_variable_column(s) for s in own if s.kind == "variable"]
    window = "l.sample_date BETWEEN t.first_dx_date - 60 AND t.first_dx_date + 14"
    in_type = f"tumour_code = '{tumour_code}'"
    blocks = [
        _block("markers", markers, f"biomarker WHERE {in_type} GROUP BY tumour_id"),
        _block(
            "labs",
            labs,
            f"tumour t JOIN lab_measurement l ON l.patient_id = t.patient_id AND {window} WHERE t.{in_type} GROUP BY t.tumour_id",
        ),
        _block("variables", variables, f"tumour_attribute WHERE {in_type} GROUP BY tumour_id"),
    ]
    elsewhere = source_blocks((s.column for s in own if s.kind == "variable"), tumour_code)
    blocks += [sql for sql, _ in elsewhere.values()]
    core = _CORE.replace("{tumour_code}", tumour_code)
    joins = "\n".join(f"LEFT JOIN {name} USING (tumour_id)" for name in ("markers", "labs", "variables", *elsewhere))
    shown = ", ".join(["core.*", *(_shown(s, elsewhere) for s in own)])
    return f"WITH core AS (\n{core.strip()}\n),\n" + ",\n".join(blocks) + f"\nSELECT {shown}\nFROM core\n{joins}"


def _shown(slot: Slot, elsewhere: Mapping[str, tuple[str, list[str]]]) -> str:
    """A column of the mart; a variable that notes do not state comes from the table that holds it."""
    if slot.kind == "marker":
        return f"markers.{slot.column}, markers.{slot.column}_value"
    if slot.kind == "lab":
        return f"labs.{slot.column}"
    places = ["variables", *(name for name, (_, columns) in elsewhere.items() if slot.column in columns)]
    value = ", ".join(f"{place}.{slot.column}" for place in places)
    return f"coalesce({value}) AS {slot.column}"


def mart_name(tumour_code: str) -> str:
    """``NSCLC`` -> ``mart_nsclc``."""
    return f"mart_{tumour_code.lower()}"


def finished_views() -> dict[str, str]:
    """The hand-finished disease databases by view name; they read the generated marts."""
    return {
        f"db_{path.stem}": path.read_text(encoding="utf-8").strip().rstrip(";")
        for path in sorted(FINISHED.glob("*.sql"))
    }


@cache
def mart_views() -> dict[str, str]:
    """All marts by view name, generated ones first; create them in this order."""
    generated = {mart_name(t.tumour_code): mart_sql(t.tumour_code) for t in codes.tumour_types()}
    return {**generated, **finished_views()}


def named_in(sql: str) -> frozenset[str]:
    """Marts that a query names, and those that they read."""
    known = mart_views()
    named = {name for name in _NAME.findall(sql.lower()) if name in known}
    return frozenset(
        named | {inner for name in named for inner in _NAME.findall(known[name].lower()) if inner in known}
    )


def views_sql(wanted: frozenset[str] | None = None) -> str:
    """The script that creates the marts (all of them for None) in a database that shows a release."""
    views = ((name, sql) for name, sql in mart_views().items() if wanted is None or name in wanted)
    return "\n".join(f"CREATE OR REPLACE VIEW {name} AS\n{sql};\n" for name, sql in views)
