"""One ticket before dispatch: reviewed, corrected, dispatched, sent back, refused, merged or passed to deliberation."""

from __future__ import annotations

from typing import Any

from hotline.domain import workflow
from hotline.domain.errors import HotlineError, NotFound
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access, dispatch_item, dispatch_queue
from hotline.web import move_forms, ticket_rows
from hotline.web.api import moves
from hotline.web.dispatch.frame import DispatchPage, Place, faults, status_of
from hotline.web.marking import marked

MOVES = ("approve", "ask_info", "refuse", "deliberate", "dispatch", "merge", "edit")
_BUTTONS = {
    True: ("approve", "ask_info", "refuse", "merge"),
    False: ("dispatch", "ask_info", "refuse", "merge", "deliberate"),
}
_TABS = {workflow.REVIEW: "review", workflow.TO_DISPATCH: "dispatch", workflow.DELIBERATION: "hard"}


def shown(uow: UnitOfWork, actor: Actor, no: str) -> dict[str, Any]:
    """The ticket as dispatch/ticket.html wants it."""
    whole = dispatch_item.ticket(uow, actor, no)
    whole["row"] = ticket_rows.listed_row(whole)
    whole["reason"] = ticket_rows.reason_of(whole)
    whole["clocks"] = ticket_rows.clocks_of(whole)
    whole["story"] = ticket_rows.story_of(whole)
    whole["dispatch_clock"] = next((row for row in whole["clocks"] if row["purpose"] == "dispatch"), None)
    whole["why_not"] = {name: _why_not(whole, actor, name) for name in MOVES}
    whole["whys"] = sorted(
        {whole["why_not"][name] for name in _BUTTONS[whole["state"] == workflow.REVIEW]} - {""}
    )
    whole["refusals"] = [(row["code"], row["name"]) for row in uow.reference.reasons("refusal")]
    return whole


def _why_not(whole: dict[str, Any], actor: Actor, name: str) -> str:
    move = workflow.MOVES[name]
    if not actor.may(move.permission):
        return f"您没有“{move.label}”的权限"
    return next((row["why_not"] for row in whole["moves"] if row["name"] == name), "")


class Ticket(DispatchPage):
    """`GET /dispatch/tickets/NO`: opening it claims it for whoever may do what it waits for."""

    needs = {"get": "desk.dispatch"}

    async def get(self, no: str) -> None:
        await self._show(no, self.place())

    async def _show(
        self, no: str, place: Place, error: HotlineError | None = None, move: str = "", **typed: Any
    ) -> None:
        whole = await self.runtime.read(shown, self.who(), no)
        if whole["no"] != no:
            self.redirect(f"/dispatch/tickets/{whole['no']}")
            return
        await marked(self.runtime, whole, "unit_text")
        place = place.model_copy(update={"tab": _TABS.get(whole["state"], place.tab)})
        claim = await self.claimed("dispatch", whole["id"]) if self._is_ours(whole["state"]) else None
        await self.show(
            "dispatch/ticket.html",
            place,
            status_of(error),
            whole=whole,
            claim=claim,
            error=error,
            errors=faults(error),
            failed=move,
            typed=typed,
        )

    def _is_ours(self, state: str) -> bool:
        """Whether the item waits for somebody like the reader; a mere reader keeps it from nobody."""
        main = {
            workflow.REVIEW: "approve",
            workflow.TO_DISPATCH: "dispatch",
            workflow.DELIBERATION: "dispatch",
        }
        return state in main and self.who().may(workflow.MOVES[main[state]].permission)


class TicketMove(Ticket):
    """`POST /dispatch/tickets/NO/MOVE`: on success to the next item (a correction stays here)."""

    needs = {"post": "desk.dispatch"}

    async def post(self, no: str, move: str) -> None:
        if move not in MOVES:
            raise NotFound("move.unknown", "没有这个操作")
        place = self.place()
        row = await self.runtime.read(_facts, self.who(), no)
        error = await self._move(no, move, row["id"])
        if error is not None:
            typed = self.typed() | {"assists": self.typed_list("assists")}
            await self._show(no, place, error, move, **typed)
        elif move == "edit":
            self.redirect(place.href(f"/dispatch/tickets/{no}", did="edit", done_no=no), status=303)
        else:
            await self.go_on(place, move, dispatch_queue.rank_of(row), row["id"], no)

    async def _move(self, no: str, move: str, ticket_id: int) -> HotlineError | None:
        try:
            data = move_forms.data_of(move, self._arguments())
        except HotlineError as error:
            return error
        if move == "edit":
            data["changes"] = {name: value for name, value in data["changes"].items() if value != ""}
        actor = self.who()
        return await self.act("dispatch", ticket_id, no, lambda uow: moves.make(uow, actor, no, move, data))

    def _arguments(self) -> dict[str, list[bytes]]:
        """The form; another unit that was looked up stands for the candidates, one more assist is added."""
        given = dict(self.request.body_arguments)
        other = given.get("other", [b""])[-1]
        if other and given.get("lead", [b""])[-1] in (b"", b"other"):
            given["lead"] = [other]
        given["assists"] = [
            code for code in (*given.get("assists", []), *given.get("assist_more", [])) if code
        ]
        return given


def _facts(uow: UnitOfWork, actor: Actor, no: str) -> dict[str, Any]:
    found = uow.views.ticket_row(no)
    if found is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    access.readable_row(uow, actor, found["id"])
    return {"id": found["id"], "urgency": found["urgency"]}


_NO = r"([A-Za-z0-9_-]{1,100})"
ROUTES = [
    (rf"/dispatch/tickets/{_NO}", Ticket),
    (rf"/dispatch/tickets/{_NO}/([a-z_]{{1,20}})", TicketMove),
]
