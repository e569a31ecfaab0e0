"""The conform job: read staging and readings, conform, write the working tables, account for every row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobs.conform import FACT_TABLES, transform
from jobs.conform.current import current
from jobs.conform.structured import BUILDERS
from jobs.deidentify import active_files
from jobs.link import with_valid_keys
from jobs.runtime.context import Context
from jobs.runtime.manifest import JobReport
from jobs.runtime.tables import candidate, write_tables
from jobs.structure import readings
from warehouse.compile.spark import spark_ddl
from warehouse.schema import landing_tables, staging_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FIRST = {source: output for output, source, _ in reversed(BUILDERS)} | {
    "diagnoses": "diagnosis",
    "followups": "follow_up",
}
"""Staging table → the release table that its rows become; what else is made of them is counted as added."""


def run(context: Context, site_id: str = "") -> JobReport:
    """Conform what counts today. ``site_id`` is unused: precedence and persons reach across sites."""
    inputs = read_inputs(context)
    outputs = transform(inputs, {})
    drops = outputs.pop("_drops", None)
    written = write_tables(context, candidate(context, "conformed"), outputs)
    dropped = (
        Counter({(r["table_name"], r["reason"]): int(r["n"]) for r in drops.collect()})
        if drops is not None
        else Counter()
    )
    report = account(count_inputs(inputs), written, dropped)
    context.spark.catalog.clearCache()
    return report


def read_inputs(context: Context) -> dict[str, DataFrame]:
    """Staging parts that count today and the readings of today's texts."""
    staging = {
        t.name: with_valid_keys(
            context, context.frame(active_files(context, t.name), spark_ddl(staging_columns(t.name)))
        )
        for t in landing_tables()
    }
    patients = current(staging["patients"]).select("patient_id").distinct()
    read = {name: frame.join(patients, "patient_id", "left_semi").cache() for name, frame in readings(context).items()}
    return staging | read


def count_inputs(inputs: dict[str, DataFrame]) -> dict[str, int]:
    """Rows of each input; facts as ``fact.<table>``. One Spark job."""
    from functools import reduce

    from pyspark.sql import functions as F

    def label(name: str) -> Column:
        return F.concat(F.lit("fact."), F.col("table_name")) if name == "nlp_fact" else F.lit(name)

    parts = [
        frame.select(label(name).alias("k")).groupBy("k").agg(F.count("*").alias("n")) for name, frame in inputs.items()
    ]
    return {row["k"]: int(row["n"]) for row in reduce(lambda a, b: a.unionAll(b), parts).collect()}


def account(read: dict[str, int], written: dict[str, int], dropped: Counter[tuple[str, str]]) -> JobReport:
    """Balance: rows in, rows made of others (second uses of a staging row), rows out, declared drops."""
    report = JobReport("conform", rows_in=sum(read.values()), rows_out=sum(written.values()), tables=written)
    report.dropped = Counter({f"{table}: {reason}": n for (table, reason), n in dropped.items()})
    if folded := read.get("nlp_document", 0):
        report.dropped["nlp_document: folded into documents"] = folded
    for name, n in read.items():
        if name.startswith("fact.") and name.removeprefix("fact.") not in FACT_TABLES:
            report.dropped[f"{name}: no table of that name"] = n
    for output in {*written, *(table for table, _ in dropped)}:
        expected = _expected(output, read, dropped)
        if not output.startswith("staging.") and (made := written.get(output, 0) - expected) > 0:
            report.added[f"{output}: from rows of other tables"] = made
    return report


def _expected(output: str, read: dict[str, int], dropped: Counter[tuple[str, str]]) -> int:
    """Rows of a table if nothing but its own sources fed it."""
    own = sum(
        n
        for name, n in read.items()
        if FIRST.get(name) == output
        or FACT_TABLES.get(name.removeprefix("fact.") if name.startswith("fact.") else "") == output
    )
    own += read.get("nlp_mention", 0) if output == "entity_mention" else 0
    sources = {f"staging.{name}" for name, first in FIRST.items() if first == output}
    return own - sum(n for (table, _), n in dropped.items() if table == output or table in sources)
