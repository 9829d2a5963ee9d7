"""Cutting and reading frames: nothing the network or a stranger's phone does may change what was said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_in import stream

from telephony_bridge.wire.frames import BadHeader, FrameSplitter, FrameTooLong, Message, decode, encode

DATA = stream("abandon")
WHOLE = FrameSplitter().feed(DATA)


def cut_at(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    splitter = FrameSplitter()
    parts = [data[start:end] for start, end in pairwise(edges)]
    return [frame for part in parts for frame in splitter.feed(part)]


def test_a_stream_cut_at_every_byte_gives_the_same_frames():
    assert cut_at(DATA, list(range(len(DATA)))) == WHOLE


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, len(DATA)), max_size=40))
def test_any_cuts_give_the_same_frames(places):
    assert cut_at(DATA, places) == WHOLE


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
def test_whatever_a_caller_is_called_it_stays_one_value(name):
    message = Message(f"Event: Newchannel\r\nCallerIDName: {name}\r\nUniqueid: 1.1".encode())
    assert message.get("calleridname") == name.strip(" ")
    assert message.event == "Newchannel"
    assert message.get("uniqueid") == "1.1"


def test_a_name_that_looks_like_headers_stays_a_name():
    message = Message(
        b"Event: Newchannel\r\nCallerIDName: Evil: x Event: Hangup %0d%0aEvent: Fake\r\nExten: 12345"
    )
    assert message.event == "Newchannel"
    assert message.get("CallerIDName") == "Evil: x Event: Hangup %0d%0aEvent: Fake"
    assert message.all("event") == ["Newchannel"]


def test_headers_are_found_in_any_case_and_repeat():
    message = Message(b"Event: X\r\nUniqueID: 7\r\nChanVariable: A=1\r\nchanvariable: B=x=y")
    assert message.get("uniqueid") == "7"
    assert dict(message.variables("ChanVariable")) == {"A": "1", "B": "x=y"}
    assert message.get("absent") == ""
    assert message.all("absent") == []


def test_names_are_read_in_utf8_and_gb18030_line_by_line():
    gbk = Message("Event: X\r\nOne: 张三\r\n".encode("gbk") + "Two: 李四".encode())
    assert (gbk.get("one"), gbk.get("two")) == ("张三", "李四")


def test_a_name_cut_inside_a_character_loses_only_that_character():
    assert decode("欧阳娜".encode()[:-1]) == "欧阳"


def test_bytes_of_no_charset_are_replaced_and_do_not_fail():
    assert decode(b"ab\xff\xffcd") == "ab��cd"


def test_a_stream_without_frame_ends_is_given_up():
    with pytest.raises(FrameTooLong):
        FrameSplitter().feed(b"x" * 300_000)


@pytest.mark.parametrize(
    "header",
    [
        ("Exten", "138\r\nApplication: System"),
        ("Exten", "138\n"),
        ("Exten", "1\0"),
        ("Exten", "9" * 1000),
        ("Ex\r\nten", "1"),
        ("", "1"),
        ("Action", "Logoff"),
        ("ACTIONID", "x"),
    ],
)
def test_a_header_that_could_smuggle_something_in_is_refused(header):
    with pytest.raises(BadHeader):
        encode("Originate", "1", [header])


def test_an_action_is_written_as_asterisk_reads_it():
    assert encode("Ping", "7", [("X", "王")]) == "Action: Ping\r\nActionID: 7\r\nX: 王\r\n\r\n".encode()


def test_a_message_shows_no_caller_in_its_repr():
    message = Message(b"Event: Newchannel\r\nCallerIDNum: 13800000001\r\nCallerIDName: Li Si")
    assert repr(message) == "<Message Newchannel>"
