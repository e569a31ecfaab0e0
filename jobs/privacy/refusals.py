"""The refusal list: persons who may not enter the warehouse again, known by keyed tokens only.

One list serves the command ``forget``, opt-out lists of hospitals, and every later delivery. It holds no identifier:
what recognises a person are the linking tokens that ``jobs.ingest.seal`` makes of every patients row, and even these
stand sealed, so that the list cannot be joined with a release. A part of the list is replaced by one put.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import gmtime, strftime
from typing import Any

from jobs.runtime import keys
from jobs.runtime.errors import ConfigError
from jobs.runtime.storage import Store

FOLDER = "private/refused"
COMMAND = "_command"
"""Part of the list that the command line writes; every hospital has a part of its own, for hospitals are read in parallel."""


@dataclass(frozen=True, slots=True)
class Number:
    """One patient number at one hospital, by its tokens. ``sure`` is False when only name, birth date and sex agreed."""

    site: str
    patient_token: str
    id_token: str | None = None
    demographics: str | None = None
    phone: str | None = None
    address: str | None = None
    sure: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """What names the number in the person map."""
        return self.site, self.patient_token


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused person: opaque entry id, when, why, and the sealed tokens."""

    entry: str
    at: str
    origin: str
    reason: str
    numbers: tuple[Number, ...] = ()
    people: tuple[str, ...] = field(default=())
    """Person keys under which releases held or hold the person."""
    part: str = COMMAND

    def meets(self, people: Iterable[str], numbers: Iterable[Number]) -> bool:
        """True when one of these keys or numbers belongs to this person for certain."""
        mine = {n.key for n in self.numbers if n.patient_token}
        ids = {n.id_token for n in self.numbers if n.sure and n.id_token}
        return bool(set(people) & set(self.people)) or any(
            n.key in mine or n.id_token in ids or n in self.numbers for n in numbers
        )


def _sealed(refusal: Refusal) -> str:
    numbers = [
        [n.site, n.patient_token, n.id_token, n.demographics, n.phone, n.address, n.sure] for n in refusal.numbers
    ]
    return base64.b64encode(keys.seal({"numbers": numbers, "people": list(refusal.people)})).decode("ascii")


def _opened(part: str, entry: str, raw: dict[str, Any]) -> Refusal:
    inner = keys.unseal(base64.b64decode(raw["sealed"]))
    numbers = tuple(Number(*values) for values in inner["numbers"])
    return Refusal(entry, raw["at"], raw["origin"], raw["reason"], numbers, tuple(inner["people"]), part)


def load(store: Store) -> tuple[Refusal, ...]:
    """All entries, oldest first."""
    found = []
    for name in store.files(FOLDER):
        if name.endswith(".json"):
            part = name.removesuffix(".json")
            found += [_opened(part, e, raw) for e, raw in store.read_json(f"{FOLDER}/{name}")["entries"].items()]
    return tuple(sorted(found, key=lambda r: (r.at, r.part, r.entry)))


def save(store: Store, part: str, refusals: Iterable[Refusal]) -> None:
    """Replace a part of the list by those of the refusals that stand in it."""
    entries = {
        r.entry: {"at": r.at, "origin": r.origin, "reason": r.reason, "sealed": _sealed(r)}
        for r in sorted(refusals, key=lambda r: r.entry)
        if r.part == part
    }
    store.write_json(f"{FOLDER}/{part}.json", {"entries": entries})


def digest(store: Store) -> str:
    """Hash over what the list refuses, part of the release id; empty without a list. Who is refused cannot be told from it."""
    found = load(store)
    plain = sorted([r.entry, sorted(n.key for n in r.numbers), sorted(r.people)] for r in found)
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16] if found else ""


def now() -> str:
    """The time of an entry, UTC."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())


def entry_id(people: Iterable[str], numbers: Iterable[Number]) -> str:
    """An opaque id that the same person gets again, and that no release holds."""
    first = min([*(n.patient_token or n.id_token or n.demographics or "" for n in numbers), *people])
    return keys.token("refusal", first)[:12]


def merge(listed: list[Refusal], new: Refusal) -> tuple[Refusal, bool]:
    """Put a refusal into the list, or what it knows into the entry of its part that is already theirs; and whether that is new."""
    mine = [r for r in listed if r.part == new.part and r.meets(new.people, new.numbers)]
    if not mine:
        listed.append(new)
        return new, True
    every = [*mine, new]
    people = tuple(sorted({p for r in every for p in r.people}))
    merged = replace(mine[0], numbers=_distinct(n for r in every for n in r.numbers), people=people)
    if merged == mine[0] and len(mine) == 1:
        return merged, False
    listed[:] = [*(r for r in listed if r not in mine), merged]
    return merged, True


def add(
    store: Store, people: Iterable[str], numbers: Iterable[Number], origin: str, reason: str, part: str = COMMAND
) -> tuple[Refusal, bool]:
    """Put a person on the list, or add to the entry that is already theirs; the entry, and whether anything is new."""
    people, numbers = tuple(sorted(set(people))), tuple(numbers)
    listed = list(load(store))
    new = Refusal(entry_id(people, numbers), now(), origin, reason, _distinct(numbers), people, part)
    merged, changed = merge(listed, new)
    if changed:
        save(store, part, listed)
    return merged, changed


def _distinct(numbers: Iterable[Number]) -> tuple[Number, ...]:
    """Each number once; what is sure wins over what was in doubt."""
    found: dict[tuple[Any, ...], Number] = {}
    for n in sorted(numbers, key=lambda n: n.sure):
        found[n.site, n.patient_token, n.id_token, n.demographics, n.phone, n.address] = n
    return tuple(sorted(found.values(), key=repr))


def learn(store: Store, entry: str, number: Number) -> bool:
    """Add what a later delivery shows of a refused person; False when it was known."""
    listed = load(store)
    mine = next(r for r in listed if r.entry == entry)
    numbers = _distinct([*mine.numbers, number])
    if len(numbers) == len(mine.numbers):
        return False
    save(store, mine.part, [*(r for r in listed if r is not mine), replace(mine, numbers=numbers)])
    return True


def learn_people(store: Store, entries: Iterable[str], people: Iterable[str]) -> None:
    """Note the person keys under which releases may hold the persons of these entries."""
    listed, wanted = load(store), set(entries)
    taught = [replace(r, people=tuple(sorted({*r.people, *people}))) if r.entry in wanted else r for r in listed]
    for part in {r.part for r in listed if r.entry in wanted}:
        save(store, part, taught)


def remove(store: Store, entry: str) -> Refusal:
    """Take an entry off the list (the person has consented again).

    Raises:
        ConfigError: the list has no such entry.
    """
    listed = load(store)
    found = [r for r in listed if r.entry == entry]
    if not found:
        raise ConfigError(f"The refusal list has no entry '{entry}'", do="List the entries with 'oncorwe refusals'")
    for part in {r.part for r in found}:
        save(store, part, [r for r in listed if r not in found])
    return found[0]


def patient_tokens(store: Store) -> frozenset[str]:
    """Tokens of the refused patient numbers, for the reader of delivered files."""
    return frozenset(n.patient_token for r in load(store) for n in r.numbers if n.patient_token)


class Matcher:
    """Recognises refused persons among patients rows, by token.

    Sure: the same patient number, the same ID number, or name + birth date + sex with the phone or address in common.
    In doubt: name + birth date + sex agree and no two ID numbers tell the persons apart. With ``namesakes`` doubt decides
    for the refusal: leaving out one namesake costs the research little, publishing who has withdrawn cannot be undone.
    """

    def __init__(self, refusals: Iterable[Refusal], namesakes: bool = True) -> None:
        self.namesakes = namesakes
        self._numbers: dict[tuple[str, str], str] = {}
        self._ids: dict[str, str] = {}
        self._demographics: dict[str, list[tuple[str, Number]]] = {}
        for refusal in refusals:
            for n in refusal.numbers:
                if n.patient_token:
                    self._numbers[n.key] = refusal.entry
                if n.sure and n.id_token:
                    self._ids[n.id_token] = refusal.entry
                if n.sure and n.demographics:
                    self._demographics.setdefault(n.demographics, []).append((refusal.entry, n))

    def __bool__(self) -> bool:
        return bool(self._numbers or self._ids or self._demographics)

    def match(self, number: Number) -> tuple[str, bool] | None:
        """(entry, sure) of the refusal that this number falls under, or None."""
        if entry := self._numbers.get(number.key):
            return entry, True
        if number.id_token and (entry := self._ids.get(number.id_token)):
            return entry, True
        listed = self._demographics.get(number.demographics or "", [])
        open_ = [(e, n) for e, n in listed if not (n.id_token and number.id_token)]
        for entry, n in open_:
            if (number.phone and number.phone == n.phone) or (number.address and number.address == n.address):
                return entry, True
        return (open_[0][0], False) if open_ and self.namesakes else None
