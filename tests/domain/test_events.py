"""Events on their way: topic and payload out, the same event back."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.events import (
    EVENTS,
    ArticleChanged,
    Event,
    TicketDispatched,
    TicketEvent,
    TicketUrged,
    revive,
)

KINDS = list(EVENTS.values())


@given(st.sampled_from(KINDS).flatmap(st.builds))
def test_an_event_comes_back_from_json_as_it_was(event):
    payload = json.loads(json.dumps(event.payload()))
    assert revive(event.topic(), payload) == event


def test_topics_are_subject_and_what_happened():
    assert TicketDispatched.topic() == "ticket.dispatched"
    assert ArticleChanged.topic() == "article.changed"
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", topic) for topic in EVENTS)


def test_every_event_is_listed_once_and_says_what_it_means():
    def below(kind: type[Event]) -> set[type[Event]]:
        return {sub for direct in kind.__subclasses__() for sub in {direct, *below(direct)}}

    assert set(KINDS) == below(Event) - {TicketEvent}
    assert all(kind.__doc__ and not kind.__doc__.startswith(kind.__name__) for kind in KINDS)


def test_no_event_carries_personal_data():
    personal = {"name", "phone", "text", "address", "id_number", "caller"}
    assert not any(field.name in personal for kind in KINDS for field in fields(kind))


def test_what_a_newer_writer_added_is_passed_over():
    assert revive("article.changed", {"article_id": 7, "colour": "red"}) == ArticleChanged(7)


def test_what_may_be_left_out_has_its_default():
    assert revive("ticket.urged", {"ticket_id": 1, "no": "LZ1", "level": "red"}) == TicketUrged(
        1, "LZ1", "red"
    )


def test_an_unknown_topic_is_a_key_error():
    with pytest.raises(KeyError):
        revive("ticket.vanished", {})


def test_a_payload_that_lacks_a_field_is_refused():
    with pytest.raises(TypeError):
        revive("ticket.closed", {"ticket_id": 1, "no": "LZ1"})


def test_an_event_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        ArticleChanged(1).article_id = 2
