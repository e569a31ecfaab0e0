"""Code tables of an institution: read from what hospitals have, checked, versioned, preferred, never inside the package."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.conform import coders
from tests.fixtures import mini_release
from tests.unit.test_cli_commands import Run, run
from warehouse import codes
from warehouse.codes import institution
from warehouse.codes.institution import entries, import_table, imported, linker_file
from warehouse.codes.sheet import read_rows
from warehouse.codes.worklist import Term as Uncoded
from warehouse.codes.worklist import _near, _organs, _rules, worklist
from warehouse.errors import WarehouseError

__all__ = ["run"]

ICD10 = """诊断编码,诊断名称,别名
C34.101,右肺上叶恶性肿瘤,右上肺癌
C34.102,左肺上叶恶性肿瘤,
C34.101,右肺上叶支气管恶性肿瘤,
I49.902,自拟甲名,
"""


@pytest.fixture(autouse=True)
def _built_in_again() -> Iterator[None]:
    yield
    codes.use(None)
    for cached in (coders.drug, coders._drug_names, coders._disease_names, coders._sites):
        cached.cache_clear()


def file(folder: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    """A table file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def store(folder: Path, table: str, text: str, **more: object) -> institution.Imported:
    """Import some text into ``folder``/codes."""
    return import_table(table, file(folder, text), folder / "codes", edition="e", **more)[0]  # type: ignore[arg-type]


def workbook(path: Path, sheets: dict[str, str]) -> Path:
    """A small XLSX: sheet name → XML of its rows; the first shared string is 编码, the second 名称."""
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    targets = "".join(f'<Relationship Id="r{n}" Target="worksheets/s{n}.xml"/>' for n in range(1, len(sheets) + 1))
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", f'<workbook {ns} xmlns:r="{rel}"><sheets>{listed}</sheets></workbook>')
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>")
        book.writestr(
            "xl/sharedStrings.xml", f"<sst {ns}><si><t>编码</t></si><si><r><t>名</t></r><r><t>称</t></r></si></sst>"
        )
        for n, rows in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/s{n}.xml", f"<worksheet {ns}><sheetData>{rows}</sheetData></worksheet>")
    return path


SHEET = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>附件 1</t></is></c></row>'
    '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>'
    '<row r="3"><c r="A3"><v>38.93</v></c><c r="C3" t="inlineStr"><is><t>静脉置管术</t></is></c></row>'
    '<row r="4"><c r="A4"><v>45.0</v></c><c r="C4" t="str"><v>肠切开术</v></c></row>'
)


def test_a_workbook_is_read_like_a_text_table(tmp_path: Path) -> None:
    book = workbook(tmp_path / "t.xlsx", {"说明": "", "手术": SHEET})
    assert read_rows(book, "手术") == [
        ["附件 1"],
        ["编码", "", "名称"],
        ["38.93", "", "静脉置管术"],
        ["45", "", "肠切开术"],
    ]
    stored, faults = import_table("icd9cm3", book, tmp_path / "codes", edition="e", sheet="手术")
    assert (stored.rows, faults.count) == (2, 0)
    assert [entry.name for entry in entries(tmp_path / "codes", "icd9cm3")] == ["静脉置管术", "肠切开术"]
    with pytest.raises(WarehouseError, match=r"no sheet '药品'[\s\S]*说明, 手术"):
        read_rows(book, "药品")
    with zipfile.ZipFile(tmp_path / "e.xlsx", "w") as entity:
        entity.writestr("xl/_rels/workbook.xml.rels", '<!DOCTYPE x [<!ENTITY a "b">]><x/>')
    with pytest.raises(WarehouseError, match="entities"):
        read_rows(tmp_path / "e.xlsx")


@pytest.mark.parametrize(("text", "encoding", "name"), [
    (ICD10, "utf-8-sig", "a.csv"), (ICD10, "gb18030", "a.csv"), (ICD10.replace(",", "\t"), "utf-8", "a.tsv"), (ICD10.replace(",", ";"), "utf-8", "a.csv"),
    ("国家临床版\n\n" + ICD10, "utf-8", "a.txt"),
])  # fmt: skip
def test_text_tables_in_any_usual_shape(tmp_path: Path, text: str, encoding: str, name: str) -> None:
    stored, _ = import_table(
        "icd10", file(tmp_path, text, name, encoding), tmp_path / "codes", edition="国家临床版 2.0"
    )
    assert stored.rows == 3 and stored.edition == "国家临床版 2.0"
    first = entries(tmp_path / "codes", "icd10")[0]
    assert (first.code, first.name) == ("C34.101", "右肺上叶恶性肿瘤")
    assert set(first.synonyms) == {"右上肺癌", "右肺上叶支气管恶性肿瘤"}


def test_imports_go_before_the_built_in_names_and_leave_the_rest(tmp_path: Path) -> None:
    before, known = codes.version(), len(codes.icd10())
    assert codes.lookup("icd10", "右上肺癌") is None
    taken = codes.lookup("icd10", "C50.4").name_zh
    store(tmp_path, "icd10", ICD10 + "C34.1,肺上叶恶性肿瘤(临床版),\nZ99.901,自拟乙名," + taken + "\n")
    codes.use(tmp_path / "codes")
    assert codes.lookup("icd10", "右上肺癌").code == "C34.101"
    merged = codes.lookup("icd10", "C34.1")
    assert merged.name_zh == "肺上叶恶性肿瘤(临床版)" and merged.name_en and merged.status == "imported"
    assert codes.lookup("icd10", taken).code == "Z99.901"  # the institution's name beats a built-in one
    assert len(codes.icd10()) == known + 4 and codes.version() != before
    codes.use(None)
    assert codes.version() == before and len(codes.icd10()) == known


def test_conform_codes_with_them_in_four_characters(tmp_path: Path) -> None:
    assert coders.diagnosis("自拟甲名", None)[0] is None
    store(tmp_path, "icd10", ICD10)
    codes.use(tmp_path / "codes")
    coders._disease_names.cache_clear()
    assert coders.diagnosis("自拟甲名", None) == ("I49.9", "CONFIRMED", False)
    assert coders.diagnosis("右上肺癌", None) == ("C34.1", "CONFIRMED", True)


def test_names_of_a_hospital_for_known_codes(tmp_path: Path) -> None:
    store(tmp_path, "lab_items", "loinc,院内名称\n2039-6,癌胚(化发)\nLOCAL:SCC,鳞癌抗原(院)\n")
    store(tmp_path, "drugs", "药品代码,药品名称\nL01EB04,院内奥希片\n", columns={"code": "药品代码"})
    codes.use(tmp_path / "codes")
    assert coders.lab("癌胚(化发)", "ng/mL") == ("2039-6", "ng/mL", 1.0)
    assert coders.drug("院内奥希片").inn == "osimertinib"
    with pytest.raises(WarehouseError, match=r"row 2: '99999-9' is not in the built-in table"):
        store(tmp_path, "lab_items", "loinc,院内名称\n99999-9,某项\n")


def test_the_setting_reaches_the_run_and_its_version_the_release(tmp_path: Path) -> None:
    from jobs.runtime.application import open_context
    from jobs.runtime.settings import Settings, load_settings

    store(tmp_path, "icd10", ICD10)
    settings = file(tmp_path, f'[codes]\nfolder = "{tmp_path / "codes"}"\n', "s.toml")
    assert (
        load_settings(settings).fingerprint() == Settings().fingerprint()
    )  # the tables' version counts, not where they lie
    before = codes.version()
    open_context(landing=str(tmp_path), warehouse=str(tmp_path / "w"), settings_file=str(settings))
    assert codes.lookup("icd10", "右上肺癌") and codes.version() != before
    open_context(landing=str(tmp_path), warehouse=str(tmp_path / "w"))
    assert codes.version() == before


def test_versions_stay_side_by_side_and_a_touched_one_is_refused(tmp_path: Path) -> None:
    first = store(tmp_path, "icd10", ICD10)
    second = store(tmp_path, "icd10", ICD10 + "C34.103,右肺中叶恶性肿瘤,\n")
    assert store(tmp_path, "icd10", ICD10).version == first.version != second.version
    assert [(item.version, item.is_current) for item in imported(tmp_path / "codes")] == sorted(
        [(first.version, True), (second.version, False)]
    )
    assert linker_file(tmp_path / "codes", "icd10").read_text(encoding="utf-8").splitlines()[:2] == [
        "code\tname",
        "C34.101\t右肺上叶恶性肿瘤",
    ]
    rows = tmp_path / "codes" / "icd10" / first.version / "rows.tsv"
    rows.write_text(rows.read_text(encoding="utf-8") + "C99.9\tx\t\t\n", encoding="utf-8")
    with pytest.raises(WarehouseError, match="changed by hand"):
        codes.use(tmp_path / "codes")


WRONG = {
    ("icd10", "a,b\n1,2\n"): "not recognised[\\s\\S]*a, b, 1, 2",
    ("icd10", "编码,名称\nM80000/3,x\nC34.1,y\n"): "1 of 2 rows cannot be used[\\s\\S]*row 2: 'M80000/3' is no code",
    ("icd10", "编码,名称\nC34.1,\n"): "row 2: code or name is empty",
    ("icd10", "编码,名称\n"): "it has no row",
    ("icd9cm3", "编码,名称\nC34.1,x\n"): "is no code of icd9cm3",
    ("tumour_types", "编码,名称\nx,y\n"): "cannot be imported",
}


@pytest.mark.parametrize(("table", "text"), WRONG)
def test_wrong_files_are_told_where_and_store_nothing(tmp_path: Path, table: str, text: str) -> None:
    with pytest.raises(WarehouseError, match=WRONG[table, text]):
        store(tmp_path, table, text)
    assert not (tmp_path / "codes").exists()


def test_bad_rows_may_be_left_out_and_are_told(tmp_path: Path) -> None:
    text = "编码,名称\nM80000/3,x\nC34.1,肺上叶恶性肿瘤\n"
    stored, faults = import_table("icd10", file(tmp_path, text), tmp_path / "codes", edition="e", skip_bad=True)
    assert stored.rows == 1 and faults.count == 1 and faults.shown[0].startswith("row 2")
    with pytest.raises(WarehouseError, match="inside the package"):
        import_table("icd10", tmp_path / "t.csv", Path(institution.__file__).parent, edition="e", skip_bad=True)
    with pytest.raises(WarehouseError, match=r"cannot be read from \.doc"):
        read_rows(file(tmp_path, "x", "t.doc"))
    with pytest.raises(WarehouseError, match="no column '别的'"):
        store(tmp_path, "icd10", ICD10, columns={"synonyms": "别的"})
    with pytest.raises(WarehouseError, match="does not exist"):
        codes.use(tmp_path / "nowhere")


def _release(root: Path) -> None:
    rows = mini_release.rows()
    more = [("窦性心律", n) for n in range(1, 7)] + [("很少见的病", 1), ("右上肺癌", 2)]
    rows["diagnosis"] += [
        {"diagnosis_id": f"w{i}", "patient_id": f"p{n}", "diagnosis_date": "2020-01-12", "date_precision": "D", "name_raw": name, "certainty": "CONFIRMED"}
        for i, (name, n) in enumerate(more)
    ]  # fmt: skip
    rows["lab_measurement"].append(
        {
            "lab_id": "u",
            "patient_id": "p1",
            "test_code": "LOCAL:UNMAPPED",
            "test_name_raw": "癌胚抗原定量X",
            "sample_date": "2020-01-12",
        }
    )
    mini_release.write_release(root, rows)


def test_the_worklist_hides_rare_terms_unless_inside(tmp_path: Path) -> None:
    from warehouse.release import current

    _release(tmp_path / "w")
    _organs("topography", "x")
    worklist(current(tmp_path / "w"), [])
    assert _organs.cache_info().currsize == 0, "an imported topography counts from the next list on"
    shown, hidden = worklist(current(tmp_path / "w"), ["diagnosis", "lab"], threshold=5)
    assert [(term.name, term.rows, term.persons) for term in shown] == [("窦性心律", 6, 6)] and hidden == 3
    every, hidden = worklist(current(tmp_path / "w"), ["diagnosis", "lab"], inside=True)
    assert hidden == 0 and {term.name for term in every} == {"窦性心律", "很少见的病", "右上肺癌", "癌胚抗原定量X"}
    near = next(term for term in every if term.kind == "lab")
    assert near.near_code == "2039-6" and near.score >= 60
    store(tmp_path, "icd10", ICD10)
    codes.use(tmp_path / "codes")
    assert "右上肺癌" not in {term.name for term in worklist(current(tmp_path / "w"), ["diagnosis"], inside=True)[0]}


@pytest.mark.parametrize(
    ("name", "code"),
    [("鳞状细胞癌", "8070/3"), ("腺癌", "8140/3"), ("中分化鳞癌", "8070/3"), ("转移性鳞癌", "8070/3"), ("浸润性乳头状癌", "8503/3"), ("子宫内膜样腺癌G2", "8380/3"), ("鳞形细胞癌", ""), ("Anemia", ""), ("Squamous cell carcinoma", "8070/3"),
     ("甲状腺未分化癌", "C73"), ("恶性肿瘤术后的化疗", "Z51.1"), ("低分化肝细胞癌", "C22.0"), ("左乳癌", "C50"), ("弥漫大B细胞淋巴瘤（Ann Arbor Ⅱ期）", "C83.3"), ("窦性心律", "")],
)  # fmt: skip
def test_a_diagnosis_that_names_no_organ_is_compared_with_histologies(name: str, code: str) -> None:
    assert _near(Uncoded("diagnosis", "h", name, 1, 1), _rules()["diagnosis"]).near_code == code


def test_commands(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCORWE_CODES", str(tmp_path / "codes"))
    _release(tmp_path / "w")
    table = file(tmp_path, ICD10)
    code, out, err = run("codes", "import", "icd10", table, "--edition", "国家临床版 2.0")
    assert code == 0 and not err and "3 codes, 国家临床版 2.0" in out and '[codes] folder = "' in out
    assert "* icd10" in run("codes", "list")[1] and run("codes", "path", "icd10")[1].strip().endswith("linker.tsv")
    code, out, _ = run("codes", "worklist", "--inside", "--warehouse", tmp_path / "w", "--kind", "diagnosis")
    assert code == 0 and "窦性心律" in out and "右上肺癌" not in out
    assert run("codes", "worklist", "--warehouse", tmp_path / "w", "-o", tmp_path / "x.csv")[0] == 0
    assert read_rows(tmp_path / "x.csv")[0][:3] == ["kind", "hospital_id", "name"]
    for words, said in (
        (("import", "icd10", tmp_path / "none.csv", "--edition", "e"), "does not exist"),
        (("import", "icd9cm3", table, "--edition", "e"), "is no code of icd9cm3"),
        (("path", "icd9cm3"), "was not imported"),
        (("worklist", "--kind", "x", "--warehouse", tmp_path / "w"), "no kind 'x'"),
    ):
        code, _, err = run("codes", *words)
        assert code == 2 and said in err and err.count("\n") == 1
