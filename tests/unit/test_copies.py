"""Copy-forward: long runs of sentences in the order of an earlier note are copied, set phrases are not; rows restated by copy are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from tests.unit.test_cli_commands import Run, run
from warehouse.copies import find_copies, write_copies
from warehouse.copies.text import Course, sentences
from warehouse.errors import WarehouseError
from warehouse.release import Release

__all__ = ["run"]

HISTORY = "患者三月前因咳嗽就诊，胸部CT示右肺上叶占位。行穿刺活检，病理为腺癌，EGFR基因19外显子缺失。予奥希替尼80毫克口服，复查CT疗效评价PR。继续目前治疗，按期复查血象、肝功能及胸部CT。"
PHRASE = "病情平稳，继续目前治疗。"


def test_sentences_keep_their_place_and_lose_blanks() -> None:
    text = "一 般情况可。\n 体温 ３６.５。。\n"
    found = sentences(text)
    assert [text[s.start : s.end].strip() for s in found] == ["一 般情况可。", "体温 ３６.５。。"]
    assert [s.words for s in found] == ["一般情况可。", "体温36.5。。"]


@pytest.mark.parametrize(("first", "second", "copied"), [
    (HISTORY, "今日查房。" + HISTORY + "体温正常。", HISTORY),
    (HISTORY, HISTORY.replace("。", "。\n  "), HISTORY.replace("。", "。\n  ")),  # set anew with line breaks
    (PHRASE + HISTORY, PHRASE + "体温正常。" + PHRASE, ""),  # a set phrase is true again
    (HISTORY, HISTORY.replace("PR", "PD"), HISTORY[: HISTORY.index("予奥希")]),  # what was changed is new
    (HISTORY, "".join(reversed(HISTORY.split("。"))), ""),
    ("", HISTORY, ""),
])  # fmt: skip
def test_what_counts_as_copied(first: str, second: str, copied: str) -> None:
    course = Course(40)
    assert course.read("a", first)[0] == []
    segments, chars = course.read("b", second)
    assert "".join(second[s.start : s.end] for s in segments).strip() == copied.strip()
    assert chars == len("".join(second.split()))
    assert all(segment.source == "a" for segment in segments)


def test_the_longest_run_wins_and_of_equal_ones_the_earliest_note() -> None:
    course = Course(10)
    for name, text in (
        ("a", "甲甲甲甲甲甲。乙乙乙乙乙乙。"),
        ("b", "甲甲甲甲甲甲。乙乙乙乙乙乙。丙丙丙丙丙丙。"),
        ("c", "丙丙丙丙丙丙。"),
    ):
        course.read(name, text)
    (segment,), _ = course.read("d", "新。甲甲甲甲甲甲。乙乙乙乙乙乙。丙丙丙丙丙丙。")
    assert (segment.source, segment.start, segment.source_start, segment.chars) == ("b", 2, 0, 21)


def _release(root: Path) -> Release:
    """p1's note d1, copied a month later into d2 with one new sentence; both say PR, d2 says SD too. p2's note is p1's text."""
    rows = mini_release.rows()
    d1 = rows["document"][0] | {"text_deid": HISTORY, "n_chars": len(HISTORY)}
    d2_text = HISTORY + "今日复查，疗效评价SD。外院阅片仍为PR。"
    d2 = d1 | {"document_id": "d2", "doc_date": "2020-02-12", "text_deid": d2_text}
    d3 = d1 | {"document_id": "d3", "patient_id": "p2", "doc_date": "2020-03-12"}
    rows["document"] = [d1, d2, d3]
    rows["entity_mention"] = [
        _mention("m1", "d1", HISTORY, "PR"),
        _mention("m2", "d2", HISTORY, "PR"),
        _mention("m4", "d2", d2_text, "PR"),
        _mention("m3", "d2", d2_text, "SD"),
    ]
    said = {
        "anchor": "CLINICIAN",
        "date_precision": "D",
        "is_progression": "",
        "source_kind": "NLP",
        "patient_id": "p1",
        "tumour_id": "t1",
    }
    rows["response_assessment"] = [
        said
        | {
            "response_id": "r4",
            "response": "PR",
            "assessed_date": "2020-02-12",
            "document_id": "d2",
            "mention_ids": ["m4"],
        },
        said
        | {
            "response_id": "r1",
            "response": "PR",
            "assessed_date": "2020-01-12",
            "document_id": "d1",
            "mention_ids": ["m1"],
        },
        said
        | {
            "response_id": "r2",
            "response": "PR",
            "assessed_date": "2020-02-12",
            "document_id": "d2",
            "mention_ids": ["m2"],
        },
        said
        | {
            "response_id": "r3",
            "response": "SD",
            "assessed_date": "2020-02-12",
            "document_id": "d2",
            "mention_ids": ["m3"],
        },
    ]
    for table in ("staging", "biomarker", "metastasis"):
        for row in rows[table]:
            row.pop("mention_ids", None)
    return mini_release.write_release(root, rows)


def _mention(key: str, document: str, text: str, word: str) -> dict[str, Any]:
    start = text.rindex(word)
    return {
        "mention_id": key, "document_id": document, "patient_id": "p1", "span_start": start, "span_end": start + len(word), "text": word,
        "label": "response", "polarity": "affirmed", "engine": "e", "source_kind": "NLP",
    }  # fmt: skip


def test_shares_sources_and_rows_restated_by_copy(tmp_path: Path) -> None:
    copies = find_copies(_release(tmp_path / "w"))
    notes = {row["document_id"]: row for row in copies.documents.to_pylist()}
    assert notes["d1"]["copied_share"] == notes["d3"]["copied_share"] == 0.0  # another person's text is no copy
    assert notes["d2"]["copied_from"] == "d1" and notes["d2"]["near_duplicate"]
    assert notes["d2"]["copied_share"] == pytest.approx(
        len(HISTORY) / (len(HISTORY) + len("今日复查，疗效评价SD。外院阅片仍为PR。"))
    )
    assert [(row["pk"], row["restates_pk"], row["restates_document_id"]) for row in copies.rows.to_pylist()] == [
        ("r2", "r1", "d1")
    ]


def test_files_and_command(run: Run, tmp_path: Path) -> None:
    release = _release(tmp_path / "w")
    told = write_copies(release, tmp_path / "o")
    assert told["restated_rows"] == {"response_assessment": 1} and told["hospitals"]["h1"]["near_duplicates"] == 1
    code, out, err = run("copies", "-o", tmp_path / "o", "--warehouse", tmp_path / "w")
    assert code == 0 and not err and "response_assessment           1 rows" in " ".join(out.split("\n"))
    segments = pq.read_table(tmp_path / "o" / "segments.parquet").to_pylist()
    assert [(row["span_start"], row["span_end"], row["source_document_id"]) for row in segments] == [
        (0, len(HISTORY), "d1")
    ]


def test_a_release_without_texts_is_told_so_and_an_empty_one_has_no_copies(tmp_path: Path) -> None:
    rows = mini_release.rows()
    rows["document"][0]["text_deid"] = None
    with pytest.raises(WarehouseError, match="no texts"):
        find_copies(mini_release.write_release(tmp_path / "w", rows))
    assert write_copies(mini_release.build_empty(tmp_path / "e"), tmp_path / "o")["hospitals"] == {}
