"""Death, survival and loss to follow-up. Folded surface."""

from __future__ import annotations

import re

DEATH = re.compile(
    r"死亡(?!率|风险|可能|危险|原因不|通知|病例讨论|讨论|证明|诊断)|去世|病故|逝世|临床死亡|已故|过世|身故"
)
DEATH_CUE = ("亡", "去世", "病故", "逝世", "已故", "过世", "身故")
ALIVE_CUE = ("生存", "存活", "健在")
"""One of these is in every match of the pattern of that name: a text without them is not searched."""
NOT_PATIENT = re.compile(
    r"(?:细胞|组织|骨|脑|猝|告知|导致|危及|甚至|可能|随时|有|致|凋亡|程序性|父|母|兄|弟|姐|妹|祖|子|女|夫|妻|爱人|配偶|家属|亲|哥|奶|爷|外公|外婆|叔|伯|舅|姑|姨|人员)[^,;。患病]{0,8}$"
)
ALIVE = re.compile(
    r"(?P<ned>无瘤生存|无病生存|无复发生存)|(?P<tumour>带瘤生存)|(?:患者|病人|随访)[^,;。]{0,10}?(?P<alive>存活|健在|生存)"
)
LOST = re.compile(r"失访|无法联系|联系不上|电话(?:空号|停机|无人接听|错误)")
PHONE = re.compile(r"电话|电询|来电")
RELATIVE = re.compile(r"家属|其(?:子|女|妻|夫|儿)|(?:儿子|女儿|老伴|爱人)(?:诉|告知|述)")
