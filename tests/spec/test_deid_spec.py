"""What text de-identification does, as readable lines: text in, text out. The offset is +10 days, the note is of 2019-06-01."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings, Known

DEID = Deidentifier(DeidSettings(network=False))
KEY = b"k" * 32
NOTHING = Known()


def out(text: str, known: Known = NOTHING) -> str | None:
    return DEID.deid(text, known=known, offset_days=10, surrogate_key=KEY, note_date="2019-06-01").text


REPLACED = [
    ("姓名：张三  性别：女  年龄：65岁", "姓名：[姓名]  性别：女  年龄：65岁"),
    (
        "姓名张三丰性别男年龄65岁住院号0012345科室肿瘤科床号12",
        "姓名[姓名]性别男年龄65岁住院号[编号]科室肿瘤科床号[床号]",
    ),
    ("姓名：李亚男，女，45岁", "姓名：[姓名]，女，45岁"),
    ("患者欧阳文静，今日入院", "患者[姓名]，今日入院"),
    ("张 三 男 65岁", "[姓名] 男 65岁"),
    ("李主任查房后指示", "[姓名]主任查房后指示"),
    ("其妻王芳代诉，食欲可", "其妻[姓名]代诉，食欲可"),
    ("医师签名：王小明/李四", "医师签名：[姓名]/[姓名]"),
    ("张某某签字", "[姓名]签字"),
    ("王**来院", "[姓名]来院"),
    ("阿依古丽·买买提，女，45岁", "[姓名]，女，45岁"),
    ("Patient: Anna Keller, passport E12345678", "Patient: [姓名], passport [证件号]"),
    ("身份证号：330106195603051234", "身份证号：[身份证号]"),
    ("330106 19560305 123x，", "[身份证号]，"),
    ("身份证３３０１０６１９５６０３０５１２３４", "身份证[身份证号]"),
    ("旧身份证330106560305123。", "旧身份证[身份证号]。"),
    ("电话①175-9237-7825", "电话①[电话]"),
    ("手机+86 13812345678", "手机[电话]"),
    ("家属电话0571-87654321转给医生", "家属电话[电话]转给医生"),
    ("住址：浙江省杭州市西湖区文三路12号3幢502室", "住址：[地址]"),
    ("家住江苏省盐城市大丰区草堰镇三元村5组。", "家住[地址]。"),
    ("文三路12号3幢502室失火", "[地址]失火"),
    ("在浙江大学医学院附属第一医院行手术，术后转我院", "在[医院]行手术，术后转我院"),
    ("送入齐鲁，胃镜", "送入[医院]，胃镜"),
    ("在沈阳机床厂务工", "在[单位]务工"),
    ("术后病理（2019-12345）示腺癌", "术后病理（[编号]）示腺癌"),
    ("微信号：wx_123456，QQ 12345678", "微信号：[微信号]，QQ [QQ号]"),
    ("邮箱a.b@163.com", "邮箱[邮箱]"),
    ("车牌浙A12345", "车牌[车牌]"),
    ("服务器192.168.10.21", "服务器[网络地址]"),
    ("银行卡6222 0212 3456 7890 123", "银行卡[银行卡号]"),
    ("36床宋如意，今晨", "[床号][姓名]，今晨"),
    ("年龄：92岁，", "年龄：90岁以上，"),
    ("九十二岁老人", "90岁以上老人"),
]

DATES = [
    ("2019年3月5日", "2019年3月15日"),
    ("2019-03-05 14:30", "2019-03-15 14:30"),
    ("2019-3-5", "2019-3-15"),
    ("2019.3.28复查", "2019.4.7复查"),
    ("19/3/5复查", "19/3/15复查"),
    ("20190305", "20190315"),
    ("20190305143000", "20190315143000"),
    ("二〇一九年三月二十五日", "二〇一九年四月四日"),
    ("二零一九年十二月", "二零一九年十二月"),
    ("2019年3月5-8日", "2019年3月15-18日"),
    ("3月25日至30日", "4月4日至9日"),
    ("2019-12-25、1-3、1-9行化疗", "2020-1-4、1-13、1-19行化疗"),
    ("2019.3.5-3.9", "2019.3.15-3.19"),
    ("05-Mar-2019", "15-Mar-2019"),
    ("2.3月5日返院", "2.3月15日返院"),
    ("2019-3-5（周二）", "2019-3-15（周五）"),
    ("2019年行胆囊切除术", "2019年行胆囊切除术"),
    ("2019-02-30", "[日期]"),
    ("2019年3月", "2019年3月"),
    ("2019年3月底", "2019年3月底"),
]

KEPT = [
    "TNM分期pT2N1M0，淋巴结12/20见癌，Ki-67 30%，HER2(3+)",
    "紫杉醇1000mg d1-8，卡培他滨1.5g bid d1-14，3-5次/日",
    "大小约2-3cm，5.1cm×4.6cm，距门齿28-33cm",
    "高血压、黄疸、金葡菌、白细胞4.5×10^9/L、白蛋白35g/L",
    "霍奇金淋巴瘤，克罗恩病，白塞病，尤文肉瘤，毕Ⅱ式吻合",
    "方案为TP，康莱特200ml，曲妥珠单抗440mg",
    "1.2.3 右肺上叶结节；第2-3肋间；清扫No.7、No.8a组",
    "国药准字H20051234，批号：20190305A，NCT01234567，rs1234567，PD-0332991",
    "HBV-DNA 12345678 IU/mL，血压120/80mmHg，SpO2 98%",
    "近3-5年，每3-5日一次，术后3-5日，化疗3-5周期，病史10年3月",
    "我院，当地医院，上级医院，某医院，外院，人民医院",
    "父亲死于肝癌，母亲健在，兄弟姐妹3人，患者于今晨起床",
    "化疗过程总体顺利，尿常规正常，总胆红素33，入院后完善检查",
    "EGFR T790M，p.L858R，c.2573T>G，NM_005228.3，COSM6224，C34.901，M8140/3",
    "SUVmax 12.3，Gleason 3+4=7分，BI-RADS 4a类，ECOG 1分，60Gy/30次",
]


@pytest.mark.parametrize(("text", "expected"), REPLACED)
def test_identifiers_become_typed_tags(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_dates_are_shifted_in_the_form_they_had(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_traps_stay(text: str) -> None:
    assert out(text) == text


def test_a_labelled_name_teaches_the_rest_of_the_note() -> None:
    assert out("姓名：方平\n次日方平出院") == "姓名：[姓名]\n次日[姓名]出院"


def test_known_fields_are_found_in_odd_forms() -> None:
    known = Known(
        names=("高峰",),
        phones=("0571-87654321",),
        addresses=("浙江省杭州市西湖区文三路12号",),
        record_numbers=("AB-77x9",),
    )
    text = "昨高　峰言其住文三路12号，电87654321，号AB77X9"
    assert out(text, known) == "昨[姓名]言其住[地址]，电[电话]，号[编号]"


def test_every_span_names_its_rule_and_cue() -> None:
    result = DEID.deid("姓名：张三，电话13812345678", offset_days=3, surrogate_key=KEY)
    assert all(s.rule and s.cue for s in result.spans)
    assert [s.label for s in result.spans] == ["NAME", "PHONE"]


def test_scrub_makes_a_short_value_safe() -> None:
    assert DEID.scrub("李主任", known=Known(), offset_days=5, surrogate_key=KEY) == "[姓名]主任"
