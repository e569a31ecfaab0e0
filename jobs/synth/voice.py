"""How one hospital tells the story of an illness. Every method returns parts for ``text.NoteText``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from jobs.synth.course import Line, Marker, Response, Surgery, Toxic
from jobs.synth.knowledge import drugs, toml
from jobs.synth.rows import dose_mg
from jobs.synth.text import Fact, Mention, Part, Phi
from jobs.synth.treat import active_doses
from jobs.synth.words import Words

_SETTINGS = {"NEOADJUVANT": "新辅助", "ADJUVANT": "辅助", "CURATIVE_CRT": "同步", "ADVANCED": ""}
_LINES = {1: "一线", 2: "二线", 3: "三线"}


class Voice(Words):
    """The writing habits of one kind of hospital, the story of the illness included."""

    # -- the story --------------------------------------------------------------------------------------------
    def history(self, day: date, *, reason: str) -> list[Part]:
        """Present illness up to ``day``: what was found, done and seen before, copied forward from note to note."""
        course = self.course
        if day <= course.dx:
            return self.fill("first", since=self.since(), complaint=self.complaint(), outside=self.outside(), imaging=self.imaging(), primary=self.site(),
                             onset=self.when(day - timedelta(days=2), vague=False))  # fmt: skip
        parts: list[Part] = self.fill("known", dx_day=self.when(course.dx), complaint=self.complaint(), here=self.here(), biopsy=course.cfg["biopsy"],
                                      histology=self.histology(), dx=[self.diagnosis(), *self.spread()], stage=self.stage(at_diagnosis=True))  # fmt: skip
        for _, _, event in sorted(self._events(day), key=lambda e: (e[0], e[1])):
            parts += event
        return [*parts, *self.fill(f"now_{reason}")]

    def spread(self) -> list[Part]:
        """Metastases found at diagnosis, as part of the diagnosis."""
        found = [s for s, day in self.course.metastases if day <= self.course.dx]
        return [
            x for i, site in enumerate(found) for x in ("伴" if i == 0 else "、", self.metastasis(site, self.course.dx))
        ]

    def _events(self, day: date) -> Iterable[tuple[date, int, list[Part]]]:
        course = self.course
        for operation in course.surgeries:
            if operation.day < day:
                yield operation.day, 0, self.operation(operation)
        for line in course.lines:
            if line.cycles[0] < day:
                yield line.start, 1, self.line(line, day)
        for rt in course.radiations:
            if rt.end < day:
                yield rt.end, 2, self.radiation_words(rt.start, rt.end, rt.site, rt.technique, rt.dose_gy, rt.fractions)
        past = [r for r in course.responses if r.day < day]
        for response in [r for r in past if r.code == "PD"] + [r for r in past if r.code != "PD"][-2:]:
            yield response.day, 3, self.response(response)

    def complaint(self) -> str:
        """The chief complaint at the beginning."""
        complaints = self.course.cfg["complaints"]
        return str(complaints[self.course.person.number % len(complaints)])

    def imaging(self) -> Mention:
        """The usual examination of this tumour."""
        return Mention(self.course.cfg["imaging"], "imaging_exam")

    def outside(self) -> Phi:
        """Another hospital."""
        names = toml("people.toml")["outside_hospitals"]
        return Phi(names[self.course.person.number % len(names)], "INSTITUTION")

    def operation(self, operation: Surgery) -> list[Part]:
        """An operation told later."""
        fact = Fact([Mention(operation.name, "surgery", "affirmed", "history")], "surgery",
                    {"op_date": operation.day.isoformat(), "op_name_raw": operation.name, "tumour_code": self.course.code})  # fmt: skip
        found: Part = "未见癌残留" if operation.complete_response else self.histology()
        return self.fill(
            "surgery",
            day=self.when(operation.day),
            op=fact,
            primary=self.site(),
            histology=found,
            lnpos=str(operation.nodes_positive),
            lnall=str(operation.nodes_examined),
        )

    def drug_words(self, line: Line, cycle: int, day: date, *, dosed: bool) -> list[Part]:
        """Drugs of a cycle, joined by ``+``, with doses when asked for."""
        parts: list[Part] = []
        for dose in active_doses(line, cycle):
            if parts:
                parts.append("+" if not dosed else "，")
            parts.append(Mention(drugs()[dose.inn].names[-1], "drug"))
            if dosed:
                amount = f"{dose_mg(dose, self.patient, day):g}mg"
                parts.append(
                    f" {amount} {'bid' if dose.times_daily == 2 else 'qd'} d1-{dose.days}"
                    if dose.days
                    else f" {amount} ivgtt d1"
                )
        return parts

    def line(self, line: Line, day: date) -> list[Part]:
        """A line of therapy told later."""
        done = [c for c in line.cycles if c < day]
        words = "维持" if line.is_maintenance else _SETTINGS[line.setting] or _LINES[line.number]
        values = {
            "regimen_alias": line.regimen.alias,
            "start_date": line.start.isoformat(),
            "drug_names": list(line.inns),
            "clinician_line": line.number or None,
        }
        if line.regimen.oral_only:
            return [
                Fact(
                    self.fill(
                        "oral", day=self.when(done[0]), drugs=self.drug_words(line, 1, day, dosed=False), setting=words
                    ),
                    "regimen",
                    values,
                )
            ]
        regimen = Mention(line.regimen.alias if not line.is_maintenance else "原方案减铂", "regimen")
        induction = (
            len(done)
            if line.is_maintenance or not line.regimen.maintenance
            else min(len(done), line.regimen.cycles or 6)
        )
        parts = self.fill(
            "line",
            day=self.when(done[0]),
            regimen=regimen,
            setting=words,
            cycles=str(induction),
            drugs=self.drug_words(line, 1, day, dosed=False),
        )
        if len(done) > induction:
            parts += [
                "后以",
                self.drug_words(line, len(done), day, dosed=False),
                f"维持治疗{len(done) - induction}周期。",
            ]
        return [Fact(parts, "regimen", values)]

    def radiation_words(
        self, start: date, end: date, site: str, technique: str, dose: float, fractions: int
    ) -> list[Part]:
        """A radiotherapy course told later."""
        values = {
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "total_dose_gy": dose,
            "fractions": fractions,
            "technique": technique,
        }
        return [
            Fact(
                self.fill(
                    "radiation",
                    day=self.when(start),
                    day2=self.when(end),
                    site=site,
                    technique=technique,
                    dose=f"{dose:g}",
                    fractions=str(fractions),
                ),
                "radiotherapy",
                values,
            )
        ]

    def response(self, response: Response) -> list[Part]:
        """An assessment told later."""
        words = toml("clinical.toml")["responses"][response.code]
        shown = response.code if self.rng.random() < 0.6 else words[0]
        code = Mention(shown, "response")
        values = {"assessed_date": response.day.isoformat(), "response": response.code, "tumour_code": self.course.code}
        if response.code != "PD":
            return [
                Fact(
                    self.fill("response", day=self.when(response.day), imaging=self.imaging(), code=code),
                    "response_assessment",
                    values,
                )
            ]
        fresh: list[Part] = ["，新发", self.metastasis(response.new_site, response.day)] if response.new_site else []
        return [
            Fact(
                self.fill("progress", day=self.when(response.day), code=code, fresh=fresh),
                "response_assessment",
                values,
            )
        ]

    def metastasis(self, site: str, day: date) -> Fact:
        """A metastatic site by name."""
        word = toml("clinical.toml")["metastases"][site][0] + "转移"
        return Fact(
            [Mention(word, "metastasis")],
            "metastasis",
            {"site_code": site, "first_seen_date": day.isoformat(), "site_text": word},
        )

    # -- histories --------------------------------------------------------------------------------------------
    def past(self) -> list[Part]:
        """Other illnesses."""
        known = self.course.person.comorbidities
        if not known:
            return self.fill("no_comorbidity")
        parts: list[Part] = []
        for name, code, care, years in known:
            fact = Fact(
                [Mention(name, "disease", "affirmed", "history")],
                "comorbidity",
                {"condition_code": code.split(".")[0], "name": name},
            )
            parts += self.fill("comorbidity", disease=fact, years=str(years), care=care)
        return parts

    def smoking(self) -> list[Part]:
        """Smoking with its fact."""
        status, per_day, years = self.course.person.smoking
        values = {"kind": "SMOKING", "value_code": status, "amount_per_day": per_day or None, "years": years or None}
        if status == "NEVER":
            return [Fact([Mention(str(self.phrases["smoking_no"]), "smoking", "negated")], "history", values)]
        quit_words = "，已戒" if status == "FORMER" else "，未戒"
        return [
            Fact(
                self.fill(
                    "smoking_yes",
                    smoking=Mention("吸烟", "smoking"),
                    perday=str(per_day),
                    years=str(years),
                    quit=quit_words,
                ),
                "history",
                values,
            )
        ]

    def family(self) -> list[Part]:
        """Cancer in the family with its fact."""
        family = self.course.person.family
        if not family:
            return self.fill("family_no")
        relative, tumour = family
        parts = self.fill(
            "family_yes", relative=relative, tumour=Mention(tumour, "family_history", "affirmed", "history", "family")
        )
        return [
            Fact(
                parts,
                "history",
                {"kind": "FAMILY_CANCER", "value_code": "YES", "relative_text": relative, "tumour_text": tumour},
            )
        ]

    def toxicity(self, item: Toxic) -> list[Part]:
        """An adverse event with its grade."""
        grade = (
            {1: "1", 2: "2", 3: "3", 4: "4"}[item.grade] if self.style["roman"] == "ascii" else "ⅠⅡⅢⅣ"[item.grade - 1]
        )
        values = {
            "ae_term": item.term,
            "ae_term_raw": item.name_zh,
            "grade": item.grade,
            "onset_date": item.day.isoformat(),
        }
        return [
            Fact(self.fill("toxicity", ae=Mention(item.name_zh, "adverse_event"), grade=grade), "adverse_event", values)
        ]

    # -- markers ----------------------------------------------------------------------------------------------
    def ihc(self) -> list[Part]:
        """Immunohistochemistry that names the type, then markers with a value."""
        parts: list[Part] = [self.course.cfg["ihc"].format(ki67=20 + self.course.person.number % 6 * 10)]
        for marker in self.course.markers:
            if not marker.is_gene and marker.method.startswith("IHC"):
                parts += ["，", self.marker(marker)]
        return [*parts, "。"]

    def marker(self, marker: Marker) -> Fact:
        """One marker in the laboratory's words, with its fact."""
        shown = {"KI67": "Ki-67", "PDL1": "PD-L1(22C3)", "HER2": "HER-2"}.get(marker.marker, marker.marker)
        if marker.is_gene:
            detail = (
                f"{marker.variant_p or marker.value}{f'，丰度{marker.vaf * 100:.1f}%' if marker.vaf else ''}"
                if marker.result == "POS"
                else "野生型"
            )
            words = (
                f"{shown} {'突变 ' if marker.variant_p else ''}{detail}"
                if marker.result == "POS"
                else f"{shown} {detail}"
            )
        elif marker.marker in ("PDL1", "MSI"):
            words = f"{shown} {marker.value}"
        else:
            words = f"{shown}({marker.value})"
        values = {
            "marker": marker.marker,
            "result": marker.result,
            "result_raw": marker.value,
            "report_date": marker.day.isoformat(),
        }
        return Fact(
            [Mention(words, "biomarker", "affirmed" if marker.result == "POS" else "negated")], "biomarker", values
        )

    def genes(self) -> list[Part]:
        """The lines of a gene report."""
        parts: list[Part] = []
        for i, marker in enumerate([m for m in self.course.markers if m.is_gene], 1):
            parts += [f"{i}. ", self.marker(marker), "\n"]
        return parts

    def molecular(self, day: date) -> list[Part]:
        """Markers of other methods that a pathology report carries (MSI)."""
        extra = [m for m in self.course.markers if m.method == "PCR" and m.day <= day]
        return [x for m in extra for x in ("微卫星检测：", self.marker(m), "。\n")]
