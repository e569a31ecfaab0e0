"""Simulate one person's course: stage, markers, treatment by stage and marker, response, relapse, death.

Times to progression are exponential around the medians of ``tumours.toml`` and the factors of ``regimens.tsv``; relapse after
early stage follows the five-year shares of ``stages.tsv``. The rules are ours, simplified, and await a clinician's sign-off.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from random import Random
from typing import Any

from jobs.synth import treat
from jobs.synth.course import Course, Marker, Response, Surgery, Variable
from jobs.synth.knowledge import Outcome, Panel, Stage, panels, stages, tumours, weighted
from jobs.synth.person import make_person, person_name

FIRST_DX = date(2015, 3, 1)
_MONTH = 30.4375


def months(value: float) -> timedelta:
    """A span of so many months."""
    return timedelta(days=max(1, round(value * _MONTH)))


def simulate(rng: Random, number: int, cutoff: date) -> Course:
    """The course of person ``number`` up to ``cutoff``."""
    course = _diagnose(rng, number, cutoff)
    _test_markers(rng, course)
    horizon = cutoff - timedelta(days=3)
    if rng.random() < 0.07:
        course.lost = min(course.dx + months(rng.uniform(8, 60)), horizon)
        horizon = course.lost
    start = course.dx + timedelta(days=rng.randrange(8, 22))
    match course.stage.plan:
        case "SURG":
            _resected_first(rng, course, start, horizon)
        case "NEO":
            _neoadjuvant_first(rng, course, start, horizon)
        case "CRT":
            end = treat.chemoradiation(rng, course, start, horizon)
            _watch(rng, course, end, horizon)
        case _:
            _advanced(rng, course, start, horizon)
    _close(rng, course, horizon)
    return course


def _diagnose(rng: Random, number: int, cutoff: date) -> Course:
    book = tumours()
    code = str(weighted(rng, [[cfg["weight"], code] for code, cfg in book.items()])[1])
    cfg = book[code]
    sex = "M" if rng.random() < cfg["male"] else "F"
    mean, spread = cfg["age"]
    age = 91 + rng.randrange(4) if rng.random() < 0.006 else int(min(max(rng.gauss(mean, spread), 24), 88))
    span = (cutoff - timedelta(days=45) - FIRST_DX).days
    dx = FIRST_DX + timedelta(days=int(span * math.sqrt(rng.random())))
    stage = _draw_stage(rng, stages()[code])
    person = make_person(rng, number, sex, age, dx)
    size = _size(rng, code, stage.t)
    course = Course(person, code, cfg, stage, weighted(rng, cfg["sites"]), weighted(rng, cfg["histology"]), dx, size)
    course.variables = _variables(number, cfg, dx)
    sites = rng.sample(stage.met_choices, stage.met_count) if stage.met_count else []
    course.metastases = [(site, dx) for site in sites]
    course.disease.append((date.min, _first_burden(stage)))
    return course


def _variables(number: int, cfg: dict[str, Any], dx: date) -> list[Variable]:
    """The disease's own variables, from a stream of their own: everything else of a seed stays as it was."""
    rng = Random(f"oncorwe-synth-variables|{number}|{dx}")
    chosen = [(code, where, words, rng.choice(values)) for code, where, words, values in cfg.get("variables", ())]
    return [Variable(code, where, words.format(value), value) for code, where, words, value in chosen]


def _first_burden(stage: Stage) -> float:
    """Burden at diagnosis by stage: markers and general condition follow it."""
    head = stage.group.rstrip("ABC123")
    return {"I": 0.12, "II": 0.2, "III": 0.45}.get(head, 1.0)


def _draw_stage(rng: Random, rows: tuple[Stage, ...]) -> Stage:
    stage: Stage = weighted(rng, [[s.weight, s] for s in rows])[1]
    return stage


# Largest diameter in mm by T, where T is a matter of size (lung, breast, liver, ovary do not share one scale).
_SIZES = {"NSCLC": {"T1b": (11, 20), "T1c": (21, 30), "T2a": (31, 40), "T2b": (41, 50), "T3": (51, 70), "T4": (71, 95)},
          "SCLC": {"T2a": (31, 40), "T4": (71, 95)},
          "BREAST": {"T1c": (11, 20), "T2": (21, 50), "T3": (51, 75)},
          "HCC": {"T1a": (10, 20), "T1b": (21, 60), "T2": (22, 50), "T3": (51, 95)},
          "PDAC": {"T2": (21, 40), "T3": (41, 55), "T4": (30, 55)},
          "CERVIX": {"T1b1": (8, 20), "T1b2": (21, 39)}}  # fmt: skip


def _size(rng: Random, code: str, t: str) -> tuple[int, int]:
    low, high = _SIZES.get(code, {}).get(t, (18, 62) if code != "PROSTATE" else (8, 22))
    long = rng.randrange(low, high + 1)
    return long, max(5, round(long * rng.uniform(0.6, 0.95)))


def _test_markers(rng: Random, course: Course) -> None:
    if course.code == "BREAST":
        _breast_markers(rng, course)
    for panel in panels().get(course.code, ()):
        if panel.is_gene and course.stage.plan == "SURG" and rng.random() < 0.35:
            continue  # resected early disease is often not sequenced
        _draw_panel(rng, course, panel)


def _breast_markers(rng: Random, course: Course) -> None:
    _, er, pr, her2, ki67 = weighted(rng, course.cfg["subtypes"])
    day = course.dx
    for marker, percent in (("ER", er), ("PR", pr)):
        percent = min(100, max(1, percent + rng.randrange(-2, 2) * 10)) if percent else 0
        course.markers.append(Marker(marker, "POS" if percent else "NEG", f"{percent}%", day, "IHC"))
    course.markers.append(Marker("HER2", "POS" if her2 == "3+" else "NEG", her2, day, "IHC"))
    ki67 = max(3, ki67 + rng.randrange(-2, 4) * 5)
    course.markers.append(Marker("KI67", "POS" if ki67 >= 20 else "NEG", f"{ki67}%", day, "IHC"))


def _draw_panel(rng: Random, course: Course, panel: Panel) -> None:
    rows = [o for o in panel.outcomes if o.histology in ("*", course.histology[3])]
    found: Outcome = weighted(rng, [[o.weight, o] for o in rows])[1]
    day = course.dx + timedelta(days=rng.randrange(5, 9) if panel.is_gene else 0)
    value = found.value.format(n=rng.randrange(found.low, found.high + 1)) if found.high else found.value
    for name in panel.markers:
        hit = name == found.marker
        if not hit:
            text = value if len(panel.markers) == 1 and not found.marker else "未检出" if panel.is_gene else "阴性"
            course.markers.append(Marker(name, "NEG", text, day, panel.method, panel.title, panel.is_gene))
            continue
        vaf = round(rng.uniform(0.04, 0.45), 4) if panel.is_gene and not found.partner else None
        course.markers.append(
            Marker(
                name,
                "POS",
                value,
                day,
                panel.method,
                panel.title,
                panel.is_gene,
                found.variant_p,
                found.variant_c,
                found.exon,
                found.partner,
                vaf,
            )
        )


def _resected_first(rng: Random, course: Course, start: date, horizon: date) -> None:
    if start > horizon:
        return
    operation = _operate(rng, course, start, after_therapy=False)
    end = operation.day
    if course.stage.group not in ("I", "IA", "IA1", "IA2", "IA3", "IB", "IB1"):
        end = treat.adjuvant(rng, course, operation.day + timedelta(days=rng.randrange(24, 45)), horizon)
    _watch(rng, course, end, horizon)


def _neoadjuvant_first(rng: Random, course: Course, start: date, horizon: date) -> None:
    line = treat.early_line(rng, course, "NEOADJUVANT", "NEO", start, horizon, most=4)
    if line is None:
        _resected_first(rng, course, start, horizon)
        return
    course.disease.append((line.last_dose, 0.4))
    assessed = line.last_dose + timedelta(days=rng.randrange(12, 20))
    if assessed > horizon:
        return
    course.responses.append(Response(assessed, rng.choice(("PR", "PR", "SD")), line, round(course.size_mm[0] * 0.6)))
    day = line.last_dose + timedelta(days=rng.randrange(25, 40))
    if day > horizon:
        return
    operation = _operate(rng, course, day, after_therapy=True)
    end = treat.adjuvant(rng, course, operation.day + timedelta(days=rng.randrange(24, 45)), horizon)
    _watch(rng, course, end, horizon)


def _operate(rng: Random, course: Course, day: date, *, after_therapy: bool) -> Surgery:
    name, code, approach = rng.choice(course.cfg["surgeries"])
    side = {"L": "左", "R": "右"}.get(course.laterality, "")
    name = name.format(site=course.site[3], side=side)
    level = course.stage.n
    positive = {
        "N1": (1, 3),
        "N1a": (1, 1),
        "N1b": (2, 3),
        "N2": (3, 6),
        "N2a": (4, 6),
        "N3": (7, 12),
        "N3a": (10, 14),
        "N3b": (16, 22),
    }.get(level)
    low, high = positive or (0, 0)
    if course.code in ("OVARY", "PDAC") and level == "N1":
        high = 2
    count = rng.randrange(low, high + 1)
    examined = count + rng.randrange(12, 26) if "前哨" not in name else max(4, count + 2)
    clean = after_therapy and rng.random() < _clean_share(course)
    if clean:
        count = 0
    size = (max(5, course.size_mm[0] // 2), max(4, course.size_mm[1] // 2)) if after_therapy else course.size_mm
    minutes = rng.randrange(90, 330)
    operation = Surgery(day, name, code, approach, person_name(rng, "M"), minutes, rng.randrange(2, 60) * 10, rng.choice((2, 2, 2, 3)),
                        examined, count, size, after_therapy, clean)  # fmt: skip
    course.surgeries.append(operation)
    course.disease.append((day, 0.0))
    return operation


def _clean_share(course: Course) -> float:
    """Chance of a pathological complete response after neoadjuvant treatment. Chosen, not measured."""
    if course.code == "BREAST":
        return 0.5 if course.positive("HER2") else 0.12 if course.positive("ER") else 0.38
    return {"NSCLC": 0.25, "ESCC": 0.2, "RECTAL": 0.1}.get(course.code, 0.05)


def _watch(rng: Random, course: Course, end: date, horizon: date) -> None:
    """Follow-up after curative treatment: relapse at an exponential time whose five-year share is the stage's."""
    course.disease.append((end, 0.0))
    if course.stage.plan == "CRT" and end + timedelta(days=30) <= horizon:
        response = (
            rng.choice(("CR", "CR", "PR")) if course.code in ("NPC", "CERVIX") else rng.choice(("PR", "PR", "CR", "SD"))
        )
        course.responses.append(
            Response(
                end + timedelta(days=30),
                response,
                course.lines[-1] if course.lines else None,
                round(course.size_mm[0] * 0.4),
            )
        )
    rate = -math.log(1 - min(course.stage.relapse, 0.95)) / 60
    relapse = end + timedelta(days=60) + months(rng.expovariate(rate))
    other = course.dx + months(rng.expovariate(0.0006 if course.person.age(course.dx) < 70 else 0.002))
    if relapse > horizon or other < relapse:
        if end < other <= horizon:
            course.death = other
            treat.cut_short(course, other)
        return
    treat.cut_short(course, relapse)
    course.recurrence = relapse
    course.progressions.append(relapse)
    sites = [s for st in stages()[course.code] for s in st.met_choices if s != "LN_REGIONAL"] or ["LN_DISTANT"]
    site = rng.choice(sites)
    course.metastases.append((site, relapse))
    course.responses.append(Response(relapse, "PD", None, 0, site))
    course.disease.append((relapse, 0.8))
    _advanced(rng, course, relapse + timedelta(days=rng.randrange(10, 30)), horizon, index=relapse)


def _advanced(rng: Random, course: Course, start: date, horizon: date, index: date | None = None) -> None:
    if course.code != "DLBCL":
        course.advanced = index or course.dx
    palliative = treat.bone_or_brain_radiation(rng, course, start, horizon)
    start = palliative or start
    number = 1
    while start <= horizon:
        line = (
            treat.advanced_line(rng, course, number, start, horizon)
            if rng.random() < (0.94, 0.72, 0.6)[number - 1]
            else None
        )
        if line is None:
            _best_supportive(rng, course, start, horizon)
            return
        progressed, last = treat.respond(rng, course, line, horizon)
        if progressed is None or course.death:
            return
        number += 1
        start = max(progressed, last) + timedelta(days=rng.randrange(8, 28))
        if number > 3:
            _best_supportive(rng, course, progressed, horizon)
            return


def _best_supportive(rng: Random, course: Course, start: date, horizon: date) -> None:
    death = start + months(1.2 + rng.expovariate(1 / (6.0 * course.cfg["pfs_months"][0] / 10)))
    course.disease.append((start, 1.0))
    if death <= horizon:
        course.death = death


def _close(rng: Random, course: Course, horizon: date) -> None:
    course.disease.sort()
    treat.settle_ends(course)
    course.responses.sort(key=lambda r: r.day)
    if course.death:
        course.lost = None
        course.death_in_hospital = rng.random() < 0.4
        course.last_contact = course.death
        return
    course.last_contact = course.lost or horizon - timedelta(days=rng.randrange(0, 25))
