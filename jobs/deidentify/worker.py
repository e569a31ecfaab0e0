"""De-identify a partition of sealed rows in a Spark worker and write the staging parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Any

import pyarrow as pa

from jobs.deidentify.verbs import Outcome, Person, VerbApplier
from jobs.ingest.seal import QUARANTINE_SCHEMA
from jobs.privacy.refusals import patient_tokens
from jobs.runtime import keys
from jobs.runtime.fanout import PartWriter
from jobs.runtime.storage import Store
from nlp.deid import Deidentifier, DeidSettings, Known
from warehouse.compile.arrow import ARROW_TYPES
from warehouse.schema import Table, Verb, landing, staging_columns

OFFSETS_SCHEMA = pa.schema([("document_id", pa.string()), ("sealed", pa.binary())])
_NO_PATIENT = "patient_sn has no row in patients"


@cache
def staging_schema(table: str) -> pa.Schema:
    """Arrow schema of a landing table's staging form."""
    return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in staging_columns(table).items()])


@cache
def engine(style: str, network: bool) -> Deidentifier:
    """The de-identifier of this process."""
    return Deidentifier(DeidSettings(style=style, network=network))  # type: ignore[arg-type]


def known_of(found: dict[str, list[str]], institutions: tuple[str, ...]) -> Known:
    """What the tables know about a person, in the de-identifier's form."""
    kinds = {
        kind: tuple(found.get(kind, ()))
        for kind in ("names", "id_numbers", "phones", "addresses", "record_numbers", "employers", "staff")
    }
    births = found.get("birth_dates", [])
    return Known(**kinds, birth_date=births[-1] if births else "", institutions=institutions)


class DeidWorker:
    """Called once for each partition; pickled with paths and settings only, never with a key."""

    def __init__(
        self,
        *,
        warehouse: str,
        run_id: str,
        site: str,
        institutions: tuple[str, ...],
        style: str,
        network: bool,
        max_offset_days: int,
        rows_per_part: int,
        keep_offsets: bool,
    ) -> None:
        self.warehouse, self.run_id, self.site, self.institutions = warehouse, run_id, site, institutions
        self.style, self.network, self.max_offset_days = style, network, max_offset_days
        self.rows_per_part, self.keep_offsets = rows_per_part, keep_offsets

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
        from pyspark import TaskContext

        task = TaskContext.get()
        yield _Partition(self, task.partitionId() if task else 0).process(batches)


class _Partition:
    def __init__(self, job: DeidWorker, number: int) -> None:
        self.job, self.number = job, number
        self.store = Store(job.warehouse)
        self.verbs = VerbApplier(engine(job.style, job.network), engine(job.style, network=False), job.site)
        self.refused = patient_tokens(self.store)
        self.hospital_id = keys.token("hospital", job.site)
        self.writers: dict[tuple[str, str, str], PartWriter] = {}
        self.counts: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.blanked: Counter[str] = Counter()
        self._person = lru_cache(maxsize=4)(self._make_person)

    def process(self, batches: Iterator[pa.RecordBatch]) -> dict[str, Any]:
        """De-identify every row of the batches; counts and written files of this task."""
        for batch in batches:
            for row in batch.to_pylist():
                self._row(row)
        for writer in self.writers.values():
            writer.close()
        parts = [
            {"kind": k, "delivery": d, "table": t, "files": w.files} for (k, d, t), w in sorted(self.writers.items())
        ]
        return {"parts": parts, "counts": dict(self.counts), "held": dict(self.held), "blanked": dict(self.blanked)}

    def _make_person(self, patient_id: str, known: bytes) -> Person:
        return Person(patient_id, known_of(keys.unseal(known), self.job.institutions), self.job.max_offset_days)

    def _row(self, row: dict[str, Any]) -> None:
        self.counts["in"] += 1
        if row["opt_out"] or row["patient_token"] in self.refused:
            self.counts["opt_out"] += 1
        elif row["patient_token"] is None and row["deleted"]:
            self._mark(row)
        elif row["patient_id"] is None:
            self._hold(row, Outcome(problem=_NO_PATIENT, column="patient_sn"))
        else:
            self._released(row)

    def _mark(self, row: dict[str, Any]) -> None:
        """A deletion mark that holds its key alone: it names no person, and takes effect when current rows are chosen."""
        self._writer("staging", row["delivery"], row["table_name"]).add(self._meta(row))
        self._count_out(row)

    def _meta(self, row: dict[str, Any]) -> dict[str, Any]:
        meta = {name: row[name] for name in ("site", "delivery", "file_row", "version", "deleted", "row_key")}
        return meta | {"hospital_id": self.hospital_id}

    def _count_out(self, row: dict[str, Any]) -> None:
        self.counts["out"] += 1
        self.counts[f"table/{row['delivery']}/{row['table_name']}"] += 1

    def _released(self, row: dict[str, Any]) -> None:
        table = landing(row["table_name"])
        outcome = self.verbs.apply(table, keys.unseal(row["sealed"]), self._person(row["patient_id"], row["known"]))
        self.blanked.update({f"{table.name}.{name}": n for name, n in outcome.blanked.items()})
        if outcome.problem:
            self._hold(row, outcome)
            return
        self._check_shift(table, outcome, row)
        self._writer("staging", row["delivery"], table.name).add(outcome.values | self._meta(row))
        self._count_out(row)
        if outcome.text is not None and "document_id" in outcome.values and self.job.keep_offsets:
            sealed = keys.seal({"offsets": outcome.text.offset_map})
            self._writer("offsets", row["delivery"], table.name).add(
                {"document_id": outcome.values["document_id"], "sealed": sealed}
            )

    def _check_shift(self, table: Table, outcome: Outcome, row: dict[str, Any]) -> None:
        """Count shifted dates whose distance from the source is not the person's offset (check DI09)."""
        values, offset = keys.unseal(row["sealed"]), keys.date_offset(row["patient_id"], self.job.max_offset_days)
        for column in table.columns:
            if column.privacy is Verb.SHIFT_DATE and outcome.values.get(f"{column.staging_name}_precision") == "D":
                self.counts["dates"] += 1
                moved = outcome.values[column.staging_name] - date.fromisoformat(values[column.name])
                self.counts["dates_off"] += moved.days != offset

    def _hold(self, row: dict[str, Any], outcome: Outcome) -> None:
        self.held[f"{row['table_name']}: {outcome.problem}"] += 1
        self._writer("quarantine", row["delivery"], "rows").add(
            {
                "table_name": row["table_name"],
                "site": row["site"],
                "delivery": row["delivery"],
                "file": "",
                "file_row": row["file_row"],
                "column_name": outcome.column,
                "reason": outcome.problem,
                "kind": "row",
                "patient_token": row["patient_token"],
                "sealed": row["sealed"],
            }
        )

    def _writer(self, kind: str, delivery: str, table: str) -> PartWriter:
        key = (kind, delivery, table)
        if key not in self.writers:
            where = f"site={self.job.site}/delivery={delivery}/{self.job.run_id}-deid-{self.number:05d}"
            match kind:
                case "staging":
                    prefix, schema = f"staging/{table}/{where}", staging_schema(table)
                case "offsets":
                    prefix, schema = f"private/offsets/{where}-{table}", OFFSETS_SCHEMA
                case _:
                    prefix, schema = f"private/quarantine/{where}", QUARANTINE_SCHEMA
            self.writers[key] = PartWriter(self.store, prefix, schema, self.job.rows_per_part)
        return self.writers[key]
