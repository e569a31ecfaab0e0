"""The written forms of numbers, codes, accounts, beds and ages, as patterns. Every repeat is bounded."""

from __future__ import annotations

import re

from nlp.deid.ordinary import any_of
from nlp.deid.rare import Rare, rare

PROVINCE_CHAR = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LOT = re.compile(
    r"(?:版本号?|序列号?|批号|批次|[板钉体器架材]批|准字|[Ll]ot|LOT|文号|注册证|注册号|货号|型号|rs|COSM|COSV|NM_|NP_|NR_|ENST|ENSG|chr\w{1,2}|NCT|ChiCTR|CTR|GB/?T|ISO|ICD|SNOMED|CPT|ATC|LOINC|WS/?T)[ :：.#\-]{0,3}(?:[A-Za-z]{0,3})$"
)
CODE_HEAD = re.compile(r"([A-Za-z]{2,6})(?=[\d_-])")
CODE_LEFT = re.compile(r"(?<![A-Za-z])([A-Za-z]{2,5})[-_ ]?$")
EMAIL = rare(r"[A-Za-z0-9][\w.+\-]{0,63}\s?@\s?[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,24}){1,4}")
SIMPLE: tuple[tuple[str, str, Rare], ...] = (
    ("EMAIL", "number.email", EMAIL),
    (
        "URL",
        "number.url",
        rare(r"(?:https?|ftp|dicom|wado)://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{1,400}", re.I),
    ),
    ("URL", "number.url", rare(r"www\.[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{3,400}", re.I)),
    (
        "URL",
        "number.url",
        rare(
            r"[A-Za-z0-9](?<![A-Za-z0-9.@\-_/].)[A-Za-z0-9\-]{0,62}(?:\.[A-Za-z0-9\-]{1,62}){0,4}\.(?:com|cn|net|org|gov|edu|io|info|cc|top|xyz|vip|me|co|tv|ltd|site|online|club|link|app|shop|health|med|local|lan|intra|internal)(?![A-Za-z0-9.\-])(?::\d{2,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{0,400})?",
            re.I,
        ),
    ),
    (
        "URL",
        "number.url",
        rare(r"[a-z](?<![A-Za-z].)[a-z0-9+]{1,11}://[^\s\u3000-\uffff，。；、）)】\]|]{1,400}", re.I),
    ),
    (
        "URL",
        "number.url",
        rare(r"\d(?<![\d.].)\d{0,2}(?:\.\d{1,3}){3}(?::\d{2,5})?/[A-Za-z0-9._~:/?#@!$&'*+,;=%\-]{1,400}"),
    ),
    (
        "PLATE",
        "number.plate",
        rare(
            rf"[{PROVINCE_CHAR}][A-HJ-NP-Z][·. \-]{{0,2}}(?:[A-HJ-NP-Z0-9]{{5,6}}|[A-HJ-NP-Z0-9]{{4}}[学警挂领港澳])(?![A-Za-z0-9])"
        ),
    ),
)
DOTTED = re.compile(r"\.\d{1,39}\.\d")  # no address of a machine and no UID without two dots
IPV4 = rare(r"\d(?:(?<![\d.A-Za-z].)|(?<=IP.))\d{0,2}(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?::\d{1,5})?(?![\d.])")
MAC = rare(r"[0-9A-Fa-f](?<![0-9A-Fa-f:].)[0-9A-Fa-f][:\-](?:[0-9A-Fa-f]{2}[:\-]){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
UID = rare(r"[0-2](?<![\d.].)(?:\.\d{1,39}){5,20}(?![\d])")
ID18 = re.compile(r"[1-9](?<!\d.)(?:[ \-]{0,2}\d){16}[ \-]{0,2}[\dXx](?![\dA-Za-z])")
ID15 = re.compile(r"[1-9](?<!\d.)(?:[ \-]?\d){14}(?!\d)")
LONG = re.compile(r"\d(?:[ \-*]{0,2}[\dxX*]){4}")  # below five digits in a row only labels and beds count
MOBILE = re.compile(r"1[3-9](?:[ \-]?\d){9}(?!\d)")
MASKED_LANDLINE = rare(r"0(?<!\d.)\d{2,3}[\-— ]\d{0,4}[*xX×]{2,6}\d{0,4}(?!\d)")
SPOKEN_MOBILE = rare(r"[一幺][三五七八九][〇○零一二三四五六七八九幺]{9}(?![〇○零一二三四五六七八九])")
MOBILE_HEAD = re.compile(r"(?:\+\s?86[\- ]{0,2}|\(?0?086\)?[\- ]{0,2}|86[\- ]{0,2}|0)$")
MASKED = rare(r"\d(?<![\d.].)\d{2,5}[*xX×]{2,12}\d{0,4}[\dXx]?(?!\d)")
LANDLINE = re.compile(
    r"[(+048](?<![\d.].)(?:(?<=\+)86[\- ]?)?(?:(?<=\()0\d{2,3}\)\s?|(?:(?<=0)|0)\d{2,3}[\-— ]{1,2}|(?<=0)(?:10|2\d|[3-9]\d{2})|(?<=[48])00[\- ]?(?=\d{3}[\- ]?\d{4}(?!\d)))[1-9]\d{2}(?:[\-— ]?\d{3,5}|\d[\-— ]\d{3,4})(?:\s?[\-转,]{1,2}\s?\d{1,6})?(?!\d)"
)
CARD = re.compile(r"[2-9](?<![\d.].)\d{3}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{1,3})?(?!\d)")
RUN = re.compile(r"\d(?<![\dA-Za-z._].)\d{6,39}(?![\dA-Za-z]|\.\d)")
RUN6 = re.compile(r"0(?<![\dA-Za-z._\-/+~:*<>=,%].)\d{5}(?![\dA-Za-z.%/\-+~:*])")
ALNUM = re.compile(
    r"([A-Za-z](?<![A-Za-z0-9_.\-].)[A-Za-z]{0,5})[\- ]?(\d{5,24}(?:-\d{1,6}){0,3}[A-Za-z]?)(?![A-Za-z0-9]|\.\d)"
)
SPECIMEN = rare(
    r"[A-Za-z0-9](?<![A-Za-z0-9.\-/].)(?:(?<=\d)(?:\d{3}|\d)[\-–—]\d{4,8}|(?<=[A-Za-z])[A-Za-z]{0,3}(?:19|20)?\d{2}[\-–—]\d{4,8}|(?<=[A-Za-z])[A-Za-z]{0,3}\d{2,4}[\-/]\d{3,8}|(?<=[A-Za-z])[A-Za-z]{0,3}[\-]\d{2,4}[\-]\d{3,8})(?:[\-#]?[A-Za-z]?\d{1,3})?(?!(?!c?y?pT[0-4x])[A-Za-z0-9]|\.\d)"
)
MIXED = re.compile(r"[A-Za-z0-9](?<![A-Za-z0-9_.\-].)[A-Za-z0-9]{8,23}(?![A-Za-z0-9.])")
DOSE = re.compile(r"\d{1,6}(?:MG|G|ML|MCG|UG|IU|U|KU|WU|MU|CGY|GY|MCI|MBQ|GBQ)(?!\d{5})|5FU|5-FU", re.I)
EXAM_NUMBER = rare(
    r"(?:病理|病检|活检|切片|会诊|冰冻|标本|送检|细胞学|涂片|蜡块|玻片|穿刺)(?:报告|结果|诊断|回报|回示|检查|单|片|号|示){0,2}\s?[（(:：#]?\s?([A-Za-z]{0,3}\d[\d\-]{4,12})(?![\dA-Za-z.%])"
)
NUMBER_LABEL = rare(
    r"(?P<word>[号牌证](?<=[\u4e00-\u9fff].)|字第|第(?=[\u4e00-\u9fff]{2}\d{8}号)|车组|N(?<![A-Za-z].)[Oo]\.(?!\d{1,3}(?!\d)))[:： ]{0,2}(?P<number>[\u4e00-\u9fff]{2}\d{2,8}(?=号)|[A-Za-z]{0,2}\d{2,}(?: \d{2,6}){0,3}|[A-Za-z]{1,2}\d{2,})(?![\dA-Za-z.%年月/]|-\d)"
)
STAFF_ACT = any_of("numbers.tsv", "staff_act").replace("_", " ")
ACCOUNT_TOLD = rare(r"[录记入签][，,]\s?(?P<login>[a-z]{2,8}\d{1,4})(?=[）)])")
"""周燕录，zhouy02）: an account behind who entered."""
ACCOUNT = r"(?P<login>[A-Za-z][A-Za-z]{1,9}(?:[_.][A-Za-z]{1,6})?\d{0,4}(?![A-Za-z0-9.%-]))"
LOGIN_BEHIND = rare(
    rf"(?:{STAFF_ACT})(?:者|人|员)?[:： |]{{0,2}}{ACCOUNT}|(?:上报|填报人?|ZDR|打印|导出人?|归档|提交人?|录入|登录|记录人|操作员|工号|账号|登录名|用户名|技术|LOGIN|USER|CREATE_BY|UPDATE_BY|OPERATOR|login|user)[:：|=]?\s?(?P<mixed>[a-z]{{2,6}}_[a-z]{{1,12}}\d{{0,4}}|[a-z]{{3,12}}\d{{0,4}}|\d{{2,4}}[a-z]{{2,3}})(?![A-Za-z0-9_.%])"
)
LOGIN_BESIDE = rare(r"/(?<=[\u4e00-\u9fff]{2}.)(?P<login>[a-z]{2,6}\d{0,4})(?=\s{2}|\s[\u4e00-\u9fff]|$)")
LOGIN_ENCLOSED = rare(rf"(?:审核|报告|复核|录入|书写|签发)[:： ]?[\u4e00-\u9fff]{{2,4}}[（(]{ACCOUNT}(?=[）)])")
LOGIN_BEFORE = rare(rf"[由叫经（(|](?<![A-Za-z].){ACCOUNT}(?=录入|出报告|补|打印|扫描|\|(?:[^|\n]{{2,12}}\|)?20\d\d)")
LOGIN_FIELD = re.compile(r"(?<=\|)(?:[a-z]{3,10}\d{1,4}|[a-z]{2,8}_[a-z]{1,8}\d{0,4})(?=\||$)")
"""An account in a field of its own of a message segment; without a digit or a line it may be any word (positive, biopsy)."""
OPERATOR = re.compile(r"^EVN\|(?:[^|\n]*\|){4}(?P<login>[a-z]{3,12})(?=\||$)", re.M)
"""Who entered the event of a message."""
SEGMENT = re.compile(r"^[A-Z][A-Z0-9]{2}\|.*", re.M)
WXID = rare(
    r"wxid_[A-Za-z0-9_]{3,24}|[a-z](?<![A-Za-z0-9_./@-].)[a-z]{2,11}\d{0,4}_[a-z]{0,8}\d{2,6}(?![A-Za-z0-9_@.])|[A-Za-z](?<=\|.)[A-Za-z]{2,12}_\d{3,6}(?=\|)"
)
GENERAL_NUMBER = rare(
    r"(?:号码?|编码|单号|编号|I(?<![A-Za-z].)D(?!H[12])|后四位|后六位|尾号|末四位)(?:为|是)?\s?[:：（(#]?\s?([A-Za-z]{0,4}-?\d[A-Za-z\d\-]{3,20})(?![\dA-Za-z.%])"
    r"|(?:临床试验|试验方案|方案编?号|研究编号|项目编号)[:：（( ]{0,2}(\d{5,8})(?![\d.%])"
    r"|(?:随机|分机)[:： ]?([A-Z]?\d{3,5})(?![\d.%]|\s?[人例名分])"
    r"|[受入](?=试者|组者)..(?=[A-Z]?\d{2,3}-?\d{2,4}(?![\d.%-]|\s?[人例名岁]))([A-Z]?[\d-]{4,8})"
)
WECHAT_ADDED = rare(
    r"加(?:一?下)?[我他她](?:微信)?[:： ]{0,2}(?P<id>[A-Za-z][A-Za-z_-]{1,12}\d[A-Za-z0-9_-]{1,12})(?![A-Za-z0-9.%])"
    r"|(?P<before>[A-Za-z](?<![A-Za-z0-9_.-].)[A-Za-z0-9_-]{5,19})(?=\s?微信)"
)
SIGNED_NUMBER = rare(
    r"[员师士生者长人名字章](?:[】\]][:：]?|[:：])\s?[\u4e00-\u9fff·]{2,12}[（(](?P<number>\d{3,6})(?=[）)])"
)
PASSPORT = re.compile(r"[EGDSPHMCegdsphmc](?<![A-Za-z0-9].)[A-Za-z]?\d{7,10}(?![A-Za-z0-9])")
BED_REACH = 14
BED_BEFORE = rare(
    r"床(?:(?<![\u4e00-\u9fffA-Za-z\d].)|(?<=[病加邻时].))\s?[:：]?\s?(?P<n>(?:[A-Z]{0,2}ICU-?|CCU-?|[+加])?\d{1,3}(?:-\d{1,3})?)(?![\d.%a-zA-Z年月日天次个张/]|-\d|[余张元周]|\s?(?:多|分|小时|h|m|天))|床号\s?[:：]?\s{0,2}(?P<added>[加+]\d{1,3})(?!\d)"
)
PLATE_AND_DAY = rare(
    r"(?P<plate>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?[A-Z0-9]{5,6}?)(?:(?P<day>(?:1[0-2]|0?[1-9])月(?:[12]\d|3[01]|0?[1-9])[日号])|(?=20\d\d[-/.年]\d))"
)
BED_WORD = re.compile(r"床(?<!临床)")
BED = re.compile(
    r"(?:(?<![\dA-Za-z.])|(?<=\d:\d\d))(?:(?:[A-Z]{0,4}|(?:监护|重症|抢救|观察|日间)室?)\d{1,3}(?:[-+]\d{1,3})?[A-Za-z]?|[A-Z]{1,4}-\d{1,3}|[+加监抢走廊临备]\s?[\d一二三四五六七八九十]{1,3}|[一二三四五六七八九十]{1,3}(?=号病?床)|[一二三四五六七八九]?十[一二三四五六七八九]?(?=病?床))\s?(?:号)?(?:病)?床(?:位)?(?![天旁边日次]|上(?!官))"
)
BED_FIELD = rare(
    r"科\s{1,3}(?P<section>\d{1,2}-\d{1,2})(?=\s{2}|\s*\n|$)|岁[，, ]\s?(?P<aged>\d{1,2}-\d{1,2})(?=[，, ]\s?(?:登记号|住院号|病案号|病历号|门诊号|ID))|住(?P<letter>[A-Z]\d{1,3})(?=[\s，,。]|$)"
    r"|(?:Bed|BED(?= ?N[Oo])|bed)(?<![A-Za-z]...)(?: ?(?:No|NO|no))?[.:： ]{0,2}(?P<english>[A-Z]?\d{1,3})(?![\d.%A-Za-z])"
    r"|(?P<unit>[IC]CU-?\d{1,2}(?=[，。；;\s]|$)|\d{1,2}F-\d{1,2}(?=[，。；;\s]|$)|\d{1,3}#(?=床)|\d{1,3}(?=号椅))"
    r"|(?:Room|room|ROOM|床头卡)[.:： ]{0,2}(?P<room>[A-Z]?\d{1,4})(?![\d.%A-Za-z])|科(?P<slashed>\d{1,3})(?=/[\u4e00-\u9fff]{2,4}/[男女])"
    r"|(?:病区|科室|科别|护理单元)[:：]?[\u4e00-\u9fff]{2,8}(?P<behind>\d{1,3})(?=\s{1,3}(?:病案|住院|登记|门诊|病历|ID))"
    r"|病房[:：|]\s?(?P<ward>\d{1,4})(?=\s*\n|[|，。]|$)"
    r"|(?:化疗|日间|输液)(?P<chair>\d{1,3})(?=号(?![方线楼院门]))"
)
"""A bed in a field of its own (胸外科 12-03, 住V16)."""
SEAT = rare(
    r"(?:座位|座椅|化疗椅|输液椅|输液位)号?[:： ]{0,2}(?P<seat>\d{1,3})(?![\d.%]|\s?(?:余|张|多|个|分|小时|h|m|元|周|天))"
)
AGE = rare(
    r"([\d一二三四五六七八九十百](?<![\d.].)(?<!\d[\-~].)[\d一二三四五六七八九十百零〇]{1,4})(\s?(?:周?岁|y/?o(?![a-z])|Y(?![A-Za-z\]树微])|years? old))(?!以[上下])"
)
AGE_BESIDE_LETTER = re.compile(
    r"(?<=[\u4e00-\u9fff]\|[MF]\|)\d{2,3}(?=\|)|(?<![\d.A-Za-z])\d{2,3}(?=/[MF](?![A-Za-z\d]))"
)
PV1_BED = re.compile(r"\^(?P<bed>\d{1,3})(?=[|^])")
AGE_BESIDE_SEX = rare(
    r"[男女](?<=[|/,^\s].)(?:[|/,^]|\s{1,2}(?=\d{2,3} [\u4e00-\u9fff](?<![次分天年个月周厘毫公例])))(\d{2,3})(?=[|/,^\s]|$)"
)
"""A field of its own beside the sex; 男，120 may be a limit of a laboratory."""
AGE_LABEL = rare(r"(年龄|Age|age|AGE)([:：=|\s]{0,3})(\d{2,3})(?!\s?\d|\s?周?岁|\.)")
