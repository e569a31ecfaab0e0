"""The Spark wrapper: the contract's tables and columns, the same rows as the pure function, nothing lost unsaid."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.derive import transform
from jobs.derive.job import account
from warehouse.compile.spark import spark_ddl
from warehouse.derive import Rows, derive_patient, load_rules
from warehouse.derive.cases import case_rows, read_cases
from warehouse.derive.docs import CASES
from warehouse.schema import release, release_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

RULES = load_rules().with_cutoff(date(2024, 12, 31))
FACT_DDL = {
    "tumour_fact": "patient_id STRING, tumour_code STRING, fact_date DATE",
    "regimen_fact": "patient_id STRING, drug_names ARRAY<STRING>, start_date DATE",
}


def _patients() -> list[Rows]:
    """The cases of the endpoint file as patients of their own, and one whose stage has no tumour to belong to."""
    found = []
    for number, case in enumerate(read_cases(CASES / "endpoints.txt")):
        rows = case_rows(case, RULES)
        found.append({t: [{**r, "patient_id": f"p{number}"} for r in rs] for t, rs in rows.items()})
    found.append(
        {
            "patient": [{"patient_id": "q", "sex": "F"}],
            "staging": [{"patient_id": "q", "staging_id": "s", "stage_date": date(2020, 1, 1)}],
        }
    )
    return found


def _inputs(spark: SparkSession, patients: list[Rows]) -> dict[str, DataFrame]:
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("patient", "encounter", "document", "history", *FACT_DDL)
    }
    for rows in patients:
        for table, found in rows.items():
            tables.setdefault(table, []).extend(found)
    frames = {}
    for table, rows in tables.items():
        ddl = FACT_DDL.get(table) or spark_ddl(release(table))
        names = [part.split(" ")[0].strip("`") for part in ddl.split(", ")]
        frames[table] = spark.createDataFrame([tuple(r.get(c) for c in names) for r in rows], ddl)
    return frames


def test_spark_gives_what_the_pure_function_gives(spark: SparkSession) -> None:
    patients = _patients()
    outputs = transform(_inputs(spark, patients), {"cutoff": "2024-12-31", "release_id": "r1"})
    assert list(outputs)[:-1] == [t.name for t in release_tables()]
    for table in release_tables():
        assert [(f.name, f.dataType.simpleString()) for f in outputs[table.name].schema] == _contract(spark, table.name)
    expected = [derive_patient(rows, RULES) for rows in patients]
    for table in ("tumour", "line_of_therapy", "endpoint", "adverse_event", "patient"):
        got = {
            str(sorted((c, str(v)) for c, v in r.asDict().items() if v is not None and c != "release_id"))
            for r in outputs[table].collect()
        }
        wanted = {
            str(sorted((c, str(v)) for c, v in r.items() if v is not None and c != "release_id"))
            for d in expected
            for r in d[table]
        }
        assert got == wanted, table
    assert {r["release_id"] for r in outputs["tumour"].select("release_id").collect()} == {"r1"}
    assert [tuple(r) for r in outputs["_drops"].collect()] == [("staging", "no_tumour", 1)]


def _contract(spark: SparkSession, table: str) -> list[tuple[str, str]]:
    return [(f.name, f.dataType.simpleString()) for f in spark.createDataFrame([], spark_ddl(release(table))).schema]


def test_the_books_balance() -> None:
    read = {"staging": 10, "tumour_fact": 4, "regimen_fact": 3, "drug_administration": 5, "patient": 2}
    written = {"staging": 9, "drug_administration": 8, "patient": 2, "tumour": 2}
    report = account(read, written, Counter({"staging: no_tumour": 1, "regimen_fact: no_date": 1}))
    report.check_balance()
    assert report.added == {"drug_administration: derived": 3, "tumour: derived": 2}
    assert report.dropped["tumour_fact: folded into derived rows"] == 4
    assert report.dropped["regimen_fact: folded into derived rows"] == 2
