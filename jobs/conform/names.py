"""Distinct names of the staging tables, collected once, coded on the driver, joined back as small broadcast tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from jobs.conform import coders
from jobs.conform.rules import word

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Pair = tuple[str | None, str | None]


@dataclass(frozen=True)
class Coding:
    """One kind of name: the columns of a staging table that hold it, what it is coded to, and how."""

    table: str
    columns: tuple[str, ...]
    ddl: str
    code: Callable[[str | None, str | None], tuple[Any, ...]]


def _drug(name: str | None, route: str | None) -> tuple[Any, ...]:
    row = coders.drug(name) if name else None
    route_code = word("route", route)
    if row is None:
        return (None, None, None, None, route_code, None)
    return (
        row.inn,
        row.code,
        row.drug_class,
        row.is_antineoplastic,
        route_code or ("PO" if row.oral else None),
        row.days_supply if row.oral else None,
    )


def _operation(name: str | None, _: str | None) -> tuple[Any, ...]:
    return coders.operation(name or "")


def _diagnosis(name: str | None, icd10: str | None) -> tuple[Any, ...]:
    code, certainty, malignant = coders.diagnosis(name, icd10)
    condition = coders.comorbidity(code) if certainty == "CONFIRMED" else None
    return (code, certainty, malignant, *(condition or (None, None)))


CODINGS: Mapping[str, Coding] = {
    "drug": Coding(
        "medications",
        ("drug_name_raw", "route"),
        "std STRING, code STRING, cls STRING, anti BOOLEAN, route_std STRING, supply INT",
        _drug,
    ),
    "dose": Coding("medications", ("dose_unit",), "dose_ucum STRING", lambda a, _: (coders.unit(a),)),
    "lab": Coding(
        "labs",
        ("item_name", "unit_raw"),
        "test STRING, ucum STRING, factor DOUBLE",
        lambda a, b: coders.lab(a or "", b),
    ),
    "lab_words": Coding(
        "labs",
        ("specimen", "flag"),
        "specimen_std STRING, flag_std STRING",
        lambda a, b: (word("specimen", a) or ("OTHER" if a else None), word("flag", b)),
    ),
    "diagnosis": Coding(
        "diagnoses",
        ("name_raw", "icd10_code"),
        "icd STRING, sure STRING, malignant BOOLEAN, condition STRING, cci STRING",
        _diagnosis,
    ),
    "operation": Coding(
        "procedures", ("op_name_raw",), "kind STRING, way STRING, nodes STRING, side STRING, icd9 STRING", _operation
    ),
    "note": Coding("notes", ("note_type",), "doc_code STRING", lambda a, _: (coders.note_type(a or ""),)),
    "gene": Coding("genomics", ("gene",), "symbol STRING, cls STRING", lambda a, _: coders.gene(a or "")),
    "result": Coding(
        "genomics", ("result_raw",), "status_std STRING, result_std STRING", lambda a, _: coders.result(a)
    ),
    "method": Coding(
        "genomics",
        ("method", "specimen"),
        "method_std STRING, kind STRING",
        lambda a, b: (word("method", a), word("specimen_kind", b)),
    ),
    "field": Coding(
        "radiotherapy",
        ("site_raw", "technique"),
        "topo STRING, target STRING, tech STRING",
        lambda a, b: (*coders.radiotherapy_site(a), word("technique", b)),
    ),
    "vital": Coding("vitals", ("unit",), "ucum STRING", lambda a, _: (coders.unit(a),)),
    "people": Coding("patients", ("ethnicity",), "ethnic STRING", lambda a, _: (word("ethnicity", a),)),
}
"""The coded names. A kind's map has its key columns as ``_a`` (and ``_b``) and the columns of ``ddl``."""


def code_maps(inputs: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """All maps, from one collect over the distinct names of all tables."""
    from pyspark.sql import functions as F

    kinds = {kind: c for kind, c in CODINGS.items() if c.table in inputs}
    if not kinds:
        return {}

    def pairs(kind: str, coding: Coding) -> DataFrame:
        columns = [F.col(c) for c in coding.columns] + [F.lit(None).cast("string")] * (2 - len(coding.columns))
        return inputs[coding.table].select(F.lit(kind).alias("kind"), columns[0].alias("a"), columns[1].alias("b"))

    union = reduce(lambda x, y: x.unionAll(y), (pairs(kind, c) for kind, c in kinds.items()))
    found: dict[str, list[Pair]] = {kind: [] for kind in kinds}
    for row in union.distinct().collect():
        found[row["kind"]].append((row["a"], row["b"]))
    return {kind: _map(union, kinds[kind], names) for kind, names in found.items()}


def _map(like: DataFrame, coding: Coding, names: Sequence[Pair]) -> DataFrame:
    wide = len(coding.columns) == 2
    rows = [((a, b) if wide else (a,)) + coding.code(a, b) for a, b in names]
    keys = "_a STRING, _b STRING" if wide else "_a STRING"
    return like.sparkSession.createDataFrame(rows, f"{keys}, {coding.ddl}")


def coded(frame: DataFrame, kind: str, maps: Mapping[str, DataFrame]) -> DataFrame:
    """``frame`` with the coded columns of a kind beside its own."""
    from pyspark.sql import functions as F

    coding = CODINGS[kind]
    found = maps[kind]
    condition = F.col(coding.columns[0]).eqNullSafe(F.col("_a"))
    if len(coding.columns) == 2:
        condition = condition & F.col(coding.columns[1]).eqNullSafe(F.col("_b"))
    return frame.join(F.broadcast(found), condition, "left").drop("_a", "_b")
