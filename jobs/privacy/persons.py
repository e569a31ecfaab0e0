"""Who is meant: from a person key or a hospital's patient number to everything the warehouse knows that person by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ingest.seal import PERSON_SCHEMA, patient_token
from jobs.link import MAP_SCHEMA
from jobs.privacy.erase import Target
from jobs.privacy.refusals import Number
from jobs.runtime import keys
from jobs.runtime.storage import Store

MAP_FOLDER = "private/link"
_WORDS = ("names", "id_numbers", "phones", "record_numbers", "addresses")


@dataclass(frozen=True, slots=True)
class Person:
    """One human, as the warehouse knows them. ``words`` are identifying strings: in memory only."""

    people: frozenset[str]
    numbers: tuple[Number, ...]
    words: frozenset[str] = frozenset()

    @property
    def tokens(self) -> frozenset[str]:
        """Patient tokens."""
        return frozenset(n.patient_token for n in self.numbers if n.patient_token)

    def target(self) -> Target:
        """What to erase."""
        return Target(self.tokens, self.people, words=self.words)


def _read(store: Store, names: Iterable[str], schema: pa.Schema) -> pa.Table:
    tables = []
    for name in names:
        with store.open(name) as source:
            tables.append(pq.read_table(source).select(schema.names).cast(schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def person_maps(store: Store) -> pa.Table:
    """All person maps, of earlier runs too: a person may have had another key before."""
    return _read(store, (n for n in store.walk(MAP_FOLDER) if n.endswith(".parquet")), MAP_SCHEMA)


def person_rows(store: Store) -> pa.Table:
    """Linking tokens of every patients row that was ever taken in."""
    names = (n for n in store.walk("private/rows") if n.endswith(".parquet") and "-persons-" in n)
    return _read(store, names, PERSON_SCHEMA)


def _having(table: pa.Table, column: str, values: Iterable[str]) -> pa.Table:
    return table.filter(pc.is_in(table.column(column), value_set=pa.array(sorted(set(values)), pa.string())))


def _closure(maps: pa.Table, people: set[str], tokens: set[str]) -> tuple[set[str], set[str]]:
    """All keys and numbers that hang together: a number that had two keys, a key that has two numbers."""
    while True:
        found = pa.concat_tables([_having(maps, "patient_id", people), _having(maps, "patient_token", tokens)])
        more_people = people | {p for p in found.column("patient_id").to_pylist() if p}
        more_tokens = tokens | {t for t in found.column("patient_token").to_pylist() if t}
        if (more_people, more_tokens) == (people, tokens):
            return people, tokens
        people, tokens = more_people, more_tokens


def _words(found: pa.Table) -> frozenset[str]:
    lists = [keys.unseal(blob) for blob in set(found.column("known").to_pylist()) if blob]
    return frozenset(
        w.strip() for known in lists for kind in _WORDS for w in known.get(kind, ()) if len(w.strip()) >= 2
    )


def find(store: Store, people: Iterable[str], numbers: Iterable[Number]) -> Person:
    """Everything that belongs to these keys and numbers, over all maps and deliveries that the warehouse remembers."""
    given = tuple(numbers)
    maps, rows = person_maps(store), person_rows(store)
    people, tokens = _closure(maps, set(people), {n.patient_token for n in given if n.patient_token})
    sites = dict(zip(maps.column("patient_token").to_pylist(), maps.column("site").to_pylist(), strict=True))
    mine = _having(rows, "patient_token", tokens)
    full = {
        Number(
            r["site"],
            r["patient_token"],
            r["id_token"],
            r["name_birth_sex_token"],
            r["phone_token"],
            r["address_token"],
        )
        for r in mine.to_pylist()
    }
    bare = {Number(sites[t], t) for t in tokens if t in sites and t not in {n.patient_token for n in full}}
    every = tuple(sorted({*given, *full, *bare}, key=repr))
    return Person(frozenset(people), every, _words(_having(maps, "patient_token", tokens)))


def by_number(store: Store, site: str, patient_sn: str) -> Person:
    """The person behind a hospital's patient number; the number alone when it was never delivered."""
    found = find(store, (), [Number(site, patient_token(site, patient_sn))])
    return Person(found.people, found.numbers, found.words | {patient_sn})


def wide_key(patient_id: str) -> str:
    """Key of the same person in releases of profile ``wide``, which cannot be joined with those of profile ``project``."""
    return keys.wide_key("patient_id", patient_id)


def by_key(store: Store, key: str) -> Person | None:
    """The person with this key in a release of either profile; None when the warehouse knows nobody by it."""
    known = {p for p in person_maps(store).column("patient_id").to_pylist() if p}
    people = {p for p in known if key in (p, wide_key(p))}
    return find(store, people, ()) if people else None
