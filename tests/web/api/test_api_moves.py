"""The table of moves against the workflow and the use cases, and one life of a ticket over the API alone."""

from __future__ import annotations

import inspect

import pytest

from hotline.domain import workflow
from hotline.web.api.moves import CALLS
from tests.web.api.conftest import Api
from tests.web.api.test_api_tickets import registered


def test_every_move_of_the_workflow_can_be_made_and_no_other() -> None:
    assert set(CALLS) == set(workflow.TICKET_MOVES) | set(workflow.ASSIGNMENT_MOVES)


@pytest.mark.parametrize("name", CALLS)
def test_what_a_move_takes_is_what_its_use_case_takes(name: str) -> None:
    call = CALLS[name]
    parameters = dict(list(inspect.signature(call.service).parameters.items())[3:])
    given = {*call.takes.model_fields, *call.fixed}
    assert given <= set(parameters)
    needed = {key for key, one in parameters.items() if one.default is inspect.Parameter.empty}
    assert needed <= given
    asked = {key for key, one in call.takes.model_fields.items() if one.is_required()}
    assert asked - needed <= {"basis", "reason_code", "amount", "until"}


def test_a_ticket_lives_its_whole_life_over_the_api(api: Api) -> None:
    no = registered(api, category="", area="")
    reviewer, dispatcher, unit = (api.as_(login) for login in ("reviewer", "dispatcher", "unit-lz01-cgj"))
    follow_up, supervisor = api.as_("followup"), api.as_("supervisor")
    assert reviewer.move(no, "approve")[1]["state"] == "to_dispatch"
    assert dispatcher.move(no, "edit", changes={"place": "望江路 12 号东侧"})[0] == 200
    status, moved = dispatcher.move(no, "dispatch", lead="LZ01-CGJ", opinion="请尽快更换")
    assert (status, moved["state"]) == (200, "handling")
    part = moved["result"][0]
    assert unit.move(no, "sign", assignment_id=part)[0] == 200
    assert unit.move(no, "contact", assignment_id=part, how="已电话联系")[0] == 200
    assert api.as_("agent").move(no, "urge", level="phone", reason="来电人再次询问")[0] == 200
    assert unit.move(no, "apply_extension", assignment_id=part, reason="需要采购", amount=2)[0] == 200
    application = dispatcher.get(f"/tickets/{no}")[1]["applications"][0]["id"]
    assert dispatcher.move(no, "decide", application_id=application, granted=True)[0] == 200
    status, _ = unit.move(
        no,
        "reply",
        assignment_id=part,
        internal_note="已更换井盖",
        public_reply="井盖已更换，感谢反映。",
        facts={"solved": True, "contacted": True},
    )
    assert status == 200
    assert unit.move(no, "release", assignment_id=part)[0] == 200
    assert reviewer.move(no, "accept", assignment_id=part)[1]["state"] == "follow_up"
    request = follow_up.get(f"/tickets/{no}")[1]["requests"][0]["id"]
    status, moved = follow_up.move(
        no,
        "follow_up",
        request_id=request,
        reached=True,
        contacted="yes",
        solved="solved",
        satisfied="satisfied",
    )
    assert (status, moved["state"]) == (200, "closed")
    assert supervisor.move(no, "archive")[1]["state"] == "archived"


def test_a_move_from_the_wrong_state_is_a_conflict_and_says_the_state(api: Api) -> None:
    no = registered(api)
    status, problem = api.as_("dispatcher").move(no, "dispatch", lead="LZ01-CGJ")
    assert (status, problem["code"]) == (409, "move.wrong_state")
    assert "待审核" in problem["message"]


def test_a_move_without_the_right_is_refused(api: Api) -> None:
    no = registered(api)
    status, problem = api.as_("analyst").move(no, "approve")
    assert (status, problem["code"]) == (403, "move.not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"move": "fly"},
        {"move": ["dispatch"]},
        {"move": "dispatch"},
        {"move": "dispatch", "lead": "LZ01-CGJ", "more": 1},
        {"move": "sign", "assignment_id": "12"},
        {"move": "sign", "assignment_id": 2**63},
        {"move": "sign", "assignment_id": True},
        {"move": "edit", "changes": {"secret": "no"}},
        {"move": "apply_suspension", "assignment_id": 1, "reason": "x", "until": "9999-12-31"},
    ],
)
def test_a_bad_move_is_refused_by_field(api: Api, body: dict[str, object]) -> None:
    no = registered(api)
    status, problem = api.as_("supervisor").post(f"/tickets/{no}/moves", body)
    assert (status, problem["code"]) == (400, "fields.invalid")
    assert problem["details"]["fields"]


def test_tags_and_complexity_come_in_with_the_ticket_and_by_correction(api: Api) -> None:
    no = registered(api, tags=["tag-minor"], complexity="simple")
    supervisor = api.as_("supervisor")
    assert supervisor.move(no, "edit", changes={"tags": ["tag-elderly"], "complexity": "complex"})[0] == 200
    shown = supervisor.get(f"/tickets/{no}")[1]
    assert (shown["tags"], shown["complexity"]) == (["tag-elderly"], "complex")
    assert supervisor.move(no, "edit", changes={"tags": ["tag-none"]})[0] == 400


def test_a_unit_cannot_touch_another_units_ticket(api: Api) -> None:
    no = registered(api)
    assert api.as_("unit-lz01-cgj").get(f"/tickets/{no}")[0] == 404
    assert api.as_("unit-lz01-cgj").move(no, "sign", assignment_id=1)[0] == 404
