"""Privacy verbs: what may leave ``private/`` of a row, column by column. A column without a verb does not leave."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

from jobs.runtime import keys
from nlp.deid import Deidentifier, DeidResult, Known
from nlp.deid.normal import province_code
from warehouse.codes.shapes import is_code
from warehouse.schema import Column, Table, Type, Verb

ENGINE = "oncorwe-deid@1.0"
"""Name and version of the text rules, published with every document."""
CELL = 30
"""Characters up to which a value is a cell and not a text. The network was fitted to whole notes: without words around it, it takes HER2
for a name and a laboratory value for a day, so it reads only the cells of columns that hold prose (``Column.prose``) and Chinese."""
_CHINESE = re.compile(r"[\u3400-\u9fff]{2}")
_PURPOSES = {"encounter_sn": "encounter", "note_id": "document", "order_id": "order"}


@dataclass
class Person:
    """The person a row is about, as the de-identifier sees them."""

    patient_id: str
    known: Known
    max_offset_days: int

    @cached_property
    def offset_days(self) -> int:
        """Date offset, the same in columns and text."""
        return keys.date_offset(self.patient_id, self.max_offset_days)

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """Identifying strings and given names, to be looked for in short values."""
        known = self.known
        lists = (
            known.names,
            known.staff,
            known.id_numbers,
            known.phones,
            known.addresses,
            known.record_numbers,
            known.employers,
            known.institutions,
        )
        whole = [value for values in lists for value in values if len(value) >= 2]
        given = [name[1:] for name in (*known.names, *known.staff) if len(name) >= 3]
        return tuple(dict.fromkeys((*whole, *given)))

    @cached_property
    def surrogate_key(self) -> bytes:
        """Secret of the person's surrogates."""
        return keys.surrogate_key(self.patient_id)


@dataclass
class Outcome:
    """A de-identified row, or why it must be held back."""

    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    column: str = ""
    blanked: Counter[str] = field(default_factory=Counter)
    """Optional values that were in doubt and are NULL now, by column."""
    text: DeidResult | None = None


def complete_date(iso: str, offset_days: int) -> tuple[date, str]:
    """Shifted date and its precision: a month stands at its 15th, a year at 1 July unshifted."""
    parts = [int(part) for part in iso.split("-")]
    match len(parts):
        case 3:
            return date(*parts) + timedelta(days=offset_days), "D"
        case 2:
            return date(parts[0], parts[1], 15) + timedelta(days=offset_days), "M"
        case _:
            return date(parts[0], 7, 1), "Y"


class VerbApplier:
    """Applies a table's verbs to its rows. One per process."""

    def __init__(
        self, engine: Deidentifier, cells: Deidentifier, site: str, text_columns: frozenset[str] = frozenset({"text"})
    ) -> None:
        """``engine`` reads texts and prose, ``cells`` the other values of at most ``CELL`` characters."""
        self._engine, self._cells, self._site, self._long = engine, cells, site, text_columns
        self._plain = lru_cache(maxsize=50_000)(self._is_plain)

    def _reader(self, raw: str, prose: bool) -> Deidentifier:
        read_as_text = len(raw) > CELL or (prose and _CHINESE.search(raw) is not None)
        return self._engine if read_as_text else self._cells

    def _is_plain(self, raw: str, prose: bool) -> bool:
        """True when nothing is found in a short value: the same for every person, so it is worked out once."""
        return self._reader(raw, prose).scrub(raw, known=Known(), offset_days=1, surrogate_key=b"plain") == raw

    def apply(self, table: Table, values: dict[str, str], person: Person) -> Outcome:
        """De-identify one row's values; ``Outcome.problem`` is set when the row may not leave."""
        outcome = Outcome()
        for column in table.columns:
            raw = values.get(column.name)
            if raw is None or column.privacy is Verb.DROP:
                continue
            self._column(outcome, table, column, raw, values, person)
            if outcome.problem:
                return outcome
        return outcome

    def _column(
        self, outcome: Outcome, table: Table, column: Column, raw: str, values: dict[str, str], person: Person
    ) -> None:
        name = column.staging_name
        match column.privacy:
            case Verb.PSEUDONYM:
                outcome.values[name] = (
                    person.patient_id
                    if column.name == "patient_sn"
                    else keys.token(_PURPOSES[column.name], f"{self._site}|{raw}")
                )
            case Verb.KEEP:
                outcome.values[name] = _typed(column.type, raw)
            case Verb.SHIFT_DATE:
                outcome.values[name], outcome.values[f"{name}_precision"] = complete_date(raw, person.offset_days)
            case Verb.YEAR | Verb.CAP_AGE:
                outcome.values[name] = int(raw[:4])
            case Verb.REGION:
                outcome.values[name] = province_code(raw)
            case Verb.SCRUB_TEXT if column.name in self._long:
                self._document(outcome, column, raw, values, person)
            case Verb.SCRUB_TEXT:
                self._short(outcome, column, raw, person)

    def _document(self, outcome: Outcome, column: Column, raw: str, values: dict[str, str], person: Person) -> None:
        when = values.get("note_time") or values.get("contact_date")
        result = self._engine.deid(
            raw,
            known=person.known,
            offset_days=person.offset_days,
            surrogate_key=person.surrogate_key,
            note_type=values.get("note_type", ""),
            note_date=when,
        )
        if result.status != "ok" or result.text is None:
            outcome.problem, outcome.column = f"text held back: {result.reason}", column.name
            return
        outcome.text = result
        outcome.values |= {column.staging_name: result.text, "n_phi_spans": len(result.spans), "deid_engine": ENGINE}

    def _short(self, outcome: Outcome, column: Column, raw: str, person: Person) -> None:
        ordinary = is_code(raw, column.code_system) or self._plain(raw, column.prose)
        if _harmless(raw) or (ordinary and not any(needle in raw for needle in person.needles)):
            outcome.values[column.staging_name] = raw
            return
        clean = self._reader(raw, column.prose).scrub(
            raw, known=person.known, offset_days=person.offset_days, surrogate_key=person.surrogate_key
        )
        if clean is not None:
            outcome.values[column.staging_name] = clean
        elif column.required:
            outcome.problem, outcome.column = "required value may identify a person", column.name
        else:
            outcome.blanked[column.name] += 1


def _harmless(text: str) -> bool:
    """A plain number of at most six characters identifies nobody."""
    return len(text) <= 6 and text.replace(".", "", 1).isdecimal()


def _typed(kind: Type, raw: str) -> Any:
    match kind:
        case Type.INTEGER:
            return int(raw)
        case Type.DOUBLE:
            return float(raw)
        case _:
            return raw
