"""What runs in the Python workers: decode a patient's rows, derive, encode. No Spark is imported here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from warehouse.derive import Rows, Rules, derive_patient, load_rules

SCHEMA = pa.schema([("table", pa.string()), ("row", pa.string())])
_BATCH = 5_000


class DeriveWorker:
    """Maps batches of grouped patients to derived rows; pickled with settings only, the rules are read in the worker."""

    def __init__(self, *, dates: Mapping[str, tuple[str, ...]], cutoff: date | None, gap_days: int | None) -> None:
        self.dates, self.cutoff, self.gap_days = dict(dates), cutoff, gap_days

    def rules(self) -> Rules:
        """The project's rules with this run's cut-off and gap."""
        rules = load_rules().with_cutoff(self.cutoff)
        return rules.with_gap(self.gap_days) if self.gap_days else rules

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rules = self.rules()
        tables: list[str] = []
        encoded: list[str] = []
        for batch in batches:
            for patient in batch.column("rows"):
                _encode(derive_patient(self._decode(patient.as_py()), rules), tables, encoded)
                if len(tables) >= _BATCH:
                    yield pa.record_batch([tables, encoded], schema=SCHEMA)
                    tables, encoded = [], []
        if tables:
            yield pa.record_batch([tables, encoded], schema=SCHEMA)

    def _decode(self, packed: list[dict[str, str]]) -> Rows:
        rows: Rows = {}
        for item in packed:
            row = json.loads(item["row"])
            for column in self.dates.get(item["table"], ()):
                if column in row:
                    row[column] = date.fromisoformat(row[column])
            rows.setdefault(item["table"], []).append(row)
        return rows


def _encode(derived: Rows, tables: list[str], encoded: list[str]) -> None:
    for table, rows in derived.items():
        for row in rows:
            kept: Mapping[str, Any] = row if table != "_unplaced" else {"table": row["table"], "reason": row["reason"]}
            tables.append(table)
            encoded.append(
                json.dumps({k: v for k, v in kept.items() if v is not None}, default=date.isoformat, ensure_ascii=False)
            )
