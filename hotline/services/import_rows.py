"""What one record of an old system becomes here: a finished record, or a request that was received now.

Pure: a record of a legacy source and the plan of the import give a draft. What may surprise: the account with which
somebody wrote on an old website is no name of a caller and is not taken over; what has no field here (the old
category's words, the old state, likes) is kept on the ticket's timeline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.errors import InvalidInput, invalid_field
from hotline.domain.people import LEGACY, Actor
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.services.intake import HistoricalRecord

HISTORICAL, BACKLOG = "historical", "backlog"
MODES = {"auto": "按状态和日期判断", HISTORICAL: "全部作为历史工单", BACKLOG: "全部作为待办工单"}
_KEPT = (
    "category_text",
    "unit_text",
    "state",
    "operator",
    "satisfaction",
    "likes",
    "dislikes",
)


@dataclass(frozen=True)
class Plan:
    """How one file is taken over. `places`: the old system's names of places -> our area codes."""

    hotline: str
    source: str
    mode: str = "auto"
    historical_before: datetime | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise invalid_field("mode", f"导入方式应为 {'、'.join(MODES)} 之一")

    @cached_property
    def actor(self) -> Actor:
        """In whose name the rows are registered: the legacy hotline's."""
        return Actor(None, f"{self.hotline} 热线", frozenset({LEGACY}), via="import")

    def kind_of(self, record: Any) -> str:
        """HISTORICAL or BACKLOG: by the mode, else by the record's final state, else by the day it was received."""
        if self.mode != "auto":
            return self.mode
        old = self.historical_before and record.received_at and record.received_at < self.historical_before
        return HISTORICAL if record.final or old else BACKLOG

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.places, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def area_of(self, reference: Reference, record: Any) -> str:
        """The area code of an event, "" when the record leaves it open.

        Asked in this order: the record's own area, its event address, title and text. The first that names one
        place (or places on one path of the area tree) decides; a later one may only say where within it.
        """
        found = str(record.area) if reference.row("area", record.area) else ""
        for text in (record.area, record.event_address, record.title, record.detail):
            named = self._named(reference, text) or locate(reference, text)
            if named and (not found or found in _codes(reference, named)):
                found = named
        return found

    def _named(self, reference: Reference, text: str) -> str:
        codes = {self.places[name] for name in self._pattern.findall(text)}
        paths = {code: _codes(reference, code) for code in codes}
        deepest = max(codes, key=lambda code: len(paths[code]), default="")
        return deepest if all(code in paths[deepest] for code in codes) else ""


def _codes(reference: Reference, area: str) -> list[str]:
    """The area and those above it."""
    return [str(row["code"]) for row in reference.path("area", area)]


def check_codes(reference: Reference, plan: Plan, values: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses a mapping with codes that this centre does not have, before any row is read.

    values: field -> {old word: our code}. Raises InvalidInput that names the first unknown codes.
    """
    reference.require("hotline", plan.hotline, "hotline")
    wanted = [("area", code) for code in plan.places.values()]
    for name in ("area", "category", "unit"):
        wanted += [(name, code) for code in values.get(name, {}).values()]
    unknown = [f"{kind}={code}" for kind, code in wanted if code and reference.row(kind, code) is None]
    if unknown:
        shown = "、".join(dict.fromkeys(unknown[:10]))
        raise InvalidInput("import.mapping_code", f"映射文件里有本中心没有的代码：{shown}")


def draft_of(reference: Reference, plan: Plan, record: Any) -> TicketDraft:
    """The request at the door that a record becomes; not checked yet."""
    return TicketDraft(
        text=record.detail or record.title,
        title=record.title,
        hotline=plan.hotline,
        channel=record.channel or ("import" if plan.kind_of(record) == HISTORICAL else "legacy"),
        request_type=record.request_type,
        urgency=record.urgency or "normal",
        category=record.category,
        area=plan.area_of(reference, record),
        place=record.event_address,
        caller=Person(
            name=record.caller_name,
            phone=record.caller_phone,
            id_number=record.caller_id_number,
            address=record.caller_address,
            gender=record.caller_gender,
        ),
        subject=record.subject,
        secret=record.secret,
        dialled=plan.hotline,
        source_system=plan.source,
        source_no=record.external_no,
        upstream_due_at=record.due_at,
        received_at=record.received_at,
    )


def historical_of(reference: Reference, draft: TicketDraft, record: Any) -> HistoricalRecord:
    """The finished record; a unit that this centre does not know stays on the timeline in the old system's words."""
    unit = record.unit if reference.row("unit", record.unit) else ""
    return HistoricalRecord(draft, record.reply, unit, record.closed_at or record.replied_at)


def kept_of(record: Any) -> dict[str, Any]:
    """What of a record has no field here, for the timeline."""
    kept = {name: getattr(record, name) for name in _KEPT if getattr(record, name) not in ("", None)}
    return kept | ({"extra": dict(record.extra)} if record.extra else {})
