"""Contract suites, derived from the table model: what every table must look like, whatever it says.

Seven rules a table: CT01 columns and order, CT02 types, CT03 not null, CT04 closed value sets, CT05 unique key,
CT06 references, CT07 form of tokens. All but CT06 are Great Expectations expectations on the rows themselves;
references cross tables, are counted by SQL and judged with the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from warehouse.schema import Column, Table, Type, release

RULES = {
    "CT01": ("columns and their order equal the contract", "列及其顺序与约定一致", "conformance-value"),
    "CT02": ("column types equal the contract", "列类型与约定一致", "conformance-value"),
    "CT03": ("required columns are filled", "必填列不为空", "completeness"),
    "CT04": ("values lie in the closed set of their column", "取值在规定集合之内", "conformance-value"),
    "CT05": ("the primary key is unique", "主键唯一", "conformance-relational"),
    "CT06": ("every reference has its row", "每个引用都能找到对应行", "conformance-relational"),
    "CT07": ("keys have the form of a token", "键符合令牌格式", "deidentification"),
}
PANDAS_TYPES = {
    Type.VARCHAR: "str",
    Type.INTEGER: "int",
    Type.DOUBLE: "float",
    Type.DATE: "date",
    Type.BOOLEAN: "bool",
    Type.VARCHAR_LIST: "list",
}
SPARK_TYPES = {
    Type.VARCHAR: "StringType",
    Type.INTEGER: "IntegerType",
    Type.DOUBLE: "DoubleType",
    Type.DATE: "DateType",
    Type.BOOLEAN: "BooleanType",
    Type.VARCHAR_LIST: "ArrayType",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation of a contract suite, before Great Expectations is imported."""

    rule: str
    expectation: str
    """Class name in ``great_expectations.expectations``."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """Column that the rule is about, empty for the whole table."""
        return str(self.kwargs.get("column", ""))


def _set_rules(column: Column) -> Iterator[Rule]:
    if column.values and column.type is not Type.VARCHAR_LIST:
        yield Rule("CT04", "ExpectColumnValuesToBeInSet", {"column": column.name, "value_set": list(column.values)})


def _key_rules(table: Table, token_pattern: str) -> Iterator[Rule]:
    key = table.primary_key
    if len(key) == 1:
        yield Rule("CT05", "ExpectColumnValuesToBeUnique", {"column": key[0]})
    elif key:
        yield Rule("CT05", "ExpectCompoundColumnsToBeUnique", {"column_list": list(key)})
    tokens = dict.fromkeys([*key, *(c.name for c in table.columns if c.references and c.type is Type.VARCHAR)])
    for name in tokens:
        yield Rule("CT07", "ExpectColumnValuesToMatchRegex", {"column": name, "regex": token_pattern})


def contract_rules(table: Table, *, engine: str, token_pattern: str) -> tuple[Rule, ...]:
    """The contract of one table as expectations; ``engine`` decides only how a type is spelled."""
    types = SPARK_TYPES if engine == "spark" else PANDAS_TYPES
    rules = [Rule("CT01", "ExpectTableColumnsToMatchOrderedList", {"column_list": list(table.column_names)})]
    for column in table.columns:
        rules.append(Rule("CT02", "ExpectColumnValuesToBeOfType", {"column": column.name, "type_": types[column.type]}))
        if column.required:
            rules.append(Rule("CT03", "ExpectColumnValuesToNotBeNull", {"column": column.name}))
        rules.extend(_set_rules(column))
    return (*rules, *_key_rules(table, token_pattern))


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _breach(table: Table, rule: str, column: Column, token_pattern: str) -> str:
    """SQL condition over ``t`` that holds for rows which break ``rule`` in ``column``; empty if no row can be named."""
    match rule:
        case "CT03":
            return f"t.{column.name} IS NULL"
        case "CT04" if column.type is Type.VARCHAR_LIST:
            return f"len(list_filter(t.{column.name}, lambda x: x NOT IN ({_quoted(column.values)}))) > 0"
        case "CT04":
            return f"t.{column.name} NOT IN ({_quoted(column.values)})"
        case "CT05":
            key = ", ".join(table.primary_key)
            return f"({key}) IN (SELECT ({key}) FROM {table.name} GROUP BY ALL HAVING count(*) > 1)"
        case "CT06" if column.type is Type.VARCHAR:
            parent = release(column.references)
            return f"t.{column.name} NOT IN (SELECT {parent.primary_key[0]} FROM {parent.name})"
        case "CT07":
            return f"NOT regexp_matches(t.{column.name}, {_quoted([token_pattern])})"
        case _:
            return ""


def breach_sql(table: Table, rule: str, columns: Iterable[str], token_pattern: str) -> str:
    """SQL that gives the keys of the rows which break ``rule``; empty for what concerns the whole table."""
    known = [table.column(name) for name in columns if name in table.column_names]
    conditions = [c for c in (_breach(table, rule, column, token_pattern) for column in known) if c]
    if not conditions:
        return ""
    key = (
        f"concat_ws('|', {', '.join(f't.{k}' for k in table.primary_key)})"
        if len(table.primary_key) > 1
        else f"t.{table.primary_key[0]}"
    )
    return f"SELECT DISTINCT {key} AS pk FROM {table.name} t WHERE {' OR '.join(conditions)} ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Reference:
    """Count of one foreign key, or of the items of one list."""

    table: str
    column: str
    n_scope: int
    n_fail: int
    error: str = ""


def _reference_sql(table: Table, column: Column) -> str:
    parent = release(column.references)
    source = f"SELECT {column.name} AS k FROM {table.name}"
    if column.type is Type.VARCHAR_LIST:
        source = f"SELECT unnest({column.name}) AS k FROM {table.name}"
    keys = f"SELECT DISTINCT {parent.primary_key[0]} AS p FROM {parent.name}"
    return (
        f"SELECT count(c.k), count(c.k) FILTER (WHERE r.p IS NULL) FROM ({source}) c LEFT JOIN ({keys}) r ON r.p = c.k"
    )


def references(db: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Reference]:
    """Every declared reference of a table, lists item by item."""
    for column in table.columns:
        if not column.references:
            continue
        try:
            n_scope, n_fail = db.execute(_reference_sql(table, column)).fetchone() or (0, 0)
            yield Reference(table.name, column.name, n_scope, n_fail)
        except duckdb.Error as error:
            yield Reference(table.name, column.name, 0, 0, type(error).__name__)


def list_values(db: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Reference]:
    """Items of list columns with a closed value set (CT04), which no expectation on whole values can see."""
    for column in table.columns:
        if not (column.values and column.type is Type.VARCHAR_LIST):
            continue
        items = f"SELECT unnest({column.name}) AS k FROM {table.name}"
        sql = f"SELECT count(k), count(k) FILTER (WHERE k NOT IN ({_quoted(column.values)})) FROM ({items}) c"
        try:
            n_scope, n_fail = db.execute(sql).fetchone() or (0, 0)
            yield Reference(table.name, column.name, n_scope, n_fail)
        except duckdb.Error as error:
            yield Reference(table.name, column.name, 0, 0, type(error).__name__)
