"""Facts that the language stage read: JSON payload → typed rows with dates completed, provenance and ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jobs.conform.columns import WORKING, complete_date, contract, precision, required, token
from jobs.conform.rules import rules
from warehouse.schema import release

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

DERIVED_LATER = frozenset({
    "tumour_id", "tumour_code", "tumour_seq", "stage_group", "before_index", "dx_basis", "release_id", "review_status", "source_kind", "hospital_id",
    "regimen_id", "line_id", "tumour_type", "is_progression", "first_dx_date", "dx_date_precision", "stage_group_derived",
})  # fmt: skip
"""Required columns that a fact need not bring: derivation or publication fills them."""


def keyed(table: str) -> str:
    """Primary-key column of a fact's table."""
    return release(table).primary_key[0]


def fact_rows(facts: DataFrame, table: str, output: str) -> DataFrame:
    """Rows of ``output`` from the facts of ``table``. ``facts`` has ``doc_date`` (the note's own day) joined in.

    A date as precise as the month stands at the 15th, as the year at 1 July; a main date that the text does not give is the
    note's. Rows that still lack a required value are marked in ``_drop``.
    """
    from pyspark.sql import functions as F

    types = contract(output)
    wanted = {name: type_ for name, type_ in types.items() if name not in _PROVENANCE}
    ddl = ", ".join(f"`{n}` {t if t.startswith('ARRAY') else 'STRING'}" for n, t in wanted.items())
    rows = facts.where(F.col("table_name") == table).withColumn("_p", F.from_json("payload", ddl))
    rows = rows.withColumns({name: _typed(F.col(f"_p.{name}"), type_) for name, type_ in wanted.items()})
    return _provenance(_filled(_dated(rows, table, types), table, types), table, output)


_PROVENANCE = frozenset({
    "patient_id", "encounter_id", "source_kind", "source_ref", "document_id", "mention_ids", "confidence", "review_status", "hospital_id", "release_id",
    "dq_flags", "fact_no", "fact_date", "fact_date_precision",
})  # fmt: skip


def _typed(value: Column, type_: str) -> Column:
    from pyspark.sql import functions as F

    if type_ == "DATE":
        return complete_date(value)
    if type_ == "INT":
        return F.round(value.try_cast("double")).try_cast("int")
    if type_ == "BOOLEAN":
        return value.try_cast("boolean")
    return value if type_.startswith("ARRAY") or type_ == "STRING" else value.try_cast(type_.lower())


def _dated(rows: DataFrame, table: str, types: Mapping[str, str]) -> DataFrame:
    from pyspark.sql import functions as F

    spec: dict[str, str] = rules()["dates"].get(table, {})
    columns: dict[str, Column] = {}
    for name, type_ in types.items():
        if type_ == "DATE" and name not in _PROVENANCE and f"{name}_precision" in types and name != spec.get("main"):
            columns[f"{name}_precision"] = precision(F.col(f"_p.{name}"))
    if main := spec.get("main"):
        given = F.col(f"_p.{main}")
        columns[main] = F.coalesce(complete_date(given), F.col("doc_date"))
        if how := spec.get("precision"):
            columns[how] = F.when(complete_date(given).isNotNull(), precision(given)).otherwise("D")
    return rows.withColumns(columns) if columns else rows


def _filled(rows: DataFrame, table: str, types: Mapping[str, str]) -> DataFrame:
    from pyspark.sql import functions as F

    defaults: dict[str, Any] = rules()["defaults"].get(table, {})
    filled = {name: F.coalesce(F.col(name), F.lit(value)) for name, value in defaults.items() if name in types}
    if table == "response_assessment":
        filled["is_progression"] = F.coalesce("is_progression", F.col("response") == "PD")
    if table == "biomarker":
        filled["vaf"] = F.when(F.col("vaf") > 1, F.col("vaf") / 100).otherwise(F.col("vaf"))
    return rows.withColumns(filled) if filled else rows


def evidence_id() -> Column:
    """Id of the mention that stands for a fact's evidence when no mention of the language stage covers it."""
    from pyspark.sql import functions as F

    return token(F.col("document_id"), F.lit("evidence"), F.col("fact_no").cast("string"))


def _provenance(rows: DataFrame, table: str, output: str) -> DataFrame:
    from pyspark.sql import functions as F

    key = keyed(table)
    named = F.transform(
        "mention_nos", lambda no: token(F.col("document_id"), F.lit("entity_mention"), no.cast("string"))
    )
    columns = {
        "source_kind": F.lit("NLP"), "source_ref": F.col("document_id"),
        "mention_ids": F.when(F.size("mention_nos") > 0, named).otherwise(F.array(evidence_id())),
    }  # fmt: skip
    if output in WORKING:
        unsure = F.col("confidence") < rules()["confidence"]["suspected_below"]
        columns |= {
            "fact_date": F.col("doc_date"),
            "fact_date_precision": F.lit("D"),
            "certainty": F.coalesce("certainty", F.when(unsure, "SUSPECTED").otherwise("CONFIRMED")),
        }
    if key in contract(output) or output == "regimen_fact":
        columns[key] = token(F.col("document_id"), F.lit(table), F.col("fact_no").cast("string"))
    needed = [
        c.name
        for c in release(table).columns
        if c.required and c.name not in DERIVED_LATER and c.name not in (*release(table).primary_key, "patient_id")
    ]
    return required(
        rows.withColumns(columns), [n for n in needed if n in contract(output)] if output not in WORKING else []
    )
