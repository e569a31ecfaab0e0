"""Names of people: surname and given-name characters weighed together with what stands left and right of them."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.lexicon import given_names, given_weight, surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.scan import Hit
from warehouse import codes

CJK = "〇\u3400-\u9fff\U00020000-\U0002ffff"
_BOUNDARY = frozenset("，。、；：:;,.!?！？\n\r|()（）[]【】《》<>\"“”'‘’/\\^~&#=-—_*· \t+→")
_NEVER_GIVEN = frozenset(
    "的了是在不无我你他她它们这那与及或因但请由被把将从对至到其该此未已曾再又也都就很较最更以能会要应须需者性症病癌瘤炎痛肿药剂量次日年岁时分秒个位名例号床科室院术后前内外左右上下侧部区段叶肝肺胃肠肾脾胰胆脑颅骨血尿便痰咳热汗氧菌检查诊治疗化放射切除给予行示见提呈约共每第约及伴并且于诉述称说住入出转送签姓男女主副医师护士授"
)
_CHAIN = frozenset("、/，,和与及 ;；")
_FUNCTION_SURNAMES = frozenset(
    "于时和向应后能别都越全安平成万单管解余段左明常曾有经水全贵充实慎言容广连从别无终步满空通边毕费计包任查宫曲支宁阳关华文程富党苗封古车路颜申施"
)
_WORD_BEFORE_TITLE = frozenset("时于向和经管后应查别都全单双关有解连能水平")
_DOSE_RIGHT = re.compile(r"[)）\"”、 ]{0,2}\d{1,4}(?:\.\d{1,3})?\s?(?:mg|g|ml|u|iu|μg|ug|粒|片|支|万)", re.I)
_DOTTED = re.compile(rf"[{CJK}]{{1,8}}(?:[·][{CJK}]{{1,8}}){{1,4}}")
_NOT_NAME_RUN = re.compile(r"中心|科室|病区|小组|办公|门诊")
_SIGN_OFF = re.compile(
    rf"[{CJK}]{{2,4}}(?:\s{{0,8}}(?:\n|$)|\s{{0,3}}[/、]\s{{0,3}}[{CJK}]{{2,4}}\s{{0,8}}(?:\n|$)|\s{{1,8}}\d{{2,4}}[年\-./])"
)
_NOT_PERSON = re.compile(r"\*|[\u3400-\u9fff]{0,4}(?:医院|大学|省|市|县|区)")
_MASKED = re.compile(rf"[{CJK}](?:[{CJK}]?[*×○]{{1,3}}(?![*×○])[{CJK}]?|[某xX]{{1,2}}(?![A-Za-z0-9]))")
_LATIN = re.compile(r"[A-Z][a-zA-Z'\-]{1,20}(?:[ ,^]{1,2}[A-Z][a-zA-Z'\-]{0,20}){1,3}|[A-Z][a-z]{1,20}")
_SPACED = re.compile(
    rf"[{CJK}]{{1,2}}(?:[ ^]{{1,3}}(?![男女性])[{CJK}]){{1,2}}(?![{CJK}])|[{CJK}]{{1,2}}[ ^]{{1,3}}(?![男女性])[{CJK}]{{2}}(?![{CJK}])"
)
_WEAK_LABELS = frozenset(
    [
        "配药",
        "核对",
        "执行",
        "调配",
        "双签",
        "摆药",
        "发药",
        "采血",
        "录入",
        "签收",
        "接收",
        "阅片",
        "读片",
        "制片",
        "包埋",
        "染色",
        "总检",
        "开单",
        "开立",
        "审批",
        "签发",
        "校对",
        "质控",
        "交班",
        "接班",
        "值班",
        "巡视",
        "主检",
        "复诊",
        "报告人员",
        "记账",
        "收费",
        "穿刺者",
        "置管者",
        "带班",
        "查对",
        "护理",
        "输注",
        "皮试",
        "皮试者",
        "给药",
        "打印",
        "编写",
        "撰写",
        "整理",
        "汇总",
        "患者",
        "病人",
        "病员",
        "患儿",
        "家属",
        "名",
        "姓",
        "记录",
        "报告",
        "取材",
        "主持",
        "审核",
        "复核",
        "主任",
        "副主任",
        "教授",
        "副教授",
        "医师",
        "医生",
        "护士",
        "Name",
        "护工",
        "主管",
        "负责人",
        "管床",
        "带教",
        "志愿者",
        "营养师",
        "申请人",
        "主刀",
        "陪护",
        "检查者",
        "操作者",
        "Patient",
        "PATIENT",
        "Pt",
    ]
)
_CLOSED = re.compile(rf"[{CJK}]{{2,4}}[)）\]”\"]")
_SEX_NEXT = re.compile(
    r"[（(]其?(?:妻|夫|子|女|儿|母|父|兄|弟|姐|妹|媳|婿|孙|配偶|老伴|爱人|患者|本人|家属|主)[\u3400-\u9fff]{0,2}[)）]|[（(][男女][，,）)/、 ]|\s{1,3}1[3-9]\d|\s{1,6}\d{1,3}岁|[，,|/、~^ ]{1,4}(?:[男女][，,|/、~^ \d]|[MF][|~^])"
)
_OF_PERSON = re.compile(
    r"\s?[（(](?:其?(?:妻|夫|子|女|儿|母|父|兄|弟|姐|妹|媳|婿|孙|配偶|老伴|爱人|患者|本人|家属|护工|保姆|邻居|同事|朋友)[\u3400-\u9fff]{0,2}[)）]|(?:\+?86)?[ -]?1[3-9]\d)|\|[男女]?\||\|[MF男女][|~^]|"
    r"[，,、 ]{1,2}[男女][，,、 ]|\s?[,，]?\s?1[3-9]\d{2}|[，, ]{1,2}\d{1,3}岁|(?:在场|代诉|代述|陪同|陪护|签字|签名|医师|医生|护士|主任)|\s{2}|\s{0,3}(?:\n|$)"
)
_OF_KIN = re.compile(
    r"\s?[（(](?:其?(?:妻|夫|子|女|儿|母|父|兄|弟|姐|妹|媳|婿|孙|配偶|老伴|爱人|患者|本人|家属|护工|保姆|邻居|同事|朋友)[\u3400-\u9fff]{0,2}[)）]|(?:\+?86)?[ -]?1[3-9]\d)|\|[男女MF][|~^]|[，,、 ]{1,2}[男女][，,、 ]"
)
_GENDER_NEXT = re.compile(r"[，, |/、]{0,2}(?:性别|男|女)")


@cache
def _surname_pattern() -> re.Pattern[str]:
    compound = sorted((s for s in surname_weight() if len(s) > 1), key=len, reverse=True)
    single = "".join(s for s in surname_weight() if len(s) == 1)
    return re.compile(f"{'|'.join(compound)}|[{single}]")


@cache
def _cue_sets() -> dict[str, tuple[str, ...]]:
    lists = words("cues.tsv")
    labels = words("labels.tsv")
    return {
        "title": tuple(sorted(lists["title_after"], key=len, reverse=True)),
        "relation": lists["relation"],
        "relation2": tuple(w for w in lists["relation"] if len(w) > 1),
        "verb": lists["verb_after"] + tuple(w for k in ("stop", "record", "phone") for w in labels[k] if len(w) > 1),
        "named": lists["named"],
        "before": tuple(lists["before"]),
        "role": lists["role_tail"],
    }


def surname_at(text: str, at: int) -> str:
    """The surname that opens at an offset (compound ones first), or ""."""
    match = _surname_pattern().match(text, at)
    return match.group() if match else ""


def _is_word(surname: str) -> bool:
    """Is the surname character mostly a word of its own?"""
    return surname in _FUNCTION_SURNAMES or surname_weight()[surname] == 0


def _given_score(given: str) -> int:
    weight = given_weight()
    if given in given_names():
        return 2
    if any(c in _NEVER_GIVEN or not "\u3400" <= c <= "\u9fff" for c in given):
        return -9
    return sum(weight.get(c, -1) for c in given) - len(given)


def _left_score(text: str, at: int) -> tuple[int, str]:
    """Evidence on the left of a name: cue words most, a boundary some, running text against it."""
    if at == 0:
        return 2, "start"
    left = text[max(0, at - 8) : at]
    bare = left.rstrip(' :：,，、/（(“"')
    cues = _cue_sets()
    if bare.endswith(cues["relation"]) and (bare.endswith(cues["relation2"]) or bare != left):
        return (5 if len(bare) == len(left) or left[-1] not in "，、" else 2), "relation"
    if left.endswith(cues["named"]) or (bare.endswith(cues["named"]) and not left[len(bare) :].strip(" :")):
        return 5, "named"
    if left.endswith(cues["before"]) or (bare.endswith(cues["before"]) and left[-1] in ":： （("):
        return 3, "cue before"
    if left[-1] in "|~^\n":
        return 3, "field"
    if left[-1] in '（([“"':
        return (2, "bracket") if _CLOSED.match(text, at) else (0, "joined")
    if left[-1] in "+-_*/\\":
        return 0, "joined"
    if bare.endswith(cues["role"]):
        return 2, "role"
    if left[-1] in _BOUNDARY or not left[-1].isalnum():
        return 2, "boundary"
    return (1, "joined") if left[-1].isascii() else (-3, "")


def _right_score(text: str, end: int) -> tuple[int, str]:
    """Evidence on the right of a name: titles most, verbs of people next, a boundary some."""
    if end >= len(text):
        return 2, "end"
    cues = _cue_sets()
    right = text[end : end + 6]
    bare = right.lstrip(" ")
    if bare.startswith(cues["title"]):
        return 5, "title"
    if _SEX_NEXT.match(text, end):
        return 5, "sex"
    if right[0] == ":":
        return 2, "speaker"
    if bare.startswith(cues["verb"]):
        return (3 if bare == right else 2), "verb"
    if right[0] in "|~^\n":
        return 3, "field"
    return (1, "boundary") if right[0] in _BOUNDARY or not right[0].isalnum() or right[0].isascii() else (-3, "")


@cache
def _markers() -> frozenset[str]:
    return frozenset(name.upper() for row in codes.markers() for name in codes.names(row) if name.isascii())


def _is_marker(words: str) -> bool:
    """``MSI MSS`` after 检测 is a result: every word names a marker or a state of one."""
    return all(word.upper() in _markers() for word in re.split(r"[ ,^]+", words) if word)


class NameFinder:
    """Finds names in one folded note. ``blocked`` are spans of protected terms, ``labels`` the field labels found in it."""

    def __init__(self, text: str, labels: list[Hit], keep: list[Hit]) -> None:
        self.text = text
        self.labels = labels
        self.label_starts = {
            h.start for h in labels if h.kind != "lot" and h.word not in ("男", "女", "系", "名", "姓", "单位")
        }
        self.blocked = {i for h in keep for i in range(h.start, h.end)}
        self.blocked_start = {h.start for h in keep}

    def find(self) -> list[Candidate]:
        """Labelled names first, then names that carry their own evidence."""
        out = [c for h in self.labels if h.kind in ("name", "staff") for c in self._labelled(h)]
        out += self._patterns()
        done = {i for c in out for i in range(c.start, c.end)}
        previous_end = -1
        for match in _surname_pattern().finditer(self.text):
            at = match.start()
            if at < previous_end or at in done:
                continue
            found = self._free(at, match.group(), previous_end)
            if found:
                out.append(found)
                previous_end = found.end
        return out

    # -- with a label ---------------------------------------------------------------------------------------
    def _labelled(self, hit: Hit) -> list[Candidate]:
        gap = re.compile(r"[\s:：=|#\])）(（\"^_是为>,，]{0,6}").match(self.text, hit.end)
        at = gap.end() if gap else hit.end
        between = self.text[hit.end : at]
        if (
            at in self.blocked_start
            and not self._word_as_name(at)
            and (hit.word in _WEAK_LABELS or not any(c in ":=|" for c in between))
        ):
            return []
        explicit = any(c in ":=|：^_" for c in between)
        out: list[Candidate] = []
        sure = explicit or hit.word not in _WEAK_LABELS
        while len(out) < 12:
            end = self._name_end(at, explicit=explicit or (sure and self._short_run(at)))
            if (
                end <= at
                or not (explicit or out or between.strip() == "")
                or (("，" in between or "," in between) and not (explicit or out))
            ):
                break
            out.append(Candidate(at, end, "NAME", "name.label", hit.word, 68 if explicit else 62))
            step = re.compile(r"\s?[/、,，;；和与及 ]\s?").match(self.text, end)
            if step is None or not surname_at(self.text, step.end()):
                break
            if any(step.end() == start for start in self.label_starts) or step.end() in self.blocked_start:
                break
            at, explicit = step.end(), False
        return out

    def _word_as_name(self, at: int) -> bool:
        """A protected word that something personal follows: a kinship word in brackets, sex, age, a phone; or the end of a list of staff."""
        return any(surname_at(self.text, at) and _OF_PERSON.match(self.text, at + size) for size in (2, 3))

    def _short_run(self, at: int) -> bool:
        """Do two to four Chinese characters stand here up to a boundary or the next label, opening with a surname?"""
        if not surname_at(self.text, at):
            return False
        end = next(
            (
                i
                for i in range(at, at + 6)
                if i >= len(self.text)
                or self.text[i] in _BOUNDARY
                or self.text[i].isdecimal()
                or i in self.label_starts
            ),
            at,
        )
        return 2 <= end - at <= 4

    def _name_end(self, at: int, *, explicit: bool) -> int:
        """End of the name that starts at ``at``, or ``at`` when none does."""
        text = self.text
        for pattern in (_DOTTED, _MASKED):
            match = pattern.match(text, at)
            if match and not explicit and match.group()[0] in _FUNCTION_SURNAMES:
                continue
            if match and (explicit or surname_at(text, at) or (pattern is _DOTTED and len(match.group()) > 4)):
                return match.end()
        spaced = _SPACED.match(text, at)
        if (
            spaced
            and re.split(r"[ ^]", spaced.group())[0] in surname_weight()
            and not any(i in self.label_starts for i in range(at + 1, spaced.end()))
        ):
            return spaced.end()
        if explicit and (latin := _LATIN.match(text, at)) and not _is_marker(latin.group()):
            return latin.end()
        return self._run_end(at, explicit=explicit)

    def _is_label(self, at: int) -> bool:
        return at in self.label_starts

    def _run_end(self, at: int, *, explicit: bool) -> int:
        """End of an unbroken Chinese name: the extent whose right side and characters fit best."""
        surname = surname_at(self.text, at)
        if not surname or (at in self.label_starts and not explicit):
            return self._foreign_end(at) if explicit else at
        if not explicit and (at in self.blocked_start or (_is_word(surname) and not self._strong_function(at))):
            return at
        best, best_score = at, 0
        for size in (3, 2, 1):
            end = at + len(surname) + size
            score = self._extent_score(at + len(surname), end, explicit)
            if score > best_score:
                best, best_score = end, score
        return best

    def _strong_function(self, at: int) -> bool:
        """A surname that is mostly a function word: both given characters must be name characters, and what follows must fit."""
        given = self.text[at + 1 : at + 3]
        strong = [given_weight().get(c, 0) for c in given]
        if (
            min(strong, default=0) >= 1
            and max(strong) == 2
            and len(strong) == 2
            and _right_score(self.text, at + 3)[0] >= 1
        ):
            return True
        one = strong[:1] == [2] and _right_score(self.text, at + 2)[0] >= 1
        return one or (strong == [2, 2] and _right_score(self.text, at + 3)[0] >= 1)

    def _extent_score(self, start: int, end: int, explicit: bool) -> int:
        given = self.text[start:end]
        if len(given) < end - start or not all("\u3400" <= c <= "\u9fff" or ord(c) > 0x20000 for c in given):
            return -1
        if any(i in self.label_starts for i in range(start, end)) or (len(given) == 3):
            return -1
        quality = _given_score(given)
        if self.text[end : end + 1] in ("男", "女") and _GENDER_NEXT.match(self.text, end + 1):
            return -1
        if _NOT_NAME_RUN.search(self.text, start - 1, end + 2):
            return -1
        if given[-1] in "男女" and not _GENDER_NEXT.match(self.text, end):
            return -1
        if quality < 0:
            quality = -1 if explicit and not all(c in _NEVER_GIVEN for c in given[-1:]) else -6
        right, _ = _right_score(self.text, end)
        if end in self.label_starts:
            right = 3
        return 4 + quality + right * 2 + (len(given) == 2) + (3 if explicit else 0)

    def _foreign_end(self, at: int) -> int:
        """A name without a known surname behind an explicit label: 2-4 characters up to a boundary or the next label."""
        for end in range(at, min(at + 5, len(self.text) + 1)):
            stop = end == len(self.text) or not "\u3400" <= self.text[end] <= "\u9fff" or end in self.label_starts
            if stop:
                given = self.text[at:end]
                return (
                    end
                    if 2 <= len(given) <= 4
                    and not _NOT_NAME_RUN.search(given)
                    and not any(c in _NEVER_GIVEN for c in given)
                    else at
                )
        return at

    # -- without a label --------------------------------------------------------------------------------------
    def _patterns(self) -> list[Candidate]:
        """Forms that carry their evidence in themselves: 李主任, 张某某, 王*, 小张, 阿依古丽·买买提."""
        out = self._before_titles()
        for form, needle, pattern in _FORMS:
            if needle and needle not in self.text:
                continue
            for match in pattern.finditer(self.text):
                if match.start() in self.blocked or (form == "some" and self._odd_mask(match)):
                    continue
                start = (
                    match.start() + max(match.group().find(p) for p in "小老")
                    if form == "nick" and match.group()[0] not in "小老阿"
                    else match.start()
                )
                out.append(Candidate(start, match.end(), "NAME", f"name.{form}", "form", 58))
        return out

    def _before_titles(self) -> list[Candidate]:
        """The surname right before a title."""
        out = []
        for match in _TITLE.finditer(self.text):
            end = match.start() - (self.text[match.start() - 1 : match.start()] == " ")
            size = 2 if end > 1 and self.text[end - 2 : end] in surname_weight() else 1
            at = end - size
            surname = self.text[max(0, at) : end]
            if (
                at < 0
                or surname not in surname_weight()
                or at in self.blocked_start
                or not self._title_boundary(at, surname)
            ):
                continue
            out.append(Candidate(at, end, "NAME", "name.title", match.group(), 58))
        return out

    def _titled(self, at: int) -> bool:
        """Does a title follow a two- or three-character reading?"""
        return any(_right_score(self.text, at + size)[0] >= 5 for size in (2, 3))

    def _alone_on_line(self, at: int) -> bool:
        """A sign-off: two to four characters that fill their line, up to a date or its end."""
        if at and self.text[at - 1] != "\n" and self.text[max(0, at - 2) : at] != "  ":
            return False
        return _SIGN_OFF.match(self.text, at) is not None

    def _odd_mask(self, match: re.Match[str]) -> bool:
        """Stars or 某 behind a surname character that do not hide a name: 于***医院, 希罗达*8."""
        if _NOT_PERSON.match(self.text, match.end()):
            return True
        if match.group()[0] in "于管":
            return True
        odd = _is_word(match.group()[0]) or ("\u3400" <= match.group()[1] <= "\u9fff" and match.group()[1] != "某")
        return odd and _left_score(self.text, match.start())[0] <= 0

    def _title_boundary(self, at: int, surname: str) -> bool:
        """May a surname before a title start here? Surnames that are words need a boundary or a cue; 主任医生 is no 任医生."""
        if surname == "任" and self.text[at - 1 : at] in "主责担信" and at:
            return False
        if surname_weight().get(surname, 3) >= 2 and surname not in _WORD_BEFORE_TITLE:
            return True
        return _left_score(self.text, at)[0] > 0

    def _free(self, at: int, surname: str, previous_end: int) -> Candidate | None:
        """Best-scored reading of the characters at ``at`` as a full name, or None."""
        if at in self.blocked and not (
            at in self.blocked_start and any(_OF_KIN.match(self.text, at + size) for size in (2, 3))
        ):
            return None
        left, left_cue = _left_score(self.text, at)
        if previous_end > 0 and (at == previous_end or (at - previous_end == 1 and self.text[at - 1] in _CHAIN)):
            left, left_cue = 4, "list"
        base = 2 * (surname_weight()[surname] - 2) + left
        if _is_word(surname) and not (
            left >= 5 or (self._strong_function(at) and (left >= 2 or self._titled(at))) or self._alone_on_line(at)
        ):
            return None
        best, best_score, cue = None, 2, ""
        for size in (2, 1):
            end = at + len(surname) + size
            given = self.text[at + len(surname) : end]
            if (
                len(given) < size
                or (end - 1 in self.blocked and not _OF_PERSON.match(self.text, end))
                or end - 1 in self.label_starts
                or given[0] in _BOUNDARY
                or given[-1] in _BOUNDARY
            ):
                continue
            if _DOSE_RIGHT.match(self.text, end):
                return None
            quality = _given_score(given)
            right, right_cue = _right_score(self.text, end)
            if end in self.label_starts and right < 3:
                right, right_cue = 3, "label"
            score = base + quality + right + (size == 2)
            score = (
                max(score, 3) if size == 2 and quality >= 2 and surname_weight()[surname] >= 3 and right >= 1 else score
            )
            if _enough(quality, left, right, surname_weight()[surname]) and score > best_score:
                best, best_score, cue = end, score, f"{left_cue}, {right_cue}"
        return Candidate(at, best, "NAME", "name.context", cue, 46) if best else None


def _enough(quality: int, left: int, right: int, surname: int) -> bool:
    """Is the evidence around a reading enough for its characters? Unusual characters ask for cues on both sides; an unmistakable
    surname with two given-name characters may be joined to the text before it."""
    if quality >= 2 and surname >= 3 and right >= 1:
        return True
    if max(left, right) >= 3 and (
        (quality >= 1 and surname >= 3) or (quality >= 2 and surname >= 2) or (quality >= 1 and left >= 5)
    ):
        return left + right >= 0
    if quality >= 0:
        return left + right >= (2 if right >= 5 and surname >= 2 else 3)
    return quality >= -2 and left + right >= (5 if surname >= 2 else 7) and min(left, right) >= 1


def _form_patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """(form, needle without which it is skipped, pattern). Each begins with the characters it can be found by."""
    weight = surname_weight()
    sure = "".join(s for s, w in weight.items() if len(s) == 1 and w >= 2)
    common = "".join(s for s, w in weight.items() if len(s) == 1 and w == 3)
    strong = "".join(c for c, w in given_weight().items() if w == 2)
    anyone = "".join(s for s, w in weight.items() if len(s) == 1 and s not in _WORD_BEFORE_TITLE)
    titled = "".join(
        s
        for s, w in weight.items()
        if len(s) == 1 and (w >= 2 or s in "鲜云揭牙") and s not in _WORD_BEFORE_TITLE and s not in "高小老大"
    )
    follow = "[，。,、:：;；（(]|近来|近|今|昨|诉|说|述|称|目前|现|本人|既往|自|因|出现|来|回|家|住|的|无|否认|有|于|一|这|术|化疗|手术|精神|打|电话|在|$"
    compound = "|".join(s for s in weight if len(s) > 1)
    cjk = f"[{CJK}]"
    end = "(?=[，。,、:： ]|诉|说|称|代|来|陪|的|因|电|家|和|与|今|于|自|昨|已|女士|先生|既往|本人|患|入|住|曾|现)"
    return (
        ("some", "", re.compile(rf"[{sure}](?:某{{1,2}}[甲乙丙]?|{cjk}?\*{{1,3}})")),
        (
            "spaced",
            "",
            re.compile(
                rf"(?:{compound}|[{sure}])(?<!{cjk}.)[ ^]{{1,3}}(?![男女性]){cjk}(?:[ ^]?(?![男女性]){cjk})?(?=[ ，,|/、]{{1,4}}[男女][，,|/ \d])"
            ),
        ),
        (
            "spaced",
            "",
            re.compile(
                rf"[{sure}](?<!{cjk}.)[ ^]{{1,3}}[{strong}](?:[ ^]?[{strong}])?(?=\s{{0,3}}(?:[，,|\n:（(\dA-Z]|$))"
            ),
        ),
        (
            "nick",
            "",
            re.compile(
                rf"老(?<!{cjk}.)[{sure}](?![{CJK}]?(?:人|年|师|家|伴|龄))|小(?<!{cjk}.)[{common}](?=[{CJK}，。,])"
            ),
        ),
        (
            "latin",
            "",
            re.compile(
                r"[A-Z](?<![A-Za-z].)[a-z'\-]{1,20}(?: [A-Z][a-z'\-]{1,20}){1,3}(?=[，,、 ]{0,2}(?:护照|[Pp]assport|男|女|先生|女士|外籍|国籍|[Ff]emale|[Mm]ale|生于|\d{2}岁))|[A-Z](?<=(?:患者|病人|姓名)[A-Z])[a-z'\-]{1,20}(?: [A-Z][a-z'\-]{1,20}){1,3}"
            ),
        ),
        ("dotted", "·", re.compile(rf"{cjk}{{2,7}}·{cjk}{{2,7}}(?:·{cjk}{{1,7}})?")),
        ("component", "^", re.compile(rf"(?:{compound}|[{anyone}])(?<=[|^&~].)\^{cjk}{{1,2}}(?=[|^&~\n]|$)")),
        ("component", "^", re.compile(rf"(?:{compound})\^{cjk}{{1,2}}(?=[|^&~\n]|$)")),
        (
            "nick",
            "",
            re.compile(
                rf"[小老阿](?<!{cjk}.)[{anyone}](?=\s?[(（,，。、:：]?\s?(?:[护保邻病患室家]|\d{{3}}|[男女夫妻儿子父母]))"
            ),
        ),
        (
            "nick",
            "",
            re.compile(
                rf"(?:述|诉|与|和|由|请|叫|找|我是|是|的|嘱|经|病人|患者|家属|病友)[小老](?:{compound}|[{anyone}])(?={follow})"
            ),
        ),
        ("nick", "", re.compile(rf"[小老][{sure}]{end}")),
        (
            "kin",
            "",
            re.compile(
                rf"(?:{compound}|[{titled}])(?<![一-鿿][{titled}])(?:[姐姨哥叔伯婶嫂爷奶妈爸总工]|大[哥姐爷妈叔婶])(?![一-鿿]?[胆量蛋胞酶酚液细血炎症])"
            ),
        ),
        (
            "kin",
            "",
            re.compile(
                rf"(?:{compound}|[{titled}])(?<=(?:友|与|和|由|请|及|经|给|的|是|叫|对|向|让|跟|问|居|工)[{titled}])(?:[姐姨哥叔伯婶嫂爷奶妈爸总工])(?![一-鿿]?[胆量蛋胞酶酚液细血炎症])"
            ),
        ),
        ("kin", "", re.compile(rf"(?:{compound})(?:[姐姨哥叔伯婶嫂爷奶妈爸总工氏]|某{{1,2}}|\*{{1,3}}|[xX×]{{1,2}})")),
        ("kin", "", re.compile(rf"[{titled}](?<![一-鿿].)氏(?=[，。,、:： ]|[一-鿿])")),
        (
            "some",
            "",
            re.compile(
                rf"[{anyone}](?<=[，。,、:：;；（( |\n之弟妹兄姐夫妻子女父母属床友人者员和与由请述].)(?:某{{1,2}}(?![一-鿿]?[医院市县省区日年月])|[*×○□]{{1,3}}|[xX]{{1,2}}(?![A-Za-z0-9]))(?=[，。,、:：;；）)（( |\n\d]|[一-鿿]|$)"
            ),
        ),
    )


_FORMS = _form_patterns()
_TITLE = re.compile("|".join(_cue_sets()["title"]))
