"""Names by exclusion: characters and sides against everyday words, written forms, labels, lists and lines."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.lexicon import rows
from nlp.deid.name_context import left_of, right_of
from nlp.deid.name_dotted import dotted_names
from nlp.deid.name_model import read, weights
from nlp.deid.name_words import readings, surname_evidence

DEID = Deidentifier(DeidSettings(network=False))


def spans(text: str) -> dict[str, str]:
    result = DEID.deid(text, offset_days=7, surrogate_key=b"k" * 32, note_date="2019-09-20")
    return {text[s.start : s.end]: s.rule for s in result.spans}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("质标记余慧敏，送审郭晓东，汇编贺兰香。", "贺兰香"),  # labels nobody listed
        ("2021-02-23 14:05 沈菊芳查：腹软", "沈菊芳"),  # between a time and a verb
        ("手术由东方志明完成", "东方志明"),  # a family name that is also a protected word
        ("术中电话告知陶士杰（患者之兄）", "陶士杰"),
        ("老家石桥村，现随毛婉君居于县城", "毛婉君"),
        ("患者次仁旺堆，男，45岁", "次仁旺堆"),  # no family name, no dot
        ("斯琴高娃陪同来诊", "斯琴高娃"),
        ("家属大卫·布朗送餐", "大卫·布朗"),
        ("受检者：扎西**，女", "扎西**"),
        ("病历复印由护士小伏\n21:00交接", "小伏"),
        ("姓名于是性别女年龄43岁", "于是"),  # a word, but the label asks for a name
        ("给药 林慧敏\n给药 郭建华\n给药 向导\n", "向导"),  # the label named persons before
        ("参加：郭建华、成功、林慧敏", "成功"),  # a list of names
        ("患者姓名：强文革　性别：男", "强文革"),  # a family name that is mostly a word
        ("术者淳于四清，术中见粘连", "淳于四清"),
        ("患者俄木伍加，男，81岁", "俄木伍加"),  # usual parts of names
        ("监护人：帕提古丽·依明，长女", "帕提古丽·依明"),  # a usual part is never cut before a word
        ("家属卜鹤年知情，电话另记", "卜鹤年"),  # a listed given name of everyday characters
        ("微信群里利红卫发来血常规照片", "利红卫"),
        ("放疗科仝：可予放疗。", "仝"),  # department, family name, colon
        ("下周期后再评估；由晁负责追踪", "晁"),
        ("医嘱医师：晁\n备注：无", "晁"),  # a signature of the family name alone
        ("女儿语桐已从外地返回", "语桐"),  # a given name alone behind kinship
        ("[万里]，[女]，[86岁]", "万里"),  # the cell before the cell of sex
        ("<assignedPerson><name>沙马阿牛</name></assignedPerson>", "沙马阿牛"),
        ("结算员：连富贵（2304）", "2304"),  # the staff number behind a signature
        ("家属（山田美代子，患者侄子）昨赶来", "山田美代子"),
        ("同村呼某某亦患此病", "呼某某"),
        ("医嘱医师：管\n备注：无", "管"),  # after a label also a word may be a family name
        ("我弟小银今天开车回来", "小银"),
        ("口音重，由护工小那翻译", "小那"),  # what people do behind a prefix and family name
    ],
)
def test_found(text: str, name: str) -> None:
    assert name in spans(text), spans(text)


@pytest.mark.parametrize(
    ("text", "surname"),
    [
        ("卫主嘱：停化疗", "卫"),
        ("院方丘总同意减免", "丘"),
        ("已与对方台主任说好", "台"),
        ("网络不好，托舒嫂写下来", "舒嫂"),
    ],
)
def test_surname_before_a_title(text: str, surname: str) -> None:
    assert surname in spans(text), spans(text)


@pytest.mark.parametrize(
    "text",
    [
        "保持管路清洁，每周维护一次", "子宫后位，稍大，左卵巢囊性", "胃窦炎；双侧上颌窦炎", "片状致密影，轮廓模糊，范围较前缩小",
        "主任医师查房后示下", "屈氏韧带区无压痛", "单发病灶，全心大，心包积液", "右肺上叶尖段支气管开口", "时有反酸，易疲劳，余无殊",
        "家属代送标本", "护士长查阅：已知", "方案为白蛋白紫杉醇", "患者在某医院就诊", "小梁间隙增宽，小单位剂量",
        "内科：能平卧", "病友小便正常，女小解自如", "医师：详见下页", "哌柏西利二线治疗中",
        "妇科史：孕2产1", "女儿体健，儿子在外地", "卢戈液染色不着色", "患者家属老是询问", "由于负责人外出",
    ],
)  # fmt: skip
def test_no_name(text: str) -> None:
    assert not [rule for rule in spans(text).values() if rule.startswith(("name", "propagate"))], spans(text)


def test_words_explain_what_is_no_name() -> None:
    named = max(value for _, value in readings("计划贺兰香", 2, "贺"))
    plain = max(value for _, value in readings("于今日行", 0, "于"))
    assert named > 3 > -3 > plain


def test_a_title_needs_a_surname_that_no_word_holds() -> None:
    assert surname_evidence("对方台主任", 2, 3) > -7 > surname_evidence("主任医生", 1, 2)


def test_the_best_reading_has_two_given_characters() -> None:
    best = max(read("护师温士杰", 2, "温", least=0.0), key=lambda r: r.score)
    assert (best.start, best.end) == (2, 5)
    assert best.cue


def test_dotted_names_leave_the_words_around() -> None:
    text = "保健院努尔古丽·居马会诊"
    assert [text[s:e] for s, e in dotted_names(text)] == ["努尔古丽·居马"]


def test_sides() -> None:
    assert left_of("复检者樊某", 3).word == "agent"
    assert right_of("王芳查：", 2).word == "act"
    assert right_of("王芳（女）", 2).word == "person"


def test_the_reason_of_a_reading_is_told() -> None:
    result = DEID.deid("送审郭晓东，汇编贺兰香。", offset_days=7, surrogate_key=b"k" * 32)
    assert all(s.rule.startswith("name") and s.cue for s in result.spans)
    assert result.spans


def test_word_list_and_weights_are_whole() -> None:
    levels = [int(level) for level, _ in rows("general_words.tsv")]
    assert levels == sorted(levels)
    assert {"bias", "evidence", "evidence.against"} <= set(weights())
