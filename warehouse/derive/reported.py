"""Regimens that notes tell of become REPORTED drug rows, so that lines can count treatment given elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from warehouse.derive.common import Row, Rows, token
from warehouse.derive.exposures import UNDATED
from warehouse.derive.rules import Rules


def reported_drugs(rows: Rows, rules: Rules, tumour_codes: Collection[str] = ()) -> tuple[list[Row], list[Row]]:
    """Drug rows of the regimen facts, and the facts that name no drug or no date (with the reason).

    ``tumour_codes``, the patient's tumours, tell which of two regimens a short name means.
    """
    found: dict[str, Row] = {}
    dropped: list[Row] = []
    for fact in rows.get("regimen_fact", ()):
        drugs = drugs_told(fact, rules, tumour_codes)
        known = [rules.drugs[d] for d in drugs if d in rules.drugs]
        if not known or fact.get("start_date") is None:
            dropped.append({"table": "regimen_fact", "reason": "no_drug" if not known else "no_date", "row": fact})
            continue
        for drug in known:
            row = _drug_row(fact, drug.inn, drug.code, drug.drug_class, drug.antineoplastic)
            found.setdefault(row["drug_admin_id"], row)
    present = _present(rows)
    return [r for r in found.values() if (r["drug_name_std"], r["start_date"]) not in present], dropped


def drugs_told(fact: Row, rules: Rules, tumour_codes: Collection[str]) -> Sequence[str]:
    """The drugs that a fact names, by name or as a regimen."""
    name = (fact.get("regimen_alias") or fact.get("regimen_name") or "").upper().removesuffix("方案")
    told: Sequence[str] = fact.get("drug_names") or rules.regimen_drugs.get(name, ())
    head = name.split("+")[0].removesuffix("方案")
    for special in rules.lines["regimen_name"]:
        if head == special["name"] and set(tumour_codes) & set(special["tumours"]):
            return [*special["drugs"], *(d for d in told if d not in rules.regimen_drugs.get(head, ()))]
    return told


def mark_undated(rows: Rows, days: Mapping[str, date | None]) -> list[Row]:
    """Drug rows, those of notes marked when their date is just the day of their note (``days``): the text gave none."""
    return [
        {**r, UNDATED: True}
        if r.get("record_kind") == "REPORTED"
        and r.get("document_id")
        and days.get(r["document_id"]) == r.get("start_date")
        else r
        for r in rows.get("drug_administration", ())
    ]


def _present(rows: Rows) -> set[tuple[str, date]]:
    return {(r["drug_name_std"], r["start_date"]) for r in rows.get("drug_administration", ())}


def _drug_row(fact: Row, inn: str, code: str, drug_class: str, antineoplastic: bool) -> Row:
    start = fact["start_date"]
    return {
        **{
            k: fact.get(k)
            for k in (
                "patient_id",
                "document_id",
                "mention_ids",
                "confidence",
                "hospital_id",
                "release_id",
                "dq_flags",
                "tumour_code",
            )
        },
        "source_kind": fact.get("source_kind") or "NLP",
        "source_ref": fact.get("source_ref"),
        "review_status": fact.get("review_status") or "NOT_REVIEWED",
        "drug_admin_id": token(
            fact.get("regimen_id") or fact.get("source_ref") or fact.get("document_id"),
            "drug",
            inn,
            fact.get("fact_no", ""),
        ),
        "drug_code": code,
        "drug_name_std": inn,
        "drug_name_raw": fact.get("regimen_alias"),
        "drug_class": drug_class,
        "is_antineoplastic": antineoplastic,
        "record_kind": "REPORTED",
        "start_date": start,
        "end_date": fact.get("end_date"),
        "date_precision": fact.get("start_date_precision") or fact.get("date_precision") or "D",
        "dose_modified": None,
        "stop_reason": fact.get("stop_reason"),
        UNDATED: bool(fact.get("fact_date") and fact["fact_date"] == start),
    }
