"""Names of people in one folded note: behind labels, in forms that speak for themselves, by the name model, and by their place among names.

A name is found in four ways, surest first: a label asks for it (``name_labels``), its written form says so (``name_forms``), its characters and
sides outweigh every reading as words (``name_model``), or it stands where its neighbours are names (``name_slots``).
"""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.lexicon import surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_context import right_of
from nlp.deid.name_cued import cued_names
from nlp.deid.name_dotted import dotted_names, joined_names
from nlp.deid.name_forms import chars, forms, no_persons, pattern, rare_pattern
from nlp.deid.name_frames import framed_names
from nlp.deid.name_labels import LabelReader
from nlp.deid.name_model import CALLING, Reading, may_start, read, spots
from nlp.deid.name_slots import AMID, in_slots
from nlp.deid.name_words import surname_evidence
from nlp.deid.scan import Hit, longest

_LEAST = -0.4
"""Score from which a reading is a name."""
_AMONG, _SURE, _SOME = -1.7, 2.0, 2
"""Score that is enough in a note that names persons: so many readings have the sure score."""
_NEAR, _REACH = -3.3, 30
"""Score that is enough within so many characters of another name in the line."""
_PLAIN_WORD = -5.0
"""Evidence below which the characters are a common word, so that other names around do not help."""
_WORD_CALLED = -1.3
"""Score from which such a word is a name where other names stand around and a person is called for."""
_DESPITE_TERM = 4.0
"""The same where a protected term begins (东方 is a sign's name and a family's)."""
_TERM_GIVEN = 1.0
"""The same where the given name is a protected word (顺利)."""
_TERM_CALLED = 0.3
"""The same where a protected word stands where only a person can (其夫安静（135…)."""
_TITLE, _SHORT_TITLE, _CALLED = -7.5, -6.0, 2.0
"""Evidence from which a surname before a title is one, before a title of one character, and how much less after a cue."""
_MORE_THAN = re.compile(r"\d余[天年月次例枚个人周日]")
"""20余天 is a count, no person of the family 余."""
_FAMILIAR = -3.0
"""Evidence from which a prefix with a family name is a person."""
_VERB = 2.0
"""By how much a reading must be better than the one without its first character, when that may be a verb."""
_CUT_OFF = frozenset("男女来")
"""Last characters of given names that are read as something else."""
_NOT_LABELS = frozenset(("男", "女", "系", "名", "姓", "单位"))


@cache
def _titles() -> tuple[frozenset[str], re.Pattern[str], frozenset[str]]:
    """Titles, the pattern of those of one character, and which of these are no given name."""
    cues = words("cues.tsv")
    return frozenset(cues["title_after"]), re.compile(f"[{''.join(cues['title_short'])}]"), frozenset("主总工")


def _covered(found: list[Candidate]) -> set[int]:
    return {i for c in found for i in range(c.start, c.end)}


def _called(r: Reading) -> bool:
    """Does a label, a kinship word or what follows call for a person, so that even a common word may be one (成功, 向往)?"""
    return r.left.word in ("label", "relation", "named", "agent") or r.right.word == "person"


def _surely_called(r: Reading) -> bool:
    """Kinship before and a bracket behind, or sex, age or a phone behind."""
    person = r.right.word == "person" or (r.left.word == "relation" and r.right.gap == "open")
    return person and r.left.word != "label" and r.score > _TERM_CALLED


def _without_rivals(found: list[Reading]) -> list[Reading]:
    """Of two readings that end together a character apart, one is dropped: the verb before a surname (随王芳), the half of a compound one."""
    scores = {(r.start, r.end): r.score for r in found if surname_weight()[r.surname] >= 2}
    compound = {(r.start + 1, r.end) for r in found if len(r.surname) > 1}
    kept = [r for r in found if (r.start, r.end) not in compound]
    verb = chars("speech")
    return [r for r in kept if r.surname not in verb or scores.get((r.start + 1, r.end), -99.0) < r.score - _VERB]


class NameFinder:
    """Finds names in one folded note. ``keep`` are protected terms, ``blocked`` their places, ``labels`` the field labels found in it, ``hits`` those
    of the index."""

    def __init__(
        self, text: str, labels: list[Hit], keep: list[Hit], blocked: set[int], hits: dict[str, list[Hit]]
    ) -> None:
        self.text = text
        self.labels = labels
        self.label_starts = {h.start for h in labels if h.kind != "lot" and h.word not in _NOT_LABELS}
        self.blocked = blocked
        self.blocked_start = {h.start for h in keep}
        self.hits = hits

    def find(self) -> list[Candidate]:
        """Names of all four ways; overlaps are settled by the engine."""
        reader = LabelReader(self.text, self.label_starts, self.blocked_start)
        out = [Candidate(s, e, "NAME", "name.dotted", "form", 70) for s, e in dotted_names(self.text)]
        out += [
            Candidate(s, e, "NAME", "name.parts", "parts of names", 69)
            for s, e in joined_names(self.text, self.hits["part"])
        ]
        out += [c for h in self.labels if h.kind in ("name", "staff") for c in reader.names(h)]
        out += self._free(_covered(out))
        done = _covered(out)
        written = self._written() + self._familiar() + self._masked_whole()
        out += [c for c in written if c.start not in done or c.end - 1 not in done]
        out += [c for c in self._before_titles() if c.start not in done]
        out += [c for c in cued_names(self.text, self.blocked) if c.start not in done]
        out += framed_names(self.text, self.blocked, self.label_starts)
        out += [c for c in in_slots(self.text, out) if c.start not in self.blocked or c.cue == AMID]
        return [c._replace(end=c.end + 1) if self._is_cut_off(c) else c for c in out]

    def _is_cut_off(self, name: Candidate) -> bool:
        """Does the character behind a name belong to it: 谢亚 before 男, 朱喜 before 来 and a mark?"""
        if self.text[name.end : name.end + 1] not in _CUT_OFF or not 2 <= name.end - name.start <= 3:
            return False
        if name.label != "NAME" or self.text[name.start : name.end - 1] not in surname_weight():
            return False
        sexed = self.text[name.end - 1] in chars("before_sex") and pattern("around", "sex_of_name").match(
            self.text, name.end
        )
        return bool(sexed or pattern("around", "came").match(self.text, name.end))

    # -- forms ------------------------------------------------------------------------------------------------
    def _written(self) -> list[Candidate]:
        """Forms that carry their evidence in themselves: 张某某, 王*, 小张, 周^慧敏."""
        out = []
        for form in forms():
            for match in form.pattern.finditer(self.text):
                compound = match.group()[:2] in surname_weight()
                if match.group() in no_persons():
                    continue
                if (match.start() in self.blocked and form.name != "sibling" and not compound) or (
                    form.name == "some" and self._odd_mask(match)
                ):
                    continue
                start = match.start()
                if form.name in ("nick", "sibling") and match.group()[0] not in "小老阿":
                    start += max(match.group().find(p) for p in "小老")
                out.append(Candidate(start, match.end(), "NAME", f"name.{form.name}", "form", 58))
        return out

    def _familiar(self) -> list[Candidate]:
        """小张, 老李, 阿查: better read as a person than as words, and a mark or what people do behind it."""
        out = []
        for match in rare_pattern("around", "familiar").finditer(self.text):
            at, end = match.span()
            open_end = end >= len(self.text) or not "\u3400" <= self.text[end] <= "\u9fff"
            acts = open_end or pattern("around", "after_familiar").match(self.text, end)
            if at in self.blocked or not (acts or right_of(self.text, end).word in ("verb", "act")):
                continue
            if surname_evidence(self.text, at, end, surname=match.group()[1:]) > _FAMILIAR:
                out.append(Candidate(at, end, "NAME", "name.nick", "form", 58))
        return out

    def _masked_whole(self) -> list[Candidate]:
        """扎西**, 松本健一*: starred names in transcribing characters."""
        out = []
        for match in rare_pattern("around", "masked_whole").finditer(self.text):
            name = match.group().rstrip("*")
            if match.start() not in self.blocked and all(c in chars("foreign") for c in name):
                out.append(Candidate(match.start(), match.end(), "NAME", "name.some", "stars", 57))
        return out

    def _odd_mask(self, match: re.Match[str]) -> bool:
        """Stars or 某 behind a surname character that do not hide a name: 于***医院, 希罗达*8."""
        if pattern("around", "not_person").match(self.text, match.end()) or match.group()[0] in "于管":
            return True
        second = match.group()[1]
        odd = surname_weight().get(match.group()[0], 3) == 0 or match.group()[0] in chars("function")
        odd |= "\u3400" <= second <= "\u9fff" and second != "某" and match.group()[:2] not in surname_weight()
        return odd and not may_start(self.text, match.start())

    def _before_titles(self) -> list[Candidate]:
        """The surname right before a title."""
        short = (m.start() for m in _titles()[1].finditer(self.text))
        behind = pattern("around", "after_short")
        places = [(at, 1) for at in short if behind.match(self.text, at + 1)]
        places += [(h.start, len(h.word)) for h in longest(self.hits["title"])]
        return [found for at, size in places if (found := self._before_title(at, size))]

    def _before_title(self, title: int, length: int) -> Candidate | None:
        end = title - (self.text[title - 1 : title] == " ")
        size = 2 if end > 1 and self.text[end - 2 : end] in surname_weight() else 1
        surname = self.text[end - size : end] if end >= size else ""
        if surname not in surname_weight() or surname in chars("never_titled"):
            return None
        if self.text[max(0, end - 2) : end] == "谢谢":
            return None
        if pattern("around", "course").match(self.text, title):
            return None
        if not self._title_fits(end - size, end, _SHORT_TITLE if length == 1 else _TITLE):
            return None
        return Candidate(end - size, end, "NAME", "name.title", self.text[title : title + length], 58)

    def _title_fits(self, at: int, end: int, least: float) -> bool:
        """Is the surname better read as a name than as (part of) a word? 主任医生 is no 任医生; after a cue a weak one is enough."""
        if end - 1 in self.blocked and at in self.blocked_start and end in self.blocked:
            return surname_weight()[self.text[at:end]] == 3
        evidence = surname_evidence(self.text, at, end)
        return evidence > least or (evidence > least - _CALLED and may_start(self.text, at))

    # -- by the model -------------------------------------------------------------------------------------------
    def _free(self, done: set[int]) -> list[Candidate]:
        """Readings above the threshold; where other names stand in the note or in the line, weaker ones too."""
        found = self._readings(done)
        sure = self._choose(found, done, _LEAST)
        known = sum(r.score > _SURE for r in found) >= _SOME
        likely = [r for r in found if r.evidence > _PLAIN_WORD or (r.score > _WORD_CALLED and _called(r))]
        more = [r for r in likely if r.score > (_AMONG if known else _LEAST) or self._beside(r, sure)]
        taken = done | _covered(sure)
        return sure + self._choose(more, taken, _NEAR)

    def _beside(self, r: Reading, out: list[Candidate]) -> bool:
        """Does another name stand in the same line, not far, and one side of this one end at a mark?"""
        if r.left.gap == "none" and r.right.gap == "none" and r.left.word not in CALLING:
            return False
        line = self.text.rfind("\n", 0, r.start), self.text.find("\n", r.end) % (len(self.text) + 1)
        return any(line[0] < c.start < line[1] and abs(c.start - r.start) < _REACH for c in out)

    def _readings(self, done: set[int]) -> list[Reading]:
        found: list[Reading] = []
        for at, surname in spots(self.text, self.hits["compound"]):
            if at in done or _MORE_THAN.match(self.text, max(0, at - 1)):
                continue
            free = at not in self.blocked or len(surname) > 1 or self._kin_behind(at)
            least = _LEAST if free else _DESPITE_TERM
            if least > _LEAST and at not in self.blocked_start:
                continue
            floor = min(least, _NEAR) + (least - _LEAST)
            rows = read(self.text, at, surname, min(floor, _TERM_CALLED), supported=True)
            found += [r for r in rows if (r.score > floor or _surely_called(r)) and self._allowed(r, done)]
        return _without_rivals(found)

    def _choose(self, found: list[Reading], done: set[int], least: float) -> list[Candidate]:
        """The best readings that do not overlap."""
        out: list[Candidate] = []
        taken = set(done)
        for r in sorted(found, key=lambda r: -r.score):
            if r.score > least and not taken.intersection(range(r.start, r.end)):
                taken.update(range(r.start, r.end))
                out.append(Candidate(r.start, r.end, "NAME", "name.context", r.cue, 46))
        return out

    def _kin_behind(self, at: int) -> bool:
        """A protected word with kinship in brackets, sex or phone behind it is a person."""
        return at in self.blocked_start and any(pattern("around", "of_kin").match(self.text, at + n) for n in (2, 3))

    def _allowed(self, r: Reading, done: set[int]) -> bool:
        """What speaks against any reading: a title or mask as given name, the next label or a protected term inside, a dose behind."""
        given = self.text[r.start + len(r.surname) : r.end]
        titles = _titles()[0]
        if r.surname in chars("speech") and r.right.word == "title" and surname_weight().get(given, 0) == 3:
            return False
        if (
            given in titles
            or given in _titles()[2]
            or given[0] in chars("not_first")
            or given[-1] in "某氏"
            or r.end - 1 in done
        ):
            return False
        called = _called(r) or r.right.word == "title"
        if (r.surname + given in no_persons() and not called) or (given.startswith(r.surname) and not _called(r)):
            return False
        if r.surname in chars("trade") and r.left.gap == "none":
            return False
        if any(i in self.label_starts for i in range(r.start + 1, r.end)):
            return False
        if (
            r.end - 1 in self.blocked
            and r.score < (_DESPITE_TERM if r.start in self.blocked else _TERM_GIVEN)
            and not _surely_called(r)
            and not pattern("around", "of_person").match(self.text, r.end)
        ):
            return False
        sexed = given[-1] in "男女" and not (len(given) > 1 and given[0] in chars("before_sex"))
        if sexed and not pattern("around", "sex_next").match(self.text, r.end):
            return False
        if pattern("around", "not_name").search(self.text, max(0, r.start - 1), r.end + 2):
            return False
        return not pattern("around", "dose").match(self.text, r.end)
