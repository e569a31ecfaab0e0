"""Forget a person: erase what the warehouse keeps, refuse them from now on, and say which releases still hold them.

Withdrawal of consent (PIPL art. 15) and the duty to erase (art. 47). Published files are never altered in place; what a
release still holds is listed, and ``jobs.privacy.retract`` takes a release back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.privacy import audit, erase, persons, refusals
from jobs.privacy.persons import Person
from jobs.runtime.context import Context
from jobs.runtime.errors import ConfigError
from jobs.runtime.storage import Store

REASONS = ("consent_withdrawn", "erasure_request", "purpose_ended", "unlawful", "other")
"""Why a person is forgotten: PIPL art. 15 and the cases of art. 47 paragraph 1."""


@dataclass(slots=True)
class Forgotten:
    """What was done, or with ``done`` False what would be. Counts and release ids only."""

    entry: str
    done: bool
    new: bool
    """False when the person was on the list before and nothing was left of them."""
    numbers: int
    rows: Counter[str] = field(default_factory=Counter)
    candidates: int = 0
    """Runs whose unpublished working tables were removed."""
    cohorts: int = 0
    """Cohorts whose member lists were removed."""
    releases: dict[str, dict[str, int]] = field(default_factory=dict)
    """Releases that still hold the person: rows by table."""
    landing: list[str] = field(default_factory=list)
    """Sites whose delivered files may still hold the person."""


def held_by(store: Store, person: Person) -> dict[str, dict[str, int]]:
    """Releases that hold the person, under the keys of either profile: rows by table."""
    ids = person.people | {persons.wide_key(p) for p in person.people}
    found: dict[str, dict[str, int]] = {}
    for name in store.walk("releases") if ids else []:
        parts = name.split("/")
        if len(parts) != 4 or not name.endswith(".parquet") or parts[2] == "report":
            continue
        with store.open(name) as source:
            if "patient_id" not in pq.read_schema(source).names:
                continue
        with store.open(name) as source:
            column = pq.read_table(source, columns=["patient_id"]).column("patient_id")
        rows = int(pc.sum(pc.is_in(column, value_set=pa.array(sorted(ids), pa.string()))).as_py() or 0)
        if rows:
            tables = found.setdefault(parts[1], {})
            tables[parts[2]] = tables.get(parts[2], 0) + rows
    return found


def identify(context: Context, *, key: str = "", site: str = "", patient_sn: str = "") -> Person:
    """The person meant.

    Raises:
        ConfigError: neither or both ways of naming them were used, the site is unknown, or no map knows the key.
    """
    if bool(key) == bool(site):
        raise ConfigError("Name the person in one way", do="Give --person KEY, or --site SITE with --patient-sn NUMBER")
    if site:
        context.site(site)
        if not patient_sn.strip():
            raise ConfigError("The patient number is missing", do="Give --patient-sn, or '-' to type it unseen")
        return persons.by_number(context.warehouse, site, patient_sn.strip())
    found = persons.by_key(context.warehouse, key)
    listed = next((r for r in refusals.load(context.warehouse) if {key} & _keys(r.people)), None)
    if found is None and listed is None:
        raise ConfigError(
            "The warehouse knows nobody by this person key",
            why="no person map holds it, nor does the refusal list",
            do="Take the key from column patient_id of one of this warehouse's releases",
        )
    return found or persons.find(context.warehouse, listed.people if listed else (), listed.numbers if listed else ())


def _keys(people: Iterable[str]) -> set[str]:
    return {k for p in people for k in (p, persons.wide_key(p))}


def _with_listed(store: Store, person: Person) -> Person:
    """The person with what the list knows of them: keys of releases from before an earlier ``forget``."""
    mine = [r for r in refusals.load(store) if r.meets(person.people, person.numbers)]
    people = {*person.people, *(p for r in mine for p in r.people)}
    numbers = {*person.numbers, *(n for r in mine for n in r.numbers)}
    return Person(frozenset(people), tuple(sorted(numbers, key=repr)), person.words)


def forget(context: Context, person: Person, *, reason: str, ordered_by: str = "", write: bool = True) -> Forgotten:
    """Erase and refuse a person; with ``write`` False only say what would happen.

    The refusal is written first: a crash in between leaves a person refused and half erased, and the same command again
    finishes the work. A second call finds nothing left and records nothing.
    """
    store = context.warehouse
    context.check_key()
    person = _with_listed(store, person)
    before = refusals.digest(store)
    entry = refusals.entry_id(person.people, person.numbers)
    if write:
        refusal, _ = refusals.add(store, person.people, person.numbers, "forget", reason)
        entry = refusal.entry
    target = erase.with_documents(store, person.target())
    removed = erase.erase(store, target, write=write)
    if write:
        erase.correct_states(context, removed)
    done = Forgotten(
        entry=entry,
        done=write,
        new=bool(removed) or refusals.digest(store) != before,
        numbers=len(person.tokens),
        rows=erase.counts(removed),
        candidates=erase.drop_candidates(store, write),
        cohorts=erase.drop_cohort_members(store, write),
        releases=held_by(store, person),
        landing=sorted({n.site for n in person.numbers if n.site and context.landing.folders(n.site)}),
    )
    if write and done.new:
        audit.record(
            store, "forget", entry=entry, reason=reason, ordered_by=ordered_by, rows=dict(done.rows),
            numbers=done.numbers, releases=sorted(done.releases),
        )  # fmt: skip
    return done


def lift(context: Context, entry: str, ordered_by: str = "") -> list[str]:
    """Take an entry off the list and let the next run read the sites' deliveries again; the sites.

    Raises:
        ConfigError: the list has no such entry.
    """
    context.check_key()
    refusal = refusals.remove(context.warehouse, entry)
    sites = sorted({n.site for n in refusal.numbers if n.site})
    for site in sites or context.sites:
        for (_, delivery), state in context.states("deidentify", site).items():
            context.put_state("deidentify", site, delivery, state | {"input_hash": ""})
    audit.record(context.warehouse, "refusal lifted", entry=entry, ordered_by=ordered_by, sites=sites)
    return sites
