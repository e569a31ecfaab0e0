"""Explanations and timelines: the sentence behind a value, the rows behind a derived one, one person's course."""

import datetime as dt
import re
from itertools import pairwise

import pytest

from tests.fixtures import mini_release
from warehouse.errors import WarehouseError
from warehouse.explain import cut, explain, explain_patient, sentence_around, show
from warehouse.grounds import grounds, rows_behind, rule_words
from warehouse.schema import release as release_of
from warehouse.schema import release_tables
from warehouse.timeline import WIDTH, Event, _chart, joined


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return mini_release.build(tmp_path_factory.mktemp("w"))


def test_the_sentence_with_the_span_marked(mini):
    text = explain(mini, "staging", "st1").to_text()
    assert "诊断：右肺上叶腺癌 【cT2aN3M1b IVA期】，双肺转移。\n" in text
    assert "Read from the text of a document, confidence 0.97" in text
    assert "stage_group_recorded       IVA" in text


def test_the_note_around_it_is_whole(mini):
    (source,) = explain(mini, "staging", "st1").sources
    assert "".join(text for text, _ in source.pieces) == mini_release.NOTE
    assert [text for text, marked in source.pieces if marked] == ["cT2aN3M1b IVA期"]


def test_mentions_are_found_from_the_row_and_from_the_mention(mini):
    """tumour t1 names no mention, but mention m1 names it."""
    (evidence,) = explain(mini, "tumour", "t1").evidence
    assert (evidence.text, evidence.code) == ("右肺上叶腺癌", "8140/3 (ICD-O-3)")


def test_a_derived_row_leads_on_to_its_rows(mini):
    explanation = explain(mini, "line_of_therapy", "l1")
    assert explanation.origin.startswith("Derived from other rows by rule solid_default@1")
    found = {(r.direction, r.table, r.key) for r in explanation.related}
    assert {("->", "tumour", "t1"), ("<-", "regimen", "rl1"), ("<-", "endpoint", "e3")} <= found


def test_an_endpoint_shows_its_rule_and_the_sentence_that_ended_it(tmp_path):
    rows = mini_release.rows()
    for row in rows["response_assessment"]:
        if row["line_id"] == "l1" and row["response"] == "PD":
            row |= {"mention_ids": ["m9"], "document_id": "d1"}
    said = "双肺转移"
    start = mini_release.NOTE.index(said)
    rows["entity_mention"].append(
        rows["entity_mention"][0]
        | {"mention_id": "m9", "span_start": start, "span_end": start + len(said), "text": said, "label": "response"}
        | dict.fromkeys(("produced_table", "produced_pk", "concept_code", "concept_system"))
    )
    release = mini_release.write_release(tmp_path, rows)
    with release.connect() as db:
        ((key,),) = db.sql("SELECT endpoint_id FROM endpoint WHERE endpoint = 'RWPFS' AND line_id = 'l1'").fetchall()
    explanation = explain(release, "endpoint", key)
    assert explanation.rule.startswith("line start to progression by the end of follow-up")
    assert [e.text for e in explanation.evidence] == [said]
    ground = next(r for r in explanation.related if r.table == "response_assessment")
    assert ground.why == "the assessment on the end date" and "response PD" in ground.summary
    assert f"<mark>{said}</mark>" in explanation.to_html() and ground.why in explanation.to_html()


def test_a_line_shows_its_doses_and_an_unknown_rule_set_claims_nothing(tmp_path):
    rows = mini_release.rows()
    for row in rows["regimen"]:
        row["drug_admin_ids"] = [d["drug_admin_id"] for d in rows["drug_administration"] if d["drug_admin_id"].startswith(f"{row['line_id']}-")]  # fmt: skip
    explanation = explain(mini_release.write_release(tmp_path, rows), "line_of_therapy", "l1")
    assert {r.key for r in explanation.related if r.why == "a dose of the first 28 days"} == {"l1-osimertinib"}
    assert explanation.rule == "", "the hand-made release names a rule set that the rule files do not have"


def test_the_rule_of_a_line_has_the_numbers_of_its_tumour_type():
    row = {"source_kind": "DERIVED", "tumour_code": "GASTRIC", "line_number": 1, "source_ref": "lot_gastric@1"}
    assert "more than 90 days" in rule_words(row) and "within 28 days" in rule_words(row)


NEUTROPHILS = [("2019-10-20", 1.4), ("2019-10-24", 0.8), ("2019-10-27", 0.9), ("2019-11-04", 3.1), ("2019-12-20", 0.7)]


def _graded(root, values=None, high=6.3, **event):
    rows = mini_release.rows()
    own = {"source_kind": "DERIVED", "source_ref": "ctcae_lab@1", "onset_date_precision": "D"} | event
    rows["adverse_event"] = [{**row, **own} for row in rows["adverse_event"] if row["ae_id"] == "ae1"]
    rows["lab_measurement"] += [
        {"lab_id": f"n{n}", "patient_id": "p5", "test_code": "751-8", "test_name_raw": "中性粒细胞", "specimen": "BLOOD",
         "sample_date": day, "value_num": value, "unit": "10*9/L", "ref_low": 1.8, "ref_high": high}
        for n, (day, value) in enumerate(values or NEUTROPHILS, 1)
    ]  # fmt: skip
    return explain(mini_release.write_release(root, rows), "adverse_event", "ae1")


def test_a_grade_leads_to_the_laboratory_values_it_was_read_from(tmp_path):
    explanation = _graded(tmp_path)
    found = [r for r in explanation.related if r.table == "lab_measurement"]
    assert [(r.key, r.why) for r in found] == [
        ("n2", "graded 3: 0.8 is below 1 10*9/L; normal in the report: 1.8 to 6.3"),
        ("n3", "graded 3: 0.9 is below 1 10*9/L; normal in the report: 1.8 to 6.3"),
    ]
    assert "sample_date 2019-10-24; value_num 0.8" in found[0].summary
    assert found[0].why in explanation.to_text() and found[0].why in explanation.to_html()


def test_six_values_are_shown_and_a_report_may_give_one_limit(tmp_path):
    days = [(f"2019-10-{day}", 0.8) for day in range(20, 28)]
    related = [r for r in _graded(tmp_path, days, high=None).related if r.table == "lab_measurement"]
    assert len(related) == 6
    assert all(r.why.endswith("normal in the report: from 1.8") for r in related)


@pytest.mark.parametrize(
    ("event", "keys"),
    [({"source_kind": "NLP", "source_ref": "d1", "onset_date": "2019-10-28"}, ["n2", "n3"]), ({"source_ref": "ctcae_lab@0"}, []),
     ({"grade": 4}, []), ({"grade_source": "NOTE"}, []), ({"onset_date_precision": "M"}, [])],
    ids=["a note's event", "an older rule", "no such value", "the note's own grade", "months alone"],
)  # fmt: skip
def test_only_values_that_gave_the_grade_are_shown(tmp_path, event, keys):
    related = _graded(tmp_path, **event).related
    assert [r.key for r in related if r.table == "lab_measurement"] == keys


@pytest.mark.parametrize(
    ("system", "group", "words"),
    [("BCLC", "B", "more nodules"), ("CNLC", "IIIa", "vascular invasion"), ("LUGANO", "IVB", "not contiguous"), ("LUGANO", "IIE", "one side"), ("LUGANO", "II2A", "one side"), ("VALG", "LD", "hemithorax"),
     ("AJCC", "IIIA", ""), ("BCLC", None, ""), ("LUGANO", "X", "")],
)  # fmt: skip
def test_a_stage_that_needs_more_than_tnm_is_put_in_words(system, group, words):
    said = rule_words({"staging_system": system, "stage_group_recorded": group})
    assert words in said and bool(said) == bool(words)


def test_every_ground_runs(mini):
    with mini.connect() as connection:
        for table in release_tables():
            for ground in grounds(table.name):
                rows_behind(connection, table, "nobody", ground, release_of(ground.table))
    assert {"endpoint", "line_of_therapy", "regimen", "tumour", "adverse_event"} == {
        t.name for t in release_tables() if grounds(t.name)
    }


def test_html_marks_the_span_and_loads_nothing(mini):
    page = explain(mini, "staging", "st1").to_html()
    assert "<mark>cT2aN3M1b IVA期</mark>" in page
    assert not re.search(r"https?://|@import|url\(|<script", page)


def test_markup_in_a_note_is_escaped(tmp_path):
    rows = mini_release.rows()
    rows["document"][0]["text_deid"] = mini_release.NOTE + "<script>alert(1)</script>"
    page = explain(mini_release.write_release(tmp_path, rows), "staging", "st1").to_html()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_without_the_text_the_mention_still_speaks(tmp_path):
    rows = mini_release.rows()
    rows["document"][0]["text_deid"] = None
    text = explain(mini_release.write_release(tmp_path, rows), "staging", "st1").to_text()
    assert "【cT2aN3M1b IVA期】" in text and "does not publish texts" in text


@pytest.mark.parametrize(
    "table", [t for t in release_tables() if mini_release.rows().get(t.name)], ids=lambda t: t.name
)
def test_every_filled_table_can_be_explained(mini, table):
    with mini.connect() as connection:
        key = connection.execute(f'SELECT min("{table.primary_key[0]}") FROM "{table.name}"').fetchone()[0]
    explanation = explain(mini, table.name, key)
    assert key in explanation.to_text() and key in explanation.to_html()


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [("stages", "x", "no table stages(?s:.*)staging"), ("staging", "x", "no row with that key")],
)
def test_errors_say_what_there_is_and_repeat_no_key(mini, table, key, message):
    with pytest.raises(WarehouseError, match=message):
        explain(mini, table, key)


@pytest.mark.parametrize(
    ("text", "span", "parts"),
    [
        ("甲。乙丙丁。戊", "丙", ("乙", "丁。")),
        ("甲\n乙丙\n丁", "丙", ("乙", "")),
        ("丙", "丙", ("", "")),
        ("大小 2.5cm，丙", "丙", ("大小 2.5cm，", "")),
    ],
)
def test_sentences(text, span, parts):
    start = text.index(span)
    assert sentence_around(text, start, start + len(span)) == parts


def test_overlapping_spans_become_one_piece_each_character_once():
    assert cut("abcdef", [(3, 5), (1, 4)]) == (("a", False), ("bcd", True), ("e", True), ("f", False))
    assert "".join(t for t, _ in cut("abc", [(0, 9), (5, 7)])) == "abc"


def test_timeline_lists_the_course_in_order(mini):
    text = explain_patient(mini, "p1").to_text()
    order = [
        "2020-01-10",
        "c IVA",
        "EGFR POS",
        "L1 osimertinib",
        "PR  CLIN",
        "PD  CLIN",
        "L2 carboplatin",
        "ALIVE_DISEASE",
    ]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "癌胚抗原 [ng/mL]: 2020-01-15 85" in text


def test_timeline_page_is_offline_svg_with_all_lanes(mini):
    page = explain_patient(mini, "p1").to_html()
    assert "<svg" in page and not re.search(r"(src|href)=|@import|url\(", page)
    for lane in ("Encounters", "Diagnosis", "Stage", "Lines", "Response", "癌胚抗原"):
        assert lane in page


@pytest.mark.parametrize("patient", ["p1", "p2", "p3", "p4", "p5", "p6"])
def test_marks_stay_in_the_picture_and_apart(mini, patient):
    chart = _chart(explain_patient(mini, patient))
    for mark in chart.marks:
        assert 0 <= mark.x <= mark.x + mark.width <= WIDTH and 0 <= mark.y <= chart.height
    bars = sorted((m.y, m.x, m.x + m.width) for m in chart.marks if m.width)
    assert all(y1 != y2 or right <= left for (y1, _, right), (y2, left, _) in pairwise(bars))


def test_two_results_of_one_day_stand_in_two_rows(mini):
    chart = _chart(explain_patient(mini, "p1"))
    rows = {mark.event.label: mark.y for mark in chart.marks}
    assert rows["EGFR POS"] != rows["ALK NEG"]
    assert rows["L1 osimertinib"] == rows["L2 carboplatin + pemetrexed"], "lines that follow each other share a row"


def test_what_notes_repeat_is_one_mark():
    def point(day, label, end=None):
        return Event(dt.date(2020, 1, day), end, label, f"note {day}", "bad", f"k{day}")

    drawn = joined(
        [point(1, "PD"), point(1, "PD"), point(2, "SD"), point(9, "PD"), point(10, "PD", dt.date(2020, 2, 1))]
    )
    assert [e.label for e in drawn] == ["PD ×3", "SD", "PD"] and drawn[2].end
    assert drawn[0].detail == "2020-01-01 note 1\n2020-01-01 note 1\n2020-01-09 note 9"
    later = Event(dt.date(2020, 3, 1), None, "PD", "", "bad", "x")
    assert [e.label for e in joined([point(1, "PD"), later])] == ["PD", "PD"]


def test_a_patient_without_events_and_an_unknown_one(tmp_path):
    release = mini_release.write_release(
        tmp_path, {"patient": [{"patient_id": "px", "sex": "U", "vital_status": "UNKNOWN"}]}
    )
    assert "No dated event" in explain_patient(release, "px").to_html()
    with pytest.raises(WarehouseError, match="no patient"):
        explain_patient(release, "nobody")


@pytest.mark.parametrize(("value", "shown"), [(12345.6, "12345.6"), (60500.0, "60500"), (0.97, "0.97"), (1.0, "1")])
def test_a_value_is_shown_as_it_stands(value: float, shown: str) -> None:
    assert show(value) == shown


def test_a_derived_stage_group_is_explained_beside_the_recorded_one() -> None:
    row = {"t_category": "T3", "n_category": "N2", "m_category": "M1", "stage_group_derived": "IVC", "edition": "7",
           "edition_inferred": True, "stage_group_recorded": "IVB", "stage_conflict": True, "source_kind": "NLP"}  # fmt: skip
    assert rule_words(row) == (
        "Group IVC follows from T3 N2 M1 by stage_groups.tsv, edition 7, the one in force on that day. "
        "The recorded group IVB contradicts it; stage_group follows the derived one."
    )
