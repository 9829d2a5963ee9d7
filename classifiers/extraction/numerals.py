"""Numbers as people write them: 12,800, 3.5万, 三千五百, 贰万叁仟, 六千八 (6800), 3万5 (35000)."""

import re

DIGITS = {sign: value for value, signs in enumerate(("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")) for sign in signs}  # fmt: skip
TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
MYRIADS = {"万": 10_000, "亿": 100_000_000}
CHINESE = "".join(DIGITS) + "".join(TENS)
_PART = re.compile(r"\d[\d,]*(?:\.\d+)?|.")


def number(text: str) -> float | None:
    """What the numeral is worth; None when it is none. A lone last digit counts a tenth of the unit before it."""
    total, myriad, digit = 0.0, 0.0, None
    unit = 1.0
    for part in _PART.findall(text):
        if part[0].isdecimal():
            digit = float(part.replace(",", ""))
        elif part in DIGITS:
            if digit is not None and DIGITS[part] >= 0 and unit == 1.0 and not myriad:
                digit = digit * 10 + DIGITS[part]  # 二零二五 is read digit by digit
            else:
                digit = float(DIGITS[part])
            if DIGITS[part] == 0 and unit > 1:
                digit, unit = None, 1.0  # 一千零五: the zero ends the counting in tenths
        elif part in TENS:
            myriad += (1 if digit is None else digit) * TENS[part]
            digit, unit = None, float(TENS[part])
        elif part in MYRIADS:
            if digit is None and not myriad:
                return None
            total = (
                (total if part == "万" else 0)
                + (myriad + (digit or 0)) * MYRIADS[part]
                + (total * MYRIADS[part] if part == "亿" else 0)
            )
            myriad, digit, unit = 0.0, None, float(MYRIADS[part])
        else:
            return None
    if digit is None:
        return total + myriad if text and (total or myriad or text[-1] in "零〇0") else None
    shortened = unit > 1 and digit < 10 and digit == int(digit)
    return total + myriad + (digit * unit / 10 if shortened else digit)


def whole_number(text: str) -> int | None:
    """As `number`, for a count or a date part."""
    value = number(text)
    return None if value is None or value != int(value) else int(value)


def plain(value: float) -> str:
    """A number without a needless ".0" and never in exponent form."""
    return str(int(value)) if value == int(value) else f"{value:.4f}".rstrip("0")
