"""``python -m jobs.synth --patients 60 --sites 3 --seed 7 --output DIR [--truth DIR]``"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jobs.runtime.errors import OncorweError
from jobs.synth.generate import SynthSummary, synthesise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobs.synth",
        description="Write invented cancer patients of invented hospitals into a landing folder.",
    )
    parser.add_argument("--patients", type=int, default=60, help="number of people (default 60)")
    parser.add_argument("--sites", type=int, default=3, help="number of hospitals (default 3)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same bytes (default 7)")
    parser.add_argument("--output", type=Path, required=True, help="landing folder to fill")
    parser.add_argument("--truth", type=Path, help="folder for what is true about the people")
    return parser


def describe(summary: SynthSummary) -> str:
    """A short account of what was written and what faults were planted."""
    rows = sum(summary.rows.values())
    lines = [f"{summary.persons} people at {len(summary.sites)} hospitals, {rows} rows, cut-off {summary.cutoff}"]
    lines.append(
        f"{summary.two_hospital_persons} at two hospitals, {summary.duplicates} duplicates, {summary.deletions} deletions, {summary.corrections} corrections"
    )
    lines += [
        f"bad rows planted: {table} {reason} {count}" for (table, reason), count in sorted(summary.planted.items())
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(describe(synthesise(options.patients, options.sites, options.seed, options.output, options.truth)))
    except OncorweError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
