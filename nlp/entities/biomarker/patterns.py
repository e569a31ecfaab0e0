"""How marker results are written. Folded surface."""

from __future__ import annotations

import re

QUALIFIER = r"(?:免疫组化|组化|ihc|核|膜|浆|胞浆|胞核|血管|淋巴管?|组织细胞|间质|癌细胞|肿瘤细胞|腺上皮|上皮|下皮|腺体|原位杂交|弥漫|局灶|灶性?|小灶|部分|少数|少部分|少量|大部分|多数|个别|散在|少许|较多|较少|大量|约|弱|中等?|强|弱-中|中-强|瘤细胞|细胞|阳性率?|表达|指数|呈|为|均|\s)*"
_MANY = r"(?:(?:较多|较少|少量|少许|散在|部分|局灶性?|弥漫性?|灶性?|个别)(?:瘤?细胞)?)"
"""How many cells, between a marker and a sign without brackets (``CK20散在+``)."""
NAME = r"[a-zαβκλγδεμπ0-9](?<![a-z0-9][a-zαβκλγδεμπ0-9])[a-z0-9/.αβκλγπⅠⅡⅢⅣ\-]{0,15}(?:\s?[a-z0-9]{1,9})?"
CONTENT = r"[^()\n;。]{0,22}?(?:[+±-]{1,5}|阳性?|阴性?|阴|阳|\d+\s?%|\d\+|[0-3])[^()\n;。]{0,16}"
LISTED = re.compile(
    rf"(?P<name>{NAME})(?P<inner>\((?:[a-z0-9/.\-]{{1,8}}|广|pan|组化)\))?\s?[:=]?(?P<qual>{QUALIFIER})\s?\((?P<content>{CONTENT})\)\s?(?P<tail>[+]?>?\d{{1,3}}\s?%)?"
)
"""Name(content): the item of an immunohistochemistry list."""
SHARED = re.compile(r"((?:[a-z][a-z0-9α-ω\-./]{1,13}(?:[、,/及和与]\s?|\s)){1,8})$")
"""Names before an item that share its result: CK7、CK20、Villin(+), SYN CgA CD56均(-)."""
NAME_OF_LIST = re.compile(r"[^、,/及和与\s]+")
ITEM_BEFORE = re.compile(r"(?P<name>[a-z0-9./-]{2,14})\s?\([^()]*[+-][^()]*\)[^a-z]{0,3}$")
ITEM_AFTER = re.compile(r"\s?[,、;]\s?(?P<name>[a-z][a-z0-9./-]{1,13})\s?\([^()\d]{0,6}[+-][^()]{0,6}\)")
IHC_CONTEXT = re.compile(r"免疫组化|免疫组织化学|组化|ihc|免疫表型|染色")
NOT_NAME = re.compile(
    r"^(?:[\d.]+|\d+[a-z]?|\d+(?:\.\d+)?\s?[a-z]+/[a-z]+|ct|mri?|mr|pet|pet/ct|b|t|n|m|cm|mm|ml|d\d+|no|he|ln|ecog|kps|im|se|tbil|alt|ast|wbc|plt|hb|rbc|a|c|g|l|s|x|i{1,3}|iv|ii-iii|vp|wt|kg|iu|u|lauren|dixon|miles|roux-?e?n?-?y|bi-rads|who|f|hp|crp|hbsag|hbeag|hbsab|hbcab|hbeab|anti-hcv|hiv|tp|dna|rna|pcr|fish|ihc|ngs|arms|mg|gy|dt|ctv|ptv|gtv|stage|pt\d.*|sccag|cyfra21-1)$"
)
PLUS = re.compile(r"[+]{1,5}|(?<!\d)[0-4]\s?\+")
PERCENT = re.compile(
    r"(?P<op>[<>≤≥]|不足|小于|大于)?\s?(?P<low>\d{1,3}(?:\.\d+)?)\s?%?\s?(?:[-~](?P<high>\d{1,3}(?:\.\d+)?)\s?)?%"
)
NEGATIVE = re.compile(r"^\s*(?:-{1,3}|阴性?|neg(?:ative)?|无|未见|未)\s*$|阴性")
EQUIVOCAL = re.compile(r"±|\+/-|-/\+|可疑|不确定")
KIND_UNKNOWN = re.compile(r",?的?(?:具体)?(?:类型|亚型|位点)(?:不详|不明(?!显)|未知|未述)")
"""Behind a mutation: there is one, of a kind that is not told."""
# After a name outside lists: plain words and signs.
PLAIN = re.compile(
    r"^\s?(?:均|都|皆)?(?:蛋白|基因|抗体)?\s?(?:fish\s?)?(?:检测|检查|状态|表达|指数|增殖指数|阳性率|增殖)?(?:结果)?(?:提示|示|为|呈|是)?\s?[:=]?\s?(?:约为?)?"
    rf"(?:{_MANY}(?=\+))?"
    r"(?P<raw>(?:强|弱|局灶|部分|弥漫)?(?:阳性|阴性)|[<>≤≥]?\s?\d{1,3}(?:\.\d+)?\s?(?:[-~]\s?\d{1,3})?\s?%\s?(?:阳性)?\s?\+?|\+/-|-/\+|±|\+{1,3}\s?[<>约]?\s?\d{1,3}\s?%|[+]{1,4}(?!\d)|(?<!\d)[0-3]\s?\+|-(?=[,;。、)\s]|$)|高表达|低表达|缺失|有?扩增|未扩增|无扩增)"
)
SIGNED = re.compile(r"(?P<raw>\+/-|\+{1,4}(?![\d/])|-(?=[,;。、)\s]|$))")
SIGNED_NAME = re.compile(
    rf"(?<![a-z0-9])(?P<name>[a-z][a-z0-9]{{0,5}}-?[a-z0-9]{{1,8}})\s?{_MANY}?(?P<raw>\+/-|±|\+{{1,4}}|-)(?=[,;。、)\s]|$)"
)
"""Name and sign without brackets, in the sentence of an immunohistochemistry report."""
SIGNED_BEFORE = re.compile(r"[a-z0-9)][+-]{1,4}[\s,、;]{1,3}$")
"""Before a name with a sign: the item before it in a list without brackets."""
UNTESTED = re.compile(r"^[^,;。]{0,8}?(?P<raw>未检测(?!到|出)|未测(?!到|出)|未做|未查|未行|未送检|未检(?!出|见|测))")
UNKNOWN = re.compile(
    r"^(?:(?!阳性|阴性|[+]|丰度|类型|亚型|位点|意义|[原病]因|来源|[a-z]\d{2})[^,;。]){0,8}?"
    r"(?P<raw>不详|不明(?!显)|未知|待回(?:报|示)?|未回(?:报|示)?|未归|待归|未出(?!现)|待出|待报|待检|待查|待定|检测中)"
)
"""Neither tested nor untested is told: unknown, or a report that is awaited."""
UNTESTED_BEFORE = re.compile(r"(?:建议|拟|待|未行|未做|未查|必要时|完善|送检|进一步)[^,;。]{0,10}$")
GENE_NEG_BEFORE = re.compile(
    r"(?<![a-z0-9因子点])(?<![a-z0-9因子点]\s)(?:未检测到|未检出|未检测出|未见|未发现|未测出|阴性|无)[^;。]{0,60}$"
)
"""A negation that spans what follows it; right behind a gene (``EGFR未见突变``) it is that gene's alone."""
GENE_POS_BEFORE = re.compile(r"(?<!未)(?:检测到|检出|检测出|存在|发现|携带|可见|见)[^;。]{0,30}$")
GENE_STATE = re.compile(
    r"^[^;。,]{0,26}?(?:(?P<neg>野生型?|未检测到|未检出|未检测出|未见(?:突变|异常|扩增|融合)?|阴性|无突变|未突变|未发生突变|未扩增|未重排|未融合|突变阴性|\(-\)|wt(?![a-z]))"
    r"|(?P<pos>突变型?阳性|突变型|阳性|\(\+\)|扩增|重排|融合|缺失突变|插入突变|错义突变|移码突变|热点突变|突变|缺失|(?<![a-z0-9])19\s?-?del|20\s?ins|19外显子|21外显子|[a-z]\d{2,4}[a-z](?![a-z0-9])))"
)
VARIANT = re.compile(
    r"(?<![a-z0-9])(?:p\.)?(?P<prot>[acdefghiklmnpqrstvwy]\d{2,4}(?:[acdefghiklmnpqrstvwxy*]|fs\*?\d*|_[a-z]\d+(?:del|ins)[a-z]*))(?![a-z0-9])"
    r"|(?P<three>(?:gly|ala|val|leu|ile|pro|phe|tyr|trp|ser|thr|cys|met|asn|gln|lys|arg|his|asp|glu)\s?\d{1,4}\s?(?:gly|ala|val|leu|ile|pro|phe|tyr|trp|ser|thr|cys|met|asn|gln|lys|arg|his|asp|glu))"
    r"|(?P<del>(?:19|e19)\s?-?_?\s?(?:del(?:etion)?s?(?![a-z])|外显子(?:缺失|del)|号?外显子[^,;。]{0,8}?缺失|缺失))|(?P<ins>(?:20|e20|ex20)\s?-?\s?(?:ins(?![a-z])|外显子(?:[^,;。]{0,4})?插入|插入))"
    r"|(?P<cdna>c\.\d+[a-z0-9_>+\-*]+)|(?P<ex14>14号?外显子跳跃|ex(?:on)?\s?14(?:\s?skip\w*)?)"
)
EXON = re.compile(
    r"(?:第\s?)?(?P<n>\d{1,2})\s?(?:、\d{1,2}\s?)?号?外显子|ex(?:on)?\s?(?P<m>\d{1,2})|(?<!\d)(?P<d>19)\s?-?del|(?<!\d)(?P<i>20)\s?ins"
)
VAF = re.compile(r"(?:丰度|突变频率|频率|vaf|突变比例|af)[:为约=\s]*(?P<n>\d{1,2}(?:\.\d+)?)\s?%")
PARTNER = re.compile(r"(?P<a>[a-z0-9]{2,8})\s?(?:-|::|/)\s?(?P<b>alk|ros1|ret|ntrk[123]|fgfr[123]|nrg1)(?![a-z0-9])")
MSI = re.compile(
    r"(?<![a-z])(?:msi\s?-?\s?(?P<level>h(?:igh)?|l(?:ow)?)(?![a-z])|(?P<mss>mss)(?![a-z0-9])|(?P<mmr>[pd]mmr)(?![a-z])|微卫星(?P<word>高度不稳定|低度不稳定|不稳定|稳定(?!性)))|错配修复(?:蛋白|功能)?(?P<mmrw>完整|缺陷|缺失|正常)"
)
MSI_CUE = ("msi", "mss", "mmr", "微卫星", "错配修复")
"""One of these is in every match of MSI: a text without them is not searched."""
PDL1 = re.compile(
    r"pd-?l1\s?(?:\((?P<clone>22c3|sp142|sp263|28-8|e1l3n)\))?(?:[^,;。\d]{0,10}?|表达(?:阳性|阴性)?,)(?:(?P<kind>tps|cps|ic|tc)\s?(?:评分)?\s?[:=为约]*\s?(?P<op>[<>≤≥])?\s?(?P<n>\d{1,3}(?:\.\d+)?)\s?(?P<pct>%)?|(?P<op2>[<>≤≥])?\s?(?P<n2>\d{1,3})\s?%)"
)
MORE_KIND = re.compile(
    r"^[\s,、;(]*(?P<kind>tps|cps|ic|tc)\s?(?:评分)?\s?[:=为约]*\s?(?P<op>[<>≤≥])?\s?(?P<n>\d{1,3}(?:\.\d+)?)\s?(?P<pct>%)?"
)
TMB = re.compile(
    r"(?:(?<![a-z])tmb|肿瘤突变负荷)(?:-?[hl](?![a-z]))?[^,;。\d]{0,6}(?P<n>\d{1,3}(?:\.\d+)?)\s?(?:个?突变|muts?|mutations)?\s?/\s?m[bu]"
)
METHOD = (
    (re.compile(r"fish|荧光原位杂交"), "FISH"),
    (re.compile(r"ngs|二代测序|高通量|基因panel|大panel"), "NGS_TISSUE"),
    (re.compile(r"arms"), "ARMS"),
    (re.compile(r"rt-?pcr|pcr"), "RT-PCR"),
    (re.compile(r"sanger|一代测序"), "SANGER"),
    (re.compile(r"流式"), "FCM"),
    (IHC_CONTEXT, "IHC"),
)
PLASMA = re.compile(r"血浆|血液(?:ngs|基因)|外周血|ctdna|液体活检")
