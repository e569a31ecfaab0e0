"""Stages: TNM in every written form, stage groups, FIGO, BCLC, CNLC, Ann Arbor, ISS, Dukes, limited or extensive."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.stage import patterns
from nlp.entities.stage.model import StageValue
from nlp.facts.surface import Occupied, mention, roman, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:stage@1"


def find(note: Note) -> list[Mention]:
    """One mention a stage; a group written right after TNM belongs to it."""
    text = surface(note)
    found = [*_tnm(note, text), *_letters(note, text)]
    taken = Occupied(len(text))
    taken.take(found)
    named = "期" in text or "stage" in text
    for match in [*patterns.GROUP.finditer(text), *patterns.STAGE_WORD.finditer(text)] if named else ():
        if not taken.free(*match.span()):
            continue
        value = _group_value(text, match)
        if value is not None:
            found.append(mention(note, match.start(), match.end(), Label.STAGE, value, ENGINE))
            taken.take(found[-1:])
    return found


def _tnm(note: Note, text: str) -> list[Mention]:
    found = []
    for match in patterns.TNM.finditer(text) if patterns.T_CUE.search(text) else ():
        start, end = match.span()
        if match["lone"] is None and match["m"] is None and match["m2"] is None and _signal(text, match):
            continue
        group = patterns.GROUP_AFTER_TNM.match(text[end : end + 16])
        name = _name(group) if group else None
        stop = end + group.end() if group and name else end
        if name is None and (before := patterns.GROUP_BEFORE_TNM.search(text, max(0, start - 20), start)):
            name, start = _name(before), before.start()
        found.append(mention(note, start, stop, Label.STAGE, _tnm_value(text, match, name), ENGINE))
    return found


def _signal(text: str, match: re.Match[str]) -> bool:
    """``T1 N`` in an imaging report: magnetic resonance signals are no stage."""
    return bool(re.search(r"信号|加权|flair|wi", text[match.start() : match.end() + 8]))


def _tnm_value(text: str, match: re.Match[str], group: str | None) -> StageValue:
    prefix = match["prefix"] or match["prefix2"] or ""
    lone = match["lone"]
    if lone:
        prefix, t = lone[: lone.index("t")], lone[lone.index("t") :]
    else:
        t = match["t"] or match["t2"]
    n, m = match["n"], match["m"] or match["m2"]
    return StageValue(
        stage_class=_class(text, match.start(), prefix),
        system=_system(text, match.start(), tnm=True),
        t=_category(t), n=_category(n), m=_category(m), group=group, suffix=_suffix(f"{t}{n or ''}"),
    )  # fmt: skip


def _category(raw: str | None) -> str | None:
    """``n2a`` -> ``N2a``, ``to`` -> ``T0``, ``cm1b`` -> ``M1b``."""
    if not raw:
        return None
    plain = re.sub(r"\([^)]*\)", "", raw.replace(" ", ""))
    plain = plain.lstrip("cp") if plain[0] in "cp" else plain
    return plain[0].upper() + {"x": "X", "o": "0"}.get(plain[1], plain[1]) + plain[2:] if plain[1:] != "is" else "Tis"


def _suffix(raw: str) -> str | None:
    found = re.findall(r"\((?:m|sn|i[+-])\)", raw)
    return ",".join(word.strip("()") if word == "(m)" else word for word in found) or None


def _class(text: str, start: int, prefix: str) -> str:
    plain = prefix.replace("a", "") if prefix.startswith("a") else prefix
    before = text[max(0, start - 24) : start]
    if plain.startswith("r"):
        return "r"
    if plain == "p" and patterns.NEOADJUVANT.search(text[max(0, start - 200) : start]) and "yp" in before:
        return "yp"
    if plain in ("c", "p", "yc", "yp"):
        return plain
    if patterns.CLINICAL.search(before):
        return "c"
    return "p" if patterns.POSTOP.search(before) else "c"


def _system(text: str, start: int, *, tnm: bool = False) -> str:
    before = text[max(0, start - 26) : start]
    for pattern, name in patterns.SYSTEM_BEFORE:
        if pattern.search(before):
            return name
    if not tnm and patterns.GYNAE.search(before):
        return "FIGO"
    if not tnm and patterns.LYMPHOMA.search(before):
        return "LUGANO"
    return "AJCC"


def _name(match: re.Match[str]) -> str | None:
    numeral = roman(match["roman"])
    if numeral is None or (numeral == "V"):
        return None
    sub = (match["sub"] or "").upper()
    return numeral + {"Ⅰ": "A", "Ⅱ": "B"}.get(sub, sub)


def _group_value(text: str, match: re.Match[str]) -> StageValue | None:
    before = text[max(0, match.start() - 16) : match.start()]
    if before[-1:].isalnum() and before[-1:].isascii() and before[-2:] not in ("ca", "mt"):
        return None
    if patterns.NOT_STAGE_BEFORE.search(before) or patterns.NOT_STAGE_AFTER.match(text[match.end() : match.end() + 6]):
        return None
    if match["roman"] in "01234一二三四" and not patterns.DIGIT_NEEDS.search(before):
        return None
    name = _name(match)
    if name is None:
        return None
    system = _system(text, match.start())
    return StageValue(_class(text, match.start(), ""), system, group=name)


def _letters(note: Note, text: str) -> list[Mention]:
    found = []
    for match in patterns.LETTER.finditer(text) if any(word in text for word in patterns.LETTER_CUE) else ():
        value = _letter_value(match)
        if value is not None:
            found.append(mention(note, match.start(), match.end(), Label.STAGE, value, ENGINE))
    return found


def _letter_value(match: re.Match[str]) -> StageValue | None:
    if match["bclc"]:
        return StageValue("c", "BCLC", group=match["bclc"].upper())
    if match["cnlc"]:
        return StageValue("c", "CNLC", group=(roman(match["cnlc"]) or "") + (match["cnlc_sub"] or "").upper())
    if match["ann"]:
        return StageValue("c", "LUGANO", group=(roman(match["ann"]) or "") + (match["ann_sub"] or "").upper())
    if match["iss"]:
        return StageValue("c", "ISS", group=roman(match["iss"]))
    if match["dukes"]:
        return StageValue("p", "OTHER", group="Dukes " + match["dukes"].upper())
    extensive = match["valg"] == "广泛期" or match["valg_en"] in ("ed", "es")
    return StageValue("c", "VALG", group="ED" if extensive else "LD")


component = entity_component("oncorwe_stage", find)
