"""How diagnoses are written, over the classes of ``nlp/lexicons/diseases.tsv`` and ``sites.tsv``.

``(结肠)腺癌(高分化),隆起型``, ``胃窦、体小弯侧低分化腺癌``, ``左肺上叶周围型肺癌``,
``食管癌伴纵隔淋巴结转移``, ``慢性萎缩性胃炎``, ``直肠癌术后``.
"""

_PLACE = "<side|position|end|organ|region|part|sub|tissue|weak|nodes|list>"
_KIND = "<modifier|morphology>"
_BEFORE = f"(?:<open>{_PLACE}{{1,8}}<close>)?(?:{_PLACE}|{_KIND}|<dash>){{0,10}}"
_SOME = f"(?:<open>{_PLACE}{{1,8}}<close>)?(?:{_PLACE}|{_KIND}){{1,10}}"

NAME = f"(?:(?:{_BEFORE}<head|whole>)|(?:{_SOME}<bound>))(?:<head|bound|whole>){{0,2}}"
"""One disease name."""

FORM = (
    "(?:<open>(?:<morphology|grade>|<list>|<dash>|<comma>){1,5}<close>)?(?:<comma>?<growth>(?!<morphology|head>)){0,2}"
    "(?:(?:<comma|space>)?<grade>){0,2}"
)
"""Differentiation and growth form after a tumour name, grade or stage after any."""

WITH = f"(?:<comma>?<cum>(?:{NAME}|<bound>))?"

DISEASE = f"(?:{NAME}{FORM}{WITH}<after>?)|(?:<side>?<end>?<organ|region>{{1,2}}<part>?<after>)"
"""A disease mention as the CCKS 2019 guideline draws it."""

NOT_ALONE = frozenset(("癌", "肿瘤", "ca", "tumor", "癌变", "癌灶", "恶性肿瘤", "转移癌", "原发肿瘤", "良性肿瘤", "浸润癌", "cin", "hl", "种植", "结核"))
"""Heads that, alone, name no particular disease."""
