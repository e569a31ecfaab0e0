"""Structure: the language stage reads new and changed documents into mentions and facts."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.deidentify import active_files
from jobs.runtime.context import Context
from jobs.runtime.errors import ConfigError
from jobs.runtime.fanout import PartWriter, run_partitions
from jobs.runtime.manifest import JobReport, read_reports
from jobs.runtime.storage import Store
from warehouse.compile.spark import spark_ddl
from warehouse.schema import staging_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_HEAD = [
    ("site", pa.string()),
    ("hospital_id", pa.string()),
    ("delivery", pa.string()),
    ("document_id", pa.string()),
    ("patient_id", pa.string()),
    ("text_hash", pa.string()),
]
SCHEMAS: dict[str, pa.Schema] = {
    "nlp_mention": pa.schema(
        [
            *_HEAD,
            ("mention_no", pa.int32()),
            ("span_start", pa.int32()),
            ("span_end", pa.int32()),
            ("text", pa.string()),
            ("label", pa.string()),
            ("section", pa.string()),
            ("polarity", pa.string()),
            ("temporality", pa.string()),
            ("experiencer", pa.string()),
            ("cue", pa.string()),
            ("code", pa.string()),
            ("code_system", pa.string()),
            ("score", pa.float64()),
            ("engine", pa.string()),
        ]
    ),
    "nlp_fact": pa.schema(
        [
            *_HEAD,
            ("fact_no", pa.int32()),
            ("table_name", pa.string()),
            ("payload", pa.string()),
            ("span_start", pa.int32()),
            ("span_end", pa.int32()),
            ("mention_nos", pa.list_(pa.int32())),
            ("confidence", pa.float64()),
        ]
    ),
    "nlp_document": pa.schema(
        [*_HEAD, ("engine", pa.string()), ("n_chars", pa.int32()), ("section_count", pa.int32())]
    ),
}
_SPARK = {pa.string(): "string", pa.int32(): "int", pa.float64(): "double", pa.list_(pa.int32()): "array<int>"}
DDL = {name: ", ".join(f"{field.name} {_SPARK[field.type]}" for field in schema) for name, schema in SCHEMAS.items()}
_NOT_IN_PAYLOAD = frozenset({"evidence", "mention_nos", "confidence"})


class StructureWorker:
    """Reads the documents of a partition; pickled with paths only."""

    def __init__(self, *, warehouse: str, run_id: str, site: str, rows_per_part: int) -> None:
        self.warehouse, self.run_id, self.site, self.rows_per_part = warehouse, run_id, site, rows_per_part

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
        from pyspark import TaskContext

        task = TaskContext.get()
        number = task.partitionId() if task else 0
        prefix = f"site={self.site}/{self.run_id}-{number:05d}"
        writers = {
            t: PartWriter(Store(self.warehouse), f"staging/{t}/{prefix}", schema, self.rows_per_part)
            for t, schema in SCHEMAS.items()
        }
        counts: Counter[str] = Counter()
        for batch in batches:
            for row in batch.to_pylist():
                _read_document(row, writers, counts)
        for writer in writers.values():
            writer.close()
        yield {"files": {t: w.files for t, w in writers.items()}, "counts": dict(counts)}


def text_hash(engine: str, text: str) -> str:
    """Key of the reading cache: the same engine need not read the same text again."""
    return hashlib.sha256(f"{engine}|{text}".encode("utf-8", "replace")).hexdigest()[:32]


def _read_document(row: dict[str, Any], writers: dict[str, PartWriter], counts: Counter[str]) -> None:
    from nlp.pipeline import ENGINE, annotate_note

    text = row["text"] or ""
    head = {name: row[name] for name in ("site", "hospital_id", "delivery", "document_id", "patient_id")} | {
        "text_hash": text_hash(ENGINE, text)
    }
    when = row["doc_date"].isoformat() if row["doc_date"] else None
    counts["documents"] += 1
    try:
        read = annotate_note(
            {"note_id": row["document_id"], "text": text, "note_type": row["note_type"] or "", "note_time": when}
        )
    except Exception as error:  # one unreadable document must not stop the others; it is counted and named by type only
        counts[f"failed: {type(error).__name__}"] += 1
        read = {"mentions": [], "facts": {}}
    for number, mention in enumerate(read["mentions"]):
        writers["nlp_mention"].add(head | _mention(number, mention))
    number = 0
    for table, facts in sorted(read["facts"].items()):
        for fact in facts:
            writers["nlp_fact"].add(head | _fact(number, table, fact))
            counts[f"fact/{table}"] += 1
            number += 1
    counts["mentions"] += len(read["mentions"])
    sections = len({m.get("section") for m in read["mentions"] if m.get("section")})
    writers["nlp_document"].add(
        head | {"engine": ENGINE, "n_chars": len(text), "section_count": read.get("section_count", sections)}
    )


def _mention(number: int, mention: dict[str, Any]) -> dict[str, Any]:
    same = (
        "text",
        "label",
        "section",
        "polarity",
        "temporality",
        "experiencer",
        "cue",
        "code",
        "code_system",
        "score",
        "engine",
    )
    return {"mention_no": number, "span_start": mention["start"], "span_end": mention["end"]} | {
        name: mention.get(name) for name in same
    }


def _fact(number: int, table: str, fact: dict[str, Any]) -> dict[str, Any]:
    payload = {key: value for key, value in fact.items() if key not in _NOT_IN_PAYLOAD}
    return {
        "fact_no": number,
        "table_name": table,
        "payload": json.dumps(payload, ensure_ascii=False, sort_keys=True),
        "span_start": fact["evidence"][0],
        "span_end": fact["evidence"][1],
        "mention_nos": fact.get("mention_nos", []),
        "confidence": float(fact.get("confidence", 0.9)),
    }


def current_notes(context: Context, site_id: str = "") -> DataFrame:
    """Notes that count today, with the hash under which the reading cache knows them."""
    from pyspark.sql import functions as F

    from jobs.conform.current import current
    from jobs.link import with_valid_keys
    from nlp.pipeline import ENGINE

    notes = context.frame(active_files(context, "notes", site_id), spark_ddl(staging_columns("notes")))
    return current(with_valid_keys(context, notes)).withColumn(
        "text_hash", F.substring(F.sha2(F.concat(F.lit(f"{ENGINE}|"), F.coalesce("text", F.lit(""))), 256), 1, 32)
    )


def readings(context: Context) -> dict[str, DataFrame]:
    """Mentions, facts and documents of the texts that count today, all sites, each document once.

    Raises:
        ConfigError: some documents were not read by the engine of this code (it changed since the structure job).
    """
    notes = current_notes(context).select("site", "document_id", "text_hash", "patient_id").distinct().cache()
    files: dict[str, list[str]] = {name: [] for name in SCHEMAS}
    for state in context.states("structure").values():
        for name, parts in state["files"].items():
            files[name] += parts
    keys = ["document_id", "text_hash", "patient_id"]
    read = {name: context.frame(files[name], DDL[name]).join(notes, keys, "left_semi") for name in SCHEMAS}
    _refuse_unread(context, notes, read["nlp_document"])
    return {name: frame.drop("text_hash") for name, frame in read.items()}


def _refuse_unread(context: Context, notes: DataFrame, documents: DataFrame) -> None:
    """A document without a reading must not pass as a document without facts, but where its site failed and said so."""
    left = (
        notes.join(documents, ["document_id", "text_hash", "patient_id"], "left_anti").groupBy("site").count().collect()
    )
    failed = {r.site for r in read_reports(context.warehouse, context.run_id) if r.status == "failed"}
    missing = {row["site"]: row["count"] for row in left if row["site"] not in failed}
    if missing:
        raise ConfigError(
            f"{sum(missing.values())} document(s) have no reading by this version of the language stage",
            where=", ".join(sorted(missing)),
            why="the code or the texts changed since the job 'structure' ran",
            do="Run 'structure' again, then 'conform'",
        )


def unread(context: Context, site_id: str) -> DataFrame:
    """Notes of a site that this engine has not read with this text and person key."""
    wanted = current_notes(context, site_id).dropDuplicates(["document_id", "text_hash"])
    done = context.frame(
        context.state("structure", site_id, "all").get("files", {}).get("nlp_document", []), DDL["nlp_document"]
    )
    return wanted.join(
        done.select("document_id", "text_hash", "patient_id").distinct(),
        ["document_id", "text_hash", "patient_id"],
        "left_anti",
    )


def run(context: Context, site_id: str) -> JobReport:
    """Read what is unread of a site; results of texts that no longer count stay in the cache and out of the release."""
    report = JobReport("structure", site_id)
    todo = unread(context, site_id).cache()
    total = todo.count()
    if total == 0:
        report.status = "skipped"
        return report
    parts = max(context.spark.sparkContext.defaultParallelism, total // 2_000)
    columns = ["site", "hospital_id", "delivery", "document_id", "patient_id", "note_type", "doc_date", "text"]
    spread = todo.select(*columns).repartition(parts, "document_id").sortWithinPartitions("document_id")
    worker = StructureWorker(
        warehouse=context.warehouse.root,
        run_id=context.run_id,
        site=site_id,
        rows_per_part=context.settings.ingest.rows_per_part,
    )
    answers = run_partitions(spread, worker)
    counts: Counter[str] = Counter()
    files: dict[str, list[str]] = {name: [] for name in SCHEMAS}
    for answer in answers:
        counts.update(answer["counts"])
        for table, parts_written in answer["files"].items():
            files[table] += [part["file"] for part in parts_written]
    todo.unpersist()
    report.rows_in, report.rows_out = total, counts["documents"]
    report.tables = {"mentions": counts["mentions"]} | {
        k.removeprefix("fact/"): n for k, n in sorted(counts.items()) if k.startswith("fact/")
    }
    failures = {k: n for k, n in counts.items() if k.startswith("failed")}
    report.warnings += [
        f"{n} document(s) could not be read ({reason.removeprefix('failed: ')})"
        for reason, n in sorted(failures.items())
    ]
    report.check_balance()
    before = context.state("structure", site_id, "all").get("files", {})
    merged = {name: sorted({*before.get(name, []), *files[name]}) for name in SCHEMAS}
    context.put_state("structure", site_id, "all", {"run_id": context.run_id, "files": merged})
    return report
