"""Apply the row actions of failed checks: hold back, blank, flag, recompute."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobs.runtime.context import Context
from jobs.runtime.tables import count_rows, write_tables
from warehouse.compile.spark import spark_ddl
from warehouse.schema import Table, Type, release_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_REPAIR_DDL = "table_name string, pk string, check_id string, action string, column_name string"


def repaired(table: Table, rows: DataFrame, repairs: DataFrame, fixes: DataFrame) -> DataFrame:
    """``rows`` after the actions on this table. ``fixes`` holds recomputed values: pk, column_name, value (text)."""
    from pyspark.sql import functions as F

    key = table.primary_key[0]
    held = repairs.where("action = 'QUARANTINE'").select(F.col("pk").alias("_pk")).distinct()
    flags = (
        repairs.where("action <> 'QUARANTINE'")
        .groupBy(F.col("pk").alias("_pk"))
        .agg(
            F.array_sort(F.collect_set("check_id")).alias("_flags"),
            F.collect_set(F.when(F.col("action") == "NULL_VALUE", F.col("column_name"))).alias("_blank"),
        )
    )
    values = fixes.groupBy(F.col("pk").alias("_fix_pk")).agg(
        F.map_from_entries(F.collect_list(F.struct("column_name", "value"))).alias("_fixed")
    )
    marked = (
        rows.join(held, rows[key] == held["_pk"], "left_anti")
        .join(F.broadcast(flags), F.col(key) == flags["_pk"], "left")
        .drop("_pk")
    )
    marked = marked.join(F.broadcast(values), F.col(key) == values["_fix_pk"], "left").drop("_fix_pk")
    return marked.select(
        *[_column(name, column_type).alias(name) for name, column_type in ((c.name, c.type) for c in table.columns)]
    )


def _column(name: str, kind: Type):  # type: ignore[no-untyped-def]
    from pyspark.sql import functions as F

    current = F.col(name)
    if name == "dq_flags":
        return F.when(
            F.col("_flags").isNotNull(),
            F.array_sort(F.array_union(F.coalesce(current, F.array().cast("array<string>")), F.col("_flags"))),
        ).otherwise(current)
    if kind is Type.VARCHAR_LIST:
        return F.when(
            F.array_contains(F.coalesce("_blank", F.array().cast("array<string>")), name), F.lit(None)
        ).otherwise(current)
    types = {
        Type.VARCHAR: "string",
        Type.INTEGER: "int",
        Type.DOUBLE: "double",
        Type.DATE: "date",
        Type.BOOLEAN: "boolean",
    }
    fixed = F.col("_fixed").getItem(name).try_cast(types[kind])
    blank = F.array_contains(F.coalesce("_blank", F.array().cast("array<string>")), name)
    has_fix = F.array_contains(F.map_keys(F.coalesce("_fixed", F.create_map().cast("map<string,string>"))), name)
    return F.when(blank, F.lit(None).cast(types[kind])).when(has_fix, fixed).otherwise(current)


def recomputed(
    context: Context, source: str, repairs: list[tuple[str, str, str, str]]
) -> list[tuple[str, str, str, str | None]]:
    """New values for FIX actions as (table, pk, column, value as text)."""
    wanted = [r for r in repairs if r[3]]
    if not wanted:
        return []
    from expectations.repair import recompute
    from jobs.validate import local_folder

    with local_folder(context, source) as derived:
        return recompute(derived, wanted)


def apply_repairs(context: Context, source: str, target: str, out: str) -> tuple[dict[str, int], Counter[str]]:
    """Write the tables that change to ``target`` and point at ``source`` for the others; rows by table and rows held back.

    Returns:
        rows by table after repair, and quarantined rows by ``table: check``.
    """
    repairs = context.spark.read.schema(_REPAIR_DDL).parquet(context.warehouse.uri(f"{out}/repairs.parquet")).cache()
    touched = {row.table_name for row in repairs.select("table_name").distinct().collect()}
    fix_keys = [(r.table_name, r.pk, r.check_id, r.column_name) for r in repairs.where("action = 'FIX'").collect()]
    fixes = context.spark.createDataFrame(
        recomputed(context, source, fix_keys), "table_name string, pk string, column_name string, value string"
    )
    frames = {}
    for table in release_tables():
        if table.name in touched:
            rows = context.spark.read.schema(spark_ddl(table)).parquet(context.warehouse.uri(f"{source}/{table.name}"))
            frames[table.name] = repaired(
                table, rows, repairs.where(f"table_name = '{table.name}'"), fixes.where(f"table_name = '{table.name}'")
            )
    written = write_tables(context, target, frames)
    totals = {
        t.name: written[t.name] if t.name in written else count_rows(context, f"{source}/{t.name}")
        for t in release_tables()
    }
    held: Counter[str] = Counter()
    for row in repairs.where("action = 'QUARANTINE'").groupBy("table_name", "pk").agg({"check_id": "min"}).collect():
        held[f"{row.table_name}: {row[2]}"] += 1
    repairs.unpersist()
    return totals, held
