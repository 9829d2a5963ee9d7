"""Words in which the stories are told: short calls of use cases by the people who make them."""

from __future__ import annotations

from typing import Any

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import PORTAL_ACTOR, Actor
from hotline.runtime import Runtime
from hotline.services import applications, closing, dispatching, handling, intake, queries
from tests.conftest import actors_of

LIFT = "小区二号楼电梯坏了三天没人修，物业一直说等配件，老人上下楼很困难。"
CALLER = Person(name="欧阳小树", phone="13800001234", address="桥东社区二号楼")
UNIT, OTHER = "LZ01-SJG", "LZ01-ZJJ"


def draft(**values: Any) -> TicketDraft:
    """A complete draft about a broken lift in the starter city."""
    usual = {
        "text": LIFT,
        "category": "010101",
        "area": "LZ010101",
        "request_type": "complaint",
        "caller": CALLER,
    }
    return TicketDraft(**(usual | values))


class Story:
    """One city with its people; every method is one act and gives what it made."""

    def __init__(self, runtime: Runtime) -> None:
        self.rt = runtime
        self.people = actors_of(runtime)
        self.unit, self.other = self.people["unit-lz01-sjg"], self.people["unit-lz01-zjj"]

    def __getattr__(self, login: str) -> Actor:
        return self.people[login]

    def register(self, actor: Actor | None = None, **values: Any) -> str:
        return self.rt.transact(intake.register, actor or self.agent, draft(**values)).no

    def by_web(self, **values: Any) -> intake.Registered:
        return self.rt.transact(
            intake.register, PORTAL_ACTOR, draft(channel="web", category="", area="", **values)
        )

    def dispatch(self, no: str, lead: str = UNIT, assists: tuple[str, ...] = ()) -> list[int]:
        if self.ticket(no)["state"] == "review":
            self.rt.transact(dispatching.approve, self.reviewer, no)
        return self.rt.transact(dispatching.dispatch, self.dispatcher, no, lead, assists)

    def dispatched(self, **values: Any) -> tuple[str, int]:
        no = self.register(**values)
        return no, self.dispatch(no)[0]

    def sign(self, no: str, assignment: int, unit: Actor | None = None) -> None:
        self.rt.transact(handling.sign, unit or self.unit, no, assignment)

    def reply(
        self, no: str, assignment: int, unit: Actor | None = None, text: str = "电梯已更换配件，恢复运行。"
    ) -> None:
        who = unit or self.unit
        self.rt.transact(
            handling.reply, who, no, assignment, "现场核查，已督促维保单位", text, {"solved": True}
        )
        self.rt.transact(handling.release, who, no, assignment)

    def answered(self, no: str, assignment: int, unit: Actor | None = None) -> None:
        """Signs, replies, releases and has it accepted."""
        self.sign(no, assignment, unit)
        self.reply(no, assignment, unit)
        self.rt.transact(closing.accept, self.reviewer, no, assignment)

    def apply(self, no: str, assignment: int, kind: str, unit: Actor | None = None, **values: Any) -> int:
        if kind == "return":
            values.setdefault("reason_code", "return-duty")
        return self.rt.transact(
            applications.apply,
            unit or self.unit,
            no,
            assignment,
            kind,
            "职责不在本单位",
            basis="权责清单第三条",
            **values,
        )

    def decide(
        self, no: str, application: int, granted: bool = True, actor: Actor | None = None, **values: Any
    ) -> None:
        self.rt.transact(
            applications.decide, actor or self.dispatcher, no, application, granted, "已核实", **values
        )

    def ask(self, no: str, happy: bool = True, **values: Any) -> str:
        """回访 of the first request that waits for it."""
        request = next(item for item in self.ticket(no)["requests"] if item["follow_up"] == "pending")
        answers = {
            "contacted": "yes",
            "solved": "solved",
            "satisfied": "satisfied" if happy else "dissatisfied",
        }
        return self.rt.transact(
            closing.follow_up, self.followup, no, request["id"], True, **(answers | values)
        )

    def ticket(self, no: str, actor: Actor | None = None) -> dict[str, Any]:
        return self.rt.query(queries.ticket, actor or self.supervisor, no)

    def kinds(self, no: str) -> list[str]:
        """What the timeline says happened."""
        return [entry["kind"] for entry in self.ticket(no)["timeline"]]
