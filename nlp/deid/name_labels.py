"""Names behind a label of patients, relatives or staff (姓名：张三, 医师签名 李四/王五)."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.lexicon import surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_forms import chars, listed, pattern, surname_at
from nlp.deid.name_model import Reading, read
from nlp.deid.name_words import best_reading, given_odds, word_share
from nlp.deid.scan import Hit
from warehouse import codes

_VALUE = re.compile(r"\d{1,4}(?:\.\d+)?(?!\d)")
_GLUED = re.compile(r"(?<=[\u3400-\u9fff])")
_GAP = re.compile(r"[\s:：=|#\])）(（\"^_是为>,，]{0,6}")
_STEP = re.compile(r"\s?[/、,，;；和与及 ]\s?")
_MARKS = frozenset(":=|：^_")
_PARTS = frozenset("部侧叶段区肝肺胃肠肾脾腺管骨节术药片剂液酶癌瘤炎症痛查")
"""Last characters of anatomy and treatment, no foreign name behind a label."""
_NAMELIKE = -0.5
"""Odds per character from which a word may be a given name."""
_UNREAD = -8.0
"""Logarithm of the share per character below which a value is no text of words, so a foreign name."""
_MOST = 12
"""Names read behind one label."""
_EXPLICIT, _PLAIN = 68, 62
"""Priorities with and without a mark behind the label."""


@cache
def _weak() -> frozenset[str]:
    return frozenset(words("cues.tsv")["weak_label"])


@cache
def _acts() -> frozenset[str]:
    """Words for what people do: never a name behind a label (家属代送)."""
    return frozenset(words("cues.tsv")["verb_after"])


@cache
def _markers() -> frozenset[str]:
    return frozenset(name.upper() for row in codes.markers() for name in codes.names(row) if name.isascii())


def _is_marker(found: str) -> bool:
    """``MSI MSS`` after 检测 is a result: every word names a marker or a state of one."""
    return all(word.upper() in _markers() for word in re.split(r"[ ,^]+", found) if word)


@cache
def _drugs() -> frozenset[str]:
    return frozenset(name for row in codes.drugs() for name in codes.names(row) if not name.isascii())


_DOSE = re.compile(r"\s?\d{1,4}(?:\.\d{1,3})?\s?(?:mg|g|ml|ug|μg|iu|u|万|片|粒|支)(?![a-z])", re.I)
"""Many brands are also names (万珂, 艾力, 罗圣全), so a drug is one only before its dose."""


@cache
def _values() -> frozenset[str]:
    return frozenset(listed("not_value"))


def nobody(text: str, start: int, end: int) -> bool:
    """What stands behind labels of staff and is nobody: a drug with its dose (开药：易瑞沙 250mg) or a round (主任医师查房)."""
    value = text[start:end]
    return value in _values() or (value in _drugs() and _DOSE.match(text, end) is not None)


class LabelReader:
    """Reads what stands behind labels of names; ``starts`` are offsets where the next label begins, ``protected`` where a kept term does."""

    def __init__(self, text: str, starts: set[int], protected: set[int]) -> None:
        self.text, self.starts, self.protected = text, starts, protected

    def _is_speaker(self, hit: Hit) -> bool:
        """张医生：打升白针 is what a titled person says, no field."""
        if hit.word not in words("cues.tsv")["title_after"] or self.text[hit.end : hit.end + 1] not in (":", "："):
            return False
        for first in (hit.start - 2, hit.start - 1):
            if first >= 0 and surname_weight().get(self.text[first : hit.start], 0) > 1:
                return first == 0 or not "\u3400" <= self.text[first - 1] <= "\u9fff"
        return False

    def names(self, hit: Hit) -> list[Candidate]:
        """The name or the list of names behind one label."""
        if self._is_speaker(hit):
            return []
        gap = _GAP.match(self.text, hit.end)
        at = gap.end() if gap else hit.end
        between = self.text[hit.end : at]
        marked, weak = not _MARKS.isdisjoint(between), hit.word in _weak()
        filled = (marked or not weak) and self._closed(at, self._whole(at))
        if at in self.protected and not (self._person_behind(at) or filled) and (weak or not marked):
            return []
        if at in self.protected and _VALUE.match(self.text, self._whole(at)):
            return []  # a laboratory item with its value (检验|白细胞1.2)
        if at in self.protected and self._whole(at) in self.starts and _GLUED.match(self.text, hit.start):
            return []  # a word and the next label are one phrase (诊疗计划：常规检查)
        if ("，" in between or "," in between) and not marked:
            return []
        out: list[Candidate] = []
        while len(out) < _MOST:
            end = self._end(at, marked=marked, sure=not weak and bool(between), between=bool(between), weak=weak)
            if end <= at or (not out and not marked and between.strip()) or nobody(self.text, at, end):
                break
            out.append(Candidate(at, end, "NAME", "name.label", hit.word, _EXPLICIT if marked else _PLAIN))
            step = _STEP.match(self.text, end)
            if step is None or not self._may_follow(step.end()):
                break
            at, marked = step.end(), False
        return out

    def _may_follow(self, at: int) -> bool:
        return bool(surname_at(self.text, at)) and at not in self.starts and at not in self.protected

    def _person_behind(self, at: int) -> bool:
        """A protected word that something personal follows: kinship in brackets, sex, age, a phone, or the end of the line."""
        person = pattern("around", "of_person")
        return any(surname_at(self.text, at) and person.match(self.text, at + size) for size in (2, 3))

    def _end(self, at: int, *, marked: bool, sure: bool, between: bool, weak: bool) -> int:
        """End of the name that starts at ``at``, or ``at`` when none does. ``sure``: the label names persons only and a gap follows."""
        written = self._written(at, marked, between, weak)
        if written > at:
            return written
        whole = self._whole(at)
        if at in self.starts and not marked:
            return at
        if surname := surname_at(self.text, at):
            return self._run(at, surname, whole, bold=marked or sure or (not weak and self._closed(at, whole)))
        foreign = marked and whole - at >= 2 and at not in self.starts and not self._odd(at, whole)
        return whole if foreign and best_reading(self.text[at:whole]) < _UNREAD * (whole - at) else at

    def _written(self, at: int, marked: bool, between: bool, weak: bool) -> int:
        """Masked, spaced and Latin forms."""
        surname = surname_at(self.text, at)
        masked = pattern("value", "masked").match(self.text, at)
        bare = masked.group().rstrip("*×○某xX") if masked else ""
        alone = len(bare) <= len(surname or " ") or all(c in chars("foreign") for c in bare)
        if masked and (marked or (alone and bare not in chars("function") and (surname or masked.group()[-1] == "*"))):
            return masked.end()
        spaced = pattern("value", "spaced").match(self.text, at)
        if (
            spaced
            and (between or not weak or self._namelike(spaced.group()))
            and re.split(r"[ ^]", spaced.group())[0] in surname_weight()
            and not any(i in self.starts for i in range(at + 1, spaced.end()))
        ):
            return spaced.end()
        latin = pattern("value", "latin").match(self.text, at) if marked and at not in self.protected else None
        result = latin is None or _is_marker(latin.group()) or self.text[latin.end() : latin.end() + 1].isdecimal()
        return at if result or latin is None else latin.end()

    def _namelike(self, spaced: str) -> bool:
        """展 月琴: a family name and two characters that given names are made of."""
        surname, *given = spaced.replace("^", " ").split()
        odds = given_odds()
        return (
            surname in surname_weight()
            and len("".join(given)) == 2
            and all(odds.get(c, -9.0) > _NAMELIKE for c in "".join(given))
        )

    def _whole(self, at: int) -> int:
        """End of two to four Chinese characters that fill the place up to a mark or the next label, else ``at``."""
        end = at
        while (
            end < len(self.text)
            and end - at < 5
            and "\u3400" <= self.text[end] <= "\u9fff"
            and (end == at or end not in self.starts)
        ):
            end += 1
        return end if 2 <= end - at <= 4 and self.text[end : end + 1] not in (":", "=", "%") else at

    def _closed(self, at: int, whole: int) -> bool:
        """Does the place end at the next label, or at a mark with characters that a name could have?"""
        if whole in self.starts:
            return True
        surname = surname_at(self.text, at)
        given = self.text[at + len(surname) : whole]
        odds = given_odds()
        if surname_weight().get(surname, 0) < 1:
            return False
        return 1 <= len(given) <= 2 and sum(odds.get(c, -9.0) for c in given) > _NAMELIKE * len(given)

    def _odd(self, at: int, end: int) -> bool:
        """Is this no person: words of rooms, or characters that no name holds?"""
        value = self.text[at:end]
        return bool(pattern("around", "not_name").search(value)) or (
            not surname_at(self.text, at) and (value in word_share() or value[-1] in _PARTS)
        )

    def _run(self, at: int, surname: str, whole: int, *, bold: bool) -> int:
        """The reading that fits best; behind a sure label also a word, when it fills its place."""
        fitting = (r for r in read(self.text, at, surname, -2.0 if bold else 0.0) if self._inside(r, at))
        best = max(fitting, key=lambda r: r.score, default=None)
        fits = whole > at and bold and whole - at <= len(surname) + 2 and not self._odd(at, whole)
        if best is not None and not (fits and best.end < whole):
            return best.end
        return whole if fits else at

    def _inside(self, r: Reading, at: int) -> bool:
        if r.surname in chars("speech") and r.right.word == "title":
            return False
        if self.text[at + len(r.surname)] in chars("not_first") or self.text[at : r.end] in _acts():
            return False
        return not any(i in self.starts for i in range(at + 1, r.end)) and not pattern("around", "not_name").search(
            self.text, max(0, at - 1), r.end + 2
        )
