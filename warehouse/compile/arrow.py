"""Arrow schemas compiled from the table model; their metadata ends up in every Parquet footer."""

from __future__ import annotations

import pyarrow as pa

from warehouse.schema import Column, Table, Type

ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.VARCHAR: pa.string(),
    Type.INTEGER: pa.int32(),
    Type.DOUBLE: pa.float64(),
    Type.DATE: pa.date32(),
    Type.BOOLEAN: pa.bool_(),
    Type.VARCHAR_LIST: pa.list_(pa.field("element", pa.string())),
}


def field_metadata(column: Column) -> dict[str, str]:
    """Prose, unit, value set and source of a column; empty entries are left out."""
    entries = {
        "description_en": column.en,
        "description_zh": column.zh,
        "unit": column.unit,
        "code_system": column.code_system,
        "values": ",".join(column.values),
        "source": column.source,
        "references": column.references,
        "required": "true" if column.required else "",
    }
    return {key: value for key, value in entries.items() if value}


def table_metadata(table: Table) -> dict[str, str]:
    """Prose, grain and keys of a table; empty entries are left out."""
    entries = {
        "table": table.name,
        "description_en": table.en,
        "description_zh": table.zh,
        "grain": table.grain,
        "primary_key": ",".join(table.primary_key),
        "sort_by": ",".join(table.sort_by),
        "omop": table.omop,
    }
    return {key: value for key, value in entries.items() if value}


def arrow_field(column: Column) -> pa.Field:
    """One column as an Arrow field.

    Every field is nullable, also a required one: a faulty candidate has to be writable before it can be judged.
    That the column is required stands in the metadata and is checked by the contract suites.
    """
    return pa.field(column.name, ARROW_TYPES[column.type], nullable=True, metadata=field_metadata(column))


def arrow_schema(table: Table, *, without: frozenset[str] = frozenset()) -> pa.Schema:
    """The Arrow schema of a declared table, columns in declared order.

    ``without`` names columns that a release profile leaves out (``wide`` has no ``document.text_deid``).
    """
    fields = [arrow_field(column) for column in table.columns if column.name not in without]
    return pa.schema(fields, metadata=table_metadata(table))
