"""Small inputs for the commands on single notes, taken from the synthetic deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

NOTES, OPERATIONS = "notes.jsonl", "operations.jsonl"


def _records(landing: Path, table: str) -> Iterator[dict[str, Any]]:
    """Rows of one table of the hospital that delivers JSON lines, oldest delivery first."""
    for file in sorted(landing.glob(f"site_b/*/{table}_*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def _note(row: dict[str, Any]) -> dict[str, Any]:
    when = datetime.strptime(row["doc_time"][:8], "%Y%m%d").date()
    return {
        "note_id": row["doc_id"], "patient": row["brid"], "note_type": row["doc_type"], "note_time": when.isoformat(),
        "text": row["content"],
    }  # fmt: skip


def write_samples(landing: Path, folder: Path, notes: int = 20) -> None:
    """``notes.jsonl`` for ``oncorwe deid`` and ``operations.jsonl`` for ``oncorwe code``, made of synthetic deliveries."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [_note(row) for row in islice(_records(landing, "notes"), notes)]
    names = sorted({row["ssmc"] for row in _records(landing, "procedures") if row.get("ssmc")})
    operations = [{"id": str(number), "text": name} for number, name in enumerate(names, start=1)]
    for file, rows in ((NOTES, written), (OPERATIONS, operations)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / file).write_text(text, encoding="utf-8")
