"""批量派单: several tickets to the best candidate of each. Every item is a transaction of its own, and the result page
says of each what became of it."""

from __future__ import annotations

from typing import Any

from hotline.domain.errors import HotlineError, InvalidInput
from hotline.services import dispatch_queue
from hotline.web.dispatch.frame import DispatchPage

MOST = 100


class Batch(DispatchPage):
    needs = {"post": "ticket.dispatch"}

    async def post(self) -> None:
        picked = [value.partition("|") for value in dict.fromkeys(self.get_body_arguments("pick")) if value]
        if not 1 <= len(picked) <= MOST:
            raise InvalidInput("batch.size", f"请勾选 1–{MOST} 件")
        results = [await self._one(no[:100], lead[:64]) for no, _, lead in picked]
        await self.runtime.bus.broadcast("queue.changed", {"queue": "dispatch"})
        done = sum(row["ok"] for row in results)
        self.page("dispatch/batch.html", results=results, done=done, failed=len(results) - done)

    async def _one(self, no: str, lead: str) -> dict[str, Any]:
        try:
            name = await self.runtime.run(dispatch_queue.dispatch_best, self.who(), no, lead)
        except HotlineError as error:
            return {"no": no, "ok": False, "text": error.message}
        return {"no": no, "ok": True, "text": name}


ROUTES = [(r"/dispatch/batch", Batch)]
