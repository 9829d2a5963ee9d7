"""模型与成绩 over HTTP: the page, the acts of the registry with their reasons, the API."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from hotline.domain.people import Actor
from hotline.domain.records import AuditRow
from hotline.services.learning import models, scores
from hotline.services.learning.scores import Tally
from hotline.settings import Settings
from tests.learning import break_model, model_folder
from tests.services.test_scores import LIFT, ROAD
from tests.serving import Served

ADMIN = Actor(1, "管理", frozenset({"sys_admin"}), login="admin")


def score(served: Served, *models_of_week: tuple[str, bool]) -> None:
    """A week's figures as the weekly job would store them."""
    case = served.runtime.query(lambda uow: scores.case_of(uow.reference, LIFT, ROAD, 0.7, False))
    figures = Tally(read=40, certain=20, auto=10, bounced=1, cases=[case] * 40).figures()
    found = dict.fromkeys(models_of_week, figures)
    served.runtime.transact(lambda uow: scores.keep(uow, scores.monday(uow.now), found))


def registered(served: Served, tmp_path: Path, name: str) -> None:
    taken = served.runtime.models.take(model_folder(tmp_path, name))
    served.runtime.transact(models.register, ADMIN, taken)


def statements_of(server: Served, path: str, login: str = "supervisor") -> int:
    """How many statements a page takes."""
    return len(told_of(server, path, login))


def told_of(server: Served, path: str, login: str = "supervisor") -> list[str]:
    """The statements that a page takes."""
    counted: list[str] = []
    client = server.client(login)
    server.quiet()
    client.get(path)
    engine = server.runtime.uows.engine

    def listener(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counted.append(statement)

    event.listen(engine, "before_cursor_execute", listener)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    return counted


def test_the_page_shows_serving_beside_shadow_with_intervals_and_the_worst_confusions(
    server: Served,
) -> None:
    assert "还没有成绩" in server.client("supervisor").get("/models").text
    score(server, ("linear/first", False), ("linear/second", True))
    page = server.client("supervisor").get("/models").text
    assert "first" in page
    assert "影子" in page
    assert "0.0 %" in page
    assert "城乡建设" in page
    assert "被判为" in page
    assert page.count('<svg class="plot"') == 2


def test_the_page_costs_the_same_however_many_weeks_there_are(server: Served) -> None:
    score(server, ("linear/first", False))
    one = statements_of(server, "/models")
    assert not any("FROM labels" in statement for statement in told_of(server, "/models"))
    score(server, *((f"linear/{n}", bool(n % 2)) for n in range(12)))
    assert statements_of(server, "/models") <= one
    assert one <= 12


def test_a_model_is_put_in_service_and_taken_back_with_reasons_that_are_audited(
    server: Served, tmp_path: Path
) -> None:
    registered(server, tmp_path, "site-1")
    client = server.client("supervisor")
    client.get("/models")
    refused = client.post("/models/serve", data={"version": "site-1"})
    assert refused.status_code == 422
    assert "请写明理由" in refused.text
    assert client.post("/models/serve", data={"version": "nobody", "reason": "试用"}).status_code == 409
    done = client.post("/models/serve", data={"version": "site-1", "reason": "比原来的准"})
    assert "已投入使用" in done.text
    assert "使用中" in done.text
    assert client.post("/models/serve", data={"version": "site-1", "reason": "再来"}).status_code == 409
    assert client.post("/models/end-shadow", data={"reason": "不用了"}).status_code == 409
    assert client.post("/models/rollback", data={"reason": "投诉多了"}).status_code == 200
    rows = server.runtime.query(lambda uow: list(uow.find(AuditRow, subject="site-1")))
    assert [(row.action, row.detail.get("reason", "")) for row in rows] == [
        ("model.registered", ""),
        ("model.serving", "比原来的准"),
        ("model.retired", "投诉多了"),
    ]


def test_each_act_says_what_it_did_and_the_audit_tells_it_in_chinese(server: Served, tmp_path: Path) -> None:
    registered(server, tmp_path, "site-1")
    client = server.client("supervisor")
    page = client.get("/models").text
    assert page.count('data-reason-hint="理由会记入审计') == page.count('data-reason-tone="primary"') == 2
    told = [
        ("shadow", "影子运行已开始"),
        ("end-shadow", "影子运行已停止"),
        ("serve", "已投入使用"),
        ("rollback", "已回退到设置中的默认模型"),
    ]
    for act, said in told:
        done = client.post(f"/models/{act}", data={"version": "site-1", "reason": "逐项试用"})
        assert said in done.text, act
    audit = server.client("audadmin").get("/admin/audit?subject=site-1").text
    for said in ("模型停用", "模型停止影子运行", "之前：使用中", "之前：影子运行", "理由：逐项试用"):
        assert said in audit
    assert "before：" not in audit


def test_a_broken_model_is_refused_on_the_page_with_the_reason(
    server: Served, settings: Settings, tmp_path: Path
) -> None:
    registered(server, tmp_path, "site-1")
    break_model(Path(settings.home) / "models" / "site-1")
    client = server.client("sysadmin")
    client.get("/models")
    answer = client.post("/models/serve", data={"version": "site-1", "reason": "试用"})
    assert answer.status_code == 422
    assert "校验值不符" in answer.text


def test_an_analyst_reads_and_changes_nothing(server: Served) -> None:
    client = server.client("analyst")
    assert client.get("/models").status_code == 200
    assert client.post("/models/rollback", data={"reason": "试试"}).status_code == 403
    assert server.client("agent").get("/models").status_code == 403


def test_the_api_tells_versions_and_weekly_scores(server: Served, tmp_path: Path) -> None:
    registered(server, tmp_path, "site-1")
    score(server, ("linear/first", False))
    client = server.client("leader")
    (model,) = client.get("/api/v1/models").json()["items"]
    assert (model["name"], model["state"]) == ("site-1", "candidate")
    (week,) = client.get("/api/v1/models/scores?weeks=2").json()["items"]
    assert week["figures"]["judged"] == 40
    assert client.get("/api/v1/models/scores?weeks=0").status_code == 400
