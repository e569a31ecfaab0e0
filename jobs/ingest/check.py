"""``oncorwe site check``: try a site file on its newest delivery, write nothing, suggest what is missing."""

from __future__ import annotations

import difflib
from collections import Counter
from itertools import islice
from pathlib import Path

from jobs.ingest import DELIVERY
from jobs.ingest.canonical import Mapper
from jobs.ingest.records import columns, records
from jobs.runtime.errors import InputUnusable
from jobs.runtime.settings import IngestSettings
from jobs.runtime.sites import FileRules, Site, load_site
from jobs.runtime.storage import Store
from warehouse.schema import landing, landing_tables


def check_site(file: Path, landing_folder: str, rows: int) -> tuple[bool, list[str]]:
    """Whether the newest delivery of a site can be taken, and what was found, as lines for a terminal.

    Column names and counts only are shown, never a value.
    """
    site = load_site(file)
    store = Store(str(Path(landing_folder).resolve()) if "://" not in landing_folder else landing_folder)
    deliveries = [name for name in store.folders(site.id) if DELIVERY.fullmatch(name)]
    if not deliveries:
        return False, [
            f"{site.id}: no delivery in {landing_folder}/{site.id}; a delivery is a folder named by date, such as 2024-06-01"
        ]
    lines, good = [f"{site.id}: {len(deliveries)} delivery(ies); trying {deliveries[-1]}"], True
    seen = set()
    for name in store.files(f"{site.id}/{deliveries[-1]}"):
        rules = site.rules_for(name)
        if rules is None:
            lines.append(f"  ? {name}: no pattern fits, it would be left alone")
            continue
        seen.add(rules.table)
        fine, found = _check_file(store, f"{site.id}/{deliveries[-1]}/{name}", site, rules, rows)
        good &= fine
        lines += found
    lines += [f"  - {table.name}: not delivered" for table in landing_tables() if table.name not in seen]
    return good, lines


def _check_file(store: Store, name: str, site: Site, rules: FileRules, rows: int) -> tuple[bool, list[str]]:
    mapper = Mapper(site, rules, IngestSettings().max_text_chars)
    shown = name.rsplit("/", 1)[-1]
    try:
        with store.open(name) as raw:
            header = columns(raw, name, rules)
        with store.open(name) as raw:
            sample = list(islice(records(raw, name, rules), rows))
    except InputUnusable as error:
        return False, [f"  ✗ {shown} → {rules.table}: {error}"]
    header = header or sorted({key for _, values, _ in sample for key in values})
    required, optional = mapper.missing_columns(header)
    problems: Counter[str] = Counter()
    for _, values, problem in sample:
        row = mapper.row(values) if not problem else None
        if row is None or row.problem:
            problems[f"row: {problem or f'{row.column}: {row.problem}' if row else problem}"] += 1
        problems.update(f"cell: {cell.column}: {cell.reason}" for cell in (row.cells if row else ()))
    bad = sum(n for text, n in problems.items() if text.startswith("row"))
    fine = not required and bad <= max(5, IngestSettings().max_bad_share * len(sample))
    lines = [f"  {'✓' if fine else '✗'} {shown} → {rules.table}: {len(sample)} row(s) tried, {bad} unusable"]
    lines += [
        f"      required column '{c}' maps to '{rules.columns[c]}', which the file lacks{_suggest(rules.columns[c], header)}"
        for c in required
    ]
    lines += [
        f"      optional column '{c}' maps to '{rules.columns[c]}', which the file lacks{_suggest(rules.columns[c], header)}"
        for c in optional
    ]
    lines += [f"      {n:>5} × {text}" for text, n in problems.most_common(10)]
    if unknown := mapper.unknown_columns(header):
        lines.append(
            f"      not taken: {', '.join(unknown)}; map or ignore them. Unmapped columns of the table: {', '.join(_unmapped(rules))}"
        )
    return fine, lines


def _suggest(name: str, header: list[str]) -> str:
    close = difflib.get_close_matches(name, header, n=1, cutoff=0.4)
    return f"; did you mean '{close[0]}'?" if close else ""


def _unmapped(rules: FileRules) -> list[str]:
    return [
        c.name for c in landing(rules.table).columns if c.name not in rules.columns and c.name not in rules.constants
    ] or ["none"]
