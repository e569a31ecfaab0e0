"""The linker: candidates by character n-grams, re-ranked; one or several codes for a string; trainable on pairs.

    linker = Linker([("47.0901", "阑尾切除术"), ...])
    linker.link("腹腔镜阑尾切除").codes[0].name

Untrained it knows only the table and ``nlp/lexicons/linking_wording.tsv``. ``train`` adds what pairs of a written name
and its titles teach. Nothing learned is shipped with the project.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nlp.linking import store
from nlp.linking.association import FOLDS, Associations
from nlp.linking.choose import ENOUGH, Chooser, Ranked
from nlp.linking.features import Features, Form, agreement, distinction, form, likeness, names_of
from nlp.linking.index import Index, nearest
from nlp.linking.memory import Memory, Recall
from nlp.linking.ranker import HAND, Ranker, Row, row_of
from nlp.linking.rewrite import hard_parts, inherited, joined, kind_of, plain, soft_parts, wording
from nlp.linking.second import Second, example, seen
from nlp.text import Dictionary
from nlp.training.card import ModelError

RETRIEVED = 24
"""Titles that are looked at for the whole string; a part brings fewer."""

PER_PART = 8
MAX_PARTS = 12
KEPT = 40
"""Candidates that go to the ranker."""

SPLIT_GAIN = 0.08
"""How much nearer to titles the parts of a string must be, on average, than the whole, to count as several names."""

_Item = TypeVar("_Item")
_Model = TypeVar("_Model")

_CODE = re.compile(r"(?<![a-z0-9.])[a-z]?\d{2,3}\.[0-9a-z]+(?![a-z0-9])")
"""A code of ICD-9-CM-3 or ICD-10 that stands in the string itself."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code with its title and score (0..1: trained, its probability among the candidates; untrained, how well the words agree)."""

    code: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class LinkResult:
    """``codes``: the chosen ones; ``candidates``: runners-up, best first."""

    codes: list[Candidate] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """One candidate row of a string."""

    row: int
    part: int
    dense: Features
    vector: Row


@dataclass(slots=True)
class _View:
    """A string as the features see it: its parts (the whole first), their likeness to every title, what is remembered."""

    segments: Sequence[Form]
    scores: Sequence[np.ndarray]
    raw: np.ndarray
    recalls: Sequence[Recall]
    coded: frozenset[int]
    """Rows whose code the string names."""
    without: int | None
    highest: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.highest = [float(values.max()) or 1.0 for values in self.scores]


class Linker:
    """Links names to the codes of one table; ``model`` is a folder that ``save`` wrote."""

    def __init__(self, table: Sequence[tuple[str, str]], model: Path | str | None = None) -> None:
        if not table:
            raise ValueError("the code table is empty: a linker needs rows of (code, name)")
        self.table = list(table)
        self.kind = kind_of([plain(name) for _, name in self.table])
        self.rows_of: dict[str, int] = {}
        for row, (_, name) in sorted(enumerate(self.table), key=lambda item: (-len(item[1][0]), item[0])):
            self.rows_of.setdefault(plain(name), row)
        self._parents = _with_children([code for code, _ in self.table])
        self._coded = {plain(code): self.rows_of[plain(name)] for code, name in self.table if len(code) >= 5}
        self.titles = [plain(name) for _, name in self.table]
        self.worded = [wording(title, self.kind, False) for title in self.titles]
        self.index = Index(self.worded)
        self.raw_index = Index(self.titles)
        self._forms: dict[int, Form] = {}
        self._within = Dictionary({text: text for text in dict.fromkeys(self.worded) if len(text) >= 2})
        self._worded_rows: dict[str, list[int]] = {}
        for row, text in enumerate(self.worded):
            if self.rows_of[self.titles[row]] == row:
                self._worded_rows.setdefault(text, []).append(row)
        self.ranker = Ranker()
        self.second: Second | None = None
        self.chooser: Chooser | None = None
        self._remember([])
        if model is not None:
            self.load(model)

    def _remember(self, pairs: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Take over pairs (name, rows of its titles)."""
        self.memory = Memory(pairs)
        self.associations = Associations.of(pairs, self.worded, self.kind)

    @property
    def trained(self) -> bool:
        """Has it learned from pairs?"""
        return self.chooser is not None

    def link(self, text: str, limit: int = 10) -> LinkResult:
        """The codes of a string that holds one or several names."""
        raw = plain(text)
        if raw in self.memory.known:
            return LinkResult([Candidate(*self.table[row], 1.0) for row in self.memory.known[raw]], [])
        return self._link_trained(text, limit) if self.chooser else self._link_untrained(text, limit)

    def _link_trained(self, text: str, limit: int) -> LinkResult:
        assert self.chooser is not None
        ranked = self._ranked(text)
        chosen = self.chooser.choose(ranked, self.memory.share_together)
        rows = {item.row for item in chosen}
        rest = [item for item in ranked if item.row not in rows]
        return LinkResult(
            *([Candidate(*self.table[i.row], round(i.share, 4)) for i in items] for items in (chosen, rest[:limit]))
        )

    def _link_untrained(self, text: str, limit: int) -> LinkResult:
        codes: list[Candidate] = []
        runners: list[Candidate] = []
        for part in self._parts(text):
            ranked = self.rank(part)
            codes += ranked[:1]
            runners += ranked[1:limit]
        chosen = list({candidate.code: candidate for candidate in codes}.values())
        taken = {candidate.code for candidate in chosen}
        rest = {c.code: c for c in sorted(runners, key=lambda c: c.score) if c.code not in taken}
        return LinkResult(chosen, sorted(rest.values(), key=lambda c: (-c.score, c.code))[:limit])

    def _parts(self, text: str) -> list[str]:
        """The names in a string: between hard marks, and between soft ones where the parts are nearer to titles."""
        parts: list[str] = []
        for part in self._hard(text):
            pieces = soft_parts(part)
            parts.extend(pieces if len(pieces) > 1 and self._split(part, pieces) else [part])
        return parts

    def _hard(self, text: str) -> list[str]:
        """Parts between hard marks; a later operation takes the route, and a bare act the site, of the first one."""
        found = hard_parts(joined(text, self.kind)) or [plain(text)]
        return [found[0], *(inherited(found[0], part) for part in found[1:])] if self.kind == "operation" else found

    def _split(self, whole: str, pieces: Sequence[str]) -> bool:
        if self.kind == "operation" and not all(piece.endswith("术") or "切除" in piece for piece in pieces):
            return False
        near = [self._nearest(piece) for piece in pieces]
        return sum(near) / len(near) > self._nearest(whole) + SPLIT_GAIN

    def _nearest(self, text: str) -> float:
        found = self.index.search(wording(text, self.kind, True), 1)
        return found[0][1] if found else 0.0

    def rank(self, text: str) -> list[Candidate]:
        """Candidates for one name, best first."""
        found = self._candidates(text, parts=False)
        scores = self.ranker.scores([item.vector for item in found])
        order = sorted(range(len(found)), key=lambda n: (-scores[n], found[n].row))
        return [Candidate(*self.table[found[n].row], round(likeness(found[n].dense), 4)) for n in order]

    def _form(self, row: int) -> Form:
        if row not in self._forms:
            self._forms[row] = form(self.titles[row], self.kind, False, self.index.weight)
        return self._forms[row]

    def _segments(self, text: str) -> list[Form]:
        """The whole string and its parts, hard and soft."""
        texts = [plain(joined(text, self.kind))]
        hard = self._hard(text)
        texts += hard if len(hard) > 1 else []
        for part in hard:
            pieces = soft_parts(part)
            texts += pieces if len(pieces) > 1 else []
        unique = list(dict.fromkeys(plain(piece) for piece in texts if piece))[: MAX_PARTS + 1]
        return [form(piece, self.kind, True, self.index.weight) for piece in unique]

    def _candidates(self, text: str, without: int | None = None, parts: bool = True) -> list[_Found]:
        """Candidate rows with their features; ``without`` is a training pair that must not be its own example."""
        segments = self._segments(text) if parts else [form(text, self.kind, True, self.index.weight)]
        if not segments:
            return []
        scores = [self.index.scores(segment.text) for segment in segments]
        raw = self.raw_index.scores(segments[0].raw)
        recalls = [self.memory.recall(s.raw, without, 20 if n == 0 else 5) for n, s in enumerate(segments)]
        coded = frozenset(row for code in _CODE.findall(segments[0].raw) if (row := self._coded.get(code)) is not None)
        view = _View(segments, scores, raw, recalls, coded, without)
        rows = sorted({*self._rows(segments, scores, raw, recalls), *coded})
        scored = [(row, *self._dense(row, view)) for row in rows]
        if len(scored) > KEPT:
            scored.sort(
                key=lambda item: (-sum(HAND.get(name, 0.0) * value for name, value in item[2].items()), item[0])
            )
        kept = scored[:KEPT]
        if self.memory.pairs:
            self._compare(kept, view)
        return [self._found(row, part, dense, view) for row, part, dense in kept]

    def _compare(self, scored: Sequence[tuple[int, int, Features]], view: _View) -> None:
        """Add what the associations say, and what tells the candidates from one another."""
        for number in {part for _, part, _ in scored}:
            mine = [(row, dense) for row, part, dense in scored if part == number]
            name = list(view.segments[number].grams)
            values = self.associations.scores(name, [row for row, _ in mine], view.without)
            for (_, dense), (given_title, given_name) in zip(mine, values, strict=True):
                dense |= {"given_title": float(given_title), "given_name": float(given_name)}
        told = distinction(view.segments[0], [self._form(row) for row, _, _ in scored])
        for (_, _, dense), more in zip(scored, told, strict=True):
            dense |= more

    def _rows(
        self, segments: Sequence[Form], scores: Sequence[np.ndarray], raw: np.ndarray, recalls: Sequence[Recall]
    ) -> list[int]:
        rows = {row for row, _ in nearest(raw, RETRIEVED // 2)}
        for number, values in enumerate(scores):
            rows |= {row for row, _ in nearest(values, PER_PART if number else RETRIEVED)}
        for recall in recalls:
            rows |= recall.best.keys() | recall.likeness.keys()
        for match in self._within.all(segments[0].text):
            rows |= set(self._worded_rows.get(match.payload, ())[:2])
        return sorted({self.rows_of[self.titles[row]] for row in rows})

    def _dense(self, row: int, view: _View) -> tuple[int, Features]:
        """The part of the string that a title fits best, and the dense features of the two."""
        title, scores, recalls = self._form(row), view.scores, view.recalls
        part = max(range(len(scores)), key=lambda n: (scores[n][row] + 0.5 * recalls[n].best.get(row, 0.0), -n))
        whole, mine = recalls[0], recalls[part]
        return part, agreement(view.segments[part], title) | {
            "cosine": float(scores[part][row]),
            "raw_cosine": float(view.raw[row]),
            "whole_cosine": float(scores[0][row]),
            "best_cosine": float(scores[part][row]) / view.highest[part],
            "parent": float(self.table[row][0] in self._parents),
            "coded": float(row in view.coded),
            "deep": float(len(self.table[row][0])),
            "example": max(whole.best.get(row, 0.0), mine.best.get(row, 0.0)),
            "votes": whole.votes.get(row, 0.0),
            "best_example": mine.votes.get(row, 0.0),
            "seen": math.log1p(self._count(row, view.without)),
            "rocchio": whole.likeness.get(row, 0.0),
            "best_rocchio": mine.likeness.get(row, 0.0),
            "one": float(len(scores) == 1),
        }

    def _count(self, row: int, without: int | None) -> int:
        return self.memory.counts.get(row, 0) - (without is not None and row in self.memory.pairs[without][1])

    def _found(self, row: int, part: int, dense: Features, view: _View) -> _Found:
        names: list[str] = []
        if self.memory.pairs:
            names = names_of(
                view.segments[0],
                view.segments[part],
                self._form(row),
                self.table[row][0],
                self._count(row, view.without) > 0,
            )
        return _Found(row, part, dense, row_of(dense, names))

    def _ranked(self, text: str) -> list[Ranked]:
        found = self._candidates(text)
        return self._order(text, found, self._scores(found, self.ranker, self.second)) if found else []

    def _scores(self, found: Sequence[_Found], ranker: Ranker, second: Second | None) -> np.ndarray:
        rows = [item.vector for item in found]
        return second.scores(seen(rows, ranker)) if second else ranker.scores(rows)

    def _order(
        self, text: str, found: Sequence[_Found], scores: np.ndarray, without: int | None = None
    ) -> list[Ranked]:
        """Candidates with their probabilities, best first."""
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        whole = form(text, self.kind, True, self.index.weight)
        recall = self.memory.recall(whole.raw, without, 1)
        parts = len({item.part for item in found})
        order = sorted(range(len(found)), key=lambda n: (-shares[n], found[n].row))[:30]
        return [self._as_ranked(found[n], float(shares[n]), whole, recall, parts) for n in order]

    def _as_ranked(self, item: _Found, share: float, whole: Form, recall: Recall, parts: int) -> Ranked:
        covered = frozenset(whole.grams) & frozenset(self._form(item.row).grams)
        dense = item.dense
        in_nearest = recall.nearest_score * (item.row in recall.nearest_rows)
        facts = (
            math.log1p(parts), len(whole.raw) / 20, dense["covered"], dense["covers"], dense["within"], dense["cosine"], dense["example"],
            dense["rocchio"], dense["seen"] / 5, in_nearest, recall.nearest_score, float(len(recall.nearest_rows)) / 3, float(item.part > 0),
        )  # fmt: skip
        return Ranked(item.row, share, item.part, covered, facts)

    def train(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> int:
        """Learn from (written name, titles); titles that the table lacks are skipped. Returns the pairs used."""
        usable: dict[str, tuple[str, list[int]]] = {}
        for raw, titles in pairs:
            rows = [self.rows_of[title] for name in titles if (title := plain(name)) in self.rows_of]
            if rows and plain(raw):
                usable.setdefault(plain(raw), (raw, list(dict.fromkeys(rows))))
        kept = [usable[key] for key in sorted(usable)]
        self._remember(kept)
        if not kept:
            return 0
        found = [self._candidates(raw, without=number) for number, (raw, _) in enumerate(kept)]
        if not any(found):
            return 0
        groups = [
            ([item.vector for item in items], [item.row in rows for item in items])
            for items, (_, rows) in zip(found, kept, strict=True)
        ]
        self.ranker = Ranker.train(groups)
        rankers = [_without(groups, fold, Ranker.train) for fold in range(FOLDS)]
        seconds = self._learn_second(groups, rankers)
        strings: list[tuple[list[Ranked], frozenset[int]]] = []
        for number, items in enumerate(found):
            if items:
                scores = self._scores(items, rankers[number % FOLDS], seconds[number % FOLDS])
                strings.append((self._order(kept[number][0], items, scores, number), frozenset(kept[number][1])))
        self.chooser = Chooser.train(strings, self.memory.share_together)
        self.associations.forget_folds()
        return len(kept)

    def _learn_second(
        self, groups: Sequence[tuple[Sequence[Row], Sequence[bool]]], rankers: Sequence[Ranker]
    ) -> list[Second | None]:
        """Learn the second look, when there are enough strings with a right candidate; those of the folds, for the choice."""
        self.second = None
        usable = [number % FOLDS for number, (_, right) in enumerate(groups) if any(right)]
        if len(usable) < ENOUGH or len(set(usable)) < 2:
            return [None] * FOLDS
        examples = [example(rows, right, rankers[number % FOLDS]) for number, (rows, right) in enumerate(groups)]
        self.second = Second.train(examples)
        return [_without(examples, fold, Second.train) for fold in range(FOLDS)]

    def save(self, folder: Path | str, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write what was learned to a folder (JSON and npz) with a card that holds ``about``; the card.

        Raises:
            ModelError: the folder cannot be written, or nothing was learned.
        """
        if self.chooser is None:
            raise ModelError("The linker has learned nothing that could be saved: no pair names a title of the table")
        learned = store.Learned(self.memory.pairs, self.ranker, self.second, self.chooser)
        return store.save(Path(folder), learned, self.table, about or {})

    def load(self, folder: Path | str) -> Linker:
        """Take over what ``save`` wrote; titles that this table lacks are skipped. Returns the linker.

        Raises:
            ModelError: the folder is missing, damaged, or not of a linker.
        """
        learned = store.load(Path(folder), self.table)
        self._remember(learned.pairs)
        self.ranker, self.second, self.chooser = learned.ranker, learned.second, learned.chooser
        return self


def _without(items: Sequence[_Item], fold: int, train: Callable[[Sequence[_Item]], _Model]) -> _Model:
    """What is learned from the items of the other folds."""
    return train([item for number, item in enumerate(items) if number % FOLDS != fold])


def _with_children(codes: Sequence[str]) -> frozenset[str]:
    """Codes that longer codes of the table begin with: a coder takes the longer ones."""
    ordered = sorted(set(codes))
    return frozenset(code for code, following in pairwise(ordered) if following.startswith(code))
