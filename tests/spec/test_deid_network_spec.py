"""What the network adds to the rules, and what it must leave: readable lines. A line in ``KNOWN`` is a failure that is known and asserted as such."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings

RULES, BOTH = Deidentifier(DeidSettings(network=False)), Deidentifier()

ADDED = [
    "家属称去年在宝钢体检时发现结节。",
    "肠镜（康宁消化4.6）见直肠肿物，活检腺癌。",
    "术后6.12并发肺炎，予抗感染。",
    "审核|周倩|zhouq7|2021-03-04",
    "其子从仁济眼科带回旧片两张。",
    "既往安和肾病置管透析。",
    "病史陈述者高兴，与患者同村。",
    "回报：康达肾病送检，编号B77-120的片子。",
    "肠镜在和睦消化做的，3.6报告。",
    "血标本外送，条码 KX-20877，明日取结果。",
]
"""Lines with an identifier in a setting of its own; the network finds some that the rules leave."""

KEPT = [
    "奥沙利铂145mg d1，卡培他滨1.5g bid d1-14，q3w。",
    "清扫4、6组淋巴结，3/12见癌，余0/8。",
    "每日3-5次，每次2-3片，术后3-5日拆线，近3-5年体健。",
    "体温37.5-38.0℃，血压120/80mmHg，心率82次/分。",
    "右肺上叶见大小约3.2×2.1cm结节，边缘毛刺，纵隔淋巴结肿大。",
    "ER(90%+)，PR(-)，HER-2(2+)，Ki-67约30%，EGFR 19del。",
    "考虑黄疸，既往高血压、白癜风，金葡菌感染，予康莱特静滴。",
    "霍奇金淋巴瘤，克罗恩病史，白塞病待排。",
    "我院，当地医院，上级医院，某医院，外院就诊。",
    "超声诊断中心，病理科，放疗中心会诊。",
    "双侧上颌窦、蝶窦清晰，鼻咽顶壁不厚。",
    "自2016年冬咳嗽，2017年起气短。",
    "病理编码M8140/3，诊断编码C20.x00。",
    "白细胞3.6，中性粒细胞2.1×10^9/L，血红蛋白98g/L。",
    "患者神志清，精神可，食欲睡眠一般，大小便正常。",
    "拟行胸腔镜下左肺下叶切除+淋巴结清扫术。",
    "pT3N1M0，IIIA期，脉管癌栓(+)，切缘(-)。",
    "家属全程陪同，表示理解并签字。",
    "高血压病史12年3月余，反复咳嗽11年7月，予严迪、丹红。",
    "白细胞、血小板、血红蛋白分别为3.26、169、116，CEA 72.9→3.1。",
    "1.5-氟尿嘧啶；2.21基因检测；3.κ/λ 2.15，A/G 1.21。",
    "主任医师查房：芦沃美替尼、瑞高续用，股骨转子间骨折。",
    "于*****医院取药，在**三院做肠镜，某中医院针灸，局麻后切开，第五次灌注。",
    "胸骨旁长轴观，左室短轴观，二尖瓣口血流E峰>A峰。",
]
KNOWN = ["家属7-19撤诉，病历解封"]


def found(deid: Deidentifier, text: str) -> set[int]:
    result = deid.deid(text, offset_days=10, surrogate_key=b"k", note_date="2021-05-01")
    assert result.status == "ok"
    return {place for span in result.spans for place in range(span.start, span.end)}


def test_the_network_adds_and_takes_nothing_away() -> None:
    more = [text for text in ADDED if found(BOTH, text) - found(RULES, text)]
    assert all(found(BOTH, text) >= found(RULES, text) for text in ADDED)
    assert len(more) >= 5


@pytest.mark.parametrize("text", KEPT)
def test_clinical_lines_stay(text: str) -> None:
    assert found(BOTH, text) == found(RULES, text)


@pytest.mark.parametrize("text", KNOWN)
def test_known_failures(text: str) -> None:
    assert found(BOTH, text) > found(RULES, text)
