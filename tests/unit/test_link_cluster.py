"""Who is one person: exact ID, or demographics with a contact in common; doubt is reported, never merged."""

from __future__ import annotations

from itertools import permutations
from time import monotonic

from jobs.link.cluster import Clusters, Node, cluster


def node(
    name: str, ident: str | None = None, who: str | None = None, phone: str | None = None, address: str | None = None
) -> Node:
    site, _, token = name.partition("/")
    return Node(site, token, ident, who, phone, address)


def groups(found: Clusters) -> set[frozenset[str]]:
    return {frozenset(f"{n.site}/{n.patient_token}" for n in members) for members in found.members().values()}


def test_same_id_number_is_one_person() -> None:
    assert groups(cluster([node("a/1", "I"), node("b/1", "I"), node("b/2", "J")])) == {
        frozenset({"a/1", "b/1"}),
        frozenset({"b/2"}),
    }


def test_same_id_with_other_demographics_is_reported() -> None:
    found = cluster([node("a/1", "I", "x"), node("b/1", "I", "y")])
    assert len(groups(found)) == 1 and sum(found.conflicts.values()) == 1


def test_demographics_need_a_contact() -> None:
    assert len(groups(cluster([node("a/1", None, "x", "p"), node("b/1", None, "x", "p")]))) == 1
    apart = cluster([node("a/1", None, "x", "p"), node("b/1", None, "x", "q")])
    assert len(groups(apart)) == 2 and sum(apart.conflicts.values()) == 1


def test_two_id_numbers_are_never_merged() -> None:
    nodes = [node("a/1", "I", "x", "p"), node("b/1", "J", "x", "p"), node("c/1", None, "x", "p")]
    for order in permutations(nodes):
        found = cluster(order)
        assert len(groups(found)) == 3 and sum(found.conflicts.values()) >= 2


def test_a_chain_does_not_bridge_two_id_numbers() -> None:
    nodes = [
        node("a/1", "I", "x", "p"),
        node("b/1", None, "x", "p", "q"),
        node("c/1", None, "x", "r", "q"),
        node("d/1", "J", "x", "r"),
    ]
    for order in permutations(nodes):
        together = groups(cluster(order))
        assert not any({"a/1", "d/1"} <= group for group in together)


def test_order_does_not_matter() -> None:
    nodes = [node("a/1", "I", "x", "p"), node("b/1", None, "x", "p"), node("b/2", None, "y", "p"), node("c/1", "K")]
    assert len({frozenset(groups(cluster(order))) for order in permutations(nodes)}) == 1


def test_a_common_name_with_one_phone_is_linear() -> None:
    many = [node(f"a/{i:06d}", None, "x", "p") for i in range(20_000)]
    started = monotonic()
    assert len(groups(cluster([node("a/!", "I", "x", "p"), *many]))) == 1
    assert monotonic() - started < 5


def test_two_contacts_of_one_group_do_not_bridge() -> None:
    """Two loose numbers share an address; each shares a phone with another ID number: three orders, never one person."""
    nodes = [
        node("a/1", "I", "x", "p"),
        node("b/1", None, "x", "p", "q"),
        node("c/1", None, "x", "r", "q"),
        node("d/1", "J", "x", "r"),
    ]
    found = cluster(nodes)
    assert groups(found) == {frozenset({"a/1", "b/1"}), frozenset({"c/1", "d/1"})}
    assert found.conflicts["a merge would join two ID numbers (not merged)"] == 1
