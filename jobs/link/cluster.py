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
    """Union-find over node numbers that knows the ID number of every set (never more than one)."""

    def __init__(self, nodes: list[Node]) -> None:
        self._parent = list(range(len(nodes)))
        self._id = [node.id_token for node in nodes]

    def find(self, i: int) -> int:
        """Number of the group that holds ``i``."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def bridges(self, i: int, j: int) -> bool:
        """True when joining the two sets would make one person of two ID numbers."""
        a, b = self._id[self.find(i)], self._id[self.find(j)]
        return a is not None and b is not None and a != b

    def union(self, i: int, j: int) -> None:
        """Make one group of those of ``i`` and ``j``; the lower number stays."""
        a, b = sorted((self.find(i), self.find(j)))
        self._parent[b] = a
        self._id[a] = self._id[a] or self._id[b]


def _by(nodes: list[Node], attribute: str) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        if (value := getattr(node, attribute)) is not None:
            grouped[value].append(i)
    return grouped


def _contacts(nodes: list[Node], group: list[int]) -> dict[str, list[int]]:
    """Nodes of a group by each contact that they give."""
    found: dict[str, list[int]] = defaultdict(list)
    for i in group:
        for kind, value in (("phone", nodes[i].phone), ("address", nodes[i].address)):
            if value:
                found[f"{kind}/{value}"].append(i)
    return found


def cluster(nodes: Iterable[Node]) -> Clusters:
    """Group nodes into persons. The result does not depend on the nodes' order."""
    ordered = sorted(nodes, key=lambda n: (n.site, n.patient_token))
    sets, result = _Sets(ordered), Clusters()
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
        if len(group) == 1:
            continue
        ids = {nodes[i].id_token for i in group if nodes[i].id_token}
        if len(ids) > 1:
            result.conflicts["same name, birth date and sex, different ID numbers (not merged)"] += 1
        shared = [members for members in _contacts(nodes, group).values() if len(members) > 1]
        _join_contacts(nodes, sets, shared, result)
        if len({sets.find(i) for i in group}) > 1 and len(ids) <= 1:
            result.conflicts["same name, birth date and sex, no contact in common (not merged)"] += 1


def _join_contacts(nodes: list[Node], sets: _Sets, shared: list[list[int]], result: Clusters) -> None:
    """Join what shares a contact. A node whose contacts lead to two ID numbers is joined with neither."""
    reached: dict[int, set[str]] = defaultdict(set)
    for members in shared:
        found = {ident for i in members if (ident := nodes[i].id_token)}
        for i in members:
            reached[i] |= found
    torn = {i for i, ids in reached.items() if nodes[i].id_token is None and len(ids) > 1}
    if torn:
        result.conflicts["contact shared with two ID numbers (not merged)"] += len(torn)
    # Contacts with an ID number first: what hangs on a number directly must not be drawn away over a third one.
    for members in sorted(shared, key=lambda members: all(nodes[i].id_token is None for i in members)):
        joinable = [i for i in members if i not in torn]
        anchor = next((i for i in joinable if nodes[i].id_token), joinable[0] if joinable else -1)
        for i in joinable:
            if nodes[i].id_token is not None or i == anchor:
                continue
            if sets.bridges(anchor, i):
                result.conflicts["a merge would join two ID numbers (not merged)"] += 1
            else:
                sets.union(anchor, i)
