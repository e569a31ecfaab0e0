"""New values for rows that a FIX check found wrong, computed by the check's own SQL expression."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from warehouse.schema import release

Wanted = tuple[str, str, str, str]
"""table, primary key, check id, column."""


def recompute(candidate: Path, wanted: Iterable[Wanted], cut_off: str) -> list[tuple[str, str, str, str | None]]:
    """(table, primary key, column, value as text) for each wanted cell; a NULL value is None."""
    from expectations.catalogue import checks
    from expectations.warehouse_view import open_candidate

    by_check: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for table, key, check_id, column in wanted:
        by_check[table, check_id, column].append(key)
    expressions = {(c.rows, c.id, column): sql for c in checks(cut_off) for column, sql in c.fix.items()}
    found: list[tuple[str, str, str, str | None]] = []
    with open_candidate(candidate, None) as db:
        for (table, check_id, column), keys in sorted(by_check.items()):
            primary = release(table).primary_key[0]
            sql = f"SELECT t.{primary}, CAST(({expressions[table, check_id, column]}) AS VARCHAR) FROM {table} t WHERE t.{primary} IN (SELECT unnest(?)) ORDER BY 1"
            found += [(table, str(key), column, value) for key, value in db.execute(sql, [keys]).fetchall()]
    return found
