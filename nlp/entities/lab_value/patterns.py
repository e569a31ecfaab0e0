"""How values stand behind the name of a laboratory item in prose. Folded surface."""

from __future__ import annotations

import re

VALUE = re.compile(
    r"^(?:定量|测定|检测|水平|浓度|数值|值)?\s?(?:\([^)\d]{1,14}\)|\((?:ca|scc|cyfra)\s?-?[\d.-]{1,5}\)|:?\s?\((?:\d{4}[-./年])?\d{1,2}[-./月]\d{1,2}日?\))?\s?(?:(?:[于在]?第?[\d一二三四五六]{1,2}个?(?:程|周期|疗程|次)(?:的)?)?(?:化疗|放疗|治疗|手术|术)(?:前|后))?(?:[:,]?\s?(?:\d{4}[-./年])\d{1,2}[-./月]\d{1,2}(?!\d)日?\s?[:为]?\s?(?=[<>]?\s?\d))?(?:明显|轻度|持续|继续|再次|逐渐|进行性|较前|显著|略|偏|稍|最[高低]|[高低](?=[至达]))*(?P<trend>升高|增高|降低|[上下][升降]|减少|正常|升|降)?(?:至|达|为|是|约|,为|到|示|分别|由|从)*\s?[:=]?\s?(?:约|达|至|为)?\s?"
    r"(?P<op>>=|<=|[<>≤≥=]|&[gl]t;=?|大于|小于|高于|低于|超过)?\s?(?P<num>\d{1,6}(?:\.\d{1,3})?(?=20[012]\d-\d{1,2}-\d{1,2}(?!\d))|\d{1,4}\.\d{1,2}(?=10\^\d)|\d{1,7}(?:\.\d+)?)\s?(?:\+(?=\s?(?:[nmuμ]?g|u|iu)/))?(?P<pow>(?:[x*×]|(?<=\d)(?=10\^\d))\s?10\s?\^?\s?(?:e?\d{1,2}))?\s?"
    r"(?P<unit>[μu]?(?:ng|g|mg|pg|iu|u|miu|kiu|ku|mmol|umol|nmol|pmol|mol|mmhg|fl|sec|s|meq|copies|au|cu|mu|kat)?\s?/\s?(?:ml|l|dl|hp|h|d|24h|min|ul|hpf)(?![a-z])|%|10\^\d{1,2}\s?/\s?l|(?:e?\d?|个)/l|mg(?![a-z])|mm/h|秒|s(?:ec)?(?![a-z]))?(?P<arrow>[↑↓]{1,2}|\([↑↓]\)|h(?![a-z0-9]))?"
)
BRACKETED = re.compile(
    r"\s?(?:明显)?(?:[升增]高|降低|[下上][降升]|减少)?\((?=(?:[<>≤≥]|&[gl]t;)?\s?(?:\d+\.\d{1,2}(?!\d)|\d+\s?(?:[x*×]\s?10|[nmuμp]?(?:g|iu|u|mol)\s?/))[^()%]{0,24}\))"
)
"""``CEA(12.3ng/ml)``, ``血小板减少(45*10^9/l)``: up to the value in its bracket, which has a decimal point or a unit. A share (``CEA(30.5%)``) is a stain's."""
GLUED_DATE = re.compile(r"20[012]\d-\d{1,2}-\d")
"""Right behind a value: the date of the next line."""
STAINED = re.compile(
    r"\s?\((?!\d+(?:\.\d+)?[-~]\d)[^()]{0,12}[+-]|\s?(?:较多|较少|少量|少许|散在|部分|局灶|弥漫|灶|个别)[^,;。、()]{0,4}\(?(?:[+-]|阳性|阴性)"
)
"""Behind a number that ends the name of a stain (``CK20散在(+)``)."""
TRANSFUSED = re.compile(r"\s?(?:u(?![/a-z])|个?治疗量|单位|袋|人份|ml(?![a-z]))")
"""Behind a number: blood cells that were given, in their units."""
SHARE_OF = {"751-8": "770-8", "731-0": "736-9", "742-7": "5905-5", "711-2": "713-8", "704-7": "706-2"}
"""Counts of white cells and their shares: with a per cent sign behind the number the name means the share."""
RESPECTIVELY = re.compile(
    r"(?:水平|值|均)?(?:较前)?(?:[升降增]高?)?分别(?:升高|降低|升|降|下降)?(?:为|至|到|是|约|:)*\s?(?P<values>[<>]?\d+(?:\.\d+)?(?:\s?[nmuμp]?(?:g|iu|u|mol)\s?/\s?m?l)?(?:\s?[、,/;和及]\s?[<>]?\d+(?:\.\d+)?(?:\s?[nmuμp]?(?:g|iu|u|mol)\s?/\s?m?l)?)+)"
)
"""``CEA、CA199分别为3.2、45.1ng/ml``: values in the order of the names before."""
ONE_OF = re.compile(r"(?P<op>[<>])?(?P<num>\d+(?:\.\d+)?)\s?(?P<unit>[nmuμp]?(?:g|iu|u|mol)\s?/\s?m?l)?")
ONE_OF_PAIR = re.compile(r"(?P<num>\d+(?:\.\d+)?)(?P<op>)(?P<unit>)")
PAIR_LINK = re.compile(r"\s?/[\s,]{0,2}")
"""Between names whose values stand in the same order behind them (``ALT/AST 35/40``)."""
PAIRED = re.compile(
    r"\s?,?\s?[:为]?\s?(?P<values>\d{1,5}(?:\.\d{1,2})?(?:\s?/\s?\d{1,5}(?:\.\d{1,2})?){1,3})(?![\d.%+/-]|\s?[年月日f]|\s?[x*×](?!\s?10\s?\^?\s?\d{1,2}\s?/\s?l))"
    r"\s?(?P<unit>(?:(?:iu|u|g|[um]?mol|[mnu]?g)\s?/\s?m?|[x*×]\s?10\s?\^?\s?\d{1,2}\s?/\s?)l(?![a-z]))?"
)
REST_OF_PAIR = re.compile(
    r"(?:\s?/\s?\d{1,5}(?:\.\d{1,2})?(?![\d.])){1,3}(?:\s?(?:iu|u|g|[um]?mol|[mnu]?g)\s?/\s?m?l|\s?[x*×]\s?10\s?\^?\s?\d{1,2}\s?/\s?l)?"
)
"""Behind a value of a pair: the others, whose date (``ALT/AST 35/40(2016-03-01)``) is its own too."""
ALBUMIN_GLOBULIN = re.compile(
    r"(?<![a-z])(?P<a>a)\s?/[\s,]{0,2}(?P<g>g)(?=\s?:?\s?\d{2}(?:\.\d{1,2})?\s?/\s?\d{2}(?!\d))"
)
"""``A/G:38/29``: the two proteins in g/L; one number behind it is their ratio."""
NAME_LINK = re.compile(r"\s?[、,/和及与]?\s?")
EACH = re.compile(r"\s?[均都皆](?=[约为在达至升增高降低大小超><\d])")
"""Behind a list of names: the value is that of each (``ALT、AST均为80U/L``)."""
ABOUT = re.compile(r"^[^\d]{0,8}约\s?\d")
"""So it is where the value is told about (``ALT、AST约200``)."""
ALL_LINK = re.compile(r"\s?[、,及和与]\s?")
SHORT_LISTED = re.compile(r"[,、;]\s?")
"""Before a name of one or two letters without unit: a value of the same list."""
SHARE = re.compile(r"\s?:?\s?\d{1,2}(?:\.\d+)?\s?%")
COUNTED = re.compile(r"\+(?=[,;。、\s]|$)")
"""``血红蛋白40+``: a little more than the number, not a stain, behind a blood count."""
BLOOD_COUNTS = ("6690-2", "789-8", "718-7", "777-3", "751-8")
LETTERS = re.compile(
    r"(?=[kn钾钠氯钙])(?:(?<=[,、;\s])k(?=\s?:?\s?\d\.\d)|(?<=[,、;(:\s])n(?=\s?:?\s?\d{1,2}(?:\.\d+)?\s?(?:[x*×]\s?10|%))|(?<![\u4e00-\u9fff低高补缺氯化])[钾钠氯钙](?=\s?:?\s?\d{1,3}(?:\.\d+)?\s?mmol))"
)
"""Items named by one character, which count only before a number with their unit."""
LETTER_ITEMS = {"n": "NEUT#", "n%": "NEUT%", "k": "K", "钾": "K", "钠": "Na", "氯": "Cl", "钙": "Ca"}
PART_OF_NAME = re.compile(r"(?:(?<=[微铁白])|(?<=免疫)|(?<=纤维)|(?<=血红))球?蛋白")
"""球蛋白 or 蛋白 as the end of another item's name."""
EARLIER = re.compile(
    r"\s?\((?P<date>(?:\d{4}|\d{2}(?=[.年/-]\d{1,2}[.月/-]))[.年/-]\d{1,2}(?:[.月/-]\d{1,2})?[日月]?)(?:(?<=[日月])|[\s为:时])\s?(?P<num>\d{1,6}(?:\.\d+)?)\s?"
    r"(?P<unit>(?:[μunm]?g|iu|ku|u)\s?/\s?m?l(?![a-z]))?\)"
)
"""``CEA 35.2(2016-05 12.1)``: the value before, with its date, in a bracket behind a value."""
_LATER = r"(?:(?:\d{4}[.年/-])?\d{1,2}[.月/-]\d{1,2}(?!\d)日?\s?)"
CONTINUED = re.compile(
    rf"^[,、;]?\s?(?:(?<=[,、;])\((?:\d{{4}}[-./年])?\d{{1,2}}[-./月]\d{{1,2}}日?\)(?=\s?[<>]?\d[\d.]{{0,8}}\s?(?:[μunm]?g|iu|ku|u)\s?/)|(?:→|-{{1,2}}>|~>)\s?|{_LATER}?(?:复查)?(?:逐渐|又|再次?|继续)?(?:[升降]|[升增]高|[下上][降升]|降低|减低)(?:至|到|为)|(?<=[,、;])至?(?:{_LATER}(?:复查)?(?:为|:)?|(?:20|19)\d\d[.年/-]\d{{1,2}}月?(?:复查)?(?:为|:))(?=\s?\s?\d+(?:\.\d+)?\s?(?:[,。.;]|n?g/ml|u/ml|$)))\s?"
    r"(?P<num>\d{1,6}(?:\.\d+)?)\s?(?P<unit>(?:[μunm]?g|iu|ku|u)\s?/\s?m?l(?![a-z]))?"
)
"""A later value of the same item: ``CEA 12.3，2015-03-02降至5.1，2015-06-01 3.2``."""
TUMOUR_MARKER = re.compile(
    r"(?=[acfhnpstgb\-β癌甲糖前鳞神细胃绒])(?:(?<![a-z0-9])(?:ca\s?-?\s?(?:125|19[-_.]?9|15[-_.]?3|72[-_.]?4|242|50|27\.?29)|cea|afp|[tf]?-{0,2}psa|nse|scc-?(?:ag)?|cyfra\s?-?21-?1|pro-?grp|he-?4|pivka-?(?:ii|Ⅱ)?|β?-?hcg|[bβ]2-?微球蛋白|b2-?mg|β2-?mg|tg(?=\d|[:为])|cga(?=[:为\d])|ct(?=[:为]\d)|fer(?=[:为\d])|s-?100(?=[:为]))"
    r"|癌胚抗原|甲胎蛋白|(?:糖[类链]|癌)抗原\s?-?(?:125|19-?9|15-?3|72[-.]?4|242|50)|前列腺特异性?抗原|鳞状?(?:上皮)?细胞癌抗原|神经元特异性烯醇化酶|细胞角蛋白19片段|胃泌素释放肽前体|绒毛膜促性腺激素)"
)
UNIT_FORMS = {
    "ng/ml": "ng/mL",
    "ug/l": "ug/L",
    "u/ml": "U/mL",
    "iu/ml": "[IU]/mL",
    "u/l": "U/L",
    "g/l": "g/L",
    "mg/l": "mg/L",
    "umol/l": "umol/L",
    "mmol/l": "mmol/L",
    "pg/ml": "pg/mL",
    "ng/l": "ng/L",
    "ku/l": "kU/L",
    "mg/dl": "mg/dL",
}
