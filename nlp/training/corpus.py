"""Reading training corpora: notes with entities, and written names with their titles (JSON lines)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.evaluation.ner import CCKS_LABELS
from nlp.model import Label
from nlp.training.card import ModelError

Entity = tuple[int, int, str]
"""Start, end (exclusive), label in the project's words."""


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note of a training corpus; entities are sorted and do not overlap."""

    note_id: str
    text: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class NamePair:
    """A name as written and the titles that it stands for."""

    raw: str
    titles: tuple[str, ...]


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of a JSON-lines file.

    Raises:
        ModelError: the file cannot be read, or a line is not a JSON object.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"The file {path} cannot be read as UTF-8 text. Name a JSON-lines file") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _object(line, path, number)


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ModelError(f"Line {number} of {path} is not a JSON object. Correct or remove it")
    return record


def read_notes(path: Path) -> list[LabelledNote]:
    """The notes of a recogniser corpus, in file order.

    Of entities that overlap the longer one is kept, as a character can bear one label only.

    Raises:
        ModelError: a line lacks text or entities, an offset lies outside the text, a label is unknown, the file is empty.
    """
    notes = [_note(record, path, number) for number, record in records(path)]
    if not notes:
        raise ModelError(f"The file {path} holds no notes. It needs lines of note_id, text, entities")
    return notes


def _note(record: dict[str, Any], path: Path, number: int) -> LabelledNote:
    text, entities = record.get("text"), record.get("entities")
    if not isinstance(text, str) or not isinstance(entities, list):
        raise ModelError(f"Line {number} of {path} has no text or no list of entities. Correct or remove it")
    found = [_entity(item, len(text), path, number) for item in entities]
    return LabelledNote(str(record.get("note_id", number)), text, _disjoint(found))


def _entity(item: Any, length: int, path: Path, number: int) -> Entity:
    try:
        start, end, label = int(item["start"]), int(item["end"]), str(item["label"])
    except (KeyError, TypeError, ValueError):
        raise ModelError(
            f"Line {number} of {path} has an entity without start, end, label. Correct or remove it"
        ) from None
    if not 0 <= start < end <= length:
        raise ModelError(
            f"Line {number} of {path} has an entity outside its text. Offsets are code points, the end exclusive"
        )
    label = CCKS_LABELS.get(label, label)
    if label not in set(Label):
        raise ModelError(
            f"Line {number} of {path} has a label that does not exist. Use those of 'annotate' or the six CCKS labels"
        )
    return start, end, label


def _disjoint(entities: list[Entity]) -> tuple[Entity, ...]:
    kept: list[Entity] = []
    for entity in sorted(set(entities), key=lambda item: (item[0] - item[1], item)):
        if all(entity[1] <= start or end <= entity[0] for start, end, _ in kept):
            kept.append(entity)
    return tuple(sorted(kept))


def read_pairs(path: Path) -> list[NamePair]:
    """The pairs of a linker corpus: ``{"raw", "standard"}`` or ``{"text", "normalized_result"}``, titles joined by ``##``.

    Raises:
        ModelError: a line lacks one of the two, or the file is empty.
    """
    pairs = [_pair(record, path, number) for number, record in records(path)]
    if not pairs:
        raise ModelError(f"The file {path} holds no pairs. It needs lines of raw, standard")
    return pairs


def _pair(record: dict[str, Any], path: Path, number: int) -> NamePair:
    raw = record.get("raw", record.get("text"))
    titles = record.get("standard", record.get("normalized_result"))
    if not isinstance(raw, str) or not isinstance(titles, str):
        raise ModelError(
            f"Line {number} of {path} lacks raw and standard (or text and normalized_result). Correct or remove it"
        )
    return NamePair(
        raw, tuple(dict.fromkeys(title.strip().strip('"') for title in titles.split("##") if title.strip()))
    )
