"""How diagnoses are written, over the classes of ``nlp/lexicons/diseases.tsv`` and ``sites.tsv``.

``(结肠)腺癌(高分化),隆起型``, ``胃底、体大弯侧中分化腺癌``, ``左肺上叶周围型肺癌``,
``肺癌伴肾上腺转移``, ``慢性萎缩性胃炎``, ``直肠癌术后``.
"""

import re

_PLACE = "<side|position|end|organ|region|part|sub|tissue|weak|nodes|list>"
_KIND = "<modifier|morphology>"
_BEFORE = f"(?:<open>{_PLACE}{{1,8}}<close>)?(?:{_PLACE}|{_KIND}|<dash>){{0,10}}"
_SOME = f"(?:<open>{_PLACE}{{1,8}}<close>)?(?:{_PLACE}|{_KIND}){{1,10}}"

_FIRST = "(?=<side|position|end|organ|region|sub|tissue|weak|nodes|modifier|morphology|head|whole|bound|open|list>)"
"""A name does not begin with a bare part (``区``, ``壁``)."""

NAME = f"{_FIRST}(?:(?:{_BEFORE}<head|whole>)|(?:{_SOME}<bound>))(?:<head|bound|whole>){{0,2}}"
"""One disease name."""

FORM = (
    "(?:<open>(?:<morphology|grade>|<list>|<dash>|<comma>){1,5}<close>)?(?:<comma>?<growth>(?!<morphology|head>)){0,2}"
    "(?:(?:<comma|space>)?<grade>){0,2}"
)
"""Differentiation and growth form after a tumour name, grade or stage after any."""

WITH = f"(?:<comma>?<cum>(?:{NAME}|<bound>))?"

DISEASE = f"(?:{NAME}{FORM}{WITH}<after>?)|(?:<side>?<end>?<organ|region>{{1,2}}<part>?<after>)"
"""A disease mention as the CCKS 2019 guideline draws it."""

STAGE = re.compile(
    r"(?:,|\s|,?\()?[cpyr]{0,3}t(?:[0-4x][a-d]?|is)\s?n[0-3x][a-d]?\s?m[01x][a-c]?(?:,?\s?[ivⅠⅡⅢⅣ]{1,3}[abc]?期?)?\)?"
)
"""A TNM group right after a tumour name."""

BRACKET = re.compile(
    r"\((?=[^()。\n]{0,22}(?:分化|型|级|期|为主|高危|低危|中危|活动|代偿|少量|中量|大量|轻度|中度|重度|可能|细胞癌|腺癌))[^()。;\n]{1,30}\)"
)
"""What a bracket after a name says of it: differentiation, form, grade, phase, extent."""

RISK = re.compile(r"[\s,]{0,2}(?:很高危|极高危|高危|中危|低危)组?")
"""Risk class after a grade of hypertension, also behind a blank."""

PARTLY_BEFORE = re.compile(r"(?:部分|局部|灶性?|区域?|大部分|腺体|其中|少数|少许|少量)(?:区域|腺体)?(?:为|呈|伴|是)?$")
"""A second growth pattern of the tumour named before is no diagnosis of its own."""

AMOUNT = re.compile(r"(?:少量|少许|多量|中量|大量|中等量|部分|可疑)(?!.{0,6}(?:积液|胸水|腹水|积血|积气))")
"""An amount of tumour or inflammation in a specimen is no diagnosis; an effusion's is part of it."""

GOES_ON = re.compile(r"灶|变|样|理|房|人|情|因|程|例|检|区|态|症状")
"""What makes a final 病 or a growth form part of the next word."""

SITELESS = re.compile(
    r"印戒|粘液|黏液|腺癌|腺鳞|鳞|管状|乳头|筛状|髓样|[高中低未][-~至]?[高中低]?分化|神经内分泌|[小大]细胞|透明|浆液"
)
SECOND = re.compile(r"(?:(?:癌|型|瘤|级)[,(\[]?(?:及|和|与|含)?|\(含)$")
"""A type without site right after a tumour, or in the bracket behind it, describes that tumour."""
