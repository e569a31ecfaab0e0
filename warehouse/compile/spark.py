"""Spark DDL strings compiled from the table model. No Spark is imported: a DDL string is all that Spark needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warehouse.schema import Column, Table, Type

SPARK_TYPES: dict[Type, str] = {
    Type.VARCHAR: "STRING",
    Type.INTEGER: "INT",
    Type.DOUBLE: "DOUBLE",
    Type.DATE: "DATE",
    Type.BOOLEAN: "BOOLEAN",
    Type.VARCHAR_LIST: "ARRAY<STRING>",
}


def _pairs(columns: Table | Mapping[str, Type] | Iterable[Column]) -> list[tuple[str, Type]]:
    if isinstance(columns, Mapping):
        return list(columns.items())
    declared = columns.columns if isinstance(columns, Table) else columns
    return [(column.name, column.type) for column in declared]


def spark_ddl(columns: Table | Mapping[str, Type] | Iterable[Column]) -> str:
    """Column names and types as a Spark DDL string, e.g. ``"`patient_id` STRING, `birth_year` INT"``.

    Takes a declared table, some of its columns, or a name → type mapping such as ``schema.staging_columns`` returns.
    """
    return ", ".join(f"`{name}` {SPARK_TYPES[type_]}" for name, type_ in _pairs(columns))
