"""Measured levels take the place of a builder's belief, except where the note hedges."""

from __future__ import annotations

from nlp.facts import BUILDERS, levels
from nlp.model import Fact, Label, Mention, Polarity
from nlp.pipeline import annotate_note, read_note


def _fact(polarity: Polarity = Polarity.AFFIRMED) -> Fact:
    mention = Mention(0, 5, Label.STAGE, "T2N0M0", polarity=polarity)
    return Fact("staging", {"t_category": "T2"}, 0, 5, [mention], confidence=0.5, kind="tnm")


def test_levels_are_probabilities_of_known_tables() -> None:
    """Every level lies between 0.5 and 1 and names a kind that some builder gives."""
    assert levels.measured()
    assert all(0.5 <= level < 1 for level in levels.measured().values())


def test_a_measured_kind_gets_its_level() -> None:
    """The level replaces the belief, which stays readable."""
    settled = levels.settle(_fact())
    assert settled.confidence == levels.measured()["staging", "tnm"]
    assert settled.believed == 0.5


def test_a_hedged_fact_keeps_its_builders_belief() -> None:
    """Levels were measured on what notes state."""
    assert levels.settle(_fact(Polarity.UNCERTAIN)).confidence == 0.5


def test_output_carries_the_level() -> None:
    """From the text to the row of ``annotate``."""
    row = annotate_note({"note_id": "t", "text": "术后病理分期：pT2N0M0。"})["facts"]["staging"][0]
    assert row["confidence"] == levels.measured()["staging", "tnm"]


def test_kinds_of_the_table_exist() -> None:
    """A renamed kind would silently lose its level: each one is met in a text that has such a fact."""
    text = (
        "胃癌IIIA期。肝转移。术后病理：腺癌，淋巴结转移2/15，pT2N1M0，免疫组化：HER2(3+)，MSI-H，KRAS基因突变。2014-05-24行胃癌根治术。"
        "予FOLFOX方案化疗7周期。2017年予伊立替康+替吉奥化疗。后予阿帕替尼单药治疗。出现骨髓抑制2度，疗效评价PR，放疗DT 50Gy/25F。吸烟20年，高血压病。"
    )
    found = {(fact.table, fact.kind) for fact in read_note(text).facts}
    assert set(levels.measured()) <= found
    assert len(BUILDERS) > 10
