"""What the templates may ask for, part 2: the state of the person and the disease."""

from __future__ import annotations

from jobs.synth.fields_person import PersonFields
from jobs.synth.knowledge import toml
from jobs.synth.rows import ecog_of, weight_of
from jobs.synth.text import Fact, Mention, Part


class CourseFields(PersonFields):
    """Complaints, examination, history, diagnosis, pathology."""

    # -- state ------------------------------------------------------------------------------------------------
    def _complaint(self) -> Part:
        return self.voice.complaint()

    def _since(self) -> Part:
        return self.voice.since()

    def _chief_complaint(self) -> Part:
        day = self.visit.start if self.visit else self.day
        if day <= self.course.dx:
            return f"{self.voice.complaint()}{self.voice.since()}"
        span = max(1, round((day - self.course.dx).days / 30.4))
        done = (
            "术后"
            if any(o.day < day for o in self.course.surgeries)
            else "治疗后"
            if any(ln.start < day for ln in self.course.lines)
            else "确诊"
        )
        return [self.voice.diagnosis(), f"{done}{span}月" if span < 24 else f"{done}{span // 12}年余"]

    def _hpi(self) -> Part:
        kind = self.visit.kind if self.visit else ""
        reason = (
            "first"
            if self.visit and kind == "cycle" and self.visit.cycle == 1
            else {"cycle": "cycle", "surgery": "surgery"}.get(kind, "other")
        )
        return self.voice.history(self.day, reason=reason)

    def _general(self) -> Part:
        poor = ecog_of(self.w.patient, self.day) > 1
        return str(
            self.w.rng.choice(toml("clinical.toml")["texts"]["general_poor" if poor else "general_good"]).format(
                kg=self.w.rng.randrange(2, 9)
            )
        )

    def _past(self) -> Part:
        return self.voice.past()

    def _allergy(self) -> Part:
        return (
            f"对{self.person.allergy}过敏。"
            if self.person.allergy
            else Mention("否认药物及食物过敏史。", "finding", "negated", "history")
        )

    def _smoking(self) -> Part:
        return self.voice.smoking()

    def _alcohol(self) -> Part:
        return "有饮酒史，白酒约2两/日" if self.person.alcohol else "无饮酒嗜好"

    def _family(self) -> Part:
        return self.voice.family()

    def _ecog(self) -> Part:
        value = ecog_of(self.w.patient, self.day)
        words = self.w.rng.choice((f"ECOG评分{value}分", f"ECOG {value}分", f"PS {value}分"))
        return Mention(words, "performance_status")

    def _temp(self) -> Part:
        return f"36.{self.w.rng.randrange(1, 9)}"

    def _pulse(self) -> Part:
        return str(self.w.rng.randrange(62, 98))

    def _bp(self) -> Part:
        return f"{self.w.rng.randrange(108, 148)}/{self.w.rng.randrange(62, 92)}"

    def _height(self) -> Part:
        return str(self.person.height)

    def _weight(self) -> Part:
        return f"{weight_of(self.w.patient, self.day):g}"

    def _bsa(self) -> Part:
        return f"{(self.person.height * weight_of(self.w.patient, self.day) / 3600) ** 0.5:.2f}"

    # -- disease ----------------------------------------------------------------------------------------------
    def _dx(self) -> Part:
        return (
            self.voice.diagnosis()
            if self.day >= self.course.dx
            else [self.voice.site(), Mention("恶性肿瘤？", "tumour", "uncertain")]
        )

    def _primary(self) -> Part:
        return self.voice.site()

    def _histology(self) -> Part:
        if (
            self.plan.key == "surgical_pathology"
            and self.visit
            and self.visit.surgery
            and self.visit.surgery.complete_response
        ):
            return Fact(
                ["未见明确癌残留，符合治疗后改变（", Mention("pCR", "response"), "）"],
                "pathology",
                {"pcr": True, "report_date": self.day.isoformat()},
            )
        values = {
            "histology_raw": self.course.histology[2],
            "morphology_icdo3": self.course.histology[1],
            "report_date": self.day.isoformat(),
        }
        if self.visit and (operation := self.visit.surgery):
            values |= {
                "ln_examined": operation.nodes_examined,
                "ln_positive": operation.nodes_positive,
                "tumour_size_mm": operation.size_mm[0],
                "margin_status": "R0",
            }
        return [Fact([self.voice.histology()], "pathology", values), *self._variables("pathology")]

    def _variables(self, where: str) -> list[Part]:
        """The variables of this disease that are written in such a place, each behind a comma."""
        parts: list[Part] = []
        for variable in self.course.variables:
            if variable.where == where:
                values = {"variable_code": variable.code, "value_text": variable.value}
                parts += ["，", Fact([variable.words], "tumour_attribute", values)]
        return parts

    def _imaging(self) -> Part:
        return self.voice.imaging()

    def _stage(self) -> Part:
        return self.voice.stage()

    def _diagnoses(self) -> Part:
        if self.day < self.course.dx:
            return ["1.", self._dx()]
        parts: list[Part] = ["1.", self.voice.diagnosis(), "（", self.voice.stage(), "）"]
        shown = [(s, d) for s, d in self.course.metastases if d <= self.day]
        for site, day in shown:
            parts += ["，", self.voice.metastasis(site, day)]
        parts += self.voice.liver_stage()
        parts += self._variables("diagnosis")
        for i, (name, _, _, _) in enumerate(self.person.comorbidities, 2):
            parts += [f"；{i}.", Mention(name, "disease")]
        return parts

    def _specimen(self) -> Part:
        return str(self.course.cfg["specimen"])

    def _ihc(self) -> Part:
        return self.voice.ihc()

    def _markers(self) -> Part:
        return self.voice.genes() if self.plan.key == "gene" else self.voice.molecular(self.day)

    def _method(self) -> Part:
        return "NGS（高通量测序）"

    def _panel(self) -> Part:
        return next(m.panel for m in self.course.markers if m.is_gene)

    def _size(self) -> Part:
        return self.voice.size(
            *(self.visit.surgery.size_mm if self.visit and self.visit.surgery else self.course.size_mm)
        )

    def _gross(self) -> Part:
        clean = self.visit and self.visit.surgery and self.visit.surgery.complete_response
        return ["灰白瘢痕样区，大小约" if clean else "灰白质硬肿物，大小约", self._size()]

    def _op(self) -> Part:
        assert self.visit and self.visit.surgery
        operation = self.visit.surgery
        return Fact(
            [Mention(operation.name, "surgery")],
            "surgery",
            {"op_date": operation.day.isoformat(), "op_name_raw": operation.name, "tumour_code": self.course.code},
        )
