"""Time limits (时限) as data: profiles of places and rules, each a list of limits and the way its days are
counted.

A profile is a plain document (hotline/data/sla.toml holds the published ones; an administrator edits copies).
Which limit holds for a ticket is decided by fit: a limit that names more of purpose, category, complexity,
urgency and request type goes before one that names less. What may surprise: an empty list means "any", and no
limit at all is an answer too (`select` gives None and no clock starts).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any, Literal

from hotline.domain.errors import InvalidInput
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES

Unit = Literal["working_day", "natural_day", "hour", "minute", "working_hour", "same_day"]

PURPOSES = {
    "dispatch": "派单",
    "sign": "签收",
    "first_contact": "先行联系",
    "return_window": "申请退单",
    "reply": "答复",
    "reassign": "内部改派",
    "rehandle": "重办",
    "extension": "延期",
    "extension_notice": "申请延期的提前量",
    "follow_up": "回访",
    "upstream": "上级办结",
}
UNITS = {
    "working_day": "个工作日",
    "natural_day": "天",
    "hour": "小时",
    "minute": "分钟",
    "working_hour": "个工作小时",
    "same_day": "当日",
}
COMPLEXITIES = {"simple": "简单", "normal": "一般", "complex": "复杂"}
FIRST_DAYS = {"next": "次日起算", "same": "当日起算"}
AFTER_HOURS = {"as_is": "按实际时间", "next_working_day": "视为下一工作日收到"}
MOST = {
    "working_day": 400,
    "natural_day": 400,
    "hour": 9600,
    "minute": 576_000,
    "working_hour": 3200,
    "same_day": 1,
}
LIMIT_FIELDS = frozenset(
    [
        "purpose",
        "amount",
        "unit",
        "request_types",
        "urgency",
        "categories",
        "complexity",
        "first_day",
        "warn_amount",
        "warn_unit",
        "basis",
    ]
)
OFFICE = ((time(9), time(12)), (time(14), time(18)))
LAST_MOMENT = time(23, 59, 59)


@dataclass(frozen=True)
class Counting:
    """How a profile counts.

    office: opening hours of a working day, in order. day_end: when a day that is counted ends. first_day:
    "next" counts from the day after receipt, "same" counts the day of receipt as the first. number_included:
    N days end with the N-th day ("含本数", the usual reading); where false, before it. after_hours: what
    arrives on a rest day or after `day_end` is taken as it is or as received on the next working day.
    roll_to_working_day: whether a natural-day limit that ends on a rest day ends on the next working day
    (民法典 art. 203).
    """

    office: tuple[tuple[time, time], ...] = OFFICE
    day_end: time = time(18)
    first_day: Literal["next", "same"] = "next"
    number_included: bool = True
    after_hours: Literal["as_is", "next_working_day"] = "as_is"
    roll_to_working_day: bool = False


@dataclass(frozen=True)
class Limit:
    """One limit. Empty collections mean any; `categories` are codes that a category's code may begin with.

    first_day: "" takes the profile's. warn_amount, warn_unit: how long before the due time the yellow light
    comes; 0 leaves it to `hotline.domain.deadlines`. basis: the rule's own words.
    """

    purpose: str
    amount: int
    unit: Unit
    request_types: frozenset[str] = frozenset()
    urgencies: frozenset[str] = frozenset()
    categories: tuple[str, ...] = ()
    complexity: str = ""
    first_day: str = ""
    warn_amount: int = 0
    warn_unit: Unit = "working_day"
    basis: str = ""

    @property
    def words(self) -> str:
        """ "5 个工作日", "2 小时", "当日"."""
        return UNITS[self.unit] if self.unit == "same_day" else f"{self.amount} {UNITS[self.unit]}"

    def fits(self, request_type: str, urgency: str, category: str, complexity: str) -> bool:
        return (
            (not self.request_types or request_type in self.request_types)
            and (not self.urgencies or urgency in self.urgencies)
            and (not self.categories or bool(self._category_fit(category)))
            and self.complexity in ("", complexity)
        )

    def rank(self, category: str) -> tuple[int, bool, bool, bool]:
        """How closely the limit is cut to what it fits; greater goes first."""
        return (
            self._category_fit(category),
            bool(self.complexity),
            bool(self.urgencies),
            bool(self.request_types),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that `parse_limit` reads again; what a clock keeps of its limit."""
        facts = {
            "purpose": self.purpose,
            "amount": self.amount,
            "unit": self.unit,
            "request_types": sorted(self.request_types),
            "urgency": sorted(self.urgencies),
            "categories": list(self.categories),
            "complexity": self.complexity,
            "first_day": self.first_day,
            "warn_amount": self.warn_amount,
            "warn_unit": self.warn_unit if self.warn_amount else "",
            "basis": self.basis,
        }
        return {key: value for key, value in facts.items() if value}

    def _category_fit(self, category: str) -> int:
        return max((len(code) for code in self.categories if category.startswith(code)), default=0)


@dataclass(frozen=True)
class Profile:
    """One place's rule: its limits and its counting. version: that of the reference data it came in."""

    code: str
    name: str
    version: str
    counting: Counting
    limits: tuple[Limit, ...]
    basis: str = ""

    def select(
        self,
        purpose: str,
        request_type: str = "",
        urgency: str = "normal",
        category: str = "",
        complexity: str = "",
    ) -> Limit | None:
        """The limit that fits best, the first listed among equals; None when the profile sets none."""
        fitting = [
            limit
            for limit in self.limits
            if limit.purpose == purpose and limit.fits(request_type, urgency, category, complexity)
        ]
        return max(fitting, key=lambda limit: limit.rank(category), default=None)


def parse(data: Mapping[str, Any], version: str = "") -> Profile:
    """A profile from its document. Raises InvalidInput, naming profile, limit and field, for anything
    unknown.
    """
    code = str(data.get("code", ""))[:40]
    where = f"时限方案 {code or '（无代码）'}"
    if not code or not isinstance(data.get("name"), str):
        raise InvalidInput("sla.profile", f"{where}：必须有 code 和 name")
    limits = data.get("limit")
    if not isinstance(limits, list) or not limits or not all(isinstance(row, Mapping) for row in limits):
        raise InvalidInput("sla.limit", f"{where}：至少要有一条时限")
    parsed = tuple(parse_limit(row, f"{where}第 {number} 条") for number, row in enumerate(limits, 1))
    counting = parse_counting(data.get("counting", {}), where)
    return Profile(
        code,
        data["name"],
        str(version or data.get("version", "")),
        counting,
        parsed,
        str(data.get("basis", "")),
    )


def parse_limit(data: Mapping[str, Any], where: str = "时限") -> Limit:
    """A limit from its table. Raises InvalidInput that begins with `where`."""
    _known(data, LIMIT_FIELDS, where)
    unit = _one_of(data, "unit", UNITS, where)
    warn_unit = _one_of(data, "warn_unit", UNITS, where, "working_day")
    return Limit(
        purpose=_one_of(data, "purpose", PURPOSES, where),
        amount=_amount(data, "amount", unit, where),
        unit=unit,
        request_types=frozenset(_codes(data, "request_types", REQUEST_TYPES, where)),
        urgencies=frozenset(_codes(data, "urgency", URGENCIES, where)),
        categories=tuple(_codes(data, "categories", None, where)),
        complexity=_one_of(data, "complexity", {"": ""} | COMPLEXITIES, where, ""),
        first_day=_one_of(data, "first_day", {"": ""} | FIRST_DAYS, where, ""),
        warn_amount=_amount(data, "warn_amount", warn_unit, where) if data.get("warn_amount") else 0,
        warn_unit=warn_unit,
        basis=str(data.get("basis", ""))[:500],
    )


def parse_counting(data: Any, where: str = "时限方案") -> Counting:
    """The counting of a profile. Raises InvalidInput that begins with `where`."""
    if not isinstance(data, Mapping):
        raise InvalidInput("sla.counting", f"{where}：counting 应为一张表")
    _known(data, Counting.__dataclass_fields__, where)
    plain = Counting()
    return Counting(
        office=_office(data, where) if "office" in data else plain.office,
        day_end=_clock_time(data.get("day_end", plain.day_end), where),
        first_day=_one_of(data, "first_day", FIRST_DAYS, where, plain.first_day),
        number_included=_flag(data, "number_included", plain.number_included, where),
        after_hours=_one_of(data, "after_hours", AFTER_HOURS, where, plain.after_hours),
        roll_to_working_day=_flag(data, "roll_to_working_day", plain.roll_to_working_day, where),
    )


def _known(data: Mapping[str, Any], fields: Collection[str], where: str) -> None:
    """A misspelt field would silently lose a rule, so that it is refused."""
    if strange := next((str(key) for key in data if key not in fields), ""):
        raise InvalidInput("sla.field", f"{where}：没有名为 {strange[:40]} 的字段", {"field": strange[:40]})


def _one_of(
    data: Mapping[str, Any], key: str, known: Collection[str], where: str, default: str | None = None
) -> Any:
    value = data.get(key, default)
    if not isinstance(value, str) or value not in known:
        names = "、".join(name for name in known if name)
        raise InvalidInput("sla.code", f"{where}：{key} 应为 {names} 之一", {"field": key})
    return value


def _amount(data: Mapping[str, Any], key: str, unit: str, where: str) -> int:
    value = data.get(key, 1 if unit == "same_day" else None)
    if unit == "same_day" and value == 0:
        return 1
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST[unit]:
        raise InvalidInput("sla.amount", f"{where}：{key} 应为 1 到 {MOST[unit]} 的整数", {"field": key})
    return value


def _codes(data: Mapping[str, Any], key: str, known: Collection[str] | None, where: str) -> Sequence[str]:
    value = data.get(key, [])
    codes = [value] if isinstance(value, str) and value else value or []
    if not isinstance(codes, list) or not all(isinstance(code, str) and code for code in codes):
        raise InvalidInput("sla.code", f"{where}：{key} 应为代码的列表", {"field": key})
    if known is not None and (strange := [code for code in codes if code not in known]):
        raise InvalidInput("sla.code", f"{where}：{key} 中没有代码 {strange[0][:40]}", {"field": key})
    return codes


def _office(data: Mapping[str, Any], where: str) -> tuple[tuple[time, time], ...]:
    spans = data["office"]
    if (
        not isinstance(spans, list)
        or not 1 <= len(spans) <= 4
        or not all(isinstance(span, str) for span in spans)
    ):
        raise InvalidInput("sla.office", f'{where}：office 应为 1 到 4 段，如 ["09:00-12:00", "14:00-18:00"]')
    parsed = [tuple(_clock_time(part, where) for part in f"{span}-".split("-")[:2]) for span in spans]
    edges = [edge for span in parsed for edge in span]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise InvalidInput("sla.office", f"{where}：office 各段须按先后排列且不重叠")
    return tuple((first, last) for first, last in parsed)


def _clock_time(value: Any, where: str) -> time:
    if isinstance(value, time):
        return value
    if value in ("24:00", "24:00:00"):
        return LAST_MOMENT
    try:
        return time.fromisoformat(str(value).strip()).replace(tzinfo=None)
    except ValueError:
        raise InvalidInput("sla.time", f"{where}：时刻 {str(value)[:20]} 不正确，应形如 09:00") from None


def _flag(data: Mapping[str, Any], key: str, default: bool, where: str) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise InvalidInput("sla.flag", f"{where}：{key} 应为 true 或 false", {"field": key})
    return value
