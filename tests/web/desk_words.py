"""Words in which the desk tests speak: a ticket as it stands in the story, and forms as a browser would send them."""

from __future__ import annotations

import re
from typing import Any

import requests

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import User
from hotline.services import accounts, applications, dispatching, handling, intake
from tests.serving import Client, Served

LIFT = "锦绣花园小区二号楼电梯坏了三天没人修，物业一直说等配件，老人上下楼很困难。"
UNIT, OTHER = "LZ01-SJG", "LZ01-ZJJ"
HANDLER, NEIGHBOUR = "unit-lz01-sjg", "unit-lz01-zjj"


class City:
    """The people of the starter city acting on a running server; `form` posts a page's own form."""

    def __init__(self, server: Served) -> None:
        self.server, self.rt = server, server.runtime
        self.people = self.rt.query(
            lambda uow: {user.login: accounts.actor_of(user) for user in uow.find(User)}
        )

    def registered(self, text: str = LIFT, **values: Any) -> str:
        usual = {"category": "010101", "area": "LZ010101", "request_type": "complaint"}
        caller = Person(name="欧阳小树", phone="13800001234")
        draft = TicketDraft(text=text, **{**usual, "caller": caller, **values})
        return self.rt.transact(intake.register, self.people["agent"], draft).no

    def waiting(self, text: str = LIFT, **values: Any) -> str:
        """A ticket that waits for dispatch."""
        no = self.registered(text, **values)
        if self.state(no) == "review":
            self.rt.transact(dispatching.approve, self.people["reviewer"], no)
        return no

    def dispatched(
        self, text: str = LIFT, lead: str = UNIT, assists: tuple[str, ...] = (), **values: Any
    ) -> tuple[str, int]:
        no = self.waiting(text, **values)
        return no, self.rt.transact(dispatching.dispatch, self.people["dispatcher"], no, lead, assists)[0]

    def signed(self, login: str = HANDLER, **values: Any) -> tuple[str, int]:
        no, key = self.dispatched(**values)
        self.rt.transact(handling.sign, self.people[login], no, key)
        return no, key

    def replied(self, text: str = LIFT, **values: Any) -> tuple[str, int]:
        no, key = self.signed(text=text, **values)
        who = self.people[HANDLER]
        self.rt.transact(
            handling.reply,
            who,
            no,
            key,
            "现场核查，已督促维保单位",
            "电梯已更换配件，恢复运行。",
            {"solved": True},
        )
        self.rt.transact(handling.release, who, no, key)
        return no, key

    def applied(self, kind: str, **values: Any) -> tuple[str, int, int]:
        no, key = self.signed()
        usual = {"reason": "楼栋属物业公共部位，应由住建部门主办", "basis": "《物业管理条例》第五条"}
        applied = self.rt.transact(
            applications.apply, self.people[HANDLER], no, key, kind, **{**usual, **values}
        )
        return no, key, applied

    def state(self, no: str) -> str:
        return self.row(no)["state"]

    def row(self, no: str) -> dict[str, Any]:
        return self.rt.query(lambda uow: uow.views.ticket_row(no))

    def assignment(self, key: int) -> dict[str, Any]:
        from hotline.domain.assignment import Assignment

        return self.rt.query(lambda uow: dict(vars(uow.get(Assignment, key))))


def seen_on(page: requests.Response) -> str:
    """The step that the page showed last."""
    return re.search(r'name="seen" value="(\d+)"', page.text)[1]


def post_seen(client: Client, page: str, action: str, **fields: Any) -> requests.Response:
    """Opens a page and sends one of its forms as a browser would; redirects are followed."""
    opened = client.get(page)
    assert opened.status_code == 200, opened.text[:500]
    return client.post(action, data={"seen": seen_on(opened), **fields})
