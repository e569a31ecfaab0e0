"""Genes with a state: mutated, wild type, fused, amplified, not tested; with variant, exon, partner and fraction."""

from __future__ import annotations

import re

from nlp.entities.biomarker import patterns
from nlp.entities.biomarker.model import BiomarkerValue
from nlp.facts.surface import Occupied, mention, sentence_span
from nlp.model import Label, Mention, Note
from nlp.text import Match
from warehouse import codes

ENGINE = "rule:biomarker@1"
_CLASSES = ("GENE_VARIANT", "FUSION", "CNV")
_OWN_GENE = {"l858r": "EGFR", "t790m": "EGFR", "c797s": "EGFR", "v600e": "BRAF"}
_SHORT = re.compile(
    r"(?<![a-z0-9])(?:met|ret|kit)(?=[^a-z0-9]|$)(?=.{0,14}?(?:突变|扩增|融合|重排|野生|跳跃|阳性|阴性|外显子|\([+-]))"
)
_SHORT_CUE = ("met", "ret", "kit")
_ALONE_CUE = ("l858r", "t790m", "c797s", "19", "20")
"""One of these is in every match of the pattern of that name: a text without them is not searched."""
_ALONE = re.compile(r"(?<![a-z0-9])(?:l858r|t790m|c797s|19\s?-?del|20\s?ins)(?![a-z0-9])")


def find(note: Note, text: str, hits: list[Match[codes.Marker]], taken: Occupied) -> list[Mention]:
    """Statements about genes; a bare L858R or 19del is EGFR's."""
    found: list[Mention] = []
    spans: list[tuple[int, int, codes.Marker | None]] = [
        (hit.start, hit.end, hit.payload) for hit in hits if hit.payload.marker_class in _CLASSES
    ]
    spans += [
        (m.start(), m.end(), codes.lookup("markers", m.group()))
        for m in (_SHORT.finditer(text) if any(word in text for word in _SHORT_CUE) else ())
    ]
    for start, end, row in sorted(spans, key=lambda item: item[0]):
        if row is None or not taken.free(start, end):
            continue
        listed = _list_end(text, end)
        value, stop = _state(note, text, start, listed, row)
        stop = end if listed > end else stop
        if value is not None:
            found.append(mention(note, start, stop, Label.BIOMARKER, value, ENGINE))
            taken.take(found[-1:])
    return found + _fish(note, text, taken) + _alone(note, text, taken)


_FISH = re.compile(
    r"(?<![a-z])fish(?:检测|检查|法|结果)*(?:提?示|[:为,])?\s?(?:her-?2)?(?:基因)?\s?"
    r"(?:(?P<neg>未见?(?:明显)?扩增|无扩增|不扩增|未检测到扩增|阴性|\(-\))|(?P<pos>(?:有|见|明显)?扩增|阳性|\(\+\)))"
)


def _fish(note: Note, text: str, taken: Occupied) -> list[Mention]:
    """``HER2(2+)，FISH未扩增``: in situ hybridisation without a gene's name speaks of the HER2 stain before it."""
    found = []
    for match in _FISH.finditer(text) if "fish" in text else ():
        low = max(sentence_span(text, match.start())[0], match.start() - 80)
        if not taken.free(*match.span()) or not re.search(r"her-?\s?2|erbb?-?2", text[low : match.end()]):
            continue
        raw = note.text[match.start() : match.end()]
        value = BiomarkerValue("HER2", "CNV", "FISH", "TESTED", "NEG" if match["neg"] else "POS", raw)
        found.append(mention(note, match.start(), match.end(), Label.BIOMARKER, value, ENGINE))
    return found


_LIST = re.compile(
    r"(?:\s?(?:基因)?\s?[、,/和及]\s?[a-z][a-z0-9]{2,6}(?=[^a-z0-9]|$)(?:基因)?)+(?=\s?(?:基因)?(?:均|都|检测均|突变均|基因均|无突变|未突变|野生|未见突变|未检测到突变|未发生突变))"
)


def _list_end(text: str, end: int) -> int:
    """In ``EGFR、ALK、ROS1均阴性`` the state of the last belongs to all."""
    match = _LIST.match(text, end)
    return match.end() if match else end


def _state(note: Note, text: str, start: int, end: int, row: codes.Marker) -> tuple[BiomarkerValue | None, int]:
    low, high = sentence_span(text, start)
    before, after = text[max(low, start - 70) : start], text[end : min(high, end + 60)]
    after = _own_part(after)
    name = text[start:end]
    if silent := without_result(row.marker, row, after):
        return silent, end
    result = _result(name, before, after)
    if result is None:
        return None, end
    window = name + after
    variant = patterns.VARIANT.search(window)
    state = patterns.GENE_STATE.match(after)
    reach = max(variant.end() - len(name) if variant else 0, state.end() if state else 0, 0)
    raw = note.text[start : end + reach]
    return _gene_value(row, window, text[low:high], raw, result, variant), end + reach


def without_result(marker: str, row: codes.Marker, after: str) -> BiomarkerValue | None:
    """The marker said not to be tested, or of unknown state; None when the words after it say neither."""
    for pattern, status in ((patterns.UNTESTED, "NOT_TESTED"), (patterns.UNKNOWN, "TESTED")):
        if match := pattern.match(after):
            return BiomarkerValue(marker, row.marker_class, "UNK", status, "UNK", match["raw"])
    return None


def _own_part(after: str) -> str:
    """What follows up to the next gene: ``、BRAF基因``."""
    nearest = re.search(
        r"[、,及和;](?=\s?(?:[a-z]{2,6}[0-9]{0,2}[a-z]{0,2})\s?(?:基因|突变|融合|扩增|重排|\(|[、,]|野生|未|无|阴性|阳性|[a-z]\d{2,4}[a-z]|(?:第\s?)?\d{1,2}(?:号|外)))|,(?=\s?(?:检测到|未检测到|未检出))",
        after,
    )
    return after[: nearest.start()] if nearest else after


def _result(name: str, before: str, after: str) -> str | None:
    if re.search(r"融合|重排|突变|扩增", name) and re.match(r"^\s?(?:检测)?[:为]?\s?(?:阳性|\(\+\)|\+)", after):
        return "POS"
    if "突变" in name and patterns.KIND_UNKNOWN.match(after):
        return "POS"
    state = patterns.GENE_STATE.match(after)
    negated = patterns.GENE_NEG_BEFORE.search(before)
    if (
        negated
        and not re.search(r"(?<!未)检测到|检出(?!率)", negated.group()[3:])
        and (state is None or state["pos"] or not after.strip())
    ):
        return "NEG"
    if negated and state is None:
        return "NEG"
    if state:
        return "NEG" if state["neg"] else "POS"
    if re.search(r"v600e|g12c|d5f3|r132h|ex14|跳跃|扩增|融合|重排|突变", name) and patterns.GENE_POS_BEFORE.search(
        before
    ):
        return "POS"
    listed = re.match(r"^\s?\(\s?([+-])", after)
    return None if listed is None else ("POS" if listed.group(1) == "+" else "NEG")


def _gene_value(
    row: codes.Marker, window: str, sentence: str, raw: str, result: str, variant: re.Match[str] | None
) -> BiomarkerValue:
    exon, vaf = patterns.EXON.search(window), patterns.VAF.search(window)
    partner = patterns.PARTNER.search(window)
    named = _variant_name(variant) if variant else None
    return BiomarkerValue(
        marker=row.marker,
        marker_class="CNV" if "扩增" in window[:14] else row.marker_class,
        method=_method(sentence),
        status="TESTED",
        result=result,
        result_raw=raw,
        variant=named if result == "POS" or (named and named.startswith(("T790", "V600", "L858"))) else None,
        exon=next((group for group in exon.groups() if group), None) if exon else None,
        fusion_partner=partner["a"].upper() if partner and partner["b"].upper().startswith(row.marker[:3]) else None,
        vaf=float(vaf["n"]) if vaf else None,
    )


_ONE_LETTER = dict(
    zip(
        [
            "gly",
            "ala",
            "val",
            "leu",
            "ile",
            "pro",
            "phe",
            "tyr",
            "trp",
            "ser",
            "thr",
            "cys",
            "met",
            "asn",
            "gln",
            "lys",
            "arg",
            "his",
            "asp",
            "glu",
        ],
        "GAVLIPFYWSTCMNQKRHDE",
        strict=True,
    )
)


def _variant_name(match: re.Match[str]) -> str:
    """``gly12asp`` -> ``G12D``, ``19外显子缺失`` -> ``19del``."""
    if match["prot"]:
        return match["prot"].upper().replace("DEL", "del").replace("INS", "ins").replace("FS", "fs")
    if match["three"]:
        plain = match["three"].replace(" ", "")
        return _ONE_LETTER[plain[:3]] + plain[3:-3] + _ONE_LETTER[plain[-3:]]
    if match["del"]:
        return "19del"
    if match["ins"]:
        return "20ins"
    return "exon14 skipping" if match["ex14"] else match.group()


def _alone(note: Note, text: str, taken: Occupied) -> list[Mention]:
    found: list[Mention] = []
    egfr = codes.lookup("markers", "EGFR")
    for match in _ALONE.finditer(text) if any(word in text for word in _ALONE_CUE) else ():
        if egfr is None or not taken.free(max(0, match.start() - 12), match.end()):
            continue
        before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 10]
        negative = bool(patterns.GENE_NEG_BEFORE.search(before)) or bool(
            re.match(r"^\s?(?:突变)?(?:阴性|\(-\)|未检出|-)", after)
        )
        variant = patterns.VARIANT.search(match.group())
        value = _gene_value(egfr, match.group(), text[max(0, match.start() - 60) : match.end()], note.text[match.start() : match.end()],
                            "NEG" if negative else "POS", variant)  # fmt: skip
        found.append(mention(note, match.start(), match.end(), Label.BIOMARKER, value, ENGINE))
    return found


def _method(sentence: str) -> str:
    if patterns.PLASMA.search(sentence) and re.search(r"ngs|测序|检测", sentence):
        return "NGS_PLASMA"
    return next((name for pattern, name in patterns.METHOD if name != "IHC" and pattern.search(sentence)), "UNK")
