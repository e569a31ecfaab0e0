"""What the templates may ask for: one method per field, called when a template names the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Protocol

from jobs.synth.course import Course, Response, Toxic
from jobs.synth.hospital import Patient, Visit, scatter
from jobs.synth.knowledge import Lab, labs, toml
from jobs.synth.rows import ecog_of, weight_of
from jobs.synth.text import Fact, Mention, Part, Phi
from jobs.synth.voice import Voice


@dataclass(slots=True)
class Plan:
    """A note to be written; low ``rank`` is kept first when there are too many."""

    rank: int
    key: str
    day: date
    visit: Visit | None = None
    response: Response | None = None
    toxic: Toxic | None = None


_PERSON = {"occupation": "occupation", "ethnicity": "ethnicity", "marital": "marital", "relation": "contact_relation"}
"""Fields that are plain words about the person."""
_OPERATION = {
    "op_plain": "name",
    "blood": "blood_ml",
    "minutes": "minutes",
    "lnpos": "nodes_positive",
    "lnall": "nodes_examined",
}
"""Fields that are plain words about the visit's operation."""


class Pen(Protocol):
    """Who writes: the patient at one hospital, the voice of the hospital, a random stream."""

    patient: Patient
    course: Course
    rng: Random
    voice: Voice


def _unit(lab: Lab) -> str:
    """The unit as prose writes it."""
    return "×" + lab.unit if lab.unit.startswith("10^") else lab.unit


class Fields(dict[str, Any]):
    """Fields of one note, made when a template asks for them."""

    def __init__(self, writer: Pen, plan: Plan) -> None:
        super().__init__()
        self.w, self.plan, self.day = writer, plan, plan.day
        self.visit = plan.visit
        self.voice, self.course, self.person = writer.voice, writer.course, writer.course.person
        self.voice.today = plan.day

    def __missing__(self, name: str) -> Part:
        if name in _PERSON:
            return str(getattr(self.person, _PERSON[name]))
        if name in _OPERATION and self.visit:
            return str(getattr(self.visit.surgery, _OPERATION[name]))
        value: Part = getattr(self, f"_{name}")()
        return value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a note template asks for the unknown field {name.removeprefix('_')}")

    # -- who --------------------------------------------------------------------------------------------------
    def _name(self) -> Part:
        name = self.person.name
        apart = (
            self.w.patient.hospital.kind == "c"
            and len(name) == 2
            and self.plan.key in ("admission", "clinic", "operation")
        )
        return Phi(f"{name[0]}　{name[1]}" if apart else name, "NAME")

    def _sex(self) -> Part:
        return "男" if self.person.sex == "M" else "女"

    def _age(self) -> Part:
        return str(self.person.age(self.day))

    def _id(self) -> Part:
        return (
            Phi(self.person.id_number, "ID_NUMBER") if self.person.id_number and self.w.patient.id_known else "未提供"
        )

    def _birth(self) -> Part:
        return self.voice.when(self.person.birth, main=True)

    def _addr(self) -> Part:
        return Phi(self.person.address, "ADDRESS")

    def _phone(self) -> Part:
        return Phi(self.person.phone, "PHONE")

    def _employer(self) -> Part:
        return Phi(self.person.employer, "EMPLOYER") if self.person.employer else "无"

    def _contact(self) -> Part:
        return Phi(self.person.contact_name, "NAME")

    def _contact_phone(self) -> Part:
        return Phi(self.person.contact_phone, "PHONE")

    def _hospital(self) -> Part:
        return Phi(self.w.patient.hospital.site.site.name_zh, "INSTITUTION")

    def _doctor(self) -> Part:
        return Phi(self.visit.doctor, "NAME") if self.visit else "随访中心"

    def _chief(self) -> Part:
        return Phi(self.visit.chief, "NAME") if self.visit else "随访中心"

    def _surgeon(self) -> Part:
        assert self.visit and self.visit.surgery
        return Phi(self.visit.surgery.surgeon, "NAME")

    # -- where and when ---------------------------------------------------------------------------------------
    def _adm_no(self) -> Part:
        return Phi(self.visit.admission_no, "RECORD_NUMBER") if self.visit and self.visit.admission_no else "/"

    def _bed(self) -> Part:
        return Phi(self.visit.bed, "BED") if self.visit and self.visit.bed else "/"

    def _ward(self) -> Part:
        return self.visit.ward if self.visit and self.visit.ward else "门诊"

    def _dept(self) -> Part:
        return self.visit.department if self.visit else "随访中心"

    def _today(self) -> Part:
        return self.voice.when(self.day, main=True)

    def _admitted(self) -> Part:
        return self.voice.when(self.visit.start if self.visit else self.day, main=True)

    def _sampled(self) -> Part:
        before = self.visit.surgery.day if self.visit and self.visit.surgery else self.course.dx - timedelta(days=2)
        return self.voice.when(before, main=True)

    def _number(self, prefix: str, salt: int) -> Part:
        return Phi(
            f"{prefix}{self.day.year}{scatter(self.person.number * 50 + self.day.toordinal() % 50, salt, 7):07d}",
            "RECORD_NUMBER",
        )

    def _path_no(self) -> Part:
        return self._number("B", 5)

    def _image_no(self) -> Part:
        return self._number("CT", 6)

    def _ward_phone(self) -> Part:
        return Phi(
            f"0{570 + self.w.patient.hospital.index}-{60000000 + scatter(len(self._plain_dept()), 9, 7)}", "PHONE"
        )

    def _plain_dept(self) -> str:
        return self.visit.department if self.visit else "随访"

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
            Mention(f"{value:.{lab.digits}f}{_unit(lab)}", "lab_value"),
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
                Mention(f"{max(rng.gauss(lab.mean, lab.sd / 2), lab.low):.{lab.digits}f}{_unit(lab)}", "lab_value"),
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
