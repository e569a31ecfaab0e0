"""Places, institutions, numbers and days by grammar, as readable lines: what is hidden, what stays. None of the names is in a word list."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.ordinary import explained, familiar
from nlp.deid.scan import Index, index, longest
from nlp.deid.wrapped import breaks

DEID = Deidentifier(DeidSettings(network=False))


def hidden(text: str) -> list[str]:
    result = DEID.deid(text, offset_days=9, surrogate_key=b"k" * 32, note_date="2019-06-01")
    return [text[s.start : s.end] for s in result.spans]


HIDDEN = [
    ("其孙女在濛溪侨中读高二，", "濛溪侨中"),
    ("在仁济堂按肺炎输液", "仁济堂"),
    ("2014年8月因纳差往溆濛县院诊，", "溆濛县院"),
    # hospitals by what they hold, send and say; schools and employers by kind
    ("外院片子寄存在沂澜影像科", "沂澜"),
    ("今收到沂澜寄来的白片9张", "沂澜"),
    ("咨询。沂澜片子已看，未见复发", "沂澜"),
    ("先后在濛江医院、沂澜行化疗4周期", "沂澜"),
    ("曾在沂澜、濛江门诊部治疗", "沂澜"),
    ("2022年3月濛尔沂院术后", "濛尔沂院"),
    ("因咯血于濛溪骨伤行支气管镜", "濛溪骨伤"),
    ("小女儿读濛溪侨中，未婚", "濛溪侨中"),
    ("生前在濛达快递任会计", "濛达快递"),
    ("在濛安家政服务部体检", "濛安家政服务部"),
    ("原住安定镇濛家洼村135号，独居", "安定镇濛家洼村135号"),
    # homes by what is said on both sides, days by what happened on them
    ("女儿从濛溪打来电话", "濛溪"),
    ("濛溪人，嫁到汶头窝后务农", "汶头窝"),
    ("没有手术机会，回濛溪老家休养", "濛溪"),
    ("儿子在濛溪滩打工", "濛溪滩"),
    ("执行：8-22首次，9-7更改野", "9-7"),
    ("群里发来4-13的血常规照片", "4-13"),
    ("与12.31片比较，病灶缩小", "12.31"),
    ("对的，4.18出的院。", "4.18"),
    ("自行停药，8/20由小米陪同返院", "8/20"),
    ("术后服药.2013.7.16复查", "2013.7.16"),
    ("可以，加我kaile_16或打电话", "kaile_16"),
    ("已加bluefox_0560微信。", "bluefox_0560"),
    ("在濛家寨散步", "濛家寨"),
    ("【医师】濛之远（2304）", "2304"),
    # hospitals by what is said around them
    ("今由澜泊转来，病情同前", "澜泊"),
    ("在澜泊2016.2做的手术", "澜泊"),
    ("与2015年2月17日（澜泊，号CT007387）相仿", "澜泊"),
    ("从沂蒿肿瘤回家休养", "沂蒿肿瘤"),
    ("要求转沂蒿油总王教授处", "沂蒿油总"),
    ("因癌于濛水县院术后", "濛水县院"),
    ("在市三排队取药", "市三"),
    ("捎来附二的片子", "附二"),
    ("在县妇幼保健院输液", "县妇幼保健院"),
    ("于人民医院住院", "人民医院"),
    ("带外院（澜泊惠民医院）片", "澜泊惠民医院"),
    ("经浙濛病理会诊中心检测", "浙濛病理会诊中心"),
    ("送安和临终关怀病房", "安和临终关怀病房"),
    # employers and schools
    ("供职濛江炼油厂；毕业澜泊第一中学；", "濛江炼油厂"),
    ("女婿在红濛家具有限公司任职", "红濛家具有限公司"),
    ("器械找工程师（天濛医械），", "天濛医械"),
    ("单位：退休前在濛山煤矿三采区看门", "濛山煤矿三采区"),
    # addresses
    ("到濛坡镇岔家洼6组随访", "濛坡镇岔家洼6组"),
    ("回大榆濛屯养病了", "大榆濛屯"),
    ("住劳动路550号紫濛公馆18号楼1701", "劳动路550号紫濛公馆18号楼1701"),
    ("家住七濛农场四分场", "七濛农场四分场"),
    ("系双濛桥头人，务农", "双濛桥头"),
    ("由濛水送来，腹痛", "濛水"),
    ("患者住7号楼中单元三楼东户，独居", "7号楼中单元三楼东户"),
    ("与其同住13-3-502，", "13-3-502"),
    ("现家中宁德市霞浦县，", "宁德市霞浦县"),
    # numbers
    ("费别:城镇职工 3U19526756", "3U19526756"),
    ("录入：liuhx_nk 被访人", "liuhx_nk"),
    ("受检|wxid_xiaohe_88058|", "wxid_xiaohe_88058"),
    ("～90岁～", "90岁"),
    ("血袋号28647 28 237388，外观无溶血", "28647 28 237388"),
    # days
    ("途中电告急诊，7-30 19:35到院", "7-30 19:35"),
    ("监查确认（210328）", "210328"),
    ("20.12.25－21.1.5小结", "20.12.25"),
    ("20.12.25－21.1.5小结", "21.1.5"),
    ("免疫组化（11.2补）：阴性", "11.2"),
    ("第二次 8-10 家属接", "8-10"),
    ("考虑软组织肿瘤。12/22Hb82；1/26Hb96；2/18ANC2.8。", "1/26"),
]

KEPT = [
    "2017年系统提示重复开药，退款至银行卡",
    "经积极补液、透析治疗后好转，再入院手术",
    "导管超选至齿状线，见肿瘤染色",
    "收到病理报告，经外科会诊，存放于冰箱",
    "由上述检查回到病房，自觉好转",
    "肿块较前增大，大小约3.5×2.1的结节，与前片比较",
    "护理部监制 版本号HL-52-1",
    "卡铂联合加S1维持，加用PD1",
    "血象2.17、3.26分别2.8、3.6、4.3",
    "血钾回到4.2，继续补钾",
    "淋巴结0/11，胃右动脉根部0/4，13组0/1",
    "大便约2-3次/天，侵及约2/3层",
    "我院，当地医院，上级医院，某医院，外院，人民医院",
    "（肠系膜下动脉根部）淋巴结2个，（回盲部）",
    "右肺上叶后基底段见一小结节",
    "口腔溃疡2处，中心静脉置管，肿瘤标志物下降",
    "治疗依从性好，内见散在点状钙化，月经来潮1次",
    "超声诊断中心，病理科，放疗中心",
    "镇痛镇静镇吐，城镇居民，乡镇",
    "系退休工人，职业农民",
    "肝癌栓塞治疗（TACE），直肠癌根治术（MILES）",
    "报告：ProGRP 64.2，NSE 12.1",
    "方案号HX-2203",
    "验证3703，批号B123456",
]


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_hidden(text: str, secret: str) -> None:
    assert any(secret in span or secret == span.strip() for span in hidden(text)), hidden(text)


@pytest.mark.parametrize("text", KEPT)
def test_kept(text: str) -> None:
    days = {"2.17", "3.26"}  # a row of days is a row of days
    assert [span for span in hidden(text) if span not in days] == []


def test_a_name_begins_behind_its_preposition() -> None:
    assert "濛江炼油厂" in hidden("女婿卫东在濛江炼油厂任职")


def test_a_line_end_made_by_a_printer_cuts_nothing() -> None:
    plain = "患者因上腹痛伴黑便两月余入院，电话：13800138000，神清，精神可，查体合作，对答切题，双肺呼吸音清，心律齐，未闻及杂音，腹软，全腹无压痛。"
    text = "\n".join(plain[i : i + 22] for i in range(0, len(plain), 22))
    assert "13800138000" not in text and len(breaks(text)) == 3
    assert any(span.replace("\n", "") == "13800138000" for span in hidden(text))
    assert breaks("姓名：甲\n性别：女\n年龄：60岁\n科室：肿瘤科") == []


def test_ordinary_words_explain_language_and_no_names() -> None:
    assert explained("影像检查") and explained("患者家属")
    assert not explained("澜泊") and not explained("濛水")
    assert familiar("检查濛") and not familiar("濛澜泊")


def test_one_pass_finds_what_every_list_holds() -> None:
    small = Index({"a": [("肝癌", "x"), ("肝癌晚期", "y"), ("床", "z")], "b": [("癌晚", "w"), ("肝癌", "v")]})
    hits = small.every("床位：肝癌晚期床")
    assert [(h.start, h.word, h.kind) for h in hits["a"]] == [
        (0, "床", "z"), (3, "肝癌晚期", "y"), (3, "肝癌", "x"), (7, "床", "z")]  # fmt: skip
    assert [(h.start, h.word) for h in hits["b"]] == [(3, "肝癌"), (4, "癌晚")]
    assert [h.word for h in longest(hits["a"])] == ["床", "肝癌晚期", "床"]
    assert index().every("") == {name: [] for name in index().names}
