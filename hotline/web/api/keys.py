"""Bearer tokens of one's own account, and the keys by which legacy systems sign."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from hotline.services import accounts, signing
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation, row_id
from hotline.web.base import LOGGED_IN


class NewToken(s.Incoming):
    """令牌的用途和有效天数。"""

    label: str = Field(min_length=1, max_length=60)
    days: int = Field(90, strict=True, ge=1, le=365)


class IssuedToken(s.Outgoing):
    """令牌只显示这一次；用法：Authorization: Bearer …"""

    token: str


class TokenRow(s.Outgoing):
    id: int
    label: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class TokenList(s.Outgoing):
    """自己的令牌。"""

    items: list[TokenRow]


class NewKey(s.Incoming):
    hotline: str = Field(pattern="^[0-9]{3,20}$")


class IssuedKey(s.Outgoing):
    """密钥只显示这一次，请当面交给专线系统的管理员。"""

    key_id: str
    secret: str


class KeyRow(s.Outgoing):
    key_id: str
    hotline: str
    hotline_name: str
    active: bool
    made_by: str
    made_at: datetime


class KeyList(s.Outgoing):
    """全部接入密钥（不含密钥本身）。"""

    items: list[KeyRow]


class TokensApi(Api):
    path = f"{PREFIX}/tokens"
    operations = {
        "get": Operation("listTokens", "账号", "自己的访问令牌", LOGGED_IN, TokenList),
        "post": Operation(
            "issueToken",
            "账号",
            "签发访问令牌",
            LOGGED_IN,
            IssuedToken,
            status=201,
            body=NewToken,
            errors=(403,),
            about="须用网页登录签发；令牌不能再签发令牌。",
        ),
    }

    async def get(self) -> None:
        self.answer({"items": await self.runtime.read(accounts.tokens, self.who())})

    async def post(self) -> None:
        body = self.read_body(NewToken)
        secret = await self.runtime.run(accounts.issue_token, self.who(), **body.model_dump())
        self.answer({"token": secret}, 201)


class TokenApi(Api):
    path = f"{PREFIX}/tokens/{{id}}"
    operations = {
        "delete": Operation("revokeToken", "账号", "作废自己的令牌", LOGGED_IN, s.Done, errors=(404,))
    }

    async def delete(self, token_id: str) -> None:
        await self.runtime.run(accounts.revoke_token, self.who(), row_id(token_id))
        self.answer({"ok": True})


class KeysApi(Api):
    path = f"{PREFIX}/intake-keys"
    operations = {
        "get": Operation("listIntakeKeys", "专线接入", "接入密钥列表", "keys.manage", KeyList),
        "post": Operation(
            "issueIntakeKey",
            "专线接入",
            "签发接入密钥",
            "keys.manage",
            IssuedKey,
            status=201,
            body=NewKey,
            samples={"环保举报": {"hotline": "12369"}},
        ),
    }

    async def get(self) -> None:
        self.answer({"items": await self.runtime.read(signing.keys, self.who())})

    async def post(self) -> None:
        body = self.read_body(NewKey)
        self.answer(await self.runtime.run(signing.issue_key, self.who(), body.hotline), 201)


class KeyApi(Api):
    path = f"{PREFIX}/intake-keys/{{key_id}}"
    operations = {
        "delete": Operation(
            "revokeIntakeKey", "专线接入", "停用接入密钥", "keys.manage", s.Done, errors=(404,)
        )
    }

    async def delete(self, key_id: str) -> None:
        await self.runtime.run(signing.revoke_key, self.who(), key_id)
        self.answer({"ok": True})


HANDLERS = (TokensApi, TokenApi, KeysApi, KeyApi)
