"""What the de-identifier hides in texts of one's own, and how fast: `python -m bench.deid_texts FILE.jsonl … [--field text] [--every 1] [--examples OUT]`.

For texts that are de-identified already nearly every span is false, so this counts damage; for others it is a list to read before release.
Prints spans by label, of the rules and of the network, and characters a second with and without the network (CPU time of one process). Text is
written only to the file named by ``--examples``, which holds what the input holds and must be kept like it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.model import DeidResult

NOTE_DATE, AROUND = "2018-01-01", 12


def texts(files: list[Path], field: str, every: int) -> Iterator[str]:
    """One text of every ``every`` lines of the files."""
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines()
        yield from (json.loads(line)[field] for line in lines[::every])


def read(deid: Deidentifier, notes: list[str]) -> tuple[float, list[DeidResult]]:
    """CPU seconds and results; the first note is read once before, so that loading is not counted."""
    deid.deid(notes[0], offset_days=7, surrogate_key=b"texts", note_date=NOTE_DATE)
    started = time.process_time()
    results = [deid.deid(note, offset_days=7, surrogate_key=b"texts", note_date=NOTE_DATE) for note in notes]
    return time.process_time() - started, results


def examples(notes: list[str], results: list[DeidResult]) -> Iterator[str]:
    """A line a span: label, rule, cue, the span with what stands around it."""
    for note, result in zip(notes, results, strict=True):
        for span in result.spans:
            start, end = span.start, span.end
            shown = f"{note[max(0, start - AROUND) : start]}⟦{note[start:end]}⟧{note[end : end + AROUND]}"
            yield "\t".join((span.label, span.rule, span.cue, shown.replace("\n", "⏎").replace("\r", "")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--field", default="text")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--examples", type=Path)
    options = parser.parse_args()
    notes = [note for note in texts(options.files, options.field, options.every) if note]
    size = sum(map(len, notes))
    alone, _ = read(Deidentifier(DeidSettings(network=False)), notes)
    seconds, results = read(Deidentifier(), notes)
    print(f"{len(notes):,} texts, {size:,} characters, {sum(r.status != 'ok' for r in results)} quarantined")
    print(f"{size / seconds:,.0f} characters a second, rules alone {size / alone:,.0f}")
    by_rule = Counter(
        (s.label, "network" if s.rule.startswith("network") else "rules") for r in results for s in r.spans
    )
    for label in sorted({label for label, _ in by_rule}):
        print(f"{label:12} rules {by_rule[label, 'rules']:7,}  network {by_rule[label, 'network']:7,}")
    if options.examples:
        options.examples.write_text("\n".join(examples(notes, results)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
