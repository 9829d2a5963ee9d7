"""One suite for every channel to people outside, and what each does on its own. All numbers are invented."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from hotline.adapters.notify.console import ConsoleNotifier
from hotline.adapters.webhook import WebhookNotifier
from hotline.domain.errors import Unavailable
from hotline.ports import Notifier
from tests.contract.gateway import Gateway, gateway

PHONE, TEXT = "13812341234", "【12345】您的诉求（𠮷💡）已办结，请回复 1-5 评价。"


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


@pytest.fixture(params=["console", "webhook"])
def notifier(request: pytest.FixtureRequest, sms: Gateway) -> Notifier:
    return ConsoleNotifier() if request.param == "console" else WebhookNotifier(sms.url)


@pytest.mark.parametrize("text", [TEXT, "", "多行\n文字", "长" * 2000, "<b>'\"\\"])
def test_a_message_is_sent(notifier, text):
    assert notifier.send(PHONE, text, "notice-1") == ""


def test_the_same_key_may_be_sent_again(notifier):
    assert notifier.send(PHONE, TEXT, "notice-1") == notifier.send(PHONE, TEXT, "notice-1") == ""


@pytest.mark.parametrize("address", ["13812341234", "0799-1234567", "name@example.invalid", "wx_7", "", "💡"])
def test_no_address_breaks_a_channel(notifier, address):
    assert notifier.send(address, TEXT, "notice-2") == ""


def test_the_console_shows_neither_the_number_nor_the_text(caplog):
    caplog.set_level(logging.INFO)
    ConsoleNotifier().send(PHONE, TEXT, "notice-1")
    fields = caplog.records[0].__dict__
    assert (caplog.messages, fields["to"], fields["length"]) == (["notice.sent"], "138****1234", len(TEXT))
    assert PHONE not in str(fields)
    assert "诉求" not in str(fields)


def test_the_gateway_gets_address_text_and_key(sms):
    WebhookNotifier(sms.url).send(PHONE, TEXT, "notice-7")
    headers, body = sms.received[0]
    assert body == {"to": PHONE, "text": TEXT}
    assert headers["Idempotency-Key"] == "notice-7"


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refusal_is_said_in_words_and_not_raised(sms, status):
    sms.answers = [status]
    assert str(status) in WebhookNotifier(sms.url).send(PHONE, TEXT, "notice-1")


@pytest.mark.parametrize("status", [0, 408, 409, 425, 429, 500, 502, 503])
def test_what_may_work_later_is_unavailable_and_works_later(sms, status):
    sms.answers = [status]
    channel = WebhookNotifier(sms.url)
    with pytest.raises(Unavailable) as refusal:
        channel.send(PHONE, TEXT, "notice-1")
    assert refusal.value.__cause__ is not None
    assert PHONE not in str(refusal.value)
    assert channel.send(PHONE, TEXT, "notice-1") == ""
    assert [headers["Idempotency-Key"] for headers, _ in sms.received] == ["notice-1", "notice-1"]


def test_a_gateway_that_is_not_there_is_unavailable():
    with gateway() as gone:
        url = gone.url
    with pytest.raises(Unavailable):
        WebhookNotifier(url).send(PHONE, TEXT, "notice-1")
