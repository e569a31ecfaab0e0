"""Which of two rows that say the same wins: a hospital's table over its notes, and of notes the surest and earliest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.conform.columns import contract, slack
from jobs.conform.rules import rules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NOT_CONTENT = frozenset({
    "document_id", "mention_ids", "confidence", "source_kind", "source_ref", "review_status", "hospital_id", "release_id", "dq_flags", "fact_no", "fact_date",
    "fact_date_precision", "encounter_id", "_drop", "regimen_id",
})  # fmt: skip


def once(facts: DataFrame, output: str, key: str) -> DataFrame:
    """Mark facts that another note of the patient states in the same words and with the same date: copied history."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    content = [c for c in contract(output) if c not in _NOT_CONTENT and c != key]
    same = Window.partitionBy("patient_id", F.xxhash64(*content)).orderBy(
        F.col("_drop").isNotNull(), F.col("confidence").desc(), "document_id", "span_start", "fact_no"
    )
    return facts.withColumn(
        "_drop", F.coalesce("_drop", F.when(F.row_number().over(same) > 1, "stated again in the notes"))
    )


def below_structured(facts: DataFrame, rows: DataFrame, output: str) -> DataFrame:
    """Mark facts that a structured row makes superfluous (``rules.toml``, ``precedence``)."""
    from pyspark.sql import functions as F

    rule: dict[str, Any] | None = rules()["precedence"].get(output)
    if rule is None:
        return facts
    key, when = F.expr(rule["key"]), rule["date"]
    days = (
        rows.where("_drop is null")
        .select("patient_id", key.alias("_key"), F.col(when).alias("_day"))
        .groupBy("patient_id", "_key")
    )
    known = days.agg(F.collect_set("_day").alias("_days"))
    how = rules()["dates"][output].get("precision")
    limit = slack(rule["days"], F.col(how) if how else None)
    near = F.exists("_days", lambda day: F.abs(F.datediff(day, F.col(when))) <= limit)
    joined = facts.withColumn("_key", key).join(known, ["patient_id", "_key"], "left")
    marked = joined.withColumn("_drop", F.coalesce("_drop", F.when(F.coalesce(near, F.lit(False)), rule["reason"])))
    return marked.drop("_key", "_days")


def one_per_condition(rows: DataFrame) -> DataFrame:
    """Mark all but the earliest row of a patient's condition; a structured row wins over a note's of the same day."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = [
        F.col("_drop").isNotNull(),
        F.col("first_date").asc_nulls_last(),
        F.col("source_kind").desc(),
        F.col("comorbidity_id"),
    ]
    first = Window.partitionBy("patient_id", "condition_code").orderBy(*order)
    return rows.withColumn("_drop", F.coalesce("_drop", F.when(F.row_number().over(first) > 1, "recorded earlier")))
