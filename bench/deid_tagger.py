"""Fits the tagger of the de-identifier, `nlp/deid/tagger.npz`: `python -m bench.deid_tagger [--held J] [--output FILE]`.

Text: the groups of `bench.deid_independent` with names, places and bodies drawn from the pools of all groups and from the national shares of
characters, so that no pool is learned; the synthetic gold notes that rules may know; the clinical words of the project's own lists in random
order, which hold no identifier; the notes of the synthetic hospitals, labelled by the rules. `--held` leaves groups out, to be measured with the result.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.deid_independent import generate
from bench.deid_independent.identifying import identifying
from bench.deid_independent.render import Renderer
from bench.deid_name_weights import wide_names
from jobs.synth.generate import open_hospitals, people
from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.fold import fold
from nlp.deid.lexicon import county_shorts, surname_weight
from nlp.deid.name_words import word_share
from nlp.deid.scan import index, longest
from nlp.deid.tag_features import letters, pairs
from nlp.deid.tagger import TAGS, WEIGHTS, Columns, Tagger
from nlp.evaluation import deid_gold
from nlp.training.fitting import Example, Fitting, fit_network

GROUPS, NOTES, SEED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234", 720, 5
SMALL = 20
"""Layouts of the two smallest groups, which are drawn less often."""
GOLD_NOTES, WORD_NOTES, PERSONS = 400, 2500, 60
FITTING = Fitting(epochs=4, rate=0.003, dropout=0.1, feature_dropout=0.12)
LEAST_CHARACTER, LEAST_PAIR = 4, 15
"""How often a character or a pair must stand in the notes to have a row of its own."""
_TOML = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BRAND, AROUND = list(_TOML["brand"]), {name: [*words.split(), ""] for name, words in _TOML["around"].items()}
IDENTITY, KEPT, HOUSES, KINDS, SHORT, LABS, WORKS, DAYS, LISTS = (
    _TOML[name].split() for name in ("identity", "kept", "houses", "kinds", "short", "labs", "works", "days", "lists")
)
VARIED, RESPACED = 0.2, 0.3
"""Share of dates and hospitals that are written in another way, and of notes whose colons and blanks are."""
SPACINGS = (
    ("：", ":"),
    ("：", " "),
    ("：", ""),
    (":", ""),
    ("\n", " "),
    (" ", ""),
    ("，", " "),
    ("，", ","),
    ("。", "."),
)
BODIES = {"hospital": 2, "hospital_short": 2, "institution": 3, "employer": 3, "school": 3}
OTHERS = {"NAME": "name", "HOSPITAL": "hospital", "ORG": "employer", "ADDRESS": "address", "DATE": "date"}


def tag(kind: str) -> int:
    """The number in ``TAGS`` of a planted kind."""
    if "name" in kind or kind == "staff_login":
        return 1
    if kind in BODIES:
        return BODIES[kind]
    if "address" in kind or kind in ("village", "birth_place", "birthplace", "room"):
        return 4
    return 5 if "date" in kind or kind == "month_day" else 6


@cache
def _pools(groups: str) -> dict[str, list[list[str]]]:
    """Word list → the lists of that name of all groups."""
    words = [generate.read_group(group)[1] for group in groups]
    return {key: [w[key] for w in words if key in w] for key in (*IDENTITY, *KEPT)}


@cache
def _wide(group: str, number: int) -> dict[str, list[str]]:
    return wide_names(generate.read_group(group)[1], random.Random(f"{group}/{number}"))


@cache
def _hospitals(groups: str) -> list[tuple[str, str]]:
    return [layout.hospital for group in groups for layout in generate.read_group(group)[0] if all(layout.hospital)]


class Varied(Renderer):
    """Writes some dates and hospitals in another way than the layout, so that their surroundings count more than their form."""

    def _slot(self, slot: str, form: str) -> Any:
        base, rng = slot.split(".")[0], self.case.rng
        if rng.random() < VARIED:
            if base in ("d", "n", "b", "adm", "bef", "aft"):
                form = rng.choice(DAYS)
            elif base == "h":
                form = rng.choice(["", "short", "short"])
        return super()._slot(slot, form)


def brand(rng: random.Random) -> str:
    """What a private house calls itself."""
    if rng.random() < 0.3:
        return rng.choice(_everyday())
    if rng.random() < 0.1:
        return "".join(rng.choice("一二三四五六七八九〇") for _ in range(3))
    return "".join(rng.choice(BRAND) for _ in range(rng.choice([2, 2, 2, 3])))


@cache
def _everyday() -> list[str]:
    return sorted(word for word, share in word_share().items() if len(word) == 2 and -14 < share < -10)


@cache
def _words_as_names() -> list[str]:
    """Everyday words that begin with a family name."""
    return [word for word in _everyday() if surname_weight().get(word[0], -1) >= 1]


def _branded(words: dict[str, list[str]], rng: random.Random) -> dict[str, list[str]]:
    """Short hospitals, laboratories and works with names of their own beside those of the list."""
    made: dict[str, list[str]] = {
        "hshort": [brand(rng) + rng.choice([*KINDS, "", ""]) for _ in range(30)],
        "hospital": [f"{(b := brand(rng))}{rng.choice(KINDS)}{rng.choice(['医院', ''])}|{b}{rng.choice([*KINDS, '', ''])}" for _ in range(30)],
        "dxlab": [brand(rng) + rng.choice(LABS) for _ in range(8)],
        "inst": [brand(rng) + rng.choice([*LABS, "养老院", "药房", "救助站", "中心"]) for _ in range(10)],
        "emp": [brand(rng) + rng.choice(WORKS) for _ in range(20)],
        "word_name": rng.sample(_words_as_names(), 20),
    }  # fmt: skip
    return {key: words[key][:40] + value for key, value in made.items() if key in words}


def respaced(pieces: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    """Pieces with one mark of the plain text written in another way throughout."""
    if rng.random() >= RESPACED:
        return pieces
    old, new = rng.choice(SPACINGS)
    return [(text if kind else text.replace(old, new), kind) for text, kind in pieces]


def _mixed_words(groups: str, group: str, number: int, rng: random.Random) -> dict[str, list[str]]:
    """The group's words, in most notes with names, places, bodies and terms of others."""
    words = dict(generate.read_group(group)[1])
    turn = rng.random()
    if turn < 0.4:
        words |= {key: value for key, value in _wide(group, number % 4).items() if key in words}
    elif turn < 0.8:
        for key in IDENTITY:
            if key in words and _pools(groups)[key]:
                drawn = rng.choice(_pools(groups)[key])
                words[key] = drawn if key == "surname" else drawn + rng.choice(_pools(groups)[key])
    if "hshort" in words and rng.random() < 0.5:
        counties = sorted(county_shorts())
        words["hshort"] = [rng.choice(counties) + rng.choice(SHORT) for _ in range(20)] + words["hshort"][:10]
    if rng.random() < 0.5:
        words |= _branded(words, rng)
    return words | {key: rng.choice(_pools(groups)[key]) for key in KEPT if key in words and rng.random() < 0.4}


def _hospital(groups: str, own: tuple[str, str], rng: random.Random) -> tuple[str, str]:
    turn = rng.random()
    if turn < 0.3:
        return own
    if turn < 0.6:
        return rng.choice(_hospitals(groups))
    if turn < 0.8:
        name = brand(rng)
        return name + rng.choice(KINDS) + rng.choice(["医院", ""]), name + rng.choice([*KINDS, "", ""])
    county = rng.choice(sorted(county_shorts()))
    whole = county + rng.choice(["市", "县", "区", ""]) + rng.choice(HOUSES)
    return whole, county + rng.choice(["医院", "人民", "一院", "院", "中医院", ""])


def group_notes(groups: str, group: str) -> Iterator[dict[str, Any]]:
    """Notes of a group's layouts with mixed words."""
    layouts, _, prose, filler = generate.read_group(group)
    for number in range(NOTES // 3 if len(layouts) <= SMALL else NOTES):
        rng = random.Random(f"{group}/{SEED}/{number}")
        layout = layouts[number % len(layouts)]
        words = _mixed_words(groups, group, number, rng)
        case = generate.Case(rng, words, _hospital(groups, layout.hospital, rng))
        pieces = [
            generate.transform(piece, layout.option, rng) for piece in Varied(case, prose, filler).render(layout.body)
        ]
        pieces = respaced(pieces, rng)
        yield generate.assemble(list(generate.wrap(pieces)) if layout.option == "wrap" else pieces)


def gold_notes() -> Iterator[dict[str, Any]]:
    """The synthetic gold notes that rules may know."""
    for family in ("dev", "check"):
        for note in deid_gold.notes(family, GOLD_NOTES, 3):
            yield {"text": note["text"], "spans": note["entities"]}


def hospital_notes() -> Iterator[dict[str, Any]]:
    """Notes of the project's synthetic hospitals with the spans of the rules."""
    for person in people(PERSONS, SEED, open_hospitals(3)):
        for _, (_, table, values) in person.delivered:
            if table == "notes":
                yield _by_rules(max((v for v in values.values() if isinstance(v, str)), key=len))


@cache
def _rules() -> Deidentifier:
    return Deidentifier(DeidSettings(network=False))


def _by_rules(text: str) -> dict[str, Any]:
    result = _rules().deid(text, offset_days=7, surrogate_key=b"fit", note_date="2018-01-01")
    return {
        "text": text,
        "spans": [{"start": s.start, "end": s.end, "kind": OTHERS.get(s.label, "no")} for s in result.spans],
    }


def word_notes() -> Iterator[dict[str, Any]]:
    """Clinical and everyday words in the forms of clinical sentences, without any identifier."""
    lists = {name: _list_words(name) for name in LISTS}
    everyday = sorted(word for word, share in word_share().items() if len(word) > 1 and share > -14)
    for number in range(WORD_NOTES):
        rng, text = random.Random(number), ""
        while len(text) < 350:
            text += _clause(rng, lists, everyday) + rng.choice(
                ["，", "，", "，", "。", "；", "、", "。\n", ".", ",", " "]
            )
        yield {"text": text, "spans": []}


def _list_words(name: str) -> list[str]:
    text = (Path(deid_gold.__file__).parent.parent / "lexicons" / f"{name}.tsv").read_text("utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return sorted({w for w in re.split(r"[\t\n|;、 ]", body) if re.search(r"[\u4e00-\u9fff]", w) and 2 <= len(w) <= 14})


def _clause(rng: random.Random, lists: dict[str, list[str]], everyday: list[str]) -> str:
    def one(name: str) -> str:
        return rng.choice(lists[name])

    def of(name: str) -> str:
        return rng.choice(AROUND[name])

    def word() -> str:
        return rng.choice(everyday)

    forms = (
        lambda: one("sites") + of("sees") + one("sites") + of("sight"),
        lambda: of("thinks") + one("diseases"),
        lambda: of("has") + one("symptoms") + "、" + one("symptoms"),
        lambda: of("operates") + one("operations"),
        lambda: one("labs") + of("colon") + f"{rng.randint(1, 400) / rng.choice([1, 10, 100]):g}" + of("unit"),
        lambda: of("asks") + one("imaging") + of("shows") + one("sites"),
        lambda: of("gives") + one("drugs_general") + of("form") + of("dose"),
        lambda: "".join(word() for _ in range(rng.randint(2, 5))),
        lambda: word() + one("sites") + word(),
        lambda: of("small") + word() + of("later") + word(),
        lambda: of("goes") + of("some") + of("house") + of("visits") + one("imaging"),
        lambda: of("count") + _range(rng) + of("counted"),
        lambda: (
            f"{rng.choice(['No', '第', ''])}{rng.randint(1, 14)}{rng.choice(['组', ' ', '站'])}{rng.randint(0, 5)}/{rng.randint(5, 20)}"
        ),
        lambda: of("body") + of("house") + of("visits"),
        lambda: of("unit_of") + of("unit_kind") + of("visits"),
        lambda: of("person") + word() + word(),
        lambda: "患者" + word() + one("symptoms") + of("behind") + word(),
    )
    return rng.choice(forms)()


def _range(rng: random.Random) -> str:
    low = rng.randint(1, 9)
    return f"{low}{rng.choice('--~.')}{rng.randint(low + 1, low + 20)}"


def columns_of(texts: Iterable[str]) -> Columns:
    """Characters and pairs that are frequent enough."""
    characters: Counter[int] = Counter()
    couples: Counter[int] = Counter()
    for text in texts:
        points = letters(text)
        characters.update(points.tolist())
        couples.update(pairs(points).tolist())
    return Columns(
        np.array([c for c, n in characters.items() if n >= LEAST_CHARACTER], np.uint32),
        np.array([p for p, n in couples.items() if n >= LEAST_PAIR], np.uint32),
    )


def example(note: dict[str, Any], columns: Columns) -> Example:
    """A note as the network learns it."""
    text = fold(note["text"])
    hits = index().every(text)
    wanted = np.zeros(len(text), np.intp)
    for span in note["spans"]:
        wanted[_learned(note["text"], span)] = tag(span["kind"])
    return columns.ids(text, longest(hits["keep"]), hits), wanted


def _learned(text: str, span: dict[str, Any]) -> list[int]:
    """The places of a span that are learned as such: all but a title beside a name."""
    start, end, kind = span["start"], span["end"], span["kind"]
    if "title" not in kind:
        return list(range(start, end))
    return sorted(start + place for place in identifying(text[start:end], "staff_name_title"))


def fit(notes: list[dict[str, Any]], seed: int = 1) -> Tagger:
    """A tagger fitted to notes."""
    columns = columns_of(fold(note["text"]) for note in notes)
    examples = [example(note, columns) for note in notes if note["text"]]
    return Tagger(columns, fit_network(examples, columns.shape(), columns.first, FITTING, seed))


def other_notes() -> list[dict[str, Any]]:
    """What is fitted to beside the groups."""
    return [*gold_notes(), *hospital_notes(), *word_notes()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", default="", help="letters of groups to leave out")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    groups = "".join(group for group in GROUPS if group not in arguments.held)
    notes = [note for group in groups for note in group_notes(groups, group)]
    notes += other_notes()
    fit(notes).save(arguments.output)
    print(f"{len(notes)} notes, {len(TAGS)} tags -> {arguments.output}")


if __name__ == "__main__":
    main()
