"""What the pages of administration share: a form that is refused comes back with what was typed and why.

`submit` runs one saving coroutine. Faults of fields come back beside them (422), a change that somebody else was
faster with comes back as a notice (409); anything else goes the way of all errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from hotline.domain.errors import Conflict, HotlineError, InvalidInput
from hotline.web import rendering
from hotline.web.base import PageHandler, checked_text

Code = Annotated[str, Field(max_length=64)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Words = Annotated[str, Field(max_length=100)]
DONE = {
    "saved": "已保存为新版本",
    "ended": "已终止",
    "abolished": "已撤销，职责转到承接单位",
    "added": "已新增",
    "switched": "已切换",
    "serving": "已投入使用",
    "shadowing": "影子运行已开始",
    "unshadowed": "影子运行已停止",
    "user": "账号已保存",
    "stopped": "已停用，并退出所有登录",
    "sessions": "已退出该账号的所有登录",
    "unlocked": "已解除锁定",
    "revoked": "已停用",
    "retried": "已重新投递",
    "dismissed": "已处理，不再投递",
    "imported": "已安装为新版本",
    "discarded": "已丢弃上传的文件",
    "token": "令牌已作废",
    "read": "已全部标为已读",
    "moved": "已完成",
    "settled": "纠错已处理",
}


class Typed(BaseModel):
    """What every form of reference data carries: why, and the version it was read at."""

    note: str = ""
    based_on: Annotated[int, Field(ge=0, le=2**53)] | None = None


class AdminPage(PageHandler):
    """A page of administration."""

    def show(self, template: str, status: int = 200, **values: Any) -> None:
        """As `page`, with what the last act said and empty errors and typed values."""
        done = DONE.get(self.get_query_argument("done", ""), "")
        flashes = [{"text": done, "tone": "ok"}] if done else []
        shared = {"errors": {}, "typed": {}, "trouble": "", "flashes": flashes}
        self.page(template, status, **{**shared, **values})

    async def submit(
        self,
        saving: Callable[[], Awaitable[str]],
        again: Callable[..., Awaitable[None]],
    ) -> None:
        """Goes where `saving` says ("": it has answered), or shows the page again with errors and typed values."""
        try:
            target = await saving()
        except (InvalidInput, Conflict) as error:
            await again(
                refusal_status(error), errors=faults(error), typed=self.typed(), trouble=error.message
            )
            return
        if target:
            self.redirect(target, status=303)

    def typed(self) -> dict[str, Any]:
        """What was typed: field -> last value, and field[] -> all values."""
        found: dict[str, Any] = {}
        for name in self.request.body_arguments:
            if name not in ("_xsrf", "password"):
                values = self.get_body_arguments(name, strip=False)
                found[name], found[f"{name}[]"] = values[-1], values
        return found

    def rows(self, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
        """Parallel fields PREFIX_NAME as rows; rows that are blank altogether are left out."""
        columns = [self.get_body_arguments(f"{prefix}_{name}", strip=True)[:500] for name in names]
        height = max((len(column) for column in columns), default=0)
        filled = [
            [checked_text(cell) for cell in column] + [""] * (height - len(column)) for column in columns
        ]
        rows = [dict(zip(names, cells, strict=True)) for cells in zip(*filled, strict=True)]
        return [row for row in rows if any(row[name] for name in names if name in self.tells)]

    tells: tuple[str, ...] = ()
    """Of the parallel fields, those that make a row count; selects with a default do not."""

    def text(self, name: str, most: int = 2000) -> str:
        """One field of the form as text; InvalidInput where it is longer than could ever be meant."""
        value = self.get_body_argument(name, "")
        if len(value) > most:
            raise InvalidInput("field.long", f"最多 {most} 个字", {"fields": {name: f"最多 {most} 个字"}})
        return value

    def texts(self, *names: str) -> dict[str, str]:
        return {name: self.text(name) for name in names}

    @property
    def today(self) -> date:
        """The city's day."""
        return rendering.local(self.runtime.clock.now()).date()


def refusal_status(error: HotlineError) -> int:
    return 409 if isinstance(error, Conflict) else 422


def faults(error: HotlineError) -> dict[str, str]:
    """Fields with their faults; a refusal of the whole form stands under ""."""
    return dict(error.details.get("fields") or {"": error.message})


def address(path: str, **query: Any) -> str:
    """A path with the parts of the query that say something."""
    kept = {name: value for name, value in query.items() if value not in ("", None, False)}
    return f"{path}?{urlencode(kept)}" if kept else path
