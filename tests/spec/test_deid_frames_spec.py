"""What gives away names, days, hospitals and codes without a label, as readable lines: text in, text out; and what looks like them and stays.

The offset is +10 days, the note is of 2019-06-01. All people and places are invented.
"""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings

DEID = Deidentifier(DeidSettings(network=False))


def out(text: str) -> str | None:
    return DEID.deid(text, offset_days=10, surrogate_key=b"k" * 32, note_date="2019-06-01").text


NAMES = [
    # the family name behind its own word
    ("免贵姓詹，夜间睡眠可", "免贵姓[姓名]，夜间睡眠可"),
    ("自称姓巩的，来电询问", "自称姓[姓名]的，来电询问"),
    # a star inside a name
    ("联系人赵*刚，已告知", "联系人[姓名]，已告知"),
    ("章*军于今日出院", "[姓名]于今日出院"),
    # words that are names too, between kinship and what kin do
    ("其弟康复送入病房", "其弟[姓名]送入病房"),
    ("其子向阳陪同入院", "其子[姓名]陪同入院"),
    ("妹妹苗圃签字同意", "妹妹[姓名]签字同意"),
    ("长子成功代述病史", "长子[姓名]代述病史"),
    ("由其次女焦胜男接回", "由其次女[姓名]接回"),
    ("与鲁迪（其妻）沟通", "与[姓名]（其妻）沟通"),
    ("同事小呼陪护", "同事[姓名]陪护"),
    # who speaks for a department, or acts for it
    ("放疗科柯示：继续观察", "放疗科[姓名]：继续观察"),
    ("营养科 晏宁：加用肠内营养", "营养科 [姓名]：加用肠内营养"),
    ("心理科 甘甜会诊", "心理科 [姓名]会诊"),
    ("由时雨护士推送", "由[姓名]护士推送"),
    # sex and age behind, a role before
    ("戚莫 女 58岁", "[姓名] 女 58岁"),
    ("3床 辛苦 男 71岁", "[床号] [姓名] 男 71岁"),
    ("经治：耿直/凌云", "经治：[姓名]/[姓名]"),
    ("记录：庄严（规培）", "记录：[姓名]（规培）"),
    # papers, phones and signatures
    ("申请人黄河，证件已核", "申请人[姓名]，证件已核"),
    ("姓名曾经 住院号", "姓名[姓名] 住院号"),
    ("联系不上时可打方正手机16626299396", "联系不上时可打[姓名]手机[电话]"),
    ("RELA=孙满意,妻,", "RELA=[姓名],妻,"),
    ("今晨小李抽血", "今晨[姓名]抽血"),
    ("批号S201824，吴茜双人核对", "批号S201824，[姓名]双人核对"),
    # brands of drugs that are names as well, without a dose behind them
    ("姓名：万珂　性别：女", "姓名：[姓名]　性别：女"),
    ("医师：罗圣全", "医师：[姓名]"),
    ("姓名：余天　性别：男", "姓名：[姓名]　性别：男"),
    # a nickname of a patient
    ("患者老鲍乏力", "患者[姓名]乏力"),
]

CODES = [
    ("上报 mazhq", "上报 [编号]"),
    ("打印 qianlb07", "打印 [编号]"),
    ("床07 神志清", "床[床号] 神志清"),
    ("床ICU-19，登记", "床[床号]，登记"),
    ("病床 12-1 护理", "病床 [床号] 护理"),
    ("电话已留，17-2-1101，独居", "电话已留，[地址]，独居"),
    ("床号+12 诉腹胀", "床号[床号] 诉腹胀"),
    ("住ICU-3床", "住[床号]"),
    ("条码：*8899001122*", "条码：*[编号]*"),
    ("ID:43271652\n周永生/男", "ID:[编号]\n[姓名]/男"),  # no 43 million weeks
    ("0513—8555 1234", "[电话]"),
    ("0513-****1234转", "[电话]转"),
    ("一三九零零一二三四五六", "[电话]"),
    ("血袋号 28647123", "血袋号 [编号]"),  # a donation is of one person and goes to one
    ("医师签名：濛之远（2304）", "医师签名：[姓名]（[编号]）"),
    ("OBR|1||77|zhangl|\nOBX|1|ST|", "OBR|1||77|[编号]|\nOBX|1|ST|"),
    ("审核|周倩|zhouq|2021-03-04", "审核|[姓名]|[编号]|2021-03-14"),
    ("沈倩/女/93/31床", "[姓名]/女/90以上/[床号]"),
    ("1,沈倩,女,95,31202568,", "1,[姓名],女,90以上,[编号],"),
]

DAYS = [
    ("12/26-2020/6/18化疗6周期", "1/5-2020/6/28化疗6周期"),
    ("9-3/9-24/10-15行3程化疗", "9-13/10-4/10-25行3程化疗"),
    ("末次化疗5-28，次日出院", "末次化疗6-7，次日出院"),
    ("8-22首次，9-12更改方案", "9-1首次，9-22更改方案"),
    ("与5.12片比较，肿块缩小", "与5.22片比较，肿块缩小"),
    ("去年3月8日确诊", "去年3月18日确诊"),
    ("忌酒;2.2022年8月12日回院复查", "忌酒;2.2022年8月22日回院复查"),  # behind the number of an item
    ("2015-05-15404医院骨穿", "2015-05-25[医院]骨穿"),
    ("拒绝插管；9-126时27分死亡", "拒绝插管；9-226时27分死亡"),
    ("留置针10-2打的，无渗出", "留置针10-12打的，无渗出"),
    ("末程1-8，依托泊苷减量", "末程1-18，依托泊苷减量"),
    ("家属7-19撤诉，病历解封", "家属7-29撤诉，病历解封"),  # an act no range of numbers has
    ("蜡块寄回，12/9才到", "蜡块寄回，12/19才到"),
    ("随访：2月14，微信视频", "随访：2月24，微信视频"),
    ("W2 5.12:20Gy，无不适\nW3 5.19:30Gy", "W2 5.22:20Gy，无不适\nW3 5.29:30Gy"),
    ("体温正常\n7-4 d0 单抗 600mg", "体温正常\n7-14 d0 单抗 600mg"),
    ("2017-09-07行保肢手术", "2017-09-17行保肢手术"),  # what is done on a day is no hospital
]

INSTITUTIONS = [
    ("闽海省立造口门诊换袋", "[医院]造口门诊换袋"),
    ("曾在南山县立住院", "曾在[医院]住院"),
    ("在解放军965住院", "在[医院]住院"),
    ("在武警江北的医生建议下", "在[医院]的医生建议下"),
    ("外院（江陵省肿）CT示", "外院（[医院]）CT示"),
    ("（永安）旧片", "（[医院]）旧片"),
    ("12月前昆六院穿刺病理", "12月前[医院]穿刺病理"),
    ("手术：2019年4月北医珠海；", "手术：2019年4月[医院]；"),
    ("与菏东传染病院CT比较增大", "与[医院]CT比较增大"),
    ("会诊医师：王静    川东铁医", "会诊医师：[姓名]    [医院]"),
    ("昌吉州医给了张光盘", "[医院]给了张光盘"),
    ("云大附入组筛选失败", "[医院]入组筛选失败"),
    ("东阳市中疑食管癌", "[医院]疑食管癌"),
    ("在汉川2104查甲胎蛋白", "在[医院]查甲胎蛋白"),
    ("转至高新区一院治疗", "转至[医院]治疗"),
    ("蜡块寄泛城基因，待回报", "蜡块寄[单位]，待回报"),
    ("省地质勘探三队退休", "[单位]退休"),
    ("系江东化工三厂退休工人", "系[单位]退休工人"),
    ("4、泛城基因：未见突变", "4、[单位]：未见突变"),
    ("材料交大病救助办公室，下周取", "材料交[单位]，下周取"),
    ("费用由区退役军人事务局结算", "费用由[单位]结算"),
    ("到市劳动能力鉴定委员会备案", "到[单位]备案"),
    ("在江北高原病住院", "在[医院]住院"),
    ("核工业416看过门诊", "[医院]看过门诊"),
]

KEPT = [
    "血袋批号 286471",
    "备血|男，65kg|，共 91 次",
    "OBX|2|NM|GLU||92|mmol|3-6|final|",
    "顺铂2277241，批号20190305",
    "白细胞 2.1，中性粒 1.7",
    "减少约1/3，侵犯约1/2层",
    "腰3/4，第3-4肋间",
    "术后3-5日，每4-6日",
    "右肺3-5来源不明，每2-3次换药",
    "计划总数，大附近，肿块中心",
    "清扫4、6组，3/12见癌",
    "孔雀绿染色，鲍恩病，转移性肿瘤",
    "核左移",
    "皮试：头孢曲松（-）",
    "霍曼征（-），许旺细胞来源，安尔碘消毒",
    "柴胡疏肝，郁金10g，灵芝孢子粉",
    "批号213309，盒装",
    "查白细胞3400，血小板2104",
    "评分1分。开药：易瑞沙 250mg qd",
    "陪同。主任医师查房记录",
    "请完善心肺功能评估。谢邀，随诊。",
    "因“进食梗阻感20余天”入院",
    "cT2N0M0 IIA期。现拟手术收入院。",
    "20余天前因消瘦、纳差就诊",
    "既往阑尾切除术后，谵妄，予奥氮平",
    "平台：NovaSeq 6000",
    "OBX|3|NM|AFP||6.8|ng/ml|0-7",
    "请主任医师查房。",
    "脉洪大，洪脉",
    "家属全程陪同，家属马上送来",
    "家属平时照顾，由其家属签字",
    "患者老年，老伴陪护",
    "胃镜诊断：胃癌，肿瘤基因检测",
    "外院CT，外院（CT）",
    "武警战士，同姓患者",
    "一附件未见异常",
    "行保肢手术，予保肝",
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_places_where_only_a_person_stands(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize(("text", "expected"), CODES)
def test_codes_accounts_beds_and_phones_in_odd_forms(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize(("text", "expected"), DAYS)
def test_days_without_a_year_by_what_stands_around(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize(("text", "expected"), INSTITUTIONS)
def test_hospitals_and_bodies_without_a_telling_ending(text: str, expected: str) -> None:
    assert out(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_looks_alike_stays(text: str) -> None:
    assert out(text) == text


def test_a_frame_opens_the_first_line_as_every_other() -> None:
    assert out("辛苦，女，58岁\n程序，男，60岁") == "[姓名]，女，58岁\n[姓名]，男，60岁"
