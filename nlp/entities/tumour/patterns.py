"""Words that say tumour, and the words that may stand between a site and them.

Own list, after the WHO classification's Chinese names and ward habits (Ca, MT). Folded surface.
"""

from __future__ import annotations

import re

HEAD = re.compile(
    r"(?:恶性(?:肿瘤|肿物|占位|病变|新生物)|肿瘤性病变|恶变|癌(?!栓|胚|痛|细胞(?!癌|瘤)|症|结节|旁|性|巢|抗原|基因|胚|灶|组织|浸润|转移|残留|残余|累及|[-]?12|谱)|(?<=[肺乳肝胃肠道管列宫巢胱肾胰叶段窦])癌(?=累及|细胞减灭)"
    r"|ca(?<![a-z0-9]ca)(?![a-z0-9\-:]|\((?!bi)|\s*\d)|mt(?<![a-z0-9]mt)(?![a-z0-9])|肉瘤|淋巴瘤|黑色素瘤|黑素瘤|骨髓瘤|白血病|母细胞瘤|间皮瘤|间质瘤|胶质瘤|神经内分泌瘤|神经内分泌肿瘤|类癌"
    r"|胸腺瘤|精原细胞瘤|生殖细胞瘤|无性细胞瘤|卵黄囊瘤|颗粒细胞瘤|脊索瘤|葡萄胎|嗜铬细胞瘤|骨髓增生异常综合征)"
)
TYPES = (
    "原发性|原发|继发性|继发|浸润性|浸润型|周围型|中心型|中央型|溃疡浸润型|浸润溃疡型|溃疡型|隆起型|弥漫性|弥漫型|菜花型|肿块型|结节型|巨块型|缩窄型|髓质型|蕈伞型|蕈样|早期|早|进展期|晚期|高级别|低级别|高度|中度|低度|高|中|低|未|分化|至|或|伴|及|部分|印戒细胞|印戒|粘液性|粘液|黏液性|黏液|浆液性|浆液|乳头状|乳头|管状|囊|"
    "鳞状细胞|鳞形细胞|鳞状|鳞|腺鳞|腺|小细胞|非小细胞|大细胞|肝细胞|透明细胞|移行细胞|尿路上皮|基底细胞|导管内|导管|小叶|髓样|髓|腺泡状|腺泡|实性|微|原位|淋巴上皮|周围性|中央性|肉瘤样|神经内分泌|内膜样|子宫内膜样|宫内膜样|滤泡状|滤泡|胆管细胞|胆管|未分化|低粘附性|低黏附性|"
    "特殊类型|非特殊类型|非霍奇金|霍奇金|[粘黏]膜相关|淋巴组织|结外|弥漫大b细胞|弥漫大b细胞性|大b细胞|t细胞|b细胞|nk/t细胞|套细胞|边缘区|外周t细胞|急性|慢性|淋巴细胞|粒细胞|髓系|髓细胞|早幼粒细胞|多发性|胃肠道?|恶性|平滑肌|横纹肌|脂肪|纤维|血管|骨|软骨|滑膜|尤文|间叶|梭形细胞|神经|肾|视网膜|卵巢|上皮样|上皮|上皮性|浅表型|表浅型|细胞性|细胞|第[一二]|新发|复发|复发性|炎性|转移性|术后|多原发|双原发|重复|b|t|i{1,3}期"
)
SITE_TAIL_TYPES = re.compile(rf"(?:{TYPES}|[,、()/~-])*$")
TYPE_ENDS = frozenset(word.removesuffix("?")[-1] for word in TYPES.split("|")) | frozenset("性胃肠一二期,、()/~-")
"""What a run of type words can end in: before any other character there is none."""
MIXED_BEFORE = re.compile(r"肝细胞(?:性?癌?)?[-和及与、]$|混合[型性]肝细胞$")
"""``混合型肝细胞及胆管细胞癌`` is one tumour of the liver: its second half names no other."""
SECONDARY = re.compile(r"转移性|继发(?=性?恶|性?$)")
POSTOP = re.compile(r"^[^,;。\d]{0,8}?(?:术后|切除后|根治后|切除术|根治术)")
RECUR = re.compile(r"复发")
TREATED = re.compile(r"^[^,;。]{0,10}?(?:化疗|放疗|治疗|靶向|综合治疗)[^,;。]{0,4}后")
STOP_AFTER = re.compile(r"^[^,;。]{0,2}(?:鉴别|筛查|史阴性|疫苗|家族史|中心|科|医院)")
STOP_BEFORE = re.compile(r"(?:未见|除外|排除|预防|抗|促|致|防)$")
NOT_SITE = ("骨髓", "软组织", "皮肤", "淋巴结")
"""Organ words that before 肉瘤 or 淋巴瘤 are part of the tumour's name."""
SITE_FROM_NAME = (
    ("白血病", "C42.1"), ("骨髓瘤", "C42.1"), ("骨髓增生异常", "C42.1"), ("淋巴瘤", "C77.9"), ("胸腺瘤", "C37.9"), ("精原细胞瘤", "C62.9"),
    ("胶质瘤", "C71.9"), ("肝母细胞瘤", "C22.0"), ("肾母细胞瘤", "C64.9"), ("视网膜母细胞瘤", "C69.2"), ("嗜铬细胞瘤", "C74.1"),
    ("尿路上皮癌", "C68.9"), ("葡萄胎", "C58.9"),
)  # fmt: skip
"""Tumours whose name says where they are."""
