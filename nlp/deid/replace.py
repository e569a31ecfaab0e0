"""What stands in the place of an identifier: a typed tag, or a keyed surrogate that is the same for the same value under one key."""

from __future__ import annotations

import hashlib
import hmac

from nlp.deid.fold import squeeze
from nlp.deid.lexicon import rows, surname_weight
from nlp.deid.model import Candidate
from nlp.deid.normal import normalise_name


def _tags() -> dict[str, str]:
    return {label: tag for label, tag, *_ in rows("tags.tsv")}


TAGS = _tags()
_SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华魏陶姜谢邹潘葛范彭"
_GIVEN = "安彬晨德恩枫歌涵嘉楷岚沐宁攀琦然松彤唯希妍哲舟远岳清和景行书言川禾木"
_PLACES = ("青川", "云溪", "松原里", "临川", "石桥", "梧桐", "清河", "东湖", "南岭", "西屏", "北庄", "柳泉")


def _stream(key: bytes, label: str, value: str, size: int) -> bytes:
    out, counter = b"", 0
    while len(out) < size:
        out += hmac.new(key, f"{label}|{counter}|{value}".encode(), hashlib.sha256).digest()
        counter += 1
    return out


def replacement(text: str, candidate: Candidate, style: str, key: bytes) -> str:
    """The text to print for a candidate. Never equal to what it replaces."""
    raw = text[candidate.start : candidate.end]
    tag = TAGS.get(candidate.label, "[隐去]")
    if style == "tag" or candidate.label in ("DATE", "AGE"):
        return tag
    made = surrogate(raw, candidate.label, key)
    return made if made != raw else tag


def surrogate(raw: str, label: str, key: bytes) -> str:
    """A realistic stand-in of the same kind; depends on the key, the label and the normalised value only."""
    if label == "NAME":
        return _name(raw, key)
    value = squeeze(raw)
    if label in ("ADDRESS", "HOSPITAL", "ORG"):
        pick = _stream(key, label, value, 4)
        place = _PLACES[pick[0] % len(_PLACES)]
        return {"ADDRESS": f"{place}路{pick[1] + 1}号", "HOSPITAL": f"{place}医院", "ORG": f"{place}单位"}[label]
    return _same_shape(raw, _stream(key, label, value, max(len(raw), 1)))


def _name(raw: str, key: bytes) -> str:
    """Surname by surname, given name by the whole name: 李主任 and 李明 keep the same new surname."""
    value = normalise_name(raw)
    if not value or value.isascii():
        return _same_shape(raw, _stream(key, "NAME", value, max(len(raw), 1)))
    surname = value[:2] if value[:2] in surname_weight() else value[:1]
    choices = [s for s in _SURNAMES if s != surname]
    new = choices[_stream(key, "SURNAME", surname, 2)[0] % len(choices)]
    given = value[len(surname) :].rstrip("*某×")
    picks = _stream(key, "NAME", value, max(len(given), 1))
    letters = [c for c in _GIVEN if c not in value]
    return new + "".join(letters[p % len(letters)] for p in picks[: min(len(given), 2)])


def _same_shape(raw: str, stream: bytes) -> str:
    out = []
    for char, byte in zip(raw, stream, strict=False):
        if char.isdecimal() and char.isascii():
            out.append(str((int(char) + 1 + byte % 9) % 10))
        elif char.isascii() and char.isalpha():
            base = ord("A") if char.isupper() else ord("a")
            out.append(chr(base + (ord(char) - base + 1 + byte % 25) % 26))
        else:
            out.append(char)
    return "".join(out)
