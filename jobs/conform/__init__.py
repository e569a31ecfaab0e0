"""Conform: structured and read rows become the fact tables of the release.

Current rows of all sites are coded and put into canonical units; facts of notes get complete dates, ids and provenance; where
both say the same, the structured row wins (``rules.toml``). What is left out is counted with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TYPE_CHECKING, Any

from jobs.conform.columns import WORKING, contract, finish
from jobs.conform.current import current, superseded
from jobs.conform.facts import fact_rows, keyed
from jobs.conform.mentions import evidence_mentions, mention_rows
from jobs.conform.names import code_maps
from jobs.conform.precedence import below_structured, once, one_per_condition
from jobs.conform.references import settle
from jobs.conform.rules import rules
from jobs.conform.structured import BUILDERS
from warehouse.schema import landing_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["FACT_TABLES", "OUTPUTS", "current", "transform"]

FACT_TABLES: Mapping[str, str] = {
    name: name
    for name in (
        "diagnosis", "staging", "metastasis", "pathology", "biomarker", "lab_measurement", "vital_sign", "imaging_finding", "surgery", "radiotherapy",
        "drug_administration", "response_assessment", "adverse_event", "comorbidity", "history", "follow_up", "tumour_attribute",
    )
} | {"tumour": "tumour_fact", "regimen": "regimen_fact"}  # fmt: skip
"""Table that a fact names → output table."""

OUTPUTS = ("patient", "encounter", "document", *FACT_TABLES.values(), "entity_mention")
"""What conform makes, beside ``_drops``."""
KEYLESS = frozenset(table.name for table in landing_tables() if not table.primary_key)
"""Landing tables without a primary key: equal rows are several events."""
_AT_A_TIME = 4


def transform(inputs: Mapping[str, DataFrame], params: Mapping[str, Any]) -> dict[str, DataFrame]:
    """Staging tables and readings → conformed tables (contract columns; what derivation adds is NULL) and ``_drops``.

    ``inputs``: any of the landing tables by name (staging columns), ``nlp_mention``, ``nlp_fact``, ``nlp_document``; missing and
    empty ones are fine. ``params``: nothing is required. ``_drops``: table_name, reason, n; ``staging.<table>`` counts rows that
    are not current. Tables are computed here, once (local checkpoints): what follows reads results, not long plans.
    """
    staging = {table.name: inputs[table.name] for table in landing_tables() if table.name in inputs}
    rows, orphans = settle({name: current(frame, keyed=name not in KEYLESS) for name, frame in staging.items()})
    maps = code_maps(staging)
    facts = _with_note_date(inputs, rows)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        made = dict(
            zip(OUTPUTS[:-1], pool.map(lambda output: _table(output, rows, maps, facts), OUTPUTS[:-1]), strict=True)
        )
    tables = {name: frame for name, frame in made.items() if frame is not None}
    if "document" in tables and "nlp_document" in inputs:
        tables["document"] = _with_sections(tables["document"], inputs["nlp_document"])
    if "nlp_mention" in inputs:
        extra = evidence_mentions(facts, rows["notes"]) if facts is not None and "notes" in rows else None
        kept = {name: frame for name, frame in tables.items() if name not in WORKING and "mention_ids" in frame.columns}
        tables["entity_mention"] = finish(mention_rows(inputs["nlp_mention"], extra, kept), "entity_mention")
    return _results(tables, staging, orphans)


def _results(
    tables: Mapping[str, DataFrame], staging: Mapping[str, DataFrame], orphans: DataFrame | None
) -> dict[str, DataFrame]:
    from pyspark.sql import functions as F

    results = {name: frame.where("_drop is null").drop("_drop") for name, frame in tables.items()}
    left = [
        f.where("_drop is not null").select(F.lit(name).alias("table_name"), F.col("_drop").alias("reason"))
        for name, f in tables.items()
    ]
    counts = (
        [reduce(lambda a, b: a.unionAll(b), left).groupBy("table_name", "reason").agg(F.count("*").alias("n"))]
        if left
        else []
    )
    older = superseded(staging, KEYLESS)
    parts = [*counts, *(extra for extra in (older, orphans) if extra is not None)]
    if parts:
        results["_drops"] = reduce(lambda a, b: a.unionAll(b), parts)
    return results


def _with_note_date(inputs: Mapping[str, DataFrame], rows: Mapping[str, DataFrame]) -> DataFrame | None:
    """Facts with the day of their note; computed once, because every fact table reads them."""
    from pyspark.sql import functions as F

    facts = inputs.get("nlp_fact")
    if facts is None:
        return None
    if "notes" in rows:
        days = (
            rows["notes"]
            .groupBy("document_id")
            .agg(F.min("doc_date").alias("doc_date"), F.min("encounter_id").alias("encounter_id"))
        )
        facts = facts.join(days, "document_id", "left")
    else:
        facts = facts.withColumns({"doc_date": F.lit(None).cast("date"), "encounter_id": F.lit(None).cast("string")})
    return settled(facts)


def settled(frame: DataFrame) -> DataFrame:
    """``frame`` computed at most once and with its plan cut: twenty tables that share long plans cost more to plan than to run."""
    return frame.localCheckpoint(eager=False)


def _with_sections(documents: DataFrame, read: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    sections = read.groupBy("document_id").agg(F.max("section_count").alias("_sections"))
    return (
        documents.join(sections, "document_id", "left")
        .withColumn("section_count", F.col("_sections"))
        .select(*contract("document"), "_drop")
    )


def _table(
    output: str, rows: Mapping[str, DataFrame], maps: Mapping[str, DataFrame], facts: DataFrame | None
) -> DataFrame | None:
    """One output table: structured rows, then what the notes add."""
    made = [
        finish(build(rows[source], maps), output)
        for name, source, build in BUILDERS
        if name == output and source in rows
    ]
    told = [table for table, name in FACT_TABLES.items() if name == output]
    structured = reduce(lambda a, b: a.unionAll(b), made) if made else None
    if told and facts is not None:
        structured = settled(structured) if structured is not None and output in rules()["precedence"] else structured
        made = [structured] if structured is not None else []
        read = once(fact_rows(facts, told[0], output), output, keyed(told[0]))
        read = below_structured(read, structured, output) if structured is not None else read
        made.append(finish(read, output))
    if not made:
        return None
    whole = reduce(lambda a, b: a.unionAll(b), made)
    return settled(one_per_condition(whole) if output == "comorbidity" else whole)
