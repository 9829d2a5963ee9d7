"""Saving what is being typed, and throwing it away."""

from __future__ import annotations

from hotline.services import drafting
from hotline.web.base import PageHandler
from hotline.web.desk.form import KEY, IntakeForm


class DraftSave(PageHandler):
    """`POST /desk/drafts/KEY` with the form's fields; an empty form leaves nothing behind."""

    needs = {"post": "desk.intake"}

    async def post(self, key: str) -> None:
        form = self.read_form(IntakeForm)
        if form.blank:
            await self.runtime.run(drafting.drop, self.who(), key)
        else:
            await self.runtime.run(drafting.save, self.who(), key, form.kept())
        self.answer({"ok": True, "saved": not form.blank, "page": f"/desk?draft={key}"})


class DraftDrop(PageHandler):
    """Throws a draft away and opens an empty form."""

    needs = {"post": "desk.intake"}

    async def post(self, key: str) -> None:
        await self.runtime.run(drafting.drop, self.who(), key)
        self.redirect("/desk?new=1", status=303)


ROUTES = [(rf"/desk/drafts/({KEY})", DraftSave), (rf"/desk/drafts/({KEY})/drop", DraftDrop)]
