"""Where a value comes from: the row, the rule, the mentions, the sentence with the span marked, and the note around it.

``explain`` answers for one row of any table; ``explain_patient`` (in :mod:`warehouse.timeline`, offered here too) shows
one person's course. Both work on a release alone, without the pipeline, and show only what the release publishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.grounds import Row, fetch, grounds, rows_behind, rule_words
from warehouse.pages import render
from warehouse.release import Release
from warehouse.schema import Table, Type, release, release_tables
from warehouse.timeline import explain_patient

__all__ = ["Explanation", "explain", "explain_patient"]

SENTENCE_ENDS = "。！？；!?;\n\r"
MAX_RELATED = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """One mention behind the row and the sentence it stands in; the offsets count characters of the document's text."""

    mention_id: str
    document_id: str
    start: int
    end: int
    text: str
    label: str
    section: str
    assertion: str
    """Polarity, temporality, experiencer as far as known, and the cue that decided."""
    code: str
    engine: str
    before: str
    """Sentence up to the span; empty when the release has no text."""
    after: str


@dataclass(frozen=True, slots=True)
class Source:
    """A de-identified document that carries evidence. ``pieces`` is its text cut at the spans: (text, is evidence)."""

    document_id: str
    doc_type: str
    doc_date: str
    title: str
    pieces: tuple[tuple[str, bool], ...]
    """Empty when the release's profile leaves texts out."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another row that this one refers to (``->``) or that refers to this one (``<-``)."""

    direction: str
    table: str
    key: str
    summary: str
    why: str = ""
    """What the row is to the explained one, where a rule says so (``grounds.toml``)."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything a release knows about the origin of one row."""

    release_id: str
    table: Table
    key: str
    values: tuple[tuple[str, Any], ...]
    """Columns with a value, in declared order."""
    origin: str
    """One sentence: where the row comes from."""
    rule: str
    """The rule of a derived row in words; empty otherwise."""
    evidence: tuple[Evidence, ...]
    sources: tuple[Source, ...]
    related: tuple[Related, ...]

    def to_text(self) -> str:
        """For a terminal; the span is marked with 【 and 】."""
        blocks = [
            f"{self.table.name} {self.key}   (release {self.release_id})\n{self.table.en}",
            "VALUES\n" + "\n".join(f"  {name:26} {show(value)}" for name, value in self.values),
            f"ORIGIN\n  {self.origin}" + (f"\n  {self.rule}" if self.rule else ""),
        ]
        if self.evidence:
            blocks.append("EVIDENCE\n" + "\n".join(_evidence_text(item) for item in self.evidence))
        blocks += [_source_text(source) for source in self.sources]
        if self.related:
            blocks.append(
                "RELATED ROWS\n"
                + "\n".join(
                    f"  {r.direction} {r.table} {r.key}   {r.why and f'[{r.why}] '}{r.summary}" for r in self.related
                )
            )
        return "\n\n".join(blocks) + "\n"

    def to_html(self) -> str:
        """The same as one offline HTML page."""
        return render("explain", it=self, show=show, describe={c.name: c for c in self.table.columns})


def show(value: Any) -> str:
    """A cell as text: lists joined, booleans as yes and no."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _evidence_text(item: Evidence) -> str:
    code = f" = {item.code}" if item.code else ""
    where = f"document {item.document_id}, characters {item.start}-{item.end}" + (
        f", section {item.section}" if item.section else ""
    )
    sentence = f"\n      {item.before}【{item.text}】{item.after}"
    return f"  {item.label}{code}; {item.assertion}; by {item.engine}\n    {where}{sentence}"


def _source_text(source: Source) -> str:
    head = f"DOCUMENT {source.document_id}   {source.doc_type} {source.doc_date} {source.title}".rstrip()
    if not source.pieces:
        return f"{head}\n  (this release does not publish texts)"
    body = "".join(f"【{text}】" if marked else text for text, marked in source.pieces)
    return head + "\n" + "\n".join(f"  {line}" for line in body.splitlines())


def sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """The parts of the sentence before and after a span; sentences end at 。！？； or a line break."""
    left = start
    while left > 0 and text[left - 1] not in SENTENCE_ENDS:
        left -= 1
    right = end
    while right < len(text) and text[right] not in SENTENCE_ENDS:
        right += 1
    if right < len(text) and text[right] not in "\r\n":
        right += 1
    return text[left:start], text[end:right]


def cut(text: str, spans: Iterable[tuple[int, int]]) -> tuple[tuple[str, bool], ...]:
    """``text`` in pieces, evidence or not; overlapping spans become one."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((text[at:], False))
    return tuple(piece for piece in pieces if piece[0])


def _declared(name: str) -> Table:
    try:
        return release(name)
    except KeyError:
        known = ", ".join(table.name for table in release_tables())
        raise WarehouseError(f"There is no table {name}.", do=f"use one of: {known}") from None


def _row(connection: duckdb.DuckDBPyConnection, table: Table, key: str, release_id: str) -> Row:
    found = fetch(connection, f'SELECT * FROM "{table.name}" WHERE "{table.primary_key[0]}" = ?', [key])
    if not found:
        raise WarehouseError(
            f"Table {table.name} has no row with that key.",
            where=f"release {release_id}",
            do=f"take a value of {table.primary_key[0]} from the same release",
        )
    return found[0]


def _mentions(connection: duckdb.DuckDBPyConnection, table: Table, row: Row, key: str) -> list[Row]:
    """Mentions that the row names, and those that name the row."""
    if table.name == "entity_mention":
        return [row]
    sql = """SELECT * FROM entity_mention
             WHERE mention_id IN (SELECT unnest(?::VARCHAR[])) OR (produced_table = ? AND produced_pk = ?)
             ORDER BY document_id, span_start, mention_id"""
    return fetch(connection, sql, [row.get("mention_ids") or [], table.name, key])


def _documents(connection: duckdb.DuckDBPyConnection, ids: set[str]) -> dict[str, Row]:
    sql = "SELECT * FROM document WHERE document_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY doc_date, document_id"
    return {found["document_id"]: found for found in fetch(connection, sql, [sorted(ids)])}


def _assertion(mention: Row) -> str:
    said = ", ".join(str(mention[name]) for name in ("polarity", "temporality", "experiencer") if mention.get(name))
    return f"{said} (cue {mention['cue']})" if mention.get("cue") else said


def _evidence(mention: Row, documents: dict[str, Row]) -> Evidence:
    text = (documents.get(mention["document_id"]) or {}).get("text_deid") or ""
    start, end = mention["span_start"], mention["span_end"]
    before, after = sentence_around(text, start, end) if text[start:end] == mention["text"] else ("", "")
    code = f"{mention['concept_code']} ({mention['concept_system']})" if mention["concept_code"] else ""
    return Evidence(
        mention_id=mention["mention_id"],
        document_id=mention["document_id"],
        start=start,
        end=end,
        text=mention["text"],
        label=mention["label"],
        section=mention["section"] or "",
        assertion=_assertion(mention),
        code=code,
        engine=mention["engine"],
        before=before,
        after=after,
    )


def _source(document: Row, evidence: Iterable[Evidence]) -> Source:
    text = document.get("text_deid") or ""
    spans = [(item.start, item.end) for item in evidence if item.document_id == document["document_id"]]
    return Source(
        document["document_id"],
        document["doc_type"],
        str(document["doc_date"]),
        document["doc_title"] or "",
        cut(text, spans),
    )


def _summary(table: Table, row: Row) -> str:
    skip = {*table.primary_key, "patient_id", "text_deid"}
    told = [
        c.name for c in table.columns if c.name not in skip and not c.references and c.type is not Type.VARCHAR_LIST
    ]
    return "; ".join(f"{name} {show(row[name])}" for name in told if row.get(name) is not None)[:110]


def _outgoing(connection: duckdb.DuckDBPyConnection, table: Table, row: Row) -> list[Related]:
    related = []
    for column in table.columns:
        if column.references in ("", "entity_mention", "document", table.name) or not row.get(column.name):
            continue
        target = release(column.references)
        keys = row[column.name] if isinstance(row[column.name], list) else [row[column.name]]
        wanted = f'"{target.primary_key[0]}" IN (SELECT unnest(?::VARCHAR[]))'
        sql = f'SELECT * FROM "{target.name}" WHERE {wanted} ORDER BY 1 LIMIT {MAX_RELATED}'
        found = fetch(connection, sql, [keys])
        related += [
            Related("->", target.name, str(row_[target.primary_key[0]]), _summary(target, row_)) for row_ in found
        ]
    return related


def _behind(connection: duckdb.DuckDBPyConnection, table: Table, key: str) -> tuple[list[Related], list[Row]]:
    """Rows that a derived row rests on, and their mentions."""
    related: list[Related] = []
    mentions: dict[str, Row] = {}
    for ground in grounds(table.name):
        target = release(ground.table)
        for row, why in rows_behind(connection, table, key, ground, target):
            row_key = str(row[target.primary_key[0]])
            related.append(Related("->", target.name, row_key, _summary(target, row), why))
            mentions |= {m["mention_id"]: m for m in _mentions(connection, target, row, row_key)}
    return related, list(mentions.values())


def _incoming(connection: duckdb.DuckDBPyConnection, table: Table, key: str) -> list[Related]:
    related = []
    for other in release_tables():
        column = next((c for c in other.columns if c.references == table.name and c.type is Type.VARCHAR), None)
        if (
            column is None
            or other.name in (table.name, "entity_mention")
            or table.name in ("patient", "encounter", "document")
        ):
            continue
        sql = f'SELECT * FROM "{other.name}" WHERE "{column.name}" = ? ORDER BY 1 LIMIT {MAX_RELATED}'
        related += [
            Related("<-", other.name, str(row[other.primary_key[0]]), _summary(other, row))
            for row in fetch(connection, sql, [key])
        ]
    return related


def _origin(row: Row) -> str:
    reference = row.get("source_ref") or ""
    match row.get("source_kind"):
        case "STRUCTURED":
            told = "Taken from a hospital table" + (f", record {reference}" if reference else "")
        case "NLP":
            told = "Read from the text of a document" + (f", {reference}" if reference else "")
        case "ABSTRACTED":
            told = "Entered by a person who read the record" + (f", {reference}" if reference else "")
        case _:
            told = f"Derived from other rows by rule {reference}" if reference else "Derived from other rows"
    confidence = f", confidence {row['confidence']:.2f}" if row.get("confidence") is not None else ""
    flags = f"; quality flags: {', '.join(row['dq_flags'])}" if row.get("dq_flags") else ""
    return f"{told}{confidence}; review status {row.get('review_status')}{flags}."


def explain(release_: Release, table: str, key: str) -> Explanation:
    """Explain one row. ``key`` is a value of the table's primary key; for derived rows the related rows lead on.

    Raises WarehouseError for an unknown table or key.
    """
    declared = _declared(table)
    with release_.connect() as connection:
        row = _row(connection, declared, key, release_.release_id)
        behind, told = _behind(connection, declared, key)
        own = _mentions(connection, declared, row, key)
        mentions = [*own, *(m for m in told if m["mention_id"] not in {o["mention_id"] for o in own})]
        ids = {mention["document_id"] for mention in mentions} | (
            {row["document_id"]} if row.get("document_id") else set()
        )
        documents = _documents(connection, ids)
        evidence = tuple(_evidence(mention, documents) for mention in mentions)
        related = (*behind, *_outgoing(connection, declared, row), *_incoming(connection, declared, key))
    values = tuple(
        (c.name, row[c.name]) for c in declared.columns if row.get(c.name) not in (None, []) and c.name != "text_deid"
    )
    sources = tuple(_source(document, evidence) for document in documents.values())
    return Explanation(
        release_.release_id, declared, key, values, _origin(row), rule_words(row), evidence, sources, related
    )
