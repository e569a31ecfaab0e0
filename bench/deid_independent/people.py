"""Persons of a note: names of every sort and the forms in which doctors write them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

Words = dict[str, list[str]]

SORTS = ("two", "one", "compound", "rare", "minority", "foreign", "word")
PATIENT_WEIGHTS = (56, 18, 6, 6, 5, 3, 6)
STAFF_WEIGHTS = (64, 20, 5, 4, 2, 0, 5)
#: a group may give its own as `patient_weights` and `staff_weights` in its words
FORM_KINDS = {
    "": "", "full": "", "split": "_split", "star": "_masked", "mou": "_masked", "mou1": "_masked", "mid": "_masked",
    "xx": "_masked", "given": "_given",
}  # fmt: skip
PREFIX_TITLES = ("小", "老", "阿")


@dataclass(frozen=True)
class Person:
    """`sort` is one of SORTS; minority and foreign names have no surname (it is the whole first part)."""

    surname: str
    given: str
    sort: str

    @property
    def full(self) -> str:
        return self.surname + self.given


def make_person(rng: random.Random, words: Words, *, staff: bool = False) -> Person:
    weights = STAFF_WEIGHTS if staff else PATIENT_WEIGHTS
    own = words.get("staff_weights" if staff else "patient_weights")
    sort = rng.choices(SORTS, [int(weight) for weight in own] if own else weights)[0]
    if sort in ("minority", "foreign"):
        first, *rest = rng.choice(words[sort]).split("·")
        return Person(first, "".join("·" + part for part in rest), sort)
    if sort == "word":
        name = rng.choice(words["word_name"])
        return Person(name[0], name[1:], sort)
    surname = rng.choice(words[{"compound": "compound", "rare": "rare"}.get(sort, "surname")])
    size = 1 if sort == "one" or rng.random() < 0.15 else 2
    return Person(surname, rng.choice(words[f"given{size}"]), sort)


def make_kin(rng: random.Random, words: Words, patient: Person) -> Person:
    """A relative who bears the patient's surname, where the patient has one."""
    person = make_person(rng, words)
    alone = ("minority", "foreign", "word")
    if patient.sort in alone or person.sort in alone:
        return person
    return replace(person, surname=patient.surname, sort=person.sort if person.sort == "one" else patient.sort)


def write_name(person: Person, form: str) -> str:
    """The name in one form: full, split, star (张**), mid (张*明), mou (one 某 a character), mou1 (one 某), xx, given, or
    `t<title>` (小张, 张主任)."""
    if form.startswith("t"):
        return _titled(person, form[1:])
    if person.sort in ("minority", "foreign") and form not in ("star",):
        return person.full
    if form == "split":
        return " ".join(person.full) if len(person.full) == 2 else f"{person.surname} {person.given}"
    if form == "star":
        return person.surname + "*" * max(1, min(2, len(person.given)))
    if form == "mou":
        return person.surname + ("某" if len(person.given) == 1 else "某某")
    if form == "mou1":
        return person.surname + "某"
    if form == "mid":
        return person.surname + "*" + (person.given[-1] if len(person.given) > 1 else "")
    if form == "xx":
        return person.surname + "X" * len(person.given)
    if form == "given":
        return person.given if len(person.given) == 2 else person.full
    return person.full


def _titled(person: Person, title: str) -> str:
    """Names without a surname keep their whole form before the title."""
    if person.sort in ("minority", "foreign"):
        return person.full + ("" if title in PREFIX_TITLES else title)
    return title + person.surname if title in PREFIX_TITLES else person.surname + title


def name_kind(role: str, form: str) -> str:
    """`patient_name`, `staff_name_title`, … The role is patient, relative or staff."""
    return f"{role}_name" + ("_title" if form.startswith("t") else FORM_KINDS[form])
