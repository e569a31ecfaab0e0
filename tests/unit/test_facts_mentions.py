"""Every fact can be traced to a mention of the patient's own that is not negated."""

from __future__ import annotations

import pytest

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
