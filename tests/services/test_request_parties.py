"""The parties of a request beside its caller: 联系人, 受益人 and 被反映主体, kept, shown and revealed."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.domain.drafts import Person
from hotline.domain.errors import InvalidInput, NotAllowed, NotFound
from hotline.domain.parties import Party
from hotline.domain.records import AuditRow
from hotline.runtime import Runtime
from hotline.services import parties, triage
from tests.flows.story import CALLER, UNIT, Story

CONTACT = Person(name="司徒小满", phone="13800005678")
BENEFICIARY = Person(name="欧阳老树", address="桥东社区三号楼")


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def only_request(story: Story, no: str, actor: Any = None) -> dict[str, Any]:
    return story.ticket(no, actor)["requests"][0] if actor else story.ticket(no)["requests"][0]


def revealed(story: Story, no: str, field: str, role: str, actor: Any = None) -> str:
    request = only_request(story, no)["id"]
    who = actor or story.supervisor
    return story.rt.transact(parties.reveal, who, no, request, field, "核对联系方式", role)


def test_contact_and_beneficiary_are_kept_masked_and_revealed_one_by_one(story: Story) -> None:
    no = story.register(contact=CONTACT, beneficiary=BENEFICIARY, subject="安和物业公司")
    shown = only_request(story, no)
    assert [row["role_label"] for row in shown["parties"]] == ["联系人", "受益人"]
    assert shown["parties"][0]["phone_masked"] == "138****5678"
    assert shown["subject"] == "安和物业公司"
    assert "司徒小满" not in str(shown)
    assert "欧阳老树" not in str(shown)
    assert revealed(story, no, "phone", "contact") == "13800005678"
    assert revealed(story, no, "name", "beneficiary") == "欧阳老树"
    assert revealed(story, no, "phone", "caller") == CALLER.phone
    logged = story.rt.query(
        lambda uow: [row.detail.get("role") for row in uow.find(AuditRow, action="personal.revealed")]
    )
    assert logged == ["contact", "beneficiary", None]


def test_one_person_in_two_roles_is_one_party(story: Story) -> None:
    before = story.rt.query(lambda uow: len(uow.find(Party)))
    story.register(contact=CALLER, beneficiary=CALLER)
    assert story.rt.query(lambda uow: len(uow.find(Party))) == before + 1


def test_units_never_see_the_parties_of_a_secret_or_anonymous_request(story: Story) -> None:
    for hidden in ({"secret": True}, {"anonymous": True}):
        no = story.register(contact=CONTACT, beneficiary=BENEFICIARY, **hidden)
        story.dispatch(no, UNIT)
        assert only_request(story, no, story.unit)["parties"] == []
        assert len(only_request(story, no)["parties"]) == 2
        with pytest.raises(NotAllowed):
            revealed(story, no, "phone", "contact", story.unit)


def test_units_see_the_masks_of_an_open_request(story: Story) -> None:
    no, _ = story.dispatched(contact=CONTACT)
    assert only_request(story, no, story.unit)["parties"][0]["phone_masked"] == "138****5678"


def test_what_is_wrong_with_a_contact_is_said_with_its_role(story: Story) -> None:
    with pytest.raises(InvalidInput) as caught:
        story.register(contact=Person(name="司徒小满", phone="12"), beneficiary=Person(address="桥东"))
    faults = caught.value.details["fields"]
    assert set(faults) == {"contact.phone", "beneficiary.name"}
    assert faults["contact.phone"].startswith("联系人：")


def test_a_role_that_nobody_has_or_that_does_not_exist_is_refused(story: Story) -> None:
    no = story.register(subject="安和物业公司")
    with pytest.raises(NotFound, match="联系人没有留下电话"):
        revealed(story, no, "phone", "contact")
    for role in ("subject", "witness"):
        with pytest.raises(InvalidInput):
            revealed(story, no, "phone", role)


def test_whoever_may_not_reveal_reads_the_callers_words_with_numbers_masked(story: Story) -> None:
    no = story.register(text="电梯停了三天，请打我邻居电话13900001234。")
    assert "13900001234" in only_request(story, no, story.agent)["text"]
    for reader in (story.leader, story.analyst):
        assert "13900001234" not in only_request(story, no, reader)["text"]
        assert "电梯停了三天" in only_request(story, no, reader)["text"]


def test_what_a_machine_reads_of_a_secret_request_holds_nothing_of_its_caller(story: Story) -> None:
    no = story.register(secret=True, title="", text="楼下餐馆油烟扰民，请回电13900001234。")
    ticket = story.ticket(no)["id"]
    read = story.rt.query(lambda uow: triage.text_of(uow, ticket))
    assert read is not None
    assert "油烟" in read.detail
    for part in (read.title, read.detail):
        assert "1234" not in part
        assert "139" not in part
