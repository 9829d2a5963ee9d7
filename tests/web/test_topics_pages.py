"""热点 and 预警 over HTTP: pages, exports, API, what each may see, and how many statements a page takes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import event

from classifiers.bursts import Burst
from hotline.domain.deadlines import local
from hotline.domain.spans import midnight
from hotline.services.topics import bursts, export, raising, reading, running
from tests.flows.story import Story
from tests.serving import Served

API = "/api/v1"


@pytest.fixture
def house(server: Served) -> House:
    server.quiet()
    return House(server)


class House:
    """A served house with a finished run of one month."""

    def __init__(self, served: Served) -> None:
        self.served, self.story = served, Story(served.runtime)
        self.rt = served.runtime
        self.now = datetime.now(UTC)

    def run(self, topics: int = 1, tickets: tuple[int, ...] = (), **values: Any) -> int:
        since, until = running.period(self.now, 30, "", "")
        run_id = self.rt.transact(running.ask, self.story.leader, since, until, 30, {})
        attempt = self.rt.transact(running.take_next)["attempts"]
        made = [self.topic(n, tickets, values) for n in range(1, topics + 1)]
        self.rt.transact(running.keep_topics, run_id, attempt, made)
        self.rt.transact(running.finish, run_id, attempt, topics, "topics/1")
        return run_id

    def topic(self, rank: int, tickets: tuple[int, ...], values: dict[str, Any]) -> dict[str, Any]:
        usual = {
            "rank": rank,
            "name": f"第 {rank} 个工地夜间施工",
            "place": "桥东社区",
            "crowd": "业主",
            "first_at": self.now - timedelta(days=9),
            "last_at": self.now - timedelta(days=1),
            "size": 4,
            "callers": 3,
            "heat": 100 - rank / 20,
            "growth": 0.2,
            "parts": {"callers": 60.0, "volume": 39.95},
            "words": ["施工", "噪声"],
            "trend": [0, 1, 2, 1],
            "bucket_days": 7,
            "areas": {"LZ01": len(tickets)},
            "tickets": list(tickets),
        }
        return usual | values

    def topic_id(self, run_id: int) -> int:
        return self.rt.query(reading.ranking, self.story.leader, run_id)["items"][0]["id"]

    def ticket(self, **values: Any) -> int:
        return self.story.ticket(self.story.register(**values))["id"]

    def warn(self, observed: int = 8) -> int:
        day = (self.now + timedelta(hours=8)).date()
        burst = Burst("LZ01", "010101", day, 1, observed, 1.0, 1e-6, 6.0, 56)
        self.rt.transact(raising.raise_or_grow, "", burst, bursts.history({day: observed}, day))
        return self.rt.query(lambda uow: uow.views.latest_warning("", "LZ01", "010101"))


# --- the ranking ---


def test_the_ranking_shows_name_place_people_heat_and_what_it_is_made_of(house: House) -> None:
    house.run()
    page = house.served.client("leader").get("/topics?days=30").text
    for said in (
        "第 1 个工地夜间施工",
        "桥东社区",
        "业主",
        "4 件",
        "3 人",
        "诉求人 60.0",
        'data-chart="heat"',
    ):
        assert said in page, said


def test_without_a_run_the_page_says_what_to_do_and_who_may(house: House) -> None:
    assert "开始分析" in house.served.client("leader").get("/topics").text
    page = house.served.client("dispatcher").get("/topics").text
    assert "请班长或分析员发起" in page
    assert '/topics/runs" method' not in page


def test_a_thousand_topics_come_in_pages(house: House) -> None:
    run_id = house.run(topics=1_000)
    client = house.served.client("leader")
    page = client.get(f"/topics?run={run_id}").text
    assert page.count("<tr data-row>") == reading.PAGE
    last = client.get(f"/topics?run={run_id}&start=950").text
    assert "第 1000 个工地" in last
    assert "加载更多" not in last
    assert "后面没有了" in client.get(f"/topics?run={run_id}&start=2000").text


@pytest.mark.parametrize(
    "query", ["days=x", "days=0", "run=abc", "sort=name", "start=-1", "run=99999999999999999999"]
)
def test_nonsense_in_the_address_is_refused(house: House, query: str) -> None:
    assert house.served.client("leader").get(f"/topics?{query}").status_code in (400, 404)


# --- starting and stopping ---


def test_a_run_is_started_followed_and_stopped_from_the_page(house: House) -> None:
    client = house.served.client("supervisor")
    answer = client.post("/topics/runs", data={"days": "7"}, allow_redirects=False)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert "排队中" in client.get(address).text
    assert 'hx-trigger="every 2s"' in client.get(address).text
    assert "已停止" in client.post(f"{address}/stop").text
    assert client.post(f"{address}/stop").status_code == 409


def test_days_that_are_none_come_back_beside_their_fields(house: House) -> None:
    client = house.served.client("supervisor")
    answer = client.post("/topics/runs", data={"days": "0", "since": "2026-02-30", "until": "2026-03-01"})
    assert answer.status_code == 422
    assert "请填写日期" in answer.text
    answer = client.post("/topics/runs", data={"since": "2026-03-02", "until": "2026-03-01", "area": "zzz"})
    assert answer.status_code == 422


# --- one topic ---


def test_members_are_shown_as_far_as_the_reader_may_see_them_and_counts_include_the_rest(
    house: House,
) -> None:
    seen, hidden = house.ticket(text="桥东工地夜里施工。"), house.ticket(text="隔壁县的工地夜里施工。")
    house.rt.transact(lambda uow: setattr(uow.ticket_by_id(hidden), "centre", "LZ09"))
    house.rt.transact(_move_to_centre, "leader", "LZ01")
    run_id = house.run(tickets=(seen, hidden))
    house.rt.transact(_own_run, run_id, "LZ01")
    client = house.served.client("leader")
    page = client.get(f"/topics/{_first_topic(house, run_id)}").text
    assert "您能看到的 1 张" in page
    assert "在 2 张工单里" in page
    assert "隔壁县" not in page


def _move_to_centre(uow: Any, login: str, centre: str) -> None:
    from hotline.domain.people import User

    uow.first(User, login=login).centre = centre


def _own_run(uow: Any, run_id: int, centre: str) -> None:
    from hotline.domain.topics import TopicRun

    uow.get(TopicRun, run_id).centre = centre


def _first_topic(house: House, run_id: int) -> int:
    return house.rt.query(lambda uow: uow.views.topics_of(run_id))[0]["id"]


def test_a_secret_ticket_shows_nothing_personal_through_a_topic(house: House) -> None:
    member = house.ticket(title="我叫李小梅，电话 13912345678", text="我叫李小梅，举报饭店。", secret=True)
    topic = house.topic_id(house.run(tickets=(member,)))
    page = house.served.client("leader").get(f"/topics/{topic}").text
    export = house.served.client("leader").get(f"/topics/{topic}/export.csv").content.decode("utf-8-sig")
    for text in (page, export):
        assert "13912345678" not in text
        assert "李小梅" not in text


def test_members_are_filtered_and_paged(house: House) -> None:
    members = tuple(house.ticket(text=f"第 {n} 次反映工地夜里施工。") for n in range(3))
    topic = house.topic_id(house.run(tickets=members))
    client = house.served.client("leader")
    state = house.rt.query(lambda uow: uow.views.tickets_by_ids(members, {}))[members[0]]["state"]
    assert client.get(f"/topics/{topic}?state={state}").text.count("<tr data-row") >= 3
    assert "没有符合条件的工单" in client.get(f"/topics/{topic}?state=archived").text
    assert client.get(f"/topics/{topic}?state=nonsense").status_code == 400


# --- exports ---


def test_the_ranking_is_exported_without_formulas_and_audited(house: House) -> None:
    run_id = house.run(name="=cmd|' /C calc'!A0")
    content = house.served.client("analyst").get(f"/topics/runs/{run_id}/export.csv").content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["排名", "热点", "地点"]
    assert rows[1][1] == "'=cmd|' /C calc'!A0"
    audit = house.rt.query(lambda uow: uow.views.audit_rows(action="topics.exported"))["items"]
    assert [(row["actor"], row["detail"]["rows"]) for row in audit] == [("analyst", 1)]


def test_a_topics_tickets_are_exported_as_a_workbook(house: House) -> None:
    topic = house.topic_id(house.run(tickets=(house.ticket(), house.ticket(text="另一部电梯也坏了。"))))
    content = house.served.client("leader").get(f"/topics/{topic}/export.xlsx").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.max_row == 3


def test_a_long_export_keeps_the_order_and_reckons_nothing_else_of_the_topic(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MEMBERS", 2)
    monkeypatch.setattr("hotline.web.exports.PIECE", 64)
    members = tuple(house.ticket(text=f"第 {n} 次反映工地夜里施工。") for n in range(5))
    topic = house.topic_id(house.run(tickets=members[::-1]))
    client = house.served.client("leader")
    address = f"/topics/{topic}/export.csv"
    rows = list(csv.reader(io.StringIO(client.get(address).content.decode("utf-8-sig"))))
    numbers = house.rt.query(lambda uow: uow.views.tickets_by_ids(members, {}))
    assert [row[0] for row in rows[1:]] == [numbers[member]["no"] for member in members[::-1]]
    few = statements(house, client, address)
    monkeypatch.setattr(export, "MEMBERS", 1)
    assert statements(house, client, address) - few <= 2 * 3  # two more pages, three statements each


# --- warnings ---


def test_the_page_says_from_when_there_are_warnings_while_the_history_is_short(house: House) -> None:
    today = local(house.rt.clock.now()).date()
    client = house.served.client("leader")
    assert f"从 {today + timedelta(days=17)} 起预警" in client.get("/warnings").text
    for back, silent in ((16, True), (17, False)):
        day = today - timedelta(days=back)
        house.ticket(received_at=midnight(day) + timedelta(hours=9))
        house.rt.transact(bursts.count, day)
        page = client.get("/warnings").text
        assert (
            f"历史不足 14 天（最近 3 天不作比较），从 {today + timedelta(days=1)} 起预警" in page
        ) is silent
    assert "历史不足" not in page


def test_a_warning_that_ended_by_itself_is_listed_with_what_became_of_it(house: House) -> None:
    number = house.warn()
    house.rt.transact(raising.end, number)
    client = house.served.client("dispatcher")
    assert "待处置" not in client.get("/warnings/banner").text
    assert "已平息" in client.get("/warnings?view=past").text
    assert "一直没有人处置" in client.get(f"/warnings/{number}").text
    body = {"state": "dismissed", "note": "同一人反复拨打"}
    assert client.post(f"{API}/warnings/{number}/settle", json=body).json()["code"] == "warning.ended"
    assert client.get(f"{API}/warnings?state=ended").json()["items"][0]["id"] == number


def test_a_warning_is_seen_on_its_page_and_on_the_banner_until_it_is_settled(house: House) -> None:
    number = house.warn()
    client = house.served.client("dispatcher")
    assert "1 条突发预警待处置" in client.get("/warnings/banner").text
    assert "/warnings/banner" in client.get("/dispatch").text
    assert "/warnings/banner" in house.served.client("leader").get("/wall").text
    assert 'data-chart="burst"' in client.get(f"/warnings/{number}").text
    short = client.post(f"/warnings/{number}/settle", data={"state": "acknowledged", "note": "好"})
    assert short.status_code == 422
    assert "至少 4 个字" in short.text
    done = client.post(f"/warnings/{number}/settle", data={"state": "acknowledged", "note": "水务已到场抢修"})
    assert "水务已到场抢修" in done.text
    assert "待处置" not in client.get("/warnings/banner").text
    again = client.post(f"/warnings/{number}/settle", data={"state": "dismissed", "note": "同一人反复拨打"})
    assert again.status_code == 409
    assert "水务已到场抢修" in client.get("/warnings?view=past").text


def test_an_agents_notices_do_not_tell_of_bursts(house: House) -> None:
    house.warn()
    assert house.served.client("agent").get("/warnings").status_code == 403


# --- API ---


def test_the_api_gives_runs_topics_members_and_warnings(house: House) -> None:
    member = house.ticket()
    run_id = house.run(tickets=(member,))
    client = house.served.client("leader")
    ranking = client.get(f"{API}/topics?days=30").json()
    assert (ranking["run"]["id"], ranking["items"][0]["earlier"], ranking["next"]) == (run_id, None, None)
    whole = client.get(f"{API}/topics/{ranking['items'][0]['id']}").json()
    assert [row["id"] for row in whole["members"]] == [member]
    started = client.post(f"{API}/topic-runs", json={"since": "2026-10-01", "until": "2026-10-07"})
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    stopped = client.post(f"{API}/topic-runs/{started.json()['id']}/stop").json()
    assert stopped["state"] == "stopped"
    number = house.warn()
    listed = client.get(f"{API}/warnings?state=open").json()["items"]
    assert [row["id"] for row in listed] == [number]
    body = {"state": "dismissed", "note": "同一人反复拨打"}
    assert client.post(f"{API}/warnings/{number}/settle", json=body).json()["state"] == "dismissed"
    assert client.post(f"{API}/warnings/{number}/settle", json=body).status_code == 409
    assert client.get(f"{API}/topics?days=7").json()["code"] == "topics.no_run"


# --- cost ---


def test_pages_take_few_statements(house: House) -> None:
    members = tuple(house.ticket(text=f"第 {n} 次反映工地夜里施工。") for n in range(5))
    run_id = house.run(topics=60, tickets=members)
    topic, warning = house.topic_id(run_id), house.warn()
    client = house.served.client("leader")
    for address, most in (
        (f"/topics?run={run_id}", 9),
        (f"/topics/{topic}", 12),
        (f"/warnings/{warning}", 8),
        ("/warnings", 8),
        ("/warnings/banner", 6),
    ):
        client.get(address)
        assert statements(house, client, address) <= most, address


def statements(house: House, client: Any, address: str) -> int:
    """How many statements a page takes, besides the transactions' own."""
    seen: list[str] = []

    def heard(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = house.rt.uows.engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    return len([one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))])
