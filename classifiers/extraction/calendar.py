"""Named days of the year, the lunar ones by a table (2010-2040, from the conversion of the lunar calendar, GB/T 33661)."""

from datetime import date, timedelta

_SPRING = "0214 0203 0123 0210 0131 0219 0208 0128 0216 0205 0125 0212 0201 0122 0210 0129 0217 0206 0126 0213 0203 0123 0211 0131 0219 0208 0128 0215 0204 0124 0212"
_DRAGON = "0616 0606 0623 0612 0602 0620 0609 0530 0618 0607 0625 0614 0603 0622 0610 0531 0619 0609 0528 0616 0605 0624 0612 0601 0620 0610 0530 0618 0607 0527 0614"
_MOON = "0922 0912 0930 0919 0908 0927 0915 1004 0924 0913 1001 0921 0910 0929 0917 1006 0925 0915 1003 0922 0912 1001 0919 0908 0927 0916 1004 0924 0913 1002 0920"
_FIRST_YEAR = 2010
_FIXED = {
    "元旦": (1, 1),
    "情人节": (2, 14),
    "妇女节": (3, 8),
    "三八节": (3, 8),
    "植树节": (3, 12),
    "愚人节": (4, 1),
    "五一": (5, 1),
    "劳动节": (5, 1),
    "六一": (6, 1),
    "儿童节": (6, 1),
    "教师节": (9, 10),
    "国庆": (10, 1),
    "十一": (10, 1),
    "双十一": (11, 11),
    "双11": (11, 11),
    "双十二": (12, 12),
    "平安夜": (12, 24),
    "圣诞": (12, 25),
}
_LUNAR = {"春节": (_SPRING, 0), "过年": (_SPRING, 0), "除夕": (_SPRING, -1), "大年三十": (_SPRING, -1), "元宵": (_SPRING, 14), "端午": (_DRAGON, 0), "中秋": (_MOON, 0)}  # fmt: skip


def festival(name: str, year: int) -> date | None:
    """The day of a festival in a year of the common era; None outside the table or for an unknown name."""
    name = name if name in _FIXED else name.removesuffix("节")
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name == "清明":
        short = year % 100
        return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)
    if name in _LUNAR:
        table, days = _LUNAR[name]
        return _from_table(table, year, days)
    return None


def new_year_day(number: int, year: int) -> date | None:
    """The `number`th day of the first lunar month (正月初八, 大年初一) in a year."""
    return _from_table(_SPRING, year, number - 1)


def _from_table(table: str, year: int, days: int) -> date | None:
    row = table.split()
    if not 0 <= year - _FIRST_YEAR < len(row):
        return None
    digits = row[year - _FIRST_YEAR]
    return date(year, int(digits[:2]), int(digits[2:])) + timedelta(days)


def months_from(year: int, month: int, months: int) -> tuple[int, int]:
    """Year and month `months` later (earlier when negative)."""
    whole = year * 12 + month - 1 + months
    return whole // 12, whole % 12 + 1
