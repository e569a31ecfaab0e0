"""Canonical rows leave the reader sealed: join tokens in clear, every value in one encrypted blob.

Also made here, because here the values are in clear for the last time before de-identification: the tokens by which
persons are linked across hospitals, and the sealed list of what the tables know about a person (names, numbers, staff).
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from jobs.runtime import keys
from nlp.deid.normal import normalise_id, normalise_name, normalise_phone
from warehouse.schema import Table

ROW_SCHEMA = pa.schema(
    [
        ("table_name", pa.string()),
        ("site", pa.string()),
        ("delivery", pa.string()),
        ("file_row", pa.int32()),
        ("version", pa.string()),
        ("deleted", pa.bool_()),
        ("row_key", pa.string()),
        ("patient_token", pa.string()),
        ("sealed", pa.binary()),
    ]
)
ROW_DDL = "table_name string, site string, delivery string, file_row int, version string, deleted boolean, row_key string, patient_token string, sealed binary"

KNOWN_SCHEMA = pa.schema(
    [("site", pa.string()), ("delivery", pa.string()), ("patient_token", pa.string()), ("sealed", pa.binary())]
)
KNOWN_DDL = "site string, delivery string, patient_token string, sealed binary"

PERSON_SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("delivery", pa.string()),
        ("file_row", pa.int32()),
        ("deleted", pa.bool_()),
        ("patient_token", pa.string()),
        ("id_token", pa.string()),
        ("name_birth_sex_token", pa.string()),
        ("phone_token", pa.string()),
        ("address_token", pa.string()),
        ("opt_out", pa.bool_()),
        ("sealed", pa.binary()),
    ]
)
PERSON_DDL = (
    "site string, delivery string, file_row int, deleted boolean, patient_token string, id_token string, name_birth_sex_token string, "
    "phone_token string, address_token string, opt_out boolean, sealed binary"
)

QUARANTINE_SCHEMA = pa.schema(
    [
        ("table_name", pa.string()),
        ("site", pa.string()),
        ("delivery", pa.string()),
        ("file", pa.string()),
        ("file_row", pa.int32()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("kind", pa.string()),
        ("patient_token", pa.string()),
        ("sealed", pa.binary()),
    ]
)
"""``patient_token`` is NULL where the record does not say whose it is."""

_KNOWN_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "patients": {
        "names": ("name", "contact_name"),
        "id_numbers": ("id_number",),
        "phones": ("phone", "contact_phone"),
        "addresses": ("address",),
        "record_numbers": ("patient_sn",),
        "employers": ("employer",),
        "birth_dates": ("birth_date",),
    },
    "encounters": {"record_numbers": ("encounter_sn", "admission_no"), "staff": ("attending_doctor",)},
    "notes": {"staff": ("author",)},
    "procedures": {"staff": ("surgeon",)},
    "labs": {"record_numbers": ("report_no",)},
    "genomics": {"record_numbers": ("report_no",)},
}


def patient_token(site: str, patient_sn: str) -> str:
    """Join token of a hospital's patient number."""
    return keys.token("patient-sn", f"{site}|{patient_sn}")


def row_key(site: str, table: Table, values: dict[str, str]) -> str:
    """What identifies a row across deliveries: its primary key, or all its values where the table has none."""
    named = (
        [values.get(name, "") for name in table.primary_key]
        if table.primary_key
        else [values.get(c.name, "") for c in table.columns]
    )
    return keys.token(f"row/{table.name}", json.dumps([site, *named], ensure_ascii=False))


def known(table: str, values: dict[str, str]) -> dict[str, list[str]]:
    """Identifying strings of a row, by kind."""
    return {
        kind: found
        for kind, names in _KNOWN_FIELDS.get(table, {}).items()
        if (found := [values[n] for n in names if values.get(n)])
    }


def person(site: str, delivery: str, number: int, deleted: bool, values: dict[str, str]) -> dict[str, Any]:
    """Linking tokens of a patients row; a token is NULL when its fields are missing or invalid."""
    id18 = normalise_id(values.get("id_number", ""))
    name, birth, sex = normalise_name(values.get("name", "")), values.get("birth_date", ""), values.get("sex", "")
    phone = normalise_phone(values.get("phone", ""))
    address = "".join(values.get("address", "").split())
    identity = f"id:{id18}" if id18 else f"sn:{site}:{values['patient_sn']}"
    return {
        "site": site,
        "delivery": delivery,
        "file_row": number,
        "deleted": deleted,
        "patient_token": patient_token(site, values["patient_sn"]),
        "id_token": keys.token("link/id", id18) if id18 else None,
        "name_birth_sex_token": keys.token("link/name-birth-sex", f"{name}|{birth}|{sex}")
        if name and len(birth) == 10 and sex in ("M", "F")
        else None,
        "phone_token": keys.token("link/phone", phone) if phone else None,
        "address_token": keys.token("link/address", address) if len(address) >= 8 else None,
        "opt_out": values.get("consent_scope") == "OPT_OUT",
        "sealed": keys.seal({"identity": identity}),
    }
