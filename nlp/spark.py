"""The language stage inside Spark: functions for ``mapInArrow``.

Each Python worker builds the pipeline once and keeps it. A document that fails becomes an error row (its id, the kind
of error, never its text) and the batch goes on. Input columns: ``document_id, note_type, note_date, text``; any others
(``site, hospital_id, delivery, patient_id``) are carried into every row made from the document.

    frame.mapInArrow(mention_batches, mention_schema(carried))

To read each document once for mentions, facts and document rows, use :func:`result_batches`, whose rows hold the three
as JSON-free nested lists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

READ = ("document_id", "note_type", "note_date", "text")

MENTION_FIELDS = [
    pa.field("mention_no", pa.int32()), pa.field("span_start", pa.int32()), pa.field("span_end", pa.int32()),
    pa.field("text", pa.string()), pa.field("label", pa.string()), pa.field("section", pa.string()),
    pa.field("polarity", pa.string()), pa.field("temporality", pa.string()), pa.field("experiencer", pa.string()),
    pa.field("cue", pa.string()), pa.field("code", pa.string()), pa.field("code_system", pa.string()),
    pa.field("score", pa.float64()), pa.field("engine", pa.string()),
]  # fmt: skip
"""``nlp_mention`` without the carried columns."""

FACT_FIELDS = [
    pa.field("fact_no", pa.int32()), pa.field("table_name", pa.string()), pa.field("payload", pa.string()),
    pa.field("span_start", pa.int32()), pa.field("span_end", pa.int32()),
    pa.field("mention_nos", pa.list_(pa.int32())), pa.field("confidence", pa.float64()),
]  # fmt: skip
"""``nlp_fact`` without the carried columns."""

DOCUMENT_FIELDS = [
    pa.field("text_hash", pa.string()), pa.field("engine", pa.string()), pa.field("n_chars", pa.int32()),
    pa.field("section_count", pa.int32()), pa.field("error", pa.string()),
]  # fmt: skip
"""``nlp_document`` without the carried columns; ``error`` is null for a document that was read."""

RESULT_FIELDS = [
    *DOCUMENT_FIELDS,
    pa.field("mentions", pa.list_(pa.struct(MENTION_FIELDS))),
    pa.field("facts", pa.list_(pa.struct(FACT_FIELDS))),
]
"""One row per document with all three."""


def result_schema(carried: Iterable[pa.Field]) -> pa.Schema:
    """The schema of :func:`result_batches` for these carried columns (``document_id`` among them)."""
    return pa.schema([*carried, *RESULT_FIELDS])


def mention_schema(carried: Iterable[pa.Field]) -> pa.Schema:
    """The schema of :func:`mention_batches`."""
    return pa.schema([*carried, *MENTION_FIELDS])


def fact_schema(carried: Iterable[pa.Field]) -> pa.Schema:
    """The schema of :func:`fact_batches`."""
    return pa.schema([*carried, *FACT_FIELDS])


def _carried(schema: pa.Schema) -> list[pa.Field]:
    """The columns that pass through: all but the note's type, date and text."""
    return [field for field in schema if field.name not in READ[1:]]


def result_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row per document: its columns, the document row, mentions and facts."""
    for batch in batches:
        carried = _carried(batch.schema)
        rows = [_pass(row, carried) | read_document(row) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, schema=result_schema(carried))


def mention_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row per mention."""
    return _exploded(batches, "mentions", mention_schema)


def fact_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row per fact."""
    return _exploded(batches, "facts", fact_schema)


def _exploded(
    batches: Iterator[pa.RecordBatch], field: str, schema: Callable[[Iterable[pa.Field]], pa.Schema]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        carried = _carried(batch.schema)
        rows = [_pass(row, carried) | item for row in batch.to_pylist() for item in read_document(row)[field]]
        yield pa.RecordBatch.from_pylist(rows, schema=schema(carried))


def _pass(row: Mapping[str, Any], carried: Iterable[pa.Field]) -> dict[str, Any]:
    return {field.name: row[field.name] for field in carried}


def read_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """The document row, mentions and facts of one document; a failure gives an error and no mentions, and raises nothing."""
    from nlp.pipeline import ENGINE

    text = row.get("text")
    result: dict[str, Any] = {"engine": ENGINE, "error": None, "mentions": [], "facts": [], "section_count": 0}
    result |= {"text_hash": _hash(text), "n_chars": len(text) if isinstance(text, str) else 0}
    try:
        return result | _read(row)
    except Exception as error:
        return result | {"error": type(error).__name__}


def _hash(text: object) -> str | None:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if isinstance(text, str) else None


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    from nlp.pipeline import read_note

    if not isinstance(row.get("text"), str):
        raise TypeError("text of a document must be a string")
    note = read_note(
        row["text"],
        note_id=str(row.get("document_id") or ""),
        note_type=row.get("note_type") or "",
        note_date=row.get("note_date"),
    )
    numbers = {id(mention): number for number, mention in enumerate(note.mentions)}
    return {
        "section_count": sum(bool(section.code) for section in note.sections),
        "mentions": [_mention_row(number, mention) for number, mention in enumerate(note.mentions)],
        "facts": [_fact_row(number, fact, numbers) for number, fact in enumerate(note.facts)],
    }


def _mention_row(number: int, mention: Any) -> dict[str, Any]:
    from nlp.pipeline import mention_row

    row = mention_row(mention)
    return {
        "mention_no": number,
        "span_start": row.pop("start"),
        "span_end": row.pop("end"),
        "score": mention.score,
    } | row


def _fact_row(number: int, fact: Any, numbers: Mapping[int, int]) -> dict[str, Any]:
    import json

    nos = sorted({numbers[id(mention)] for mention in fact.mentions if id(mention) in numbers})
    return {
        "fact_no": number,
        "table_name": fact.table,
        "payload": json.dumps(fact.values, ensure_ascii=False, sort_keys=True, default=str),
        "span_start": fact.start,
        "span_end": fact.end,
        "mention_nos": nos,
        "confidence": fact.confidence,
    }
