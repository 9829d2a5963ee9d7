"""What every page of the dispatch desk shares: the queue on the left, the tabs, claiming, acting and going on.

An act that is refused gives the same item back with the reason on top and everything that was typed still there; an
act that succeeds goes on to the next item of the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from hotline.domain.assignment import APPLICATIONS
from hotline.domain.errors import HotlineError
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import candidates, claims, dispatch_queue
from hotline.web import ticket_rows
from hotline.web.base import STATUS, PageHandler

Row = dict[str, Any]
TABS = {
    "review": "待审核",
    "dispatch": "待派单",
    "hard": "疑难会商",
    "applications": "申请",
    "replies": "待通过的答复",
}
QUEUE_OF = {
    "review": "dispatch",
    "dispatch": "dispatch",
    "hard": "dispatch",
    "applications": "application",
    "replies": "reply",
}
DONE = {
    "approve": "审核通过",
    "ask_info": "已退回补充",
    "refuse": "不予受理",
    "dispatch": "已派单",
    "deliberate": "已转疑难会商",
    "merge": "已并单",
    "edit": "已更正，候选单位已重新计算",
    "granted": "已同意",
    "refused": "已驳回",
    "accept": "答复已通过",
    "reject": "答复已退回",
    "taken": "已接手",
}


class Place(BaseModel):
    """Where in the desk one is; kept in the URL."""

    tab: Literal[("", *TABS)] = ""  # type: ignore[valid-type]
    reason: Annotated[str, Field(max_length=20)] = ""
    after: Annotated[str, Field(pattern=r"^(\d{1,2}\.\d{1,16})?$")] = ""
    did: Annotated[str, Field(max_length=20)] = ""
    done_no: Annotated[str, Field(max_length=100)] = ""
    over: bool = False

    @property
    def cursor(self) -> tuple[int, int] | None:
        if not self.after:
            return None
        rank, key = self.after.split(".")
        return int(rank), int(key)

    def href(self, path: str, **more: str) -> str:
        """An address that stays in this tab and filter."""
        kept = {"tab": self.tab, "reason": self.reason, **more}
        return f"{path}?{urlencode({name: value for name, value in kept.items() if value})}"


def first_tab(actor: Actor) -> str:
    """Where a person's work begins."""
    if actor.may("ticket.dispatch") and not actor.may("ticket.review"):
        return "applications" if actor.may("ticket.arbitrate") else "dispatch"
    return "review"


def side(uow: UnitOfWork, actor: Actor, place: Place) -> Row:
    """The left of the desk: tabs with counts, reasons, one page of the queue."""
    found = dispatch_queue.waiting(uow, actor, place.tab, place.reason, place.cursor)
    told = dispatch_queue.summary(uow, actor)
    today = uow.now.date()
    return {
        "tabs": [
            {
                "href": f"/dispatch?tab={tab}",
                "label": label,
                "count": told["tabs"][tab],
                "active": tab == place.tab,
                "name": tab,
            }
            for tab, label in TABS.items()
        ],
        "reasons": _reasons(place, told["reasons"][place.tab]),
        "rows": [card(uow, place, row, actor, today) for row in found["items"]],
        "next": place.href("/dispatch", after="{}.{}".format(*found["next"])) if found["next"] else None,
        "batch": place.tab == "dispatch" and actor.may("ticket.dispatch"),
    }


def _reasons(place: Place, counted: dict[str, int]) -> list[Row]:
    labels = APPLICATIONS if place.tab == "applications" else ticket_rows.QUEUE_REASONS
    known = [name for name in labels if counted.get(name)]
    if not known:
        return []
    every = Place(tab=place.tab)
    found = [{"href": every.href("/dispatch"), "label": "全部", "active": not place.reason}]
    for name in known:
        href = every.href("/dispatch", reason=name)
        found.append(
            {"href": href, "label": labels[name], "count": counted[name], "active": place.reason == name}
        )
    return found


def href_of(place: Place, row: Row) -> str:
    """The page of an item of a queue."""
    if place.tab == "applications":
        return place.href(f"/dispatch/applications/{row['id']}")
    if place.tab == "replies":
        return place.href(f"/dispatch/replies/{row['id']}")
    return place.href(f"/dispatch/tickets/{row['no']}")


def card(uow: UnitOfWork, place: Place, row: Row, actor: Actor, today: Any) -> Row:
    """An item as templates/dispatch/parts.html shows it on the left."""
    shown: Row = {
        "id": row["id"],
        "no": row["no"],
        "href": href_of(place, row),
        "title": row["title"],
        "flags": ticket_rows.flags_of(row),
        "claim": row["claim"],
        "mine": bool(row["claim"] and row["claim"]["holder_id"] == actor.user_id),
        "requests": row.get("request_count", 1),
    }
    if place.tab == "applications":
        return shown | {
            "kind": row["kind_label"],
            "who": row["applied_unit_name"],
            "since": row["applied_at"],
            "hops": row["hops"],
        }
    if place.tab == "replies":
        return (
            shown
            | {"kind": row["duty_label"], "who": row.get("unit_name", ""), "since": row["replied_at"]}
            | ticket_rows.due_of({**row, "replied_at": None, "closed_at": None})
        )
    light = {"none": "green", "yellow": "yellow", "red": "red"}.get(row.get("dispatch_light") or "")
    best = candidates.first(uow.reference, row, today) if place.tab == "dispatch" else None
    return shown | {
        "kind": row.get("request_type_label", ""),
        "reason": _reason_word(row),
        "since": row["received_at"],
        "due": row["dispatch_due"],
        "light": light,
        "best": best,
    }


def _reason_word(row: Row) -> str:
    """Why it waits, unless a flag says the same."""
    word = ticket_rows.reason_of(row)
    return "" if word in ticket_rows.flags_of(row) else word


class DispatchPage(PageHandler):
    """Base of the desk's pages."""

    needs = {"get": "desk.dispatch", "post": "desk.dispatch"}

    def place(self) -> Place:
        found = self.read_query(Place)
        return found.model_copy(update={"tab": found.tab or first_tab(self.who())})

    async def show(self, template: str, place: Place, status: int = 200, **values: Any) -> None:
        """A page with the queue beside it; `claim` of a new item is told to the other desks."""
        beside = await self.runtime.read(side, self.who(), place)
        claim = values.get("claim")
        if claim and claim["changed"]:
            await self.runtime.bus.broadcast("queue.changed", {"queue": QUEUE_OF[place.tab]})
        self.page(
            template,
            status,
            place=place,
            side=beside,
            queue=QUEUE_OF[place.tab],
            flashes=_flashes(place),
            **values,
        )

    async def claimed(self, queue: str, subject_id: int, over: bool = False) -> Row:
        return await self.runtime.run(claims.take, self.who(), queue, subject_id, over)

    def since(self) -> int:
        """The newest step that the form's page showed."""
        text = self.get_body_argument("seen", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0

    def typed(self) -> dict[str, str]:
        """What was typed, to stand in the form again."""
        return {name: self.get_body_argument(name, "") for name in self.request.body_arguments}

    def typed_list(self, name: str) -> list[str]:
        return [text for text in self.get_body_arguments(name) if text]

    async def act(
        self, queue: str, subject_id: int, no: str, work: Callable[[UnitOfWork], Any]
    ) -> HotlineError | None:
        """Acts on the item; None, or the refusal to be shown with the item."""
        try:
            await self.runtime.run(dispatch_queue.act, self.who(), queue, subject_id, no, self.since(), work)
        except HotlineError as error:
            return error
        await self.runtime.bus.broadcast("queue.changed", {"queue": queue})
        return None

    async def go_on(self, place: Place, did: str, rank: int, item_id: int, no: str) -> None:
        """To the next item of the queue, or to the queue when it is empty; the last act is told there."""
        row = await self.runtime.read(
            dispatch_queue.following, self.who(), place.tab, place.reason, rank, item_id
        )
        there = href_of(place, row) if row else place.href("/dispatch")
        self.redirect(f"{there}&{urlencode({'did': did, 'done_no': no})}", status=303)


def status_of(error: HotlineError | None) -> int:
    """The status of a page that shows a refusal."""
    return 200 if error is None else next(code for kind, code in STATUS.items() if isinstance(error, kind))


def faults(error: HotlineError | None) -> dict[str, str]:
    """Field -> what is wrong with it; the whole message under "" when no field is named."""
    if error is None:
        return {}
    return dict(error.details.get("fields") or {"": error.message})


def _flashes(place: Place) -> list[Row]:
    if place.did not in DONE:
        return []
    return [{"text": f"{place.done_no} {DONE[place.did]}".strip(), "tone": "ok"}]
