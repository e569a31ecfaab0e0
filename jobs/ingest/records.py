"""Records out of delivered files: CSV, JSON lines, Parquet, gzipped or not, in any encoding, however damaged.

A record is ``(number, values, problem)``: its 1-based number in the file, its source values by column name, and the reason
why it cannot be used (then ``values`` holds what could be saved). A damaged *record* is reported and the next one read; a
damaged *file* raises InputUnusable.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import IO, Any

from jobs.runtime.errors import InputUnusable
from jobs.runtime.sites import FileRules

Record = tuple[int, dict[str, str], str]

MAX_RECORD_LINES = 20_000
MAX_RECORD_CHARS = 12_000_000
csv.field_size_limit(MAX_RECORD_CHARS)

RAW = "_raw"
"""Key under which the text of a record that could not be split into columns is kept (for the sealed quarantine)."""


def _unusable(what: str, why: str, do: str) -> InputUnusable:
    return InputUnusable(what, why=why, do=do)


def _text_lines(raw: IO[bytes], name: str, encoding: str) -> Iterator[str]:
    """Decoded physical lines; bytes that do not decode become lone surrogates, found again by :func:`undecodable`."""
    stream = gzip.GzipFile(fileobj=raw) if name.endswith(".gz") else raw
    try:
        yield from io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")  # type: ignore[arg-type]
    except EOFError:
        raise _unusable(
            "The gzip file ends too early", "it was cut off in transfer", "Ask the hospital to send it again"
        ) from None
    except (gzip.BadGzipFile, zlib.error):
        raise _unusable(
            "The gzip file is damaged", "its contents do not unpack", "Ask the hospital to send it again"
        ) from None


def undecodable(text: str) -> bool:
    """True when some bytes of the text did not decode."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[list[str] | None, str]]:
    """Logical CSV rows as ``(fields, text)``; fields is None for a line that belongs to no well-formed row.

    A quote that never closes must not swallow the rows after it: when a row of several lines does not parse, only its
    first line is given up and reading goes on with the second.
    """
    pending: list[str] = []
    done = object()
    while True:
        line = pending.pop(0) if pending else next(lines, done)
        if line is done:
            return
        taken, quotes = [str(line)], str(line).count('"')
        size = len(taken[0])
        while quotes % 2 and len(taken) < MAX_RECORD_LINES and size < MAX_RECORD_CHARS:
            more = pending.pop(0) if pending else next(lines, done)
            if more is done:
                break
            taken.append(str(more))
            quotes += taken[-1].count('"')
            size += len(taken[-1])
        fields = None if quotes % 2 else _split(taken, delimiter)
        if fields is None and len(taken) > 1:
            pending[:0] = taken[1:]
            taken = taken[:1]
        yield fields, "".join(taken)


def _split(lines: list[str], delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else ([] if not rows else None)


def _csv_records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    rows = _csv_rows(_text_lines(raw, name, rules.encoding), rules.delimiter)
    header = _header(next(rows, (None, "")), rules)
    expected, number = len(header), 0
    for fields, text in rows:
        if fields == [] or not text.strip():
            continue
        number += 1
        if fields is None:
            yield number, {RAW: text}, "broken quote"
        elif len(fields) != expected:
            yield number, {RAW: text}, f"{len(fields)} fields where the header has {expected}"
        else:
            yield number, dict(zip(header, fields, strict=True)), "undecodable byte" if undecodable(text) else ""


def _header(first: tuple[list[str] | None, str], rules: FileRules) -> list[str]:
    fields, text = first
    if not text:
        raise _unusable(
            "The file is empty",
            "it holds not even a header",
            "Ask the hospital to send it again, or remove it from the delivery",
        )
    if fields is None or undecodable(text):
        raise _unusable(
            f"The file's header is not {rules.encoding}",
            "the encoding in the site file is wrong",
            "Set 'encoding' for this file; hospitals mostly use gb18030 or utf-8",
        )
    header = [field.strip().lstrip("\ufeff") for field in fields]
    if len(set(header)) != len(header):
        raise _unusable(
            "The file's header names a column twice",
            "columns could be confused",
            "Ask the hospital for a header without repeats",
        )
    return header


def _jsonl_records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    number = 0
    for line in _text_lines(raw, name, rules.encoding):
        if not line.strip():
            continue
        number += 1
        if undecodable(line):
            yield number, {RAW: line}, "undecodable byte"
            continue
        try:
            value = json.loads(line.lstrip("\ufeff"))
        except (json.JSONDecodeError, RecursionError):
            yield number, {RAW: line}, "line is not JSON"
            continue
        if not isinstance(value, dict):
            yield number, {RAW: line}, "line is not a JSON object"
        elif any(isinstance(item, dict | list) for item in value.values()):
            yield number, {RAW: line}, "record is nested"
        else:
            yield number, {key: _as_text(item) for key, item in value.items()}, ""
    if number == 0:
        raise _unusable(
            "The file is empty",
            "it holds no record",
            "Ask the hospital to send it again, or remove it from the delivery",
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat(sep=" ")) if hasattr(value, "hour") else str(value.isoformat())
    return str(value)


def _parquet_records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(raw)
        number = 0
        for batch in file.iter_batches(batch_size=2_000):
            for row in batch.to_pylist():
                number += 1
                yield number, {key: _as_text(item) for key, item in row.items()}, ""
    except (pa.ArrowException, OSError, ValueError):
        raise _unusable(
            "The Parquet file is damaged", "its footer or a page cannot be read", "Ask the hospital to send it again"
        ) from None


def records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    """Records of one file in file order.

    Raises:
        InputUnusable: the file as a whole cannot be read (empty, truncated, header not in the stated encoding).
    """
    match rules.format:
        case "csv":
            return _csv_records(raw, name, rules)
        case "jsonl":
            return _jsonl_records(raw, name, rules)
        case "parquet":
            return _parquet_records(raw, name, rules)


def columns(raw: IO[bytes], name: str, rules: FileRules) -> list[str] | None:
    """Source column names of a CSV or Parquet file; None for JSON lines, whose records may differ.

    Raises:
        InputUnusable: as for :func:`records`.
    """
    if rules.format == "csv":
        return _header(next(_csv_rows(_text_lines(raw, name, rules.encoding), rules.delimiter), (None, "")), rules)
    if rules.format == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.ParquetFile(raw).schema_arrow.names)
        except (pa.ArrowException, OSError, ValueError):
            raise _unusable(
                "The Parquet file is damaged", "its footer cannot be read", "Ask the hospital to send it again"
            ) from None
    return None
