"""Measures the de-identifier on a gold file: `python -m bench.deid_independent.measure gold.jsonl [--misses FILE]
[--weights FILE | --rules]`: with the weights of `bench.deid_tagger --held`, or without the network.

Every note goes through the public function twice, with the patient's own fields and without. Prints Markdown tables:
entity recall, notes with no leak (Wilson 95 %), quarantined notes, recall by kind, damage to traps and terms, character
precision and characters a second. What counts as a leak is said in `identifying.py`; recall, leaks, damage and precision
are of published notes, quarantined ones are counted by themselves. `--misses` is refused for the reserved groups.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.deid_independent.identifying import identifying

Note = dict[str, Any]
OFFSET_DAYS, SURROGATE_KEY = 7, b"x" * 32
OPEN = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ1234")  # the groups that may be read by whoever writes rules
LIST_FIELDS = ("names", "id_numbers", "phones", "addresses", "record_numbers", "employers")


@dataclass
class Tally:
    """Counts over the notes of one run; `misses` are (note, span, uncovered text)."""

    notes: int = 0
    quarantined: int = 0
    clean: int = 0
    chars: int = 0
    seconds: float = 0.0
    covered: int = 0
    covered_rightly: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    sorts: Counter[str] = field(default_factory=Counter)
    sorts_found: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[Note, dict[str, Any], str]] = field(default_factory=list)


def engine_of(weights: Path | None, *, rules: bool = False) -> Any:
    """The de-identifier with other weights of its network, or without it."""
    from nlp.deid import Deidentifier, DeidSettings
    from nlp.deid.tagger import tagger

    return Deidentifier(DeidSettings(network=not rules), tagger(weights) if weights else None)


def run(notes: Iterable[Note], engine: Any, *, with_known: bool) -> Tally:
    """Sends every note through one Deidentifier and counts."""
    from nlp.deid import Known

    tally = Tally()
    engine.deid("患者一般情况可。", offset_days=OFFSET_DAYS, surrogate_key=SURROGATE_KEY)  # loading is not timed
    for note in notes:
        known = _known(Known, note["known"]) if with_known else Known()
        begun = time.process_time()
        result = engine.deid(note["text"], known=known, offset_days=OFFSET_DAYS, surrogate_key=SURROGATE_KEY,
                             note_type=note["note_type"], note_date=note["note_time"])  # fmt: skip
        tally.seconds += time.process_time() - begun
        tally.chars += len(note["text"])
        tally.notes += 1
        if result.status == "ok":
            _count(tally, note, {place for span in result.spans for place in range(span.start, span.end)})
        else:
            tally.quarantined += 1
    return tally


def _known(make: Any, fields: dict[str, Any]) -> Any:
    return make(**{name: tuple(fields[name]) for name in LIST_FIELDS}, birth_date=fields["birth_date"])


def _count(tally: Tally, note: Note, covered: set[int]) -> None:
    """Adds one published note; `covered` are the places inside any span of the de-identifier."""
    leaks = 0
    for span in note["spans"]:
        text = note["text"][span["start"] : span["end"]]
        bare = {span["start"] + place for place in identifying(text, span["kind"])} - covered
        tally.seen[span["kind"]] += 1
        tally.found[span["kind"]] += not bare
        if "sort" in span:
            tally.sorts[span["sort"]] += 1
            tally.sorts_found[span["sort"]] += not bare
        leaks += bool(bare)
        if bare:
            tally.misses.append((note, span, "".join(note["text"][place] for place in sorted(bare))))
    tally.clean += not leaks
    for kept in note["keep"]:
        tally.kept[kept["kind"]] += 1
        tally.damaged[kept["kind"]] += not covered.isdisjoint(range(kept["start"], kept["end"]))
    planted = {place for span in note["spans"] for place in range(span["start"], span["end"])}
    tally.covered += len(covered)
    tally.covered_rightly += len(covered & planted)


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not total:
        return 0.0, 1.0
    share, spread = hits / total, z * z / total
    half = z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    return (share + spread / 2 - half) / (1 + spread), (share + spread / 2 + half) / (1 + spread)


def summary(name: str, tally: Tally) -> str:
    """One row of the summary table."""
    published = tally.notes - tally.quarantined
    low, high = wilson(tally.clean, published)
    shares = [tally.damaged[kind] / max(1, tally.kept[kind]) for kind in ("trap", "term")]
    return (
        f"| {name} | {tally.found.total() / max(1, tally.seen.total()):.4f} ({tally.seen.total()}) "
        f"| {tally.clean / max(1, published):.3f} [{low:.3f}, {high:.3f}] | {tally.quarantined}/{tally.notes} "
        f"| {shares[0]:.2%} ({tally.kept['trap']}) | {shares[1]:.2%} ({tally.kept['term']}) "
        f"| {tally.covered_rightly / max(1, tally.covered):.4f} | {tally.chars / max(1e-9, tally.seconds):,.0f} |"
    )


HEADER = (
    "| run | entity recall (n) | notes with no leak | quarantined | traps damaged (n) | terms damaged (n) "
    "| char precision | chars/s |\n|---|---|---|---|---|---|---|---|"
)


def by_kind(with_known: Tally, without: Tally) -> str:
    """Recall by kind, worst without known fields first."""
    kinds = sorted(without.seen, key=lambda kind: without.found[kind] / without.seen[kind])
    rows = [
        f"| {kind} | {without.seen[kind]} | {_share(with_known, kind)} | {_share(without, kind)} |" for kind in kinds
    ]
    return "\n".join(["| kind | n | with known | without |", "|---|---|---|---|", *rows])


def by_sort(with_known: Tally, without: Tally) -> str:
    """Recall of names by their sort (two: given name of two characters, one, compound and rare surname, …)."""
    rows = [
        f"| {sort} | {total} | {with_known.sorts_found[sort] / max(1, with_known.sorts[sort]):.3f} "
        f"| {without.sorts_found[sort] / total:.3f} |"
        for sort, total in without.sorts.most_common()
    ]
    return "\n".join(["| names: sort | n | with known | without |", "|---|---|---|---|", *rows])


def _share(tally: Tally, kind: str) -> str:
    return f"{tally.found[kind] / tally.seen[kind]:.3f}" if tally.seen[kind] else "–"


def write_misses(path: Path, tally: Tally, limit: int = 40) -> None:
    """The first misses of every kind in turn, kinds with the most misses first, with 25 characters each side."""
    groups: dict[str, list[str]] = {}
    for note, span, bare in tally.misses:
        start, end, text = span["start"], span["end"], note["text"]
        line = f"{text[max(0, start - 25) : start]}⟦{text[start:end]}⟧{text[end : end + 25]}".replace("\n", "⏎")
        groups.setdefault(span["kind"], []).append(f"{note['hospital']}\t{span['kind']}\tleft: {bare}\t{line}")
    ranked = sorted(groups.values(), key=len, reverse=True)
    turns = [lines[turn] for turn in range(limit) for lines in ranked if turn < len(lines)]
    path.write_text("\n".join(turns[:limit]) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--misses", type=Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--weights", type=Path)
    which.add_argument("--rules", action="store_true", help="without the network")
    arguments = parser.parse_args()
    notes = [json.loads(line) for line in arguments.gold.read_text("utf-8").splitlines()]
    if arguments.misses and not all(note["hospital"].startswith(OPEN) for note in notes):
        print(
            "Misses of reserved groups are never written: their examples must not reach whoever writes the rules.",
            file=sys.stderr,
        )
        return 2
    engine = engine_of(arguments.weights, rules=arguments.rules)
    with_known, without = run(notes, engine, with_known=True), run(notes, engine, with_known=False)
    print(HEADER, summary("with known", with_known), summary("without", without), sep="\n", end="\n\n")
    print(by_kind(with_known, without), by_sort(with_known, without), sep="\n\n")
    if arguments.misses:
        write_misses(arguments.misses, without)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
