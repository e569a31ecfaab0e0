"""The lanes of a person's timeline, declared: which table, which dates, which words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: a name in two languages and a query for (start, end, label, detail, tone, key) of a patient (``?``)."""

    name: str
    zh: str
    table: str
    sql: str
    quiet: bool = False
    """Many events of little news: one row, labels only on hovering."""


def _lane(
    name: str,
    zh: str,
    table: str,
    start: str,
    end: str,
    label: str,
    detail: str,
    tone: str = "'plain'",
    *,
    quiet: bool = False,
) -> Lane:
    return Lane(
        name,
        zh,
        table,
        f"SELECT {start}, {end}, {label}, {detail}, {tone}, * FROM {table} "
        f"WHERE patient_id = ? AND {start} IS NOT NULL ORDER BY 1, 2, 3",
        quiet,
    )


LANES: tuple[Lane, ...] = (
    _lane(
        "Encounters",
        "就诊",
        "encounter",
        "start_date",
        "end_date",
        "encounter_type",
        "coalesce(department, '')",
        quiet=True,
    ),
    _lane(
        "Diagnosis",
        "确诊",
        "tumour",
        "first_dx_date",
        "NULL",
        "tumour_code",
        "concat_ws(' ', dx_basis, icd10_code)",
        "'key'",
    ),
    _lane("Advanced", "晚期", "tumour", "advanced_date", "NULL", "'advanced'", "tumour_code", "'bad'"),
    _lane("Recurrence", "复发", "tumour", "recurrence_date", "NULL", "'recurrence'", "tumour_code", "'bad'"),
    _lane(
        "Stage",
        "分期",
        "staging",
        "stage_date",
        "NULL",
        "concat(stage_class, ' ', coalesce(stage_group_recorded, stage_group))",
        "concat_ws(' ', staging_system, t_category, n_category, m_category)",
        "'key'",
    ),
    _lane(
        "Metastasis", "转移", "metastasis", "first_seen_date", "NULL", "site_code", "coalesce(site_text, '')", "'bad'"
    ),
    _lane(
        "Biomarkers",
        "标志物",
        "biomarker",
        "report_date",
        "NULL",
        "concat(marker, ' ', result)",
        "concat_ws(' ', variant_hgvs_p, ihc_score, result_raw)",
        "CASE result WHEN 'POS' THEN 'key' ELSE 'plain' END",
    ),
    _lane("Surgery", "手术", "surgery", "op_date", "NULL", "procedure_kind", "coalesce(op_name_raw, '')", "'key'"),
    _lane(
        "Radiotherapy",
        "放疗",
        "radiotherapy",
        "start_date",
        "end_date",
        "coalesce(target, 'RT')",
        "concat_ws(' ', technique, total_dose_gy, 'Gy')",
        "'key'",
    ),
    _lane(
        "Lines",
        "治疗线",
        "line_of_therapy",
        "start_date",
        "end_date",
        "concat(CASE WHEN setting = 'ADVANCED' THEN concat('L', line_number) ELSE setting END, ' ', line_name)",
        "concat_ws(' ', setting, end_reason, rule_set)",
        "CASE WHEN setting = 'ADVANCED' THEN 'line' ELSE 'early' END",
    ),
    _lane(
        "Response",
        "疗效",
        "response_assessment",
        "assessed_date",
        "NULL",
        "response",
        "concat_ws(' ', anchor, criteria)",
        "CASE WHEN is_progression THEN 'bad' WHEN response IN ('CR', 'PR', 'CRi', 'VGPR') THEN 'good' ELSE 'plain' END",
    ),
    _lane(
        "Adverse events",
        "不良事件",
        "adverse_event",
        "onset_date",
        "end_date",
        "concat(ae_term, ' ', coalesce(concat('G', grade), ''))",
        "concat_ws(' ', attribution, outcome)",
        "CASE WHEN grade >= 3 THEN 'bad' ELSE 'plain' END",
    ),
    _lane("Follow-up", "随访", "follow_up", "contact_date", "NULL", "status", "channel"),
    _lane("Death", "死亡", "patient", "death_date", "NULL", "'death'", "coalesce(death_source, '')", "'bad'"),
)
