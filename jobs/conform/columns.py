"""Column expressions that every conformed table needs: opaque ids, provenance, the contract's columns, completed dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jobs.conform.rules import rules
from warehouse.compile.spark import SPARK_TYPES
from warehouse.schema import release

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_DIGITS, _ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV", "abcdefghijklmnopqrstuvwxyz234567"
WORKING: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "tumour_fact": ("tumour", {"fact_date": "DATE", "fact_date_precision": "STRING", "certainty": "STRING", "fact_no": "INT", "dx_basis": "STRING"}),
    "regimen_fact": (
        "regimen",
        {
            "start_date_precision": "STRING", "fact_date": "DATE", "certainty": "STRING", "clinician_line": "INT", "drug_names": "ARRAY<STRING>",
            "regimen_alias": "STRING", "n_cycles": "INT", "fact_no": "INT",
        },
    ),
}  # fmt: skip
"""Working tables: the release table whose columns they borrow and the columns they add."""
WITHOUT = {
    "tumour_fact": {
        "tumour_id",
        "tumour_seq",
        "age_at_dx",
        "advanced_date",
        "advanced_date_precision",
        "metastatic_date",
        "dx_hospital_same",
        "index_candidate",
    },
    "regimen_fact": {"line_id", "tumour_id"},
}
"""Columns of those release tables that only derivation can know."""


def token(*parts: Column) -> Column:
    """Opaque id: the first 130 bits of sha256 over the parts joined by ``|``, in base32 (26 lower-case characters).

    The same digits as ``warehouse.derive.common.token``, as a Spark expression.
    """
    from pyspark.sql import functions as F

    digest = F.sha2(F.concat_ws("|", *parts), 256)
    chunks = [F.lpad(F.conv(F.substring(digest, 1 + 5 * i, 5), 16, 32), 4, "0") for i in range(7)]
    return F.translate(F.substring(F.concat(*chunks), 1, 26), _DIGITS, _ALPHABET)


def contract(name: str) -> dict[str, str]:
    """Columns of an output table and their Spark types, in order."""
    base, added = WORKING.get(name, (name, {}))
    columns = {c.name: SPARK_TYPES[c.type] for c in release(base).columns if c.name not in WITHOUT.get(name, set())}
    return columns | dict(added)


def finish(frame: DataFrame, name: str) -> DataFrame:
    """The contract's columns (missing ones NULL) and ``_drop``, the reason why a row is left out (NULL: it stays)."""
    from pyspark.sql import functions as F

    constants = {
        "review_status": F.lit("NOT_REVIEWED"),
        "dq_flags": F.expr("cast(array() as array<string>)"),
        "release_id": F.lit(None),
    }
    if "_drop" not in frame.columns:
        frame = frame.withColumn("_drop", F.lit(None).cast("string"))
    have = set(frame.columns)

    def column(column_name: str, type_: str) -> Column:
        source = constants.get(column_name, F.col(column_name) if column_name in have else F.lit(None))
        return source.cast(type_).alias(column_name)

    return frame.select(*[column(c, t) for c, t in contract(name).items()], "_drop")


def structured(frame: DataFrame, table: str, key: str) -> DataFrame:
    """Provenance of rows that a hospital delivered; ``key`` receives the row's id unless the delivery brought one."""
    from pyspark.sql import functions as F

    if key not in frame.columns:
        frame = frame.withColumn(key, token(F.col("site"), F.lit(table), F.col("row_key")))
    return frame.withColumns({"source_kind": F.lit("STRUCTURED"), "source_ref": F.col("row_key")})


def required(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    """Mark rows that lack a required value, unless they are marked already."""
    from pyspark.sql import functions as F

    have = "_drop" in frame.columns
    reason = F.coalesce(
        *([F.col("_drop")] if have else []),
        *[F.when(F.col(n).isNull(), F.lit(f"no {n}")) for n in names],
        F.lit(None).cast("string"),
    )
    return frame.withColumn("_drop", reason)


def complete_date(raw: Column) -> Column:
    """``2015`` → 2015-07-01, ``2015-10`` → 2015-10-15, ``2015-10-03`` → itself; NULL when it is no date."""
    from pyspark.sql import functions as F

    text = (
        F.when(F.length(raw) == 4, F.concat(raw, F.lit("-07-01")))
        .when(F.length(raw) == 7, F.concat(raw, F.lit("-15")))
        .otherwise(F.substring(raw, 1, 10))
    )
    return text.try_cast("date")


def precision(raw: Column) -> Column:
    """Y, M or D of a date as precise as the text."""
    from pyspark.sql import functions as F

    return F.when(F.length(raw) == 4, "Y").when(F.length(raw) == 7, "M").when(raw.isNotNull(), "D")


def slack(days: int, precision_column: Column | None) -> Column:
    """``days``, wider for a date that is known to the month or the year only."""
    from pyspark.sql import functions as F

    base = F.lit(days)
    if precision_column is None:
        return base
    wide: dict[str, int] = rules()["slack"]
    return (
        F.when(precision_column == "M", days + wide["M"])
        .when(precision_column == "Y", days + wide["Y"])
        .otherwise(base)
    )
