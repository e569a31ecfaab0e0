"""Synthetic gold notes for de-identification: templates with slots, filled from value pools by a seeded generator.

Two families, ``dev`` and ``heldout``, with their own templates and pools (``nlp/lexicons/deid``). A line of the gold file:
``{"note_id", "note_type", "hospital", "text", "note_date", "patient", "known": {...}, "entities": [{"start","end","kind"}],
"keep": [{"start","end","kind": "trap"|"term"}]}``. Offsets are code points.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from stdnum.cn import ric

_FOLDER = Path(__file__).resolve().parent.parent / "lexicons" / "deid"
_TOKEN = re.compile(r"\{(\w+)\}|⟦(.*?)⟧|⟨(.*?)⟩", re.S)
_CN = "〇一二三四五六七八九"


@cache
def _pools(family: str) -> dict[str, list[str]]:
    lines = (_FOLDER / "gold_values.tsv").read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines if not line.startswith("#"))
    return {
        pool: values.replace("_", "\u00a0").split(" ")
        for name, pool, values in cells
        if name == ("dev" if family == "dev" else "heldout")
    }


@cache
def templates(family: str) -> tuple[tuple[str, str], ...]:
    """(note type, template text) of a family."""
    with (_FOLDER / f"templates_{family}.toml").open("rb") as handle:
        return tuple((n["type"], n["text"]) for n in tomllib.load(handle)["note"])


def _cn_small(n: int) -> str:
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else _CN[tens] + "十") + (_CN[ones] if ones else "")


class Filler:
    """Draws the values of one note; what belongs to the patient is drawn once."""

    def __init__(self, family: str, rng: random.Random) -> None:
        self.rng, self.pools = rng, _pools(family)
        self.name, self.relative, self.relative2 = self.person(), self.person(), self.person()
        self.birth = date(rng.randint(1928, 1990), rng.randint(1, 12), rng.randint(1, 28))
        self.day = date(rng.randint(2015, 2024), rng.randint(1, 12), rng.randint(1, 28))
        self.staff = [self.person() for _ in range(4)]
        self.known: dict[str, Any] = {"names": [self.name, self.relative], "birth_date": self.birth.isoformat()}

    def pick(self, pool: str) -> str:
        """One value of a pool."""
        return self.rng.choice(self.pools[pool]).replace("\u00a0", " ")

    def person(self) -> str:
        """A full name."""
        return self.pick("surname") + self.pick("given")

    def digits(self, size: int) -> str:
        """Random digits, the first not 0."""
        return str(self.rng.randint(1, 9)) + "".join(str(self.rng.randint(0, 9)) for _ in range(size - 1))

    def remember(self, field: str, value: str) -> str:
        """Put a value into the patient's structured fields."""
        self.known.setdefault(field, []).append(value)
        return value

    # -- numbers --------------------------------------------------------------------------------------------
    def id18(self) -> str:
        """Resident number: plain, with x, spaced, full width, or with one wrong digit."""
        body = (
            self.rng.choice(("330106", "320982", "430104", "510107", "371302"))
            + self.birth.strftime("%Y%m%d")
            + self.digits(3)
        )
        value = self.remember("id_numbers", body + ric.calc_check_digit(body + "0"))
        form = self.rng.randint(0, 5)
        if form == 1:
            return f"{value[:6]} {value[6:14]} {value[14:]}"
        if form == 2:
            return value.translate({ord(str(i)): chr(0xFF10 + i) for i in range(10)})
        if form == 3:
            return value[:16] + str((int(value[16]) + 1) % 10) + value[17]
        return value.lower()

    def id15(self) -> str:
        """Old resident number."""
        return self.remember("id_numbers", "330106" + self.birth.strftime("%y%m%d") + self.digits(3))

    def mobile(self) -> str:
        """Mobile in one of the habits of writing."""
        value = self.remember("phones", "1" + self.rng.choice("3578") + self.digits(9))
        forms = (
            value,
            value,
            f"{value[:3]}-{value[3:7]}-{value[7:]}",
            f"+86{value}",
            f"{value[:3]} {value[3:7]} {value[7:]}",
            f"0{value}",
        )
        return self.rng.choice(forms)

    def landline(self) -> str:
        """Landline with area code."""
        area = self.rng.choice(("0571", "010", "021", "0515", "0791"))
        number = self.digits(8)
        return self.rng.choice((f"{area}-{number}", f"({area}){number}", f"{area}{number}"))

    def code(self, field: str, *forms: str) -> str:
        """A record number; # in a form is a digit."""
        form = self.rng.choice(forms)
        value = "".join(str(self.rng.randint(0, 9)) if c == "#" else c for c in form)
        return self.remember(field, value) if field else value

    # -- places ---------------------------------------------------------------------------------------------
    def address(self) -> str:
        """Full address down to a room or village group."""
        if self.rng.random() < 0.3:
            value = self.pick("region") + self.pick("village") + f"{self.rng.randint(1, 12)}组"
        else:
            value = f"{self.pick('region')}{self.pick('street')}{self.rng.randint(1, 300)}号{self.pick('community')}{self.rng.randint(1, 30)}幢{self.rng.randint(101, 1802)}室"
        return self.remember("addresses", value)

    def address_part(self) -> str:
        """Street or village without the province."""
        if self.rng.random() < 0.5:
            return f"{self.pick('street')}{self.rng.randint(1, 300)}号{self.rng.randint(1, 30)}幢{self.rng.randint(101, 1802)}室"
        return self.pick("village") + f"{self.rng.randint(1, 12)}组"

    # -- dates ----------------------------------------------------------------------------------------------
    def some_day(self) -> date:
        """A day in the year before the note."""
        return self.day - timedelta(days=self.rng.randint(0, 300))

    def date(self) -> str:
        """A full or month-only date in one of the written forms."""
        d = self.some_day()
        forms = (
            f"{d.year}年{d.month}月{d.day}日",
            f"{d.year}-{d.month:02d}-{d.day:02d}",
            f"{d.year}.{d.month}.{d.day}",
            f"{d.year}/{d.month}/{d.day}",
            d.strftime("%Y%m%d"),
            f"{d.year}-{d.month}-{d.day}",
            f"{d:%y}年{d.month}月{d.day}日",
            f"{d.year}年{d.month}月",
            f"{d.year}.{d.month:02d}",
            f"{d:%y}/{d.month}/{d.day}",
        )
        return self.rng.choice(forms)

    def month_day(self) -> str:
        """A day without its year."""
        d = self.some_day()
        return f"{d.month}月{d.day}日"

    def year_month(self) -> str:
        """A month."""
        d = self.some_day()
        return f"{d.year}年{d.month}月"

    def date_zh(self) -> str:
        """Date in Chinese numerals."""
        d = self.some_day()
        return "".join(_CN[int(c)] for c in str(d.year)) + f"年{_cn_small(d.month)}月{_cn_small(d.day)}日"

    def date_run(self) -> str:
        """A full date followed by short ones."""
        d = self.some_day()
        later = [d + timedelta(days=21 * i) for i in (1, 2)]
        return f"{d.year}-{d.month}-{d.day}、" + "、".join(f"{x.month}-{x.day}" for x in later)


def _spaced(name: str) -> str:
    return name[0] + " " + name[1:] if len(name) == 2 else name


def _masked(name: str) -> str:
    return name[0] + ("*" * (len(name) - 1) if len(name) % 2 else "某某")


SLOTS: dict[str, tuple[str, Callable[[Filler], str]]] = {
    "name": ("patient_name", lambda f: f.name),
    "relative": ("relative_name", lambda f: f.relative),
    "relative2": ("relative_name", lambda f: f.relative2),
    "staff": ("staff_name", lambda f: f.staff[0]),
    "staff2": ("staff_name", lambda f: f.staff[1]),
    "staff3": ("staff_name", lambda f: f.staff[2]),
    "staff4": ("staff_name", lambda f: f.staff[3]),
    "staff_surname": ("surname_title", lambda f: f.pick("surname")),
    "surname_only": ("surname_title", lambda f: f.name[0]),
    "name_sp": ("spaced_name", lambda f: _spaced(f.name)),
    "masked_name": ("masked_name", lambda f: _masked(f.name)),
    "minority": ("minority_name", lambda f: f.pick("minority")),
    "latin": ("latin_name", lambda f: f.pick("latin")),
    "id18": ("id_card", Filler.id18),
    "id15": ("id_card_15", Filler.id15),
    "mobile": ("mobile", Filler.mobile),
    "mobile_sp": ("mobile", Filler.mobile),
    "landline": ("landline", Filler.landline),
    "address": ("address", Filler.address),
    "address_part": ("address_part", Filler.address_part),
    "birthplace": ("birthplace", lambda f: f.pick("birthplace")),
    "hospital": ("hospital", lambda f: f.pick("hospital")),
    "hospital_short": ("hospital_short", lambda f: f.pick("hospital_short")),
    "employer": ("employer", lambda f: f.remember("employers", f.pick("employer"))),
    "school": ("school", lambda f: f.pick("school")),
    "record_no": ("record_no", lambda f: f.code("record_numbers", "00######", "ZY########", "########", "M#######")),
    "admission_no": ("admission_no", lambda f: f.code("record_numbers", "00#####", "ZY#######", "2019######")),
    "bed": ("bed", lambda f: f.code("", "1#", "3#", "+#", "2#")),
    "path_no": ("pathology_no", lambda f: f.code("", "2019-1####", "S19-0####", "B20#####", "1#####")),
    "imaging_no": ("imaging_no", lambda f: f.code("", "CT########", "MR#######", "X########")),
    "specimen_no": ("specimen_no", lambda f: f.code("", "1###########", "BB########")),
    "insurance": ("insurance_no", lambda f: f.code("", "33########", "YB########")),
    "date": ("date", Filler.date),
    "md": ("month_day", Filler.month_day),
    "date_zh": ("date_chinese", Filler.date_zh),
    "date_run": ("date_run", Filler.date_run),
    "date_m": ("date_month", Filler.year_month),
    "datetime": ("datetime", lambda f: f"{f.some_day():%Y-%m-%d} {f.rng.randint(8, 20)}:{f.rng.randint(10, 59)}"),
    "date8": ("date", lambda f: f"{f.some_day():%Y%m%d}"),
    "birth": ("birth_date", lambda f: f"{f.birth.year}年{f.birth.month}月{f.birth.day}日"),
    "birth8": ("birth_date", lambda f: f"{f.birth:%Y%m%d}"),
    "age90": ("age_over_89", lambda f: f"{f.rng.randint(90, 102)}岁"),
    "email": ("email", lambda f: f"user{f.digits(4)}@163.com"),
    "wechat": ("wechat", lambda f: f"wx_{f.digits(6)}"),
    "qq": ("qq", lambda f: f.digits(9)),
    "bank": ("bank_card", lambda f: f"6222 {f.digits(4)} {f.digits(4)} {f.digits(4)} {f.digits(3)}"),
    "plate": ("plate", lambda f: f"浙A{f.digits(5)}"),
    "passport": ("passport", lambda f: f"E{f.digits(8)}"),
    "url": ("url", lambda f: f"http://pacs.hosp{f.digits(2)}.cn/v?id={f.digits(6)}"),
    "ip": ("ip", lambda f: f"192.168.{f.rng.randint(1, 250)}.{f.rng.randint(1, 250)}"),
}
_PLAIN: dict[str, Callable[[Filler], str]] = {
    "sex": lambda f: f.rng.choice("男女"),
    "sexcode": lambda f: f.rng.choice("MF"),
    "age": lambda f: str(f.rng.randint(30, 88)),
    "ethnic": lambda f: "汉族",
    "kin": lambda f: f.rng.choice("子女妻夫"),
}


def make_note(family: str, number: int, seed: int) -> dict[str, Any]:
    """One gold note; the same arguments always give the same note."""
    rng = random.Random(f"{family}|{seed}|{number}")
    note_type, template = templates(family)[number % len(templates(family))]
    filler = Filler(family, rng)
    pieces: list[str] = []
    entities: list[dict[str, Any]] = []
    keep: list[dict[str, Any]] = []
    at = last = 0
    for match in _TOKEN.finditer(template):
        before = template[last : match.start()]
        value, target, kind = _fill(match, filler)
        start = at + len(before)
        if target == "entity":
            entities.append({"start": start, "end": start + len(value), "kind": kind})
        elif target == "keep":
            keep.append({"start": start, "end": start + len(value), "kind": kind})
        pieces += [before, value]
        at, last = start + len(value), match.end()
    text = "".join([*pieces, template[last:]])
    hospital = f"site_{number % 3}"
    return {
        "note_id": f"{family}-{seed}-{number:05d}",
        "note_type": note_type,
        "hospital": hospital,
        "text": text,
        "note_date": filler.day.isoformat(),
        "patient": f"{family}-{seed}-{number}",
        "known": filler.known,
        "entities": entities,
        "keep": keep,
    }


def _fill(match: re.Match[str], filler: Filler) -> tuple[str, str, str]:
    slot, trap, term = match.groups()
    if slot in SLOTS:
        kind, draw = SLOTS[slot]
        return draw(filler), "entity", kind
    if slot:
        return _PLAIN[slot](filler), "", ""
    return (trap, "keep", "trap") if trap is not None else (term, "keep", "term")


def notes(family: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` gold notes of a family."""
    return (make_note(family, i, seed) for i in range(count))


def write(path: Path, family: str, count: int, seed: int) -> None:
    """Gold notes as JSON lines."""
    path.write_text(
        "".join(json.dumps(n, ensure_ascii=False) + "\n" for n in notes(family, count, seed)), encoding="utf-8"
    )
