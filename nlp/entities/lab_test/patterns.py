"""What stands after a laboratory item, over folded text."""

from __future__ import annotations

import re

VALUE = re.compile(
    r"\s?(?:\([^()\n]{1,12}\))?\s?[:,为是约达\s=]{0,3}(?:<|>|≤|≥|↑|↓)?\s?\d|\s?[:]?\s?[↑↓]|\s?(?:值|水平|检测)?\s?均?(?:正常|无明显异常|升高|增高|偏高|降低|偏低|下降|未见异常|阳性|阴性)|[、,]\s?[a-z]{2,8}\d{0,3}[\s:、,\d]|\s?\([↑↓]"
)
"""A value, an arrow, a judgement or another Latin item."""

MARKER_RESULT = re.compile(
    r"\d{0,2}(?:/\d)?\s?\((?:[+\-±]|\d{1,3}%|灶|部分|少|弥漫|个别|散在|局|约|弱|强|阳|阴)|\s?[+\-]{1,3}[),;。]"
)
"""A result of immunohistochemistry."""

OTHER_WORD = re.compile(
    r"(?<=血糖)(?:升高|控制|波动)|[0-4x][a-d]?n\d|减少|减低症|增多症|缺乏|癌|瘤|肺炎|病|血症|刺激因子|集落|生成素|分化|浸润|输注|悬液|抗原受体|转移"
)
"""What makes the word part of another name."""

NOT_BEFORE = re.compile(
    r"(?:输|输注|升|抗|鳞状|炎性|人血|低|高|补|洗涤|悬浮|悬浮去|去|控制|调控|浓缩|降|性|急慢性|口服|注射)$"
)
