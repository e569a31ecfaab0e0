"""Confidence of facts by what they were read from: measured levels of ``confidence.tsv`` in place of a builder's belief."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from nlp.model import Fact, Polarity


@cache
def measured() -> dict[tuple[str, str], float]:
    """(table, kind of evidence) to level."""
    with Path(__file__).with_name("confidence.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return {(row["table"], row["kind"]): float(row["level"]) for row in rows}


def is_suspected(one: Fact) -> bool:
    """Does the note hedge? Such a fact keeps its builder's lower confidence."""
    return one.values.get("certainty") == "SUSPECTED" or any(m.polarity is Polarity.UNCERTAIN for m in one.mentions)


def settle(one: Fact) -> Fact:
    """The fact with the measured level of its kind, if there is one; ``believed`` keeps what the builder said."""
    one.believed = one.confidence
    level = measured().get((one.table, one.kind))
    if level is not None and not is_suspected(one):
        one.confidence = level
    return one
