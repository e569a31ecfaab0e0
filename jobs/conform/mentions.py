"""Mentions as rows, with the fact that each of them gave rise to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from jobs.conform.columns import required, token
from warehouse.schema import release

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def mention_rows(mentions: DataFrame, outputs: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of ``entity_mention``; ``produced_table`` and ``produced_pk`` name the kept row that rests on the mention."""
    from pyspark.sql import functions as F

    rows = mentions.withColumns({
        "mention_id": token(F.col("document_id"), F.lit("entity_mention"), F.col("mention_no").cast("string")),
        "concept_code": F.col("code"), "concept_system": F.col("code_system"), "confidence": F.col("score"), "source_kind": F.lit("NLP"), "source_ref": F.col("document_id"),
        "polarity": F.coalesce("polarity", F.lit("affirmed")),
    })  # fmt: skip
    made = _made(outputs)
    rows = rows.join(made, "mention_id", "left") if made is not None else rows
    return required(rows, ["patient_id", "document_id", "span_start", "span_end", "text", "label", "engine"])


def _made(outputs: Mapping[str, DataFrame]) -> DataFrame | None:
    from pyspark.sql import functions as F

    parts = [
        frame.where("_drop is null and mention_ids is not null").select(
            F.explode("mention_ids").alias("mention_id"), F.lit(name).alias("produced_table"), F.col(release(name).primary_key[0]).alias("produced_pk")
        )
        for name, frame in sorted(outputs.items())
    ]
    if not parts:
        return None
    first = F.min(F.struct("produced_table", "produced_pk")).alias("f")
    return reduce(lambda a, b: a.unionAll(b), parts).groupBy("mention_id").agg(first).select("mention_id", "f.*")
