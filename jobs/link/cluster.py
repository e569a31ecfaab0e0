"""Which patient numbers are one person: exact ID number, or name + birth date + sex with phone or address support.

Two different valid ID numbers are never merged. Whatever is doubtful is reported as a conflict, by token.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    """One patient number at one hospital, known by its tokens only."""

    site: str
    patient_token: str
    id_token: str | None
    demographics: str | None
    phone: str | None
    address: str | None


@dataclass(slots=True)
class Clusters:
    """Cluster number of each node, and what could not be decided."""

    of: dict[Node, int] = field(default_factory=dict)
    conflicts: Counter[str] = field(default_factory=Counter)

    def members(self) -> dict[int, list[Node]]:
        """Nodes by cluster."""
        grouped: dict[int, list[Node]] = defaultdict(list)
        for node, number in self.of.items():
            grouped[number].append(node)
        return grouped


class _Sets:
    """Union-find over node numbers."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def union(self, i: int, j: int) -> None:
        a, b = sorted((self.find(i), self.find(j)))
        self._parent[b] = a


def _by(nodes: list[Node], attribute: str) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        if (value := getattr(node, attribute)) is not None:
            grouped[value].append(i)
    return grouped


def _supported(a: Node, b: Node) -> bool:
    return bool((a.phone and a.phone == b.phone) or (a.address and a.address == b.address))


def cluster(nodes: Iterable[Node]) -> Clusters:
    """Group nodes into persons. The result does not depend on the nodes' order."""
    ordered = sorted(nodes, key=lambda n: (n.site, n.patient_token))
    sets, result = _Sets(len(ordered)), Clusters()
    for group in _by(ordered, "id_token").values():
        for i in group[1:]:
            sets.union(group[0], i)
            if (
                ordered[i].demographics
                and ordered[group[0]].demographics
                and ordered[i].demographics != ordered[group[0]].demographics
            ):
                result.conflicts["same ID number, different name, birth date or sex (merged)"] += 1
    _join_demographics(ordered, sets, result)
    result.of = {node: sets.find(i) for i, node in enumerate(ordered)}
    return result


def _join_demographics(nodes: list[Node], sets: _Sets, result: Clusters) -> None:
    """Join nodes without an ID number where demographics and a contact agree, unless that would bridge two ID numbers."""
    for group in _by(nodes, "demographics").values():
        ids = {nodes[i].id_token for i in group if nodes[i].id_token}
        loose = [i for i in group if nodes[i].id_token is None]
        if len(ids) > 1:
            result.conflicts["same name, birth date and sex, different ID numbers (not merged)"] += 1
        for i in loose:
            partners = [j for j in group if j != i and _supported(nodes[i], nodes[j])]
            reached = {nodes[j].id_token for j in partners if nodes[j].id_token}
            if len(reached) > 1:
                result.conflicts["contact shared with two ID numbers (not merged)"] += 1
                continue
            for j in partners:
                if not _bridges(nodes, sets, i, j):
                    sets.union(i, j)
                else:
                    result.conflicts["a merge would join two ID numbers (not merged)"] += 1
        if len(group) > 1 and len({sets.find(i) for i in group}) > 1 and len(ids) <= 1:
            result.conflicts["same name, birth date and sex, no contact in common (not merged)"] += 1


def _bridges(nodes: list[Node], sets: _Sets, i: int, j: int) -> bool:
    a, b = sets.find(i), sets.find(j)
    ids_a = {n.id_token for k, n in enumerate(nodes) if n.id_token and sets.find(k) == a}
    ids_b = {n.id_token for k, n in enumerate(nodes) if n.id_token and sets.find(k) == b}
    return bool(ids_a and ids_b and ids_a != ids_b)
