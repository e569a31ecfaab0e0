"""One imaginary patient with everything that may identify them, made lazily, so that a repeated slot gives the same value."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

from bench.deid_independent import codes
from bench.deid_independent.dates import chinese_number, write_date
from bench.deid_independent.people import NO_SURNAME, Person, Words, make_kin, make_person, name_kind, write_name

Piece = tuple[str, str]
MOBILE_FORMS = ("", "", "", "86", "86s", "0", "sp", "hy", "full")
ID_FORMS = ("", "", "", "low", "spaced", "full", "wrong", "old")
TEL_FORMS = ("", "paren", "join", "ext")
CARD_FORMS = ("", "sp")
NUMBER_KINDS = {
    "mrn": "record_no", "adm_no": "admission_no", "visit": "visit_no", "bed": "bed_no", "path": "pathology_no",
    "img": "imaging_no", "spec": "specimen_no", "ins": "insurance_no",
    "cert": "certificate_no", "sno": "staff_no", "trial": "trial_no",
}  # fmt: skip
NUMBER_PATTERNS = {
    "mrn": ("########", "00######", "^######"), "adm_no": ("##########", "%Y######", "ZY########"),
    "visit": ("MZ##########", "%Y%m%d####", "############"), "bed": ("##床", "+#床", "##-##床", "加#床"),
    "path": ("%Y#####", "B%y-#####", "#######", "^%Y-####"), "img": ("CT######", "MR%y######", "#########"),
    "spec": ("%Y%m%d####", "^########", "############"), "ins": ("##########", "3^########", "1000########"),
    "cert": ("########", "^########"), "sno": ("####", "#####"),
    "trial": ("S##-###", "^###-##-####", "######"),
}  # fmt: skip
KNOWN_NUMBERS = ("mrn", "adm_no", "visit", "ins")
POOLS = {
    "inst": "institution", "emp": "employer", "school": "school", "dxlab": "institution", "spot": "address_part",
    "hshort": "hospital_short", "login": "staff_login", "house": "room",
    "clinic": "institution", "univ": "school", "vendor": "employer",
    "office": "institution", "care": "institution", "funeral": "institution", "shop": "institution",
}  # fmt: skip
#: What speech leaves off a province's or city's name (江西, 广西, 延边)
PLACE_TAIL = re.compile(
    r"(?:省|市|地区|(?:壮族|回族|维吾尔)?自治区|(?:(?:土家|苗|彝|侗|白|哈萨克|回|朝鲜)族?)*自治州)$"
)


class Case:
    """Values are keyed by slot name and key: `{mob}` is the patient's mobile, `{mob.2}` another one."""

    def __init__(self, rng: random.Random, words: Words, hospital: Piece):
        self.rng, self.words, self.hospital = rng, words, hospital
        self.day = dt.date(2014, 1, 1) + dt.timedelta(days=rng.randint(0, 3900))
        self.age = rng.randint(90, 97) if rng.random() < 0.08 else rng.randint(24, 86)
        self.born = self.day - dt.timedelta(days=365 * self.age + self.age // 4 + rng.randint(1, 360))
        self.female = rng.random() < 0.45
        self.place = rng.choice(words["place"]).split("|")
        self._values: dict[str, Any] = {}
        self._ahead, self._behind = self.day, self.day - dt.timedelta(days=30)
        self._last = self.day - dt.timedelta(days=rng.randint(200, 900))

    def once(self, slot: str, make: Callable[[], Any]) -> Any:
        if slot not in self._values:
            self._values[slot] = make()
        return self._values[slot]

    def person(self, slot: str) -> Person:
        if slot.startswith("kin"):
            patient = self.person("pt")
            return self.once(slot, lambda: make_kin(self.rng, self.words, patient))
        return self.once(slot, lambda: self._person(slot))

    def _person(self, slot: str) -> Person:
        """A relative bears the patient's surname as often as the group's words say under `kin_share`, else only by chance."""
        person = make_person(self.rng, self.words, staff=slot.startswith("st"))
        share = self.words.get("kin_share")
        if not share or not slot.startswith("rel") or self.rng.random() >= float(share[0]):
            return person
        patient = self.person("pt")
        if patient.sort in NO_SURNAME or person.sort in (*NO_SURNAME, "word"):
            return person
        return Person(patient.surname, person.given, "two" if patient.sort == "word" else patient.sort)

    def name(self, slot: str, form: str) -> Piece:
        role = {"pt": "patient", "rel": "relative", "kin": "relative", "st": "staff"}[slot.split(".")[0]]
        person = self.person(slot)
        if form.startswith("t") and "/" in form:  # {pt:t先生/女士}: the title by the patient's sex
            form = "t" + form[1:].split("/")[self.female]
        return write_name(person, form), f"{name_kind(role, form)}/{person.sort}"

    # ---- places and bodies

    def street(self) -> str:
        def make() -> str:
            road, estate = self.rng.choice(self.words["road"]), self.rng.choice(self.words["estate"])
            return f"{road}{self.rng.randint(2, 899)}号{estate}"

        return self.once("street", make)

    def room(self) -> str:
        forms = ("{b}栋{u}单元{f}0{r}室", "{b}幢{f}0{r}室", "{b}-{u}-{f}0{r}", "{b}号楼{f}0{r}", "{b}栋{f}0{r}号")
        return self.once("room", lambda: self.rng.choice(forms).format(
            b=self.rng.randint(1, 28), u=self.rng.randint(1, 4), f=self.rng.randint(1, 26), r=self.rng.randint(1, 4)))  # fmt: skip

    def village(self) -> str:
        def make() -> str:
            tail = self.rng.choice(["", f"{self.rng.randint(1, 12)}组", f"{self.rng.randint(3, 190)}号"])
            return self.rng.choice(self.words["town"]) + self.rng.choice(self.words["village"]) + tail

        return self.once("village", make)

    def rural(self) -> bool:
        return self.once("rural", lambda: self.rng.random() < 0.5)

    def address(self, form: str) -> Piece:
        province, city, county, _ = self.place
        detail = self.village() if self.rural() else self.street() + self.room()
        match form:
            case "noprov":
                return city + county + detail, "address"
            case "county":
                return county + detail, "address"
            case "village":
                return self.village(), "village"
            case "hamlet":
                return self.rng.choice(self.words["village"]), "village"
            case "street":
                return self.street(), "address_part"
            case "room":
                return self.room(), "room"
            case "area":
                return self.rng.choice([city + county, county, city or county]), "address_part"
        return province + city + county + detail, "address"

    def birth_place(self, form: str) -> Piece:
        province, city, county, _ = self.place
        forms = {
            "": province + city,
            "short": province.rstrip("省") + city.rstrip("市"),
            "county": province + city + county,
            "brief": PLACE_TAIL.sub("", province) + PLACE_TAIL.sub("", city),
            "town": PLACE_TAIL.sub("", city) + county,
        }
        return forms[form], "birth_place"

    def institution(self, slot: str, form: str) -> Piece:
        if slot == "h.0":
            full, short = self.hospital
        else:
            full, short = self.once(slot, lambda: self.rng.choice(self.words["hospital"])).split("|")
        return (short, "hospital_short") if form == "short" else (full, "hospital")

    # ---- numbers

    def number(self, slot: str, form: str) -> Piece:
        base = slot.split(".")[0]
        pattern = form or self.rng.choice(NUMBER_PATTERNS[base])
        return self.once(slot, lambda: codes.fill(pattern, self.rng, self.day)), NUMBER_KINDS[base]

    def id_number(self, slot: str, form: str) -> Piece:
        """`id` the patient's card, `id.2` that of somebody else born within six years of the patient."""
        apart = dt.timedelta(days=0 if slot == "id" else self.rng.randint(-2000, 2000))
        number = self.once(slot, lambda: codes.id_number(self.rng, self.place[3], self.born + apart))
        form = form or self.rng.choice(ID_FORMS)
        return codes.write_id(number, "wrong" if form == "old" and self.born.year > 1985 else form, self.rng)

    def mobile(self, slot: str, form: str) -> Piece:
        number = self.once(slot, lambda: codes.mobile(self.rng))
        return codes.write_mobile(number, form or self.rng.choice(MOBILE_FORMS))

    def landline(self, slot: str, form: str) -> Piece:
        area = self.once("area", lambda: self.rng.choice(self.words["area_code"]))
        form = form or self.rng.choice(TEL_FORMS)
        return self.once(slot + form, lambda: codes.landline(self.rng, area, form)), "landline"

    def contact(self, slot: str) -> Piece:
        """E-mail, WeChat, QQ, bank card, plate, passport, URL, IP."""
        base, rng, fill = slot.split(".")[0], self.rng, codes.fill
        handle = rng.choice(self.words["handle"])
        makers: dict[str, tuple[str, Callable[[], str]]] = {
            "email": ("email", lambda: handle + fill("##", rng) + "@" + rng.choice(self.words["mail_host"])),
            "wx": (
                "wechat",
                lambda: rng.choice([handle + "_" + fill("####", rng), "wxid_" + handle + fill("###", rng)]),
            ),
            "qq": ("qq", lambda: rng.choice("123456789") + fill(rng.choice(["########", "#########"]), rng)),
            "bank": ("bank_card", lambda: codes.bank_card(rng, rng.choice(CARD_FORMS))),
            "plate": ("plate", lambda: codes.plate(rng, self.words["plate_head"])),
            "passport": ("passport", lambda: fill(rng.choice(["E########", "G########", "E^#######"]), rng)),
            "url": ("url", lambda: rng.choice(self.words["url_head"]) + fill("?id=########", rng)),
            "ip": ("ip", lambda: ".".join(["10", *(str(rng.randint(1, 254)) for _ in range(3))])),
        }
        kind, make = makers[base]
        return self.once(slot, make), kind

    # ---- time

    def date(self, slot: str, form: str) -> Piece:
        """`adm` the note's day, `adm.+3` and `adm.-3` days after and before it, `dob` the birth date, `d` a day that moves on
        with every mention, `n` one after the note's, `b` one of the last weeks before it, `bef.1` to `bef.4` and `aft.1` to
        `aft.4` days near it in this order."""
        if slot == "dob":
            return write_date(self.born, form or "iso", self.rng)[0], "birth_date"
        if slot == "adm":
            return write_date(self.day, form or "iso", self.rng)
        base, _, key = slot.partition(".")
        if base == "adm":
            return write_date(self.day + dt.timedelta(days=int(key)), form or "iso", self.rng)
        if base in ("bef", "aft"):
            return write_date(self.once(slot, lambda: self._near_day(base, key)), form or "iso", self.rng)
        move = {"n": self._day_ahead, "b": self._day_before}.get(base, self._next_day)
        day = self.once(slot, move) if key else move()
        return write_date(day, form or "iso", self.rng)

    def _next_day(self) -> dt.date:
        self._last += dt.timedelta(days=self.rng.randint(3, 40))
        return self._last

    def _day_ahead(self) -> dt.date:
        self._ahead += dt.timedelta(days=self.rng.randint(1, 8))
        return self._ahead

    def _day_before(self) -> dt.date:
        self._behind += dt.timedelta(days=self.rng.randint(1, 7))
        return self._behind

    def _near_day(self, base: str, key: str) -> dt.date:
        """One of four days in the two weeks before the note, or one a week behind it."""
        place = int(key) if key in ("1", "2", "3", "4") else self.rng.randint(1, 4)
        days = 4 * place - 17 + self.rng.randint(0, 1) if base == "bef" else 7 * place - self.rng.randint(0, 4)
        return self.day + dt.timedelta(days=days)

    def old_age(self, form: str) -> Piece:
        age = self.rng.randint(90, 101)
        return (chinese_number(min(age, 99)) if form == "zh" else str(age)) + "岁", "age_over_89"

    # ---- what the tables hold

    def known(self) -> dict[str, Any]:
        """The patient's and relatives' own fields, whether or not the note holds them."""
        persons = [value for slot, value in self._values.items() if slot.split(".")[0] in ("pt", "rel", "kin")]
        names = [self.person("pt").full, *(person.full for person in persons)]
        phones = [value for slot, value in self._values.items() if slot.split(".")[0] == "mob"]
        return {
            "names": list(dict.fromkeys(names)), "id_numbers": [self.once("id", lambda: codes.id_number(
                self.rng, self.place[3], self.born))], "phones": phones, "addresses": [self.address("")[0]],
            "record_numbers": [self._values[slot] for slot in KNOWN_NUMBERS if slot in self._values],
            "employers": [self._values["emp"]] if "emp" in self._values else [], "birth_date": self.born.isoformat(),
        }  # fmt: skip
