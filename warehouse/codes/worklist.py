"""Terms of a release that no code matched: what the institution should add to its code tables next.

Counts are by hospital and term. A term of few persons can point at one of them, so it leaves the institution only when asked for.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from rapidfuzz import fuzz, process

from warehouse.codes.lookup import LOADERS, fold, lookup, names
from warehouse.privacy.cells import DEFAULT_THRESHOLD, is_small
from warehouse.release import Release

NEAR = 60.0
"""Least likeness (0 to 100) of a suggestion that is no part of the term."""
HEAD = ("kind", "hospital_id", "name", "rows", "persons", "code", "near_name", "near_code", "likeness")


@dataclass(frozen=True, slots=True)
class Term:
    """A term without a code at one hospital, how often, of how many persons, and the nearest known name."""

    kind: str
    hospital_id: str
    name: str
    rows: int
    persons: int
    near: str = ""
    near_code: str = ""
    score: float = 0.0


@cache
def _rules() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("warehouse.codes") / "worklist.toml").read_text(encoding="utf-8"))


def kinds() -> list[str]:
    """The kinds of terms."""
    return list(_rules())


def worklist(
    release: Release,
    wanted: Sequence[str],
    *,
    inside: bool = False,
    suggest: bool = True,
    threshold: int = DEFAULT_THRESHOLD,
) -> tuple[list[Term], int]:
    """The terms of some kinds, the most frequent first, and how many were hidden because too few persons have them.

    Terms that the code tables of this process know by now (a table was imported since) are left out.
    """
    _known.cache_clear()
    _organs.cache_clear()
    found: list[Term] = []
    for kind in wanted:
        rule = _rules()[kind]
        terms = [term for term in _terms(release, kind, rule) if lookup(rule["table"], term.name) is None]
        shown = [term for term in terms if inside or not is_small(term.persons, threshold)]
        found += [_near(term, rule) if suggest else term for term in shown] + [
            replace(term, name="") for term in terms if not inside and is_small(term.persons, threshold)
        ]
    return [term for term in found if term.name], sum(not term.name for term in found)


def _terms(release: Release, kind: str, rule: dict[str, str]) -> list[Term]:
    sql = (
        f"SELECT coalesce(hospital_id, ''), {rule['name']}, count(*), count(DISTINCT patient_id) FROM {rule['from']} "
        f"WHERE ({rule['missing']}) AND {rule['name']} IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    with release.connect() as connection:
        return [Term(kind, *row) for row in connection.execute(sql).fetchall()]


@cache
def _known(table: str) -> dict[str, tuple[str, str]]:
    """Folded name → (name, code) of a code table."""
    found: dict[str, tuple[str, str]] = {}
    for row in LOADERS[table]():
        code = str(getattr(row, "inn", "") or getattr(row, "code", ""))
        for name in names(row):
            found.setdefault(fold(name), (name, code))
    return found


def _near(term: Term, rule: dict[str, str]) -> Term:
    """With the nearest name, or with the histology that a term without an organ says.

    A term that is only like a histology stays bare: one character apart are other histologies (鳞形细胞癌, 梭形细胞癌).
    """
    found = _nearest(term, rule["table"])
    if "histology" not in rule or _names_organ(term.name, rule):
        return found
    said = _said(term, rule["histology"])
    if not said.near:
        return found if found.score >= _nearest(term, rule["histology"]).score else term
    if fold(said.near) in fold(found.near) and not _names_organ(found.near, rule):
        return found
    name, code = _known(rule["table"]).get(fold(said.near), (said.near, said.near_code))
    return replace(said, near=name, near_code=code)


def _said(term: Term, table: str) -> Term:
    """With the longest name of the table that stands in it; a Latin one must be all of it, since MIA stands in anemia by chance."""
    text = fold(term.name)
    inside = [name for name in _known(table) if name == text or (len(name) > 1 and not name.isascii() and name in text)]
    if not inside:
        return term
    best = max(inside, key=len)
    name, code = _known(table)[best]
    return replace(term, near=name, near_code=code, score=float(fuzz.ratio(text, best)))


def _nearest(term: Term, table: str) -> Term:
    known = _known(table)
    best: Any = process.extractOne(fold(term.name), known.keys(), scorer=fuzz.ratio, score_cutoff=NEAR)
    if best is None:
        return term
    name, code = known[best[0]]
    return replace(term, near=name, near_code=code, score=float(best[1]))


def _names_organ(text: str, rule: dict[str, str]) -> bool:
    pattern = _organs(rule["organs"], rule["like"])
    return any(not match.group("like") for match in pattern.finditer(fold(text)))


@cache
def _organs(table: str, like: str) -> re.Pattern[str]:
    """Any name of the table, the longest first, with the mark of a likeness behind it."""
    known = {fold(name) for row in LOADERS[table]() for name in names(row)}
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})(?P<like>[{like}])?")


def as_csv(terms: Sequence[Term]) -> str:
    """One row a term, with an empty ``code`` to fill in."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEAD)
    for t in terms:
        score = f"{t.score:.0f}" if t.near else ""
        writer.writerow([t.kind, t.hospital_id, t.name, t.rows, t.persons, "", t.near, t.near_code, score])
    return buffer.getvalue()
