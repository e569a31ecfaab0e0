"""Numbers and codes that point at a person: pattern + context + checksum, each with three outcomes (sure, no, undecided).

Undecided ones are kept back by context: a unit, a decimal point, a drug lot or a registered code behind or before them.
"""

from __future__ import annotations

import re

from nlp.deid.date_forms import UNIT_AFTER
from nlp.deid.model import Candidate
from nlp.deid.normal import _PROVINCES, _real_date, valid_id18
from nlp.deid.numerals import parse_age

_PROVINCE_CHAR = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LOT = re.compile(
    r"(?:批号|批次|准字|[Ll]ot|LOT|文号|注册证|注册号|货号|型号|rs|COSM|COSV|NM_|NP_|NR_|ENST|ENSG|chr\w{1,2}|NCT|ChiCTR|CTR|GB/?T|ISO|ICD|SNOMED|CPT|ATC|LOINC|WS/?T)[ :：.#\-]{0,3}(?:[A-Za-z]{0,3})$"
)
_CODE_PREFIX = frozenset(
    [
        "QQ",
        "NCT",
        "CTR",
        "RS",
        "COSM",
        "COSV",
        "NM",
        "NP",
        "NR",
        "ENST",
        "ENSG",
        "ENSP",
        "GB",
        "ISO",
        "PD",
        "AZD",
        "BGB",
        "SHR",
        "HLX",
        "JS",
        "CS",
        "AK",
        "IBI",
        "TQB",
        "ABT",
        "PCI",
        "LOXO",
        "GSK",
        "BAY",
        "MK",
        "INC",
        "CD",
        "CA",
        "CK",
        "HLA",
        "H",
        "Z",
        "S",
        "J",
        "B",
        "X",
        "P",
        "C",
        "D",
        "T",
        "N",
        "M",
        "KRAS",
        "BRAF",
        "HER",
        "EGFR",
    ]
)
_CODE_HEAD = re.compile(r"([A-Za-z]{2,6})(?=[\d_-])")
_CODE_LEFT = re.compile(r"(?<![A-Za-z])([A-Za-z]{2,5})[-_ ]?$")
_SIMPLE: tuple[tuple[str, str, str, re.Pattern[str]], ...] = (
    (
        "EMAIL",
        "number.email",
        "@",
        re.compile(r"[A-Za-z0-9][\w.+\-]{0,63}\s?@\s?[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,24}){1,4}"),
    ),
    (
        "URL",
        "number.url",
        "://",
        re.compile(r"(?:https?|ftp|dicom|wado)://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{1,400}", re.I),
    ),
    ("URL", "number.url", "www.", re.compile(r"www\.[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{3,400}", re.I)),
    (
        "URL",
        "number.url",
        ".",
        re.compile(
            r"[A-Za-z0-9](?<![A-Za-z0-9.@\-_/].)[A-Za-z0-9\-]{0,62}(?:\.[A-Za-z0-9\-]{1,62}){0,4}\.(?:com|cn|net|org|gov|edu|io|info|cc|top|xyz|vip|me|co|tv|ltd|site|online|club|link|app|shop|health|med|local|lan|intra|internal)(?![A-Za-z0-9.\-])(?::\d{2,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{0,400})?",
            re.I,
        ),
    ),
    (
        "URL",
        "number.url",
        "://",
        re.compile(r"[a-z](?<![A-Za-z].)[a-z0-9+]{1,11}://[^\s\u3000-\uffff，。；、）)】\]|]{1,400}", re.I),
    ),
    (
        "URL",
        "number.url",
        "/",
        re.compile(r"\d(?<![\d.].)\d{0,2}(?:\.\d{1,3}){3}(?::\d{2,5})?/[A-Za-z0-9._~:/?#@!$&'*+,;=%\-]{1,400}"),
    ),
    (
        "PLATE",
        "number.plate",
        "",
        re.compile(
            rf"[{_PROVINCE_CHAR}][A-HJ-NP-Z][·. \-]{{0,2}}(?:[A-HJ-NP-Z0-9]{{5,6}}|[A-HJ-NP-Z0-9]{{4}}[学警挂领港澳])(?![A-Za-z0-9])"
        ),
    ),
)
_DOTTED_WORD = re.compile(r"\.[A-Za-z]{2}")
_IPV4 = re.compile(r"\d(?<![\d.A-Za-z].)\d{0,2}(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?::\d{1,5})?(?![\d.])")
_MAC = re.compile(
    r"[0-9A-Fa-f](?<![0-9A-Fa-f:].)[0-9A-Fa-f][:\-](?:[0-9A-Fa-f]{2}[:\-]){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])"
)
_UID = re.compile(r"[0-2](?<![\d.].)(?:\.\d{1,39}){5,20}(?![\d])")
_ID18 = re.compile(r"[1-9](?<!\d.)(?:[ \-]{0,2}\d){16}[ \-]{0,2}[\dXx](?![\dA-Za-z])")
_ID15 = re.compile(r"[1-9](?<!\d.)(?:[ \-]?\d){14}(?!\d)")
_LONG = re.compile(r"\d(?:[ \-*]{0,2}[\dxX*]){4}")  # below five digits in a row only labels and beds count
_MOBILE = re.compile(r"1[3-9](?:[ \-]?\d){9}(?!\d)")
_MOBILE_HEAD = re.compile(r"(?:\+\s?86[\- ]{0,2}|\(?0?086\)?[\- ]{0,2}|86[\- ]{0,2}|0)$")
_MASKED = re.compile(r"\d(?<![\d.].)\d{2,5}[*xX×]{2,12}\d{0,4}[\dXx]?(?!\d)")
_LANDLINE = re.compile(
    r"[(+048](?<![\d.].)(?:(?<=\+)86[\- ]?)?(?:(?<=\()0\d{2,3}\)\s?|(?:(?<=0)|0)\d{2,3}[\- ]{1,2}|(?<=0)(?:10|2\d|[3-9]\d{2})|(?<=[48])00[\- ]?(?=\d{3}[\- ]?\d{4}(?!\d)))[1-9]\d{2}[\- ]?\d{3,5}(?:\s?[\-转,]{1,2}\s?\d{1,6})?(?!\d)"
)
_CARD = re.compile(r"[2-9](?<![\d.].)\d{3}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{1,3})?(?!\d)")
_RUN = re.compile(r"\d(?<![\dA-Za-z._].)\d{6,39}(?![\dA-Za-z]|\.\d)")
_RUN6 = re.compile(r"0(?<![\dA-Za-z._\-/+~:*<>=,%].)\d{5}(?![\dA-Za-z.%/\-+~:*])")
_ALNUM = re.compile(
    r"([A-Za-z](?<![A-Za-z0-9_.\-].)[A-Za-z]{0,5})[\- ]?(\d{5,24}(?:-\d{1,6}){0,3}[A-Za-z]?)(?![A-Za-z0-9]|\.\d)"
)
_SPECIMEN = re.compile(
    r"[A-Za-z0-9](?<![A-Za-z0-9.\-/].)(?:(?<=\d)(?:\d{3}|\d)[\-–—]\d{4,8}|(?<=[A-Za-z])[A-Za-z]{0,3}(?:19|20)?\d{2}[\-–—]\d{4,8}|(?<=[A-Za-z])[A-Za-z]{0,3}\d{2,4}[\-/]\d{3,8}|(?<=[A-Za-z])[A-Za-z]{0,3}[\-]\d{2,4}[\-]\d{3,8})(?:[\-#]?[A-Za-z]?\d{1,3})?(?![A-Za-z0-9]|\.\d)"
)
_MIXED = re.compile(r"[A-Za-z0-9](?<![A-Za-z0-9_.\-].)[A-Za-z0-9]{8,23}(?![A-Za-z0-9.])")
_DOSE = re.compile(r"\d{1,6}(?:MG|G|ML|MCG|UG|IU|U|KU|WU|MU|CGY|GY)(?!\d{5})|5FU|5-FU", re.I)
_EXAM_NUMBER = re.compile(
    r"(?:病理|病检|活检|切片|会诊|冰冻|标本|送检|细胞学|涂片|蜡块|玻片|穿刺)(?:报告|结果|诊断|回报|回示|检查|单|片|号|示){0,2}\s?[（(:：#]?\s?([A-Za-z]{0,3}\d[\d\-]{4,12})(?![\dA-Za-z.%])"
)
_NUMBER_LABEL = re.compile(
    r"(?P<word>[号牌证](?<=[\u4e00-\u9fff].)|字第|车组|N(?<![A-Za-z].)[Oo]\.)[:： ]{0,2}(?P<number>[\u4e00-\u9fff]{2}\d{8}(?=号)|[A-Za-z]{0,2}\d{2,}(?: \d{2,6}){0,3}|[A-Za-z]{1,2}\d{2,})(?![\dA-Za-z.%年月/]|-\d)"
)
_STAFF_ACT = "录入|经办|扫描|打印|审卡|制表|登记|操作员|账号|用户名|登录|存档|报告|审核|复核|归档|转录|transcribed by|reviewed by|signed by"
_ACCOUNT = r"(?P<login>[A-Za-z][A-Za-z]{1,9}(?:[_.][A-Za-z]{1,6})?\d{0,4}(?![A-Za-z0-9.%-]))"
_LOGIN_BEHIND = re.compile(rf"(?:{_STAFF_ACT})(?:者|人|员)?[:： ]{{0,2}}{_ACCOUNT}")
_LOGIN_BEFORE = re.compile(
    rf"[由叫经（(|](?<![A-Za-z].){_ACCOUNT}(?=录入|出报告|补|打印|扫描|[）)]\s?$|\|[^|\n]{{2,12}}\|20\d\d)"
)
_NO_LOGIN = frozenset(
    (
        "CT",
        "MR",
        "MRI",
        "PET",
        "ECT",
        "CR",
        "DR",
        "DSA",
        "HIS",
        "LIS",
        "PACS",
        "EMR",
        "ICD",
        "OBX",
        "SIG",
        "BI",
        "TNM",
        "PS",
        "ECOG",
        "WHO",
        "IHC",
        "FISH",
        "NGS",
        "PCR",
        "DNA",
        "RNA",
        "HPV",
        "EBV",
        "HBV",
        "HCV",
        "HIV",
        "MDT",
        "PI",
        "CRC",
        "CRA",
        "ALK",
        "EGFR",
        "HER",
        "KI",
        "PD",
        "ER",
        "PR",
        "AFP",
        "CEA",
        "GIST",
        "HE",
        "NK",
    )
)
_WXID = re.compile(r"wxid_[A-Za-z0-9_]{3,24}")
_GENERAL_NUMBER = re.compile(
    r"(?:号码?|编码|单号|编号|I(?<![A-Za-z].)D|后四位|后六位|尾号|末四位)(?:为|是)?\s?[:：（(#]?\s?([A-Za-z]{0,4}-?\d[A-Za-z\d\-]{3,20})(?![\dA-Za-z.%])"
)
_PASSPORT = re.compile(r"[EGDSPHMCegdsphmc](?<![A-Za-z0-9].)[A-Za-z]?\d{7,10}(?![A-Za-z0-9])")
_BED_REACH = 14
_BED_WORD = re.compile(r"床(?<!临床)")
_BED = re.compile(
    r"(?<![\dA-Za-z.])(?:[A-Z]{0,4}\d{1,3}(?:[-+]\d{1,3})?[A-Za-z]?|[A-Z]{1,4}-\d{1,3}|[+加监抢走廊临备]\s?[\d一二三四五六七八九十]{1,3}|[一二三四五六七八九十]{1,3}(?=号病?床))\s?(?:号)?(?:病)?床(?:位)?(?![天旁边日次]|上(?!官))"
)
_AGE = re.compile(
    r"([\d一二三四五六七八九十百](?<![\d.].)(?<!\d[\-~].)[\d一二三四五六七八九十百零〇]{1,4})(\s?(?:周?岁|y/?o(?![a-z])|Y(?![A-Za-z])|years? old))(?!以[上下])"
)
_AGE_LABEL = re.compile(r"(年龄|Age|age|AGE)([:：=|\s]{0,3})(\d{2,3})(?!\s?\d|\s?周?岁|\.)")


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
    dotted = _DOTTED_WORD.search(text) is not None
    for label, rule, needle, pattern in _SIMPLE:
        if dotted if needle == "." else not needle or needle in text:
            out += [Candidate(m.start(), m.end(), label, rule, "pattern", 80) for m in pattern.finditer(text)]
    for recogniser in _RECOGNISERS if _LONG.search(text) else _SHORT_ONLY:
        out += recogniser(text)
    return out


def _ids(text: str) -> list[Candidate]:
    out = []
    for m in _ID18.finditer(text):
        value = _digits(m.group())
        if valid_id18(value):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id18", "checksum", 95))
        elif value[:2] in _PROVINCES and (_real_date(value[6:14]) or (value.isalnum() and " " not in m.group())):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id18", "shape", 85))
    for m in _ID15.finditer(text):
        value = _digits(m.group())
        if value[:2] in _PROVINCES and _real_date("19" + value[6:12]):
            out.append(Candidate(m.start(), m.end(), "ID_CARD", "number.id15", "birth date", 82))
    return out


def _mobiles(text: str) -> list[tuple[int, int]]:
    """Mobiles with what stands before them (+86, 0); not the tail of a longer number."""
    out = []
    for m in _MOBILE.finditer(text):
        head = _MOBILE_HEAD.search(text, max(0, m.start() - 6), m.start())
        start = head.start() if head else m.start()
        if start == 0 or not (text[start - 1].isdecimal() or text[start - 1] == "."):
            out.append((start, m.end()))
    return out


def _phones(text: str) -> list[Candidate]:
    out = [Candidate(s, e, "PHONE", "number.mobile", "prefix 1[3-9]", 75) for s, e in _mobiles(text)]
    out += [
        Candidate(m.start(), m.end(), "PHONE", "number.landline", "area code", 72) for m in _LANDLINE.finditer(text)
    ]
    masked = [m for m in _MASKED.finditer(text) if "*" in m.group() or len(m.group()) >= 11]
    return out + [Candidate(m.start(), m.end(), "PHONE", "number.masked", "stars", 70) for m in masked]


def _cards(text: str) -> list[Candidate]:
    found = ((m, _digits(m.group())) for m in _CARD.finditer(text))
    return [
        Candidate(m.start(), m.end(), "BANK_CARD", "number.card", "luhn" if _luhn(d) else "16-19 digits", 74)
        for m, d in found
        if 16 <= len(d) <= 19
    ]


def _addresses(text: str) -> list[Candidate]:
    out = []
    if "." in text:
        out = [Candidate(m.start(), m.end(), "UID", "number.uid", "dotted", 80) for m in _UID.finditer(text)]
        out += [
            Candidate(m.start(), m.end(), "IP", "number.ip", "octets", 78)
            for m in _IPV4.finditer(text)
            if re.search(r"\d\d", m.group())
        ]
    return out + [Candidate(m.start(), m.end(), "IP", "number.mac", "octets", 78) for m in _MAC.finditer(text)]


def _kept_back(text: str, start: int, end: int) -> bool:
    """Context that says "a quantity, a drug lot or a registered code": the undecided number stays."""
    if UNIT_AFTER.match(text, end, end + 12) and not re.match(
        r"\s?(?:年|区|型|分|点|人|处|次|例|元|条|例)", text[end : end + 3]
    ):
        return True
    prefix = _CODE_HEAD.match(text, start, end) or _CODE_LEFT.search(text, max(0, start - 8), start)
    if prefix and prefix.group(1).upper() in _CODE_PREFIX and len(prefix.group(1)) > 1:
        return True
    return _LOT.search(text, max(0, start - 14), start) is not None


def _runs(text: str) -> list[Candidate]:
    out = []
    for pattern in (_RUN, _RUN6):
        out += [
            Candidate(m.start(), m.end(), "RECORD_NO", "number.run", "digits", 40)
            for m in pattern.finditer(text)
            if not _kept_back(text, m.start(), m.end())
        ]
    return out


def _alnums(text: str) -> list[Candidate]:
    out = []
    for m in _ALNUM.finditer(text):
        prefix, digits = m.group(1).upper(), m.group(2)
        if (prefix in _CODE_PREFIX and len(prefix) > 1) or (len(prefix) == 1 and len(digits) < 6):
            continue
        if not _kept_back(text, m.start(), m.end()):
            out.append(Candidate(m.start(), m.end(), "RECORD_NO", "number.alnum", "letters and digits", 42))
    for m in _SPECIMEN.finditer(text):
        head = re.match(r"[A-Za-z]*", m.group()).group().upper()  # type: ignore[union-attr]
        if head not in _CODE_PREFIX - set("HZSJBXPCDTNM") and not _kept_back(text, m.start(), m.end()):
            out.append(Candidate(m.start(), m.end(), "RECORD_NO", "number.specimen", "year-number", 44))
    for m in _MIXED.finditer(text):
        if (
            sum(c.isdecimal() for c in m.group()) >= 5
            and not m.group().isdecimal()
            and re.search(r"\d{4}", m.group())
            and not _DOSE.match(m.group())
            and not _kept_back(text, m.start(), m.end())
        ):
            out.append(Candidate(m.start(), m.end(), "RECORD_NO", "number.mixed", "letters and digits", 38))
    return out


_NO_PERSON_NUMBER = frozenset(
    (
        "批号",
        "型号",
        "货号",
        "文号",
        "准号",
        "登号",
        "D编",
        "形编",
        "案号",
        "类号",
        "本号",
        "序号",
        "版号",
        "期号",
        "验证",
        "保证",
        "论证",
        "辨证",
        "指证",
        "引证",
        "查证",
        "求证",
        "口号",
        "符号",
        "信号",
        "品牌",
        "标号",
        "代号",
    )
)


def _after_specimen(text: str) -> list[Candidate]:
    """病理（198906）: a short number behind the name of an examination."""
    out = []
    for m in [*_EXAM_NUMBER.finditer(text), *_GENERAL_NUMBER.finditer(text)]:
        if text[m.start() - 1 : m.start() + 1] not in _NO_PERSON_NUMBER and not _kept_back(text, m.start(1), m.end(1)):
            out.append(Candidate(m.start(1), m.end(1), "RECORD_NO", "number.specimen", "examination", 43))
    return out


def _labelled(text: str) -> list[Candidate]:
    """血袋号28647 28 237388, 胸牌0618, 字第7090号, NO.3112809: a number right behind a word that ends in number, card or badge."""
    out = []
    for m in _NUMBER_LABEL.finditer(text):
        named = text[m.start() - 1 : m.start() + 1] in _NO_PERSON_NUMBER
        if not named and not UNIT_AFTER.match(text, m.end("number")):
            out.append(Candidate(*m.span("number"), "RECORD_NO", "number.labelled", m.group("word"), 43))
    return out


def _logins(text: str) -> list[Candidate]:
    """录入:wangl02, 由doc_sunm出报告: the account of a member of staff beside what is done with one."""
    found = (m for p in (_LOGIN_BEHIND, _LOGIN_BEFORE) for m in p.finditer(text))
    return [
        Candidate(*m.span("login"), "RECORD_NO", "number.login", "account", 43)
        for m in found
        if m["login"].upper() not in _NO_LOGIN and not _DOSE.match(m["login"])
    ]


def _wechats(text: str) -> list[Candidate]:
    return [Candidate(*m.span(), "WECHAT", "number.wechat", "wxid", 70) for m in _WXID.finditer(text)]


def _passports(text: str) -> list[Candidate]:
    return [
        Candidate(m.start(), m.end(), "PASSPORT", "number.passport", "shape", 60)
        for m in _PASSPORT.finditer(text)
        if not _kept_back(text, m.start(), m.end())
    ]


def _beds(text: str) -> list[Candidate]:
    out = []
    for word in _BED_WORD.finditer(text):
        low = max(0, word.start() - _BED_REACH)
        found = [m for m in _BED.finditer(text, low, word.end() + 3) if m.start() < word.start() < m.end()]
        for m in found if not out or word.start() > out[-1].end + 2 else ():
            end = m.start() + len(m.group().rstrip("号病床位 "))
            out.append(Candidate(m.start(), end, "BED_NO", "number.bed", "床", 50))
    return out


def ages(text: str, cap: int) -> list[Candidate]:
    """Ages above ``cap``, printed as "90岁以上"."""
    out = []
    for m in _AGE.finditer(text):
        value = parse_age(m.group(1))
        if value is not None and cap < value <= 150:
            unit = m.group(2) if "岁" in m.group(2) else "岁"
            out.append(
                Candidate(
                    m.start(), m.end(), "AGE", "number.age", m.group(2).strip(), 60, f"{cap + 1}{unit.strip()}以上"
                )
            )
    for m in _AGE_LABEL.finditer(text):
        if cap < int(m.group(3)) <= 150:
            out.append(Candidate(m.start(3), m.end(3), "AGE", "number.age", m.group(1), 60, f"{cap + 1}以上"))
    return out


_SHORT_ONLY = (_addresses, _after_specimen, _labelled, _logins, _beds)
_RECOGNISERS = (
    _ids,
    _phones,
    _cards,
    _addresses,
    _runs,
    _alnums,
    _after_specimen,
    _labelled,
    _logins,
    _wechats,
    _passports,
    _beds,
)


def sure(text: str) -> list[Candidate]:
    """Unmistakable identifiers only (resident numbers, mobiles, e-mails): what the leak re-scan looks for."""
    out = [c for c in _ids(text) if c.cue == "checksum"]
    out += [Candidate(s, e, "PHONE", "number.mobile", "", 75) for s, e in _mobiles(text)]
    if "@" in text:
        out += [Candidate(m.start(), m.end(), "EMAIL", "number.email", "", 80) for m in _SIMPLE[0][3].finditer(text)]
    return out
