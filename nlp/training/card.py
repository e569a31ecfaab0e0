"""The card of a model folder: what it was made from, how it scored, and whether its files are whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp import VERSION

CARD = "card.json"
FORMAT = 1


class ModelError(ValueError):
    """A corpus or model folder that cannot be used; the message is one sentence that says which and what to do."""


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_card(folder: Path, kind: str, files: list[str], content: Mapping[str, Any]) -> dict[str, Any]:
    """Write the card of a model whose ``files`` are in place; it is written last, so a half-made folder has none."""
    card = {"format": FORMAT, "kind": kind, "version": VERSION, **content, "files": {}}
    card["files"] = {name: sha256(folder / name) for name in sorted(files)}
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return card


def read_card(folder: Path | str, kind: str) -> dict[str, Any]:
    """The card of a model folder.

    Raises:
        ModelError: the folder or card is missing, is of another kind, or a file is not the one that the card names.
    """
    place = Path(folder)
    try:
        card = json.loads((place / CARD).read_text("utf-8"))
    except OSError:
        raise ModelError(
            f"There is no model in {place}: it has no readable {CARD}. Make one with 'oncorwe train {kind}'"
        ) from None
    except ValueError:
        raise ModelError(f"The model in {place} is damaged: {CARD} is not JSON. Train it again") from None
    _check(place, card, kind)
    return dict(card)


def _check(place: Path, card: Any, kind: str) -> None:
    if not isinstance(card, dict) or not isinstance(card.get("files"), dict):
        raise ModelError(f"The model in {place} is damaged: {CARD} names no files. Train it again")
    if card.get("kind") != kind:
        raise ModelError(
            f"The model in {place} is of kind '{card.get('kind')}', not '{kind}'. Name a folder made by 'oncorwe train {kind}'"
        )
    if card.get("format") != FORMAT:
        raise ModelError(
            f"The model in {place} has format {card.get('format')}, this version reads format {FORMAT}. Train it again"
        )
    for name, expected in card["files"].items():
        path = place / name
        if Path(name).name != name or not path.is_file() or sha256(path) != expected:
            raise ModelError(f"The model in {place} is damaged: {name} is missing or was changed. Train it again")


def new_folder(folder: Path) -> Path:
    """The folder for a model, made when absent; an old card is removed first.

    Raises:
        ModelError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD).unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(
            f"The model folder {folder} cannot be written ({error.strerror}). Name another with --output"
        ) from None
    return folder
