"""Tickets as the templates want them: rows of lists, the life strip, the timeline's look, clocks with their steps.

Shared by every desk that lists or shows tickets. Plain dictionaries in (from services/queries.py), plain dictionaries
out (for templates/components/ticket.html and templates/tickets/parts.html); nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hotline.domain import workflow
from hotline.domain.sla import PURPOSES
from hotline.services.closing import SATISFIED, SOLVED

Row = dict[str, Any]
CENTRE = "热线中心"
QUEUE_REASONS = {
    "urgent": "紧急",
    "sensitive": "敏感",
    "no_owner": "无主",
    "unsure": "拿不准",
    "unmerged": "并单撤销",
    "deliberation": "疑难会商",
}
CLOCK_STATES = {"running": "计时中", "paused": "已暂停", "met": "已完成", "cancelled": "已取消"}
FOLLOW_UPS = {"none": "", "pending": "待回访", "done": "已回访", "not_reached": "未接通"}
_TONES = {
    "refuse": "still",
    "apply_return": "warn",
    "object": "warn",
    "reject": "warn",
    "send_back": "warn",
    "urge": "warn",
    "supervise": "warn",
    "rehandle": "warn",
    "lit": "warn",
    "withdraw": "still",
    "closed": "ok",
    "accept": "ok",
    "replied": "ok",
    "answer": "ok",
}


def listed_row(row: Row) -> Row:
    """A row of `queries.tickets` or `queries.by_hits` as ticket_table and ticket_cards show it."""
    return {
        "no": row["no"],
        "href": f"/tickets/{row['no']}",
        "title": row["title"],
        "state": row["state_label"],
        "type": row.get("request_type_label", ""),
        "category": row.get("category_path", ""),
        "unit": row.get("lead_unit_name", ""),
        "area": row.get("area_name", ""),
        "channel": row.get("channel_label", ""),
        "reason": reason_of(row),
        "created": row["received_at"],
        "requests": row.get("request_count", 1),
        "flags": flags_of(row),
        **due_of(row),
    }


def listed_rows(rows: Iterable[Row]) -> list[Row]:
    return [listed_row(row) for row in rows]


def due_of(row: Row) -> Row:
    """What deadline_badge takes: nothing before dispatch, the light of the engine afterwards."""
    light = {"none": "green", "yellow": "yellow", "red": "red"}.get(row.get("light") or "", "")
    met = row.get("replied_at") or row.get("closed_at") if row.get("light") in ("met", "late") else None
    return {"due": row.get("due_at"), "met": met, "light": light or None}


def flags_of(row: Row) -> list[str]:
    """The words that stand behind a title."""
    words = {
        "特急": row.get("urgency") == "critical",
        "紧急": row.get("urgency") == "urgent",
        "保密": row.get("secret"),
        "涉企": row.get("enterprise"),
        "重办": row.get("rehandles"),
        "催办": row.get("urges"),
    }
    return [word for word, holds in words.items() if holds]


def reason_of(row: Row) -> str:
    """Why it waits for a person, in a word: what is urgent by how urgent it is."""
    word = QUEUE_REASONS.get(row.get("queue_reason") or "", "")
    return "特急" if word == "紧急" and row.get("urgency") == "critical" else word


def life_of(whole: Row) -> list[Row]:
    """Who held the ticket how long, in order: segments for life_strip. Units hold from dispatch to their reply."""
    marks = [*_own_marks(whole), *_unit_marks(whole)]
    marks.sort(key=lambda mark: mark[0])
    segments: list[Row] = []
    for at, who, state in marks:
        if segments and (segments[-1]["who"], segments[-1]["state"]) == (who, state):
            continue
        if segments:
            segments[-1]["end"] = at
            if segments[-1]["start"] == at:
                segments.pop()
        segments.append({"who": who, "state": state, "start": at, "end": None})
    return _ended(segments, whole)


def _own_marks(whole: Row) -> list[tuple[datetime, str, str]]:
    """When the ticket came into a state of the hotline's own."""
    marks, before = [], ""
    for entry in whole["timeline"]:
        state = entry["state"]
        if state and state != before and state != workflow.HANDLING:
            marks.append((entry["at"], CENTRE, workflow.TICKET_STATES.get(state, state)))
        before = state or before
    return marks


def _unit_marks(whole: Row) -> list[tuple[datetime, str, str]]:
    marks = []
    for item in whole["assignments"]:
        if item["duty"] != "lead" or item["parent_id"] is not None:
            continue
        steps = (
            (item["dispatched_at"], item["unit_name"], "待签收"),
            (item["signed_at"], item["unit_name"], "办理中"),
            (item["replied_at"], CENTRE, "审核答复"),
        )
        marks += [step for step in steps if step[0] is not None]
    return marks


def _ended(segments: list[Row], whole: Row) -> list[Row]:
    """A finished ticket's strip stops where it was closed; what came later held nobody up."""
    if whole["state"] not in workflow.FINAL_STATES and whole["state"] != workflow.MERGED:
        return segments
    while len(segments) > 1 and segments[-1]["who"] == CENTRE and segments[-1]["end"] is None:
        segments.pop()
        break
    end = whole["closed_at"] or whole["changed_at"]
    if segments and segments[-1]["end"] is None:
        segments[-1]["end"] = max(end, segments[-1]["start"])
    return segments


def story_of(whole: Row) -> list[Row]:
    """The timeline for the timeline macro, the latest first."""
    entries = [
        {
            "at": entry["at"],
            "what": entry["label"],
            "who": entry["actor"],
            "unit": entry["unit_name"],
            "note": entry["text"] if entry["text"] != entry["label"] else "",
            "tone": _TONES.get(entry["kind"], ""),
        }
        for entry in reversed(whole["timeline"])
    ]
    if entries:
        entries[0]["now"] = True
    return entries


def clocks_of(whole: Row) -> list[Row]:
    """The clocks with their labels; the steps say why this is the time."""
    units = {item["id"]: item["unit_name"] for item in whole["assignments"]}
    return [
        {
            **clock,
            "label": PURPOSES.get(clock["purpose"], clock["purpose"]),
            "state_label": CLOCK_STATES.get(clock["state"], clock["state"]),
            "unit_name": units.get(clock["assignment_id"], ""),
            "paused": clock["state"] == "paused",
            "badge_light": {"none": "green"}.get(clock["light"], clock["light"]) or None,
        }
        for clock in whole["clocks"]
    ]


def answers_of(request: Row) -> str:
    """The answers to the three questions in one line, "" when nobody has asked yet."""
    if request["follow_up"] != "done":
        return FOLLOW_UPS.get(request["follow_up"], "")
    said = (SOLVED.get(request["solved"], ""), SATISFIED.get(request["satisfied"], ""))
    return "已回访：" + "、".join(word for word in said if word)
