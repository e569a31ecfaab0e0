"""Mentions as rows, with the fact that each of them gave rise to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from jobs.conform.columns import required, token
from jobs.conform.facts import evidence_id
from jobs.conform.rules import rules
from warehouse.schema import release

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def evidence_mentions(facts: DataFrame, notes: DataFrame) -> DataFrame:
    """A mention for each fact whose evidence no mention covers: its span, its words, a label by its table."""
    from pyspark.sql import functions as F

    label = F.try_element_at(
        F.create_map(*[F.lit(x) for pair in rules()["evidence"].items() for x in pair]), F.col("table_name")
    )
    texts = notes.select("document_id", "text").dropDuplicates(["document_id"])
    bare = facts.where("size(mention_nos) = 0 and span_end > span_start").join(texts, "document_id")
    return bare.select(
        evidence_id().alias("mention_id"), "patient_id", "document_id", "hospital_id", "span_start", "span_end",
        F.expr("substring(text, span_start + 1, span_end - span_start)").alias("text"), F.coalesce(label, F.lit("finding")).alias("label"),
        F.lit("affirmed").alias("polarity"), F.lit("current").alias("temporality"), F.lit("patient").alias("experiencer"), F.lit("evidence@1").alias("engine"),
        F.col("confidence"), F.lit("NLP").alias("source_kind"), F.col("document_id").alias("source_ref"),
    )  # fmt: skip


def mention_rows(mentions: DataFrame, extra: DataFrame | None, outputs: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of ``entity_mention``; ``produced_table`` and ``produced_pk`` name the kept row that rests on the mention."""
    from pyspark.sql import functions as F

    rows = mentions.withColumns({
        "mention_id": token(F.col("document_id"), F.lit("entity_mention"), F.col("mention_no").cast("string")),
        "concept_code": F.col("code"), "concept_system": F.col("code_system"), "confidence": F.col("score"), "source_kind": F.lit("NLP"), "source_ref": F.col("document_id"),
        "polarity": F.coalesce("polarity", F.lit("affirmed")),
    })  # fmt: skip
    rows = rows.unionByName(extra, allowMissingColumns=True) if extra is not None else rows
    made = _made(outputs)
    rows = rows.join(made, "mention_id", "left") if made is not None else rows
    return required(rows, ["patient_id", "document_id", "span_start", "span_end", "text", "label", "engine"])


def _made(outputs: Mapping[str, DataFrame]) -> DataFrame | None:
    from pyspark.sql import functions as F

    parts = [
        frame.where("_drop is null and mention_ids is not null").select(
            F.explode("mention_ids").alias("mention_id"),
            F.lit(name).alias("produced_table"),
            F.col(release(name).primary_key[0]).alias("produced_pk"),
        )
        for name, frame in sorted(outputs.items())
    ]
    if not parts:
        return None
    first = F.min(F.struct("produced_table", "produced_pk")).alias("f")
    return reduce(lambda a, b: a.unionAll(b), parts).groupBy("mention_id").agg(first).select("mention_id", "f.*")
