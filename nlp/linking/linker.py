"""The linker: candidates by character n-grams, re-ranked; one or several codes for a string; trainable on pairs.

    linker = Linker([("47.0901", "阑尾切除术"), ...])
    linker.link("腹腔镜阑尾切除").codes[0].name

Untrained it knows only the table and ``nlp/lexicons/linking_rewrites.tsv``. ``train`` adds what pairs of a written name
and its titles teach: examples (nearest written names) and weights. Nothing learned is shipped with the project.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nlp.linking.index import Index
from nlp.linking.ranker import Features, Ranker, features, lexical
from nlp.linking.rewrite import hard_parts, kind_of, rewrite, soft_parts
from nlp.text import fold

RETRIEVED = 30
"""Candidates per view (as written, rewritten, examples) that are re-ranked."""

SPLIT_GAIN = 0.08
"""How much nearer to titles the parts of a string must be, on average, than the whole, to count as several names."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code with its title and score (0..1, the cosine-like agreement of name and title after re-ranking)."""

    code: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class LinkResult:
    """``codes``: the chosen ones; ``candidates``: runners-up of all parts, best first."""

    codes: list[Candidate] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)


class Linker:
    """Links names to the codes of one table."""

    def __init__(self, table: Sequence[tuple[str, str]]) -> None:
        if not table:
            raise ValueError("the code table is empty: a linker needs rows of (code, name)")
        self.table = list(table)
        self.titles = [fold(name).replace(" ", "") for _, name in table]
        self.kind = kind_of(self.titles)
        self.rows_of: dict[str, int] = {}
        for row, title in enumerate(self.titles):
            self.rows_of.setdefault(title, row)
        self.index = Index(self.titles)
        self.ranker = Ranker()
        self.pairs: list[tuple[str, list[int]]] = []
        self.known: dict[str, list[int]] = {}
        self.counts: Counter[int] = Counter()
        self.examples: Index | None = None
        self.trained = False

    def link(self, text: str, limit: int = 10) -> LinkResult:
        """The codes of a string that holds one or several names."""
        whole = fold(text).strip()
        if whole in self.known:
            return LinkResult([Candidate(*self.table[row], 1.0) for row in self.known[whole]], [])
        codes: list[Candidate] = []
        runners: list[Candidate] = []
        for part in self._parts(text):
            ranked = self.rank(part)
            if ranked:
                codes.append(ranked[0])
                runners.extend(ranked[1:limit])
        chosen = list({candidate.code: candidate for candidate in codes}.values())
        runners = sorted((c for c in runners if c not in chosen), key=lambda c: (-c.score, c.code))
        return LinkResult(chosen, runners[:limit])

    def _parts(self, text: str) -> list[str]:
        """The names in a string: between hard marks, and between soft ones where the parts are nearer to titles."""
        parts: list[str] = []
        hard = hard_parts(text) or [fold(text)]
        if self.examples and len(hard) > 1 and self._known_as_one(text, hard):
            return [fold(text)]
        for part in hard:
            pieces = soft_parts(part)
            parts.extend(pieces if len(pieces) > 1 and self._split(part, pieces) else [part])
        return parts

    def _known_as_one(self, text: str, parts: Sequence[str]) -> bool:
        """Is the whole nearer to a training example than its parts are to anything?"""
        whole = self.examples.search(fold(text), 1) if self.examples else []
        nearest = sum(self._nearest(part) for part in parts) / len(parts)
        return bool(whole) and len(self.pairs[whole[0][0]][1]) == 1 and whole[0][1] > max(0.6, nearest)

    def _split(self, whole: str, pieces: Sequence[str]) -> bool:
        if self.kind == "operation" and not all(piece.endswith("术") or "切除" in piece for piece in pieces):
            return False
        nearest = [self._nearest(piece) for piece in pieces]
        return sum(nearest) / len(nearest) > self._nearest(whole) + SPLIT_GAIN

    def _nearest(self, text: str) -> float:
        """The agreement of a name with its nearest title or example."""
        rewritten = rewrite(text, self.kind)
        found = [self.index.search(form, 1) for form in {text, rewritten}]
        if self.examples:
            found.append(self.examples.search(text, 1))
        return max((hits[0][1] for hits in found if hits), default=0.0)

    def rank(self, text: str) -> list[Candidate]:
        """Candidates for one name, best first."""
        scored = [(self.ranker.score(dense, names), row, dense) for row, dense, names in self._candidates(text)]
        scored.sort(key=lambda item: (-item[0], item[1]))
        return [Candidate(*self.table[row], round(_agreement(dense), 4)) for _, row, dense in scored]

    def _candidates(self, text: str, without: int | None = None) -> list[tuple[int, Features, list[str]]]:
        """(row, features, lexical features); ``without`` is a training pair that must not be its own example."""
        query, rewritten = fold(text).replace(" ", ""), rewrite(text, self.kind)
        plain = dict(self.index.search(query, RETRIEVED))
        other = dict(self.index.search(rewritten, RETRIEVED))
        example = self._from_examples(query, without)
        found = []
        for row in sorted({*plain, *other, *example}):
            title = self.titles[row]
            best, votes = example.get(row, (0.0, 0.0))
            dense = features(query, rewritten, title, self.kind, plain.get(row, 0.0), other.get(row, 0.0), best)
            count = self.counts.get(row, 0) - (without is not None and row in self.pairs[without][1])
            dense |= {"votes": votes, "seen": math.log1p(count)}
            found.append((row, dense, lexical(query, title, row, count > 0) if self.trained else []))
        return found

    def _from_examples(self, query: str, without: int | None) -> dict[int, tuple[float, float]]:
        """Rows that similar written names were linked to: the best similarity, and the share of all similarity."""
        best: dict[int, tuple[float, float]] = {}
        if self.examples:
            near = [(number, score) for number, score in self.examples.search(query, 16) if number != without]
            total = sum(score**3 for _, score in near) or 1.0
            for number, score in near:
                for row in self.pairs[number][1]:
                    top, share = best.get(row, (0.0, 0.0))
                    best[row] = max(top, score), share + score**3 / total
        return best

    def train(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> int:
        """Learn from (written name, titles); titles that the table lacks are skipped. Returns the pairs used."""
        for raw, titles in pairs:
            rows = [self.rows_of[title] for name in titles if (title := fold(name).replace(" ", "")) in self.rows_of]
            if rows:
                self.pairs.append((fold(raw).strip(), rows))
        self._use_pairs()
        if not self.pairs:
            return 0
        self.trained = True
        single = [(number, pair) for number, pair in enumerate(self.pairs) if len(pair[1]) == 1]
        examples = []
        for number, (raw, rows) in single:
            candidates = self._candidates(raw, without=number)
            examples.append([(row in rows, dense, names) for row, dense, names in candidates])
        self.ranker.train(examples)
        return len(self.pairs)

    def _use_pairs(self) -> None:
        self.known = dict(self.pairs)
        self.counts = Counter(row for _, rows in self.pairs for row in set(rows))
        self.examples = Index([raw.replace(" ", "") for raw, _ in self.pairs]) if self.pairs else None

    def save(self, folder: Path | str) -> None:
        """Write what was learned (pairs and weights) to a folder."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        pairs = [[raw, [self.table[row][0] for row in rows]] for raw, rows in self.pairs]
        (target / "pairs.json").write_text(json.dumps(pairs, ensure_ascii=False), "utf-8")
        self.ranker.save(target / "weights.json")

    def load(self, folder: Path | str) -> Linker:
        """Take over what ``save`` wrote; codes that this table lacks are skipped. Returns the linker."""
        source = Path(folder)
        rows_of: dict[str, int] = {}
        for row, (code, _) in enumerate(self.table):
            rows_of.setdefault(code, row)
        pairs = json.loads((source / "pairs.json").read_text("utf-8"))
        self.pairs = [(raw, rows) for raw, codes in pairs if (rows := [rows_of[code] for code in codes if code in rows_of])]
        self.ranker = Ranker.load(source / "weights.json")
        self.trained = True
        self._use_pairs()
        return self


def _agreement(dense: Features) -> float:
    """A score in 0..1 for people: the best of the similarities, 1 for an exact title."""
    return max(dense["exact"], dense["cosine"], dense["rewritten"], dense["example"])
