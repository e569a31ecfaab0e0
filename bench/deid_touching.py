"""What touches a date, a number or a value: `python -m bench.deid_touching [--rules] [--show 5]`.

Dates and numbers in every written form stand between two clauses of the open groups of `deid_independent`, behind a mark, the number of an item, a value with its unit
or nothing, and before the same; then measured values in the same places. One line a form: tried, leaked (any letter or digit left) or damaged, and the share.
The clauses are of notes that the rules have read, the forms and neighbours are drawn anew, so this finds forms that no rule covers, not labels that none knows.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench.deid_independent.generate import generate
from bench.deid_independent.measure import OPEN
from nlp.deid import Deidentifier, DeidSettings

SEED, NOTES_A_GROUP, TRIES = 5, 60, 300
KEY = b"dates of nobody, key of none"
MARKS = ("，", "。", "；", "", " ", "：", "（", "→", "、", "\n", "1.", "2、", "①")
ITEMS = ("1.", "2、")
_CLAUSE = re.compile(r"[^，。；,;\n|]+")
_SHORTEST, _LONGEST = 3, 22

Form = Callable[[random.Random], tuple[str, str, str]]
"""What stands before, the thing itself, what stands behind."""


class Try(NamedTuple):
    """A text with the offsets of what is to be hidden or kept."""

    text: str
    start: int
    end: int


def _year(draw: random.Random) -> int:
    return draw.randint(2009, 2024)


def _month(draw: random.Random) -> int:
    return draw.randint(1, 12)


def _day(draw: random.Random) -> int:
    return draw.randint(1, 28)


def _written(pattern: str, *, before: tuple[str, ...] = ("",)) -> Form:
    """A form by its pattern: Y, y (two digits), M, D, and with zeros MM, DD; A is an age of 90 and more, 9 any digit."""

    def draw_one(draw: random.Random) -> tuple[str, str, str]:
        parts = {
            "Y": str(_year(draw)),
            "y": f"{draw.randint(10, 24)}",
            "MM": f"{_month(draw):02}",
            "DD": f"{_day(draw):02}",
        }
        parts |= {"M": str(_month(draw)), "D": str(_day(draw)), "A": f"{draw.randint(90, 104)}"}
        fixed = re.sub("9", lambda _: str(draw.randint(1, 9)), pattern)
        told = re.sub(r"MM|DD|[YyMD]|A(?=岁)", lambda m: parts[m.group()], fixed)
        return draw.choice(before), told, ""

    return draw_one


def _value(names: str, pattern: str, units: str) -> Form:
    """A measured value: its name, digits for 0 to 9 of the pattern, its unit; alternatives are separated by blanks, _ stands for none."""

    def draw_one(draw: random.Random) -> tuple[str, str, str]:
        number = re.sub("9", lambda _: str(draw.randint(1, 9)), draw.choice(pattern.split()))
        return draw.choice(names.split()).replace("_", " "), number, draw.choice(units.split()).replace("_", "")

    return draw_one


HIDDEN: dict[str, Form] = {
    pattern: _written(pattern)
    for pattern in (
        "Y年M月D日", "Y-M-D", "Y-MM-DD", "Y.M.D", "Y/M/D", "Y年M月", "Y.M", "Y-MM", "Y/M", "M月D日", "M月D号", "y年M月D日", "y年M月", "y.M.D", "YMMDD", "Y-MM-DD 19:29",
    )
}  # fmt: skip
HIDDEN |= {
    "mobile": _written("13999999999", before=("电话", "手机：", "联系方式", "☎", "致电", "")),
    "landline": _written("0531-89999999", before=("电话", "座机：", "家电", "")),
    "record": _written("99999999", before=("住院号", "病案号：", "登记号", "门诊号 ", "就诊卡")),
    "pathology": _written("B19-99999", before=("病理号", "病理", "切片号：", "蜡块号")),
    "film": _written("CT999999", before=("CT号", "影像号：", "片号", "检查号")),
    "staff": _written("0999", before=("工号", "工号：", "胸牌")),
    "account": _written("lih99", before=("录入：", "操作员", "登录名", "记录人：")),
    "handle": _written("ab999999", before=("微信", "微信号：", "VX")),
    "plate": _written("沪A99999", before=("车牌", "驾车", "")),
    "age": _written("A岁", before=("患者", "年龄", "，男，")),
}
KEPT: dict[str, Form] = {
    "decimal": _value("CEA AFP_ 白细胞 血糖 总胆红素 D-二聚体_", "9.9 9.99 99.9 19.19", "ng/ml U/L mg/L ↑ _"),
    "value like a month": _value("铁蛋白 CA125_ 肌酸激酶 NT-proBNP_", "2019.9 2001.9", "ng/ml U/ml ↑ U/L"),
    "range": _value("肿物约 每次 间隔 距肛缘 参考值", "1-9 9-19 2-29", "cm 次 天 周 mm 枚 小时 ml"),
    "nodes": _value("淋巴结 清扫淋巴结 第7组", "9/19 1/29 0/19", "枚 见癌转移 （+）"),
    "size": _value("大小 肿物 结节约", "9.9×9.9 1.9*2.9 9×9×9", "cm mm"),
    "former and new": _value("CEA CA199 肌酐", "99.9→9.19 9.9→1.9", "，较前降 ng/ml"),
    "list": _value("白细胞、血小板、血红蛋白分别为", "9.19、199、99 3.9、99、119", "_"),
    "pressure": _value("BP 血压 Bp_", "129/79 99/59", "mmHg _"),
    "days of a cycle": _value("d D C1d", "1-9 1-19", "_q21d 静滴"),
    "length of time": _value("高血压病史 反复咳嗽 吸烟 患病", "1年9月 12年9月 9年1月", "余 ，加重1周"),
    "ratio": _value("A/G_ κ/λ_ FEV1/FVC_", "9.19 1.9", "_ ↓"),
    "dose": _value("DT_ 放疗 PTV_", "59Gy/29 69Gy/39", "f 次"),
    "lot": _value("批号 批号：", "20199919 Z2019919", "_"),
}


def clauses() -> list[str]:
    """Clauses of the open groups that touch no identifier."""
    found = set()
    for group in OPEN:
        for note in generate(group, SEED, NOTES_A_GROUP):
            near = {i for s in note["spans"] for i in range(s["start"] - 1, s["end"] + 1)}
            for match in _CLAUSE.finditer(note["text"]):
                clause = match.group().strip()
                plain = near.isdisjoint(range(match.start(), match.end())) and re.search(r"[\u4e00-\u9fff]", clause)
                if plain and _SHORTEST <= len(clause) <= _LONGEST:
                    found.add(clause)
    return sorted(found)


def tries(form: Form, plain: list[str], draw: random.Random) -> Iterator[Try]:
    """A form between two clauses; digits never touch digits, and an item is numbered behind a mark or a Chinese character only."""
    while True:
        first, last, mark, gap = (
            draw.choice(plain),
            draw.choice(plain),
            draw.choice(MARKS),
            draw.choice(("", " ", "，", "；")),
        )
        before, thing, behind = form(draw)
        opening = first + mark + before
        glued = opening[-1:].isdecimal() or (mark in ITEMS and not "\u3400" <= first[-1] <= "\u9fff")
        if glued or (not (gap or behind) and (last[0].isdecimal() or last[0] in ".-/")):
            continue
        if (
            not before
            and thing[-1].isdecimal()
            and opening[-1:].isascii()
            and opening[-1:].isalpha()
            and len(thing) > 10
        ):
            continue  # a long number right behind letters is part of a code
        text = opening + thing + behind + gap + last
        yield Try(text, len(opening), len(opening) + len(thing))


def marked(engine: Deidentifier, one: Try) -> tuple[bool, bool]:
    """Is any of it hidden, and all of its letters and digits?"""
    covered = {
        i
        for s in engine.deid(one.text, offset_days=3, surrogate_key=KEY, note_date="2019-06-01").spans
        for i in range(s.start, s.end)
    }
    told = [i for i in range(one.start, one.end) if one.text[i].isalnum()]
    return any(i in covered for i in told), all(i in covered for i in told)


def report(engine: Deidentifier, forms: dict[str, Form], plain: list[str], *, hide: bool, show: int) -> None:
    """One line a form: tried, wrong, share; up to ``show`` of the wrong ones."""
    draw = random.Random(SEED)
    for name, form in forms.items():
        some = [one for one, _ in zip(tries(form, plain, draw), range(TRIES), strict=False)]
        wrong = [one for one in some if (not marked(engine, one)[1] if hide else marked(engine, one)[0])]
        print(
            f"{'leaked' if hide else 'damaged':8} {len(wrong):4} of {len(some)}  {len(wrong) / len(some):6.1%}  {name}"
        )
        for one in wrong[:show]:
            print(
                "      ",
                repr(
                    f"{one.text[max(0, one.start - 12) : one.start]}[{one.text[one.start : one.end]}]{one.text[one.end : one.end + 10]}"
                ),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", action="store_true", help="without the network")
    parser.add_argument("--show", type=int, default=0, help="how many of each form to print")
    arguments = parser.parse_args()
    engine, plain = Deidentifier(DeidSettings(network=not arguments.rules)), clauses()
    print(f"{len(plain):,} clauses")
    report(engine, HIDDEN, plain, hide=True, show=arguments.show)
    report(engine, KEPT, plain, hide=False, show=arguments.show)


if __name__ == "__main__":
    main()
