"""Wording rules: which names each of the wider ones takes, and which it must leave alone."""

from __future__ import annotations

import pytest

from nlp.linking.rewrite import joined, wording

RULES = [
    # title of the rule, a name that it takes, a name of another organ or act that it leaves
    ("截断残端的修复术", "右前臂残端修整", "右上叶支气管残端修复"),
    ("截断残端的修复术", "左大腿残端成形", "十二指肠残端修复"),
    ("截断残端的修复术", "右小腿残端修复", "阴道顶残端修复"),
    ("颅内血肿清除", "右颞部硬膜外血肿清除", "腰椎管内硬膜外血肿清除"),
    ("硬脑膜下钻孔引流术", "左额硬膜下积血钻孔", "腰椎硬脑膜下置管引流"),
    ("颌骨活检", "右下颌骨体肿块活检", "右上颌窦新生物活检"),
    ("颌骨活检", "左上颌骨活检", "左下颌下淋巴结活检"),
    ("为肾透析，动静脉吻合术", "右前臂动静脉内瘘成形", "左前臂动静脉内瘘吻合口狭窄球囊扩张"),
    ("为肾透析，动静脉吻合术", "左腕桡动脉-头静脉内瘘", "右腕桡动脉-头静脉内瘘血栓取出"),
    ("为肾透析，动静脉吻合术", "左肘动静脉造瘘", "右侧硬脑膜动静脉瘘成形"),
    ("骨盆活检", "右坐骨结节病灶活检", "右侧坐骨神经干活检"),
    ("骨盆活检", "左髂骨翼占位活检", "耻骨上经膀胱前列腺活检"),
    ("骨盆活检", "左耻骨肿块活检", "右髂骨骨髓活检"),
    ("椎骨活检", "第三胸椎病灶活检", "第三胸椎旁包块活检"),
    ("一条眼外肌的后徙术", "右眼内直肌徙后", "右眼内外直肌徙后"),
    ("两条或两条以上眼外肌的后徙术", "双眼内直肌徙后", "右眼内直肌徙后"),
    ("腹主动脉覆膜支架腔内隔绝术", "肾下腹主动脉带膜支架植入", "腹主动脉分支带膜支架植入"),
    ("经导管颅内动脉瘤支架辅助栓塞术", "右后交通动脉瘤支架辅助弹簧圈栓塞", "脾动脉瘤支架辅助弹簧圈栓塞"),
    ("经导管颅内动脉瘤栓塞", "左大脑中动脉瘤弹簧圈栓塞", "颅内脑膜瘤供血支栓塞"),
    ("内镜下腰椎髓核切除术", "经椎间孔镜腰4/5髓核取出", "经椎间孔镜颈5/6髓核取出"),
    ("内镜下喉活检", "间接喉镜喉前庭肿块活检", "间接喉镜喉咽肿块活检"),
    ("经尿道输尿管和肾盂梗阻去除", "右输尿管结石腔内碎石", "经皮右输尿管结石腔内碎石"),
    ("输尿管镜输尿管支架取出术", "左输尿管镜下拔双J管", "左输尿管镜下取石并留置双J管"),
    ("膀胱镜输尿管支架取出术", "膀胱镜下拔左侧支架", "膀胱镜下拔尿道支架"),
    ("经尿道输尿管支架置入术", "右侧双J管留置", "右肾盂输尿管成形伴双J管留置"),
    ("神经内镜第三脑室造口术", "脑室镜下三脑室底造瘘", "显微镜下三脑室底造瘘"),
    ("骨盆内固定物取出", "左髋臼骨折后取内固定", "左髋部股骨颈取内固定"),
    ("首次或置换永久起搏器置入", "埋藏式永久心脏起搏器植入", "永久心脏起搏器电极植入"),
]  # fmt: skip

PARTS = [
    ("肺叶", "左肺上叶切除", "前列腺中叶切除"),
    ("肺叶", "右中叶切除", "胸腔镜下肺切除"),
    ("肺叶节段", "左肺上叶舌段切除", "胰腺中段切除"),
    ("肺叶部分切除", "左肺下叶局部切除", "肝下叶局部切除"),
    ("腹内镜", "LS阑尾摘除", "LSIL宫颈环切"),
    ("全部膝关节置换", "右侧TKA", "xtkay"),
    ("全部膝关节置换", "右侧人工膝关节置换", "右侧人工膝关节置换修正"),
    ("全髋关节置换", "左侧THA", "methan"),
    ("乳房", "左乳外上象限包块切除", "左乳内动脉结扎"),
    ("中心静脉置管", "经右臂PICC", "右臂PICC拔除"),
]  # fmt: skip
"""A part of a name that a rule writes."""


def _name(text: str) -> str:
    return wording(joined(text, "operation"), "operation", True)


@pytest.mark.parametrize(("title", "taken", "left"), RULES)
def test_rule_takes_its_own_organ_only(title: str, taken: str, left: str) -> None:
    wanted = wording(title, "operation", False)
    assert _name(taken) == wanted
    assert _name(left) != wanted


@pytest.mark.parametrize(("part", "taken", "left"), PARTS)
def test_rule_writes_a_part_only_where_it_is_meant(part: str, taken: str, left: str) -> None:
    assert part in _name(taken)
    assert part not in _name(left)


def test_open_biopsy_of_an_inner_organ_stays_open() -> None:
    assert _name("皮肤肿块切取活检") == _name("皮肤肿块活检")
    assert "切开" in _name("肝切开活检")


def test_isthmus_alone_is_no_lobe() -> None:
    assert joined("甲状腺峡部肿块切除", "operation") == "甲状腺峡部肿块切除"
    assert joined("甲状腺峡部切除", "operation") == "甲状腺峡部切除"
    assert joined("甲状腺右叶加峡部切除", "operation") == "甲状腺切除伴甲状腺峡部切除术"
