"""The data dictionary: one HTML page that works offline, and the same as CSV.

Compiled from the table model; with a release at hand it shows rows, completeness and the values that occur. Values are
counted for closed sets only, and counts below ``SMALL_CELL`` are shown as such, since the page is made to be passed on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.compile.duckdb import connect
from warehouse.pages import render
from warehouse.privacy.cells import DEFAULT_THRESHOLD, HIDDEN, shown, suppressed
from warehouse.schema import Column, Table, Type, landing_tables, mart_tables, release_tables

SMALL_CELL = DEFAULT_THRESHOLD
SOURCES = {
    "S": ("hospital table", "院方结构化表"),
    "N": ("read from notes", "文书提取"),
    "A": ("human abstraction", "人工摘录"),
    "D": ("derived by rule", "规则推导"),
    "K": ("key", "键/令牌"),
}
"""The letters of ``Column.source`` in both languages."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One column in a release: rows with a value, their share (percent), values of a closed set with counts."""

    filled: int
    percent: float | None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Rows of a table in a release and the facts of its columns."""

    rows: int
    columns: Mapping[str, Facts]


def _count_values(connection: duckdb.DuckDBPyConnection, table: Table, column: Column) -> dict[str, int]:
    cell = f'unnest("{column.name}")' if column.type is Type.VARCHAR_LIST else f'CAST("{column.name}" AS VARCHAR)'
    values = f'SELECT {cell} AS v FROM "{table.name}"'
    sql = f"SELECT v, count(*) FROM ({values}) WHERE v IS NOT NULL GROUP BY v ORDER BY 2 DESC, 1"
    return dict(connection.execute(sql).fetchall())


def table_facts(connection: duckdb.DuckDBPyConnection, table: Table) -> TableFacts:
    """Rows, completeness and values of one table; a column that the release's profile leaves out counts as empty."""
    present = {row[0] for row in connection.execute(f'DESCRIBE "{table.name}"').fetchall()}
    columns = [column for column in table.columns if column.name in present]
    counted = ", ".join(f'count("{column.name}")' for column in columns)
    rows, *filled = connection.execute(f'SELECT count(*), {counted} FROM "{table.name}"').fetchone() or (0,)
    facts = {
        column.name: Facts(
            filled=number,
            percent=round(100 * number / rows, 1) if rows else None,
            counts=_count_values(connection, table, column) if column.values and number else {},
        )
        for column, number in zip(columns, filled, strict=True)
    }
    return TableFacts(rows=rows, columns=facts)


def release_facts(release_dir: Path) -> dict[str, TableFacts]:
    """Facts of all tables of a release."""
    with connect(release_dir) as connection:
        return {table.name: table_facts(connection, table) for table in (*release_tables(), *mart_tables())}


def shown_count(count: int) -> str:
    """A count as it may be passed on: small cells are hidden."""
    return shown(count, SMALL_CELL)


def value_rows(column: Column, facts: Facts | None) -> list[tuple[str, str, float, bool]]:
    """Value, shown count, share of the largest (0 to 1, for a bar), and whether the value is in the declared set.

    A hidden count has no bar: its length would give the count away. The column's completeness is shown beside the values, so
    their total is known, and with a small count another one is hidden.
    """
    counts = dict(facts.counts) if facts else {}
    values = [*column.values, *(value for value in counts if value not in column.values)]
    numbers = [counts.get(value, 0) for value in values]
    hidden = suppressed(numbers, [[0] * len(numbers)], SMALL_CELL)
    top = max((n for n, hide in zip(numbers, hidden, strict=True) if not hide), default=0)
    return [
        (value, HIDDEN if hide else f"{n:,}", 0.0 if hide or not top else n / top, value in column.values)
        for value, n, hide in zip(values, numbers, hidden, strict=True)
    ]


def source_words(source: str) -> tuple[str, str]:
    """``S/N`` in words, English and Chinese."""
    known = [SOURCES[letter] for letter in source.split("/") if letter in SOURCES]
    return ", ".join(word for word, _ in known), "、".join(word for _, word in known)


def _page(facts: Mapping[str, TableFacts], lineage: Mapping[str, Sequence[str]], release_id: str) -> str:
    return render(
        "dictionary",
        tables=(*release_tables(), *mart_tables()),
        landing=landing_tables(),
        facts=facts,
        lineage=lineage,
        release_id=release_id,
        value_rows=value_rows,
        source_words=source_words,
        small_cell=SMALL_CELL,
    )


CSV_COLUMNS = (
    "zone",
    "table",
    "ordinal",
    "column",
    "type",
    "required",
    "unit",
    "values",
    "code_system",
    "references",
    "source",
    "description_en",
    "description_zh",
    "privacy",
    "publishes_as",
    "rows",
    "filled",
    "percent_filled",
)


def _csv_row(table: Table, ordinal: int, column: Column, facts: TableFacts | None) -> list[object]:
    landing = table.zone == "landing"
    known = facts.columns.get(column.name) if facts else None
    return [
        table.zone.value,
        table.name,
        ordinal,
        column.name,
        column.type.value,
        "Y" if column.required else "N",
        column.unit,
        ",".join(column.values),
        column.code_system,
        column.references,
        column.source,
        column.en,
        column.zh,
        column.privacy.value if landing else "",
        column.staging_name if landing else "",
        facts.rows if facts else "",
        known.filled if known else "",
        "" if known is None or known.percent is None else known.percent,
    ]


def dictionary_csv(facts: Mapping[str, TableFacts] | None = None) -> str:
    """One row per column of every release table, mart and landing table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in (*release_tables(), *mart_tables(), *landing_tables()):
        known = (facts or {}).get(table.name) if table.zone != "landing" else None
        writer.writerows(_csv_row(table, number, column, known) for number, column in enumerate(table.columns, 1))
    return buffer.getvalue()


def write_dictionary(
    out_dir: Path, release_dir: Path | None = None, lineage: Mapping[str, Sequence[str]] | None = None
) -> list[Path]:
    """Write ``index.html`` and ``columns.csv`` into ``out_dir`` and return both paths.

    ``lineage`` names, per release table, the jobs that fill it in their order. Without a release there are no counts.
    The CSV begins with a byte-order mark, without which spreadsheets misread its Chinese.
    """
    facts = release_facts(release_dir) if release_dir else {}
    out_dir.mkdir(parents=True, exist_ok=True)
    page, table = out_dir / "index.html", out_dir / "columns.csv"
    page.write_text(_page(facts, lineage or {}, release_dir.name if release_dir else ""), encoding="utf-8")
    table.write_text(dictionary_csv(facts), encoding="utf-8-sig")
    return [page, table]
