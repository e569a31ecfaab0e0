"""The pipeline: every job, what it reads and what it writes. Who has read this module has read the product.

DAG, command line, documentation diagram and lineage are made from ``JOBS``; nobody draws the pipeline twice. Reading this
module imports neither Spark nor spaCy: a job names its code by dotted path.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.runtime.context import Context
    from jobs.runtime.manifest import JobReport


class Scope(StrEnum):
    """Whether a job runs once for each hospital or once for all."""

    SITE = "site"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job.

    ``reads`` and ``writes`` are dataset names, ``zone.table`` or ``zone.*``; edges follow from them. ``run`` is the dotted path of
    ``(context, site_id) -> JobReport``; ``transform`` that of the pure function from tables to tables, where the job has one.
    """

    name: str
    scope: Scope
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: str
    transform: str = ""
    en: str
    zh: str

    def load(self) -> Callable[[Context, str], JobReport]:
        """Import the job's code."""
        module, _, function = self.run.rpartition(".")
        found: Callable[[Context, str], JobReport] = getattr(importlib.import_module(module), function)
        return found


JOBS: tuple[Job, ...] = (
    Job(
        name="ingest",
        scope=Scope.SITE,
        reads=("landing.*",),
        writes=("private.rows", "private.persons", "private.quarantine"),
        run="jobs.ingest.run",
        en="Decode, map, type and check delivered files; bad rows go to quarantine; everything leaves sealed.",
        zh="解码、列映射、类型与落地契约检查；坏行入隔离区；其余加密入私有区。",
    ),
    Job(
        name="link",
        scope=Scope.ALL,
        reads=("private.persons",),
        writes=("private.person_map",),
        run="jobs.link.run",
        en="One person key per human across hospitals, from keyed tokens; conflicts reported.",
        zh="以密钥令牌跨院归并为同一人；冲突上报，不静默合并。",
    ),
    Job(
        name="deidentify",
        scope=Scope.SITE,
        reads=("private.rows", "private.person_map"),
        writes=("staging.tables", "private.offsets"),
        run="jobs.deidentify.run",
        en="A privacy verb for every column; note text rewritten and scanned again; doubtful notes held back.",
        zh="逐列执行隐私动作；文书正文改写并复扫；存疑文书入隔离区。",
    ),
    Job(
        name="structure",
        scope=Scope.SITE,
        reads=("staging.tables",),
        writes=("staging.readings",),
        run="jobs.structure.run",
        en="spaCy reads new and changed documents: sections, mentions, assertion, dates, codes, facts.",
        zh="spaCy 读取新增或变更文书：分段、实体、断言、日期、编码、事实。",
    ),
    Job(
        name="conform",
        scope=Scope.ALL,
        reads=("staging.tables", "staging.readings"),
        writes=("candidate.conformed",),
        run="jobs.conform.job.run",
        transform="jobs.conform.transform",
        en="Structured and read rows become fact tables; codes, units, precedence of sources.",
        zh="结构化数据与文书事实合并为事实表；编码、单位、来源优先级。",
    ),
    Job(
        name="derive",
        scope=Scope.ALL,
        reads=("candidate.conformed",),
        writes=("candidate.derived",),
        run="jobs.derive.job.run",
        transform="warehouse.derive.columnar.derive_tables",
        en="Tumour episodes, stage groups, regimens, lines of therapy, response, endpoints.",
        zh="肿瘤事件、分期组、方案、治疗线、疗效、终点。",
    ),
    Job(
        name="validate",
        scope=Scope.ALL,
        reads=("candidate.derived",),
        writes=("candidate.validated", "candidate.report"),
        run="jobs.validate.run",
        en="Great Expectations judges contract and clinical checks; BLOCK stops the release.",
        zh="Great Expectations 判定契约与临床检查；BLOCK 阻止发布。",
    ),
    Job(
        name="publish",
        scope=Scope.ALL,
        reads=("candidate.validated", "candidate.report"),
        writes=("release.*",),
        run="jobs.publish.run",
        en="Write the release, its manifest and dictionary, then move one pointer.",
        zh="写出发布版、清单与数据字典，最后移动指针。",
    ),
)


@dataclass(frozen=True)
class Application:
    """Jobs that follow each other in one Spark application: start-up is what costs."""

    name: str
    jobs: tuple[Job, ...]

    @property
    def scope(self) -> Scope:
        """Scope of its jobs."""
        return self.jobs[0].scope


def upstream(job: Job, jobs: tuple[Job, ...] = JOBS) -> tuple[Job, ...]:
    """Jobs that write what ``job`` reads."""
    return tuple(
        other for other in jobs if other is not job and any(_meets(w, r) for w in other.writes for r in job.reads)
    )


def _meets(written: str, read: str) -> bool:
    zone_w, _, table_w = written.partition(".")
    zone_r, _, table_r = read.partition(".")
    return zone_w == zone_r and (table_w == table_r or "*" in (table_w, table_r))


def applications(jobs: tuple[Job, ...] = JOBS) -> tuple[Application, ...]:
    """Group consecutive jobs of one scope, where each reads what its forerunner made, into applications."""
    groups: list[list[Job]] = []
    for job in jobs:
        if groups and groups[-1][-1].scope is job.scope and groups[-1][-1] in upstream(job, jobs):
            groups[-1].append(job)
        else:
            groups.append([job])
    return tuple(Application("-".join(job.name for job in group), tuple(group)) for group in groups)


def application_edges(jobs: tuple[Job, ...] = JOBS) -> tuple[tuple[str, str], ...]:
    """Edges between applications, from what their jobs read and write."""
    made = applications(jobs)
    owner = {job.name: app.name for app in made for job in app.jobs}
    edges = {(owner[up.name], owner[job.name]) for job in jobs for up in upstream(job, jobs)}
    order = [app.name for app in made]
    return tuple(sorted((e for e in edges if e[0] != e[1]), key=lambda e: (order.index(e[1]), order.index(e[0]))))


def job(name: str) -> Job:
    """The job called ``name``; KeyError when there is none."""
    return next(j for j in JOBS if j.name == name) if any(j.name == name for j in JOBS) else _unknown(name)


def _unknown(name: str) -> Job:
    raise KeyError(name)
