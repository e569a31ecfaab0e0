"""Lexicons and rules as data: tab-separated files with one header line; lines that begin with ``#`` are comments.

Where a list comes from, its version and who may change it stands in ``SOURCES.toml``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``<name>.tsv`` in this folder as dicts of column to cell; missing cells are empty strings."""
    return tuple(parse((resources.files(__name__) / f"{name}.tsv").read_text("utf-8")))


def parse(text: str) -> list[dict[str, str]]:
    """The rows of tab-separated text with a header line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return []
    header = lines[0].split("\t")
    return [_row(header, line.split("\t")) for line in lines[1:]]


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {column: cell.strip() for column, cell in zip(header, padded, strict=False)}


def words(name: str, kind: str = "", column: str = "term") -> tuple[str, ...]:
    """The non-empty words of a list's ``column``; cells hold several joined by ``;``; ``kind`` keeps only such rows."""
    chosen = (row for row in rows(name) if not kind or row.get("kind") == kind)
    return tuple(word.strip() for row in chosen for word in row[column].split(";") if word.strip())
