"""审计: who did what to which subject, and whether the chain of seals still holds. Looking is itself audited."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.errors import NotAllowed
from hotline.domain.learning import MODEL_STATES
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import auditing
from hotline.services.comparing import lines_of
from hotline.web.admin.frame import AdminPage, Words, address

_PAGE = 100
ACTIONS = {
    "login": "登录",
    "login.failed": "登录失败",
    "password.changed": "修改密码",
    "password.reset": "重置密码",
    "user.saved": "保存账号",
    "user.stopped": "停用账号",
    "user.activated": "启用账号",
    "user.unlocked": "解除锁定",
    "sessions.ended": "退出全部登录",
    "token.issued": "签发令牌",
    "token.revoked": "作废令牌",
    "key.issued": "签发接入密钥",
    "key.revoked": "停用接入密钥",
    "ticket.registered": "登记工单",
    "personal.revealed": "查看个人信息",
    "tickets.exported": "导出工单",
    "reference.changed": "修改基础数据",
    "catalogue.imported": "导入派单目录",
    "import.started": "开始导入",
    "import.finished": "完成导入",
    "dead_letter.retry": "重投死信",
    "dead_letter.dismiss": "关闭死信",
    "import.stopped": "停止导入",
    "import.resumed": "继续导入",
    "article.saved": "保存知识",
    "catalogue.amended": "裁定改目录",
    "category_map.changed": "修改分类对照",
    "unit.exported": "导出承办清单",
    "slip.printed": "打印交办单",
    "call.callback": "回拨",
    "model.registered": "登记模型",
    "model.serving": "模型投入使用",
    "model.shadow": "模型开始影子运行",
    "model.candidate": "模型停止影子运行",
    "model.retired": "模型停用",
    "model.refused": "模型无法装入",
    "installed": "安装",
    "audit.verified": "校验审计",
}


_OF_MODELS = {"before": "之前", "reason": "理由", "digest": "校验值", "labels": "标注"}


class Asked(BaseModel):
    action: Words = ""
    subject: Words = ""
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


def _rows(uow: UnitOfWork, actor: Actor, asked: Asked) -> dict[str, Any]:
    if not actor.may("audit.read"):
        raise NotAllowed("audit.read", "您没有查看审计的权限")
    found = uow.views.audit_rows(asked.after, _PAGE, asked.action.strip(), asked.subject.strip())
    rows = [
        {
            **row,
            "label": ACTIONS.get(row["action"], row["action"]),
            "said": "；".join(lines_of(_worded(row["action"], row["detail"]))),
        }
        for row in found["items"]
    ]
    return {"rows": rows, "next": found["next"], "anchor": auditing.last_anchor(uow)}


def _worded(action: str, detail: dict[str, Any]) -> dict[str, Any]:
    """What is told of an act on a model, with the names and states of its parts in words."""
    if not action.startswith("model."):
        return detail
    said = {**detail, "before": MODEL_STATES.get(detail.get("before", ""), "")}
    return {_OF_MODELS.get(name, name): value for name, value in said.items() if value != ""}


class Audit(AdminPage):
    needs = {"get": "audit.read"}

    async def get(self) -> None:
        await self.list(None)

    async def list(self, report: dict[str, Any] | None, anchor: str = "") -> None:
        asked = self.read_query(Asked)
        found = await self.runtime.read(_rows, self.who(), asked)
        query = asked.model_dump(exclude={"after"})
        more = address("/admin/audit", **query, after=found["next"]) if found["next"] else None
        values = {"asked": asked, "next_href": more, "report": report, "given": anchor, "actions": ACTIONS}
        self.show("admin/audit.html", **values, **found)


class Verify(Audit):
    """Walks the whole chain; `anchor`: an earlier print-out that must still be part of it."""

    needs = {"post": "audit.read"}

    async def post(self) -> None:
        anchor = self.text("anchor", 300).strip()
        report = await self.runtime.read(auditing.verify_as, self.who(), anchor)
        await self.runtime.run(_noted, self.who(), report)
        await self.list(report, anchor)


def _noted(uow: UnitOfWork, actor: Actor, report: dict[str, Any]) -> None:
    counts = {"ok": report["ok"], "seals": report["seals"], "findings": len(report["findings"])}
    uow.audit(actor, "audit.verified", "", **counts)


ROUTES = [(r"/admin/audit", Audit), (r"/admin/audit/verify", Verify)]
