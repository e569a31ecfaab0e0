"""Markers with results: immunohistochemistry lists, plain statements, genes, fusions, MSI, PD-L1, TMB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache

from nlp.component import entity_component
from nlp.entities.biomarker import genes, patterns
from nlp.entities.biomarker.model import BiomarkerValue
from nlp.entities.biomarker.results import Reading, read
from nlp.facts.surface import Occupied, mention, sentence_span, surface
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, Match
from warehouse import codes

ENGINE = "rule:biomarker@1"


@cache
def dictionary() -> Dictionary[codes.Marker]:
    """All names of the marker table but single letters and Greek signs alone."""
    pairs = [
        (name, row)
        for row in codes.markers()
        for name in codes.names(row)
        if len(name) > 1 and name.lower() not in _AMBIGUOUS
    ]
    return Dictionary(pairs, shared=True)


_AMBIGUOUS = {
    "er",
    "pr",
    "ar",
    "ck",
    "ts",
    "gs",
    "met",
    "ret",
    "kit",
    "fh",
    "rb",
    "nf",
    "hep",
    "des",
    "tg",
    "smo",
    "vim",
    "cr",
    "loh",
    "gis",
    "cd2",
    "atm",
    "atr",
    "apc",
    "icos",
    "gcb",
    "abl",
    "ki-1",
    "t(4",
}


@lru_cache(maxsize=2048)
def row_of(name: str) -> codes.Marker | None:
    """The row of the marker table called ``name``."""
    found: codes.Marker | None = codes.lookup("markers", name)
    return found


def find(note: Note) -> list[Mention]:
    """Mentions of markers with a result, or said not to be tested."""
    text = surface(note)
    hits, taken = dictionary().find(text), Occupied(len(text))
    found = list(_special(note, text))
    taken.take(found)
    for step in (_listed, _signed, genes.find, _plain):
        found += (more := step(note, text, hits, taken))
        taken.take(more)
    return sorted(found, key=lambda one: one.start)


Hits = list[Match[codes.Marker]]


def _listed(note: Note, text: str, hits: Hits, taken: Occupied) -> list[Mention]:
    found: list[Mention] = []
    for match in patterns.LISTED.finditer(text) if "(" in text else ():
        name = _last_name(match["name"].strip())
        begin = match.start() + match["name"].index(name)
        row = row_of(name + (match["inner"] or "")) or row_of(name)
        if (row is None and (patterns.NOT_NAME.match(name) or not _in_list(text, match))) or not taken.free(
            *match.span()
        ):
            continue
        marker = marker_code(row, name)
        raw = match["content"] if not match["qual"].strip() else match["qual"].strip() + "(" + match["content"] + ")"
        reading = read(
            f"{match['qual'] or ''}{match['content']}{match['tail'] or ''}" if match["tail"] else match["content"],
            marker,
        )
        if reading is None:
            continue
        for start, end, shared in [(begin, match.end(), marker), *_sharing(text, begin)]:
            value = _value(text, match.start(), row_of(shared), shared, reading, raw)
            found.append(mention(note, start, end, Label.BIOMARKER, value, ENGINE))
    return found


def _in_list(text: str, match: re.Match[str]) -> bool:
    """An unknown name counts as a marker only after an immunohistochemistry report's word or beside a known one.

    A serum marker (PSA, CEA) is a stain in the sentence of that report alone: the next one may be of blood.
    """
    low = max(0, match.start() - 400)
    if codes.lookup("lab_items", match["name"].strip()):
        low = max(low, sentence_span(text, match.start())[0])
    before = text[low : match.start()]
    item = patterns.ITEM_BEFORE.search(before[-60:]) or patterns.ITEM_AFTER.match(text, match.end())
    return bool(patterns.IHC_CONTEXT.search(before)) or (item is not None and row_of(item["name"]) is not None)


def _last_name(name: str) -> str:
    """``cga cd56``: two names with a blank between them."""
    parts = name.split(" ")
    return parts[-1] if len(parts) > 1 and row_of(name) is None and all(map(row_of, parts)) else name


def _sharing(text: str, at: int) -> Iterator[tuple[int, int, str]]:
    """Names right before an item; in an immunohistochemistry report also those that the table lacks."""
    low = max(0, at - 60)
    before = patterns.SHARED.search(text, low, at)
    for name in patterns.NAME_OF_LIST.finditer(text, before.start(), at) if before else ():
        row, words = row_of(name.group()), name.group()
        stained = row is None and not patterns.NOT_NAME.match(words) and "组化" in text[max(0, at - 200) : at]
        if (row is not None or stained) and words[-1] not in "+-":
            yield name.start(), name.end(), row.marker if row else words


def marker_code(row: codes.Marker | None, name: str) -> str:
    """The code of the table; a tissue stain's ``_IHC`` is said by the method."""
    return row.marker.removesuffix("_IHC") if row else re.sub(r"\s", "", name).upper()


def _value(text: str, start: int, row: codes.Marker | None, marker: str, reading: Reading, raw: str) -> BiomarkerValue:
    return BiomarkerValue(
        marker=marker_code(row, marker),
        marker_class=marker_class(row),
        method="IHC",
        status="TESTED",
        result=reading.result,
        result_raw=raw.strip(),
        value_num=reading.value_num,
        value_unit=reading.value_unit,
        ihc_score=reading.ihc_score,
    )


def marker_class(row: codes.Marker | None) -> str:
    """IHC unless the stain is of a virus; a gene's protein in a list is a stain too."""
    return row.marker_class if row and row.marker_class in ("VIRAL",) else "IHC"


def _signed(note: Note, text: str, hits: Hits, taken: Occupied) -> list[Mention]:
    """``CMET+，EGFR-`` in an immunohistochemistry list without brackets: a gene's protein."""
    found: list[Mention] = []
    for hit in hits:
        sign = patterns.SIGNED.match(text, hit.end) if text[hit.end : hit.end + 1] in ("+", "-") else None
        if sign is None or hit.payload.marker_class in ("IHC", "VIRAL") or not taken.free(hit.start, sign.end()):
            continue
        before = text[max(0, hit.start - 400) : hit.start]
        reading = read(sign["raw"], hit.payload.marker)
        if reading and (patterns.SIGNED_BEFORE.search(before) or patterns.IHC_CONTEXT.search(before)):
            value = _value(text, hit.start, hit.payload, hit.payload.marker, reading, sign["raw"])
            found.append(mention(note, hit.start, sign.end(), Label.BIOMARKER, value, ENGINE))
    taken.take(found)
    return [*found, *_signed_names(note, text, taken)]


_STAINED = re.compile("组化")


def _signed_names(note: Note, text: str, taken: Occupied) -> Iterator[Mention]:
    """``免疫组化示CGA+，CEA+/-``: also stains that the table lacks."""
    for report in _STAINED.finditer(text) if "组化" in text else ():
        for match in patterns.SIGNED_NAME.finditer(text, report.end(), sentence_span(text, report.start())[1]):
            name, row = match["name"], row_of(match["name"])
            reading = read(match["raw"], row.marker if row else name)
            if reading and taken.free(*match.span()) and not patterns.NOT_NAME.match(name):
                value = _value(text, match.start(), row, row.marker if row else name, reading, match["raw"])
                one = mention(note, match.start(), match.end(), Label.BIOMARKER, value, ENGINE)
                taken.take([one])
                yield one


def _plain(note: Note, text: str, hits: Hits, taken: Occupied) -> list[Mention]:
    """``ER阳性``, ``Ki-67约30%``, ``HER2 2+``, ``ER未检测`` outside brackets."""
    spans = [(match.start(), match.end(), row_of(match.group())) for match in _NAMES.finditer(text)]
    spans += [(hit.start, hit.end, hit.payload) for hit in hits if hit.payload.marker_class in ("IHC", "VIRAL")]
    found: list[Mention] = []
    for start, end, row in spans:
        if row is not None and taken.free(start, end):
            found += (more := _statement(note, text, start, end, row))
            taken.take(more)
    return found


_NAMES = re.compile(r"(?<![a-z0-9])(?:(?:er|pr|ar|ck)(?![a-z0-9])|ki-?67(?=\d{1,2}\s?%))")


def _statement(note: Note, text: str, start: int, end: int, row: codes.Marker) -> list[Mention]:
    after = text[end : end + 40]
    plain = patterns.PLAIN.match(after)
    if plain:
        reading = read(plain["raw"], row.marker)
        if reading is None:
            return []
        value = _value(
            text, start, row, row.marker, reading, note.text[end + plain.start("raw") : end + plain.end("raw")]
        )
        own = mention(note, start, end + plain.end(), Label.BIOMARKER, value, ENGINE)
        return [own, *_shared_statement(note, text, start, value)]
    silent = genes.without_result(marker_code(row, row.marker), row, after)
    return [mention(note, start, end, Label.BIOMARKER, silent, ENGINE)] if silent else []


def _shared_statement(note: Note, text: str, at: int, last: BiomarkerValue) -> Iterator[Mention]:
    """``CK7、TTF-1均阳性``: the words behind the last name of a list are said of all."""
    for start, end, name in _sharing(text, at):
        row = row_of(name)
        if row is not None and row.marker_class in ("IHC", "VIRAL"):
            value = replace(last, marker=marker_code(row, row.marker), marker_class=marker_class(row))
            yield mention(note, start, end, Label.BIOMARKER, value, ENGINE)


def _special(note: Note, text: str) -> Iterator[Mention]:
    yield from _msi(note, text)
    yield from _pdl1(note, text)
    for match in patterns.TMB.finditer(text) if "tmb" in text or "肿瘤突变负荷" in text else ():
        value = BiomarkerValue("TMB", "SIGNATURE", _method(text, match.start()), "TESTED", "UNK", note.text[match.start() : match.end()],
                               float(match["n"]), "{mutations}/Mb")  # fmt: skip
        yield mention(note, match.start(), match.end(), Label.BIOMARKER, value, ENGINE)


def _msi(note: Note, text: str) -> Iterator[Mention]:
    for match in patterns.MSI.finditer(text) if any(word in text for word in patterns.MSI_CUE) else ():
        if match["mmr"] or match["mmrw"]:
            deficient = (match["mmr"] or "").startswith("d") or match["mmrw"] in ("缺陷", "缺失")
            marker, result = "MMR", "POS" if deficient else "NEG"
        else:
            unstable = (match["level"] or "").startswith("h") or (match["word"] or "") in ("高度不稳定", "不稳定")
            marker, result = "MSI", "POS" if unstable else "NEG"
        raw = note.text[match.start() : match.end()]
        value = BiomarkerValue(
            marker, "SIGNATURE", _method(text, match.start()), "TESTED", result, raw, variant=_msi_level(match)
        )
        yield mention(note, match.start(), match.end(), Label.BIOMARKER, value, ENGINE)


def _msi_level(match: re.Match[str]) -> str | None:
    if match["mmr"]:
        return match["mmr"][0] + "MMR"
    if match["mss"] or match["word"] == "稳定":
        return "MSS"
    if match["level"]:
        return "MSI-" + match["level"][0].upper()
    return {"高度不稳定": "MSI-H", "低度不稳定": "MSI-L"}.get(match["word"] or "")


def _pdl1(note: Note, text: str) -> Iterator[Mention]:
    for match in patterns.PDL1.finditer(text) if "pd" in text else ():
        yield _pdl1_mention(
            note,
            match.start(),
            match.end(),
            match["kind"],
            match["op"] or match["op2"],
            match["n"] or match["n2"],
            match["clone"],
        )
        at = match.end()
        while more := patterns.MORE_KIND.match(text[at : at + 30]):
            yield _pdl1_mention(note, at, at + more.end(), more["kind"], more["op"], more["n"], match["clone"])
            at += more.end()


def _pdl1_mention(
    note: Note, start: int, end: int, kind: str | None, op: str | None, number: str, clone: str | None
) -> Mention:
    level = float(number)
    positive = level >= 1 and not (op in ("<", "≤") and level <= 1)
    unit = "{score}" if kind == "cps" else "%"
    value = BiomarkerValue("PDL1", "IHC", "IHC", "TESTED", "POS" if positive else "NEG", note.text[start:end].strip(" ,、;"), level, unit,
                           variant=(kind or "tps").upper(), clone=clone.upper() if clone else None)  # fmt: skip
    return mention(note, start, end, Label.BIOMARKER, value, ENGINE)


def _method(text: str, start: int) -> str:
    low, high = sentence_span(text, start)
    window = text[max(low, start - 120) : min(high, start + 30)]
    return next((name for pattern, name in patterns.METHOD if pattern.search(window)), "UNK")


component = entity_component("oncorwe_biomarker", find)
