"""What gives away names, days, hospitals and codes without a label, as readable lines: text in, text out; and what looks like them and stays.

The offset is +10 days, the note is of 2019-06-01. All people and places are invented.
"""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings, Known
from nlp.deid.ordinary import clinical
from warehouse import codes

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
    ("家中3-2-504搬至一楼", "家中[地址]搬至一楼"),
    ("家属区5-302住", "家属区[地址]住"),
    ("早上从汽车站对面来", "早上从[地址]来"),
    ("现租中心广场西侧，", "现租[地址]，"),
    ("责护：热孜万古·库送 记录", "责护：[姓名] 记录"),
    ("住火车站附近，独居", "住[地址]，独居"),
    ("座位05\n女", "座位[床号]\n女"),
    ("经手：rad_shen", "经手：[编号]"),
    ("LOGIN=nurse_shen;", "LOGIN=[编号];"),
    ("NATIVE=海南\n", "NATIVE=[地址]\n"),
    ("EVN|A01||||shenb\nPID|1", "EVN|A01||||[编号]\nPID|1"),
    ("导出人|nurse_sh\n", "导出人|[编号]\n"),
    ("从汽车南站附近来", "从[地址]来"),
    ("录入|shen99||", "录入|[编号]||"),
    ("CREATE_BY=shenl;", "CREATE_BY=[编号];"),
    ("技术：shen_onc\n", "技术：[编号]\n"),
    ("PV1|I|肿瘤内科^40|", "PV1|I|肿瘤内科^[床号]|"),
    ("沈倩|M|91|", "[姓名]|M|90以上|"),
    ("填报shen07\n", "填报[编号]\n"),
    ("床号+12 诉腹胀", "床号[床号] 诉腹胀"),
    ("住ICU-3床", "住[床号]"),
    ("条码：*8899001122*", "条码：*[编号]*"),
    ("ID:43271652\n周永生/男", "ID:[编号]\n[姓名]/男"),  # no 43 million weeks
    ("0513—8555 1234", "[电话]"),
    ("0513-****1234转", "[电话]转"),
    ("一三九零零一二三四五六", "[电话]"),
    ("血袋号 28647123", "血袋号 [编号]"),  # a donation is of one person and goes to one
    ("医师签名：濛之远（2304）", "医师签名：[姓名]（[编号]）"),
    ("OBR|1||77|zhang02|\nOBX|1|ST|", "OBR|1||77|[编号]|\nOBX|1|ST|"),
    ("审核|周倩|zhouq|2021-03-04", "审核|[姓名]|[编号]|2021-03-14"),
    ("陈立冬教授会诊意见", "[姓名]教授会诊意见"),
    ("请吴远志会诊", "请[姓名]会诊"),
    ("申请：沈倩（dr_shen）开单", "申请：[姓名]（[编号]）开单"),
    ("沈倩/女/93/31床", "[姓名]/女/90以上/[床号]"),
    ("1,沈倩,女,95,31202568,", "1,[姓名],女,90以上,[编号],"),
]

DAYS = [
    ("镇吐。\n4-2 d2，呃逆，\n4-3 d3，腹胀", "镇吐。\n4-12 d2，呃逆，\n4-13 d3，腹胀"),
    ("3月2日，房颤，3月4日，咳痰", "3月12日，房颤，3月14日，咳痰"),  # a clinical word behind a day is no hospital
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
    ("换药约3/2，门诊", "换药约3/12，门诊"),
    ("输前：11-2Hb45", "输前：11-12Hb45"),
    ("复查可。200520CT:结节", "复查可。200530CT:结节"),
    ("CT较11/7片增大", "CT较11/17片增大"),
    ("其后2.7、3.16、4.3分别行化疗", "其后2.17、3.26、4.13分别行化疗"),
    ("及江陵市眼科医院11-2片\n", "及[医院]11-12片\n"),
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
    ("2019在江陵2017行手术", "2019在[医院]2017行手术"),
    ("在武清三中医换药", "在[医院]换药"),
    ("既往在961行支架植入", "既往在[医院]行支架植入"),
    ("在云泊五官科住院", "在[医院]住院"),
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
    "OBX|3|ST|MSH2||positive|||stable|",
    "OBR|1|chest|lung|biopsy|adeno|",
    "切缘（right）",
    "餐后：7.8 HbA1c 6.2%，补钾后：3.2 Na 135",
    "化疗约4/6程，放疗约3/5",
    "多次测血压均高于180/100mmHg",
    "LDH：264化疗前，血糖至301复查",
    "乘航空12小时抵达，核工业20年",
    "血红蛋白：男，120，女，110",
    "分期 T1,M,92,",
    "床 1-2 小时后下床，输液位 3 小时",
    "诊断：超市门口跌倒致外伤",
    "配方，2-2-400，每日",
    "血小板：200512 复查，肌酐值：110312行",
    "主治医师：Child-Pugh A级",
    "优维显100ml，必要时造口；温毒未净",
    "凡士林外用，色素沉着，曾安装心脏支架",
    "检验|白细胞1.2|",
    "固定（魏尔啸淋巴结）",
    "予rhTPO15000U皮下注射",
    "诊断：2.马尾神经压迫\n出院医嘱",
    "控制在118/84mmHg，次日101，",
    "清扫No.253淋巴结",
    "方用二陈汤加减",
    "莫匹罗星外用，调强放疗",
    "未触及新生物，",
    "外院曾放胆道支架",
    "血糖961，尿量960ml，计数242个",
    "窦律，石蜡油润肠，铝镁加口服",
    "江苏豪森产培美曲塞",
    "肿物位于幽门旁，病房对面，护士站附近",
    "|欧狄沃|240mg|，|安加维|120mg|",  # drugs whose names open like a person's
    "1.安伯瑞；2.吉泰瑞；3.降压药",
    "|囊性肿瘤|，予HS-10296口服，予90Y树脂微球",
    "尿淀粉酶2000.5MIU，紫杉醇 120mg 1-3 d2用",
    "皮试：头孢曲松（-）",
    "霍曼征（-），许旺细胞来源，安尔碘消毒",
    "柴胡疏肝，郁金10g，灵芝孢子粉",
    "批号213309，盒装",
    "诊疗计划：常规检查；完善检查",
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


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("外院放疗50Gy/25f qd2018.6结束", "2018.6"),
        ("放疗54Gy/27f bid 2020.11毕", "2020.11"),
        ("既往2021.4XELOX6周期", "2021.4"),
        ("既往2016.3PET-CT阴性", "2016.3"),
        ("尿淀粉酶2000.5MIU", None),
        ("铁蛋白FER2012.3升高", None),
    ],
)
def test_months_beside_letters(text: str, month: str | None) -> None:
    found = DEID.deid(text, offset_days=10, surrogate_key=b"k" * 32).spans
    assert [text[s.start : s.end] for s in found] == ([month] if month else [])


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        # numbers that touch a date: of an item, a scheme in Latin letters, a value behind
        ("2续用恩度；37月9日拟行PCI", ["7月9日"]),
        ("2012.6Miles术后", ["2012.6"]),
        ("MSH2 c.942+3A>TdelC\n2017.9濛江总医院手术", ["2017.9", "濛江总医院"]),
        ("已退热，6-24PCT 2.1→0.3", ["6-24"]),
        ("肺结节，5-8cm，SCC 5.1→1.9", []),
        ("腺癌，3/12", []),
        # codes and their neighbours
        ("送检病理C21-40718ypT2aN0M0", ["C21-40718"]),
        ("送检病理C21-40718yes", []),
        ("录入：07lh", ["07lh"]),
        ("钢板批5518204", []),
        ("门诊 男 92 退休", ["92"]),
        ("农民 女 66岁", []),
        ("心率 男 92 次/分", []),
        # beds of a ward, and a name behind one
        ("安返ICU12床", ["ICU12床"]),
        ("转回监护室7床", ["监护室7床"]),
        ("床06　余晓峰", ["06", "余晓峰"]),
        ("开放床06余张", []),
        ("Bed No.17", ["17"]),
        ("BED10 100Gy", []),
        ("住临时床12，", ["12"]),
        ("转入ICU-19。", ["ICU-19"]),
        ("ICU 3天后转出", []),
        ("申请科室 胸外科 12-03\n", ["12-03"]),
        ("（男，61岁，35-07，登记号06334046）", ["35-07", "06334046"]),
        ("住V16，主诊", ["V16"]),
        ("日间12号，泵入", ["12"]),
        ("化疗2号方案", []),
        ("（周燕录，zhouy02）", ["周燕录", "zhouy02"]),
        # landmarks and bodies
        ("可到体育馆东门找我", ["体育馆东门"]),
        ("到体育馆运动", []),
        ("（至本濛医学检验所）", ["至本濛医学检验所"]),
        ("送至本市检验所", []),
        ("转濛阳公共卫生临床中心", ["濛阳公共卫生临床中心"]),
        ("市血液中心供血，县疾控中心回报", ["市血液中心", "县疾控中心"]),
        ("|病房|17\n", ["17"]),
        ("床位：C-08", ["C-08"]),
        ("特殊：03:1514床突发烦躁", ["14床"]),
        ("病区胸外科13 病案号", ["13"]),
        ("12-3低热，12-7声嘶。", ["12-3", "12-7"]),
        ("术前：5-14Child-Pugh A6", ["5-14"]),
        ("AFP 28413，", []),
        ("CT284137，", ["CT284137"]),
        ("胸CT（CT28413）", ["CT28413"]),
        ("特殊染色：抗酸(-)", []),
        ("谢谢主任", []),
        ("既往康恩综合征，无何氏征", []),
        ("普外科31/章启明/男/63岁", ["31", "章启明"]),
        ("94/M", ["94"]),
        # ranges of months, days of a course, a day by what is done on it
        ("2017年4~9月口服", ["2017年4", "9"]),
        ("自2017.4-9月口服", ["2017.4", "9"]),
        ("第2周期4.7-4.11", ["4.7", "4.11"]),
        ("化疗3.2-3.5万元", []),
        ("17号拔管", ["17号"]),
        ("2号手术间", []),
        ("复查2017 04 07", ["2017 04 07"]),
        ("入组临床试验(318442)", ["318442"]),
        ("母死于肝病，", []),
        ("含漱康复新液，", []),
        ("濛江市第二医院（精神卫生中心）", ["濛江市第二医院（精神卫生中心）"]),
        # a longer clinical term over what a rule reads as a name or a body, and names of substances
        ("|假性囊肿|", []),
        ("|矫形术|", []),
        ("既往圈套切除病史10年，", []),
        ("1.5-氟尿嘧啶；2.高血压", []),
        ("7.25-羟维生素D", []),
        ("示IDH1R132H，请结合", []),
    ],
)
def test_what_touches_something_else(text: str, hidden: list[str]) -> None:
    found = DEID.deid(text, offset_days=10, surrogate_key=b"k" * 32).spans
    assert [text[s.start : s.end] for s in found] == hidden


def test_old_and_little_before_a_known_family_name() -> None:
    known = Known(names=("铁永昌", "叶春生"))
    printed = DEID.deid("老铁不愿住院。小叶增生，老叶陪同", known=known, offset_days=10, surrogate_key=b"k" * 32).text
    assert printed == "[姓名]不愿住院。小叶增生，[姓名]陪同"


def test_a_day_alone_is_of_the_month_of_the_note() -> None:
    assert out("17号拔管") == "27号拔管"
    assert out("27号拔管，29号出院") == "7月7号拔管，9号出院"


@pytest.mark.parametrize("frame", ["3月2日，{}，乏力", "|{}|", "予{}治疗，3周一次。"])
def test_hardly_a_clinical_term_is_hidden(frame: str) -> None:
    terms = sorted(t for t in clinical() if len(t) < 9) + sorted(d.name_zh for d in codes.drugs())
    hidden = [t for t in terms if t not in str(out(frame.format(t)))]
    assert len(hidden) < 0.008 * len(terms), hidden[:40]


def test_a_frame_opens_the_first_line_as_every_other() -> None:
    assert out("辛苦，女，58岁\n程序，男，60岁") == "[姓名]，女，58岁\n[姓名]，男，60岁"
