"""Small things that every derivation needs: ids, dates, provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_TRIPLES = [a + b for a in _PAIRS for b in _ALPHABET]
_SHIFTS = range(105, -1, -15)
"""130 bits as base32 digits, a pair and eight triples: what ``base64.b32encode`` gives, several times faster."""

PRECISION_RANK = {"D": 0, "M": 1, "Y": 2}
PROVENANCE = (
    "source_kind",
    "source_ref",
    "document_id",
    "mention_ids",
    "confidence",
    "review_status",
    "hospital_id",
    "release_id",
    "dq_flags",
)


def token(*parts: object) -> str:
    """Opaque, repeatable id: sha256 of the parts in base32, lower case, 26 characters."""
    number = int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:17]) >> 6
    return _PAIRS[number >> 120] + "".join([_TRIPLES[(number >> shift) & 32767] for shift in _SHIFTS])


def days(count: int) -> timedelta:
    """``count`` days."""
    return timedelta(days=count)


def derived(rule: str, basis: Mapping[str, Any] | None = None, *, confidence: float | None = None) -> Row:
    """Provenance of a derived row; hospital, release, document and mentions are those of the row it rests on."""
    basis = basis or {}
    return {
        "source_kind": "DERIVED",
        "source_ref": rule,
        "document_id": basis.get("document_id"),
        "mention_ids": basis.get("mention_ids"),
        "confidence": confidence,
        "review_status": "NOT_REVIEWED",
        "hospital_id": basis.get("hospital_id") or "",
        "release_id": basis.get("release_id") or "",
        "dq_flags": None,
    }


def evidence_order(row: Mapping[str, Any], date_column: str) -> tuple[Any, ...]:
    """Sort key that does not depend on the order in which rows came."""
    return (
        row.get(date_column) or date.max,
        row.get("source_ref") or "",
        row.get("document_id") or "",
        row.get("name_raw") or "",
    )


def earliest(dates: Iterable[date | None]) -> date | None:
    """The earliest date that is there."""
    return min((d for d in dates if d is not None), default=None)


def latest(dates: Iterable[date | None]) -> date | None:
    """The latest date that is there."""
    return max((d for d in dates if d is not None), default=None)


def best_dated(candidates: Iterable[tuple[date, str]]) -> tuple[date, str] | None:
    """Earliest of (date, precision); a more precise date in the same month or year replaces a vague one.

    A month stands at its 15th and a year at 1 July, so the vague date may lie on either side of the true one.
    """
    ordered = sorted(candidates, key=lambda c: (c[0], PRECISION_RANK.get(c[1], 2)))
    if not ordered:
        return None
    first, precision = ordered[0]
    slack = {"D": 0, "M": 16, "Y": 184}.get(precision, 0)
    for other, other_precision in ordered[1:]:
        if (other - first).days > slack:
            break
        if PRECISION_RANK[other_precision] < PRECISION_RANK[precision]:
            return other, other_precision
    return first, precision
