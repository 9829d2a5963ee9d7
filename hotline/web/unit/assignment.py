"""One assignment: everything a handler or approver may do with it, the reply with its draft, and its material.

A refused act gives the page back with the reason on top and what was typed in its place; the act's dialog opens again.
"""

from __future__ import annotations

from typing import Any

from hotline.domain.errors import HotlineError, InvalidInput, NotFound
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access, attaching, drafting, notices, seen, unit_desk
from hotline.services.dispatch_item import facts_of
from hotline.web import move_forms, ticket_rows, uploads
from hotline.web.api import moves
from hotline.web.base import STATUS, PageHandler
from hotline.web.marking import marked
from hotline.web.unit.lists import flashes

Row = dict[str, Any]
MOVES = frozenset(
    "sign pass_down recall contact reply release send_back apply_return object apply_extension apply_suspension appeal".split()
)
_KEPT = (
    "internal_note",
    "public_reply",
    "true_report",
    "reasonable",
    "contacted",
    "solved",
    "unsolved_reason",
)


def draft_key(assignment_id: int) -> str:
    return f"reply:{assignment_id}"


def shown(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int) -> Row:
    """The assignment as unit/assignment.html wants it."""
    item = unit_desk.assignment(uow, actor, no, assignment_id)
    whole = item["whole"]
    whole["row"] = ticket_rows.listed_row(whole)
    whole["life"] = ticket_rows.life_of(whole)
    whole["story"] = ticket_rows.story_of(whole)
    whole["may_reveal"] = actor.may("ticket.reveal")
    for request in whole["requests"]:
        request["answers"] = ticket_rows.answers_of(request)
    item["clocks"] = ticket_rows.clocks_of({**whole, "clocks": item["clocks"]})
    item["why_not"] = {act["name"]: act["why_not"] for act in item["acts"]}
    item["facts_said"] = facts_of(uow, item["mine"]["facts"])
    kept = drafting.load(uow, actor, draft_key(assignment_id))
    item["draft"] = kept
    item["values"] = kept["fields"] if kept else _values(item["mine"])
    item["unread"] = uow.views.unread(notices.addresses(uow, actor), actor.user_id)
    return item


def _values(mine: Row) -> dict[str, str]:
    facts = {
        name: ("1" if value else "0") if isinstance(value, bool) else value
        for name, value in mine["facts"].items()
    }
    return {"internal_note": mine["internal_note"], "public_reply": mine["public_reply"], **facts}


class Assignment(PageHandler):
    """`GET /unit/NO/ASSIGNMENT`."""

    needs = {"get": "desk.unit"}

    async def get(self, no: str, assignment_id: str) -> None:
        await self._show(no, int(assignment_id))

    async def _show(
        self, no: str, key: int, error: HotlineError | None = None, move: str = "", typed: Row | None = None
    ) -> None:
        item = await self.runtime.read(shown, self.who(), no, key)
        await marked(self.runtime, item["whole"])
        if typed and move == "reply":
            item["values"] = typed
        status = (
            200 if error is None else next(code for kind, code in STATUS.items() if isinstance(error, kind))
        )
        did = self.get_query_argument("did", "")[:20]
        self.page(
            "unit/assignment.html",
            status,
            **item,
            error=error,
            errors=dict(error.details.get("fields") or {}) if error else {},
            failed=move,
            typed=typed or {},
            flashes=flashes(did),
        )

    def _since(self) -> int:
        text = self.get_body_argument("seen", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0

    def _typed(self) -> dict[str, str]:
        return {name: self.get_body_argument(name, "") for name in self.request.body_arguments}


def made(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, since: int, move: str, data: Row) -> Any:
    """One move, refused when others moved the assignment since the page was shown; a sent reply ends its draft."""
    subject = access.readable_ticket(uow, actor, no)
    access.own_assignment(uow, actor, subject, assignment_id)
    seen.check(uow, actor, subject, since, assignment_id)
    result = moves.make(uow, actor, no, move, data)
    if move == "reply":
        drafting.drop(uow, actor, draft_key(assignment_id))
    return result


class AssignmentMove(Assignment):
    """`POST /unit/NO/ASSIGNMENT/moves/MOVE`. Taking back what was passed down names the child."""

    needs = {"post": "desk.unit"}

    async def post(self, no: str, assignment_id: str, move: str) -> None:
        if move not in MOVES:
            raise NotFound("move.unknown", "没有这个操作")
        key = int(assignment_id)
        try:
            data = move_forms.data_of(
                move, self.request.body_arguments, assignment_id=self._subject(move, key)
            )
            await self.runtime.run(made, self.who(), no, key, self._since(), move, data)
        except HotlineError as error:
            if isinstance(error, NotFound):
                raise
            await self._show(no, key, error, move, self._typed())
            return
        self.redirect(f"/unit/{no}/{key}?did={move}", status=303)

    def _subject(self, move: str, key: int) -> int:
        if move != "recall":
            return key
        text = self.get_body_argument("child", "")
        if not (text.isascii() and text.isdigit() and len(text) < 17):
            raise InvalidInput("child.missing", "请选择要收回的下级子单")
        return int(text)


class AssignmentDraft(PageHandler):
    """`POST /unit/NO/ASSIGNMENT/draft`: what is being written, kept sealed for its author."""

    needs = {"post": "assignment.handle"}

    async def post(self, no: str, assignment_id: str) -> None:
        fields = {name: self.get_body_argument(name, "")[:12_000] for name in _KEPT}
        await self.runtime.run(_keep_draft, self.who(), no, int(assignment_id), fields)
        self.answer({"ok": True})


def _keep_draft(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, fields: dict[str, str]) -> None:
    subject = access.readable_ticket(uow, actor, no)
    access.own_assignment(uow, actor, subject, assignment_id)
    drafting.save(uow, actor, draft_key(assignment_id), fields)


class AssignmentFiles(Assignment):
    """`POST /unit/NO/ASSIGNMENT/files`: photos and documents of the handling."""

    needs = {"post": "assignment.handle"}

    async def post(self, no: str, assignment_id: str) -> None:
        key = int(assignment_id)
        try:
            await self._keep(no, key)
        except HotlineError as error:
            if isinstance(error, NotFound):
                raise
            await self._show(no, key, error, "files")
            return
        self.redirect(f"/unit/{no}/{key}?did=attached", status=303)

    async def _keep(self, no: str, key: int) -> None:
        sent = self.request.files.get("file", [])
        if not 1 <= len(sent) <= uploads.MOST_FILES:
            raise InvalidInput("file.count", f"请选择 1–{uploads.MOST_FILES} 个文件")
        await self.runtime.read(unit_desk.assignment, self.who(), no, key)
        kept = [
            await self.runtime.call(
                uploads.keep, self.runtime.files, file.filename, file.body, self.options.upload_mb
            )
            for file in sent
        ]
        await self.runtime.run(attaching.attach, self.who(), no, kept, key)


_ONE = r"/unit/([A-Za-z0-9_-]{1,100})/(\d{1,16})"
ROUTES = [
    (_ONE, Assignment),
    (rf"{_ONE}/moves/([a-z_]{{1,20}})", AssignmentMove),
    (rf"{_ONE}/draft", AssignmentDraft),
    (rf"{_ONE}/files", AssignmentFiles),
]
