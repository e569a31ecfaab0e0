"""The written forms of addresses, as patterns made of the words of ``places.tsv``. Every repeat is bounded."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.ordinary import any_of
from nlp.deid.rare import Rare, rare

CJ = "〇\u3400-\u9fff"
NUMERAL = "一二三四五六七八九十"


def places_of(kind: str) -> str:
    """Alternation of one kind of ``places.tsv``."""
    return any_of("places.tsv", kind)


@cache
def part() -> str:
    """One part of an address: a name with an ending, a name before a numbered unit, an estate behind a house number, a number with a unit."""
    named = rf"[{CJ}A-Za-z0-9]{{0,9}}?(?:{places_of('part')}|{places_of('part_one')})"
    unmarked = rf"[{CJ}]{{1,5}}(?=第?\d{{1,3}}(?:{places_of('unit_next')}|-\d|号(?![染外])))"
    estate = rf"(?<=号)[{CJ}]{{2,4}}(?:{places_of('estate')})"
    numbered = rf"第?[0-9{NUMERAL}甲乙丙A-Za-z]{{1,5}}(?:-\d{{1,5}}){{0,3}} ?(?:{places_of('numbered')})"
    return rf"(?:{named}|{unmarked}|{estate}|{numbered}|\d{{1,4}}(?:-\d{{1,4}}){{1,3}}(?![\d年月]))"


@cache
def tail() -> re.Pattern[str]:
    """Parts of an address in a row."""
    return re.compile(rf"(?: ?{part()}){{1,12}}")


@cache
def street() -> Rare:
    """The ending of a street with its house number, and what follows."""
    unit = "号楼|号院|号|弄|栋|幢|座|单元|室|组"
    return rare(
        rf"(?:{places_of('street')})\s?[0-9{NUMERAL}]{{1,5}}(?:-\d{{1,4}})?(?:{unit})(?![码召])(?:{part()}){{0,6}}"
    )


@cache
def room() -> Rare:
    """A house with a room (12号楼1单元502, 17-2-1101)."""
    bare = r"\d(?<=\d{4}[，, ].)\d?-\d{1,2}-[1-9]\d{2,3}(?=[）),，；;。\s])|\d{1,2}-\d{1,2}-[1-9]\d{2,3}(?=家[中里]|，独居)"
    return rare(bare + r"|\d{1,3}(?:号楼|栋|幢|号)\s?\d{0,2}\s?(?:单元)?\s?\d{3,4}室?(?![\d.])")


@cache
def town() -> Rare:
    """The ending of a town or village that is part of no other word."""
    return rare(
        rf"(?:{places_of('town')}|{places_of('village')})(?![痛静咳吐惊定卫医亲民里级土愁绅压外])(?:第?[\d{NUMERAL}]{{1,3}}(?:村民小组|组|队|社))?"
    )


@cache
def group() -> Rare:
    """A numbered group of a village (沟3组)."""
    return rare(rf"[村湾庄屯营寨沟坪坝岭塘圩堡集店庙桥洼窑坡]第?[\d{NUMERAL}]{{1,2}}(?:村民小组|组|队|社)")


@cache
def home() -> Rare:
    """A word of residence and a name with an ending of hamlets or estates, or a bare name before a comma."""
    ending = f"{places_of('village')}|{places_of('hamlet')}|{places_of('town')}"
    number = rf"(?:第?[\d{NUMERAL}]{{1,3}}(?:村民小组|组|队|社|号|栋|幢))?"
    return rare(
        rf"(?P<home>{places_of('home')})(?:[:：]|[ ]){{0,2}}(?!{places_of('home_not')})"
        rf"(?P<name>[{CJ}]{{1,6}}?(?:{ending})(?:[{CJ}]{{0,5}}?(?:{ending}))?{number}(?:{part()}){{0,4}})"
        rf"(?=[，,。；;、）)|^\s\"“”/]|$|{places_of('home_end')})"
    )


@cache
def bare_home() -> Rare:
    """A strong word of residence and a name without any ending, up to a mark."""
    strong = "住|同上，|家住|现居住于|现住于|现住|现居|居住于|居住在|住于|家在|老家在|老家|暂住|租住于|户籍|原籍"
    return rare(
        rf"(?:{strong})[:：]?\s?(?P<name>(?!{places_of('home_not')}|病|某|务|人|不|较|为|均|无|近|满|址|处|所|户|持|进|房|这|那|我|他|她|养|同|随|得|所)[{CJ}]{{2,8}})(?=[，,。；;、）)（(|\s]|$)"
    )


@cache
def told() -> Rare:
    """Where somebody comes from, goes to, works or marries, by the verbs on both sides (从濛溪打来电话, 嫁到濛溪后, 回濛溪老家)."""
    name = rf"([{CJ}]{{2,6}}?)"
    # one class of characters first, so that the engine skips to candidates
    return rare(
        rf"[从自由回在到去嫁，,。；;：:\s患](?:(?<=[从自由])(?<!服从){name}(?=打来|打电|{places_of('travel')})"
        rf"|(?<=回){name}(?={places_of('retreat')})|(?<=[在到去]){name}(?={places_of('stay')})"
        rf"|(?<=嫁)[到至入往]{name}(?=后|[，,。；;]|$)"
        rf"|(?:(?<=患)者|(?<=[，,。；;：:\s])){name}(?=人[，,]\s?(?:嫁|现|迁|随|长期|从小|自幼)|口音))"
    )


@cache
def spot_before() -> re.Pattern[str]:
    """What stands before a bare settlement (由响水送来, 系双河桥头人)."""
    return re.compile(rf"(?:(?:{places_of('spot_before')}|[。；]|\d\d )\s{{0,4}}|^)$")


@cache
def spot_unit() -> Rare:
    """A numbered unit of a farm, a regiment or a village (七连, 四社, 九队)."""
    return rare(rf"[{NUMERAL}](?<=[场团区村镇乡].)[{NUMERAL}]?(?:分场|连|社|队)")


@cache
def spot_end() -> re.Pattern[str]:
    """What may follow the ending of a settlement."""
    return re.compile(rf"[，,。；;、）)（(\s:：]|$|{places_of('spot_after')}|{places_of('home_end')}")


@cache
def house() -> re.Pattern[str]:
    """Units of a house in a row (7号楼中单元三楼东户, 3排5户, 4-2-301)."""
    numbered = rf"[东西南北甲乙丙]?[\dA-Z{NUMERAL}]{{1,4}}(?:{places_of('house')})"
    plain = rf"[东西南北]?(?:{places_of('house_whole')})[东西]?"
    return re.compile(
        rf"(?:(?:{numbered}|{plain}){{1,5}}[东西]?\d{{0,4}}|\d{{1,2}}-\d{{1,2}}-\d{{3,4}}|\d{{1,2}}-\d{{3,4}}|\d{{1,3}}号院\d{{1,3}}号|[A-Z]座\d{{3,4}}|(?<=[座楼栋幢])\d{{3,4}})(?![\d.])"
    )


@cache
def at_home() -> Rare:
    """A word of residence right before a house without a street."""
    return rare(
        r"(?:住|同住|陪住|住在|住址|地址|家中|家属[区院楼]|宿舍|小区|[旁（(](?=\d{1,2}-\d-\d{3}))[:：]?\s{0,2}(?=[\dA-Z东西南北一二三四五六七八九顶甲乙])(?!院)"
    )


@cache
def landmark() -> Rare:
    """火车站对面, 城南菜市场旁: where somebody lives or comes from, by what is next to it."""
    mark = rf"(?:[{CJ}]{{0,4}}?(?:{places_of('landmark')})|[一二三四五六七八九]中)"
    beside = "(?:斜?对面|附近|隔壁|旁边|旁|后面|后身|门口|一带|周边|[东西南北]侧)"
    inside = rf"(?:{beside}|[东西南北正后侧]门|[一二三四五六]楼|口|[院巷楼]内|楼下|隔壁)"
    return rare(
        rf"(?:[住租寄](?:在|到)?|地址[:：]?)(?P<name>{mark}{beside})|从(?P<come>{mark}{beside})(?=[赶送过]?来|出发)"
        rf"|(?:[来到去在于]|前往)(?P<go>{mark}{inside})"
    )


@cache
def estate() -> re.Pattern[str]:
    """A name behind a house number, up to a mark or the number of a building (550号紫荆公馆18栋)."""
    return re.compile(
        rf"(?P<name>[{CJ}]{{2,6}}?)(?=[，,。；;、）)|\s\"“”]|$|\d{{1,4}}(?:号|栋|幢|座|单元|-\d))(?:{part()}){{0,4}}"
    )


@cache
def false_tail() -> re.Pattern[str]:
    """Words that end like a part of an address and are none."""
    return re.compile(rf".{{0,12}}(?:{places_of('false_tail')})")


@cache
def body() -> re.Pattern[str]:
    """Words of the body and of medicine: no place is named so."""
    return re.compile(places_of("body"))


@cache
def stop() -> re.Pattern[str]:
    """Where an address behind a label ends."""
    return re.compile(
        rf"[。；;\n\r|？！?!\"”》\]]|\s{{2,}}|[，,]\s?(?=[{CJ}]{{0,8}}(?:{places_of('stop')}))|\s(?=[{CJ}]{{2,6}}[:：])"
    )


@cache
def opener() -> re.Pattern[str]:
    """Words behind which a place name begins."""
    return re.compile(places_of("opener"))
