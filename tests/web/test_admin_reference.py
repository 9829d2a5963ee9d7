"""Administration of reference data over HTTP: hotlines, trees, catalogue, time limits, settings, versions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hotline.domain import dispatch
from tests.serving import Client, Served


@pytest.fixture
def admin(server: Served) -> Client:
    return server.client("sysadmin")


def reference(server: Served) -> Any:
    return server.runtime.uows.current_reference()


def based_on(page: str) -> str:
    found = re.search(r'name="based_on" value="(\d+)"', page)
    assert found
    return found[1]


def save(client: Client, url: str, **fields: Any) -> Any:
    """Sends a form with the version that its page was read at."""
    page = client.get(fields.pop("page", url)).text
    return client.post(url, data={"based_on": based_on(page), **fields}, allow_redirects=False)


HOTLINE = {
    "name": "环保举报",
    "kind": "line",
    "certainty": "verified",
    "transfer_direction": "in",
    "dialled": "12369",
    "mode_region": ["全国", "澜州市", ""],
    "mode_mode": ["整体并入", "双号并行", "整体并入"],
    "mode_valid_from": ["2021-01-01", "2022-01-01", ""],
    "mode_valid_to": ["", "", ""],
    "mode_source": ["", "", ""],
    "mode_certainty": ["", "", ""],
    "note": "按通知改为双号并行",
}


def test_the_registry_says_which_mode_holds_here_on_a_day(admin: Client) -> None:
    page = admin.get("/admin/hotlines?q=12315").text
    assert "12315" in page
    assert "12366" not in page.split('id="list"')[1].split("</section>")[0]
    assert admin.get("/admin/hotlines?on=2026-13-40").status_code == 400
    assert admin.get("/admin/hotlines/99999").status_code == 404


def test_a_changed_hotline_is_a_new_version_with_author_and_note(server: Served, admin: Client) -> None:
    assert save(admin, "/admin/hotlines/12369", **HOTLINE).status_code == 303
    row = reference(server).row("hotline", "12369")
    assert [mode["mode"] for mode in row["mode"]] == ["整体并入", "双号并行"]
    page = admin.get("/admin/versions/hotline").text
    assert "系统管理员" in page
    assert "按通知改为双号并行" in page
    assert "<ins>" in page


def test_a_faulty_mode_is_told_and_nothing_is_saved(server: Served, admin: Client) -> None:
    before = reference(server).row("hotline", "12369")
    answer = save(admin, "/admin/hotlines/12369", **{**HOTLINE, "mode_valid_to": ["2020-01-01", "", ""]})
    assert answer.status_code == 422
    assert "失效日期不能早于生效日期" in answer.text
    assert save(admin, "/admin/hotlines/12369", **{**HOTLINE, "note": ""}).status_code == 422
    assert reference(server).row("hotline", "12369") == before


def test_the_second_of_two_who_change_one_row_is_told_who_was_first(server: Served, admin: Client) -> None:
    version = based_on(admin.get("/admin/hotlines/12369").text)
    assert save(admin, "/admin/hotlines/12369", **HOTLINE).status_code == 303
    late = admin.post("/admin/hotlines/12369", data={**HOTLINE, "name": "别的名字", "based_on": version})
    assert late.status_code == 409
    assert "系统管理员" in late.text
    assert "别的名字" in late.text
    assert reference(server).row("hotline", "12369")["name"] == "环保举报"


def test_only_the_system_administrator_changes_reference_data(server: Served) -> None:
    agent = server.client("agent")
    assert agent.get("/admin/hotlines/12369").status_code == 200
    for url in ("/admin/hotlines/12369", "/admin/tree/unit/LZ-ZJJ", "/admin/sla", "/admin/settings"):
        agent.get("/admin/hotlines")
        assert agent.post(url, data=HOTLINE).status_code == 403
    assert server.client("secadmin").get("/admin/hotlines").status_code == 403


UNIT = {
    "name": "澜州市低空经济发展局",
    "short": "市低空局",
    "level": "city",
    "parent": "LZ-ZF",
    "kind": "department",
    "area": "LZ",
    "roles": "低空经济局",
    "note": "机构改革新设",
}


def test_a_unit_is_added_changed_and_abolished_with_a_successor(server: Served, admin: Client) -> None:
    made = save(admin, "/admin/tree/unit/new", code="lz-dkj", **UNIT)
    assert made.status_code == 303
    assert made.headers["Location"].startswith("/admin/tree/unit/LZ-DKJ")
    assert "代码 LZ-DKJ 已被" in save(admin, "/admin/tree/unit/new", code="LZ-DKJ", **UNIT).text
    ending = {"successor": "LZ-ZJJ", "valid_to": "2026-11-01", "note": "并入住建局"}
    url = "/admin/tree/unit/LZ-DKJ"
    assert save(admin, f"{url}/abolish", page=url, **ending).status_code == 303
    held = reference(server)
    assert dispatch.successor(held, "LZ-DKJ") == "LZ-ZJJ"
    assert "低空经济局" in held.row("unit", "LZ-ZJJ")["roles"]
    assert "市低空局" not in admin.get("/admin/tree?q=低空").text
    assert "低空经济发展局" in admin.get("/admin/tree?q=低空&past=1").text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"successor": "", "valid_to": "2026-11-01"}, "请选择承接单位"),
        ({"successor": "LZ-ZJJ", "valid_to": "2099-01-01"}, "不能晚于今天"),
        ({"successor": "LZ-WJJG", "valid_to": "2026-11-01"}, "没有撤销的单位"),
    ],
)
def test_an_abolition_needs_an_heir_and_a_day(admin: Client, fields: dict[str, str], message: str) -> None:
    url = "/admin/tree/unit/LZ-SJG"
    answer = save(admin, f"{url}/abolish", page=url, note="试一试", **fields)
    assert answer.status_code == 422
    assert message in answer.text


def test_no_unit_stands_below_itself(admin: Client) -> None:
    answer = save(admin, "/admin/tree/unit/LZ-ZF", **{**UNIT, "parent": "LZ-RX", "note": "绕圈"})
    assert answer.status_code == 422
    assert "上级不能是自己或自己的下级" in answer.text


ROW = {
    "matter": "010101",
    "area_scope": "LZ01",
    "lead": "各区县住建局",
    "assists": "属地乡镇街道",
    "duty_kind": "functional",
    "basis": "临澜区权责清单",
    "valid_from": "2026-11-01",
    "note": "临澜区单列",
}


def test_a_catalogue_row_is_added_tried_and_ended(server: Served, admin: Client) -> None:
    made = save(admin, "/admin/catalogue/rows/new", **ROW)
    assert made.status_code == 303
    key = re.search(r"rows/(PD\d+)", made.headers["Location"])
    assert key
    tried = admin.get("/admin/catalogue/trial?matter=010101&area=LZ010101&on=2026-12-01").text
    assert tried.index(key[1]) < tried.index("PD0002")
    assert "临澜区住房和城乡建设局" in tried
    url = f"/admin/catalogue/rows/{key[1]}"
    ended = save(admin, f"{url}/end", page=url, last_day="2026-11-02", note="写错了")
    assert ended.status_code == 303
    assert reference(server).row("catalogue", key[1])["valid_to"] == "2026-11-02"
    assert key[1] not in admin.get("/admin/catalogue?matter=010101").text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lead": "属地乡镇街道"}, "部门职能不得由乡镇街道主办"),
        ({"lead": "没有的局"}, "不认识单位"),
        ({"matter": "没有的事"}, "没有“没有的事”这个事项"),
        ({"valid_from": ""}, "请填写生效日期"),
        ({"basis": ""}, "请写明依据"),
        ({"area_scope": "county", "lead": "各区县市场监管局"}, "已有一行"),
    ],
)
def test_a_faulty_catalogue_row_is_refused_beside_its_field(
    admin: Client, change: dict[str, str], message: str
) -> None:
    answer = save(admin, "/admin/catalogue/rows/new", **{**ROW, **change})
    assert answer.status_code == 422
    assert message in answer.text


LIST = """事项编码,事项名称,主办单位,协办单位,依据,区域范围,生效日期
LZ-QZ-SJG-001,电梯故障,各区县市场监管局,各区县住建局、属地乡镇街道,《特种设备安全法》,各区县,2026/12/1
LZ-NEW-001,物业收费,澜州市住房和城乡建设局,,《物业管理条例》,全市,2026年12月1日
LZ-NEW-002,没有的事,澜州市住房和城乡建设局,,依据,全市,
"""


def test_a_list_of_duties_is_previewed_and_installed_as_one_version(server: Served, admin: Client) -> None:
    admin.get("/admin/catalogue/import")
    before = reference(server).versions["catalogue"]
    for encoding in ("utf-8-sig", "gb18030"):
        looked = admin.post("/admin/catalogue/import", files={"file": ("清单.csv", LIST.encode(encoding))})
        assert looked.status_code == 200
        assert "没有“没有的事”这个事项" in looked.text
    assert reference(server).versions["catalogue"] == before
    fields = dict(re.findall(r'name="(digest|name|based_on|install)" value="([^"]*)"', looked.text))
    done = admin.post(
        "/admin/catalogue/import", data={**fields, "note": "2026 年清单"}, allow_redirects=False
    )
    assert done.status_code == 303
    held = reference(server)
    assert held.versions["catalogue"] == before + 1
    assert held.row("catalogue", "PD0002")["assists"] == ["county:住建局", "town:*"]
    assert any(row.get("matter_code") == "LZ-NEW-001" for row in held.all_of("catalogue"))
    again = admin.post("/admin/catalogue/import", data={**fields, "note": "再来一次"})
    assert again.status_code == 409


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", "甲,乙\n1,2\n".encode(), b"\x00\x01\x02"])
def test_a_broken_list_is_refused_in_words(admin: Client, content: bytes) -> None:
    admin.get("/admin/catalogue/import")
    answer = admin.post("/admin/catalogue/import", files={"file": ("坏.xlsx", content)})
    assert answer.status_code == 422
    assert "有几处需要改正" in answer.text


def test_a_published_profile_is_copied_changed_and_put_in_force(server: Served, admin: Client) -> None:
    url = "/admin/sla/profiles/sichuan-2026"
    refused = admin.get(url).text
    assert "公布的方案保持原样" in refused
    assert admin.post(
        url, data={"note": "改一改", "name": "x", "limit_purpose": "reply", "limit_amount": "1"}
    ).status_code in (403, 422)
    copied = admin.post(f"{url}/copy", data={"code": "lz-27", "name": "澜州 3/7/15", "note": "试行"})
    assert copied.status_code == 200
    limits = {
        "limit_purpose": ["reply", "reply"],
        "limit_amount": ["2", ""],
        "limit_unit": ["working_day", "working_day"],
        "limit_request_types": ["咨询、求助", ""],
        **{
            f"limit_{name}": ["", ""]
            for name in ("urgency", "categories", "complexity", "first_day", "warn_amount", "basis")
        },
        "limit_warn_unit": ["working_day", "working_day"],
    }
    values = {
        "name": "澜州 2 天",
        "office": "09:00-12:00，14:00-18:00",
        "day_end": "18:00",
        "first_day": "next",
        "after_hours": "as_is",
    }
    saved = save(admin, "/admin/sla/profiles/lz-27", **values, **limits, note="缩短")
    assert saved.status_code == 303
    assert save(admin, "/admin/sla", home_sla_profile="lz-27", note="试行新时限").status_code == 303
    assert reference(server).row("setting", "intake")["home_sla_profile"] == "lz-27"
    tried = admin.get("/admin/sla/trial?request_type=help&at=2026-09-29T10:00").text
    assert "2 个工作日" in tried
    assert "国庆节放假" in admin.get("/admin/sla/calendar/2026").text
    broken = {**limits, "limit_amount": ["很多", ""]}
    assert (
        "第 1 条：数量应为整数"
        in save(admin, "/admin/sla/profiles/lz-27", **values, **broken, note="坏").text
    )


def test_a_year_of_the_calendar_is_changed_and_a_wrong_line_is_named(server: Served, admin: Client) -> None:
    url = "/admin/sla/calendar/2031"
    bad = save(admin, url, rest="2031-02-30 春节", work="", note="录入")
    assert bad.status_code == 422
    assert "没有这一天" in bad.text
    good = save(
        admin,
        url,
        rest="2031-01-01 元旦\n2031-01-22..2031-01-28 春节",
        work="2031-02-01 春节",
        announced="1",
        note="国办通知",
    )
    assert good.status_code == 303
    assert "调休上班" in admin.get(url).text
    assert server.client("agent").get("/admin/sla/calendar/2031").status_code == 200


def test_the_centre_decides_what_goes_out_without_a_second_look(server: Served, admin: Client) -> None:
    assert save(admin, "/admin/settings", skip_review="sometimes", note="试试").status_code == 422
    assert save(admin, "/admin/settings", skip_review="never", note="全部审核").status_code == 303
    held = reference(server).row("setting", "intake")
    assert (held["skip_review"], held["auto_dispatch"]) == ("never", False)
    assert held["home_sla_profile"] == "lanzhou"


def test_keys_are_shown_once_and_revoked(server: Served) -> None:
    client = server.client("secadmin")
    client.get("/admin/keys")
    page = client.post("/admin/keys", data={"hotline": "12369"}).text
    secret = re.search(r'class="secret">([^<]+)<', page)
    key = re.search(r"<code>(12369-\w+)</code>", page)
    assert secret
    assert key
    assert secret[1] not in client.get("/admin/keys").text
    client.post(f"/admin/keys/{key[1]}/revoke", data={"reason": "换新"})
    assert "已停用" in client.get("/admin/keys").text
    assert server.client("sysadmin").get("/admin/keys").status_code == 403
