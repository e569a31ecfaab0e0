"""How body sites are written, over the classes of ``nlp/lexicons/sites.tsv``.

``左侧卵巢``, ``乙状结肠上段``, ``胃窦、体小弯侧`` (a list whose later items lean on the first), ``左、右宫旁组织``,
``(脾动脉旁)淋巴结``, ``第8组淋巴结``.
"""

import re

SITE = "<side>?<position>{0,2}<organ|region|sub>(?:<part|position|sub|inner>){0,4}<nodes>?"
"""One site."""

LISTED = "(?:<side><list>)?" + SITE + "(?:<list><part>{1,3}(?!<organ|region>)){0,3}<nodes>?"
"""A site and parts listed after it."""

BRACKETED_NODES = "<open><side>?<position|group|organ|region|part|list|end|sub>{1,6}<close><nodes>"
"""The station of lymph nodes in brackets."""

GROUPED_NODES = "<group>(?:<list><group>){0,4}<nodes>"
"""Numbered stations."""

WEAK = "<side>?<position>?<weak><part>"
"""A site that only composition makes one."""

ANATOMY = f"(?:{BRACKETED_NODES})|(?:{GROUPED_NODES})|(?:{LISTED})|(?:{WEAK})"

COUNT = re.compile(r"\(\d{1,3}(?:/\d{1,3})?[个枚]?\)")
"""A number of nodes in brackets."""

COUNTED_NODES = re.compile(r"(?:[\u4e00-\u9fff\d、\"]{1,14}\(\d{1,3}(?:/\d{1,3})?[个枚]?\)[、\"]?){1,12}淋巴结")
"""Stations with the number of nodes in brackets before the word (``第三组(5个)、外侧组(2个)淋巴结``)."""

_STATION = r"(?:第?(?:\d{1,2}[a-z]{0,2}|[一二三四五六七八九十]{1,3})组?)"
NUMBERED_NODES = re.compile(rf"{_STATION}(?:[、,及和]{_STATION}){{0,9}}(?<=组)(?:淋巴结|ln(?![a-z]))")
"""Stations by number (``第7、8、9组淋巴结``)."""

INSIDE = re.compile(
    r"(?=[肛肠肾肝剑胃手足眼巩胸])(?:(?<=距)肛(?!门|缘|管|周)|(?<=灌)肠|(?:(?<=肝)|(?<=肝[、,]))肾(?=功|区)|肝(?=、?肾功|细胞[浊水脂变]|穿刺)"
    r"|(?<!于)剑突(?=[下上])|胃(?=纳)|[胃](?=肠(?:外科|减压|型))|(?<=胃)肠(?=外科|减压|型)|手(?=麻|抖|颤|按)|足(?=麻)|眼(?=黄|花|干|痛|胀)"
    r"|巩膜(?=黄染)|胸骨(?=后(?:疼|痛|不适|烧|闷)))"
)
"""The site inside a word for a symptom, sign or measure."""

TAIL = re.compile(r"(?<=[肠胃])壁$|(?<=[肠胃])残端$|(?<=肢)浅表$|(?<=[^脐])周$|[内处间中]+$")
"""What is left out at the end: a hollow organ's wall or stump is the organ (``胃壁增厚``), and so is what lies in or around it."""

NOT_PART = re.compile(r"^(?:另送的?|及另送|找到|呈|及|见|和|送检|另见|可见|术后|的|示|查见|其中|未见|分别为|取)+")
"""Verbs before the first station."""
