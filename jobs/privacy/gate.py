"""The one place where a person is refused, whatever the reason: the refusal list, or an opt-out that a hospital delivered.

Called by the job ``link``, which alone sees all hospitals at once. Who is refused gets no person key and no place in the
person map; the list learns the number, by which reading and de-identification drop the rows, as declared. What earlier
deliveries left of the person is erased in the same step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.privacy import audit, erase, persons, refusals
from jobs.privacy.refusals import Matcher, Number, Refusal
from jobs.runtime.context import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TOKENS = {"patient_token": "patient_token", "id_token": "id_token", "name_birth_sex_token": "demographics"}


@dataclass(slots=True)
class Refused:
    """Numbers of this link that fall under the list: (site, patient token) → entry, and how many of them in doubt only."""

    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    in_doubt: int = 0


def _number(row: Any, sure: bool = True) -> Number:
    return Number(
        row.site, row.patient_token, row.id_token, row.name_birth_sex_token, row.phone_token, row.address_token, sure
    )


def _similar(listed: Iterable[Refusal], rows: DataFrame) -> list[Any]:
    """Patients rows that share a token with the list."""
    from functools import reduce
    from operator import or_

    from pyspark.sql import functions as F

    numbers = [n for r in listed for n in r.numbers]
    wanted = {c: sorted({v for n in numbers if (v := getattr(n, a))}) for c, a in _TOKENS.items()}
    alike = [F.col(column).isin(values) for column, values in wanted.items() if values]
    return list(rows.where(reduce(or_, alike)).collect()) if alike else []


def refuse(context: Context, rows: DataFrame) -> Refused:
    """Find the numbers that fall under the refusal list, and teach the list their tokens: the next delivery may show others."""
    store, found = context.warehouse, Refused()
    while listed := refusals.load(store):
        matcher = Matcher(listed, context.settings.privacy.refuse_namesakes)
        new = False
        for row in _similar(listed, rows):
            if hit := matcher.match(_number(row)):
                entry, sure = hit
                found.in_doubt += not sure and _number(row).key not in found.numbers
                found.numbers[_number(row).key] = entry
                new |= refusals.learn(store, entry, _number(row, sure))
        if not new:
            break
    return found


def erase_refused(context: Context, found: Refused, map_files: list[str]) -> dict[str, int]:
    """Erase what the zones hold of newly recognised persons; rows by what held them. Sealed rows stay for the job that drops them."""
    if not found.numbers:
        return {}
    store = context.warehouse
    removed: Counter[str] = Counter()
    for entry in sorted(set(found.numbers.values())):
        mine = [Number(*key) for key, owner in sorted(found.numbers.items()) if owner == entry]
        person = persons.find(store, (), mine)
        refusals.learn_people(store, [entry], person.people)
        rows = _erase(context, person, map_files, keep_persons=False)
        audit.record(store, "refused on arrival", entry=entry, run=context.run_id, rows=rows)
        removed.update(rows)
    return dict(removed)


def erase_opted_out(
    context: Context, flagged: list[tuple[str, str]], newly: bool, map_files: list[str]
) -> dict[str, int]:
    """The same for persons whom a hospital delivers as opted out; their linking tokens stay, for the flag is read anew every time."""
    ingested = any(s["run_id"] == context.run_id for s in context.states("ingest").values())
    if not flagged or not (newly or ingested):
        return {}
    person = persons.find(context.warehouse, (), [Number(site, token) for site, token in flagged])
    zones = erase.ZONES if newly else ("private/rows",)
    removed = _erase(context, person, map_files, keep_persons=True, zones=zones)
    if newly:
        audit.record(
            context.warehouse, "opted out by delivery", persons=len(flagged), run=context.run_id, rows=dict(removed)
        )
    return removed


def _erase(
    context: Context,
    person: persons.Person,
    map_files: list[str],
    *,
    keep_persons: bool,
    zones: Iterable[str] = erase.ZONES,
) -> dict[str, int]:
    store = context.warehouse
    target = erase.with_documents(store, person.target())
    spared = ("-rows-", "-persons-") if keep_persons else ("-rows-",)
    keep = {n for n in store.walk("private/rows") if any(mark in n for mark in spared)} | set(map_files)
    removed = erase.erase(store, target, keep=keep, zones=zones)
    erase.correct_states(context, removed)
    return dict(erase.counts(removed))
