"""How operations are written, over the classes of ``nlp/lexicons/operations.tsv``, sites and diseases.

``腹腔镜下根治性远端胃大部切除术``, ``食管下段癌切除+食管胃吻合术``, ``直肠癌根治术(DIXON术)``.
"""

_WORD = "<approach|qualifier|side|position|organ|region|part|sub|tissue|end|whole|weak|nodes|act|bound|morphology>"
_LINK = "<and|list|dash|slash|plus>"
_ONE = f"(?:(?:{_WORD}|{_LINK}|<head>){{0,12}}<op_head|op_whole>|(?:{_WORD}|<head>)(?:{_WORD}|{_LINK}|<head>){{0,10}}<act><shu>?)"
_MORE = f"(?:<plus|list|and|space>{{1,2}}{_ONE}){{0,6}}"

OPERATION = (
    f"(?:<open><position|end|organ|side>{{1,2}}<close>)?{_ONE}{_MORE}<op_whole>?"
    f"(?:<open>(?:<end>?{_ONE}{_MORE}(?:<list|comma><qualifier>)?|<act|op_whole|qualifier>)<close><op_head|shu>?{_MORE})?"
)
"""One operation mention; what is joined by a plus is one mention."""
