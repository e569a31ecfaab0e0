"""How operations are written, over the classes of ``nlp/lexicons/operations.tsv``, sites and diseases.

``腹腔镜下根治性近端胃大部切除术``, ``胰头癌切除+胆肠吻合术``, ``直肠癌根治术(MILES术)``.
"""

import re

_WORD = (
    "<approach|qualifier|side|position|organ|region|part|sub|tissue|end|whole|weak|nodes|act|bound|morphology|within>"
)
_LINK = "<and|list|dash|slash|plus>"
_ONE = f"(?:(?:{_WORD}|{_LINK}|<head|weak_act>){{0,12}}<op_head|op_whole>|(?:{_WORD}|<head>)(?:{_WORD}|{_LINK}|<head>){{0,10}}(?:<act>|<weak_act><shu>))<shu>?"
_ADDED = (
    f"(?:{_WORD}|{_LINK}|<head|within|weak_act|none|modifier|symptom>|_){{0,8}}<op_head|op_whole|act|weak_act><shu>?"
)
"""After a plus: what is unknown in between belongs to the name as well."""

_SAYS = "<approach|qualifier|act|weak_act|op_head|op_whole|shu|organ|region|position|part|end|style>"
_BRACKET = f"<open>_?{_SAYS}<!open|close>{{0,14}}<close><op_head|shu>?"
"""Extent, reconstruction or eponym in brackets."""

_JOINED = f"(?:(?:<space>?<plus><space>?{_ADDED}|<list|and|space>{{1,2}}{_ONE})(?:{_BRACKET})?)"

_FIRST = "(?=<approach|qualifier|side|position|organ|region|sub|tissue|end|whole|weak|nodes|act|bound|morphology|head|op_head|op_whole|open>)"
"""A name does not begin with a bare part (``缘``)."""

OPERATION = (
    f"(?:<open><position|end|organ|side>{{1,2}}<close>)?{_FIRST}{_ONE}<op_whole>?(?:{_BRACKET})?{_JOINED}{{0,8}}"
)
"""One operation mention; what is joined by a plus is one mention."""

AFTER_PREPOSITION = re.compile(r"(?<=麻)[上下]")
"""The end of ``全麻下``, not the beginning of the name."""
