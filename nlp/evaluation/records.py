"""Records of an evaluation: from a file of JSON lines, or as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Source = Path | str | Iterable[Row]
"""A path, or the records themselves."""


def read(source: Source) -> list[Row]:
    """The records of a source; raises ValueError for a line that is no JSON."""
    if not isinstance(source, Path | str):
        return list(source)
    with Path(source).open(encoding="utf-8-sig") as file:
        return [json.loads(line) for line in file if line.strip()]
