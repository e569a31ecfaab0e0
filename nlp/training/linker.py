"""Training the linker for one code table: ``train_linker_model``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.evaluation.linking import LinkingScore, compare
from nlp.linking import Linker
from nlp.linking.rewrite import plain
from nlp.training.card import sha256
from nlp.training.corpus import NamePair, read_pairs


@dataclass(frozen=True, slots=True)
class LinkerReport:
    """What training made: the card, and the score on the dev file when there was one."""

    folder: Path
    card: dict[str, Any]
    score: LinkingScore | None

    def summary(self) -> str:
        """The report as text."""
        train = self.card["train"]
        lines = [
            f"Trained on {train['used']} of {train['pairs']} pairs; {train['unknown_titles']} titles are not in the code table."
        ]
        lines += [str(self.score)] if self.score else []
        return "\n".join([*lines, f"Model: {self.folder}"])


def train_linker_model(train: Path, dev: Path | None, table: Sequence[tuple[str, str]], output: Path) -> LinkerReport:
    """Train on pairs of names and titles, and write the model folder ``output``; the order of the pairs does not matter.

    Raises:
        ModelError: a corpus cannot be used, no pair names a title of the table, or the folder cannot be written.
    """
    pairs = read_pairs(Path(train))
    held_out = read_pairs(Path(dev)) if dev else []
    linker = Linker(table)
    used = linker.train((pair.raw, pair.titles) for pair in pairs)
    known = {plain(name) for _, name in table}
    unknown = sum(plain(title) not in known for pair in pairs for title in pair.titles)
    score = measure(linker, held_out) if held_out else None
    about: dict[str, Any] = {
        "train": {"pairs": len(pairs), "used": used, "unknown_titles": unknown, "sha256": sha256(Path(train))},
        "table": {"rows": len(table)},
        "dev": score.counts() if score else {},
    }
    return LinkerReport(Path(output), linker.save(Path(output), about), score)


def measure(linker: Linker, pairs: Sequence[NamePair]) -> LinkingScore:
    """Scores of a linker on pairs that it has not seen, by title."""
    gold = [[plain(title) for title in pair.titles] for pair in pairs]
    found = [[plain(candidate.name) for candidate in linker.link(pair.raw).codes] for pair in pairs]
    return compare(gold, found)
