"""The mark-up of layouts and how it becomes text with exact offsets.

{slot}  {slot.key}  {slot:form}   an identifier (a span); see case.py
{age} {sex}                       the patient's age (a span only over 89) and sex; {age:n} without 岁, {sex:mf} M or F
{mob:plain} {id:plain} {tel:dash} written in the usual way; without a form the way of writing is drawn
{pt:t先生/女士}                   a titled name, the title by the patient's sex; {sx:妻/夫} plain text by it
⟨text⟩                            text with its mark-up that stands in every second note only, not nested
⟪text¦other⟫                      one of two texts with their mark-up, not nested
{#3-20}  {#1.5-9.9}               a number, no span of its own
{~list}                           an entry of a list that is mark-up itself, none twice in a note
{@list}  {!list}  {=list}         a word of a list: a clinical term to keep, a trap to keep, plain text;
{=list.2}                         of a list whose entries have parts (between |) the second part of an entry drawn once for
                                  the note, of any other list the same word at every mention
{filler:2}                        filler sentences only
{prose:3}                         sentences of the group's prose file, none twice in a note,
                                  and two to eight filler sentences without identifiers; {prose:3/1} exactly one of these
[[text]]  <<text>>                a clinical term, a trap: must stay (numbers and {=list} may stand inside)
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from bench.deid_independent.case import NUMBER_KINDS, POOLS, Case, Piece

TOKEN = re.compile(r"\{[^{}]+\}|<<.*?>>|\[\[.*?\]\]", re.DOTALL)
OPTIONAL = re.compile(r"⟨([^⟨⟩]*)⟩")
EITHER = re.compile(r"⟪([^⟪⟫¦]*)¦([^⟪⟫¦]*)⟫")
PLAIN = re.compile(r"\{([#=])([^{}]+)\}")
CONTACTS = ("email", "wx", "qq", "bank", "plate", "passport", "url", "ip")
KEEP = {"<": "trap", "[": "term"}


@dataclass
class Renderer:
    """Turns one layout into pieces (text, kind); kind is "" for plain text, trap and term for what must stay."""

    case: Case
    prose: list[str]
    filler: list[str]
    pieces: list[Piece] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def render(self, text: str) -> list[Piece]:
        text = OPTIONAL.sub(lambda m: m[1] if self.case.rng.random() < 0.5 else "", text)
        text = EITHER.sub(lambda m: m[1 + (self.case.rng.random() < 0.5)], text)
        place = 0
        for token in TOKEN.finditer(text):
            self._add(text[place : token.start()])
            self._token(token.group())
            place = token.end()
        self._add(text[place:])
        return self.pieces

    def _add(self, text: str, kind: str = "") -> None:
        if text:
            self.pieces.append((text, kind))

    def _token(self, token: str) -> None:
        if token[0] in KEEP:
            return self._add(self._plain(token[2:-2]), KEEP[token[0]])
        body = token[1:-1]
        match body[0]:
            case "#" | "=":
                return self._add(self._plain(token))
            case "@":
                return self._add(self._plain(self._word(body[1:])), "term")
            case "~":
                return self._entry(body[1:])
            case "!":
                return self._add(self._plain(self._word(body[1:])), "trap")
        slot, _, form = body.partition(":")
        if slot == "filler":
            return self._filler(int(form))
        return self._prose(*map(int, form.split("/"))) if slot == "prose" else self._add(*self._slot(slot, form))

    def _prose(self, count: int, filler: int | None = None) -> None:
        fresh = [line for line in self.prose if line not in self.used]
        for line in self.case.rng.sample(fresh, min(count, len(fresh))):
            self.used.add(line)
            self.render(line)
        self._filler(self.case.rng.randint(2, 8) if filler is None else filler)

    def _filler(self, count: int) -> None:
        for line in self.case.rng.sample(self.filler, count):
            self.render(line)

    def _entry(self, name: str) -> None:
        """An entry of a list of mark-up, none twice in a note."""
        entry = self.case.rng.choice([entry for entry in self.case.words[name] if entry not in self.used])
        self.used.add(entry)
        self.render(entry)

    def _plain(self, text: str) -> str:
        return PLAIN.sub(lambda m: number(m[2], self.case.rng) if m[1] == "#" else self._plain(self._word(m[2])), text)

    def _word(self, name: str) -> str:
        base, _, key = name.partition(".")
        listed, rng = self.case.words[base], self.case.rng
        if not key:
            return rng.choice(listed)
        if "|" in listed[0]:
            return self.case.once("word " + base, lambda: rng.choice(listed)).split("|")[int(key) - 1]
        return self.case.once("word " + name, lambda: rng.choice(listed))

    def _slot(self, slot: str, form: str) -> Piece:
        case, base = self.case, slot.split(".")[0]
        if base in ("pt", "rel", "kin", "st"):
            return case.name(slot, form)
        if base in NUMBER_KINDS:
            return case.number(slot, form)
        if base in CONTACTS:
            return case.contact(slot)
        if base in POOLS:
            return case.once(slot, lambda: self._word(base)), POOLS[base]
        return self._special(base, slot, form)

    def _special(self, base: str, slot: str, form: str) -> Piece:
        case = self.case
        match base:
            case "h":
                return case.institution(slot, form)
            case "id":
                return case.id_number(slot, form)
            case "mob":
                return case.mobile(slot, form)
            case "tel":
                return case.landline(slot, form)
            case "addr":
                return case.address(form)
            case "born":
                return case.birth_place(form)
            case "d" | "n" | "b" | "adm" | "bef" | "aft" | "dob":
                return case.date(slot, form)
            case "age90":
                return case.old_age(form)
            case "age":
                return f"{case.age}{'' if form == 'n' else '岁'}", "age_over_89" if case.age > 89 else ""
            case "sx":
                return form.split("/")[case.female], ""
            case "sex":
                return "男女MF"[case.female + 2 * (form == "mf")], ""
        raise ValueError(f"Unknown slot {{{slot}}} in a layout; see the list in render.py")


def number(text: str, rng: random.Random) -> str:
    """`3-20` an integer, `1.5-9.9` a decimal with as many places as the first bound."""
    low, high = text.split("-")
    if "." not in low:
        return str(rng.randint(int(low), int(high)))
    return f"{rng.uniform(float(low), float(high)):.{len(low.split('.')[1])}f}"
