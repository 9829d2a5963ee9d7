"""When: days, hours and spans of time, resolved against the time at which a message was received.

The value is ISO 8601, as coarse as the words are: "2026", "2026-03", "2026-03-11", "2026-03-11T15:00", "T15:00" where no day is
said, "from/to" for a span, nothing for what recurs (每天晚上) or cannot be told. A month and day without a year are the last
such day, unless one comes within 31 days: people mostly tell what was. 最近, 目前 and durations are no times.

A pattern of our own: JioNLP reads more kinds of time, but brings 19 MB of dictionaries and looks for times by trying out substrings.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from classifiers.extraction.moments import Moment, clock_of, implied_part, moment, on_day
from classifiers.extraction.numerals import whole_number
from classifiers.extraction.spans import Found

_N = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
_PART = r"凌晨|清晨|早上|早晨|早间|上午|中午|午后|下午|傍晚|晚上|晚间|夜里|夜间|深夜|半夜|午夜"
_WEEKDAY = r"[一二三四五六日天1-6]"
_FESTIVAL = (
    r"元旦节?|春节|除夕|大年三十|元宵节?|清明节?|五一(?:劳动节)?(?![路街广大小村中社])|劳动节|端午节?|中秋节?|国庆节?(?![路街])|双十一|双11|双十二"
    r"|圣诞节?|平安夜|情人节|儿童节|六一儿童节|妇女节|三八节|教师节|植树节|十一(?=假期|黄金周|期间|长假)(?:假期|黄金周|长假)?"
)
_DATE = rf"""
    (?P<iso_y>(?:19|20)\d\d)(?:(?P<sep>[-./])(?P<iso_m>\d{{1,2}})(?P=sep)(?P<iso_d>\d{{1,2}})(?!\d))
  | (?P<year>(?:19|20)\d\d|[一二][零〇九][零〇一二三四五六七八九]{{2}})年
        (?:(?:(?P<y_month>{_N})月(?:份)?(?:(?P<y_day>{_N})[日号])?(?P<y_third>上旬|中旬|下旬|初|底|末)?)|(?P<y_half>上半年|下半年)|(?P<y_fest>{_FESTIVAL})|(?:年?[初底末](?!次)))?
  | (?P<ryear>大前年|前年|去年|上年|今年|本年|明年)(?P<r_month0>年?[初底末](?![次期]))?
        (?:(?P<r_month>{_N})月(?:份)?(?:(?P<r_day>{_N})[日号])?(?P<r_third>上旬|中旬|下旬|初|底|末)?|(?P<r_half>上半年|下半年)|(?P<r_fest>{_FESTIVAL}))?
  | (?P<half>上半年|下半年)
  | (?P<rmonth>上上个?月|上个?月|本月|这个月|当月|下个?月)(?!子)(?:份)?(?:(?P<m_day>{_N})[日号]|(?P<m_third>上旬|中旬|下旬|初|底|末))?
  | (?<![\d.])(?P<month>{_N})月(?:份)?(?:(?P<day>{_N})[日号](?!楼|线)|(?P<third>上旬|中旬|下旬|初|底|末))?
  | (?P<week>上上个?|上个?|这个?|本|下下个?|下个?)?(?:周|星期|礼拜)(?P<wday>{_WEEKDAY})(?![^\W\d_]?(?:期|年|岁|围|边|一次))
  | (?P<rweek>上上个?|上个?|这个?|本|下个?)(?:周|星期|礼拜)(?:末)?
  | (?P<rday>大前天|大后天|昨天|昨日|前天|前日|今天|今日|明天|明日|后天)
  | (?P<rpart>今早|今晨|今晚|今夜|昨晚|昨夜|昨晨|前晚|明早|明晚)(?:上)?
  | (?P<ago>{_N}|半)(?P<ago_unit>天|日|个?星期|周|个?月|个半月|年)(?:之|以)?前(?!后)
  | 大年初(?P<ny1>{_N})|正月初(?P<ny2>{_N})
  | (?P<fest>{_FESTIVAL})
  | (?P<holiday>寒假|暑假)
"""
_CLOCK = rf"""
    (?P<hour>\d{{1,2}}|[零一二两三四五六七八九十]{{1,3}})
    (?:(?:点钟?|时(?![间代候而常段不速尚刻装]))(?:(?P<half_h>半)|(?P<quarter>一刻|三刻)|整|(?P<min>{_N})分?(?![\d月年]))?|[:：](?P<min2>[0-5]\d)(?::[0-5]\d)?(?!\d))
    (?:多钟?|左右|许|前后)?
"""
_RECURS = (
    rf"每(?:天|日|晚|早|夜|周(?:{_WEEKDAY}(?:[、和]?(?:周)?{_WEEKDAY})?)?|个?星期{_WEEKDAY}?|月|年|逢|到)"
)
_POINT = re.compile(
    rf"(?P<recurs>{_RECURS})?(?:(?P<date>{_DATE})(?:的|那天|当天)?)?[ ]?(?P<part>{_PART}|(?<=[日号天])[早晚](?=[\d,，。;；、\s])|(?<=[^\w])早(?=\d)|(?<=[改至到、])[早晚](?=\d))?(?:的)?[ ]?(?:{_CLOCK})?",
    re.X,
)
_START = re.compile(
    rf"每|(?<!\d)\d|(?<![零〇一二两三四五六七八九十])[零〇一二两三四五六七八九十]|[半大前去上今本明这下当昨后正]|{_PART}|{_FESTIVAL}|寒假|暑假|周|星期|礼拜|早(?=\d)|晚(?=\d)"
)
_TO = re.compile(r"\s?(?:到|至|—+|-|~|～)\s?")
_SHORT_DAY = re.compile(rf"(?P<day>{_N})[日号]")
_BARE_CLOCK = re.compile(_CLOCK, re.X)
_SEASON = re.compile(r"[春夏秋冬][天季]")


def times(text: str, received_at: datetime) -> Iterator[Found]:
    """The times in a text with half-width digits, in order."""
    at = 0
    while start := _START.search(text, at):
        found = _read(text, start.start(), received_at)
        if found:
            yield found
        at = found.end if found else start.start() + 1


def _read(text: str, start: int, received_at: datetime) -> Found | None:
    match = _POINT.match(text, start)
    if match is None or not _says_a_time(match, text):
        return None
    end = _trimmed(match)
    if match["recurs"] and (season := _SEASON.match(text, end)):
        end = season.end()
    first = moment(match, received_at)
    to = _TO.match(text, end)
    second = _second(text, to.end(), match, first, received_at) if to else None
    if second is None:
        return Found("time", start, end, "" if match["recurs"] else first.iso)
    last, end = second
    known = not match["recurs"] and first.known and last.known
    return Found("time", start, end, f"{first.iso}/{last.iso}" if known else "")


def _trimmed(match: re.Match[str]) -> int:
    """Where it ends, less a 的, 当天 or blank behind which nothing came."""
    words = match[0]
    for tail in (" ", "的", "那天", "当天"):
        words = words.removesuffix(tail)
    return match.start() + len(words)


def _says_a_time(match: re.Match[str], text: str) -> bool:
    """A day, a part of the day with an hour, or an hour that can be nothing else; no ratio, floor or bare 每天."""
    if match["recurs"]:
        long = len(match["recurs"]) > 2 or match["recurs"] == "每晚"
        return bool(match["part"] or match["hour"] or match["date"] or (long and "周" in match["recurs"]) or ("星期" in match["recurs"][1:3] and len(match["recurs"]) > 3)
                    or _SEASON.match(text, match.end()))  # fmt: skip
    if match["date"]:
        return _is_a_date(match, text)
    if not match["hour"] or (whole_number(match["hour"]) or 0) > 24:
        return False
    if match["part"]:
        return True
    before = text[match.start() - 1 : match.start()]
    return bool(match["half_h"] or match["min"] or match["min2"] or "点钟" in match[0]) and before not in (
        "第",
        ".",
    )


def _is_a_date(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - 1) : match.start()]
    if match["month"]:
        return before not in ("第", "满", "个") and 1 <= (whole_number(match["month"]) or 0) <= 12
    if match["wday"] and not match["week"]:
        return (
            before not in ("每", "一", "两", "几", "四", "公", "圆", "小", "单", "、")
            and text[match.end("date") : match.end("date") + 1] != "周"
        )
    if match["half"]:
        return before not in ("的", "年")
    return not (match["fest"] and before in ("、", "每"))


def _second(
    text: str, at: int, first: re.Match[str], begun: Moment, received_at: datetime
) -> tuple[Moment, int] | None:
    """The other end of a span: a whole time, a bare day of the same month, or a bare hour of the same day."""
    match = _POINT.match(text, at)
    if match and match["date"] and _says_a_time(match, text):
        end = _trimmed(match)
        last = moment(match, received_at)
        if match["month"] and begun.year:
            last = _same_year(last, begun)
        return last, end
    if begun.day and not begun.clock and (day := _SHORT_DAY.match(text, at)):
        number = whole_number(day["day"]) or 0
        return (replace(begun, day=number), day.end()) if begun.day < number <= 31 else None
    if (begun.clock or not begun.known or first["recurs"]) and match and match["hour"]:
        if not match["part"] and not _BARE_CLOCK.match(text, at):
            return None
        part = match["part"] or first["part"] or implied_part(first["rpart"])
        clock, next_day = clock_of(match, part)
        later = begun
        if next_day and begun.day:
            later = on_day(date(begun.year, begun.month, begun.day) + timedelta(1))
        return replace(later, clock=clock), _trimmed(match)
    return None


def _same_year(last: Moment, begun: Moment) -> Moment:
    if not last.known or last.span or not last.month:
        return last
    year = begun.year + (last.month < begun.month)
    return replace(last, year=year)
