"""How metastases are written. Folded surface."""

from __future__ import annotations

import re

TRIGGER = re.compile(
    r"转移|继发性?(?=恶性肿瘤)|播散(?!性)|种植(?<!粒子种植)(?!牙|体|术|性?转移|物|治疗|\()|复发(?=[,;。)\s]|可能|较前|伴|$)"
    r"|(?:(?<=[网腹]膜)|(?<=[网腹]膜组织)|(?<=[网腹]膜内))[可查]?见(?:多发|多[枚个]|数[枚个])?癌结节"
)
"""A cancer nodule in omentum or peritoneum is a metastasis; one in the mesentery is a deposit, counted with the nodes."""
INFECTION = re.compile(r"(?:结核|感染|脓肿|菌|炎|疱疹)[^,;。癌瘤]{0,30}$")
"""Before 播散, in its clause: it is an infection that has spread (``右肺结核伴支气管播散``)."""
NODES_RECUR = re.compile(
    r"淋巴结[^,;。未无]{0,6},?(?:考虑|疑|可疑|可能|符合|提示)(?:为|是|有)?(?:肿瘤|局部|淋巴结|直肠癌|胃癌|肠癌|癌)?$"
)
"""Before 复发: nodes that are taken for a recurrence have metastases."""
TYPE_BEFORE = re.compile(
    r"[,]?(?:可?见|查见|有|为|呈|示)?(?:[高中低](?:[-~、至]?[高中低])?分化)?(?:管状|乳头状|粘液|黏液)?(?:腺|鳞|(?:鳞状|印戒|透明|移行|小|大)细胞|尿路上皮|导管)?癌(?:组织)?$"
)
"""Right before 转移: what has spread (``淋巴结见移行细胞癌转移``)."""
SEGMENT_START = re.compile(r"[。;!\n]|\s{2,}|(?<![\d.a-z颈胸腰骶])\d{1,2}[.、](?!\d)|(?<=[。,;] )|\.(?!\d)")
NEGATED = re.compile(
    r"(?:未见|未发现|未查见|未找到|未及|未触及|无(?!痛|明显诱因|旧片|对比|前片|强化)|没有|否认|(?<!不)(?<!不能)(?<!待)排除|不支持|不考虑|阴性|未扪及|未提示|(?<!不)(?<!不能)(?<!待)除外)[^,;。:]{0,22}$"
)
NEGATED_AFTER = re.compile(
    r"^[^,;。]{0,6}?(?:阴性|\(-\)|\(?(?<!\d)0\s?/|:?-(?!\d)|不考虑|已除外|(?<!不)(?<!不能)(?<!待)除外(?!$)|可能性?小|不详|情况不|与否)"
)
UNCERTAIN = re.compile(
    r"考虑|可能|可疑|疑|待排|待查|不除外|不能除外|不排除|不能排除|倾向|\?|机会大|性质待定|除外$|待除外|待排"
)
PLANNED = re.compile(r"(?:预防|防止|避免|观察|了解|评估|明确有无|有无|是否)[^,;。]{0,12}$")
BREAK = re.compile(
    r"囊肿|血管瘤|炎(?!症?性?假)|积液|正常|良性|增生|钙化|结石|腺瘤|血栓|癌栓|纤维灶|纤维增殖|脂肪肝|退行性|术后改变|骨岛|未见|无殊|"
    r"(?:癌|恶性肿瘤|肉瘤)(?!.{0,3}(?:伴|并|术后|化疗|放疗|治疗|,|、|及|,?考虑))|(?<![a-z])ln(?![a-z])|\d\s?/\s?\d|淋巴结|像是?肿瘤"
)
"""Words between site and 转移 that give the site another meaning."""
PRIMARY_AFTER = re.compile(
    r"^[)]?(?:(?:[高中低](?:[-~、至]|或)?)?[高中低]分化|周围型|中心型|中央型|浸润性|原发性|低分化|中分化|高分化|腺|鳞|小细胞|鳞状细胞|导管|肝细胞|大细胞|粘液|印戒细胞|管状)*(?:癌|ca|mt|恶性肿瘤|肉瘤|淋巴瘤|腺癌|鳞癌|恶性占位|原发)"
)
"""After a site: the site is the primary's."""
TREATMENT_AFTER = re.compile(r"^(?:[^,;。]{0,4})(?:切除|手术|根治|叶切|活检|穿刺)")
SAMPLED = re.compile(r"(?:穿刺|活检|切取)")
"""Right behind nodes: they were sampled, which says nothing of a primary."""
JOIN = re.compile(
    r"^(?:[、,及和与并,\s/]|以及|伴|散在|多发|弥漫性?|广泛|数个|多个|多处|部分|双枚|单发|可见|见|有|新见|均|内)*$"
)
CONFIRMED_WORDS = re.compile(r"病理|活检|穿刺|细胞学|证实|确诊|镜下|切片")
BONE_DAMAGE = re.compile(r"骨质?破坏|成骨性|溶骨性")
"""What the findings call a bone that is taken by tumour."""
NOT_PLACE = frozenset(("术后", "疗后", "最后", "较前", "邻近", "临近", "附近", "其中"))
"""Words whose last character looks like the first of a site: 较前左腋窝, 其中右10后肋."""
QUANTITY = re.compile(r"(?:部分|局部|多处|广泛|内|余|残|全身(?=骨)|[枚个](?=淋巴))+|多发(?=骨$|肝|脑|肺$|骨骼)")
"""Words before a site that say how many, not where."""
INVADED_BEFORE = re.compile(r"(?:侵及|侵犯|累及|侵入|突破|包绕|侵达|浸及)(?:脏层|壁层)?$")
FLUID = re.compile(r"[,伴并及]{1,2}[左右双两]?侧?(?:胸|腹|盆|腹盆)腔(?:内)?(?:少量|大量|中等?量|少许)?积液")
"""The effusion beside a thickened membrane: it takes nothing from the metastasis there."""
SAID_BEFORE = re.compile(r"^[^,;。转]{0,20}[,?]{1,2}[^,;。转]{0,8}(?:考虑|可疑|疑|符合|倾向)?[^,;。转]{0,4}$")
"""Between a site and the bare name of its organ before 转移: the lesion there is judged to be one (``L2椎体高密度灶,骨转移?``)."""
INSIDE = re.compile(r"(?:(?<=[左右双两侧])肺|脾|肝|椎体|肾|乳)内$")
