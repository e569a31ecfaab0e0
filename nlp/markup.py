"""Cases that a clinician can read: text with marked mentions, ``无<disease neg>肝转移</disease>``.

Inside a tag: the label, then any of ``neg``, ``unc`` (polarity), ``hist``, ``plan`` (temporality), ``fam``, ``other``
(experiencer). What is not said is affirmed, current, patient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.model import Experiencer, Label, Mention, Polarity, Temporality

_TAG = re.compile(r"<(?P<label>[a-z_]+)(?P<flags>(?: [a-z]+)*)>(?P<text>[^<]*)</(?P=label)>")
_POLARITY = {"neg": Polarity.NEGATED, "unc": Polarity.UNCERTAIN}
_TEMPORALITY = {"hist": Temporality.HISTORY, "plan": Temporality.PLANNED}
_EXPERIENCER = {"fam": Experiencer.FAMILY, "other": Experiencer.OTHER}


@dataclass(frozen=True, slots=True)
class Case:
    """A text and the mentions that its markup says it has."""

    text: str
    mentions: tuple[Mention, ...]


def parse(line: str) -> Case:
    """Read one marked line; raises ValueError for an unknown label or flag, or a tag that is not closed."""
    parts, mentions, pos, length = [], [], 0, 0
    for tag in _TAG.finditer(line):
        parts.append(line[pos : tag.start()])
        length += tag.start() - pos
        mentions.append(_mention(tag, length))
        parts.append(tag["text"])
        length += len(tag["text"])
        pos = tag.end()
    parts.append(line[pos:])
    text = "".join(parts).replace("\\n", "\n")
    if re.search(r"</?[a-z]", text):
        raise ValueError(f"markup: a tag is not closed or not closed by its own name in {line!r}")
    return Case(text, tuple(mentions))


def _mention(tag: re.Match[str], start: int) -> Mention:
    found = Mention(start, start + len(tag["text"]), Label(tag["label"]), tag["text"])
    for flag in tag["flags"].split():
        if flag in _POLARITY:
            found.polarity = _POLARITY[flag]
        elif flag in _TEMPORALITY:
            found.temporality = _TEMPORALITY[flag]
        elif flag in _EXPERIENCER:
            found.experiencer = _EXPERIENCER[flag]
        else:
            raise ValueError(f"markup: unknown flag {flag!r}; known are neg, unc, hist, plan, fam, other")
    return found


def render(text: str, mentions: list[Mention]) -> str:
    """The marked line of a text; of overlapping mentions the first and longest is shown."""
    parts, pos = [], 0
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if mention.start < pos:
            continue
        flags = "".join(f" {flag}" for flag in _flags(mention))
        parts.append(f"{text[pos : mention.start]}<{mention.label}{flags}>{mention.text}</{mention.label}>")
        pos = mention.end
    return ("".join(parts) + text[pos:]).replace("\n", "\\n")


def _flags(mention: Mention) -> list[str]:
    names = {value: flag for table in (_POLARITY, _TEMPORALITY, _EXPERIENCER) for flag, value in table.items()}
    values = (mention.polarity, mention.temporality, mention.experiencer)
    return [names[value] for value in values if value in names]
