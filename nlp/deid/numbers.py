"""Numbers and codes that point at a person: pattern + context + checksum, each with three outcomes (sure, no, undecided).

Undecided ones are kept back by context: a unit, a decimal point, a drug lot or a registered code behind or before them.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlp.deid import number_forms as forms
from nlp.deid.date_forms import UNIT_AFTER
from nlp.deid.lexicon import words
from nlp.deid.model import Candidate
from nlp.deid.normal import _PROVINCES, _real_date, valid_id18
from nlp.deid.numerals import parse_age
from nlp.deid.ordinary import coded


@cache
def _code_prefix() -> frozenset[str]:
    """Letters before the number of a drug, a gene or a registered code."""
    return frozenset(words("numbers.tsv")["code_prefix"])


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal() or c in "xX").upper()


def _luhn(digits: str) -> bool:
    total = 0
    for i, char in enumerate(reversed(digits)):
        value = int(char) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def find(text: str) -> list[Candidate]:
    """Candidates of all number recognisers on a folded text."""
    out: list[Candidate] = []
    for label, rule, pattern in forms.SIMPLE:
        out += [Candidate(m.start(), m.end(), label, rule, "pattern", 80) for m in pattern.finditer(text)]
    for recogniser in _RECOGNISERS if forms.LONG.search(text) else _SHORT_ONLY:
        out += recogniser(text)
    return out


def _ids(text: str) -> list[Candidate]:
    out = []
    for m in forms.ID18.finditer(text):
        value = _digits(m.group())
        if valid_id18(value):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id18", "checksum", 95))
        elif value[:2] in _PROVINCES and (_real_date(value[6:14]) or (value.isalnum() and " " not in m.group())):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id18", "shape", 85))
    for m in forms.ID15.finditer(text):
        value = _digits(m.group())
        if value[:2] in _PROVINCES and _real_date("19" + value[6:12]):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id15", "birth date", 82))
    return out


def _mobiles(text: str) -> list[tuple[int, int]]:
    """Mobiles with what stands before them (+86, 0); not the tail of a longer number."""
    out = []
    for m in forms.MOBILE.finditer(text):
        head = forms.MOBILE_HEAD.search(text, max(0, m.start() - 6), m.start())
        start = head.start() if head else m.start()
        if start == 0 or not (text[start - 1].isdecimal() or text[start - 1] == "."):
            out.append((start, m.end()))
    return out


def _phones(text: str) -> list[Candidate]:
    out = [Candidate(s, e, "PHONE", "number.mobile", "prefix 1[3-9]", 75) for s, e in _mobiles(text)]
    out += [
        Candidate(m.start(), m.end(), "PHONE", "number.landline", "area code", 72)
        for m in forms.LANDLINE.finditer(text)
    ]
    masked = [m for m in forms.MASKED.finditer(text) if "*" in m.group() or len(m.group()) >= 11]
    masked += forms.MASKED_LANDLINE.finditer(text)
    return out + [Candidate(m.start(), m.end(), "PHONE", "number.masked", "stars", 70) for m in masked]


def _spoken(text: str) -> list[Candidate]:
    """一三九…: a mobile number in Chinese numerals."""
    found = forms.SPOKEN_MOBILE.finditer(text)
    return [Candidate(m.start(), m.end(), "PHONE", "number.spoken", "prefix 一[三五七八九]", 73) for m in found]


def _cards(text: str) -> list[Candidate]:
    found = ((m, _digits(m.group())) for m in forms.CARD.finditer(text))
    return [
        Candidate(m.start(), m.end(), "BANK_CARD", "number.card", "luhn" if _luhn(d) else "16-19 digits", 74)
        for m, d in found
        if 16 <= len(d) <= 19
    ]


def _addresses(text: str) -> list[Candidate]:
    out = []
    if forms.DOTTED.search(text):
        out = [Candidate(m.start(), m.end(), "UID", "number.uid", "dotted", 80) for m in forms.UID.finditer(text)]
        out += [
            Candidate(m.start(), m.end(), "IP", "number.ip", "octets", 78)
            for m in forms.IPV4.finditer(text)
            if re.search(r"\d\d", m.group())
        ]
    return out + [Candidate(m.start(), m.end(), "IP", "number.mac", "octets", 78) for m in forms.MAC.finditer(text)]


_DRUG_LEFT = re.compile(r"(?:[铂滨醇胺星唑汀坦]|替尼|单抗|霉素|瑞滨|曲塞|替康|泊苷|司琼|米松|叶酸|拉唑|生素)$")
_LOT_DIGITS = 8
"""A number of so many digits that touches the name of a drug is its lot (顺铂2277241)."""
_LEADING = re.compile(r"\d{6,}(?=[A-Z][A-Za-z]{2}|c?y?pT[0-4x])")
"""A number that the name of a marker touches (202231463NapsinA)."""
_BARCODE = 7
"""Digits from which a star behind them closes a bar code and is no multiplication."""


_HIGH_VALUE, _FILMS = 5, frozenset(("CT", "MR", "MRI", "PET", "DR", "CR", "US", "ECT", "DSA", "XR"))
_TOO_MANY = 7
"""Digits of a number that counts nothing (ID:43271652 周永生 are no weeks)."""


def kept_back(text: str, start: int, end: int) -> bool:
    """Context that says "a quantity, a drug lot or a registered code": the undecided number stays."""
    starred = text[end : end + 1] in ("*", "/") and end - start >= _BARCODE
    uncounted = (
        r"\s?(?:年|区|型|分|点|人|处|次|例|元|条|例)" if end - start < _TOO_MANY else r"\s?(?!单位|国际)[\u4e00-\u9fff]"
    )
    if UNIT_AFTER.match(text, end, end + 12) and not (starred or re.match(uncounted, text[end : end + 4])):
        return True
    if end - start <= _LOT_DIGITS and _DRUG_LEFT.search(text, max(0, start - 3), start):
        return True
    prefix = forms.CODE_HEAD.match(text, start, end) or forms.CODE_LEFT.search(text, max(0, start - 8), start)
    if prefix and prefix.group(1).upper() in _code_prefix() and len(prefix.group(1)) > 1:
        return True
    return _ends_in_lot(text[max(0, start - 14) : start])


@lru_cache(maxsize=1 << 12)
def _ends_in_lot(left: str) -> bool:
    """The same few labels stand before numbers again and again."""
    return forms.LOT.search(left) is not None


def _runs(text: str) -> list[Candidate]:
    out = []
    for pattern in (forms.RUN, forms.RUN6):
        out += [
            Candidate(m.start(), m.end(), "RECORD_NO", "number.run", "digits", 40)
            for m in pattern.finditer(text)
            if not kept_back(text, m.start(), m.end())
        ]
    return out


def _is_item(prefix: str, digits: str) -> bool:
    """Is a number of five digits the value of a laboratory item (AFP 29001)? A film has no item's name."""
    return len(digits) == _HIGH_VALUE and prefix in coded() and prefix not in _FILMS


def _alnums(text: str) -> list[Candidate]:
    out = []
    for m in forms.ALNUM.finditer(text):
        prefix, digits = m.group(1).upper(), m.group(2)
        if ((prefix in _code_prefix() or _is_item(prefix, digits)) and len(prefix) > 1) or (
            len(prefix) == 1 and len(digits) < 6
        ):
            continue
        if m.group().upper() not in coded() and not kept_back(text, m.start(), m.end()):
            start = m.start(2) if prefix == "ID" else m.start()
            out.append(Candidate(start, m.end(), "RECORD_NO", "number.alnum", "letters and digits", 42))
    for m in forms.SPECIMEN.finditer(text):
        head = re.match(r"[A-Za-z]*", m.group()).group().upper()  # type: ignore[union-attr]
        if head not in _code_prefix() - set("HZSJBXPCDTNM") and not kept_back(text, m.start(), m.end()):
            out.append(Candidate(m.start(), m.end(), "RECORD_NO", "number.specimen", "year-number", 44))
    for m in forms.MIXED.finditer(text):
        if (
            not m.group().isdecimal()
            and sum(c.isdecimal() for c in m.group()) >= 5
            and re.search(r"\d{4}", m.group())
            and not forms.DOSE.match(m.group())
            and not kept_back(text, m.start(), m.end())
        ):
            number = _LEADING.match(m.group())
            end = m.start() + number.end() if number else m.end()
            out.append(Candidate(m.start(), end, "RECORD_NO", "number.mixed", "letters and digits", 38))
    return out


def _after_specimen(text: str) -> list[Candidate]:
    """病理（198906）: a short number behind the name of an examination."""
    out = []
    for m in [*forms.EXAM_NUMBER.finditer(text), *forms.GENERAL_NUMBER.finditer(text)]:
        start, end = m.span(m.lastindex or 1)
        if text[m.start() - 1 : m.start() + 1] not in words("numbers.tsv")["no_person"] and not kept_back(
            text, start, end
        ):
            out.append(Candidate(start, end, "RECORD_NO", "number.specimen", "examination", 43))
    return out


def _labelled(text: str) -> list[Candidate]:
    """血袋号28647 28 237388, 胸牌0618, 字第7090号, NO.3112809: a number right behind a word that ends in number, card or badge."""
    out = []
    for m in forms.NUMBER_LABEL.finditer(text):
        named = text[m.start() - 1 : m.start() + 1] in words("numbers.tsv")["no_person"]
        if not named and not UNIT_AFTER.match(text, m.end("number")):
            out.append(Candidate(*m.span("number"), "RECORD_NO", "number.labelled", m.group("word"), 43))
    return out


def _logins(text: str) -> list[Candidate]:
    """录入:wangl02, 由doc_sunm出报告: the account of a member of staff beside what is done with one."""
    behind = list(forms.LOGIN_BEHIND.finditer(text))
    spans = [m.span("mixed") for m in behind if m["mixed"]]
    spans += [m.span("login") for p in (forms.LOGIN_BESIDE, forms.ACCOUNT_TOLD) for m in p.finditer(text)]
    spans += _fields(text)
    found = (m for p in (behind, forms.LOGIN_BEFORE.finditer(text), forms.LOGIN_ENCLOSED.finditer(text)) for m in p)
    spans += [
        m.span("login")
        for m in found
        if m["login"]
        and _is_account(m)
        and m["login"].upper() not in words("numbers.tsv")["no_login"]
        and not forms.DOSE.match(m["login"])
    ]
    return [Candidate(s, e, "RECORD_NO", "number.login", "account", 43) for s, e in spans]


def _fields(text: str) -> list[tuple[int, int]]:
    """OBX|1|…|wangl02|: accounts that fill a field of a message segment."""
    segments = forms.SEGMENT.finditer(text) if "|" in text else ()
    found = (m for s in segments for m in forms.LOGIN_FIELD.finditer(text, s.start(), s.end()))
    spans = [m.span() for m in found if m.group().upper() not in words("numbers.tsv")["no_login"]]
    return spans + [m.span("login") for m in forms.OPERATOR.finditer(text)]


def _is_account(match: re.Match[str]) -> bool:
    """Accounts mix no cases; behind a report or a review only small letters count, since results stand there too (报告:NSE)."""
    login = match["login"]
    return login.islower() or (login.isupper() and not match.group().startswith(("报告", "审核", "复核")))


def _wechats(text: str) -> list[Candidate]:
    out = [Candidate(*m.span(), "WECHAT", "number.wechat", "wxid", 70) for m in forms.WXID.finditer(text)]
    spans = [m.span("id" if m["id"] else "before") for m in forms.WECHAT_ADDED.finditer(text)]
    return out + [Candidate(s, e, "WECHAT", "number.wechat", "added", 70) for s, e in spans]


def _signed(text: str) -> list[Candidate]:
    """【医师】濛之（2304）: the number of a member of staff in brackets behind the name."""
    return [
        Candidate(*m.span("number"), "RECORD_NO", "number.signed", "signature", 43)
        for m in forms.SIGNED_NUMBER.finditer(text)
    ]


def _passports(text: str) -> list[Candidate]:
    return [
        Candidate(m.start(), m.end(), "PASSPORT", "number.passport", "shape", 60)
        for m in forms.PASSPORT.finditer(text)
        if not kept_back(text, m.start(), m.end())
    ]


def _beds(text: str) -> list[Candidate]:
    before = [m.span("n" if m["n"] else "added") for m in forms.BED_BEFORE.finditer(text)]
    before += [m.span("seat") for m in forms.SEAT.finditer(text)]
    before += [m.span(m.lastgroup or 0) for m in forms.BED_FIELD.finditer(text)]
    if "PV1|" in text:
        visits = (s for s in forms.SEGMENT.finditer(text) if s.group().startswith("PV1|"))
        before += [m.span("bed") for s in visits for m in forms.PV1_BED.finditer(text, s.start(), s.end())]
    out: list[Candidate] = [Candidate(*span, "BED_NO", "number.bed", "床", 50) for span in before]
    for word in forms.BED_WORD.finditer(text):
        low = max(0, word.start() - forms.BED_REACH)
        found = [m for m in forms.BED.finditer(text, low, word.end() + 3) if m.start() < word.start() < m.end()]
        for m in found if not out or word.start() > out[-1].end + 2 else ():
            end = m.start() + len(m.group().rstrip("位 "))
            out.append(Candidate(m.start(), end, "BED_NO", "number.bed", "床", 50))
    return out


_STAFF_ID = re.compile(r"(?<![\dA-Za-z])[A-Za-z]{0,2}\d{3,8}\^$")
_LONGEST_ID = 12
_BED_BEFORE_NAME = re.compile(r"(?:班|床)[:：]\s?(?P<bed>\d{1,3})$")
"""接班：12 before the name of who lies there."""


def before_names(text: str, names: list[Candidate]) -> list[Candidate]:
    """Staff numbers of message segments: 1203^马建军 holds one right before a name."""
    found = (
        _STAFF_ID.search(text, max(0, c.start - _LONGEST_ID), c.start)
        for c in names
        if text[c.start - 1 : c.start] == "^"
    )
    out = [Candidate(m.start(), m.end() - 1, "RECORD_NO", "number.before_name", "^", 48) for m in found if m]
    beds = (_BED_BEFORE_NAME.search(text, max(0, c.start - _LONGEST_ID), c.start) for c in names)
    return out + [Candidate(*m.span("bed"), "BED_NO", "number.bed", "name", 48) for m in beds if m]


_ACCOUNT_BEHIND = re.compile(r"[（(](?P<login>[a-z]{2,10}\d{1,4}|[a-z]{2,8}_[a-z]{1,8}\d{0,4})[）)]")


def behind_names(text: str, names: list[Candidate]) -> list[Candidate]:
    """Accounts in brackets right behind a name: 申请：马建军（majj03）."""
    found = (_ACCOUNT_BEHIND.match(text, c.end) for c in names if text[c.end : c.end + 1] in ("（", "("))
    return [
        Candidate(*m.span("login"), "RECORD_NO", "number.behind_name", "()", 48)
        for m in found
        if m and m["login"].upper() not in words("numbers.tsv")["no_login"]
    ]


def touched_plates(text: str) -> list[Candidate]:
    """沪H·59J3511月24日: a plate whose last digits run into a day; a day without a year is masked, since nothing tells where it begins."""
    out = []
    for m in forms.PLATE_AND_DAY.finditer(text):
        out.append(Candidate(*m.span("plate"), "PLATE", "number.plate", "day behind", 81))
        if m["day"]:
            out.append(Candidate(*m.span("day"), "DATE", "date.behind_plate", "plate", 81, "[日期]"))
    return out


def ages(text: str, cap: int) -> list[Candidate]:
    """Ages above ``cap``, printed as "90岁以上"."""
    out = []
    for m in forms.AGE.finditer(text):
        value = parse_age(m.group(1))
        if value is not None and cap < value <= 150:
            unit = m.group(2) if "岁" in m.group(2) else "岁"
            out.append(
                Candidate(
                    m.start(), m.end(), "AGE", "number.age", m.group(2).strip(), 60, f"{cap + 1}{unit.strip()}以上"
                )
            )
    for m in forms.AGE_LABEL.finditer(text):
        if cap < int(m.group(3)) <= 150:
            out.append(Candidate(m.start(3), m.end(3), "AGE", "number.age", m.group(1), 60, f"{cap + 1}以上"))
    spans = [m.span(1) for m in forms.AGE_BESIDE_SEX.finditer(text)]
    spans += [m.span() for m in forms.AGE_BESIDE_LETTER.finditer(text)]
    for start, end in spans:
        if cap < int(text[start:end]) <= 120:
            out.append(Candidate(start, end, "AGE", "number.age", "sex", 60, f"{cap + 1}以上"))
    return out


_SHORT_ONLY = (_addresses, _spoken, _after_specimen, _labelled, _logins, _signed, _wechats, _beds)
_RECOGNISERS = (
    _ids,
    _phones,
    _spoken,
    _cards,
    _addresses,
    _runs,
    _alnums,
    _after_specimen,
    _labelled,
    _logins,
    _signed,
    _wechats,
    _passports,
    _beds,
)


def sure(text: str) -> list[Candidate]:
    """Unmistakable identifiers only (resident numbers, mobiles, e-mails): what the leak re-scan looks for."""
    out = [c for c in _ids(text) if c.cue == "checksum"]
    out += [Candidate(s, e, "PHONE", "number.mobile", "", 75) for s, e in _mobiles(text)]
    if "@" in text:
        out += [
            Candidate(m.start(), m.end(), "EMAIL", "number.email", "", 80) for m in forms.EMAIL.pattern.finditer(text)
        ]
    return out
