"""Opt-out lists: a hospital's file of persons who object becomes entries of the refusal list, by token, when it is read.

A line may know a person by patient number, by ID number, or by name, birth date and sex (with phone or address). The
words of a line are turned into tokens here and are written nowhere, not even sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO

from jobs.ingest.canonical import Mapper
from jobs.ingest.records import records
from jobs.ingest.seal import person
from jobs.privacy import audit, refusals
from jobs.privacy.refusals import Number, Refusal
from jobs.runtime.context import Context
from jobs.runtime.sites import FileRules, OptOutRules, Site

FIELDS = ("patient_sn", "id_number", "name", "birth_date", "sex", "phone", "address")
DEFAULT = OptOutRules(pattern="*", encoding="utf-8-sig", columns={name: name for name in FIELDS})
"""A file made for the command line: UTF-8 CSV whose header names the fields that are known."""


def _number(site: str, values: dict[str, str]) -> Number | None:
    """Tokens of one line; None when it says too little to recognise anybody."""
    made = person(site, "", 0, False, {"patient_sn": "", **values})
    token = made["patient_token"] if values.get("patient_sn") else ""
    if not (token or made["id_token"] or made["name_birth_sex_token"]):
        return None
    return Number(
        site, token, made["id_token"], made["name_birth_sex_token"], made["phone_token"], made["address_token"]
    )


def numbers(site: Site, rules: FileRules, raw: IO[bytes], name: str) -> Iterator[Number | None]:
    """Tokens of every line of a list; None for a line that cannot be used."""
    mapper = Mapper(site, rules, 10_000)
    for _, source, problem in records(raw, name, rules):
        yield None if problem else _number(site.id, mapper.row(source).values)


def enter(context: Context, part: str, found: Iterable[Number | None], reason: str) -> Counter[str]:
    """Put the lines on the refusal list: how many were new, known, or said too little."""
    done: Counter[str] = Counter()
    listed = list(refusals.load(context.warehouse))
    for number in found:
        if number is None:
            done["unusable"] += 1
            continue
        one = (number,)
        entry = Refusal(refusals.entry_id((), one), refusals.now(), "list", reason, one, part=part)
        done["new" if refusals.merge(listed, entry)[1] else "known"] += 1
    if done["new"]:
        refusals.save(context.warehouse, part, listed)
        audit.record(context.warehouse, "opt-out list", part=part, lines=dict(done), reason=reason)
    return done


def read_opt_outs(context: Context, site: Site, deliveries: Iterable[str]) -> dict[str, int]:
    """Enter the opt-out lists that lie in a site's deliveries; the lines by what became of them."""
    if site.opt_out is None:
        return {}
    done: Counter[str] = Counter()
    for delivery in deliveries:
        for name in context.landing.files(f"{site.id}/{delivery}"):
            if site.is_opt_out(name):
                with context.landing.open(f"{site.id}/{delivery}/{name}") as raw:
                    done += enter(context, site.id, numbers(site, site.opt_out, raw, name), "opt_out_list")
    return dict(done)
