"""Which delivered rows count today: small tables in, small tables out. One Spark plan for all cases."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DDL = "case string, site string, row_key string, delivery string, version string, file_row int, deleted boolean"
# An event: <delivery><sign>, + a row, - a deletion mark; in the order of the file. Expected: row keys with the delivery they come from.
KEYLESS: dict[str, tuple[str, list[str]]] = {
    "equal rows are several events": ("1+ 1+ 1+", ["k 1", "k#2 1", "k#3 1"]),
    "also over deliveries": ("1+ 2+", ["k 1", "k#2 2"]),
    "a mark takes one away": ("1+ 1+ 2-", ["k 1"]),
    "a mark for each takes all": ("1+ 1+ 2- 2-", []),
    "a mark before its row does nothing": ("1- 2+", ["k 2"]),
    "a mark too many is forgotten": ("1+ 2- 2- 3+", ["k 3"]),
    "deleted and written again": ("1+ 2- 3+ 3+", ["k 3", "k#2 3"]),
    "marks alone": ("1- 2-", []),
}
KEYED: dict[str, tuple[str, list[str]]] = {
    "the newest delivery wins": ("1+ 2+", ["k 2"]),
    "equal keys in one file": ("1+ 1+", ["k 1"]),
    "a deletion removes the record": ("1+ 1+ 2-", []),
    "a record comes back": ("1+ 2- 3+", ["k 3"]),
}


def events(case: str, text: str) -> list[tuple[Any, ...]]:
    return [(case, case, "k", e[0], "", i, e[1] == "-") for i, e in enumerate(text.split())]


def counted(text: str) -> int:
    """Equal rows left, by walking through the events."""
    left = 0
    for event in text.split():
        left = left + 1 if event.endswith("+") else max(0, left - 1)
    return left


@pytest.fixture(scope="module")
def every_order() -> dict[str, str]:
    return {
        signs: " ".join(f"{i}{s}" for i, s in enumerate(signs))
        for n in range(1, 6)
        for signs in map("".join, product("+-", repeat=n))
    }


@pytest.mark.parametrize("keyed", [True, False])
def test_current_rows(spark: SparkSession, keyed: bool) -> None:
    from jobs.conform.current import current, superseded

    cases = KEYED if keyed else KEYLESS
    frame = spark.createDataFrame([row for case, (text, _) in cases.items() for row in events(case, text)], DDL)
    found: dict[str, list[str]] = {case: [] for case in cases}
    for row in current(frame, keyed=keyed).orderBy("site", "row_key").collect():
        found[row.site].append(f"{row.row_key} {row.delivery}")
    assert found == {case: expected for case, (_, expected) in cases.items()}
    left_out = superseded({"t": frame}, () if keyed else ("t",))
    assert left_out is not None
    total = sum(len(text.split()) for text, _ in cases.values())
    assert sum(r.n for r in left_out.collect()) == total - sum(len(expected) for _, expected in cases.values())


def test_every_order_of_rows_and_marks(spark: SparkSession, every_order: dict[str, str]) -> None:
    """The window formula against a walk through the events, for all 62 sequences of up to five."""
    from jobs.conform.current import current

    frame = spark.createDataFrame([row for case, text in every_order.items() for row in events(case, text)], DDL)
    found = {row.site: row["count"] for row in current(frame, keyed=False).groupBy("site").count().collect()}
    assert found == {case: n for case, text in every_order.items() if (n := counted(text))}
