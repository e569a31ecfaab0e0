"""Code tables of an institution: imported from its licensed files, kept outside the package, preferred over the built-in ones.

``<folder>/<table>/<version>/`` holds ``rows.tsv``, ``linker.tsv`` (code, name) and ``source.json``; ``<folder>/<table>/CURRENT.json`` names
the version that counts. ``use(folder)`` makes this process prefer them; without it nothing but the built-in tables is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from warehouse.codes.sheet import read_rows
from warehouse.errors import WarehouseError

COLUMNS = ("code", "name", "name_en", "synonyms")
POINTER, ROWS, LINKER, SOURCE = "CURRENT.json", "rows.tsv", "linker.tsv", "source.json"
SHOWN_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One imported code: its name, English name and other names."""

    code: str
    name: str
    name_en: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A version of an imported table."""

    table: str
    version: str
    edition: str
    file: str
    rows: int
    is_current: bool = False


@dataclass
class _Active:
    folder: Path | None = None
    tables: dict[str, tuple[Entry, ...]] = field(default_factory=dict)


_active = _Active()


@cache
def rules() -> dict[str, Any]:
    """imports.toml: the tables that may be imported, and the column titles that are recognised."""
    return tomllib.loads((files("warehouse.codes") / "imports.toml").read_text(encoding="utf-8"))


def tables() -> tuple[str, ...]:
    """Names of the tables that may be imported."""
    return tuple(rules()["table"])


def use(folder: Path | str | None) -> None:
    """Prefer the current imports of ``folder`` in this process from now on; None goes back to the built-in tables.

    Raises WarehouseError when the folder is not there or an import in it is damaged.
    """
    from warehouse.codes import tables as builtin
    from warehouse.codes.lookup import all_claims, index

    root = Path(folder) if folder else None
    if root is not None and not root.is_dir():
        raise WarehouseError(
            "The folder of code tables does not exist.",
            where=str(root),
            do="run `oncorwe codes import`, or correct [codes] folder in the settings",
        )
    _active.folder = root
    _active.tables = (
        {table: entries(root, table) for table in tables() if root and current(root, table)} if root else {}
    )
    for loader in (*builtin.OVERLAID, builtin.version, index, all_claims):
        loader.cache_clear()


def preferred(table: str) -> tuple[Entry, ...]:
    """The imported entries of a table in this process; none when nothing was imported or ``use`` was not called."""
    return _active.tables.get(table, ())


def fingerprint() -> bytes:
    """What the imports add to the version of the code tables; empty without any."""
    if not _active.tables or _active.folder is None:
        return b""
    return json.dumps({table: current(_active.folder, table) for table in sorted(_active.tables)}).encode()


def current(folder: Path, table: str) -> str | None:
    """The version of an imported table that counts, None when there is none."""
    path = folder / table / POINTER
    return str(json.loads(path.read_text(encoding="utf-8"))["version"]) if path.is_file() else None


def imported(folder: Path) -> list[Imported]:
    """All versions of all imported tables, by table and version."""
    found = []
    for path in sorted(folder.glob(f"*/*/{SOURCE}")):
        told = json.loads(path.read_text(encoding="utf-8"))
        version, table = path.parent.name, path.parents[1].name
        is_current = current(folder, table) == version
        found.append(Imported(table, version, told["edition"], told["file"], told["rows"], is_current))
    return found


def entries(folder: Path, table: str) -> tuple[Entry, ...]:
    """The entries of the version that counts. Raises WarehouseError when its bytes are not those that were imported."""
    version = current(folder, table)
    path = folder / table / str(version) / ROWS
    if version is None or not path.is_file():
        raise WarehouseError(f"The imported table {table} is not complete.", where=str(path), do="import it again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest()[:12] != version:
        raise WarehouseError(
            f"The imported table {table} was changed by hand.",
            where=str(path),
            why="its bytes are not those of its version",
            do="import it again",
        )
    rows = list(csv.reader(io.StringIO(content.decode("utf-8")), delimiter="\t"))[1:]
    return tuple(Entry(row[0], row[1], row[2], tuple(part for part in row[3].split(";") if part)) for row in rows)


def linker_file(folder: Path, table: str) -> Path:
    """The file (code, name) that ``oncorwe code --table`` takes. Raises WarehouseError when the table was not imported."""
    version = current(folder, table)
    if version is None:
        known = ", ".join(sorted({item.table for item in imported(folder)})) or "none yet"
        raise WarehouseError(f"The table {table} was not imported.", where=str(folder), do=f"imported: {known}")
    return folder / table / version / LINKER


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a file: messages with row numbers, the first few; and how many in all."""

    shown: tuple[str, ...]
    count: int


def import_table(
    table: str,
    file: Path,
    folder: Path,
    *,
    edition: str,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    skip_bad: bool = False,
) -> tuple[Imported, Faults]:
    """Read, check and store a table, and make it the one that counts.

    ``columns``: our column → title in the file, where titles are not recognised. With ``skip_bad`` rows that cannot be used are left out
    and told; else the first of them stops the import. Raises WarehouseError; then nothing was stored.
    """
    if table not in tables():
        raise WarehouseError(f"The table '{table}' cannot be imported.", do="use one of " + ", ".join(tables()))
    _outside(folder)
    rows = read_rows(file, sheet)
    places, head = _places(rows, columns or {}, file.name)
    found, faults = _entries(table, rows[head + 1 :], places, head + 2)
    if (faults and not skip_bad) or not found:
        listed = "; ".join(faults[:SHOWN_FAULTS]) or "it has no row"
        raise WarehouseError(
            f"The file is no table of {table}: {len(faults)} of {sum(map(any, rows[head + 1 :]))} rows cannot be used.",
            where=file.name,
            why=listed,
            do="correct the rows, name the columns with --code-column and --name-column, or leave such rows out with --skip-bad",
        )
    stored = _store(table, found, folder, edition, file)
    return stored, Faults(tuple(faults[:SHOWN_FAULTS]), len(faults))


def _outside(folder: Path) -> None:
    package = Path(__file__).parents[1].resolve()
    if folder.resolve().is_relative_to(package):
        raise WarehouseError(
            "Licensed tables are not kept inside the package.",
            where=str(folder),
            do="name a folder outside with --folder or ONCORWE_CODES",
        )


def _title(text: str) -> str:
    return re.sub(r"[\s*＊()（）]", "", text).casefold()


def _places(rows: Sequence[Sequence[str]], columns: Mapping[str, str], file: str) -> tuple[dict[str, int], int]:
    """Where our columns stand, and in which row the titles are: the first of ten rows that names a code and a name."""
    known = {
        ours: [_title(columns[ours])] if ours in columns else [_title(t) for t in rules()["headers"][ours]]
        for ours in COLUMNS
    }
    for number, row in enumerate(rows[:10]):
        titles = [_title(cell) for cell in row]
        places = {ours: next((titles.index(t) for t in wanted if t in titles), -1) for ours, wanted in known.items()}
        if places["code"] >= 0 and places["name"] >= 0:
            if lacking := next((ours for ours in columns if places[ours] < 0), ""):
                raise WarehouseError(f"The file has no column '{columns[lacking]}'.", where=file, do="check the title")
            return places, number
    seen = ", ".join(cell for row in rows[:10] for cell in row if cell)[:200] or "nothing"
    raise WarehouseError(
        "The columns for code and name were not recognised.",
        where=file,
        why=f"its first rows have: {seen}",
        do="name them with --code-column and --name-column",
    )


def _entries(
    table: str, rows: Sequence[Sequence[str]], places: Mapping[str, int], first: int
) -> tuple[list[Entry], list[str]]:
    """Entries by code in the order of the file, further names of a code as synonyms; and a sentence for every unusable row."""
    found: dict[str, Entry] = {}
    faults = []
    for number, row in enumerate(rows, first):
        if not any(row):
            continue
        cells = {ours: row[place] if 0 <= place < len(row) else "" for ours, place in places.items()}
        if fault := _fault(table, cells):
            faults.append(f"row {number}: {fault}")
            continue
        code, synonyms = _canonical(table, cells["code"]), _split(cells["synonyms"])
        before = found.get(code)
        if before is None:
            found[code] = Entry(code, cells["name"], cells["name_en"], synonyms)
        else:
            more = [name for name in (cells["name"], *synonyms) if name != before.name]
            found[code] = Entry(code, before.name, before.name_en, tuple(dict.fromkeys((*before.synonyms, *more))))
    return list(found.values()), faults


def _split(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split("[;；|]", cell) if part.strip()))


def _fault(table: str, cells: Mapping[str, str]) -> str:
    """Why a row cannot be used, empty when it can. Codes are shown: they name no person."""
    if not cells["code"] or not cells["name"]:
        return "code or name is empty"
    if any(sign in cell for cell in cells.values() for sign in "\t\n\r"):
        return "a cell has a tab or a line break"
    if (pattern := rules()["table"][table].get("pattern")) and not re.match(pattern, cells["code"]):
        return f"'{cells['code'][:30]}' is no code of {table}"
    if rules()["table"][table]["kind"] == "names" and not _canonical(table, cells["code"]):
        return f"'{cells['code'][:30]}' is not in the built-in table"
    return ""


def _canonical(table: str, code: str) -> str:
    """The code as the built-in table writes it; for tables of names empty when that table has no such code."""
    if rules()["table"][table]["kind"] == "full":
        return re.sub(r"^M-?(?=\d{4}/)", "", code)
    from warehouse.codes.lookup import lookup

    row = lookup(table, code)
    return str(getattr(row, "inn", "") or getattr(row, "code", "")) if row else ""


def _store(table: str, found: Sequence[Entry], folder: Path, edition: str, file: Path) -> Imported:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([e.code, e.name, e.name_en, ";".join(e.synonyms)] for e in found)
    content = buffer.getvalue().encode("utf-8")
    version = hashlib.sha256(content).hexdigest()[:12]
    place = folder / table / version
    place.mkdir(parents=True, exist_ok=True)
    (place / ROWS).write_bytes(content)
    titles = "".join(f"{e.code}\t{e.name}\n" for e in found)
    (place / LINKER).write_text("code\tname\n" + titles, encoding="utf-8")
    told = {"table": table, "edition": edition, "file": file.name, "rows": len(found), "file_sha256": _digest(file)}
    (place / SOURCE).write_text(json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    pointer = folder / table / f"{POINTER}.new"
    pointer.write_text(json.dumps({"version": version}) + "\n", encoding="utf-8")
    pointer.replace(folder / table / POINTER)
    return Imported(table, version, edition, file.name, len(found), True)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
