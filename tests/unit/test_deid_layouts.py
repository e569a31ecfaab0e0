"""Classes of layouts, not examples of one: names beside any role, short hospital names, rows of dates, torn text, bare homes."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.spaced import is_torn

DEID = Deidentifier(DeidSettings(network=False))


def hidden(text: str) -> set[str]:
    result = DEID.deid(text, offset_days=7, surrogate_key=b"k" * 32, note_date="2019-09-20")
    return {text[s.start : s.end] for s in result.spans}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("血压平稳。置管赵佩芳，继续观察", "赵佩芳"),
        ("④配液孙志远→复核钱春梅", "钱春梅"),
        ("OBX|1|ST|周^慧敏|", "周^慧敏"),
        ("与病友令狐姨同室", "令狐"),
        ("备注：禤**（家属）已告知", "禤**"),
        ("已在云溪取药，继续口服", "云溪"),
        ("18/5/24如皋人医PET-CT：代谢增高", "如皋人医"),
        ("曾在贝恩基因检测有限公司行检测", "贝恩基因检测有限公司"),
        ("门诊号7，住老柳塘，手机无", "老柳塘"),
        ("见 lis.city-hospital.org/r?id=77 报告", "lis.city-hospital.org/r?id=77"),
    ],
)
def test_hidden(text: str, secret: str) -> None:
    assert any(secret in span for span in hidden(text)), hidden(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("血象：6-1WBC2.0，6-14WBC8.2，6-27PLT61", {"6-1", "6-14", "6-27"}),
        ("8/24 T38.2 8/25 T37.9 8/26 T36.8", {"8/24", "8/25", "8/26"}),
        ("4.30入院，5.3手术，5.12出院。", {"4.30", "5.3", "5.12"}),
    ],
)
def test_rows_of_dates(text: str, days: set[str]) -> None:
    assert days <= {span.strip() for span in hidden(text)}


@pytest.mark.parametrize(
    "text",
    ["淋巴结3/12，第7组2/8见癌", "WBC 3.5，PLT 8.9，HGB 1.2", "每日3-5次，每次2-3片", "No4 2/5，No7 1/3，No8 0/2",
     "腹腔转移灶行放疗，症状好转出院", "于全麻下行手术，考虑肝转移", "体检时发现血糖升高", "患者及家属同意手术"],
)  # fmt: skip
def test_kept(text: str) -> None:
    assert hidden(text) == set()


def test_torn_text_is_read_joined() -> None:
    text = "登 记 员 吕 秀英 核 对 者 曹 志 远 患 者 系 大 兴镇供销社 工人 家住 曲靖 市会泽 县大兴镇王家湾 村1组"
    assert is_torn(text)
    left = "".join(text.split())
    for span in hidden(text):
        left = left.replace("".join(span.split()), "")
    assert not any(part in left for part in ("秀英", "志远", "大兴", "会泽", "王家湾"))
    assert not is_torn("姓名 张三 性别 男")
