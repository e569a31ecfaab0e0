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
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from jobs.runtime.errors import InputUnusable
from jobs.runtime.sites import FileRules

Record = tuple[int, dict[str, str], str]

MAX_RECORD_LINES = 1_000_000
MAX_RECORD_CHARS = 12_000_000
csv.field_size_limit(MAX_RECORD_CHARS)

RAW = "_raw"
"""Key under which the text of a record that could not be split into columns is kept (for the sealed quarantine)."""


_AGAIN = "Ask the hospital to send it again"


def _unusable(what: str, why: str, do: str) -> InputUnusable:
    return InputUnusable(what, why=why, do=do)


def _text_lines(raw: IO[bytes], name: str, encoding: str) -> Iterator[str]:
    """Decoded physical lines; bytes that do not decode become lone surrogates, found again by :func:`undecodable`."""
    stream = gzip.GzipFile(fileobj=raw) if name.endswith(".gz") else raw
    try:
        yield from io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")  # type: ignore[arg-type]
    except EOFError:
        raise _unusable("The gzip file ends too early", "it was cut off in transfer", _AGAIN) from None
    except (gzip.BadGzipFile, zlib.error):
        raise _unusable("The gzip file is damaged", "its contents do not unpack", _AGAIN) from None
    except UnicodeError:
        # Encodings of fixed width (UTF-16) cannot step over a damaged place.
        raise _unusable(
            f"The file is not {encoding}",
            "its bytes do not decode",
            "Correct 'encoding' in the site file, or ask the hospital to send it again",
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
    pending: deque[str] = deque()
    while (line := pending.popleft() if pending else next(lines, None)) is not None:
        taken, quotes, size = [line], line.count('"'), len(line)
        while quotes % 2 and len(taken) < MAX_RECORD_LINES and size < MAX_RECORD_CHARS:
            more = pending.popleft() if pending else next(lines, None)
            if more is None:
                break
            taken.append(more)
            quotes += more.count('"')
            size += len(more)
        fields = None if quotes % 2 else _split(taken, delimiter)
        if fields is None and len(taken) > 1:
            pending.extendleft(reversed(taken[1:]))
            del taken[1:]
        yield fields, "".join(taken)


def _split(lines: list[str], delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else ([] if not rows else None)


Row = tuple[list[str] | None, str]


def _whole_rows(rows: Iterator[Row], expected: int, delimiter: str) -> Iterator[Row]:
    """Rows with the pieces of a broken one put together again, so that one damaged record counts once.

    A piece is a line with fewer fields than the header. It belongs to the broken row before it; and a piece with an odd
    quote says that the row before it, though it parsed, was cut off at a stray quote.
    """
    whole: list[str] | None = None
    pieces: list[str] = []  # text of the row in hand; a list, for a broken note may have many lines
    for fields, text in rows:
        if pieces and _is_piece(fields, text, expected, delimiter):
            ended = whole is not None and pieces[-1].rstrip("\r\n").endswith('"') and text.count('"') % 2
            if whole is None or ended:
                whole = None
                pieces.append(text)
                continue
        if pieces:
            yield whole, "".join(pieces)
        whole, pieces = fields, [text]
    if pieces:
        yield whole, "".join(pieces)


def _is_piece(fields: list[str] | None, text: str, expected: int, delimiter: str) -> bool:
    return (text.count(delimiter) + 1 if fields is None else len(fields)) < expected


def _csv_records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    rows = _csv_rows(_text_lines(raw, name, rules.encoding), rules.delimiter)
    header = _header(next(rows, (None, "")), rules)
    expected, number = len(header), 0
    for fields, text in _whole_rows(rows, expected, rules.delimiter):
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
    return _distinct([field.strip().lstrip("\ufeff").strip() for field in fields])


def _distinct(header: list[str]) -> list[str]:
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
        line = line.lstrip("\ufeff")
        if line.strip():
            number += 1
            yield number, *_json_record(line)


def _json_record(line: str) -> tuple[dict[str, str], str]:
    if undecodable(line):
        return {RAW: line}, "undecodable byte"
    try:
        value = json.loads(line, object_pairs_hook=_once, parse_int=str)
    except _Twice:
        return {RAW: line}, "a key stands twice"
    except (ValueError, RecursionError):
        return {RAW: line}, "line is not JSON"
    if not isinstance(value, dict):
        return {RAW: line}, "line is not a JSON object"
    if any(isinstance(item, dict | list) for item in value.values()):
        return {RAW: line}, "record is nested"
    return {key: _as_text(item) for key, item in value.items()}, ""


class _Twice(ValueError):
    """A JSON object names a key twice, so that one value would be lost."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made


def _as_text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if hasattr(value, "isoformat"):
        return (
            str(value.isoformat(sep=" "))
            if hasattr(value, "year") and hasattr(value, "hour")
            else str(value.isoformat())
        )
    return str(value)


def _parquet_records(raw: IO[bytes], name: str, rules: FileRules) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(raw)
        nested = [f.name for f in file.schema_arrow if pa.types.is_nested(f.type)]
        number = 0
        for batch in file.iter_batches(batch_size=2_000):
            columns = [_texts(column) for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                row = dict(zip(batch.schema.names, values, strict=True))
                yield number, row, _cell_problem(row, nested)
    except (pa.ArrowException, OSError):
        raise _unusable("The Parquet file is damaged", "its footer or a page cannot be read", _AGAIN) from None


def _texts(column: Any) -> list[str]:
    """Values as text; one that Python cannot hold (a year beyond 9999, bytes that are no text) spoils itself only."""
    try:
        return [_as_text(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):
        return [_one_text(value) for value in column]


def _one_text(scalar: Any) -> str:
    try:
        return _as_text(scalar.as_py())
    except UnicodeDecodeError:
        return bytes(scalar.as_buffer()).decode("utf-8", "surrogateescape")
    except (ValueError, OverflowError):
        return f"{scalar.value}"  # the stored number: no date, so it is reported as one that is impossible


def _cell_problem(row: dict[str, str], nested: list[str]) -> str:
    if any(row[name] for name in nested):
        return "record is nested"
    return "undecodable byte" if any(not v.isascii() and undecodable(v) for v in row.values()) else ""


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
            return _distinct(list(pq.ParquetFile(raw).schema_arrow.names))
        except (pa.ArrowException, OSError):
            raise _unusable("The Parquet file is damaged", "its footer cannot be read", _AGAIN) from None
    return None
