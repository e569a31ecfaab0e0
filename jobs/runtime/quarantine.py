"""What was held back: by site, table and reason, and row by row. Values stay sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from jobs.runtime.storage import Store

_CLEAR = ["table_name", "site", "delivery", "file", "file_row", "column_name", "reason", "kind"]


def _files(warehouse: Store) -> Iterator[str]:
    """Quarantine parts that a state file lists: of ingest and of de-identification."""
    for zone, kind in (("private", "ingest"), ("staging", "deidentify")):
        for name in warehouse.walk(f"{zone}/_state"):
            if name.endswith(f".{kind}.json"):
                yield from warehouse.read_json(name).get("quarantine", [])


def held_rows(warehouse: Store) -> Iterator[dict[str, Any]]:
    """Held rows and cells without their values, in order."""
    rows: list[dict[str, Any]] = []
    for name in _files(warehouse):
        with warehouse.open(name) as source:
            rows += pq.read_table(source, columns=_CLEAR).to_pylist()
    yield from sorted(rows, key=lambda r: (r["site"], r["delivery"], r["table_name"], r["file_row"], r["column_name"]))


def summary(warehouse: Store) -> Counter[tuple[str, str]]:
    """Held rows and cells by site and ``table: reason``."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in held_rows(warehouse):
        column = f".{row['column_name']}" if row["column_name"] else ""
        counts[row["site"], f"{row['table_name']}{column}: {row['reason']} ({row['kind']})"] += 1
    return Counter(dict(sorted(counts.items())))
