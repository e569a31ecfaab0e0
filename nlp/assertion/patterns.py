"""The cues (``nlp/lexicons/assertion_cues.tsv``), the groups of labels they can speak of, and the sections that decide."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from nlp import lexicons
from nlp.model import Label
from nlp.text import Dictionary

PROCEDURES = frozenset(
    (Label.SURGERY, Label.DRUG, Label.IMAGING_EXAM, Label.LAB_TEST, Label.REGIMEN, Label.RADIOTHERAPY)
)
"""Things that are done: they can be planned, refused or left undone."""

UNTOUCHED = frozenset((Label.ANATOMY, Label.DATE, Label.SIZE, Label.STAGE, Label.LAB_VALUE, Label.PERFORMANCE_STATUS))
"""Labels whose polarity no cue changes: a negation beside them speaks of something else."""

HISTORY_SECTIONS = frozenset(("past_history",))
FAMILY_SECTIONS = frozenset(("family_history",))
PLAN_SECTIONS = frozenset(("plan",))

EXCEPT = re.compile(r"除(?!外)[^,;。\n]{1,30}?外(?!伤|院|周|侧|科|伴)")
"""``除恶心外``: what stands inside is there."""

PATIENT = re.compile(r"患者|本人|病人|患儿|体健|身体健康")
"""Ends the reach of a relative named before, who is said to be well or gives way to the patient."""

STATUS_AFTER = re.compile(
    r"(?:术后|治疗后|化疗后|放疗后)[\s(（]*(?:[ycpr]{0,2}T(?:\d|is|x)[^,;，；。]*)?$", re.IGNORECASE
)
"""Ends of a name that say the disease was treated before; its stage may follow."""

NEXT_ITEM = re.compile(r"\d\s?[.、．)]")
"""The number of the next item of a list: a cue behind it speaks of that item."""

BARE = re.compile(r"[\s、,及和或等与]*(?:史|病史|等|等不适|不适|等症状)?[\s、,]*")
"""What is left of a clause that only lists things."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One line's worth of ``assertion_cues.tsv`` for one term."""

    kind: str
    reach: str
    group: str

    def speaks_of(self, label: Label) -> bool:
        """Can the cue qualify a mention with this label?"""
        return self.group == "all" or (self.group == "procedure") == (label in PROCEDURES)


@dataclass(frozen=True, slots=True)
class Cues:
    """All that one term can be: before and after what it speaks of."""

    term: str
    pre: tuple[Cue, ...]
    post: tuple[Cue, ...]


@cache
def cues() -> Dictionary[Cues]:
    """All cue terms; a term that is several things (``可能``) has one entry with all of them."""
    sides: dict[str, dict[str, list[Cue]]] = defaultdict(lambda: {"pre": [], "post": []})
    for row in lexicons.rows("assertion_cues"):
        for term in row["term"].split(";"):
            sides[term][row["side"]].append(Cue(row["kind"], row["reach"], row["group"]))
    return Dictionary(
        {term: Cues(term, tuple(found["pre"]), tuple(found["post"])) for term, found in sides.items()}, shared=True
    )
