"""Treatment of a course: schemes chosen by setting and marker, cycles, maintenance, response, toxicity, radiotherapy."""

from __future__ import annotations

import math
from datetime import date, timedelta
from random import Random

from jobs.synth.course import Course, Line, Radiation, Response, Toxic
from jobs.synth.knowledge import Dose, Regimen, drugs, regimens, toxicities, weighted

_DRIVERS = ("EGFR", "ALK", "ROS1", "RET")
_SUBSTITUTES = (
    {"cisplatin", "carboplatin", "nedaplatin", "lobaplatin"},
    {"paclitaxel", "nab-paclitaxel", "liposomal paclitaxel"},
    {"fluorouracil", "capecitabine", "tegafur-gimeracil-oteracil"},
    {"leucovorin", "levoleucovorin"},
)
_PD1 = {"pembrolizumab", "sintilimab", "tislelizumab", "camrelizumab", "toripalimab", "durvalumab", "atezolizumab"}
_PLATINUM = {"cisplatin", "carboplatin", "nedaplatin", "oxaliplatin"}
_NOT_CHEMO = _PD1 | {"bevacizumab", "cetuximab", "trastuzumab", "pertuzumab", "rituximab", "fulvestrant", "goserelin"}
_MAINTENANCE_SPLITS = {"NSCLC"}
"""Tumours whose line rules split a maintenance phase off."""


def _condition(course: Course, text: str) -> bool:
    if text == "*":
        return True
    if text.startswith("h="):
        return bool(course.histology[3] == text[2:])
    if text.startswith("h!"):
        return bool(course.histology[3] != text[2:])
    if text.startswith("age<"):
        return course.person.age(course.dx) < int(text[4:])
    name, sign = text[:-1], text[-1]
    names = _DRIVERS if name == "DRIVER" else ("BRCA1", "BRCA2") if name == "BRCA" else (name,)
    return any(course.positive(n) for n in names) == (sign == "+")


def eligible(course: Course, need: str) -> bool:
    """Does the course meet a condition of regimens.tsv (``|`` alternatives of ``&`` conjunctions)?"""
    return any(all(_condition(course, part) for part in option.split("&")) for option in need.split("|"))


def brings_new_drug(regimen: Regimen, earlier: list[Line]) -> bool:
    """True when some drug of the scheme is neither in the line before nor a listed substitute of one of its drugs."""
    if not earlier:
        return True
    before = set(earlier[-1].regimen.inns)
    for group in _SUBSTITUTES:
        if before & group:
            before |= group
    return any(inn not in before for inn in regimen.inns)


def choose(rng: Random, course: Course, setting: str) -> Regimen | None:
    """A scheme for the setting, by weight, or None when none suits."""
    earlier = [line for line in course.lines if line.setting == "ADVANCED"] if setting[0] == "L" else []
    options = [r for r in regimens(course.code, setting) if eligible(course, r.need) and brings_new_drug(r, earlier)]
    if setting[0] == "L" and not earlier and course.lines:  # no drug under which the disease has just come back
        options = [r for r in options if not set(r.inns) & set(course.lines[-1].inns)] or options
    return weighted(rng, [[r.weight, r] for r in options])[1] if options else None


def _cycle_dates(rng: Random, start: date, regimen: Regimen, count: int, stop: date) -> list[date]:
    day = start
    days: list[date] = []
    while len(days) < count and day <= stop:
        days.append(day)
        slack = 0 if regimen.interval > 28 else rng.choice((0, 0, 0, 1, 2, 3, 5, 7))
        day += timedelta(days=regimen.interval + (slack if not regimen.oral_only else 0))
    return days


def given(line: Line) -> list[Dose]:
    """Doses of the line: in a maintenance phase only the drugs that go on."""
    return [
        d for d in line.regimen.drugs if d.inn in line.inns or (not line.is_maintenance and not drugs()[d.inn].in_line)
    ]


def active_doses(line: Line, cycle: int) -> list[Dose]:
    """Doses of one cycle: induction drugs stop after six cycles where the rest goes on without a split."""
    doses = given(line)
    keep = line.regimen.maintenance
    if keep and not line.is_maintenance and cycle > (line.regimen.cycles or 6):
        return [d for d in doses if d.inn in keep]
    return doses


def _run_out(line: Line) -> date:
    """Day on which the last dose of the line is used up."""
    counted = [
        (day, d.days) for i, day in enumerate(line.cycles, 1) for d in active_doses(line, i) if d.inn in line.inns
    ]
    return max(day + timedelta(days=max(taken - 1, 0)) for day, taken in counted)


def settle_ends(course: Course) -> None:
    """Line ends as the line rules have them: run-out of the last dose, the day before the next line, or death."""
    for i, line in enumerate(course.lines):
        following = [x.start - timedelta(days=1) for x in course.lines[i + 1 : i + 2]]
        line.end = min([_run_out(line), *following, *([course.death] if course.death else [])])


def _line(course: Course, setting: str, number: int, regimen: Regimen, cycles: list[date], horizon: date) -> Line:
    inns = tuple(inn for inn in regimen.inns if drugs()[inn].in_line)
    line = Line(setting, number, False, regimen, inns, cycles[0], cycles[-1], cycles[-1], cycles)
    line.end = min(_run_out(line), horizon)
    course.lines.append(line)
    return line


def early_line(
    rng: Random, course: Course, setting: str, key: str, start: date, horizon: date, most: int = 99
) -> Line | None:
    """A line with number 0 (neoadjuvant, adjuvant, chemoradiation), or None when no scheme suits or time is over."""
    regimen = choose(rng, course, key)
    if regimen is None or start > horizon:
        return None
    count = min(regimen.cycles or 6, most)
    if count > 4 and rng.random() < 0.25:
        count -= rng.randrange(1, 3)
    if regimen.maintenance:
        count = 17
    cycles = _cycle_dates(rng, start, regimen, count, horizon)
    line = _line(course, setting, 0, regimen, cycles, horizon)
    _toxicity(rng, course, line)
    return line


def adjuvant(rng: Random, course: Course, start: date, horizon: date) -> date:
    """Adjuvant treatment after an operation; returns its last day (the operation's when there is none).

    Endocrine therapy follows chemotherapy, so that every adjuvant line has one set of drugs.
    """
    last = course.surgeries[-1].day
    operated = last
    if any(line.setting == "NEOADJUVANT" for line in course.lines) and course.code != "BREAST" and rng.random() < 0.5:
        return last
    had_chemo = course.code == "BREAST" and any(line.setting == "NEOADJUVANT" for line in course.lines)
    if not had_chemo and (line := early_line(rng, course, "ADJUVANT", "ADJ", start, horizon)):
        last = line.end
    if (
        course.code in ("BREAST", "CERVIX", "RECTAL")
        and course.stage.n not in ("N0",)
        and last + timedelta(days=60) < horizon
    ):
        _radiate(rng, course, last + timedelta(days=21), "瘤床及区域淋巴结", "IMRT", 50.0, 25, "ADJUVANT", horizon)
        last = course.radiations[-1].end
    if (
        regimens(course.code, "ENDO")
        and course.positive("ER")
        and (line := _endocrine(rng, course, max(last + timedelta(days=14), operated + timedelta(days=35)), horizon))
    ):
        last = operated + timedelta(days=120) if line.cycles else last
    return min(last, horizon)


def _endocrine(rng: Random, course: Course, start: date, horizon: date) -> Line | None:
    regimen = choose(rng, course, "ENDO")
    if regimen is None or start > horizon:
        return None
    stop = min(horizon, start + timedelta(days=365 * 5))
    return _line(course, "ADJUVANT", 0, regimen, _cycle_dates(rng, start, regimen, regimen.cycles, stop), horizon)


def cut_short(course: Course, day: date) -> None:
    """End every line before ``day`` (relapse or death): later cycles did not take place."""
    for line in course.lines:
        line.cycles = [c for c in line.cycles if c < day]
        if line.cycles and line.end >= day:
            line.last_dose, line.end = line.cycles[-1], day - timedelta(days=1)
    course.lines = [line for line in course.lines if line.cycles]
    course.toxicities = [t for t in course.toxicities if t.day < day]


def _radiate(
    rng: Random,
    course: Course,
    start: date,
    site: str,
    technique: str,
    dose: float,
    fractions: int,
    intent: str,
    horizon: date,
) -> date | None:
    end = start + timedelta(days=math.ceil(fractions / 5) * 7 - 3 + rng.choice((0, 0, 1, 2)))
    if end > horizon:
        return None
    course.radiations.append(Radiation(start, end, site, technique, dose, fractions, intent))
    return end


_RADICAL = {"NPC": ("鼻咽原发灶及颈部淋巴结", 69.96, 33), "CERVIX": ("盆腔", 50.4, 28), "ESCC": ("食管病灶及淋巴引流区", 50.4, 28),
            "NSCLC": ("肺部病灶及纵隔淋巴结", 60.0, 30), "SCLC": ("肺部病灶及纵隔淋巴结", 60.0, 30)}  # fmt: skip


def chemoradiation(rng: Random, course: Course, start: date, horizon: date) -> date:
    """Radical chemoradiation; returns the last day of it."""
    site, dose, fractions = _RADICAL[course.code]
    end = _radiate(rng, course, start, site, rng.choice(("IMRT", "VMAT")), dose, fractions, "RADICAL", horizon)
    line = early_line(
        rng, course, "CURATIVE_CRT", "CRT", start, min(horizon, end + timedelta(days=10)) if end else horizon
    )
    course.disease.append((start + timedelta(days=30), 0.3))
    return max(x for x in (end, line.end if line else None, start) if x is not None)


def bone_or_brain_radiation(rng: Random, course: Course, start: date, horizon: date) -> date | None:
    """Palliative radiotherapy for bone or brain metastases; returns the day on which systemic therapy may begin."""
    sites = {site for site, _ in course.metastases}
    if not sites & {"BONE", "BRAIN"} or rng.random() > 0.45 or course.code == "PROSTATE":
        return None
    brain = "BRAIN" in sites
    end = _radiate(
        rng,
        course,
        start,
        "全脑" if brain else "胸腰椎转移灶",
        "IMRT" if brain else "3DCRT",
        30.0,
        10,
        "PALLIATIVE",
        horizon,
    )
    return end + timedelta(days=rng.randrange(3, 12)) if end else None


def advanced_line(rng: Random, course: Course, number: int, start: date, horizon: date) -> Line | None:
    """Line ``number`` of advanced disease, with its cycles up to progression, death or the horizon; None when nothing suits."""
    regimen = choose(rng, course, f"L{number}")
    if regimen is None:
        return None
    median = course.cfg["pfs_months"][number - 1] * regimen.pfs_factor
    cured = course.code == "DLBCL" and number == 1 and rng.random() > course.stage.relapse
    pfs = 400.0 if cured else 0.9 + rng.expovariate(math.log(2) / median)
    progress = start + timedelta(days=round(pfs * 30.4375))
    until = min(progress, horizon)
    endless = regimen.cycles == 0 or (regimen.maintenance and course.code not in _MAINTENANCE_SPLITS)
    count = 200 if endless else regimen.cycles
    cycles = _cycle_dates(rng, start, regimen, count, until)
    line = _line(course, "ADVANCED", number, regimen, cycles, horizon)
    if progress <= horizon:
        course.progressions.append(progress)
    _maintain(rng, course, line, until, horizon)
    _toxicity(rng, course, line)
    return line


def _maintain(rng: Random, course: Course, line: Line, until: date, horizon: date) -> None:
    regimen = line.regimen
    if course.code not in _MAINTENANCE_SPLITS or not regimen.maintenance or len(line.cycles) < 4 or line.number != 1:
        return
    first = line.cycles[-1] + timedelta(days=regimen.interval)
    cycles = _cycle_dates(rng, first, regimen, 31, until)
    if len(cycles) < 2:  # one dose is no phase: the line rules would not see it
        return
    inns = tuple(sorted(regimen.maintenance))
    course.lines.append(
        Line(
            "ADVANCED",
            line.number,
            True,
            regimen,
            inns,
            line.last_dose + timedelta(days=1),
            cycles[-1],
            cycles[-1],
            cycles,
        )
    )


def respond(rng: Random, course: Course, line: Line, horizon: date) -> tuple[date | None, date]:
    """Assessments during and after a line. Returns the progression day (None when none is seen) and the last dose day."""
    last = course.lines[-1].last_dose
    progress = course.progressions[-1] if course.progressions and course.progressions[-1] > line.start else None
    best = weighted(
        rng, [[6, "CR"], [48, "PR"], [46, "SD"]] if line.number == 1 else [[1, "CR"], [25, "PR"], [74, "SD"]]
    )[1]
    factor = {"CR": 0.0, "PR": 0.55, "SD": 0.95}[best]
    day, stop = line.start + timedelta(days=44 + rng.randrange(12)), min(progress or horizon, horizon)
    course.disease.append((line.start + timedelta(days=30), max(factor * 0.6, 0.05)))
    while day < stop - timedelta(days=20):
        course.responses.append(Response(day, best, line, round(course.size_mm[0] * factor)))
        day += timedelta(days=rng.randrange(56, 100) if (day - line.start).days < 400 else rng.randrange(150, 200))
    if progress is None:
        return None, last
    fresh = ""
    if rng.random() < 0.5:
        known = {site for site, _ in course.metastases}
        fresh = rng.choice([s for s in ("LIVER", "BONE", "LUNG", "BRAIN", "LN_DISTANT") if s not in known] or [""])
        if fresh:
            course.metastases.append((fresh, progress))
    course.responses.append(Response(progress, "PD", line, round(course.size_mm[0] * max(factor, 0.4) * 1.4), fresh))
    course.disease.append((progress, 0.9))
    return progress, last


def _causes(line: Line) -> set[str]:
    inns = set(line.inns)
    oral_targeted = {i for i in inns if i.endswith("nib") or i in ("lorlatinib", "olaparib")}
    causes = {"any"} | ({"io"} if inns & _PD1 else set()) | ({"tki"} if oral_targeted else set())
    hormonal = {"letrozole", "tamoxifen", "abiraterone", "enzalutamide", "bicalutamide"}
    if inns - _NOT_CHEMO - oral_targeted - hormonal:
        causes.add("chemo")
    return causes | ({"platinum"} if inns & _PLATINUM else set())


def _toxicity(rng: Random, course: Course, line: Line) -> None:
    causes = _causes(line)
    for item in toxicities():
        if item.cause not in causes or rng.random() > item.share:
            continue
        cycle = rng.choice(line.cycles[:6])
        grade = 3 + (rng.random() < 0.25) if rng.random() < item.grade3 else rng.choice((1, 1, 2))
        course.toxicities.append(Toxic(cycle + timedelta(days=rng.randrange(6, 14)), item.term, item.name_zh, grade))


def drug_label(rng: Random, inn: str) -> str:
    """A name of the drug as an order shows it, mostly the first."""
    names = drugs()[inn].names
    return names[0] if rng.random() < 0.8 else rng.choice(names)
