"""The portal as a citizen without script uses it: search, three steps, number and code, tracking, acting."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from hotline.domain.errors import NotAllowed
from hotline.web.limiter import Limiter
from tests.flows.story import Story
from tests.serving import Client, Served

WHO = {"name": "钟离秋", "phone": "13900002222", "consent": "1"}


def _photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(content, "JPEG")
    return content.getvalue()


def _carry(page: str) -> str:
    found = re.search(r'name="carry" value="([^"]*)"', page)
    assert found, page[:500]
    return found[1]


def _asked(
    client: Client, who: dict[str, str] | None = None, text: str = "桥东社区路灯坏了，晚上很黑。"
) -> str:
    """Goes through the three steps; the last page."""
    page = client.get("/portal/request").text
    first = {"step": "1", "carry": _carry(page), "request_type": "help", "text": text}
    page = client.post("/portal/request", data=first).text
    second = {"step": "2", "carry": _carry(page), "area_1": "LZ01", "place": "老街口"}
    page = client.post(
        "/portal/request", data=second, files={"photos": ("灯.jpg", _photo(), "image/jpeg")}
    ).text
    assert "3 您是谁" in page
    return client.post("/portal/request", data={"step": "3", "carry": _carry(page), **(who or WHO)}).text


def _opened(server: Served) -> tuple[Client, str]:
    client = server.client()
    page = _asked(client)
    no, code = (match[1] for match in re.finditer(r"<dd>([\w-]+)</dd>", page))
    client.post("/portal/track", data={"no": no, "code": code.lower()})
    return client, no


def test_search_answers_and_takes_feedback(server: Served) -> None:
    client = server.client()
    page = client.get("/portal/search", params={"q": "公积金租房"}).text
    address = re.search(r'href="(/portal/answers/\d+)', page)
    assert address
    assert "有用吗" in client.get(address[1]).text
    assert "谢谢" in client.post(address[1], data={"kind": "useful"}).text
    assert "没有找到" in client.get("/portal/search", params={"q": "𠮷㑇zzzz"}).text


def test_a_request_becomes_a_ticket_with_its_photo(server: Served) -> None:
    client, no = _opened(server)
    whole = Story(server.runtime).ticket(no)
    assert (whole["channel"], whole["request_type"], whole["area"]) == ("web", "help", "LZ01")
    assert len(whole["attachments"]) == 1
    page = client.get("/portal/track/request").text
    assert "我们收到了您的诉求" in page
    assert "接下来：" in page


def test_a_citizen_adds_urges_and_rates(server: Served) -> None:
    client, no = _opened(server)
    story = Story(server.runtime)
    server.settle()
    address = "/portal/track/request"
    added = client.post(address, data={"act": "add", "text": "第三根灯杆"}, allow_redirects=False)
    assert added.status_code == 303, "a reload does not add it again"
    assert "已补充" in client.get(added.headers["Location"]).text
    if story.ticket(no)["state"] == "review":
        story.dispatch(no, "LZ01-CGJ")
    assignment = story.ticket(no)["assignments"][0]
    handler = story.people["unit-lz01-cgj"]
    assert "已替您催办" in client.post(address, data={"act": "urge"}).text
    assert client.post(address, data={"act": "urge"}).status_code == 422
    story.answered(no, assignment["id"], handler)
    page = client.get(address).text
    assert "办得怎么样" in page
    assert "接下来：回访" in page
    rating = {"act": "rate", "contacted": "yes", "solved": "solved", "satisfied": "very"}
    assert "谢谢您的评价" in client.post(address, data=rating).text
    assert story.ticket(no)["state"] == "closed"


def test_an_unhappy_rating_goes_to_a_person(server: Served) -> None:
    client, no = _opened(server)
    story = Story(server.runtime)
    server.settle()
    assignment = story.dispatch(no, "LZ01-CGJ")[0]
    story.answered(no, assignment, story.people["unit-lz01-cgj"])
    rating = {"act": "rate", "contacted": "no", "solved": "unsolved", "satisfied": "very_bad"}
    assert client.post("/portal/track/request", data=rating).status_code == 422
    client.post("/portal/track/request", data=rating | {"text": "没有人来过"})
    assert story.ticket(no)["state"] == "follow_up"
    assert "rated" in story.kinds(no)


def test_a_citizen_withdraws(server: Served) -> None:
    client, no = _opened(server)
    client.post("/portal/track/request", data={"act": "withdraw", "text": "已经修好"})
    assert Story(server.runtime).ticket(no)["state"] == "withdrawn"


def test_an_anonymous_request_keeps_nobody(server: Served) -> None:
    page = _asked(server.client(), {"anonymous": "1", "name": "不该留下", "phone": "13900002222"})
    no = re.search(r"<dd>([\w-]+)</dd>", page)
    assert no
    request = Story(server.runtime).ticket(no[1])["requests"][0]
    assert request["anonymous"]
    assert not request["party_id"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", "", "请写下发生了什么"),
        ("request_type", "x", "请选择一项"),
        ("carry", "v1:k1:forged", "重新填写"),
    ],
)
def test_a_faulty_first_step_says_what_is_wrong(server: Served, field: str, value: str, words: str) -> None:
    client = server.client()
    page = client.get("/portal/request").text
    data = {"step": "1", "carry": _carry(page), "request_type": "help", "text": "路灯坏了"} | {field: value}
    answer = client.post("/portal/request", data=data)
    assert answer.status_code in (400, 422)
    assert words in answer.text


def test_a_bad_phone_and_a_broken_photo_stop_at_their_step(server: Served) -> None:
    client = server.client()
    assert "电话号码格式不正确" in _asked(client, {"name": "钟", "phone": "12", "consent": "1"})
    page = client.get("/portal/request").text
    page = client.post(
        "/portal/request", data={"step": "1", "carry": _carry(page), "request_type": "help", "text": "灯"}
    ).text
    answer = client.post(
        "/portal/request",
        data={"step": "2", "carry": _carry(page)},
        files={"photos": ("a.jpg", b"no picture")},
    )
    assert answer.status_code == 422
    assert "完好的" in answer.text


def test_a_wrong_code_opens_nothing(server: Served) -> None:
    _, no = _opened(server)
    other = server.client()
    other.get("/portal/track")
    assert other.post("/portal/track", data={"no": no, "code": "AAAA2222"}).status_code == 404
    assert other.get("/portal/track/request", allow_redirects=False).headers["Location"] == "/portal/track"


def test_guessing_is_slowed_down() -> None:
    now = [0.0]
    limiter = Limiter(3, 60, lambda: now[0])
    for _ in range(3):
        limiter.count("address")
    with pytest.raises(NotAllowed, match="太频繁"):
        limiter.count("address")
    limiter.count("another")
    now[0] = 61
    limiter.count("address")


def test_large_type_is_kept_and_comes_back(server: Served) -> None:
    client = server.client()
    answer = client.get("/portal/large", params={"on": "1", "next": "/portal/track"})
    assert answer.url.endswith("/portal/track")
    assert 'class="portal large"' in answer.text
    assert (
        client.get("/portal/large", params={"next": "//evil.example"}, allow_redirects=False).headers[
            "Location"
        ]
        == "/portal"
    )


def test_the_first_page_says_what_the_city_hears_about(server: Served) -> None:
    story = Story(server.runtime)
    for _ in range(5):
        story.register()
    page = server.client().get("/portal").text
    assert "电梯故障" in page
    assert "5 件" in page
