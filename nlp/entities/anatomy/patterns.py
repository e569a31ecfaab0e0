"""How body sites are written, over the classes of ``nlp/lexicons/sites.tsv``.

``左侧卵巢``, ``乙状结肠上段``, ``胃底、体小弯侧`` (a list whose later items lean on the first), ``右、左宫旁组织``,
``(胃右动脉根部)淋巴结``, ``第8组淋巴结``.
"""

SITE = "<side>?<position>{0,2}(?:<organ|region><part|position>{0,3}){1,4}<nodes>?"
"""One site."""

LISTED = SITE + "(?:<list><part>{1,3}){0,3}<nodes>?"
"""A site and parts listed after it."""

BRACKETED_NODES = "<open><side>?<position|group|organ|region|part|list>{1,6}<close><nodes>"
"""The station of lymph nodes in brackets."""

GROUPED_NODES = "<group>(?:<list><group>){0,4}<nodes>"
"""Numbered stations."""

SIDED_WEAK = "<side><position>?<weak>(?=<part>)<part>"
"""A site that only composition makes one."""

ANATOMY = f"(?:{BRACKETED_NODES})|(?:{GROUPED_NODES})|(?:{LISTED})|(?:{SIDED_WEAK})"
