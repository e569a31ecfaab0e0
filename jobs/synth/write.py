"""Write canonical rows as a hospital would: its columns, codes, date forms, encodings and file formats, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.sites import FileRules
from jobs.synth.hospital import Hospital
from jobs.synth.rows import Month

_GZIPPED = {"labs", "medications", "notes"}
"""Tables that hospital A compresses."""
_BATCH = 20_000
TIMESTAMPS = {"start_time", "end_time", "note_time", "sampled_at", "performed_at", "measured_at"}
_NUMBERS = {"total_cost", "dose", "total_dose_gy", "blood_loss_ml", "qol_score", "ref_low", "ref_high"}
_EXTRA = {"a": {"patients": ("备注", "")}, "b": {"encounters": ("etl_batch", "0")}, "c": {}}
_Record = dict[str, Any]
_DAYS = {date, datetime, Month}
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Sink(Protocol):
    """Something that takes records and is closed."""

    def add(self, record: _Record) -> None:
        """Take one record with the hospital's own column names."""

    def close(self) -> None:
        """Write what is left and close the file."""


def form_date(kind: str, value: date) -> str:
    """A date or a moment as the kind of hospital exports it."""
    if isinstance(value, Month):
        return f"{value:%Y%m}" if kind == "b" else f"{value:%Y-%m}"
    if kind == "a":
        return (
            f"{value.year}/{value.month}/{value.day} {value.hour}:{value.minute:02d}"
            if isinstance(value, datetime)
            else value.isoformat()
        )
    if kind == "b":
        return (
            f"{value:%Y%m%d%H%M}"
            if isinstance(value, datetime)
            else f"{value:%Y年%m月%d日}"
            if value.day % 3 == 0
            else f"{value:%Y%m%d}"
        )
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value.isoformat()


class Mapper:
    """Canonical row → record of one file of one hospital."""

    def __init__(self, hospital: Hospital, rules: FileRules) -> None:
        self.kind = hospital.kind
        inverse = {column: {ours: theirs for theirs, ours in values.items()} for column, values in rules.values.items()}
        self.columns = [(canonical, source, inverse.get(canonical)) for canonical, source in rules.columns.items()]
        self.extra = _EXTRA[self.kind].get(rules.table)
        self.deleted = rules.deleted

    @property
    def sources(self) -> list[str]:
        """The hospital's column names, in order."""
        names = [source for _, source, _ in self.columns]
        return [*names, self.extra[0]] if self.extra else names

    def record(self, values: _Record) -> _Record:
        """One record with the hospital's names, codes and date forms."""
        record: _Record = {}
        for canonical, source, codes in self.columns:  # plain text and numbers, most of all values, pass untouched
            value: Any = values.get(canonical)
            if codes is not None:
                value = codes.get(value, value)
            elif type(value) in _DAYS and not (self.kind == "c" and canonical in TIMESTAMPS):
                value = form_date(self.kind, value)
            record[source] = value
        if self.extra:
            record[self.extra[0]] = self.extra[1]
        if "_deleted" in values:
            record[self.deleted] = values["_deleted"]
        return record


class CsvSink:
    """CSV in the hospital's encoding, with a header, gzip when the name says so."""

    def __init__(self, path: Path, columns: list[str], rules: FileRules) -> None:
        self._raw = path.open("wb")
        packed = (
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=self._raw, mtime=0) if path.suffix == ".gz" else self._raw
        )
        self._text = io.TextIOWrapper(cast(BinaryIO, packed), encoding=rules.encoding, newline="")
        self._writer = csv.writer(self._text, delimiter=rules.delimiter, lineterminator="\r\n")
        self._writer.writerow(columns)

    def add(self, record: _Record) -> None:
        """Write one record."""
        self._writer.writerow(record.values())  # records of one file have their columns in one order

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._raw.close()


class JsonlSink:
    """JSON lines in UTF-8; empty fields are left out."""

    def __init__(self, path: Path) -> None:
        self._text = path.open("w", encoding="utf-8", newline="\n")

    def add(self, record: _Record) -> None:
        """Write one record."""
        self._text.write(_ENCODE({k: v for k, v in record.items() if v is not None}) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._text.close()


class ParquetSink:
    """Parquet with real timestamps and numbers where a data lake would have them, strings elsewhere."""

    def __init__(self, path: Path, mapper: Mapper) -> None:
        fields = [pa.field(source, _arrow_type(canonical)) for canonical, source, _ in mapper.columns]
        self._schema = pa.schema([*fields, pa.field(mapper.deleted, pa.int32())])
        self._writer = pq.ParquetWriter(path, self._schema, compression="snappy")
        self._strings = {f.name for f in fields if f.type == pa.string()}
        self._batch: dict[str, list[Any]] = {name: [] for name in self._schema.names}
        self._rows = 0

    def add(self, record: _Record) -> None:
        """Keep one record; a full batch is written."""
        for name, column in self._batch.items():
            value = record.get(name)
            if value is not None and name in self._strings and type(value) is not str:
                value = f"{value:g}" if isinstance(value, float) else str(value)
            column.append(value)
        self._rows += 1
        if self._rows >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pydict(self._batch, schema=self._schema))
        self._batch = {name: [] for name in self._schema.names}
        self._rows = 0

    def close(self) -> None:
        """Write the last batch and close the file."""
        if self._rows:
            self._flush()
        self._writer.close()


def _arrow_type(canonical: str) -> pa.DataType:
    if canonical in TIMESTAMPS:
        return pa.timestamp("us")
    return pa.float64() if canonical in _NUMBERS else pa.string()


class Landing:
    """All open files of all hospitals: ``add`` sends a row to the right one."""

    def __init__(self, output: Path, hospitals: tuple[Hospital, ...]) -> None:
        self._sinks: dict[tuple[int, int, str], Sink] = {}
        self._mappers: dict[tuple[int, str], Mapper] = {}
        self.rows: dict[tuple[str, str, str], int] = {}
        self._paths: dict[tuple[str, str, str], Path] = {}
        self._last: tuple[_Record, _Record] = ({}, {})
        for hospital in hospitals:
            for rules in hospital.site.file:
                self._mappers[hospital.index, rules.table] = Mapper(hospital, rules)
                for n in range(len(hospital.deliveries)):
                    self._open(output, hospital, n, rules)

    def _open(self, output: Path, hospital: Hospital, n: int, rules: FileRules) -> None:
        delivery = hospital.deliveries[n].isoformat()
        folder = output / hospital.id / delivery
        folder.mkdir(parents=True, exist_ok=True)
        mapper = self._mappers[hospital.index, rules.table]
        stem = f"{rules.table}_{delivery.replace('-', '')}"
        path = folder / f"{stem}.{rules.format}{'.gz' if rules.format == 'csv' and rules.table in _GZIPPED else ''}"
        make: dict[str, Callable[[], Sink]] = {
            "csv": lambda: CsvSink(path, mapper.sources, rules),
            "jsonl": lambda: JsonlSink(path),
            "parquet": lambda: ParquetSink(path, mapper),
        }
        self._sinks[hospital.index, n, rules.table] = make[rules.format]()
        self._paths[hospital.id, delivery, rules.table] = path
        self.rows[hospital.id, delivery, rules.table] = 0

    def add(self, hospital: Hospital, n: int, table: str, values: _Record) -> None:
        """Write one canonical row into delivery ``n``; a table that the hospital does not deliver is left out."""
        mapper = self._mappers.get((hospital.index, table))
        if mapper is None:
            return
        if values is not self._last[0]:  # the second of two snapshots repeats most rows
            self._last = (values, mapper.record(values))
        self._sinks[hospital.index, n, table].add(self._last[1])
        self.rows[hospital.id, hospital.deliveries[n].isoformat(), table] += 1

    def close(self) -> None:
        """Close all files; a table without a row sends no file, and a delivery without a file does not exist."""
        for sink in self._sinks.values():
            sink.close()
        for key, path in self._paths.items():
            if not self.rows[key]:
                path.unlink()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
