"""Tumour statements: site expression, type words, a head word such as 癌, MT, 恶性肿瘤, 淋巴瘤."""

from __future__ import annotations

import re
from functools import cache

from nlp.component import entity_component
from nlp.entities.tumour import patterns
from nlp.entities.tumour.model import TumourValue
from nlp.facts.sites import last_characters, laterality, locate, organ_alternation, scanner, site_pattern, topography
from nlp.facts.surface import mention, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:tumour@1"
_WINDOW = 26
_LONGEST_SITE = 16


@cache
def _site_before() -> re.Pattern[str]:
    return scanner(rf"({site_pattern()})(?:恶性)?$")


@cache
def _has_organ() -> re.Pattern[str]:
    return scanner(organ_alternation())


def find(note: Note) -> list[Mention]:
    """Mentions of tumours, with the site when it stands before the head."""
    text = surface(note)
    found = []
    for match in patterns.HEAD.finditer(text):
        value, start = _value(text, match)
        if patterns.STOP_BEFORE.search(text[max(0, start - 3) : start]) and value.site_text is None:
            continue
        if patterns.MIXED_BEFORE.search(text, max(0, start - 8), start):
            continue
        if patterns.STOP_AFTER.match(text[match.end() : match.end() + 6]):
            continue
        found.append(mention(note, start, match.end(), Label.TUMOUR, _as_written(note, value), ENGINE))
    return found


def _value(text: str, match: re.Match[str]) -> tuple[TumourValue, int]:
    low = max(0, match.start() - _WINDOW)
    window = text[low : match.start()]
    tail = patterns.SITE_TAIL_TYPES.search(window) if window[-1:] in patterns.TYPE_ENDS else None
    types_start = tail.start() if tail else len(window)
    site = _site_in(window, types_start)
    if site is None and match.group() == "胸腺瘤":  # the name itself says where
        window, site = window + "胸腺", (len(window), len(window) + 2)
    start = low + (site[0] if site else _strip(window, types_start))
    after = text[match.end() : match.end() + 16]
    value = TumourValue(
        name=text[start : match.end()],
        site_text=window[site[0] : site[1]] if site else None,
        site_start=low + site[0] if site else -1,
        site_end=low + site[1] if site else -1,
        topography=topography(window[site[0] : site[1]]) if site else _named_site(text[start : match.end()]),
        laterality=laterality(window[site[0] : site[1]]) if site else "U",
        postoperative=bool(patterns.POSTOP.search(after)),
        recurrent=bool(patterns.RECUR.search(after[:8])),
        secondary=bool(patterns.SECONDARY.search(window, types_start)) or text[: match.start()].endswith("转移"),
    )
    return value, start


def _site_in(window: str, types_start: int) -> tuple[int, int] | None:
    """The site that ends where the type words begin, or somewhere inside them (宫颈鳞癌: 颈 is a type's start)."""
    if not _has_organ().search(window):
        return None
    for end in range(len(window), types_start - 1, -1):
        if window[end : end + 1] in ("样", "状") or window[end : end + 2] in ("头状", "膜样"):
            continue
        if window[end - 1 : end] not in last_characters():
            continue
        match = _site_before().search(window, max(0, end - _LONGEST_SITE), end)
        if match and window[: match.start(1)].endswith("胃") and match.group(1).startswith("肠"):
            continue  # 胃肠道间质瘤 names no bowel
        if match and window[end : end + 3] == "内膜样":  # 卵巢子宫内膜样癌 is a tumour of the ovary
            match = _site_before().search(window, 0, match.start(1)) or match
        if match and not match.group(1).startswith(patterns.NOT_SITE):
            return _joined(window, *_wider(window, match.start(1), match.end(1)))
    return None


def _wider(window: str, start: int, end: int) -> tuple[int, int]:
    """``右肺下叶周围型肺癌`` and ``右肺下叶肺癌`` name their organ twice: the first naming says where."""
    types = patterns.SITE_TAIL_TYPES.search(window[:start])
    if end - start > 2 or types is None:
        return start, end
    earlier = _site_before().search(window[: types.start()])
    same = earlier and locate(earlier.group(1)) is not None and window[start:end] in earlier.group(1)
    return (earlier.start(1), earlier.end(1)) if earlier and same else (start, end)


def _joined(window: str, start: int, end: int) -> tuple[int, int]:
    """``胃底贲门癌``, ``胃体及胃窦癌``: the tumour lies in both parts of one organ; parts of the bowel in a list are tumours of their own."""
    link = window[start - 1 : start] if start else ""
    stop = start - 1 if link and link in "-~及和与、" else start
    if window[stop - 1 : stop] not in last_characters():
        return start, end
    earlier = _site_before().search(window, max(0, stop - _LONGEST_SITE), stop)
    one, other = topography(window[start:end]), topography(earlier.group(1)) if earlier else None
    listed = link and link in "及和与、" and (one or "").startswith("C18")
    if earlier and one and other and one != other and one[:3] == other[:3] and not listed:
        return earlier.start(1), end
    return start, end


def _strip(window: str, types_start: int) -> int:
    while types_start < len(window) and window[types_start] in "(),、/~-至或伴及第":
        types_start += 1
    return types_start


def _named_site(name: str) -> str | None:
    return next((code for word, code in patterns.SITE_FROM_NAME if word in name), None)


def _as_written(note: Note, value: TumourValue) -> TumourValue:
    if value.site_text is None:
        return value
    written = note.text[value.site_start : value.site_end]
    return TumourValue(
        value.name, written, value.site_start, value.site_end, value.topography, value.laterality,
        value.postoperative, value.recurrent, value.secondary,
    )  # fmt: skip


component = entity_component("oncorwe_tumour", find)
