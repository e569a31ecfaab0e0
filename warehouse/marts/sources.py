"""Disease variables that other tables hold (``sources.toml``), as blocks of a mart's SQL."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).parent / "sources.toml"


@dataclass(frozen=True, slots=True)
class Source:
    """A table, how it hangs on the tumour, and one expression a variable (without the ``var_`` of its column)."""

    table: str
    key: str
    variables: dict[str, str]

    @property
    def block(self) -> str:
        """Name of its block in the SQL."""
        return f"in_{self.table}"


@cache
def sources() -> tuple[Source, ...]:
    """All sources in order."""
    return tuple(Source(**raw) for raw in tomllib.loads(PATH.read_text(encoding="utf-8"))["source"])


def source_blocks(columns: Iterable[str], tumour_code: str) -> dict[str, tuple[str, list[str]]]:
    """Blocks that hold values of these ``var_`` columns: name -> (SQL, the columns that it has)."""
    wanted = set(columns)
    found = {}
    for source in sources():
        own = {f"var_{name}": sql for name, sql in source.variables.items() if f"var_{name}" in wanted}
        if own:
            values = "".join(f",\n    {sql} AS {column}" for column, sql in own.items())
            found[source.block] = (
                f"{source.block} AS (\n  SELECT t.tumour_id{values}\n  FROM tumour t JOIN {source.table} x ON x.{source.key} = t.{source.key}"
                f"\n  WHERE t.tumour_code = '{tumour_code}' GROUP BY t.tumour_id\n)",
                list(own),
            )
    return found
