"""One application: both sides, the hops, how such things were decided before; granted, refused or ruled.

A ruling that amends the catalogue is saved only after its difference has been on the screen: the form carries which
unit the difference was shown for.
"""

from __future__ import annotations

from typing import Any

from hotline.domain import workflow
from hotline.domain.errors import HotlineError, InvalidInput
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import dispatch_item, rulings
from hotline.web import move_forms, ticket_rows
from hotline.web.api import moves
from hotline.web.dispatch.frame import DispatchPage, Place, faults, status_of


def shown(uow: UnitOfWork, actor: Actor, application_id: int) -> dict[str, Any]:
    """The application as dispatch/application.html wants it."""
    item = dispatch_item.application(uow, actor, application_id)
    whole, row = item["whole"], item["application"]
    whole["row"] = ticket_rows.listed_row(whole)
    whole["clocks"] = ticket_rows.clocks_of(whole)
    whole["life"] = ticket_rows.life_of(whole)
    item["move"] = "rule" if row["kind"] == "objection" else "decide"
    item["why_not"] = _why_not(actor, item)
    item["moves_unit"] = row["kind"] in ("return", "objection")
    return item


def _why_not(actor: Actor, item: dict[str, Any]) -> str:
    move = workflow.MOVES[item["move"]]
    if not actor.may(move.permission):
        return f"您没有“{move.label}”的权限"
    if item["application"]["state"] != "pending":
        return f"这份申请{item['application']['state_label']}"
    if item["assignment"]["state"] not in move.sources:
        return f"承办子单{item['assignment']['state_label']}，不能再审批"
    return ""


class Application(DispatchPage):
    """`GET /dispatch/applications/ID`, and its decision."""

    async def get(self, application_id: str) -> None:
        place = self.place().model_copy(update={"tab": "applications"})
        await self._show(int(application_id), place)

    async def _show(
        self, application_id: int, place: Place, error: HotlineError | None = None, **typed: Any
    ) -> None:
        item = await self.runtime.read(shown, self.who(), application_id)
        pending = item["application"]["state"] == "pending"
        claim = await self.claimed("application", application_id) if pending else None
        change = None
        if item["move"] == "rule" and pending and item["whole"]["category"] and item["whole"]["area"]:
            unit = self._ruled_unit(item, typed)
            change = await self.runtime.read(
                rulings.amendment, self.who(), application_id, unit, typed.get("note", "")
            )
        await self.show(
            "dispatch/application.html",
            place,
            status_of(error),
            **item,
            claim=claim,
            change=change,
            error=error,
            errors=faults(error),
            typed=typed,
        )

    def _ruled_unit(self, item: dict[str, Any], typed: dict[str, Any]) -> str:
        if typed.get("granted") == "0":
            return str(item["assignment"]["unit"])
        return typed.get("unit") or item["application"]["proposed_unit"] or item["assignment"]["unit"]

    async def post(self, application_id: str) -> None:
        place = self.place().model_copy(update={"tab": "applications"})
        item = await self.runtime.read(shown, self.who(), int(application_id))
        error = await self._decide(int(application_id), item)
        if error is not None:
            await self._show(int(application_id), place, error, **self.typed())
            return
        did = "granted" if self.get_body_argument("granted", "") == "1" else "refused"
        await self.go_on(place, did, 0, int(application_id), item["whole"]["no"])

    async def _decide(self, application_id: int, item: dict[str, Any]) -> HotlineError | None:
        no, move, actor = item["whole"]["no"], item["move"], self.who()
        try:
            if not self.get_body_argument("granted", ""):
                raise InvalidInput(
                    "granted.missing", "请选择同意或驳回", {"fields": {"granted": "请选择同意或驳回"}}
                )
            data = move_forms.data_of(move, self.request.body_arguments, application_id=application_id)
            self._check_shown(item, data)
        except HotlineError as error:
            return error
        return await self.act(
            "application", application_id, no, lambda uow: moves.make(uow, actor, no, move, data)
        )

    def _check_shown(self, item: dict[str, Any], data: dict[str, Any]) -> None:
        if not data["amend"]:
            return
        ruled = self._ruled_unit(item, self.typed())
        if self.get_body_argument("shown_unit", "") != ruled:
            message = "派单目录的变更已按所选单位更新，请核对后再保存"
            raise InvalidInput("amend.unseen", message, {"fields": {"amend": message}})


class Amendment(DispatchPage):
    """The difference that a ruling would make, as a piece of the page."""

    needs = {"get": "desk.dispatch"}

    async def get(self, application_id: str) -> None:
        item = await self.runtime.read(shown, self.who(), int(application_id))
        typed = {name: self.get_query_argument(name, "")[:2000] for name in ("unit", "granted", "note")}
        granted = typed["granted"] != "0"
        asked = typed["unit"] or item["application"]["proposed_unit"]
        unit = asked if granted and asked else item["assignment"]["unit"]
        change = await self.runtime.read(
            rulings.amendment, self.who(), int(application_id), unit, typed["note"]
        )
        self.page("dispatch/amendment.html", change=change)


ROUTES = [
    (r"/dispatch/applications/(\d{1,16})", Application),
    (r"/dispatch/applications/(\d{1,16})/amendment", Amendment),
]
