"""How the models of a folder and the rules decide together: each has a vote, an entity needs more than half of them.

Every voter gives entities that do not overlap, so two that both have more than half cannot overlap either, as some voter would hold both.
The rules weigh a little less than a model: with one model they change nothing, beside two they decide where these differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from nlp.training.corpus import Entity

RULES_WEIGHT = 0.7


def elect(models: Sequence[Iterable[Entity]], rules: Iterable[Entity]) -> list[Entity]:
    """The entities with more than half of the votes, by position."""
    votes: dict[Entity, float] = defaultdict(float)
    for entities in models:
        for entity in entities:
            votes[entity] += 1.0
    for entity in rules:
        votes[entity] += RULES_WEIGHT
    needed = (len(models) + RULES_WEIGHT) / 2
    chosen = sorted((entity for entity, count in votes.items() if count > needed), key=lambda one: (-votes[one], one))
    return sorted(_disjoint(chosen))


def _disjoint(ranked: Iterable[Entity]) -> list[Entity]:
    """Those that overlap none before them: rules may overlap one another."""
    kept: list[Entity] = []
    taken: set[int] = set()
    for start, end, label in ranked:
        span = range(start, end)
        if taken.isdisjoint(span):
            kept.append((start, end, label))
            taken.update(span)
    return kept
