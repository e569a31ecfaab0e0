"""Radiotherapy: doses, fractions, technique, target. Folded surface."""

from __future__ import annotations

import re

TREATMENT = re.compile(
    r"(?:(?:同步|根治性?|姑息性?|辅助|术后|术前|局部|调强|适形|三维适形|立体定向|全脑|预防性|胸部|盆腔|头部|骨转移灶?|巩固)*)"
    r"(?:放射治疗|放射性粒子(?:植入|置入)?|放化疗|放疗|粒子植入|照射|(?:γ|伽马|伽玛|x|x-|射波|赛博|速锋|速光)刀|近距离|后装|托姆刀|tomotherapy|碘-?\s?131|131i|131碘|质子治疗|重离子|sbrt|sabr|srs(?![a-z])|放射外科)"
)
NOT_TREATMENT = re.compile(
    r"^(?:科|禁忌|中心|性肺炎|性食管炎|性肠炎|性皮炎|反应|抵抗|敏感|副反应|不良|毒性|医师|医生|专家|室|计划(?!采用|[予行为用]|给予|量|剂量|dt|[gcp]tv)|前?准备|前定位)"
)
DECLINED = re.compile(
    r"(?:拒绝|建议|拟|要求|求|为行|择期|排除|无|未(?![愈完])|未行|未予|未接受|暂不|可考虑|准备|是否|联系|转(?!移)|不能|不宜|待|欲|下一步|至(?!\s?\d))[^,;。]{0,12}$"
)
_N = r"\d{1,4}(?:\.\d{1,2})?"
DOSE = re.compile(
    rf"(?P<total>{_N})\s?(?P<unit>c?gy|戈瑞|g(?=\s?/\s?\d{{1,2}}\s?(?:f|次)))(?!\s?(?:/\s?(?:次|f|fx|fr))?\s?[x*×])\s?(?:/\s?\d(?:\.\d{{1,2}})?\s?gy\s?(?=/\s?\d))?(?:/\s?(?P<fx>\d{{1,2}})\s?(?:f|次|fx|fractions?|fr)?(?![.\d]))?"
    rf"|(?P<each>{_N})\s?(?P<unit2>c?gy|g)\s?(?:/\s?(?:次|f|fx|fr))?\s?[x*×]\s?(?P<fx2>\d{{1,2}})\s?(?:次|f|fx|fr)?"
    rf"|dt\s?[=:]?\s?(?P<bare>\d{{4}})\s?/\s?(?P<fx4>\d{{1,2}})\s?(?:f|次)"
    rf"|(?P<each3>{_N})\s?(?P<unit3>c?gy|g)\s?/\s?(?:次|f(?![a-z])|fx|fr)"
)
PRE_FRACTIONS = re.compile(
    r"(?<!每[日天周])(?<!每[日天周]放疗)(?<!每[日天周]照射)(?P<fx>\d{1,2})\s?(?:次|f|fx)\s?[,(/为]?\s?(?:总?剂?量|dt)?[:为]?$"
)
POST_FRACTIONS = re.compile(r"^[\s,(/、]{0,3}(?:共|分)?\s?(?P<fx>\d{1,2})\s?(?:次|f(?![a-z0-9])|fx|分次)")
SHARED_FRACTIONS = re.compile(
    r"^(?:[\s,、/]{0,2}(?:p?[gci]tv[a-z0-9]{0,3}|ptv)[\s:]{0,2}\d{1,3}(?:\.\d{1,2})?\s?gy)?[\s,、/]{0,2}(?:p?[gcpi]tv[a-z0-9]{0,3}|dt|原发灶|瘤床|[高低]危区?|靶区|(?:区域|颈部|锁骨上|盆腔)?淋巴[^\d,;。]{0,6})[\s:]{0,2}(?:dt\s?)?\d{1,4}(?:\.\d{1,2})?\s?c?gy\s?/\s?(?P<fx>\d{1,2})\s?(?:f(?![a-z])|次)"
)
"""``GTV 55Gy CTV 50Gy/27F``: two volumes irradiated at once share their fractions."""
COUNT_AFTER = re.compile(
    r"\s?(?:治疗)?(?:共|已|了|计|完成){0,2}\s?(?P<fx>[1-9]\d?)\s?(?:次|f(?![a-z]))(?![/x*×后]|\s?(?:每[日天周]|bid|qd))"
)
"""``放疗35次``: fractions of a course whose dose is not told."""
EACH_DAY = re.compile(r"(?:每[日天周]|bid|qd)[行予给接受]{0,3}\s?$")
"""Before it, the number counts the sessions of a day or a week."""
EACH = re.compile(r"^[^;。]{0,20}?(?P<each>\d(?:\.\d{1,2})?)\s?gy\s?/\s?(?:次|f)")
FRACTIONS_NEAR = re.compile(
    r"(?<!每[日天周])(?:共(?:行|计|完成)?|行|放疗|照射|完成)\s?(?P<fx>\d{1,2})\s?(?:次|f(?![a-z]))"
)
TECHNIQUES = (
    (re.compile(r"全脑|全骨"), ""),
    (re.compile(r"vmat|rapidarc|容积"), "VMAT"),
    (re.compile(r"tomo|螺旋断层"), "TOMO"),
    (re.compile(r"imrt|调强"), "IMRT"),
    (re.compile(r"3d-?crt|三维适形|适形"), "3DCRT"),
    (re.compile(r"(?:γ|伽马|伽玛)刀|srs(?![a-z])|x-?刀|放射外科"), "SRS"),
    (re.compile(r"sbrt|sabr|立体定向|射波刀|赛博刀|速锋刀"), "SBRT"),
    (re.compile(r"后装|近距离|腔内|粒子|内照射"), "BRACHY"),
    (re.compile(r"碘-?\s?131|131i|131碘|锶-?89|89sr|镭"), "RADIONUCLIDE"),
    (re.compile(r"质子"), "PROTON"),
    (re.compile(r"重离子"), "PARTICLE"),
)
TARGETS = (
    (re.compile(r"预防性(?:全?脑|头颅)|(?<![a-z])pci(?![a-z])"), "PCI"),
    (re.compile(r"全脑|wbrt"), "WBRT"),
    (re.compile(r"脑|颅"), "BRAIN"),
    (re.compile(r"骨(?!髓|盆腔)|椎|肋|髂骨"), "BONE"),
    (re.compile(r"全身照射|tbi"), "TBI"),
    (
        re.compile(r"瘤床|原发灶|原发|食管|鼻咽|宫颈|直肠|肺部?病灶|胸壁|乳腺|gtv(?!n)|病灶|肿瘤|局部|盆腔|ptv|ctv|肺"),
        "PRIMARY",
    ),
    (re.compile(r"淋巴|引流区|锁骨|纵隔|gtvn|颈部"), "NODE"),
)
INTENTS = (
    (re.compile(r"根治"), "RADICAL"), (re.compile(r"新辅助|术前"), "NEOADJUVANT"), (re.compile(r"(?<!新)辅助|术后"), "ADJUVANT"),
    (re.compile(r"姑息|减症|止痛"), "PALLIATIVE"), (re.compile(r"巩固"), "CONSOLIDATION"),
)  # fmt: skip
LAST_DATE = re.compile(r"末次放疗(?:时间|日期)?(?:为|是|于|[:\s])*")
"""Before the date of the last fraction."""
ENDED = re.compile(r"\s?(?:放疗)?(?:结束|完成(?:放疗)?)(?!\d)")
"""Behind the date of the last fraction."""
STOPPED = re.compile(r"(?:因|后)[^。;]{0,20}(?:未完成|终止|中止|停止|放弃)|共完成\d+次")
FINISHED = re.compile(r"完成|结束|过程顺利|末次")
