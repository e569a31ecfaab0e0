"""``make bench-warehouse``: the researcher questions over a large synthetic release, beside the same questions over OMOP-shaped
long tables in the same run, and derivation in Spark beside a plain loop over patients.

    python -m bench.warehouse [--patients 100000] [--folder DIR] [--derive 50000] [--skip-derive]

Both sides are Parquet files with the same compression and row groups, read by DuckDB on the same threads. Each question is
asked eleven times a side, alternating; the median counts. Answers must be equal, or the benchmark fails.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from bench.warehouse_omop import FOLDER, build_omop, connect_omop
from bench.warehouse_release import build_release
from warehouse.compile.duckdb import connect
from warehouse.questions import Question, questions

ROUNDS = 11
THREADS = 2
Answer = list[tuple[Any, ...]]


def ask(db: duckdb.DuckDBPyConnection, sql: str, params: dict[str, Any]) -> tuple[float, Answer]:
    """Seconds and rows of one question."""
    used = {name: value for name, value in params.items() if re.search(rf"\${name}\b", sql)}
    started = time.perf_counter()
    rows = db.execute(sql, used).fetchall()
    return time.perf_counter() - started, rows


def bytes_read(opened: duckdb.DuckDBPyConnection, sql: str, params: dict[str, Any], folder: Path) -> int:
    """Bytes that a question reads from its files, as the engine's profile says; the connection must be fresh."""
    report = folder / "profile.json"
    opened.execute("SET enable_external_file_cache = false")
    opened.execute("PRAGMA enable_profiling = 'json'")
    opened.execute(f"SET profiling_output = '{report}'")
    ask(opened, sql, params)
    opened.close()
    return int(json.loads(report.read_text(encoding="utf-8"))["io"]["total_bytes_read"])


def size(folder: Path) -> int:
    """Bytes of the Parquet files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*.parquet"))


def comparable(rows: Answer) -> Answer:
    """Numbers rounded, so that the order of a floating-point sum does not tell."""
    return [tuple(round(float(v), 6) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in r) for r in rows]  # fmt: skip


def compare(question: Question, release: Path, omop: Path, scratch: Path) -> tuple[float, float, int, int, int]:
    """Seconds over the release and over OMOP, bytes read of both, rows of the answer. Exits when the answers differ."""
    params = {p.name: p.default for p in question.params}
    other = (FOLDER / f"{question.name}.sql").read_text(encoding="utf-8")
    own_times, other_times = [], []
    with connect(release) as db, connect_omop(omop) as long:
        for each in (db, long):
            each.execute(f"SET threads = {THREADS}")
            each.execute("SET enable_progress_bar = false")
        for _ in range(ROUNDS):
            seconds, own = ask(db, question.sql, params)
            own_times.append(seconds)
            seconds, theirs = ask(long, other, params)
            other_times.append(seconds)
    if comparable(own) != comparable(theirs):
        odd = next(((a, b) for a, b in zip(comparable(own), comparable(theirs), strict=False) if a != b), None)
        sys.exit(f"{question.name}: the answers differ ({len(own)} and {len(theirs)} rows): {odd}")
    own_bytes = bytes_read(connect(release), question.sql, params, scratch)
    other_bytes = bytes_read(connect_omop(omop), other, params, scratch)
    return statistics.median(own_times), statistics.median(other_times), own_bytes, other_bytes, len(own)


def report_questions(release: Path, omop: Path, scratch: Path) -> None:
    """Print one line a question and the sums."""
    print(f"{'question':28} {'rows':>5} {'release s':>9} {'OMOP s':>8} {'ratio':>6} {'read MB':>8} {'OMOP MB':>8}")
    found = []
    for question in questions():
        own, other, own_bytes, other_bytes, rows = compare(question, release, omop, scratch)
        found.append((own, other, own_bytes, other_bytes))
        print(f"{question.name:28} {rows:5} {own:9.3f} {other:8.3f} {other / own:6.1f} {own_bytes / 1e6:8.1f} {other_bytes / 1e6:8.1f}", flush=True)  # fmt: skip
    own, other, own_bytes, other_bytes = (sum(column) for column in zip(*found, strict=True))
    ratios = [b / a for a, b, _, _ in found]
    print(
        f"{'all':28} {'':5} {own:9.3f} {other:8.3f} {other / own:6.1f} {own_bytes / 1e6:8.1f} {other_bytes / 1e6:8.1f}"
    )
    print(f"Slowest {max(a for a, *_ in found):.2f} s; ratio median {statistics.median(ratios):.1f}, least {min(ratios):.1f}; {THREADS} threads, median of {ROUNDS}.")  # fmt: skip
    print(f"Stored: release {size(release) / 1e6:.0f} MB, OMOP {size(omop) / 1e6:.0f} MB. Read by one question on average: {own_bytes / len(found) / size(release):.2%} of the release, {other_bytes / len(found) / size(omop):.2%} of OMOP.")  # fmt: skip


@contextmanager
def workplace(folder: str | None) -> Iterator[Path]:
    """The given folder, kept; or one that goes away."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield Path(folder)
        return
    with TemporaryDirectory() as made:
        yield Path(made)


def main() -> None:
    """Build what is not there, ask, derive."""
    parser = argparse.ArgumentParser(
        description="Speed of the warehouse, side by side with long tables and a plain loop"
    )
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument(
        "--derive", type=int, default=50_000, help="patients of the derivation benchmark; 0 leaves it out"
    )
    parser.add_argument("--folder", help="keep (and use again) the built tables here")
    options = parser.parse_args()
    with workplace(options.folder) as folder:
        release, omop = folder / "release", folder / "omop"
        if options.patients and not omop.exists():
            started = time.perf_counter()
            rows = build_release(release, options.patients)
            long = build_omop(release, omop)
            print(f"Built in {time.perf_counter() - started:.0f} s: {rows['patient']:,} patients, {rows['document']:,} documents, {sum(rows.values()):,} rows in {len(rows)} tables; {sum(long.values()):,} OMOP rows in {len(long)}.", flush=True)  # fmt: skip
        if options.patients:
            report_questions(release, omop, folder)
        if options.derive:
            from bench.warehouse_derive import report_derive

            report_derive(options.derive, folder)


if __name__ == "__main__":
    main()
