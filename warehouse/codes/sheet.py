"""Rows of a table file as text: CSV, TSV (UTF-8 or GB18030) and XLSX, with what the standard library offers.

XLSX is a zip of XML; only values are read: no formula is computed, no style looked at, dates stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from warehouse.errors import WarehouseError

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MAX_PART = 512 * 1024 * 1024
"""A sheet that unpacks to more than this is refused."""


def read_rows(path: Path, sheet: str | None = None) -> list[list[str]]:
    """All rows as the file has them, empty ones too, cells stripped. Raises WarehouseError when the file cannot be read as a table."""
    if not path.is_file():
        raise WarehouseError("The table file does not exist.", where=str(path), do="check its path")
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        rows = _xlsx(path, sheet)
    elif suffix in (".csv", ".tsv", ".txt"):
        rows = _text(path)
    else:
        raise WarehouseError(
            f"A table cannot be read from {suffix or 'a file without a suffix'}.",
            where=path.name,
            do="save it as CSV, TSV or XLSX",
        )
    return [[cell.strip() for cell in row] for row in rows]


def _text(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise WarehouseError(
                "The encoding of the table is not known.", where=path.name, do="save it as UTF-8 or GB18030"
            ) from None
    head = "\n".join(text.split("\n", 10)[:10])
    delimiter = max("\t,;", key=head.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _xlsx(path: Path, sheet: str | None) -> list[list[str]]:
    try:
        with zipfile.ZipFile(path) as book:
            names = _sheets(book)
            if sheet is not None and sheet not in names:
                raise WarehouseError(
                    f"The workbook has no sheet '{sheet}'.", where=path.name, do="its sheets: " + ", ".join(names)
                )
            part = names[sheet] if sheet is not None else next(iter(names.values()))
            return list(_cells(_part(book, part), _strings(book)))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, StopIteration) as error:
        raise WarehouseError(
            "The workbook cannot be read.",
            where=path.name,
            why=type(error).__name__,
            do="save it again as XLSX, or as CSV",
        ) from None


def _part(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if book.getinfo(name).file_size > MAX_PART:
        raise WarehouseError("The workbook is too large.", where=name, do="save the sheet as CSV")
    content = book.read(name)
    if b"<!DOCTYPE" in content[:4096]:
        raise WarehouseError(
            "The workbook declares entities, which are not read.", where=name, do="save it again as XLSX, or as CSV"
        )
    return ElementTree.fromstring(content)


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → part of the zip, in the order of the tabs."""
    targets = {item.get("Id"): item.get("Target", "") for item in _part(book, "xl/_rels/workbook.xml.rels")}
    found = {}
    for item in _part(book, "xl/workbook.xml").iterfind("m:sheets/m:sheet", NS):
        target = targets[item.get(RELATION)]
        found[item.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _strings(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [
        "".join(t.text or "" for t in item.iterfind(".//m:t", NS))
        for item in _part(book, "xl/sharedStrings.xml").iterfind("m:si", NS)
    ]


def _cells(sheet: ElementTree.Element, strings: list[str]) -> Iterator[list[str]]:
    done = 0
    for row in sheet.iterfind("m:sheetData/m:row", NS):
        number = int(row.get("r") or done + 1)
        yield from ([] for _ in range(done + 1, min(number, done + 1000)))
        done = number
        cells: list[str] = []
        for cell in row.iterfind("m:c", NS):
            place = _column(cell.get("r", "")) if cell.get("r") else len(cells)
            cells += [""] * (place - len(cells))
            cells.append(_value(cell, strings))
        yield cells


def _column(reference: str) -> int:
    """``C7`` → 2."""
    number = 0
    for letter in re.match(r"[A-Z]*", reference).group():  # type: ignore[union-attr]
        number = number * 26 + ord(letter) - 64
    return max(number - 1, 0)


def _value(cell: ElementTree.Element, strings: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iterfind(".//m:t", NS))
    text = cell.findtext("m:v", "", NS)
    if cell.get("t") == "s":
        return strings[int(text)]
    # A code typed as a number (38.5) is stored as text of a double: keep what Excel would show of a whole one.
    return text[:-2] if text.endswith(".0") else text
