"""Personal data: bring it to one form, check it, mask it, take it out of text before a ticket leaves us.

Masks never show how long a name is, and never more of a number than a clerk needs to tell two callers apart.
What is found in text, and how, says `classifiers.personal_data.finding`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from classifiers.personal_data.checks import ID_PROVINCES, id_check, is_birthday, is_credit_code
from classifiers.personal_data.finding import find_personal
from classifiers.personal_data.surnames import COMPOUND, RARE_COMPOUND
from hotline.domain.errors import InvalidInput, invalid_field


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMPOUND_SURNAMES = frozenset((*COMPOUND, *RARE_COMPOUND))
TITLES = _words("""
先生 女士 小姐 同志 老师 师傅 阿姨 大爷 大妈 大姐 大哥 奶奶 爷爷
""")
ORGANISATION_ENDS = _words("""
股份有限公司 有限责任公司 有限公司 集团公司 分公司 公司 集团 合作社 事务所 研究院 业主委员会
居委会 村委会 委员会 幼儿园 小学 中学 大学 学院 学校 医院 诊所 酒店 宾馆 餐馆 饭店 超市 商行
经营部 门市部 工作室 服务部 中心 协会 商会 工厂 厂 店
""")
KINDS = {
    "id_number": "身份证号",
    "bank_card": "银行卡号",
    "phone": "电话号码",
    "email": "电子邮箱",
    "plate": "车牌号",
    "name": "姓名",
}


# --- one form ---


@dataclass(frozen=True)
class Phone:
    """A telephone number in one form: digits alone (or + and digits from abroad), extension apart.

    kind: mobile, landline (with area code), local (without), service (95xxx, 400, 110, 12345…) or foreign.
    `number` is what the keyed hash is made of.
    """

    number: str
    kind: str
    extension: str = ""


_EXTENSION = re.compile(
    r"^(.*?)(?:转|分机|(?<=\d)x|ext\.?|#|,|(?<=\d{7})-(?=\d{1,6}$))[:：]?(\d{1,6})$", re.I
)
_PHONE_KINDS = (
    ("mobile", re.compile(r"1[3-9]\d{9}")),
    ("landline", re.compile(r"0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}")),
    ("service", re.compile(r"[48]00\d{7}|1\d{2}|1[02]\d{3}|9[56]\d{3,6}")),
    ("local", re.compile(r"[2-8]\d{6,7}")),
    ("foreign", re.compile(r"\+(?!86)[1-9]\d{5,14}")),
)


def normalise_phone(text: str, area: str = "") -> Phone:
    """One form for a number as people write it: full-width digits, +86, blanks, brackets, 转801.

    area: the area code ("0734") put before a local number; without it the number stays local.
    Raises InvalidInput when it is no telephone number.
    """
    if len(text) > 60:
        raise invalid_field("phone", "电话号码过长", "phone.invalid")
    plain = re.sub(r"[\s().·*—–]", "", unicodedata.normalize("NFKC", text)).replace("--", "-")
    match = _EXTENSION.match(plain)
    number, extension = (match[1], match[2]) if match else (plain, "")
    number = _home_number(number.replace("-", ""))
    for kind, pattern in _PHONE_KINDS:
        if pattern.fullmatch(number):
            if kind == "local" and area:
                number, kind = area + number, "landline"
            return Phone(number, kind, extension)
    raise invalid_field("phone", "电话号码格式不正确，请填写 11 位手机号或带区号的固定电话", "phone.invalid")


def _home_number(number: str) -> str:
    match = re.fullmatch(r"(?:\+|00)?86(1[3-9]\d{9}|0?[1-9]\d{8,10})", number)
    if not match:
        return re.sub(r"^00(?=[1-9])", "+", number)
    rest = match[1]
    return rest if rest.startswith("0") or re.fullmatch(r"1[3-9]\d{9}|[48]00\d{7}", rest) else "0" + rest


def normalise_id_number(text: str) -> str:
    """The 18-digit form of a citizen's ID number (GB 11643-1999); an old 15-digit number is carried over.

    Raises InvalidInput for a wrong shape, province, birth date or check digit.
    """
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text[:60])).upper()
    if re.fullmatch(r"\d{15}", number):
        body = number[:6] + "19" + number[6:]
        number = body + id_check(body)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise invalid_field("id_number", "身份证号应为 18 位（末位可为 X）", "id_number.invalid")
    if number[:2] not in ID_PROVINCES or not is_birthday(number[6:14]):
        raise invalid_field("id_number", "身份证号中的地区或出生日期不正确", "id_number.invalid")
    if number[17] != id_check(number[:17]):
        raise invalid_field("id_number", "身份证号校验位不正确，请核对", "id_number.invalid")
    return number


def normalise_credit_code(text: str) -> str:
    """The 统一社会信用代码 (GB 32100-2015) in capitals; InvalidInput for a wrong shape or check."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text[:60])).upper()
    if not is_credit_code(code):
        raise invalid_field("credit_code", "统一社会信用代码不正确，请核对", "credit_code.invalid")
    return code


# --- masks ---


def mask_name(name: str) -> str:
    """王小明 -> 王**, 欧阳娜 -> 欧阳**, John Smith -> J** S**; 张女士 stays.

    An organisation keeps its place and its form: 衡州市鑫源餐饮有限公司 -> 衡州市****有限公司.
    """
    name = name.strip()
    if not name or _is_title(name):
        return name
    if ending := _organisation_end(name):
        return _mask_organisation(name, ending)
    if name[0].isascii():
        return " ".join(word[0] + "**" for word in name.split())
    if re.search(r"[·•・]", name):
        return name[0] + "**·**"
    return (name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[0]) + "**"


def _is_title(name: str) -> bool:
    surname = next((name.removesuffix(title) for title in TITLES if name.endswith(title)), None)
    return surname is not None and (len(surname) <= 1 or surname in COMPOUND_SURNAMES)


def _organisation_end(name: str) -> str:
    long_enough = (end for end in ORGANISATION_ENDS if name.endswith(end) and len(name) >= len(end) + 2)
    return next((end for end in long_enough if len(name) > 4 or len(end) > 1), "")


def _mask_organisation(name: str, ending: str) -> str:
    place = re.match(r"[^\W\d_]{1,6}?(?:省|自治区|市|县|区)", name.removesuffix(ending)[:-1])
    return (place[0] if place else name[0]) + "****" + ending


def mask_phone(phone: str) -> str:
    """13812341234 -> 138****1234, 0734-8123456 -> 0734-*****56; public service numbers stay. Never raises."""
    try:
        parsed = normalise_phone(phone)
    except InvalidInput:
        return _mask_middle(phone.strip(), 2, 2)
    number = parsed.number
    if parsed.kind == "landline":
        head = 3 if re.match(r"0(?:10|2\d)", number) else 4
        return f"{number[:head]}-{'*' * (len(number) - head - 2)}{number[-2:]}"
    if parsed.kind == "service":
        return number
    return _mask_middle(number, 3, 4) if len(number) > 8 else _mask_middle(number, 0, 2)


def mask_id_number(number: str) -> str:
    """43010419900101123X -> 430***********123X: province, city and the last four, never the birthday."""
    return _mask_middle(re.sub(r"[\s-]", "", number), 3, 4)


def mask_address(address: str) -> str:
    """衡州市蒸阳区解放路12号3栋502室 -> 衡州市蒸阳区解放路****: down to the road, or to the township."""
    address = address.strip()
    road = re.match(
        r"(?:[^\d\W]|[·]){2,40}?(?:大道|公路|[路街道巷])(?=\d|[一二三四五六七八九十百]+号)", address
    )
    area = re.match(r"(?:[^\d\W]{1,10}?(?:自治区|自治州|街道|[省市州县旗镇乡]|(?<![小社])区))+", address)
    known = road or area
    return (known[0] if known else "") + "****" if address else ""


def mask_email(email: str) -> str:
    """wang.li@example.org -> w***@example.org."""
    local, at, host = email.strip().rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}***@{host}" if at else _mask_middle(email.strip(), 1, 0)


def _mask_middle(text: str, head: int, tail: int) -> str:
    """`head` and `tail` signs stay, unless that would leave fewer than four hidden."""
    if len(text) < head + tail + 4:
        head = tail = 0
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[len(text) - tail :]


# --- free text ---


def mask_text(text: str, keep: Collection[str] = ()) -> str:
    """The text with its personal data masked; `keep` names kinds that stay (a taxi complaint's plate)."""
    parts, done = [], 0
    for span in find_personal(text):
        if span.kind not in keep:
            parts += [text[done : span.start], _mask_span(span.kind, span.text)]
            done = span.end
    return "".join([*parts, text[done:]])


def without_persons(text: str, secret: bool) -> str:
    """What may be read on by a machine or a stranger: masked, and of a secret caller taken out whole."""
    return hide_text(text) if secret else mask_text(text)


def hide_text(text: str) -> str:
    """The text with its personal data taken out whole: of a secret caller not even a surname or last digits stay."""
    parts, done = [], 0
    for span in find_personal(text):
        parts += [text[done : span.start], HIDDEN]
        done = span.end
    return "".join([*parts, text[done:]])


HIDDEN = "〔隐去〕"


def _mask_span(kind: str, found: str) -> str:
    if kind == "name":
        return mask_name(found)
    if kind == "email":
        return mask_email(found)
    if kind == "plate":
        return found[:2] + "*" * (len(found) - 3) + found[-1]
    if kind == "bank_card":
        return _mask_middle(re.sub(r"[ -]", "", found), 0, 4)
    return mask_phone(found) if kind == "phone" else mask_id_number(found)
