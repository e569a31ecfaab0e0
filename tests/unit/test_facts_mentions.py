"""Every fact can be traced to a mention of the patient's own that is not negated."""

from __future__ import annotations

import pytest

from nlp import lexicons
from nlp.pipeline import read_note


@pytest.mark.parametrize(
    "text",
    [
        "慢性乙型病毒性肝炎10年，乳腺超声BI-RADS 4A类。",
        "高血压病史10年，糖尿病5年，口服二甲双胍。",
        "诊断：肝细胞癌，Child-Pugh A级，BCLC B期。",
        "右肺下叶病灶，考虑肺癌可能。",
    ],
)
def test_every_fact_rests_on_a_mention(text: str) -> None:
    note = read_note(text, note_date="2020-01-01")
    assert note.facts
    known = {id(mention) for mention in note.mentions}
    for fact in note.facts:
        assert fact.mentions
        assert all(id(mention) in known for mention in fact.mentions)
        assert all(mention.polarity != "negated" and mention.experiencer == "patient" for mention in fact.mentions)


def test_an_allele_frequency_is_a_share() -> None:
    facts = read_note("EGFR基因21外显子L858R突变，丰度12.3%").facts
    assert [fact.values["vaf"] for fact in facts if fact.table == "biomarker"] == [0.123]


@pytest.mark.parametrize("tag", sorted({row["tag"] for row in lexicons.rows("deid/tags")}))
def test_no_mention_runs_across_a_tag(tag: str) -> None:
    words = ("患者女儿", "住院号:", "肿瘤", "右肺", "腺癌", "口服吉非替尼", "EGFR", "阴性", "父亲", "肺癌")
    note = read_note("\n".join(f"{a} {tag} {b}{tag}{a}" for a in words for b in words))
    assert note.mentions
    assert not [mention.text for mention in note.mentions if tag in mention.text]


def test_a_header_line_of_tags_is_no_family_history() -> None:
    header = "联系人：[姓名](女儿) [电话] 住院号:[编号] 肿瘤内科\n"
    assert not read_note(header).facts
    told = read_note(header + "家族史：父亲患肺癌，母亲[姓名]体健。")
    assert [(fact.table, told.text[fact.start : fact.end]) for fact in told.facts] == [("history", "父亲患肺癌")]


def test_a_marker_torn_by_a_tag_is_no_marker() -> None:
    assert not [m for m in read_note("免疫组化：RO[姓名]（-），P40（+）").mentions if "[" in m.text]
