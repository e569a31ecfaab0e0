"""Addresses, places and institutions: divisions of GB/T 2260, street-level suffixes, institution suffixes and short names."""

from __future__ import annotations

import re

from nlp.deid.lexicon import words
from nlp.deid.model import Candidate
from nlp.deid.scan import Hit

_CJ = "〇\u3400-\u9fff"
_PART = (
    rf"(?:[{_CJ}A-Za-z0-9]{{0,9}}?(?:自治区|自治州|自治县|街道|社区|小区|花园|花苑|公寓|大厦|新村|家园|宿舍|家属院|家属区|大院|名城|新城|华庭|名苑|雅居|雅苑|新居|公馆|山庄|豪庭|国际|大队|生产队|小队|林场|农场|牧场|垸|坳|广场|大道|胡同|开发区|工业园|镇|乡|村|屯|堡|沟|坪|塘|岭|坝|营|铺|庄|冲|坑|畈|路|街|巷|弄|苑|里|坊|庄|庭|府|寨|湾|城|"
    rf"市|区|县|旗|州|盟)|[{_CJ}]{{1,5}}(?=第?\d{{1,3}}(?:组|社|队|号楼|栋|幢|单元|-\d|号(?![染外])))|(?<=号)[{_CJ}]{{2,4}}(?:苑|园|居|阁|轩|庭|墅|寓|郡|都|邸|岸|汇|城|府|院)|第?[0-9一二三四五六七八九十甲乙丙A-Za-z]{{1,5}}(?:\-\d{{1,5}}){{0,3}}(?:号楼|号院|号|栋|幢|座|单元|室|层|楼|组|队|社|弄|房|户|门|巷|区|期)|\d{{1,4}}(?:-\d{{1,4}}){{1,3}}(?![\d年月]))"
)
_TAIL = re.compile(rf"(?: ?{_PART}){{1,12}}")
_STREET = re.compile(
    rf"(?:大道|路|街|巷|弄|胡同|小区|花园|花苑|新村|公寓|家园|大厦)\s?\d{{1,5}}(?:-\d{{1,4}})?(?:号楼|号院|号|弄|栋|幢|座|单元|室|组)(?:{_PART}){{0,6}}"
)
_VILLAGE = re.compile(
    rf"[镇乡](?:[{_CJ}]{{1,6}}?(?:村|社区|居委会))(?:{_PART}){{0,4}}|街道[{_CJ}]{{1,6}}?(?:村|社区|居委会)(?:{_PART}){{0,4}}|[村湾庄屯营寨沟坪坝岭塘圩堡集店庙桥]第?[\d一二三四五六七八九十]{{1,2}}(?:村民小组|组|队|社)"
)
_HAMLET_BEFORE = r"(?:现居住于|居住于|家住|现居|现住|住于|住在|居于|租住|暂住|寄住|来自|老家|住址|地址|转回|回到|返回|送回|寄往|寄至|报销寄|现在住|原住|住|[（(，,、：:|^\s])"
_HAMLET = re.compile(
    rf"{_HAMLET_BEFORE}\s?(?P<name>[{_CJ}]{{1,5}}(?:[镇乡]|街道)?[{_CJ}]{{0,5}}?(?:村|屯|庄|寨|堡|沟|坪|塘|湾|坝|岗|岭|冲|塆|畈|圩|店|桥|井|滩|洼|垭|峪|窑|梁|岔|渡|坳|坎|垌|堰|营|铺|大队|生产队|小队|社区|小区|家属院|胡同|巷|里弄|新村|苑|花园)(?:第?[\d一二三四五六七八九十]{{1,3}}(?:村民小组|组|队|社|号|栋|幢))?(?:{_PART}){{0,4}})(?=[，,。；;、）)|^\s]|$|患|电|手机|联系)"
)
_HOME = re.compile(
    rf"(?:家住|现居住于|现住于|现住|现居|居住于|住于|家在|老家在|暂住|租住于)[:：]?\s?(?P<name>(?!院|我|本|病|监|重|与|于|在|隔|宾|酒|单|一)[{_CJ}]{{2,8}})(?=[，,。；;、）)|])"
)
_ROOM = re.compile(r"\d{1,3}(?:号楼|栋|幢|号)\s?\d{0,2}\s?(?:单元)?\s?\d{3,4}室?(?![\d.])")
_STOP = re.compile(
    r"[。；;\n\r|？！?!\"”》\]]|\s{2,}|[，,]\s?(?=[\u3400-\u9fff]{0,8}(?:电话|联系|手机|邮编|因|患者|已婚|未婚|农民|退休|职|汉族|男|女|入院|否认|无|有|主诉|出生|生于|长|从事|务|工作|单位|久居|居住))|\s(?=[\u3400-\u9fff]{2,6}[:：])"
)
_ADDRESS_WORD = re.compile(r"[省市区县镇乡村路街巷弄号栋幢室屯组里庄园苑州旗盟]|社区|街道")
_FALSE_TAIL = re.compile(
    r".{0,12}(?:病区|疫区|市区|郊区|地区|山区|城区|农村|灶区|肺区|腹区|叶区|引流区|淋巴结区|术区|颈区|骶区|足区|照射野|通路|尿路|径路|入路|道路|号染色体|号外显子|号线)"
)
_SOFT_HOME = frozenset(
    [
        "家住",
        "住在",
        "居住于",
        "现住",
        "现住于",
        "家在",
        "居于",
        "现居",
        "现住在",
        "租住于",
        "租住在",
        "定居于",
        "暂住",
        "暂住地",
        "长期居住于",
        "生于",
        "出生于",
        "来自",
        "老家",
        "老家在",
        "祖籍",
        "原籍",
        "籍贯",
        "出生地",
        "户籍地",
        "户籍",
        "住址",
        "现住址",
        "家庭住址",
        "住所",
    ]
)
_AMBIGUOUS_PLACE = frozenset(
    [
        "日照",
        "大同",
        "来宾",
        "长春",
        "东方",
        "和平",
        "安康",
        "海南",
        "中山",
        "白银",
        "平安",
        "通化",
        "开封",
        "吉安",
        "兴安",
        "文山",
        "保山",
        "白山",
        "阿里",
        "黄山",
        "河池",
        "朝阳",
        "双桥",
        "大安",
        "永康",
        "自贡",
        "资阳",
        "安阳",
        "信阳",
        "德阳",
        "阳泉",
        "咸阳",
        "玉树",
        "中卫",
        "海东",
        "海西",
        "海北",
        "大理",
        "三亚",
        "崇左",
        "左旗",
        "鼓楼",
    ]
)
_PLACE_BEFORE = re.compile(r"(?:在|于|到|至|自|系|去|赴|回|由|从|返|住|往|为|原籍|籍贯|[:：，,。;；（(、\s]|^)$")
_PLACE_AFTER = re.compile(
    r"\s?(?:人|市|籍|省|医院|当地|务工|打工|工作|居住|出生|生活|出差|旅|就|某|[，,。;；）)、\s]|$)"
)


def find(text: str, labels: list[Hit], blocked: set[int], hits: list[Hit]) -> list[Candidate]:
    """Candidates for addresses, places, hospitals and other institutions."""
    places = [h for h in _longest_of(hits) if h.kind in ("place", "county")]
    out = _labelled(text, labels, places)
    out += _anchored(text, [h for h in places if h.kind == "place"], blocked)
    out += _street_level(text, blocked)
    out += _workplaces(text) + _place_works(text, places)
    suffixes = {h.end: h for h in sorted(hits, key=lambda h: h.start, reverse=True) if h.kind.startswith("suffix")}
    out += _institutions(text, suffixes, places)
    return out + [c for h in hits if h.kind == "short" for c in _short(text, h)]


def _longest_of(hits: list[Hit]) -> list[Hit]:
    """Leftmost-longest among overlapping place hits."""
    out: list[Hit] = []
    for hit in sorted((h for h in hits if h.kind in ("place", "county")), key=lambda h: (h.start, -h.end)):
        if not out or hit.start >= out[-1].end:
            out.append(hit)
    return out


# -- addresses ---------------------------------------------------------------------------------------------
def _labelled(text: str, labels: list[Hit], places: list[Hit]) -> list[Candidate]:
    out = []
    starts = {p.start for p in places}
    for i, hit in enumerate(labels):
        if hit.kind not in ("address", "employer", "hospital"):
            continue
        gap = re.compile(r"\s{0,3}[:：=|^>）)]{0,2}\s{0,3}(?:是|为|在|于)?\s{0,2}").match(text, hit.end)
        at = gap.end() if gap else hit.end
        explicit = any(c in ":：=|^" for c in text[hit.end : at])
        limit = next(
            (
                h.start
                for h in labels[i + 1 : i + 6]
                if h.start > at and h.kind not in ("address", "employer", "hospital", "bed", "name")
            ),
            len(text),
        )
        limit = min(limit, at + 60, len(text))
        stop = _STOP.search(text, at, limit)
        end = stop.start() if stop else limit
        found = _label_value(text, hit, at, end, explicit, starts)
        if found:
            out.append(found)
    return out


def _label_value(text: str, hit: Hit, at: int, end: int, explicit: bool, starts: set[int]) -> Candidate | None:
    value = text[at:end].rstrip(" ，,、")
    generic = words("keep.tsv")["generic"]
    if (
        len(value) < 2
        or value in generic
        or (value.startswith(generic) and not _ADDRESS_WORD.search(value))
        or value.startswith(("不", "无", "未", "同", "-", "/"))
    ):
        return None
    if value[0].isdecimal() and not re.match(r"\d{1,5}\s?(?:号|栋|幢|室|弄|组|队|连|团)", value):
        return None
    if hit.kind == "address":
        if not explicit and at not in starts and not (hit.word in _SOFT_HOME and _TAIL.match(text, at)):
            return None
        if not explicit or len(value) > 40:
            tail = _TAIL.match(text, at, end)
            value = value if at in starts and len(value) <= 12 else value[: max(tail.end() - at if tail else 0, 0)]
        if not explicit and at in starts:
            return _extend_place(text, at, end, f"label {hit.word}")
        return Candidate(at, at + len(value), "ADDRESS", "label.address", hit.word, 64) if value else None
    if not explicit:
        return None
    label = "ORG" if hit.kind == "employer" else "HOSPITAL"
    cut = re.split(r"[，,（( ]", value)[0]
    if len(cut) < 2 or cut in generic or len(cut) > 30 or (hit.kind == "hospital" and not _BODY_VALUE.search(cut)):
        return None
    return Candidate(at, at + len(cut), label, f"label.{hit.kind}", hit.word, 61)


_BODY_VALUE = re.compile(
    r"(?:院|中心|所|室|公司|站|部|院区)$|^(?!门诊|住院|外科|内科|肿瘤科|放射|病理|检验|急诊|普外|不详|无)[\u3400-\u9fff]{2,8}$"
)


def _extend_place(text: str, at: int, limit: int, cue: str) -> Candidate | None:
    from nlp.deid.lexicon import county_shorts, place_names

    end = at
    for _ in range(4):
        size = next(
            (
                n
                for n in range(12, 1, -1)
                if text[end : end + n] in place_names() or text[end : end + n] in county_shorts()
            ),
            0,
        )
        if not size or end + size > limit:
            break
        end += size
    tail = _TAIL.match(text, end, limit)
    if tail and not _FALSE_TAIL.match(text[end : tail.end()]):
        end = tail.end()
    return Candidate(at, end, "ADDRESS", "place.label", cue, 63) if end > at else None


def _anchored(text: str, places: list[Hit], blocked: set[int]) -> list[Candidate]:
    out: list[Candidate] = []
    covered = -1
    for hit in places:
        if hit.start < covered or hit.start in blocked:
            continue
        found = _extend_place(text, hit.start, min(len(text), hit.start + 80), hit.word)
        if found is None:
            continue
        alone = (
            found.end == hit.end and len(hit.word) <= 3 and not (len(hit.word) == 3 and hit.word[-1] in "县市旗州盟")
        )
        if alone and not _stands_alone(text, hit):
            continue
        covered = found.end
        out.append(found._replace(rule="place.division", priority=45))
    return out


def _stands_alone(text: str, hit: Hit) -> bool:
    left, right = text[max(0, hit.start - 3) : hit.start], text[hit.end : hit.end + 3]
    if hit.word in _AMBIGUOUS_PLACE:
        return bool(re.match(r"\s?(?:人|市|籍)", right)) or bool(
            _PLACE_BEFORE.search(left) and left and _PLACE_AFTER.match(right)
        )
    if re.match(r"\s?(?:人|市|籍|省|医院|务工|打工|工作|居住|出差)", right):
        return True
    return bool(_PLACE_AFTER.match(right) and (_PLACE_BEFORE.search(left) or not left) and len(hit.word) >= 2)


def _street_level(text: str, blocked: set[int]) -> list[Candidate]:
    """Streets with a number, villages and rooms: anchored at the suffix, the name read backwards from it."""
    out = []
    for rule, pattern, longest_name in (
        ("place.street", _STREET, 6),
        ("place.village", _VILLAGE, 4),
        ("place.room", _ROOM, 0),
    ):
        for match in pattern.finditer(text):
            low = match.start()
            while low > max(0, match.start() - longest_name) and "\u3400" <= text[low - 1] <= "\u9fff":
                low -= 1
            start = _trim_opener(text, low, match.end()) if low < match.start() else low
            if (
                (longest_name and match.start() - start < 1)
                or start in blocked
                or _FALSE_TAIL.match(text[start : match.end()])
            ):
                continue
            out.append(Candidate(start, match.end(), "ADDRESS", rule, "street suffix", 47))
    for match in (*_HAMLET.finditer(text), *_HOME.finditer(text)):
        name = match["name"]
        if (
            name not in words("keep.tsv")["generic"]
            and match.start("name") not in blocked
            and not _FALSE_TAIL.match(name)
            and not _NOT_HAMLET.search(name)
        ):
            out.append(Candidate(*match.span("name"), "ADDRESS", "place.village", "home", 47))
    return out


_NOT_HAMLET = re.compile(
    r"细胞|肿块|侵|胰|[肝肺胃肠肾脑骨膜腹胸腔窝淋巴静脉动脉血尿便肌壁]|眼眶|脑沟|^(?:本|外|全|某|我|该|同|邻|农|乡|山|小|大)?(?:村|庄|社区|小区|沟|坪|湾)$"
)
_ADDRESS_OPENER = re.compile(
    r"(?:.{0,5}?(?:家住|住在|居住于|现住|住址|地址|位于|住于|住|在|于|至|到|来自|系|家在|寄|回))"
)


def _trim_opener(text: str, start: int, end: int) -> int:
    match = _ADDRESS_OPENER.match(text, start, min(start + 8, end))
    return match.end() if match and match.end() < end - 2 else start


# -- institutions ------------------------------------------------------------------------------------------
_NOT_NAME = re.compile(rf"[^{_CJ}A-Za-z0-9()（）·]")
_SINGLE_OPENER = re.compile(
    r"(?:送检|就诊于|转诊至|转诊到|转入|转至|转往|转到|收入|送往|送至|前往|就诊|住院于|入住|联系|推荐|曾于|曾在|遂至|遂到|至|于|在|到|往|赴|去|由|从|经|当地|外院|我院|患者|家属|曾任|现任|为|是|及|与|曾|行|任|诊|后|前|日|月|年|时|并|请|即|再次|先后|来|回|返|送|拟|另|又|均|因|住|我|的|了|以|对|将|向|等|各|多|三甲|大|该|某|本|他|外|贵|入|查|转)"
)
_CORE_OK = re.compile(
    r"第?[一二三四五六七八九十]{1,3}|人民|附属|附设|中心|协和|军区|武警|解放军|总|红十字|华侨|友谊|仁|济|康|和|民|爱|慈|德|安|圣|同|平|[A-Z0-9]"
)
_GENERIC_CORE = re.compile(
    r"(?:某|县|市|省|区|乡|镇|村|社区|人民|中医|中西医结合|肿瘤|妇幼|妇产|儿童|专科|综合|三甲|二甲|三级|二级|上级|下级|私人|个体|民营|公立|其他|其它|外地|多家|各大|大|小|某某|一|两|几|这|那|传染病|精神|眼科|口腔|骨科|胸科|中心|"
    r"教学|基层|定点|医联体|附近|就近|乡镇|区域|当地|本地|检|甲|级|等|家|个|所|原|该|本|我|外|的|街道|卫生|健康|医疗|服务|职工|康复|疾病|国内|国外|省级|市级|县级|区级|中|医院|[A-Za-z]|高等|普通|重点|职业|师范|老年|医科|研究|文化|程度)*"
)


def _institutions(text: str, suffixes: dict[int, Hit], places: list[Hit]) -> list[Candidate]:
    place_starts = sorted(p.start for p in places)
    out, covered = [], -1
    for end in sorted(suffixes, reverse=True):
        hit = suffixes[end]
        if covered != -1 and hit.start >= covered:
            continue
        found = _institution(text, hit, place_starts)
        if found:
            out.append(found)
            covered = found.start
    return out


def _institution(text: str, hit: Hit, place_starts: list[int]) -> Candidate | None:
    if re.match(r"感染|获得性|内感染|级|环境|规定|检查结果", text[hit.end : hit.end + 5]):
        return None
    low = max(0, hit.start - 26)
    cut = [m.end() for m in _NOT_NAME.finditer(text, low, hit.start)]
    low = cut[-1] if cut else low
    anchor = next((p for p in place_starts if low <= p < hit.start), None)
    start = _after_openers(text, low, hit.start)
    if anchor is not None and not 0 <= anchor - start <= 4:
        start = anchor
    core = text[start : hit.start]
    end = _branch_end(text, hit.end)
    if anchor is None and (
        _GENERIC_CORE.fullmatch(core) or len(core) > 14 or (hit.kind == "suffix_org" and len(core) < 2)
    ):
        return None
    if (
        anchor is None
        and hit.kind == "suffix_org"
        and re.match(r"感染|管理|制度|文化|生|学历|本科|教育", text[hit.end : hit.end + 4])
    ):
        return None
    if (
        anchor is None
        and hit.kind == "suffix_org"
        and not re.search(r"公司|大学|学院|中学|小学|集团|厂|派出所|幼儿园|银行|研究", hit.word)
    ):
        return None
    label = "HOSPITAL" if hit.kind == "suffix_hospital" else "ORG"
    return Candidate(start, end, label, "institution.suffix", hit.word, 57 if anchor is not None else 52)


def _after_openers(text: str, low: int, high: int) -> int:
    """Start of a name that ends before ``high``: behind the last word that cannot belong to it."""
    start = low
    for match in _SINGLE_OPENER.finditer(text, low, high):
        if match.end() <= high and not (
            match.end() == high and len(match.group()) == 1 and match.start() > start and match.group() in "来后前经"
        ):
            start = match.end()
    return start


def _branch_end(text: str, end: int) -> int:
    tail = re.compile(
        r"(?:[（(][\u3400-\u9fff]{2,8}(?:院区|分院|医院|院)[)）]|[\u3400-\u9fff]{2,4}(?:院区|分院)|东院|西院|南院|北院|总院|本部)"
    ).match(text, end)
    return tail.end() if tail and not re.match(r"[（(]?(?:我|本|外|入|出|住)", tail.group()) else end


_WORKPLACE = re.compile(
    rf"(?:就职于|任职于|供职于|工作于|退休于|受雇于|曾任|现任|原任|在|于|系|原|为)(?P<name>[{_CJ}A-Za-z0-9]{{2,16}}?(?:厂|局|所|站|队|校|院|社|矿|店|场|部|行|中心|公司|集团|学|园))(?=退休|务工|工作|上班|任职|打工|就职|任教|供职|的?(?:职工|员工|工人|干部|教师|会计|司机|保安|保洁|厨师|经理|老师|工程师|技术员))"
)


def _workplaces(text: str) -> list[Candidate]:
    """在沈阳机床厂务工: what people work at."""
    generic = words("keep.tsv")["generic"]
    found = ((m.start("name"), m.end("name")) for m in _WORKPLACE.finditer(text))
    return [Candidate(s, e, "ORG", "institution.work", "work", 53) for s, e in found if text[s:e] not in generic]


_PLACE_WORK = re.compile(rf"[{_CJ}]{{1,8}}?(?:厂|局|矿|银行|车站|学院|公司|中学|小学|大学)(?![部限灶麻])")


def _place_works(text: str, places: list[Hit]) -> list[Candidate]:
    """郑州铁路局, 义乌市邮政局: a place followed by an employer's ending."""
    out = []
    for place in places:
        match = _PLACE_WORK.match(text, place.end)
        if match:
            out.append(Candidate(place.start, match.end(), "ORG", "institution.place", match.group()[-1], 49))
    return out


_SHORT_BEFORE = re.compile(
    r"(?:在|于|至|到|去|转|赴|往|从|由|请|经|曾|市|省|京|海|津|汉|州|外院|当地|送|查|[(（，,:：、。\s]|^)$"
)
_SHORT_AFTER = re.compile(
    r"\s?(?:医院|就诊|复查|查|住院|会诊|专家|病理|化疗|放疗|手术|行|门诊|治疗|诊|看|做|CT|PET|MR|确诊|检查|建议|的|[，,。、；;)）\s]|$)"
)


def _short(text: str, hit: Hit) -> list[Candidate]:
    """A short hospital name: the unmistakable ones (kind ``sure``) anywhere, the others between the words of a visit."""
    left, right = text[max(0, hit.start - 3) : hit.start], text[hit.end : hit.end + 4]
    if hit.word.isdecimal() and not re.match(r"\s?医院", right):
        return []
    strong = re.search(r"(?:于|在|至|到|转|赴|往|请|送|由|从|入|抵|去|回)$", left)
    if (
        not strong
        and hit.word not in words("institutions.tsv")["sure"]
        and (not _SHORT_BEFORE.search(left) or not _SHORT_AFTER.match(right))
    ):
        return []
    tail = re.compile(r"\s?(?:肿瘤|附属)?医院|(?:东|西|南|北)院区?").match(text, hit.end)
    return [Candidate(hit.start, tail.end() if tail else hit.end, "HOSPITAL", "institution.short", hit.word, 51)]
