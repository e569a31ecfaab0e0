"""How stages are written. Folded surface (lower case; Ⅰ-Ⅳ stay Roman characters)."""

from __future__ import annotations

import re

_T = r"t\s?(?:is|x|[0-4o][a-d]?(?:[1-3](?=n))?)(?:\((?:m|is|\d)\))?"
_N = r"n\s?(?:x|[0-3o][a-c]?)(?:mi(?!c))?(?:\((?:sn|i[+-]|mol[+-]|\d+/\d+)\))*"
_M = r"m\s?(?:x|[01o][a-d]?[1-4]?)"
_SEP = r"[\s,、.;:/-]{0,3}"
TNM = re.compile(
    rf"(?<![a-z])(?P<prefix>(?:r|a)?(?:yp|yc|c|p|r|u)?)(?P<t>{_T}){_SEP}(?P<n>[cp]?{_N})(?:{_SEP}(?P<m>[cp]?{_M}))?(?:(?![a-z0-9])|(?=(?:i{{1,3}}|iv)[abc]?[123]?\s?期))"
    rf"|(?<![a-z0-9])(?P<lone>(?:yp|yc|p)t\s?(?:is|[0-4][a-d]?)|(?<=[(:为])t[0-4][a-d]?(?=\s?期))(?![\d.a-z])"
    rf"|(?<![a-z0-9])(?P<prefix2>(?:yp|yc|c|p)?)(?P<t2>t[0-4][a-d]?){_SEP}(?:n\s?\+{_SEP})?(?P<m2>m(?:x|[01][a-d]?))(?![a-z0-9])"
)
"""Three shapes: T with N (M may follow), a lone pT, T with M."""
T_CUE = re.compile(r"t\s?[ix0-4o]")
LETTER_CUE = ("bclc", "cnlc", "ann", "lugano", "iss", "du", "局限期", "广泛期", "sclc")
"""What every match of TNM and of LETTER holds: a text without it is not searched further."""
_ROMAN = r"[ⅠⅡⅢⅣ]|i{1,3}v?|iv|l{2,3}"
GROUP = re.compile(
    rf"(?=[ⅠⅡⅢⅣil0-4一二三四])(?P<roman>{_ROMAN}|[0-4]|[一二三四])\s?-?(?P<sub>[abcⅰⅱ](?:[12](?!\d))?|[1-3](?=期)|(?<=[ⅠⅡⅢⅣil])[12]?[abesx]{{1,3}}(?=期))?\s?(?:\((?:ii?|[ⅠⅡ])\))?\s?(?:期|stage)"
)
GROUP_AFTER_TNM = re.compile(
    rf"^(?:[)\]],?(?=\s?(?:{_ROMAN})[abc]?[1-3]?\s?期)|[\s,、;:(\[分期为]{{0,5}})(?:(?:根据|按照?|依据?|参照)[^,;。]{{0,16}}?)?(?:期别|临床分期|分期|stage)?[:为]?\s?(?P<roman>{_ROMAN})(?P<sub>[abc][1-3]?)?(?![a-z])\s?期?"
)
GROUP_BEFORE_TNM = re.compile(
    rf"(?:(?<![a-z0-9])|(?<=ca)|(?<=mt))(?P<roman>{_ROMAN})(?P<sub>[abc][1-3]?)?\s?期\s?[(\[,]\s?(?:分期)?[:为]?[cp]?(?:tnm)?(?:分期)?[:为]?\s?$"
)
"""``IIIA期(cT2aN2M0)``: the group and the categories are one stage."""
STAGE_WORD = re.compile(rf"(?:stage|分期)[:为是\s]{{0,3}}(?P<roman>{_ROMAN})(?P<sub>[abc][1-3]?)?(?![a-z])")
NOT_STAGE_BEFORE = re.compile(
    r"(?:肾病|肾功能不全|肾衰竭?|ckd|压疮|褥疮|高血压|尘肺|矽肺|硅肺|溃疡|肝性脑病|帕金森|梅毒|糖尿病(?:肾病)?|视网膜病变|心功能|坏死|切除|手术|造口|缝合|胆石|肝硬化|结节病|股骨头|s|慢阻肺|copd|化疗|疗程|周|第|内膜炎|早产|产程|增生|共|完成|行|予)[^,;。癌瘤]{0,4}$"
)
NOT_STAGE_AFTER = re.compile(
    r"^(?:临床(?:试验|研究)|试验|研究|随机|单臂|多中心|手术|造口|重建|缝合|愈合|切除|吻合|修复|化疗|间|末|关闭|回纳|翻修|植骨)"
)
DIGIT_NEEDS = re.compile(r"癌|瘤|分期|恶性|ca|mt|m[01x]|figo|ann")
SYSTEM_BEFORE = (
    (re.compile(r"figo[^,;。]{0,14}$"), "FIGO"),
    (re.compile(r"cnlc[^,;。]{0,8}$|中国肝癌分期[^,;。]{0,8}$"), "CNLC"),
    (re.compile(r"ann\s?-?arbor[^,;。]{0,10}$|lugano[^,;。]{0,8}$|cotswolds[^,;。]{0,8}$"), "LUGANO"),
    (re.compile(r"(?<![a-z])r?-?iss[^,;。]{0,10}$|(?<![a-z])(?:d-?s|durie)[^,;。]{0,10}$"), "ISS"),
    (re.compile(r"ajcc[^,;。]{0,12}$"), "AJCC"),
    (re.compile(r"uicc[^,;。]{0,12}$"), "UICC"),
)
LETTER = re.compile(
    r"bclc\s?[-_:]?\s?(?:分期)?[:为]?\s?-?(?P<bclc>0|[a-d][1-4]?)\s?期?(?![a-z])"
    r"|cnlc\s?[-_:]?\s?(?:分期)?[:为]?\s?(?P<cnlc>[ⅠⅡⅢⅣ]|iv|i{1,3})(?P<cnlc_sub>[ab])?"
    r"|(?:ann\s?-?arbor|lugano)\s?(?:分期|系统)?[:为]?\s?(?P<ann>[ⅠⅡⅢⅣ]|iv|i{1,3})(?P<ann_sub>(?:[12](?![\d.]))?[abesx]{0,3})\s?期?"
    r"|r?-?iss\s?(?:分期)?[:为]?\s?(?P<iss>[ⅠⅡⅢ]|i{1,3})\s?期"
    r"|duc?kes'?[,\s]?\s?(?:分期|分类)?[:为]?[\s\"']{0,2}(?P<dukes>[a-d][12]?)[\"']?\s?期?"
    r"|(?P<valg>局限期|广泛期)|(?<![a-z])(?P<valg_en>ed|ld|es|ls)-?sclc"
)
GYNAE = re.compile(r"宫颈|卵巢|子宫|内膜|外阴|阴道|输卵管|宫体|绒癌|滋养")
LYMPHOMA = re.compile(r"淋巴瘤|霍奇金")
POSTOP = re.compile(r"术后|病理|术毕|ptnm")
CLINICAL = re.compile(r"临床分期|术前|ctnm")
NEOADJUVANT = re.compile(r"新辅助|术前(?:化疗|放化疗|治疗)")
