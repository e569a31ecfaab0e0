"""The synthetic people: names, numbers, homes, habits, other illnesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from jobs.synth.knowledge import toml, weighted

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(slots=True)
class Person:
    """One invented human being. Sizes in cm and kg."""

    number: int
    name: str
    sex: str
    birth: date
    id_number: str | None
    phone: str
    address: str
    ethnicity: str
    occupation: str
    employer: str
    marital: str
    insurance: str
    contact_name: str
    contact_relation: str
    contact_phone: str
    blood: str
    consent: str
    height: int
    weight: int
    smoking: tuple[str, int, int]
    """NEVER, FORMER or CURRENT; cigarettes a day; years."""
    alcohol: bool
    allergy: str
    comorbidities: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Name, ICD-10, treatment, years known."""
    family: tuple[str, str] | None = None
    """Relative and tumour."""

    @property
    def bsa(self) -> float:
        """Body surface, m² (Mosteller)."""
        return float((self.height * self.weight / 3600) ** 0.5)

    def age(self, day: date) -> int:
        """Completed years on a day."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


def id_checksum(body: str) -> str:
    """Check character of a 17-digit body (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11]


def id_number(rng: Random, area: str, birth: date, sex: str, *, old: bool) -> str:
    """An 18-digit number, or a 15-digit one as issued before 1999."""
    order = rng.randrange(1, 499) * 2 + (1 if sex == "M" else 0)
    if old:
        return f"{area}{birth:%y%m%d}{order:03d}"
    body = f"{area}{birth:%Y%m%d}{order:03d}"
    return body + id_checksum(body)


def person_name(rng: Random, sex: str) -> str:
    """Surname and given name, joined at random."""
    book = toml("people.toml")
    given = rng.choice(book["given_male"] if sex == "M" else book["given_female"])
    if len(given) == 1 and rng.random() < 0.35:
        given = rng.choice(book["given_male" if sex == "M" else "given_female"])[0] + given
    return str(rng.choice(book["surnames"]) + given)


def phone(rng: Random) -> str:
    """An 11-digit mobile number."""
    return str(rng.choice(toml("people.toml")["mobile_prefixes"])) + f"{rng.randrange(10**8):08d}"


def _address(rng: Random, province: str) -> str:
    book = toml("people.toml")
    head = province + rng.choice(book["cities"]) + rng.choice(book["districts"])
    if rng.random() < 0.5:
        return f"{head}{rng.choice(book['towns'])}{rng.choice(book['villages'])}{rng.randrange(1, 12)}组{rng.randrange(1, 90)}号"
    return f"{head}{rng.choice(book['streets'])}{rng.randrange(1, 400)}号{rng.randrange(1, 20)}栋{rng.randrange(1, 4)}单元{rng.randrange(1, 30)}0{rng.randrange(1, 5)}室"


_FIRST_CIGARETTE = 15


def _comorbidities(rng: Random, age: int) -> list[tuple[str, str, str, int]]:
    factor = min(max((age - 25) / 40, 0.2), 1.6)
    rows = toml("people.toml")["comorbidities"]
    return [
        (name, code, care, rng.randrange(1, 20))
        for share, name, code, care in rows
        if rng.random() < share / 100 * factor
    ]


def _smoking(rng: Random, sex: str, age: int) -> tuple[str, int, int]:
    """Status, cigarettes a day, years; nobody began before the age of 15."""
    if rng.random() > (0.55 if sex == "M" else 0.05):
        return ("NEVER", 0, 0)
    status, a_day = rng.choice(("FORMER", "CURRENT")), rng.choice((5, 10, 15, 20, 20, 30, 40))
    years = min(rng.randrange(8, 45), age - _FIRST_CIGARETTE)
    return (status, a_day, years) if years > 0 else ("NEVER", 0, 0)


def make_person(rng: Random, number: int, sex: str, age: int, anchor: date) -> Person:
    """A person of the given sex who is ``age`` years old on ``anchor``."""
    book = toml("people.toml")
    birth = anchor - timedelta(days=int(age * 365.25) + rng.randrange(1, 365))
    area = rng.choice(book["areas"])
    known = rng.random() > 0.06
    old = birth.year < 1945 and rng.random() < 0.25
    occupation = (
        weighted(rng, book["occupations"])[1] if age < 62 or rng.random() < 0.3 else rng.choice(("退休人员", "农民"))
    )
    employer = "" if occupation in ("农民", "个体经营者") or rng.random() < 0.2 else rng.choice(book["employers"])
    relation = rng.choice(book["relatives_male"] + book["relatives_female"]) if age > 45 else "配偶"
    other_sex = {"配偶": "F" if sex == "M" else "M"}.get(relation, "M" if relation in book["relatives_male"] else "F")
    man = sex == "M"
    return Person(
        number=number,
        name=person_name(rng, sex),
        sex=sex,
        birth=birth,
        id_number=id_number(rng, area["code"], birth, sex, old=old) if known else None,
        phone=phone(rng),
        address=_address(rng, area["province"]),
        ethnicity=weighted(rng, book["ethnicities"])[1],
        occupation=occupation,
        employer=employer,
        marital=weighted(rng, book["marital"])[1],
        insurance=weighted(rng, book["insurance"])[1],
        contact_name=person_name(rng, other_sex),
        contact_relation=relation,
        contact_phone=phone(rng),
        blood=weighted(rng, book["blood_types"])[1],
        consent=weighted(rng, [[80, "BROAD"], [12, "WAIVER"], [7, "STUDY"], [1, "OPT_OUT"]])[1],
        height=round(rng.gauss(167 if man else 157, 6)),
        weight=min(max(round(rng.gauss(64 if man else 56, 9)), 38), 105),
        smoking=_smoking(rng, sex, age),
        alcohol=rng.random() < (0.4 if man else 0.04),
        allergy=rng.choice(book["allergies"]) if rng.random() < 0.07 else "",
        comorbidities=_comorbidities(rng, age),
        family=(rng.choice(book["family_members"]), rng.choice(book["family_tumours"]))
        if rng.random() < 0.14
        else None,
    )
