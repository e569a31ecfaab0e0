"""Evaluation of text de-identification: label-blind recall by kind, notes fully clean, damage to what must stay, with intervals.

An entity counts as leaked if ANY identifying character of it survives: letters and digits, or the offsets that the entity lists
as ``identifying`` (the surname of a name with a title, a hospital's name without its generic ending). Gold and predictions are JSON lines; gold as written by ``nlp.evaluation.deid_gold``, predictions as printed by ``oncorwe deid``.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

_Z95 = 1.959963984540054


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson score interval, 95 %; (0, 1) without observations."""
    if total == 0:
        return 0.0, 1.0
    p, z2 = hits / total, _Z95**2
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 * sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass
class Rate:
    """A count out of a total, with its interval."""

    hits: int = 0
    total: int = 0

    def add(self, hit: bool) -> None:
        """Count one observation."""
        self.hits += hit
        self.total += 1

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for a report."""
        low, high = wilson(self.hits, self.total)
        value = self.hits / self.total if self.total else None
        return {"value": value, "hits": self.hits, "total": self.total, "ci95": [round(low, 5), round(high, 5)]}


@dataclass
class Tally:
    """Running counts over notes."""

    recall: Rate = field(default_factory=Rate)
    clean: Rate = field(default_factory=Rate)
    traps: Rate = field(default_factory=Rate)
    terms: Rate = field(default_factory=Rate)
    precision: Rate = field(default_factory=Rate)
    quarantined: Rate = field(default_factory=Rate)
    by_kind: dict[str, Rate] = field(default_factory=lambda: defaultdict(Rate))
    leaks: Counter[str] = field(default_factory=Counter)


def _identifying(char: str) -> bool:
    return char.isalnum() or char == "*"


def _masked(gold: dict[str, Any], pred: dict[str, Any]) -> bytearray:
    """One flag a character: replaced by something else."""
    flags = bytearray(len(gold["text"]))
    for span in pred["spans"]:
        start, end = span["start"], span["end"]
        flags[start:end] = b"\x01" * (end - start)
    return flags


def score_note(gold: dict[str, Any], pred: dict[str, Any], tally: Tally) -> None:
    """Add one note. A quarantined note publishes nothing: it is counted as such and left out of the other rates."""
    quarantined = pred.get("status") != "ok"
    tally.quarantined.add(quarantined)
    if quarantined:
        return
    text, flags, leaked = gold["text"], _masked(gold, pred), False
    inside = bytearray(len(text))
    for entity in gold["entities"]:
        span = range(entity["start"], entity["end"])
        inside[entity["start"] : entity["end"]] = b"\x01" * len(span)
        places = entity["identifying"] if "identifying" in entity else (i for i in span if _identifying(text[i]))
        hidden = all(flags[i] for i in places)
        tally.recall.add(hidden)
        tally.by_kind[entity["kind"]].add(hidden)
        tally.leaks[entity["kind"]] += not hidden
        leaked |= not hidden
    tally.clean.add(not leaked)
    for item in gold.get("keep", ()):
        (tally.traps if item["kind"] == "trap" else tally.terms).add(any(flags[item["start"] : item["end"]]))
    for i, flag in enumerate(flags):
        if flag and _identifying(text[i]):
            tally.precision.add(bool(inside[i]))


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with Path(path).open(encoding="utf-8") as handle:
        yield from (json.loads(line) for line in handle if line.strip())


def _section(tally: Tally) -> dict[str, Any]:
    return {
        "entity_recall": tally.recall.as_dict(),
        "notes_fully_clean": tally.clean.as_dict(),
        "traps_damaged": tally.traps.as_dict(),
        "terms_damaged": tally.terms.as_dict(),
        "character_precision": tally.precision.as_dict(),
        "notes_quarantined": tally.quarantined.as_dict(),
    }


def report(pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Report over (gold, prediction) pairs: overall, recall by kind, and the same figures by note type and by hospital."""
    whole = Tally()
    groups: dict[str, dict[str, Tally]] = {"note_type": defaultdict(Tally), "hospital": defaultdict(Tally)}
    for gold, pred in pairs:
        for tally in (whole, *(groups[g][str(gold.get(g) or "unknown")] for g in groups)):
            score_note(gold, pred, tally)
    out = _section(whole)
    out["recall_by_kind"] = {k: r.as_dict() for k, r in sorted(whole.by_kind.items())}
    for name, tallies in groups.items():
        out[f"by_{name}"] = {k: _section(t) for k, t in sorted(tallies.items())}
    return out


def evaluate(gold_jsonl: Path | str, pred_jsonl: Path | str) -> dict[str, Any]:
    """Compare a gold file with a prediction file, joined by ``note_id``. A gold note without a prediction is an error (ValueError)."""
    predictions = {p["note_id"]: p for p in _lines(Path(pred_jsonl))}
    golds = list(_lines(Path(gold_jsonl)))
    missing = sum(g["note_id"] not in predictions for g in golds)
    if missing:
        msg = f"{missing} gold notes have no prediction: the two files must cover the same note_id values"
        raise ValueError(msg)
    return report((g, predictions[g["note_id"]]) for g in golds)


def render(result: dict[str, Any]) -> str:
    """The report as a plain table for the terminal."""
    rows = [
        (k, result[k])
        for k in (
            "entity_recall",
            "notes_fully_clean",
            "traps_damaged",
            "terms_damaged",
            "character_precision",
            "notes_quarantined",
        )
    ]
    rows += [(f"recall {k}", r) for k, r in result["recall_by_kind"].items()]
    lines = [f"{'measure':32} {'value':>8} {'hits':>7} {'n':>7}  95 % interval"]
    for name, rate in rows:
        value = "-" if rate["value"] is None else f"{rate['value']:.4f}"
        lines.append(
            f"{name:32} {value:>8} {rate['hits']:>7} {rate['total']:>7}  {rate['ci95'][0]:.4f}-{rate['ci95'][1]:.4f}"
        )
    return "\n".join(lines)
