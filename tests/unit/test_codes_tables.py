"""The code tables: sizes, references between them, names that mean one thing, numbers that can be."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from warehouse import codes
from warehouse.codes import tables
from warehouse.codes.lookup import LOADERS
from warehouse.schema import release

MINIMUM = {
    "drugs": 350,
    "regimens": 120,
    "markers": 150,
    "lab_items": 150,
    "tumour_types": 98,
    "morphology": 200,
    "ae_terms": 120,
    "provinces": 34,
    "icd9cm3": 200,
}
SHARED = {"lab_items": {"tg", "fbg"}, "tumour_types": {"mm", "mf"}}
"""Names that two rows own on purpose; the unit or the context decides."""
FOLDER = Path(tables.__file__).parent


@pytest.mark.parametrize(("table", "rows"), MINIMUM.items())
def test_tables_are_large_enough(table: str, rows: int) -> None:
    assert len(LOADERS[table]()) >= rows


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.tsv")), ids=lambda p: p.name)
def test_every_file_says_where_it_comes_from(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert any("source:" in line for line in head)
    assert any("version:" in line for line in head)
    assert any("sign-off" in line for line in head)
    titles = path.read_text(encoding="utf-8").splitlines()[len(head)].split("\t")
    assert "status" in titles or any("status: unverified" in line for line in head)


@pytest.mark.parametrize("table", sorted(set(LOADERS) - {"units", "icd10"}))
def test_a_name_means_one_row(table: str) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for row in LOADERS[table]():
        for name in codes.names(row):
            if name != getattr(row, "atc", None):
                owners[codes.fold(name)].add(codes.names(row)[0])
    assert {name for name, rows in owners.items() if len(rows) > 1} <= SHARED.get(table, set())


def test_drug_classes_are_the_closed_set_and_irae_follows_the_target() -> None:
    allowed = set(release("drug_administration").column("drug_class").values)
    assert {row.drug_class for row in codes.drugs()} <= allowed
    assert all(row.is_antineoplastic == (row.drug_class not in ("SUPPORT", "TCM")) for row in codes.drugs())
    assert codes.lookup("drugs", "卡度尼利单抗").irae_class
    assert not codes.lookup("drugs", "贝伐珠单抗").irae_class


def test_drugs_of_regimens_and_substitution_rules_exist() -> None:
    inns = {row.inn for row in codes.drugs()}
    assert {d for row in codes.regimens() for d in row.drugs} <= inns
    assert {
        "nab-paclitaxel",
        "liposomal paclitaxel",
        "tegafur-gimeracil-oteracil",
        "levoleucovorin",
        "almonertinib",
        "furmonertinib",
    } <= inns


def test_tumours_of_regimens_and_stage_groups_exist() -> None:
    known = {row.tumour_code for row in codes.tumour_types()}
    assert {t for row in codes.regimens() for t in row.tumours} <= known
    assert {row.tumour_code for row in codes.stage_groups()} <= known


def test_closed_sets_of_markers_operations_and_laboratory_codes_of_events() -> None:
    assert {row.marker_class for row in codes.markers()} <= set(release("biomarker").column("marker_class").values)
    for column in ("procedure_kind", "approach", "ln_dissection"):
        assert {getattr(row, column) for row in codes.op_kinds()} - {""} <= set(
            release("surgery").column(column).values
        )
    labs = {row.code for row in codes.lab_items()}
    assert {row.lab_code for row in codes.ae_terms()} - {""} <= labs


def test_loinc_codes_have_their_check_digit() -> None:
    """LOINC codes end in a mod-10 check digit (LOINC users' guide)."""
    for row in codes.lab_items():
        if row.code_system == "LOINC":
            body, digit = row.code.split("-")
            odd = "".join(body[::-1][::2])[::-1]
            even = "".join(body[::-1][1::2])[::-1]
            total = sum(int(c) for c in even + str(int(odd) * 2))
            assert (10 - total % 10) % 10 == int(digit), row.code


def test_limits_and_conversions_are_numbers_that_can_be() -> None:
    for row in codes.lab_items():
        assert row.low is None or row.high is None or row.low < row.high, row.code
        assert all(factor > 0 for _, factor in row.conversions), row.code


def test_no_stage_row_is_hidden_by_an_earlier_one() -> None:
    groups: dict[tuple[str, str], list[codes.StageGroup]] = defaultdict(list)
    for row in codes.stage_groups():
        groups[row.tumour_code, row.edition].append(row)

    def covers(pattern: str, value: str) -> bool:
        return pattern == "*" or value.lower().startswith(pattern.lower())

    for rows in groups.values():
        for row in rows:
            if "*" not in (row.t, row.n, row.m):
                t = re.sub(r"\(.*?\)", "", row.t)
                first = next(
                    r
                    for r in rows
                    if covers(re.sub(r"\(.*?\)", "", r.t), t) and covers(r.n, row.n) and covers(r.m, row.m)
                )
                assert first.group == row.group, (row, first)


@pytest.mark.parametrize(
    ("tumour", "edition", "t", "n", "m", "group"),
    [
        ("NSCLC", "8", "T1c", "N1", "M0", "IIB"), ("NSCLC", "9", "T1c", "N1", "M0", "IIA"), ("NSCLC", "9", "T1b", "N2a", "M0", "IIB"), ("NSCLC", "8", "T4", "N2", "M0", "IIIB"),
        ("BREAST", "8", "T2", "N1", "M0", "IIB"), ("BREAST", "8", "T0", "N1mi", "M0", "IB"), ("COLON", "8", "T3", "N0", "M0", "IIA"), ("COLON", "8", "T2", "N2a", "M0", "IIIB"),
        ("GASTRIC", "8", "T4a", "N1", "M0", "IIIA"), ("GASTRIC", "8c", "T4a", "N1", "M0", "III"), ("HCC", "8", "T2", "N0", "M0", "II"), ("NPC", "8", "T3", "N1", "M0", "III"),
        ("PDAC", "8", "T2", "N1", "M0", "IIB"), ("CERVIX", "FIGO2018", "T1b1", "N1a", "M0", "IIIC1"), ("RCC", "8", "T3a", "N0", "M0", "III"), ("BLADDER", "8", "T2", "N0", "M0", "II"),
        ("NSCLC", "7", "T1", "N1", "M0", "IIA"), ("NSCLC", "7", "T3", "N2", "M0", "IIIA"), ("ESCC", "7", "T2", "N1", "M0", "IIB"), ("GASTRIC", "7", "T4a", "N2", "M0", "IIIB"),
        ("GASTRIC", "7", "T1", "N3", "M0", "IIB"), ("NPC", "7", "T1", "N3", "M0", "IVB"), ("HCC", "7", "T3b", "N0", "M0", "IIIB"), ("BLADDER", "7", "T2", "N1", "M0", "IV"),
    ],
)  # fmt: skip
def test_stage_groups_of_the_manual(tumour: str, edition: str, t: str, n: str, m: str, group: str) -> None:
    rows = [r for r in codes.stage_groups() if (r.tumour_code, r.edition) == (tumour, edition)]
    assert next(r.group for r in rows if r.t in (t, "*") and r.n in (n, "*") and r.m in (m, "*")) == group


@pytest.mark.parametrize(
    ("table", "text", "field", "value"),
    [
        ("drugs", "易瑞沙", "inn", "gefitinib"), ("drugs", "Ｋ药", "inn", "pembrolizumab"), ("drugs", "希罗达", "inn", "capecitabine"), ("drugs", "白紫", "inn", "nab-paclitaxel"),
        ("markers", "CerbB-2", "marker", "HER2"), ("markers", "KI-67", "marker", "KI67"), ("markers", "TOPOII", "marker", "TOP2A"), ("markers", "CKpan", "marker", "CKPAN"),
        ("lab_items", "谷丙转氨酶", "code", "1742-6"), ("units", "×10^9/L", "ucum", "10*9/L"), ("provinces", "苏州", "code", "32"), ("note_types", "手术记录", "doc_type", "OPREC"),
        ("ae_terms", "手足综合征", "soc", "Skin"), ("ae_terms", "粒缺", "soc", "Blood and lymphatic"), ("comorbidities", "冠心病", "condition_code", "I25"),
        ("topography", "右肺上叶", "code", "C34.1"), ("icd10", "肺癌", "code", "C34"), ("regimens", "双艾方案", "regimen", "Camre-Apa"),
    ],
)  # fmt: skip
def test_lookup_finds_what_notes_write(table: str, text: str, field: str, value: str) -> None:
    assert getattr(codes.lookup(table, text), field) == value


def test_ambiguous_forms_name_no_tumour_and_units_decide_between_tests() -> None:
    assert codes.lookup("tumour_types", "MM") is None
    assert [row.code for row in codes.candidates("lab_items", "TG")] == ["14927-8", "3013-0"]
    assert codes.lookup("drugs", None) is None
    with pytest.raises(KeyError):
        codes.lookup("no_such_table", "x")


def test_a_malformed_file_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "units.tsv"
    path.write_text("# source: x\nraw\tucum\nmg\n", encoding="utf-8")
    with pytest.raises(tables.CodeTableError, match=r"units\.tsv line 3: 1 cells, expected 2"):
        tables.read(path, codes.Unit)
