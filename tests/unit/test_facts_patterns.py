"""Patterns of the facts that could be read in very many ways: they have one reading, and an answer for long texts."""

from __future__ import annotations

import re

import pytest

from nlp.facts import measurements
from nlp.facts.sites import node_pattern


def test_bracket_between_values_has_one_reading() -> None:
    """A bracket between two values of a list is matched whole, never as single characters (a row of them would have 2^n readings)."""
    between = measurements._LIST_GOES_ON
    assert between.fullmatch("(参考值);")
    assert not between.fullmatch("(")
    assert not between.fullmatch(")")


@pytest.mark.parametrize("ending", ["。", "淋巴管", "肿物"])
def test_long_list_of_regions_without_nodes_is_refused(ending: str) -> None:
    """Forty regions that no 淋巴结 follows: the search ends and finds nothing."""
    assert re.search(node_pattern(), "右颈部、" * 40 + ending) is None


@pytest.mark.parametrize("region", ["颈上", "颈深", "颈后三角区", "胃左动脉旁", "膈下前组", "膈脚后"])
def test_longest_name_of_a_region_is_taken(region: str) -> None:
    """A region whose beginning is a region too (颈, 胃左, 膈下) is read whole."""
    match = re.search(node_pattern(), f"{region}、右侧{region}肿大淋巴结")
    assert match is not None
    assert match.group() == f"{region}、右侧{region}肿大淋巴结"
