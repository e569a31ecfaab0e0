"""What the templates may ask for, part 3: findings and treatment; ``Fields`` holds all of them."""

from __future__ import annotations

from datetime import timedelta

from jobs.synth.fields_course import CourseFields
from jobs.synth.fields_person import Plan, unit_in_prose
from jobs.synth.knowledge import labs, toml
from jobs.synth.text import Fact, Mention, Part, Phi

__all__ = ["Fields", "Plan"]


class Fields(CourseFields):
    """All fields of one note."""

    # -- findings ---------------------------------------------------------------------------------------------
    def _findings(self) -> Part:
        response = self.plan.response
        if response is None:
            return self._first_findings()
        words = toml("clinical.toml")["responses"][response.code][1]
        before = self.voice.when(response.day - timedelta(days=self.w.rng.randrange(50, 80)))
        parts: list[Part] = ["对比", before, "片：", self.voice.site()]
        parts += (
            ["术区未见明确复发征象"]
            if not response.size_mm
            else [words, "，现大小约", self.voice.single(response.size_mm)]
        )
        parts.append("。")
        if response.new_site:
            finding = toml("clinical.toml")["metastases"][response.new_site][1]
            left, right = finding.split("{size}")
            parts += [left, self.voice.single(self.w.rng.randrange(8, 34)), right, "。"]
        return parts

    def _first_findings(self) -> Part:
        left, right = self.course.cfg["lesion"].replace("{site}", self.course.site[3], 1).split("{size}")
        parts: list[Part] = [left, self.voice.size(*self.course.size_mm), right, "。"]
        if self.course.stage.n not in ("N0", ""):
            left, right = self.course.cfg["nodes"].split("{nodesize}")
            parts += [left, self.voice.single(self.w.rng.randrange(11, 26)), right, "。"]
        for site, _ in self.course.metastases[: self.course.stage.met_count]:
            left, right = toml("clinical.toml")["metastases"][site][1].split("{size}")
            parts += [left, self.voice.single(self.w.rng.randrange(8, 34)), right, "。"]
        return parts

    def _impression(self) -> Part:
        response = self.plan.response
        if response is None:
            parts: list[Part] = [
                "1.",
                self.voice.site(),
                "占位，",
                Mention("考虑恶性", "tumour", "uncertain"),
                "，请结合病理。",
            ]
            return [
                *parts,
                *[
                    x
                    for s, d in self.course.metastases[: self.course.stage.met_count]
                    for x in ("考虑", self.voice.metastasis(s, d), "。")
                ],
            ]
        code = Mention(response.code, "response")
        values = {"assessed_date": response.day.isoformat(), "response": response.code, "tumour_code": self.course.code}
        after = [self.voice.diagnosis(), "治疗后，", Fact(["评价", code], "response_assessment", values)]
        return (
            [*after, "，新发", self.voice.metastasis(response.new_site, response.day), "。"]
            if response.new_site
            else [*after, "。"]
        )

    def _recent(self) -> Part:
        if self.day <= self.course.dx:
            return [
                str(self.w.rng.choice(toml("clinical.toml")["texts"]["tests"])),
                "。",
                *self._serum(),
                "外院",
                self.voice.imaging(),
                "：",
                self.voice.site(),
                "占位。",
            ]
        return [str(self.w.rng.choice(toml("clinical.toml")["texts"]["tests"])), "。", *self._serum()]

    def _serum(self) -> list[Part]:
        name, _, height = self.course.cfg["markers"][0]
        lab = labs()[name]
        value = lab.mean + height * self.course.burden(self.day) * self.w.rng.uniform(0.7, 1.3)
        return [
            Mention(lab.names[1], "lab_test"),
            " ",
            Mention(f"{value:.{lab.digits}f}{unit_in_prose(lab)}", "lab_value"),
            "。",
        ]

    def _labs(self) -> Part:
        rng = self.w.rng
        parts: list[Part] = []
        for key in ("WBC", "HGB", "PLT"):
            lab = labs()[key]
            parts += [
                Mention(lab.names[1], "lab_test"),
                " ",
                Mention(
                    f"{max(rng.gauss(lab.mean, lab.sd / 2), lab.low):.{lab.digits}f}{unit_in_prose(lab)}", "lab_value"
                ),
                "，",
            ]
        return parts[:-1]

    def _toxicity(self) -> Part:
        return self.voice.toxicity(self.plan.toxic) if self.plan.toxic else ""

    def _response(self) -> Part:
        recent = [r for r in self.course.responses if timedelta(0) < self.day - r.day <= timedelta(days=60)]
        return self.voice.response(recent[-1]) if recent else ""

    # -- treatment --------------------------------------------------------------------------------------------
    def _regimen(self) -> Part:
        assert self.visit and self.visit.line
        line = self.visit.line
        values = {
            "regimen_alias": line.regimen.alias,
            "drug_names": list(line.inns),
            "start_date": self.day.isoformat(),
        }
        return Fact([Mention(line.regimen.alias if not line.is_maintenance else "维持", "regimen")], "regimen", values)

    def _cycle(self) -> Part:
        assert self.visit
        return str(self.visit.cycle)

    def _drugs_dosed(self) -> Part:
        assert self.visit and self.visit.line
        return self.voice.drug_words(self.visit.line, self.visit.cycle, self.day, dosed=True)

    def _course(self) -> Part:
        visit = self.visit
        assert visit is not None
        if visit.surgery:
            fact = Fact(
                [Mention(visit.surgery.name, "surgery")],
                "surgery",
                {"op_date": visit.surgery.day.isoformat(), "op_name_raw": visit.surgery.name},
            )
            return [
                "于",
                self.voice.when(visit.surgery.day),
                "在全麻下行",
                fact,
                "，术后恢复顺利，",
                Mention("无切口感染", "finding", "negated"),
                "，切口甲级愈合。",
            ]
        if visit.line:
            return [
                "排除禁忌后于",
                self.voice.when(visit.start),
                "予",
                self._regimen(),
                f"第{visit.cycle}周期治疗：",
                self._drugs_dosed(),
                "。过程顺利。",
            ]
        return [
            "行",
            str(self.course.cfg["biopsy"]),
            "，病理回报：",
            self._histology(),
            "。经讨论，诊断",
            self.voice.diagnosis(),
            "，分期",
            self.voice.stage(),
            "。",
        ]

    def _plan(self) -> Part:
        upcoming = next((ln for ln in self.course.lines if ln.start > self.day), None)
        operation = next((o for o in self.course.surgeries if o.day > self.day), None)
        if self.day < self.course.dx:
            return ["拟行", Mention(self.course.cfg["biopsy"], "surgery", "affirmed", "planned"), "明确病理"]
        if operation and (upcoming is None or operation.day < upcoming.start):
            return ["拟行", Mention("手术治疗", "surgery", "affirmed", "planned")]
        if upcoming and (upcoming.start - self.day).days < 60:
            return ["拟行", Mention(f"{upcoming.regimen.alias}方案", "regimen", "affirmed", "planned"), "治疗"]
        return "定期复查，门诊随诊"

    def _rt(self) -> Part:
        assert self.visit and self.visit.radiation
        r = self.visit.radiation
        values = {
            "start_date": r.start.isoformat(),
            "end_date": r.end.isoformat(),
            "total_dose_gy": r.dose_gy,
            "fractions": r.fractions,
            "technique": r.technique,
        }
        return Fact(
            [Mention(f"{r.site}{r.technique}放疗 {r.dose_gy:g}Gy/{r.fractions}f", "radiotherapy")],
            "radiotherapy",
            values,
        )

    def _start(self) -> Part:
        assert self.visit and self.visit.radiation
        return self.voice.when(self.visit.radiation.start)

    def _comorbid_advice(self) -> Part:
        known = self.person.comorbidities
        return ["有", Mention(known[0][0], "disease"), "基础，注意围术期管理。"] if known else ""

    def _cause(self) -> Part:
        return str(toml("clinical.toml")["texts"]["death_causes"][self.person.number % 4])

    def _status(self) -> Part:
        if self.course.death and self.day > self.course.death:
            return [
                "患者已于",
                self.voice.when(self.course.death),
                "去世，",
                Phi(self.person.contact_name, "NAME"),
                "表示理解与感谢。",
            ]
        if self.course.burden(self.day) < 0.05:
            return ["患者一般情况可，", Mention("复查未见复发", "response", "negated"), "，", self._ecog(), "。"]
        return ["患者", self.voice.diagnosis(), "带瘤生存，继续治疗中，", self._ecog(), "。"]
