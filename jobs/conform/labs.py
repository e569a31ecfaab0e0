"""Laboratory results: operator, number and words of a value as printed, canonical units, flags from the reference range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jobs.conform.columns import required, structured
from jobs.conform.names import coded

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

UNMAPPED = "LOCAL:UNMAPPED"
"""Code of a test that the code table does not know: kept with its name, number and unit as written."""
_NUMBER = (
    r"^\s*([<>]=?|=)?\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?:\s*[xX*×]\s*10\s*[\^]?\s*([+-]?\d+))?(?![\d.+-]*:)(.*)$"
)


def lab_rows(rows: DataFrame, maps: Mapping[str, DataFrame]) -> DataFrame:
    """Results with test code and canonical unit; what cannot be converted keeps only its raw form."""
    from pyspark.sql import functions as F

    rows = coded(coded(rows, "lab", maps), "lab_words", maps)
    plain = F.regexp_replace(
        F.translate("value_raw", "＜＞≤≥，．１２３４５６７８９０", "<>≦≧,.1234567890"), r"(?<=\d),(?=\d{3})", ""
    )
    plain = F.regexp_replace(F.regexp_replace(plain, "≦", "<="), "≧", ">=")
    rows = rows.withColumn("_plain", plain)
    part = {i: F.regexp_extract("_plain", _NUMBER, i) for i in (1, 2, 3, 4)}
    power = F.coalesce(F.pow(F.lit(10.0), part[3].try_cast("double")), F.lit(1.0))
    number = part[2].try_cast("double") * power
    isolated = ~part[4].rlike(r"^\s*[-~～:/]\s*\d")
    rows = rows.withColumns({"_number": F.when(isolated, number), "_operator": F.nullif(part[1], F.lit(""))})
    known = F.col("test").isNotNull()
    rows = rows.withColumns({
        "test_code": F.coalesce("test", F.lit(UNMAPPED)), "test_name_raw": F.col("item_name"), "specimen": F.col("specimen_std"),
        "value_num": F.col("_number") * F.col("factor"), "unit": F.when(F.col("factor").isNotNull() | ~known, F.col("ucum")),
        "value_operator": F.when(F.col("_number").isNotNull(), F.coalesce("_operator", F.lit("="))), "value_text": _words(),
        "ref_low": F.col("ref_low") * F.col("factor"), "ref_high": F.col("ref_high") * F.col("factor"),
    })  # fmt: skip
    rows = rows.withColumn("abnormal_flag", F.coalesce(_flag(), F.col("flag_std")))
    return required(structured(rows, "lab_measurement", "lab_id"), ["patient_id", "sample_date", "value_raw"])


def _words() -> Column:
    """POS, NEG, WEAK_POS, 1+ … of a result in words; other words as they are; NULL for a plain number."""
    from pyspark.sql import functions as F

    text = F.col("_plain")
    plus = F.regexp_extract(text, r"^\s*\(?\s*(\+{1,4}|[1-4]\+|\+[1-4])\s*\)?\s*$", 1)
    level = F.when(plus.rlike(r"^\++$"), F.concat(F.length(plus).cast("string"), F.lit("+"))).otherwise(
        F.concat(F.regexp_extract(plus, "([1-4])", 1), F.lit("+"))
    )
    return (
        F.when(plus != "", level)
        .when(text.rlike(r"弱阳|±|\+-"), "WEAK_POS")
        .when(text.rlike(r"(?i)阴|neg|^\s*\(?-\)?\s*$"), "NEG")
        .when(text.rlike(r"(?i)阳|pos"), "POS")
        .when(F.col("_number").isNull(), F.trim(text))
    )


def _flag() -> Column:
    """L, N or H of a number against its own reference range; a bound only flags what is beyond it for certain."""
    from pyspark.sql import functions as F

    value, low, high, sign = (F.col(c) for c in ("value_num", "ref_low", "ref_high", "value_operator"))
    below = (value < low) & sign.isin("=", "<", "<=")
    above = (value > high) & sign.isin("=", ">", ">=")
    within = (sign == "=") & (low.isNotNull() | high.isNotNull()) & value.isNotNull()
    return F.when(below, "L").when(above, "H").when(within, "N")
