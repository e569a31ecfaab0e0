"""Text de-identification beside its peers on the same synthetic notes: recall, clean notes, damage, characters per second.

    python -m bench.deid [--family heldout | --group E] [--notes 500] [--seed 2026]

``--group`` takes notes of ``bench/deid_independent``. Peers are optional and kept in an environment of their own (``.venv-bench``), which
``make bench-deid`` sets up.

Presidio runs with a blank Chinese spaCy pipeline (no model download), once as shipped and once with twelve Chinese patterns that
a careful user would add; jieba marks names (nr), places (ns) and institutions (nt) of its part-of-speech tagger. A peer that is not
installed is named and left out. Times are CPU seconds of one process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.deid_independent.generate import generate
from bench.deid_independent.identifying import identifying
from nlp.deid import Deidentifier, DeidSettings, Known
from nlp.evaluation import deid as evaluation
from nlp.evaluation import deid_gold

Spans = list[dict[str, int]]
Finder = Callable[[dict[str, Any]], Spans]

CHINESE_PATTERNS = {
    "ID": r"[1-9]\d{16}[\dXx]",
    "MOBILE": r"1[3-9]\d{9}",
    "LANDLINE": r"0\d{2,3}-?\d{7,8}",
    "DATE_CN": r"\d{2,4}年\d{1,2}月(?:\d{1,2}日)?",
    "DATE_NUM": r"(?:19|20)\d{2}[-/.]\d{1,2}(?:[-/.]\d{1,2})?",
    "DATE_8": r"(?:19|20)\d{6}",
    "MONTH_DAY": r"\d{1,2}月\d{1,2}日",
    "NAME": r"(?<=姓名)[:：]?[\u4e00-\u9fa5]{2,4}",
    "RECORD": r"(?<=号)[:：]?[A-Za-z]{0,2}\d{4,}",
    "HOSPITAL": r"[\u4e00-\u9fa5]{2,16}医院",
    "ADDRESS": r"[\u4e00-\u9fa5]{2,6}(?:省|市)[\u4e00-\u9fa50-9]{2,30}(?:号|室|组|村)",
    "BED": r"\d{1,3}(?=床)",
}


def ours(with_known: bool, network: bool = True) -> Finder:
    """This project, with or without the patient's own fields and its network."""
    deidentifier = Deidentifier(DeidSettings(network=network))

    def find(note: dict[str, Any]) -> Spans:
        fields = {k: tuple(v) if isinstance(v, list) else v for k, v in note["known"].items()} if with_known else {}
        result = deidentifier.deid(
            note["text"], known=Known(**fields), offset_days=13, surrogate_key=b"bench", note_date=note["note_date"]
        )
        return [{"start": s.start, "end": s.end} for s in result.spans]

    return find


def presidio(patterns: bool) -> Finder:
    """Presidio with a blank Chinese pipeline, as shipped or with the patterns above. Raises ImportError when not installed."""
    import logging

    import spacy

    logging.getLogger("tldextract").setLevel(logging.CRITICAL)  # it asks the network for a list that it also ships
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    engine = SpacyNlpEngine(models=[{"lang_code": "zh", "model_name": "blank"}])
    engine.nlp = {"zh": spacy.blank("zh")}
    registry = RecognizerRegistry(supported_languages=["zh"])
    registry.load_predefined_recognizers(languages=["zh"])
    for name, regex in CHINESE_PATTERNS.items() if patterns else ():
        pattern = Pattern(name=name, regex=regex, score=0.9)
        registry.add_recognizer(PatternRecognizer(supported_entity=name, patterns=[pattern], supported_language="zh"))
    analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["zh"])
    return lambda note: [{"start": r.start, "end": r.end} for r in analyzer.analyze(note["text"], language="zh")]


def jieba_tagger() -> Finder:
    """jieba's names, places and institutions. Raises ImportError when not installed."""
    import jieba.posseg

    def find(note: dict[str, Any]) -> Spans:
        return list(_tagged(jieba.posseg.cut(note["text"])))

    return find


def _tagged(pairs: Any) -> Iterator[dict[str, int]]:
    at = 0
    for word, flag in pairs:
        if flag[:2] in ("nr", "ns", "nt"):
            yield {"start": at, "end": at + len(word)}
        at += len(word)


SYSTEMS: dict[str, Callable[[], Finder]] = {
    "OncoRWE, fields given": lambda: ours(True),
    "OncoRWE, no fields": lambda: ours(False),
    "OncoRWE, rules alone, no fields": lambda: ours(False, network=False),
    "Presidio, as shipped": lambda: presidio(False),
    "Presidio + 12 Chinese patterns": lambda: presidio(True),
    "jieba names and places": jieba_tagger,
}


def measure(find: Finder, notes: list[dict[str, Any]]) -> dict[str, float]:
    """Figures of one system on the notes."""
    find(notes[0])
    start = time.process_time()
    predictions = [find(note) for note in notes]
    seconds = time.process_time() - start
    report = evaluation.report((n, {"status": "ok", "spans": p}) for n, p in zip(notes, predictions, strict=True))
    names = ("entity_recall", "notes_fully_clean", "traps_damaged", "terms_damaged", "character_precision")
    return {n: report[n]["value"] or 0.0 for n in names} | {"chars_per_s": sum(len(n["text"]) for n in notes) / seconds}


def group_notes(group: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Notes of an independent group in the form of the gold set, with the offsets of what identifies."""
    return [
        note
        | {"note_date": note["note_time"]}
        | {"entities": [span | {"identifying": _identifying(note["text"], span)} for span in note["spans"]]}
        for note in generate(group, seed, count)
    ]


def _identifying(text: str, span: dict[str, Any]) -> list[int]:
    return sorted(span["start"] + at for at in identifying(text[span["start"] : span["end"]], span["kind"]))


def main() -> None:
    """Print one row a system."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="heldout", choices=("dev", "check", "heldout"))
    parser.add_argument(
        "--group", choices=list("ABCDEFGHIJKLMNOPQRSTUVWX"), help="an independent group instead of a family"
    )
    parser.add_argument("--notes", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    count, seed = options.notes, options.seed
    notes = (
        group_notes(options.group, count, seed) if options.group else list(deid_gold.notes(options.family, count, seed))
    )
    print(
        f"{len(notes)} notes, {sum(len(n['entities']) for n in notes)} identifiers, {sum(len(n['keep']) for n in notes)} things to keep"
    )
    print(f"{'system':32} {'recall':>7} {'clean':>7} {'traps':>7} {'terms':>7} {'precis.':>7} {'chars/s':>9}")
    for name, make in SYSTEMS.items():
        try:
            row = measure(make(), notes)
        except ImportError as missing:
            print(f"{name:32} not installed ({missing.name}): see python -m bench.deid --help")
            continue
        rates = " ".join(f"{v:7.4f}" for k, v in row.items() if k != "chars_per_s")
        print(f"{name:32} {rates} {row['chars_per_s']:9.0f}")


if __name__ == "__main__":
    main()
