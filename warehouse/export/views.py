"""A connection on which every declared column of a release exists, also those that its profile leaves out."""

from __future__ import annotations

import duckdb

from warehouse.release import Release
from warehouse.schema import release_tables


def connect(release: Release) -> duckdb.DuckDBPyConnection:
    """Like ``release.connect()``; a column that the release does not publish (texts in profile ``wide``) is NULL."""
    connection = release.connect()
    for table in release_tables():
        there = {row[0] for row in connection.execute(f'DESCRIBE main."{table.name}"').fetchall()}
        if lacking := [column for column in table.columns if column.name not in there]:
            added = ", ".join(f'NULL::{column.type.value} AS "{column.name}"' for column in lacking)
            connection.execute(f'CREATE VIEW main."{table.name}_published" AS {_body(connection, table.name)}')
            connection.execute(
                f'CREATE OR REPLACE VIEW main."{table.name}" AS SELECT *, {added} FROM "{table.name}_published"'
            )
    return connection


def _body(connection: duckdb.DuckDBPyConnection, view: str) -> str:
    row = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = ? AND NOT internal", [view]).fetchone()
    assert row is not None, view
    return str(row[0]).partition(" AS ")[2].rstrip().rstrip(";")
