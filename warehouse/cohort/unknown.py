"""Values of a cohort file that nothing knows: a misspelt marker is not a marker that nobody has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from warehouse import codes
from warehouse.cohort.model import Cohort, Criterion, Param


def warnings(connection: duckdb.DuckDBPyConnection, cohort: Cohort) -> tuple[str, ...]:
    """One sentence for each marker, drug or LOINC code that neither its code table nor a row of the release knows.

    The value must stand as the table writes it, since the criterion compares it so: of another name the sentence gives the right one.
    """
    return tuple(
        _sentence(number, param, value)
        for number, criterion in enumerate(cohort.criteria, 1)
        for param, value in _open(criterion)
        if value not in _names(param.codes) and not _is_held(connection, param, value)
    )


def _open(criterion: Criterion) -> Iterator[tuple[Param, str]]:
    for param in criterion.kind.params:
        given = criterion.values[param.name]
        if param.codes and given is not None:
            yield from ((param, value) for value in (given if isinstance(given, list) else [given]))


def _names(table: str) -> frozenset[str]:
    """The values that the columns of a release hold for the rows of a code table."""
    match table:
        case "drugs":
            return frozenset(row.inn for row in codes.drugs())
        case "markers":
            return frozenset(row.marker.removesuffix("_IHC") for row in codes.markers())
    return frozenset(row.code for row in codes.lab_items())


def _is_held(connection: duckdb.DuckDBPyConnection, param: Param, value: str) -> bool:
    found = connection.execute(f"SELECT $value IN ({param.held})", {"value": value}).fetchone()
    return bool(found and found[0])


def _sentence(number: int, param: Param, value: str) -> str:
    row: Any = codes.lookup(param.codes, value)
    name = getattr(row, "inn", None) or getattr(row, "marker", None) or getattr(row, "code", None)
    meant = f"; the table calls it {name.removesuffix('_IHC')}" if name else ""
    return f"Criterion {number}: no code table and no row of the release knows the {param.name} '{value}'{meant}."
