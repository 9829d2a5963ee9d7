"""The OpenAPI 3.1 document, written from the declarations that also make the routes and the rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hotline.domain.rights import PERMISSIONS, ROLES
from hotline.web.api.schemas import Problem
from hotline.web.api.spec import PATH_FIELDS, PLACE, Api, Operation
from hotline.web.base import LOGGED_IN, PUBLIC

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_TROUBLES = {
    400: "输入有误",
    401: "没有登录，或签名不成立",
    403: "没有权限",
    404: "没有这条记录",
    405: "不支持这种操作",
    409: "状态不允许、别人先改了或重复",
    503: "暂时不可用，请稍后再试",
}
_LOGIN: list[Json] = [{"session": []}, {"token": []}]
_SIGNATURE: list[Json] = [{"signatureKey": [], "signatureTime": [], "signatureNonce": [], "signature": []}]
SECURITY_SCHEMES: Json = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "hotline_session",
        "description": "网页登录后的会话",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "自己签发的访问令牌"},
    "signatureKey": {"type": "apiKey", "in": "header", "name": "X-Hotline-Key", "description": "密钥编号"},
    "signatureTime": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hotline-Timestamp",
        "description": "Unix 秒，与本机相差不超过 5 分钟",
    },
    "signatureNonce": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hotline-Nonce",
        "description": "8–100 位随机数，只能用一次",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hotline-Signature",
        "description": "HMAC-SHA256 十六进制：方法、路径（含查询串）、时间、随机数、正文的 SHA-256，五行以换行符相连",
    },
}


@cache
def document(handlers: tuple[type[Api], ...], title: str) -> Json:
    """The whole document for these handlers."""
    schemas = _schemas(handlers)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "description": "时间一律为带时区的 ISO 8601；翻页把 next 原样放进 cursor；出错时的样子见 Problem。",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for _, _, op in every(handlers))],
        "paths": {
            handler.path: {
                verb: _operation(handler, verb, op, schemas) for verb, op in handler.operations.items()
            }
            for handler in handlers
        },
        "components": {"schemas": schemas["definitions"], "securitySchemes": SECURITY_SCHEMES},
    }


def every(handlers: Iterable[type[Api]]) -> Iterable[tuple[type[Api], str, Operation]]:
    """(handler, verb, operation) of each operation."""
    return [(handler, verb, op) for handler in handlers for verb, op in handler.operations.items()]


def _schemas(handlers: tuple[type[Api], ...]) -> Json:
    taken: set[type[BaseModel]] = set()
    given: set[type[BaseModel]] = {Problem}
    for _, _, op in every(handlers):
        taken.update(model for model in (op.body, op.query, op.files) if model)
        if not isinstance(op.answer, str):
            given.add(op.answer)
    wanted = [(model, "validation") for model in _ordered(taken)]
    wanted += [(model, "serialization") for model in _ordered(given)]
    refs, whole = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    return {"refs": refs, "definitions": whole.get("$defs", {})}


def _ordered(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: model.__name__)


def _operation(handler: type[Api], verb: str, op: Operation, schemas: Json) -> Json:
    written: Json = {
        "operationId": op.id,
        "tags": [op.tag],
        "summary": op.summary,
        "description": "\n\n".join(part for part in (op.about, who_may(op)) if part),
        "parameters": [*_places(handler), *_parameters(op, schemas), *_headers(op)],
        "responses": _responses(handler, op, schemas),
        "security": security(op),
    }
    if op.body:
        written["requestBody"] = _content(
            "application/json", schemas["refs"][(op.body, "validation")], op.samples
        )
    elif op.files:
        written["requestBody"] = _content(
            "multipart/form-data", schemas["refs"][(op.files, "validation")], {}
        )
    return written


def who_may(op: Operation) -> str:
    """A sentence about whom an operation serves."""
    if op.signed:
        return "需要：专线密钥的签名。"
    if op.needs == PUBLIC:
        return "不需要登录。"
    if op.needs == LOGGED_IN:
        return "需要：登录。"
    roles = "、".join(ROLES[role] for role in ROLES if role in PERMISSIONS[op.needs])
    return f"需要权限 {op.needs}：{roles}。"


def security(op: Operation) -> list[Json]:
    if op.signed:
        return _SIGNATURE
    return [{}, *_LOGIN] if op.needs == PUBLIC else _LOGIN


def _places(handler: type[Api]) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_FIELDS[name].about,
            "schema": dict(PATH_FIELDS[name].schema),
        }
        for name in PLACE.findall(handler.path)
    ]


def _parameters(op: Operation, schemas: Json) -> list[Json]:
    if op.query is None:
        return []
    name = schemas["refs"][(op.query, "validation")]["$ref"].rpartition("/")[2]
    shape = schemas["definitions"][name]
    return [
        {
            "name": field,
            "in": "query",
            "required": field in shape.get("required", ()),
            "description": inner.get("description", ""),
            "schema": _without_null(
                {key: v for key, v in inner.items() if key not in ("description", "title")}
            ),
        }
        for field, inner in shape["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """A query string has no null: leaving the parameter out says the same."""
    if schema.get("default", "") is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    return {**{key: value for key, value in schema.items() if key != "anyOf"}, **kinds[0]}


def _headers(op: Operation) -> list[Json]:
    if not op.keyed:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "同一个键重复提交只登记一次",
            "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
        }
    ]


def _content(media_type: str, schema: Json, samples: Mapping[str, Any]) -> Json:
    content: Json = {"schema": schema}
    if samples:
        content["examples"] = {name: {"value": value} for name, value in samples.items()}
    return {"required": True, "content": {media_type: content}}


def _responses(handler: type[Api], op: Operation, schemas: Json) -> Json:
    answers = {str(status): _good(op, schemas) for status in (op.status, op.other_status) if status}
    troubles = {400, 503, *op.errors}
    troubles |= {401, 403} if op.needs != PUBLIC else set()
    troubles |= {404} if PLACE.search(handler.path) else set()
    problem = {"application/json": {"schema": schemas["refs"][(Problem, "serialization")]}}
    for status in sorted(troubles):
        answers[str(status)] = {"description": _TROUBLES[status], "content": problem}
    return answers


def _good(op: Operation, schemas: Json) -> Json:
    if isinstance(op.answer, str):
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {
            "description": op.summary,
            "content": {op.answer: binary, "image/*": binary, "application/pdf": binary},
        }
    about = (op.answer.__doc__ or op.summary).strip()
    return {
        "description": about,
        "content": {"application/json": {"schema": schemas["refs"][(op.answer, "serialization")]}},
    }
