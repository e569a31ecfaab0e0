"""Lines of therapy: the walk over exposures (steps 2-5 of the line rules) for the advanced setting.

Nothing here knows a drug or a tumour: windows, gaps, substitutions, additions, exemptions and maintenance come from
``rules/lines.toml`` through :class:`~warehouse.derive.rules.LinePolicy`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from warehouse.derive.common import days
from warehouse.derive.exposures import Exposure, cycles
from warehouse.derive.rules import LinePolicy, Rules


@dataclass(slots=True)
class Line:
    """A line while it is built."""

    start: date
    drugs: set[str]
    exposures: list[Exposure]
    setting: str = "ADVANCED"
    number: int = 0
    maintenance: bool = False
    opened_by: str = ""
    """Why this line began: NEW_DRUG, GAP or MAINTENANCE; empty for a first line."""
    exemptions: set[str] = field(default_factory=set)
    runout: date = field(init=False)
    """Last covered day."""

    def __post_init__(self) -> None:
        self.runout = max([x.runout for x in self.exposures])

    @property
    def last_dose(self) -> date:
        """Day of the last dose (for tablets: the last dispensing)."""
        return max([x.days[-1] for x in self.exposures])

    def take(self, xs: Sequence[Exposure]) -> None:
        """Exposures that go on with the line."""
        self.exposures += xs
        for x in xs:
            self.drugs.add(x.drug)
            if x.runout > self.runout:
                self.runout = x.runout


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a line needs to know besides drugs."""

    progressions: Sequence[date] = ()
    transplants: Sequence[date] = ()


def advanced_lines(xs: list[Exposure], policy: LinePolicy, rules: Rules, around: Surroundings) -> list[Line]:
    """Numbered lines of the advanced setting, maintenance rows included, in order of start."""
    lines = walk(xs, policy, rules, around)
    lines = _with_maintenance(lines, policy, rules, around)
    number = 0
    for line in lines:
        number += not line.maintenance
        line.number = number
    return lines


def walk(xs: list[Exposure], policy: LinePolicy, rules: Rules, around: Surroundings) -> list[Line]:
    """Cut exposures (ordered by start) into lines; a day's exposures go to one line together."""
    lines: list[Line] = []
    position, reason = 0, ""
    while position < len(xs):
        line, position, next_reason = _grow(xs, position, policy, rules, around)
        line.opened_by = reason
        lines.append(line)
        reason = next_reason
    return lines


def _grow(
    xs: list[Exposure], first: int, policy: LinePolicy, rules: Rules, around: Surroundings
) -> tuple[Line, int, str]:
    """The line that begins at ``xs[first]``, the position after it, and why the next one begins."""
    start = xs[first].start
    window_end = start + days(rules.lines["defaults"]["regimen_window_days"])
    after = first
    while after < len(xs) and xs[after].start <= window_end:
        after += 1
    line = Line(start, {x.drug for x in xs[first:after]}, xs[first:after])
    if len(line.drugs) > 1:
        _drop_early_switches(line, xs[after:], rules)
    while after < len(xs):
        day, day_end = xs[after].start, after + 1
        while day_end < len(xs) and xs[day_end].start == day:
            day_end += 1
        today = xs[after:day_end]
        if (day - line.runout).days > policy.gap_days or not line.drugs.issuperset([x.drug for x in today]):
            verdicts = [_judge(line, x, xs, policy, rules, around) for x in today]
            if "NEW_DRUG" in verdicts or "GAP" in verdicts:
                return line, after, "NEW_DRUG" if "NEW_DRUG" in verdicts else "GAP"
            line.exemptions |= {v.removesuffix("_EXEMPT") for v in verdicts if v}
        line.take(today)
        after = day_end
    return line, after, ""


def _drop_early_switches(line: Line, later: list[Exposure], rules: Rules) -> None:
    """Step 3: a drug seen only before another one began, and never again, was switched away from; the later drug stays."""
    same_cycle = rules.lines["defaults"]["same_cycle_days"]
    first, last = _first_and_last(line.exposures)
    if (max(first.values()) - min(last.values())).days <= same_cycle:
        return
    again = {x.drug for x in later}
    switched = {
        d for d in line.drugs - again if any((first[other] - last[d]).days > same_cycle for other in line.drugs)
    }
    if switched:
        line.drugs -= switched
        line.exemptions.add("EARLY_SWITCH")


def _first_and_last(xs: Sequence[Exposure]) -> tuple[dict[str, date], dict[str, date]]:
    """First start (``xs`` are in order of start) and last covered day of each drug."""
    first: dict[str, date] = {}
    last: dict[str, date] = {}
    for x in xs:
        first.setdefault(x.drug, x.start)
        last[x.drug] = max(x.runout, last.get(x.drug, x.runout))
    return first, last


def _judge(line: Line, x: Exposure, xs: list[Exposure], policy: LinePolicy, rules: Rules, around: Surroundings) -> str:
    """Step 4 for one exposure: empty (same line), an exemption, or the reason for a new line."""
    if policy.transplant_arc and _in_transplant_arc(line, x, policy.transplant_arc, around.transplants):
        return "" if x.drug in line.drugs else "ADDITION"
    known, in_time = x.drug in line.drugs, (x.start - line.runout).days <= policy.gap_days
    if known and in_time:
        return ""
    tolerated = "" if known else _tolerated(line, x, xs, policy, rules)
    if not in_time:
        if known:
            return "GAP_EXEMPT" if policy.exempt & line.drugs else "GAP"
        return "GAP" if tolerated else "NEW_DRUG"
    return tolerated or "NEW_DRUG"


def _in_transplant_arc(line: Line, x: Exposure, arc: tuple[int, int], transplants: Sequence[date]) -> bool:
    before, after = arc
    return any(
        line.start <= t and (t - line.runout).days <= before and -before <= (x.start - t).days <= after
        for t in transplants
    )


def _tolerated(line: Line, x: Exposure, xs: list[Exposure], policy: LinePolicy, rules: Rules) -> str:
    if line.drugs & rules.substitutes(x.drug):
        return "SUBSTITUTION"
    if not _goes_on(line, x.start, xs, rules):
        return ""
    if any(_addition_allowed(rule, line, x, rules) for rule in policy.additions) or _endocrine_pair(line, x, rules):
        return "ADDITION"
    return ""


def _goes_on(line: Line, when: date, xs: list[Exposure], rules: Rules) -> bool:
    """Is some drug of the line still given when the new one begins? Else the new drug replaces, it does not add."""
    limit = when + days(rules.lines["defaults"]["stopped_days"])
    return line.runout >= when or any(x.drug in line.drugs and when <= x.start <= limit for x in xs)


def _addition_allowed(rule: Mapping[str, Any], line: Line, x: Exposure, rules: Rules) -> bool:
    if "within_days" in rule and (x.start - line.start).days > rule["within_days"]:
        return False
    if rule["kind"] == "drugs":
        return x.drug in rule["drugs"]
    if rule["kind"] == "biologic":
        return x.drug not in rule.get("but_not", ()) and is_biologic(x, rules)
    base = line.drugs - set(rule["companions"])
    return x.drug_class == "CHEMO" and len(base) == 1 and base <= set(rule["single"])


def is_biologic(x: Exposure, rules: Rules) -> bool:
    """Monoclonal antibodies, as the addition rules mean them."""
    conf = rules.lines["biologic"]
    return x.drug not in conf["not_drugs"] and (x.drug in conf["drugs"] or x.drug_class in conf["classes"])


def _endocrine_pair(line: Line, x: Exposure, rules: Rules) -> bool:
    if rules.lines["defaults"]["endocrine_with_targeted"] != "same_line":
        return False
    classes = {e.drug_class for e in line.exposures}
    return (classes == {"ENDOCRINE"} and x.drug_class == "TARGETED") or (
        classes == {"TARGETED"} and x.drug_class == "ENDOCRINE"
    )


def _with_maintenance(lines: list[Line], policy: LinePolicy, rules: Rules, around: Surroundings) -> list[Line]:
    """Step 5, line 1 only: split continuation maintenance off, or re-label a switch to a maintenance drug."""
    if not lines or policy.maintenance is None:
        return lines
    split = _continuation(lines[0], policy.maintenance, rules)
    if split:
        return [*split, *lines[1:]]
    if len(lines) > 1 and _is_switch_maintenance(lines[0], lines[1], policy.maintenance, rules, around):
        lines[1].maintenance, lines[1].opened_by = True, "MAINTENANCE"
    return lines


def _continuation(line: Line, conf: Mapping[str, Any], rules: Rules) -> list[Line]:
    stopped_days = rules.lines["defaults"]["stopped_days"]
    cover = {d: max((x.runout for x in line.exposures if x.drug == d), default=line.start) for d in line.drugs}
    kept = line.drugs & set(conf["continuation"])
    while kept:
        dropped = line.drugs - kept
        if not dropped:
            return []
        last = max(cover[d] for d in dropped)
        going_on = {d for d in kept if (cover[d] - last).days > stopped_days}
        if going_on == kept:
            return _split(line, kept, last, conf)
        kept = going_on
    return []


def _split(line: Line, kept: set[str], last: date, conf: Mapping[str, Any]) -> list[Line]:
    induction, later = _cut(line.exposures, last)
    later = [x for x in later if x.drug in kept]
    if not later or (later[0].start - last).days > conf.get("max_gap_days", 10_000):
        return []
    first = Line(line.start, set(line.drugs), induction, opened_by=line.opened_by, exemptions=line.exemptions)
    second = Line(last + days(1), {x.drug for x in later}, later, maintenance=True, opened_by="MAINTENANCE")
    return [first, second]


def _cut(xs: list[Exposure], last: date) -> tuple[list[Exposure], list[Exposure]]:
    """Part exposures at ``last``; one that spans it is parted between its doses."""
    before = [x for x in xs if x.days[-1] <= last]
    after = [x for x in xs if x.days[0] > last]
    for x in xs:
        if x.days[0] <= last < x.days[-1]:
            at = bisect_right(x.days, last)
            before.append(replace(x, runout=min(x.runout, last), days=x.days[:at], doses=x.doses[:at]))
            after.append(replace(x, start=x.days[at], days=x.days[at:], doses=x.doses[at:]))
    return _by_start(before), _by_start(after)


def _by_start(xs: list[Exposure]) -> list[Exposure]:
    return sorted(xs, key=lambda x: (x.start, x.drug))


def _is_switch_maintenance(
    first: Line, second: Line, conf: Mapping[str, Any], rules: Rules, around: Surroundings
) -> bool:
    if not conf.get("switch") or len(second.drugs) != 1 or not second.drugs <= set(conf["switch"]):
        return False
    near = (second.start - first.runout).days <= conf["switch_within_days"]
    enough = cycles(first.exposures, rules.lines["defaults"]["cycle_days"]) >= conf["min_cycles"]
    return near and enough and not any(first.start < p <= second.start for p in around.progressions)
