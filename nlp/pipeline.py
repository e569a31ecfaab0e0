"""The language pipeline: built from ``pipeline.toml``, one per process, and the one function that reads a note.

>>> annotate_note({"note_id": "1", "text": "无肝转移。"})["mentions"][0]["polarity"]
'negated'
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import logging
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlp import VERSION, lexicons
from nlp.component import note_component
from nlp.model import Fact, Label, Mention, Note
from nlp.text import fold

log = logging.getLogger(__name__)

_OWN_FOLDERS = ("deid", "evaluation", "__pycache__")
_CODED_FILES = (".py", ".tsv", ".toml")


class CharacterTokenizer:
    """One token per character: Chinese has no spaces, and every span of a note is then a span of the Doc."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """A Doc whose token ``i`` is the character ``i`` of the text."""
        return Doc(self.vocab, words=list(text), spaces=[False] * len(text))

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to store."""
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> CharacterTokenizer:
        """Nothing to restore."""
        return self


def fingerprint() -> str:
    """Eight hexadecimal digits over the rules, lexicons and code of the language stage (de-identification apart)."""
    digest = hashlib.sha256()
    for name, content in sorted(_coded_files(resources.files("nlp"), "")):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:8]


def _coded_files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir() and entry.name not in _OWN_FOLDERS:
            yield from _coded_files(entry, name)
        elif entry.name.endswith(_CODED_FILES):
            yield name, entry.read_bytes()


ENGINE = f"oncorwe-nlp@{VERSION}+{fingerprint()}"
"""Name, version and content of the engine; another value means that notes are read anew."""


@cache
def get_nlp() -> Language:
    """The pipeline of this process, built once."""
    return build_nlp()


def use_model(folder: Path | str) -> None:
    """From now on the model of this folder ('oncorwe train ner') reads together with the rules in this process.

    Raises nlp.training.card.ModelError when the folder holds no whole model; the pipeline is then as it was.
    """
    from nlp.training import recogniser
    from nlp.training.card import read_card

    nlp = get_nlp()
    read_card(folder, recogniser.KIND)
    if recogniser.FACTORY in nlp.pipe_names:
        nlp.remove_pipe(recogniser.FACTORY)
    nlp.add_pipe(recogniser.FACTORY, config={"path": str(folder)})


def build_nlp(config: Mapping[str, Any] | None = None) -> Language:
    """A pipeline from a configuration like ``pipeline.toml`` (the project's own by default).

    Raises ValueError when a component that is not optional is missing.
    """
    settings = config or tomllib.loads((resources.files("nlp") / "pipeline.toml").read_text("utf-8"))
    nlp = spacy.blank(settings["pipeline"]["language"])
    nlp.tokenizer = CharacterTokenizer(nlp.vocab)
    nlp.max_length = 10**9
    for entry in settings["component"]:
        for factory, module in _factories(entry):
            _add(nlp, factory, module, optional=entry.get("optional", False))
    return nlp


def _factories(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "folders" in entry:
        return [(f"oncorwe_{name}", f"nlp.entities.{name}.component") for name in entry["folders"]]
    return [(entry["factory"], entry["module"])]


def _add(nlp: Language, factory: str, module: str, *, optional: bool) -> None:
    if importlib.util.find_spec(module.rpartition(".")[0]) and importlib.util.find_spec(module):
        importlib.import_module(module)
    if nlp.has_factory(factory):
        nlp.add_pipe(factory)
    elif optional:
        log.info("pipeline: component %s is not installed and was left out", factory)
    else:
        raise ValueError(f"pipeline.toml names the component {factory!r}, but {module} does not register it")


def build_facts(note: Note) -> None:
    """Facts of a note from its mentions (``nlp.facts.build``)."""
    build = getattr(importlib.import_module("nlp.facts"), "build", None)
    if build is not None:
        note.facts = list(build(note))


note_component("oncorwe_facts", build_facts)


def finish(note: Note) -> None:
    """Put the mentions, dates included, in reading order, one per span and label, each with its section."""
    seen: set[tuple[int, int, str]] = set()
    ordered = sorted(
        [*note.mentions, *_date_mentions(note)],
        key=lambda mention: (mention.start, -mention.end, mention.label, mention.code or "~"),
    )
    note.mentions = [mention for mention in ordered if _is_new(mention, seen)]


def _date_mentions(note: Note) -> Iterator[Mention]:
    """Every date that was read as one; they come last because a date between two items of a list ends a negation."""
    for one in note.dates:
        if one.iso:
            words, section = note.text[one.start : one.end], note.section_at(one.start).code
            yield Mention(one.start, one.end, Label.DATE, words, section, engine="rule:date@1", value=one)


def _is_new(mention: Mention, seen: set[tuple[int, int, str]]) -> bool:
    key = (mention.start, mention.end, mention.label)
    return key not in seen and not seen.add(key)  # type: ignore[func-returns-value]


note_component("oncorwe_finish", finish)


@cache
def _note_types() -> dict[str, str]:
    pairs = ((term, row["note_type"]) for row in lexicons.rows("note_types") for term in row["term"].split(";"))
    return {fold(term): code for term, code in pairs}


def canonical_note_type(words: str) -> str:
    """The canonical type of what a hospital calls a note (``入院记录`` is ``admission``), empty when unknown."""
    folded = fold(words or "").strip()
    if folded in _note_types().values():
        return folded
    return _note_types().get(folded, "")


def read_note(text: str, *, note_id: str = "", note_type: str = "", note_date: str | None = None) -> Note:
    """Run the pipeline over one text and return the note with everything that was found.

    The project's components work on the note alone; a Doc with a token for each character, the dearest single step, is
    only made when the pipeline holds a component of another kind.
    """
    date = str(note_date)[:10] if note_date else None
    note = Note(text, fold(text), note_id=note_id, note_type=canonical_note_type(note_type), note_date=date)
    components = [component for _name, component in get_nlp().pipeline]
    steps = [getattr(component, "step", None) for component in components]
    if all(steps):
        for step in steps:
            step(note)  # type: ignore[misc]
        return note
    doc = get_nlp().make_doc(text)
    doc._.note = note
    for component in components:
        doc = component(doc)
    return note


def annotate_note(record: Mapping[str, Any]) -> dict[str, Any]:
    """Mentions and facts of ``{"note_id", "text", "note_type"?, "note_time"?}``, as in the text contract.

    Offsets are code points of ``text`` as given. Facts are grouped by warehouse table, each with ``evidence`` (offsets),
    ``mention_nos`` (indices into ``mentions``) and ``confidence``. Raises KeyError or TypeError for a record without text.
    """
    text = record["text"]
    if not isinstance(text, str):
        raise TypeError(f"text of a note must be a string, not {type(text).__name__}")
    note = read_note(
        text,
        note_id=str(record.get("note_id") or ""),
        note_type=str(record.get("note_type") or ""),
        note_date=record.get("note_time") or record.get("note_date"),
    )
    numbers = {id(mention): index for index, mention in enumerate(note.mentions)}
    facts: dict[str, list[dict[str, Any]]] = {}
    for fact in note.facts:
        facts.setdefault(fact.table, []).append(fact_row(fact, numbers))
    return {"note_id": record.get("note_id"), "mentions": [mention_row(m) for m in note.mentions], "facts": facts}


def mention_row(mention: Mention) -> dict[str, Any]:
    """A mention as the contract writes it."""
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "label": str(mention.label),
        "section": mention.section,
        "polarity": str(mention.polarity),
        "temporality": str(mention.temporality),
        "experiencer": str(mention.experiencer),
        "code": mention.code,
        "code_system": mention.code_system,
        "cue": mention.cue,
        "engine": mention.engine or ENGINE,
    }


def fact_row(fact: Fact, numbers: Mapping[int, int]) -> dict[str, Any]:
    """A fact as the contract writes it; ``numbers`` is identity of a mention to its index in the note."""
    mention_nos = sorted({numbers[id(mention)] for mention in fact.mentions if id(mention) in numbers})
    evidence = [fact.start, fact.end]
    return {**fact.values, "evidence": evidence, "mention_nos": mention_nos, "confidence": round(fact.confidence, 4)}


def fill_spans(doc: Doc) -> Doc:
    """Put the note's mentions into ``doc.spans``, one group per label, for use in a notebook or displaCy."""
    for label in Label:
        spans = [doc.char_span(m.start, m.end, label=label) for m in doc._.note.mentions if m.label is label]
        doc.spans[label] = [span for span in spans if span is not None]
    return doc
