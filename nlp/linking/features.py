"""What can be said of one (name, title) pair: similarities, shared and missing words, and names of sparse features."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from nlp.linking.rewrite import plain, wording
from nlp.linking.words import any_of, words

Features = dict[str, float]

_NUMBER = re.compile(r"\d+|[ⅠⅡⅢⅣⅤ]+|(?<![a-z])(?:i{1,3}|iv|v)(?![a-z])|[一二三四五六七八九十]+")
_TWO = re.compile(r"双|两侧|左右")
_ONE = re.compile(r"[左右](?!心)")


@dataclass(frozen=True, slots=True)
class Form:
    """A string in the forms in which it is compared."""

    raw: str
    text: str
    """In the common wording."""
    grams: dict[str, float]
    """1- and 2-grams of the common wording with their weights."""
    weight: float
    sites: frozenset[str]
    acts: frozenset[str]
    routes: frozenset[str]
    numbers: frozenset[str]
    side: str
    """``2`` both sides, ``1`` one side, empty when not said."""


def grams(text: str) -> list[str]:
    """The 1- and 2-grams of a string, each once."""
    return list(dict.fromkeys([*text, *(text[i : i + 2] for i in range(len(text) - 1))]))


def form(text: str, kind: str, name: bool, weigh: Callable[[str], float]) -> Form:
    """The form of a name (``name``) or a title."""
    raw, common = plain(text), wording(text, kind, name)
    weights = {gram: weigh(gram) for gram in grams(common)}
    sites, acts = words(common, kind)
    side = "2" if _TWO.search(raw) else "1" if _ONE.search(raw) or "单侧" in raw else ""
    return Form(
        raw, common, weights, sum(weights.values()) or 1.0, sites, acts,
        frozenset(any_of("route").findall(common)), frozenset(_NUMBER.findall(raw)), side,
    )  # fmt: skip


def agreement(name: Form, title: Form) -> Features:
    """Dense features of a name (or a part of one) and a title."""
    shared = sum(weight for gram, weight in name.grams.items() if gram in title.grams)
    title_shared = sum(weight for gram, weight in title.grams.items() if gram in name.grams)
    return {
        "covers": shared / name.weight,
        "covered": title_shared / title.weight,
        "ratio": fuzz.ratio(name.text, title.text) / 100,
        "raw_ratio": fuzz.ratio(name.raw, title.raw) / 100,
        "lcs": LCSseq.normalized_similarity(name.text, title.text),
        "partial": fuzz.partial_ratio(name.text, title.text) / 100,
        "exact": float(name.text == title.text),
        "raw_exact": float(name.raw == title.raw),
        "within": float(title.text in name.text),
        "around": float(name.text in title.text),
        "same_head": float(name.text[-2:] == title.text[-2:]),
        "same_start": float(name.text[:2] == title.text[:2]),
        "site_missing": float(len([w for w in name.sites if w not in title.text])),
        "site_extra": float(len([w for w in title.sites if w not in name.text])),
        "site_shared": float(bool(name.sites & title.sites)),
        "act_missing": float(len([w for w in name.acts if w not in title.text])),
        "act_extra": float(len([w for w in title.acts if w not in name.text])),
        "act_shared": float(bool(name.acts & title.acts)),
        "route_missing": float(len(name.routes - title.routes)),
        "route_extra": float(len(title.routes - name.routes)),
        "number_extra": float(len(title.numbers - name.numbers)),
        "side_same": float(bool(title.side) and name.side == title.side),
        "side_clash": float(bool(title.side) and name.side != title.side),
        "longer": max(0.0, (len(title.text) - len(name.text)) / (len(name.text) + 2)),
        "growth_clash": float(any(word not in name.raw for word in any_of("growth").findall(title.raw))),
        "doubtful": float(bool(any_of("doubtful").search(title.raw))),
    }


def likeness(dense: Features) -> float:
    """A score in 0..1 for people: 1 for the same words, else the better of likeness and of a training example."""
    return max(
        dense["exact"], dense["raw_exact"], min(0.99, max(dense["cosine"], dense["raw_cosine"], dense["example"]))
    )


def distinction(name: Form, titles: Sequence[Form]) -> list[Features]:
    """For each candidate of a name, how much is shared of what tells the candidates apart: an n-gram that few of them have weighs most."""
    counts = Counter(gram for title in titles for gram in title.grams)
    weights = {gram: math.log((len(titles) + 1) / (1 + count)) for gram, count in counts.items()}
    asked = [gram for gram in name.grams if gram in weights]
    rare, usual = sum(weights[gram] for gram in asked) + 1e-6, sum(name.grams[gram] for gram in asked) + 1e-6
    found: list[Features] = []
    for title in titles:
        shared = [gram for gram in title.grams if gram in name.grams]
        apart = sum(weights[gram] for gram in shared)
        own = sum(weights[gram] for gram in title.grams) + 1e-6
        known = sum(name.grams[gram] for gram in shared) / usual
        found.append({"apart_covers": apart / rare, "apart_covered": apart / own, "known_covers": known})
    return found


@cache
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def names_of(whole: Form, part: Form, title: Form, code: str, seen: bool) -> list[str]:
    """Sparse features: what only one side has; for titles seen in training, what the name says."""
    rest = [c for c in dict.fromkeys(part.raw) if c not in title.raw]
    extra = [c for c in dict.fromkeys(title.raw) if c not in part.raw]
    names = [f"-{c}" for c in rest] + [f"+{c}" for c in extra]
    mine, theirs = _pairs(part.raw), _pairs(title.raw)
    names += [f"-{gram}" for gram in sorted(mine - theirs)] + [f"+{gram}" for gram in sorted(theirs - mine)]
    if len(rest) <= 6 and len(extra) <= 6:
        names += [f"{a}>{b}" for a in rest for b in extra]
    if seen:
        names += (
            [f"{gram}@{code}" for gram in sorted(_pairs(whole.text))]
            + [f"{gram}@@{code}" for gram in sorted(mine)]
            + [f"@{code}"]
        )
    return names
