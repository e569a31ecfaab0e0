"""Search a candidate's text for planted identifiers (check DI10): strings that must not have survived de-identification."""

from __future__ import annotations

from pathlib import Path

import ahocorasick
import pyarrow as pa
import pyarrow.parquet as pq


def read_canaries(file: str) -> list[str]:
    """One canary a line; shorter than two characters would match anything and is left out."""
    if not file:
        return []
    return sorted(
        {line.strip() for line in Path(file).read_text(encoding="utf-8").splitlines() if len(line.strip()) >= 2}
    )


def scan(folder: Path, file: str) -> tuple[int, int]:
    """(text values searched, values that hold a canary); (0, 0) when no canaries are configured. Values are never named."""
    canaries = read_canaries(file)
    if not canaries:
        return 0, 0
    machine = ahocorasick.Automaton()
    for canary in canaries:
        machine.add_word(canary, canary)
    machine.make_automaton()
    searched = found = 0
    for path in sorted(folder.rglob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches():
            for column in batch.columns:
                if pa.types.is_string(column.type):
                    for text in column.to_pylist():
                        searched += text is not None
                        found += text is not None and next(machine.iter(text), None) is not None
    return searched, found
