"""Read one delivered file in a Spark worker and write its rows sealed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from jobs.ingest.canonical import Mapper, Row
from jobs.ingest.records import columns, records
from jobs.ingest.seal import (
    KNOWN_SCHEMA,
    PERSON_SCHEMA,
    QUARANTINE_SCHEMA,
    ROW_SCHEMA,
    known,
    patient_token,
    person,
    row_key,
)
from jobs.privacy.refusals import patient_tokens
from jobs.runtime import keys
from jobs.runtime.errors import InputUnusable, OncorweError
from jobs.runtime.fanout import PartWriter
from jobs.runtime.sites import FileRules, Site
from jobs.runtime.storage import Store

_SHOWABLE = re.compile(r"(?!.*\d{9})[A-Za-z0-9_.\-]{1,80}")


def shown_name(name: str, rules: FileRules, number: int) -> str:
    """A file's name for a message; the pattern instead when the name itself might say who it is about."""
    return name if _SHOWABLE.fullmatch(name) else f"{rules.pattern} (file {number})"


_SHOWN_COLUMNS = 12
_PLAIN_HEADING = re.compile(r"(?!.*\d{6})[^\x00-\x1f]{1,40}")


def listed(names: list[str]) -> str:
    """Column names for a message: the first ones, and none that looks like a value (a file may lack its header)."""
    shown = [name if _PLAIN_HEADING.fullmatch(name) else "(name withheld)" for name in names[:_SHOWN_COLUMNS]]
    return ", ".join(shown) + (f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else "")


class FileReader:
    """One file on its way into ``private/``."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.site = Site.model_validate(task["site"])
        self.rules = self.site.file[task["rules"]]
        self.mapper = Mapper(self.site, self.rules, task["max_text_chars"])
        self.counts: Counter[str] = Counter()
        self.bad: Counter[str] = Counter()
        self.cells: Counter[str] = Counter()
        self.warnings: list[str] = []
        self.refused = patient_tokens(Store(task["warehouse"]))
        self._seen_known: set[tuple[str, str]] = set()
        self._keys: set[str] = set()
        """Keys met in JSON lines, which have no header."""

    def read(self) -> dict[str, Any]:
        """Read the file to its end; the answer lists the parts written and what was counted."""
        landing, warehouse = Store(self.task["landing"]), Store(self.task["warehouse"])
        prefix, limit = self.task["prefix"], self.task["rows_per_part"]
        with landing.open(self.task["file"]) as raw:
            self._check_columns(columns(raw, self.task["file"], self.rules))
        with ExitStack() as stack, landing.open(self.task["file"]) as raw:
            self.rows = stack.enter_context(PartWriter(warehouse, f"{prefix}-rows", ROW_SCHEMA, limit))
            self.known = stack.enter_context(PartWriter(warehouse, f"{prefix}-known", KNOWN_SCHEMA, limit))
            self.persons = stack.enter_context(PartWriter(warehouse, f"{prefix}-persons", PERSON_SCHEMA, limit))
            self.quarantine = stack.enter_context(
                PartWriter(warehouse, f"{prefix}-quarantine", QUARANTINE_SCHEMA, limit)
            )
            for number, values, problem in records(raw, self.task["file"], self.rules):
                self._record(number, values, problem)
        if self.rules.format == "jsonl":
            self._check_keys()
        self._check_bad_share()
        return self._answer()

    def _check_columns(self, header: list[str] | None) -> None:
        if header is None:
            return
        required, optional = self.mapper.missing_columns(header)
        if required:
            self._refuse_without(required[0])
        if optional:
            self.warnings.append(f"{self.rules.table}: mapped but absent: {', '.join(optional)}")
        self._warn_unknown(header)

    def _check_keys(self) -> None:
        """The same for JSON lines, once all are read; a line may leave out what is empty, so one without any good row is refused."""
        required, _ = self.mapper.missing_columns(sorted(self._keys))
        if required and self._keys and not self.counts["taken"]:
            self._refuse_without(required[0])
        self._warn_unknown(sorted(self._keys))

    def _refuse_without(self, column: str) -> None:
        raise InputUnusable(
            f"The required column '{column}' is missing",
            why=f"the file has no column '{self.rules.columns[column]}'",
            do="Correct the column map or the encoding in the site file, or ask the hospital for the column",
        )

    def _warn_unknown(self, header: list[str]) -> None:
        if unknown := self.mapper.unknown_columns(header):
            self.warnings.append(
                f"{self.rules.table}: {len(unknown):,} unknown column(s), not taken: {listed(unknown)}. Map or ignore them in the site file"
            )

    def _record(self, number: int, source: dict[str, str], problem: str) -> None:
        self.counts["seen"] += 1
        if self.rules.format == "jsonl" and not problem:
            self._keys.update(source)
        row = Row(problem=problem, column="") if problem else self.mapper.row(source)
        token = patient_token(self.site.id, row.values["patient_sn"]) if "patient_sn" in row.values else None
        if token in self.refused:
            self.counts["refused"] += 1
            return
        if row.problem:
            self.bad[row.problem] += 1
            self._hold(number, token, row.column, row.problem, "row", {"source": source})
            return
        for cell in row.cells:
            self.cells[f"{cell.column}: {cell.reason}"] += 1
            self._hold(number, token, cell.column, cell.reason, "cell", {"value": cell.value})
        self.counts["taken"] += 1
        self._take(number, token, row)

    def _hold(
        self, number: int, token: str | None, column: str, reason: str, kind: str, values: dict[str, Any]
    ) -> None:
        self.quarantine.add(
            {
                "table_name": self.rules.table,
                "site": self.site.id,
                "delivery": self.task["delivery"],
                "file": self.task["shown"],
                "file_row": number,
                "column_name": column,
                "reason": reason,
                "kind": kind,
                "patient_token": token,
                "sealed": keys.seal(values),
            }
        )

    def _take(self, number: int, token: str | None, row: Row) -> None:
        table, values, delivery = self.mapper.table, row.values, self.task["delivery"]
        self.rows.add(
            {
                "table_name": table.name,
                "site": self.site.id,
                "delivery": delivery,
                "file_row": number,
                "version": values.get("version", ""),
                "deleted": row.deleted,
                "row_key": row_key(self.site.id, table, values),
                "patient_token": token,
                "sealed": keys.seal(values),
            }
        )
        if token is None:
            return
        if table.name == "patients":
            self.persons.add(person(self.site.id, delivery, number, row.deleted, values))
        if found := known(table.name, values):
            self._add_known(token, found)

    def _add_known(self, token: str, found: dict[str, list[str]]) -> None:
        mark = (token, repr(found))
        if mark not in self._seen_known:
            self._seen_known.add(mark)
            self.known.add(
                {
                    "site": self.site.id,
                    "delivery": self.task["delivery"],
                    "patient_token": token,
                    "sealed": keys.seal(found),
                }
            )

    def _check_bad_share(self) -> None:
        seen, bad = self.counts["seen"], self.bad.total()
        if seen == 0 and self.site.delivery.kind == "increment":
            self.warnings.append(
                f"{self.rules.table}: {self.task['shown']} holds no row; an increment may bring nothing new"
            )
        elif seen == 0:
            raise InputUnusable(
                "The file is empty",
                why="it holds a header and no row, and a snapshot without rows would delete everything",
                do="Ask the hospital to send it again, or remove it from the delivery",
            )
        if seen and bad and not self.counts["taken"] and self.site.delivery.kind == "snapshot":
            self._refuse_bad()
        if bad > 5 and bad / seen > self.task["max_bad_share"]:
            self._refuse_bad()

    def _refuse_bad(self) -> None:
        reason, count = self.bad.most_common(1)[0]
        raise InputUnusable(
            f"{self.bad.total():,} of {self.counts['seen']:,} rows cannot be used",
            why=f"mostly ({count:,}) '{reason}'",
            do="Correct the mapping or encoding in the site file, or ask the hospital to send the file again",
        )

    def _answer(self) -> dict[str, Any]:
        return {
            "table": self.rules.table,
            "delivery": self.task["delivery"],
            "file": self.task["shown"],
            "seen": self.counts["seen"],
            "taken": self.counts["taken"],
            "refused": self.counts["refused"],
            "bad": dict(self.bad),
            "cells": dict(self.cells),
            "warnings": self.warnings,
            "rows": self.rows.files,
            "known": self.known.files,
            "persons": self.persons.files,
            "quarantine": self.quarantine.files,
        }


def read_file(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Worker of the ingest job: one answer for one file; a file that cannot be used answers with its sentence."""
    try:
        yield FileReader(task).read()
    except OncorweError as error:
        yield {
            "table": task["table"],
            "delivery": task["delivery"],
            "file": task["shown"],
            "error": {"what": error.what, "why": error.why, "do": error.do},
            "exit_code": int(error.exit_code),
        }
