"""Note reading beside medspaCy on the same notes, in one run: characters per CPU second and their ratio.

    python -m bench.annotate [--notes notes.jsonl] [--rounds 5]

medspaCy brings its own spaCy and is best kept in an environment of its own:

    python -m venv .venv-bench && .venv-bench/bin/pip install -c constraints.txt -e . medspacy
    .venv-bench/bin/python -m bench.annotate

medspaCy runs over a blank Chinese pipeline with its target matcher, its sectionizer and its ConText, and is given our words: drugs,
laboratory items, examinations, sites, disease and operation words as targets, our headings as section rules, our cues as context rules.
It finds words where our reading also composes names, dates and typed facts, so its speed is an upper bound of what it would need for the
same work. Times are CPU seconds of one process; the two take turns, and the best round of each counts. Without ``--notes`` (JSON lines
with ``text``) the notes are synthetic.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nlp import lexicons
from nlp.evaluation import deid_gold
from nlp.pipeline import annotate_note

Reader = Callable[[str], object]

_TARGETS = {
    "drugs_general": "drug",
    "labs": "lab_test",
    "imaging": "imaging_exam",
    "sites": "anatomy",
    "diseases": "disease",
    "operations": "surgery",
}
_CUES = {
    "negation": "NEGATED_EXISTENCE",
    "uncertainty": "POSSIBLE_EXISTENCE",
    "history": "HISTORICAL",
    "planned": "HYPOTHETICAL",
    "family": "FAMILY",
    "stop": "TERMINATE",
}
_DIRECTIONS = {"pre": "FORWARD", "post": "BACKWARD", "both": "BIDIRECTIONAL"}


def ours() -> Reader:
    """The whole reading: mentions of all labels, sections, assertion, dates, facts."""
    return lambda text: annotate_note({"note_id": "", "text": text})


def medspacy_reader() -> Reader:
    """medspaCy's target matcher, sectionizer and ConText with our words. Raises ImportError when it is not installed."""
    import spacy
    from medspacy.context import ConText, ConTextRule
    from medspacy.section_detection import Sectionizer, SectionRule
    from medspacy.target_matcher import TargetMatcher, TargetRule

    nlp = spacy.blank("zh")
    nlp.max_length = 10**9
    nlp.add_pipe("sentencizer", config={"punct_chars": ["。", "；", ";", "\n", "！", "？"]})
    matcher = TargetMatcher(nlp)
    matcher.add([TargetRule(term, label) for term, label in _targets()])
    context = ConText(nlp, rules=None)
    context.add(
        [ConTextRule(term, _CUES[kind], direction=_side(kind, side)) for term, kind, side in _cues() if kind in _CUES]
    )
    sections = Sectionizer(nlp, rules=None)
    sections.add([SectionRule(term, code) for term, code in _headings()])

    def read(text: str) -> object:
        return sections(context(matcher(nlp(text))))

    return read


def _side(kind: str, side: str) -> str:
    return "TERMINATE" if kind == "stop" else _DIRECTIONS[side]


def _terms(row: dict[str, str]) -> Iterator[str]:
    return (term.strip() for term in row["term"].split(";") if term.strip())


def _targets() -> Iterator[tuple[str, str]]:
    for name, label in _TARGETS.items():
        for row in lexicons.rows(name):
            yield from ((term, label) for term in _terms(row))


def _cues() -> Iterator[tuple[str, str, str]]:
    for row in lexicons.rows("assertion_cues"):
        yield from ((term, row["kind"], row["side"]) for term in _terms(row))


def _headings() -> Iterator[tuple[str, str]]:
    for row in lexicons.rows("headings"):
        yield from ((term, row["code"]) for term in _terms(row))


def seconds(read: Reader, texts: list[str]) -> float:
    """CPU seconds for all texts."""
    start = time.process_time()
    for text in texts:
        read(text)
    return time.process_time() - start


def measure(readers: dict[str, Reader], texts: list[str], rounds: int) -> dict[str, float]:
    """Characters per CPU second of each reader, best of ``rounds``; the readers take turns."""
    best = {name: float("inf") for name in readers}
    for read in readers.values():
        seconds(read, texts[:5])
    for _ in range(rounds):
        for name, read in readers.items():
            best[name] = min(best[name], seconds(read, texts))
    characters = sum(map(len, texts))
    return {name: characters / value for name, value in best.items()}


def texts_of(path: Path | None) -> list[str]:
    """The texts of a JSON-lines file, or of 200 synthetic notes."""
    if path is None:
        return [note["text"] for note in deid_gold.notes("heldout", 200, 2026)]
    with path.open(encoding="utf-8-sig") as lines:
        return [json.loads(line)["text"] for line in lines if line.strip()]


def main() -> None:
    """Print one row a reader and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = texts_of(options.notes)
    readers: dict[str, Any] = {"OncoRWE": ours()}
    try:
        readers["medspaCy"] = medspacy_reader()
    except ImportError as missing:
        print(f"medspaCy is not installed ({missing.name}): see python -m bench.annotate --help")
    found = measure(readers, texts, options.rounds)
    print(f"{len(texts)} notes, {sum(map(len, texts))} characters")
    for name, speed in found.items():
        print(f"{name:12} {speed:10.0f} characters a CPU second")
    if "medspaCy" in found:
        print(f"OncoRWE is {found['OncoRWE'] / found['medspaCy']:.2f} times as fast")


if __name__ == "__main__":
    main()
