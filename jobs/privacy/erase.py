"""Erase persons from every file that a warehouse keeps beside its releases.

Every Parquet file below ``private/`` and ``staging/`` is looked at, also those that no state lists (leftovers of failed
attempts), and rewritten without the person's rows; a row is the person's by patient token, person key or document id.
Held-back rows without a token are unsealed and compared with what the tables know about the person. Working tables and
reports of runs that did not publish (``candidate/``) are removed whole: the next run makes them anew. So are the member
lists of cohorts (``cohorts/*/restricted``): a cohort is built again from its file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.runtime import keys
from jobs.runtime.context import Context
from jobs.runtime.storage import Store

ZONES = ("private", "staging")
KEYS = {"patient_token": "tokens", "patient_id": "people", "document_id": "documents"}
"""Column of a file → the set of a :class:`Target` that it is compared with."""
_SHORTEST = 6
"""An identifying string shorter than this is compared with whole values only."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to erase: patient tokens, person keys, document ids, and identifying strings (in memory only, never written)."""

    tokens: frozenset[str]
    people: frozenset[str]
    documents: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Removed:
    """Rows that were taken out of one file."""

    file: str
    rows: int
    tables: Counter[str]


def parquet_files(store: Store, zones: Iterable[str] = ZONES) -> Iterator[str]:
    """Every Parquet file of the zones."""
    for zone in zones:
        yield from (name for name in store.walk(zone) if name.endswith(".parquet"))


def with_documents(store: Store, target: Target) -> Target:
    """The target with the ids of the persons' documents, which offset maps are known by."""
    found: set[str] = set()
    for name in parquet_files(store, ("staging",)):
        with store.open(name) as source:
            names = pq.read_schema(source).names
        if not {"patient_id", "document_id"} <= set(names):
            continue
        with store.open(name) as source:
            rows = pq.read_table(source, columns=["patient_id", "document_id"])
        mine = rows.filter(_is_in(rows.column("patient_id"), target.people))
        found.update(d for d in mine.column("document_id").to_pylist() if d)
    return replace(target, documents=target.documents | found)


def _is_in(column: pa.ChunkedArray, values: frozenset[str]) -> pa.ChunkedArray:
    return pc.fill_null(pc.is_in(column.cast(pa.string()), value_set=pa.array(sorted(values), pa.string())), False)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _speaks_of(blob: bytes, words: frozenset[str]) -> bool:
    """True when a sealed value holds one of the words, as a whole value or, when it is long enough, anywhere."""
    long = [w for w in words if len(w) >= _SHORTEST]
    return any(text.strip() in words or any(w in text for w in long) for text in _strings(keys.unseal(blob)))


def _mask(table: pa.Table, target: Target) -> pa.ChunkedArray:
    """True for the rows that are the persons'."""
    mask = pa.chunked_array([pa.repeat(False, table.num_rows)])
    for column, kind in KEYS.items():
        if column in table.column_names:
            mask = pc.or_(mask, _is_in(table.column(column), getattr(target, kind)))
    if "reason" not in table.column_names or "sealed" not in table.column_names or not target.words:
        return mask
    owner = table.column("patient_token").to_pylist() if "patient_token" in table.column_names else [None] * len(table)
    held = [
        token is None and blob is not None and _speaks_of(blob, target.words)
        for token, blob in zip(owner, table.column("sealed").to_pylist(), strict=True)
    ]
    return pc.or_(mask, pa.chunked_array([pa.array(held, pa.bool_())]))


def _replace(store: Store, name: str, table: pa.Table) -> None:
    """Write a file anew in one step: rename on local disk, a single put elsewhere."""
    if not store.is_local:
        with store.open(name, "wb") as sink:
            pq.write_table(table, sink, compression="zstd")
        return
    temporary = f"{store.path(name)}.{os.getpid()}.tmp"
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, store.path(name))


def erase_file(store: Store, name: str, target: Target, write: bool) -> Removed | None:
    """Take the persons' rows out of one file; None when it has none."""
    with store.open(name) as source:
        present = set(pq.read_schema(source).names)
    wanted = [c for c in (*KEYS, "reason", "sealed", "table_name") if c in present]
    if not set(wanted) & {*KEYS, "reason"}:
        return None
    with store.open(name) as source:
        mask = _mask(pq.read_table(source, columns=[c for c in wanted if c != "sealed" or "reason" in present]), target)
    rows = pc.sum(mask).as_py() or 0
    if not rows:
        return None
    with store.open(name) as source:
        whole = pq.ParquetFile(source).read()
    mine = whole.filter(mask)
    tables = Counter(mine.column("table_name").to_pylist()) if "table_name" in present else Counter()
    if write:
        _replace(store, name, whole.filter(pc.invert(mask)))
    return Removed(name, rows, tables)


def label(name: str) -> str:
    """What a file holds, for the count: ``staging.labs``, ``private.rows``, ``private.known``, ``private.offsets`` …"""
    zone, kind, *rest = name.split("/")
    if (zone, kind) == ("private", "rows"):
        kind = rest[-1].rsplit("-", 2)[-2]
    return f"{zone}.{kind}"


def erase(
    store: Store, target: Target, *, write: bool = True, keep: Iterable[str] = (), zones: Iterable[str] = ZONES
) -> list[Removed]:
    """Take the persons' rows out of every file of the zones, but those named in ``keep``."""
    left_alone = set(keep)
    found = (
        erase_file(store, name, target, write) for name in list(parquet_files(store, zones)) if name not in left_alone
    )
    return [one for one in found if one is not None]


def counts(removed: Iterable[Removed]) -> Counter[str]:
    """Rows taken out, by what the files hold."""
    total: Counter[str] = Counter()
    for one in removed:
        total[label(one.file)] += one.rows
    return Counter(dict(sorted(total.items())))


def correct_states(context: Context, removed: Iterable[Removed]) -> None:
    """Row counts of the partitions that lost rows: they enter the balance of later jobs and the release's manifest."""
    by_file = {one.file: one for one in removed}
    for (site, delivery), state in context.states("deidentify").items():
        lost = {t: sum(by_file[f].rows for f in files if f in by_file) for t, files in state["tables"].items()}
        if any(lost.values()):
            rows = {t: n - lost.get(t, 0) for t, n in state["rows"].items()}
            context.put_state("deidentify", site, delivery, state | {"rows": rows})
    for (site, delivery), state in context.states("ingest").items():
        gone: Counter[str] = Counter()
        for name in state["rows"]:
            gone += by_file[name].tables if name in by_file else Counter()
        if gone:
            tables = {t: n - gone[t] for t, n in state["tables"].items()}
            context.put_state("ingest", site, delivery, state | {"tables": tables})


def drop_candidates(store: Store, write: bool = True) -> int:
    """Remove the working tables and reports of runs that did not publish; how many runs had some."""
    runs = store.folders("candidate")
    if write and runs:
        store.delete("candidate")
    return len(runs)


def drop_cohort_members(store: Store, write: bool = True) -> int:
    """Remove the member lists of cohorts built in the warehouse; how many cohorts had one."""
    lists = [name for cohort in store.folders("cohorts") if store.exists(name := f"cohorts/{cohort}/restricted")]
    if write:
        for name in lists:
            store.delete(name)
    return len(lists)
