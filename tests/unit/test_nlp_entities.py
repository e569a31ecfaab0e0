"""The six CCKS types, the output contract, the linker, the rows that the structure job writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs import structure
from nlp import pipeline
from nlp.linking import Linker
from nlp.markup import parse, render
from nlp.pipeline import ENGINE, annotate_note, get_nlp

KEYS = [
    "start",
    "end",
    "text",
    "label",
    "section",
    "polarity",
    "temporality",
    "experiencer",
    "code",
    "code_system",
    "cue",
    "engine",
]


def found(text: str, label: str) -> list[str]:
    return [m["text"] for m in annotate_note({"note_id": 1, "text": text})["mentions"] if m["label"] == label]


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("disease", "诊断为“直肠癌”。", ["直肠癌"]),
        ("disease", "病理示：结肠腺癌（中高分化），隆起型，侵及外膜。", ["结肠腺癌（中高分化），隆起型"]),
        ("disease", "慢性萎缩性胃炎。", ["慢性萎缩性胃炎"]),
        ("disease", "门诊以“胃癌术后”收入院。", ["胃癌术后"]),
        ("disease", "切端未见癌。", []),
        ("disease", "左侧胸腔积液，右肺下叶肺炎。", ["左侧胸腔积液", "右肺下叶肺炎"]),
        ("anatomy", "无腹痛、腹胀。", ["腹", "腹"]),
        ("anatomy", "左侧卵巢未触及。", ["左侧卵巢"]),
        ("anatomy", "（第8组）淋巴结未见转移。", ["（第8组）淋巴结"]),
        ("anatomy", "胃旁（3个）、脾门（4个）淋巴结未见癌。", ["胃旁（3个）、脾门（4个）淋巴结"]),
        ("surgery", "行腹腔镜下根治性近端胃大部切除术。", ["腹腔镜下根治性近端胃大部切除术"]),
        ("surgery", "行全子宫切除术+双侧输卵管切除术。", ["全子宫切除术+双侧输卵管切除术"]),
        ("surgery", "行直肠癌根治术（MILES术），过程顺利。", ["直肠癌根治术（MILES术）"]),
        ("imaging_exam", "行腹部CT示肝占位。", ["腹部CT"]),
        ("imaging_exam", "分期CT3N1M0。", []),
        ("lab_test", "白细胞 3.2×10^9/L，CEA 12ng/ml。", ["白细胞", "CEA"]),
        ("lab_test", "免疫组化：CEA（+）。", []),
        ("lab_test", "输洗涤红细胞2U，控制血糖，平均红细胞血红蛋白量 31pg。", ["平均红细胞血红蛋白量"]),
        ("drug", "予奥沙利铂120mg+替吉奥胶囊。", ["奥沙利铂", "替吉奥胶囊"]),
        ("finding", "有咳嗽，无发热。", ["咳嗽", "发热"]),
        ("date", "2015年10月3日行手术，于11月5日复查。", ["2015年10月3日", "11月5日"]),
        ("anatomy", "第5、6、10组淋巴结肿大，胃壁增厚。", ["第5、6、10组淋巴结", "胃"]),
        ("anatomy", "大网膜光滑，距肛5cm，胃纳可。", ["肛", "胃"]),
        ("disease", "诊断：食管鳞癌（T3N2M0，IIIB期）。", ["食管鳞癌（T3N2M0，IIIB期）"]),
        ("disease", "胃窦低分化腺癌，部分为印戒细胞癌。", ["胃窦低分化腺癌"]),
        ("disease", "高血压3级 很高危。", ["高血压3级 很高危"]),
        ("surgery", "行右半结肠切除术+XX松解术（D2）。", ["右半结肠切除术+XX松解术（D2）"]),
        (
            "surgery",
            "在全麻下行胃癌根治术（近端胃大部切除，食管残胃吻合），术顺。",
            ["胃癌根治术（近端胃大部切除，食管残胃吻合）"],
        ),
        ("surgery", "术中探查见肿块。", []),
        ("surgery", "行腹腔镜上胆囊切除术。", ["腹腔镜上胆囊切除术"]),
        ("imaging_exam", "行超声胃镜检查。", []),
    ],
)
def test_type(label: str, text: str, expected: list[str]) -> None:
    assert found(text, label) == expected


def test_contract_of_a_mention() -> None:
    mention = annotate_note({"note_id": 7, "text": "既往史：无高血压。", "note_type": "入院记录"})["mentions"][0]
    assert list(mention) == KEYS
    assert (mention["section"], mention["polarity"], mention["temporality"]) == ("past_history", "negated", "history")
    assert ENGINE.startswith("oncorwe-nlp@")


def test_every_component_runs_alone() -> None:
    nlp = get_nlp()
    for name in ("oncorwe_disease", "oncorwe_drug"):
        doc = nlp.get_pipe(name)(nlp.make_doc("诊断胃癌，予奥沙利铂化疗。"))
        assert len(doc._.note.mentions) == 1


def test_a_record_without_text_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a string"):
        annotate_note({"note_id": 1, "text": None})


def test_markup_round_trip_and_errors() -> None:
    line = "无<disease neg>肝转移</disease>，父亲<disease fam>胃癌</disease>。"
    case = parse(line)
    assert render(case.text, list(case.mentions)) == line
    with pytest.raises(ValueError, match="not closed"):
        parse("无<disease neg>肝转移")
    with pytest.raises(ValueError, match="unknown flag"):
        parse("<disease foo>肝转移</disease>")


TABLE = [
    ("47.01", "腹腔镜下阑尾切除术"), ("47.09", "阑尾切除术"), ("51.22", "胆囊切除术"), ("51.23", "腹腔镜下胆囊切除术"),
    ("43.6", "胃大部切除伴胃-十二指肠吻合术"), ("50.22", "肝部分切除术"), ("06.2", "单侧甲状腺叶切除术"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("阑尾切除", ["47.09"]),
        ("腹腔镜阑尾切除术", ["47.01"]),
        ("胆囊切除术；阑尾切除术", ["51.22", "47.09"]),
        ("胆囊切除术+肝部分切除术", ["51.22", "50.22"]),
    ],
)
def test_linker_untrained(text: str, codes: list[str]) -> None:
    assert [candidate.code for candidate in Linker(TABLE).link(text).codes] == codes


def test_linker_learns_and_keeps_what_it_learned(tmp_path: Path) -> None:
    linker = Linker(TABLE)
    assert linker.train([("LC", ["腹腔镜下胆囊切除术"]), ("盲肠尾巴摘掉", ["阑尾切除术"]), ("x", ["not there"])]) == 2
    assert linker.link("LC").codes[0].code == "51.23"
    linker.save(tmp_path)
    assert Linker(TABLE).load(tmp_path).link("lc").codes[0].code == "51.23"


def test_linker_refuses_an_empty_table() -> None:
    with pytest.raises(ValueError, match="empty"):
        Linker([])


class Rows(list[dict[str, Any]]):
    """Stands for the writer of a table's parts."""

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row."""
        self.append(row)


def document(name: str, text: str) -> dict[str, Any]:
    head = {"site": "s", "hospital_id": "h", "delivery": "d", "document_id": name, "patient_id": "p"}
    return head | {"text": text, "doc_date": None, "note_type": ""}


def test_structure_one_unreadable_document_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    read = pipeline.annotate_note

    def fail(record: dict[str, Any]) -> dict[str, Any]:
        if record["note_id"] == "bad":
            raise RecursionError
        return read(record)

    monkeypatch.setattr(pipeline, "annotate_note", fail)
    tables: dict[str, Any] = {name: Rows() for name in structure.SCHEMAS}
    counts: Counter[str] = Counter()
    for name, text in (("a", "诊断胃癌。"), ("bad", "诊断胃癌。"), ("c", "无发热。")):
        structure._read_document(document(name, text), tables, counts)
    assert counts["failed: RecursionError"] == 1
    assert {row["document_id"] for row in tables["nlp_mention"]} == {"a", "c"}
    assert [row["document_id"] for row in tables["nlp_document"]] == ["a", "bad", "c"]
    for name, rows in tables.items():
        pa.Table.from_pylist(rows, schema=structure.SCHEMAS[name])
