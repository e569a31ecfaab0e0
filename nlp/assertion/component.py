"""Decides polarity, temporality and experiencer of every mention from cues in its clause, sentence and section.

A cue before a mention reaches to the end of its clause (some to the end of the sentence), but not past a stop word
(但, 出现, 提示 …), a closing bracket it stands inside, or another cue of the same dimension: the nearest cue decides. A cue
after a mention reaches back a few characters, over a list of mentions. ``docs/variables.md`` defines the values in words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from nlp.assertion import patterns
from nlp.assertion.patterns import Cue, Cues
from nlp.component import note_component
from nlp.model import Experiencer, Mention, Note, Polarity, Temporality
from nlp.text import Match

_POLARITY = {"negation": Polarity.NEGATED, "uncertainty": Polarity.UNCERTAIN}


def qualify(note: Note) -> None:
    """Set section, polarity, temporality, experiencer and cue of the note's mentions in place."""
    context = _Context(note)
    for mention in note.mentions:
        mention.section = mention.section or note.section_at(mention.start).code
        if mention.label not in patterns.UNTOUCHED:
            context.qualify(mention)


class _Context:
    """The cues of one note, found once, and the questions that a mention asks of them."""

    def __init__(self, note: Note) -> None:
        self.note = note
        self.norm = note.norm
        self.cues = patterns.cues().find(note.norm)
        self.starts = [cue.start for cue in self.cues]
        self.exceptions = [match.span() for match in patterns.EXCEPT.finditer(note.norm)]
        self.mentioned = sorted((mention.start, mention.end) for mention in note.mentions)

    def qualify(self, mention: Mention) -> None:
        """Set the three dimensions of one mention."""
        cues: list[str] = []
        clause = self.note.clause_at(mention.start)
        sentence = self.note.sentence_at(mention.start)
        before = list(self._before(mention, sentence[0], clause[0]))
        self._polarity(mention, before, clause, cues)
        self._temporality(mention, before, clause, cues)
        self._experiencer(mention, before, cues)
        mention.cue = mention.cue or "|".join(cues)

    def _before(self, mention: Mention, low: int, clause: int) -> Iterator[tuple[Match[Cues], Cue, bool]]:
        """Cues that end before the mention, nearest first, each with whether it stands in the same clause."""
        index = bisect_left(self.starts, mention.start) - 1
        while index >= 0 and self.starts[index] >= low:
            match = self.cues[index]
            if match.end <= mention.start:
                for cue in match.payload.pre:
                    yield match, cue, match.start >= clause
            index -= 1

    def _polarity(
        self, mention: Mention, before: list[tuple[Match[Cues], Cue, bool]], clause: tuple[int, int], cues: list[str]
    ) -> None:
        if any(start <= mention.start and mention.end <= end for start, end in self.exceptions):
            return
        found = self._polarity_before(mention, before)
        if found is None or found[1] == "uncertainty":
            found = self._after(mention, clause, ("negation", "uncertainty")) or found
        if found:
            mention.polarity = _POLARITY[found[1]]
            cues.append(found[0])

    def _polarity_before(self, mention: Mention, before: list[tuple[Match[Cues], Cue, bool]]) -> tuple[str, str] | None:
        """The nearest reaching cue of polarity, as (term, kind)."""
        for match, cue, same_clause in before:
            if cue.kind == "stop" and same_clause:
                return None
            if cue.kind not in _POLARITY or not cue.speaks_of(mention.label):
                continue
            if self._reaches(match, cue, mention, same_clause):
                return match.payload.term, cue.kind
            return None
        return None

    def _reaches(self, match: Match[Cues], cue: Cue, mention: Mention, same_clause: bool) -> bool:
        """Does a cue before a mention reach it?"""
        between = self.norm[match.end : mention.start]
        if between.count(")") > between.count("("):
            return False
        if same_clause:
            return True
        return (
            cue.kind == "negation" and ";" not in between and self._is_list(match.end, mention, cue.reach == "sentence")
        )

    def _is_list(self, low: int, mention: Mention, loose: bool) -> bool:
        """Is what lies between a cue and a mention in a later clause nothing but mentions and connectors?

        ``loose`` (否认): connectors may be any words of a history list, but no date or digit.
        """
        high = self.note.clause_at(mention.start)[1]
        rest, pos = [], low
        for start, end in self.mentioned[bisect_left(self.mentioned, (low, 0)) :]:
            if start >= high:
                break
            rest.append(self.norm[pos:start] if start > pos else "")
            pos = max(pos, end)
        rest.append(self.norm[pos:high].rstrip("。\n;,"))
        left = "".join(rest)
        if loose:
            return len(left) <= 24 and not any(char.isdigit() or char in "有行于患因显重" for char in left)
        return bool(patterns.BARE.fullmatch(left))

    def _after(self, mention: Mention, clause: tuple[int, int], kinds: tuple[str, ...]) -> tuple[str, str] | None:
        """The first reaching cue after the mention, as (term, kind)."""
        index = bisect_left(self.starts, mention.end - 1)
        while index < len(self.cues) and self.starts[index] < clause[1]:
            match = self.cues[index]
            for cue in match.payload.post if match.end > mention.end else ():
                if cue.kind in kinds and cue.speaks_of(mention.label) and self._reaches_back(mention, match, cue):
                    return match.payload.term, cue.kind
            index += 1
        return None

    def _reaches_back(self, mention: Mention, match: Match[Cues], cue: Cue) -> bool:
        """Is the cue near enough, with only list items, mentions and few characters between?"""
        between = self.norm[mention.end : max(match.start, mention.end)]
        if not between:
            return match.start >= mention.end or cue.kind == "history"
        if ":" in between or between.count("(") != between.count(")") or patterns.NEXT_ITEM.search(between):
            return False
        return len(between) <= int(cue.reach) or ("、" in between and len(between) <= 12 and "," not in between)

    def _temporality(
        self, mention: Mention, before: list[tuple[Match[Cues], Cue, bool]], clause: tuple[int, int], cues: list[str]
    ) -> None:
        for match, cue, same_clause in before:
            if cue.kind not in ("history", "planned") or not cue.speaks_of(mention.label):
                continue
            if same_clause or cue.reach == "sentence":
                history = cue.kind == "history"
                mention.temporality = Temporality.HISTORY if history else Temporality.PLANNED
                cues.append(match.payload.term)
                return
        if patterns.STATUS_AFTER.search(mention.text):
            mention.temporality = Temporality.HISTORY
            cues.append("术后" if "术后" in mention.text else "治疗后")
        elif found := self._after(mention, clause, ("history",)):
            mention.temporality = Temporality.HISTORY
            cues.append(found[0])
        elif mention.section in patterns.HISTORY_SECTIONS:
            mention.temporality = Temporality.HISTORY
            cues.append("section")
        elif mention.section in patterns.PLAN_SECTIONS and mention.label in patterns.PROCEDURES:
            mention.temporality = Temporality.PLANNED
            cues.append("section")

    def _experiencer(self, mention: Mention, before: list[tuple[Match[Cues], Cue, bool]], cues: list[str]) -> None:
        if mention.section in patterns.FAMILY_SECTIONS:
            mention.experiencer = Experiencer.FAMILY
            cues.append("section")
            return
        for match, cue, _same_clause in before:
            if cue.kind in ("family", "other") and cue.speaks_of(mention.label):
                if not patterns.PATIENT.search(self.norm, match.end, mention.start):
                    mention.experiencer = Experiencer(cue.kind)
                    cues.append(match.payload.term)
                return


component = note_component("oncorwe_assertion", qualify)
