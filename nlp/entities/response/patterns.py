"""Response, progression, recurrence. Folded surface."""

from __future__ import annotations

import re

CODE = re.compile(
    r"(?:疗效|评价|评估|评效|评定|考虑|判定|达|达到|提示|recist(?:\s?1\.1)?(?:标准)?|为|最佳疗效|病灶|结果|评|(?:ct|mri?|超声|b超|显像|复查|检查)(?=\s?:))\s?(?:评价|评估|评定)?\s?(?:疗效)?\s?(?:为|达|是|示|:|=|,|\s|\"|病情|接近|维持|持续|(?:病灶|病变)?(?:明显|略|稍)?(?:缩小|增大)|稳定|进展|缓解){0,8}(?P<code>cr|cri|pr|sd|pd|vgpr|ne)(?![a-z0-9\-])"
    r"|(?<![a-z0-9(])(?P<code2>cr|pr|sd|pd)(?![a-z0-9\-(+l])(?=\s?(?:\"|\)|,|。|;|状态|$))(?<=[评为价估达效]..)|(?<=复查)(?P<code3>pr|sd|pd)(?![a-z0-9\-(+l])"
)
WORDS = re.compile(
    r"(?P<cr>完全缓解|临床完全缓解|病理完全缓解|(?<![a-z])p?ccr(?![a-z]))|(?P<pr>(?<!症状)(?<!疼痛)(?<!不适)部分缓解)|(?P<sd>(?:病情|疾病|肿瘤|病灶|疗效)(?:评价|评估)?(?:为)?(?:稳定|无进展|未进展)|(?:(?<![a-z])(?:ct|mri?|pet)|超声|b超|核磁|骨扫描|影像学?)(?:检查|平扫|增强|复查)*(?:提?示|:)(?:基本|大致|总体|仍)?稳定(?=[,;。)\s]|$))"
    r"|(?P<pd>(?:淋巴结|(?<![a-z])ln|转移[灶瘤]?|结节|病情|疾病|肿瘤|病灶|影像学?|肺部|肝|脑|骨|局部|病变|较前|考虑|明显|提示|出现|后|治疗)(?:部分)?(?:明显)?进展(?!期|性|缓慢))|(?P<relapse>(?:术后|局部|吻合口|残胃|盆腔|胸壁|生化|肿瘤|疾病|淋巴结)?(?<!反)复发(?![热烧作冷绀痛]))"
)
CODE_CUE = re.compile(r"[cp]r|[sp]d|ne")
WORDS_CUE = ("缓解", "稳定", "进展", "复发", "ccr")
"""What every match of CODE and of WORDS holds: a text without it is not searched further."""
CHANGE = re.compile(
    r"(?:肿瘤|肿物|肿块|病灶|病变|占位|转移(?:瘤|灶)|结节|癌|团块|包块|淋巴结)[^。;,]{0,16}?(?:,)?(?:较(?:化疗|放疗|治疗|手术|术|用药|上次|前次)?前|比前|继续|进一步|(?<![无未])(?<!未见)(?=明显(?:缩小|减小|增大|增多)))(?:片|次)?[^。;,\d]{0,8}?(?P<word>明显缩小|缩小|减小|减少|变小|好转|吸收|增大|增多|进展|增加|变大|相仿|变化不大|无(?:明显|著|大)?(?:变化|改变)|未见(?:明显|大)?改变|未见(?:明显)?变化|变化不著|变化不明显|稳定|大致同前|消失)"
)
CHANGE_SHORT = re.compile(
    r"(?:肿瘤|肿物|肿块|病灶|病变|占位|转移(?:瘤|灶)|结节|团块|包块|淋巴结)(?:均|已|有所|略|稍|多发|明显){0,2}(?P<word>缩小|减小|增大|增多)(?!可能)"
)
SHORT_CUE = ("复查", "复诊", "随访", "期后", "程后", "疗后")
REASSESSED = re.compile(r"(?:复查|复诊|随访|周期后|程后|疗后)[^。;]{0,50}$")
"""Before a change without 较前: it was assessed again."""
CHANGE_CUE = ("较前", "疗前", "术前", "药前", "次前", "比前", "继续", "进一步", "明显")
CHANGE_CODE = {
    "PR": ("缩小", "减小", "减少", "变小", "好转", "吸收", "消失"),
    "PD": ("增大", "增多", "进展", "增加", "变大"),
    "SD": ("相仿", "变化", "改变", "稳定", "同前"),
}
NOT_RELAPSE = re.compile(
    r"(?:预防|防止|有无|是否|降低|减少|除外|排除|鉴别|警惕|风险|反复|易|了解|无|未见|无明显|未|否认)[^,;。]{0,14}$"
)
NOT_RELAPSE_AFTER = re.compile(r"^(?:率|风险|性(?!.{0,4}癌)|[^,;。]{0,3}(?:可能性小|不考虑))")
DEATH_CAUSE = re.compile(r"死因|死亡原因|死亡诊断|死于[^,;。]{0,6}$")
"""Before 进展: it names what the patient died of, no assessment."""
ASSESSED = re.compile(
    r"疗效|评[价估定效]|复查|复诊|(?<![a-z])(?:ct|mri?|pet)(?![a-z])|超声|影像|较前|周期|[化放]疗|治疗[后中期]|术后|靶向|维持|随访|用药|口服"
)
"""Before 病情稳定: without an examination or a treatment it is the patient's general condition."""
SYMPTOM_RELAPSE = re.compile(r"(?:疼痛|症状|出血|咳嗽|腹痛|便血|发热|再次|上述|头晕|溃疡|感染|肺炎|心律)[^,;。]{0,8}$")
CRITERIA = (
    (re.compile(r"irecist"), "iRECIST"),
    (re.compile(r"mrecist"), "mRECIST"),
    (re.compile(r"recist"), "RECIST1.1"),
    (re.compile(r"lugano|deauville"), "LUGANO"),
    (re.compile(r"rano"), "RANO"),
    (re.compile(r"imwg"), "IMWG"),
    (re.compile(r"gcig"), "GCIG"),
)
RADIOLOGY = re.compile(r"ct|mr|pet|超声|b超|片|影像|x线|骨扫描|ect")
PATHOLOGY = re.compile(r"病理|活检|穿刺")
MARKER = re.compile(r"肿瘤标志物|cea|ca-?\d|afp|psa|生化")
NEW_LESION = re.compile(r"新(?:发|见|增|出现)[^,;。]{0,8}(?:病灶|结节|转移|肿物|灶)|新病灶")
