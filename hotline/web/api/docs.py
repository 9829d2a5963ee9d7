"""The API's own description: the OpenAPI document for machines, a page in the product's look for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hotline.web.api import openapi
from hotline.web.api.spec import PREFIX, Api
from hotline.web.base import PUBLIC, Handler, PageHandler

Handlers = tuple[type[Api], ...]
_TYPES = {
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "是/否",
    "array": "列表",
    "object": "对象",
    "null": "空",
}


class OpenApiDocument(Handler):
    needs = {"get": PUBLIC}

    def initialize(self, handlers: Handlers) -> None:
        self.handlers = handlers

    def get(self) -> None:
        self.answer(openapi.document(self.handlers, title_of(self)))


class DocsPage(PageHandler):
    """Every operation: whom it serves, what it takes, what it gives, with our own examples."""

    needs = {"get": PUBLIC}

    def initialize(self, handlers: Handlers) -> None:
        self.handlers = handlers

    def get(self) -> None:
        document = openapi.document(self.handlers, title_of(self))
        self.page(
            "public/api_docs.html",
            document=document,
            groups=_groups(document),
            schemas=[
                _schema(name, shape) for name, shape in sorted(document["components"]["schemas"].items())
            ],
            schemes=document["components"]["securitySchemes"],
        )


def title_of(handler: Handler) -> str:
    return f"{handler.options.city} 12345 热线 API"


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by tag, in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, verbs in document["paths"].items():
        for verb, written in verbs.items():
            found[written["tags"][0]].append(_operation(path, verb, written))
    return [{"name": name, "operations": operations} for name, operations in found.items()]


def _operation(path: str, verb: str, written: dict[str, Any]) -> dict[str, Any]:
    asked: tuple[str, dict[str, Any]] = next(
        iter(written.get("requestBody", {}).get("content", {}).items()), ("", {})
    )
    return {
        "id": written["operationId"],
        "verb": verb.upper(),
        "path": path,
        "summary": written["summary"],
        "notes": written["description"].split("\n\n"),
        "parameters": [
            {
                "name": field["name"],
                "place": {"path": "路径", "query": "参数", "header": "请求头"}[field["in"]],
                "kind": kind_of(field["schema"]),
                "required": field["required"],
                "about": field["description"],
            }
            for field in written["parameters"]
        ],
        "media_type": asked[0],
        "body": _name_of(asked[1].get("schema", {})),
        "samples": [
            {"name": name, "text": json.dumps(sample["value"], ensure_ascii=False, indent=2)}
            for name, sample in asked[1].get("examples", {}).items()
        ],
        "answers": [
            {"status": status, "about": answer["description"], "schema": _answer_schema(answer)}
            for status, answer in written["responses"].items()
        ],
    }


def _answer_schema(answer: dict[str, Any]) -> str:
    return _name_of(answer.get("content", {}).get("application/json", {}).get("schema", {}))


def _name_of(schema: dict[str, Any]) -> str:
    return schema.get("$ref", "").rpartition("/")[2]


def _schema(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    required = shape.get("required", ())
    return {
        "name": name,
        "about": shape.get("description", ""),
        "choices": [_name_of(one) for one in shape.get("oneOf", ())],
        "fields": [
            {
                "name": field,
                "kind": kind_of(inner),
                "schema": _name_of(inner) or _name_of(inner.get("items", {})),
                "required": field in required,
                "about": inner.get("description", ""),
            }
            for field, inner in shape.get("properties", {}).items()
        ],
    }


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few Chinese words: 文字（最多 100 字）, 列表（整数）, 之一：a、b."""
    if "$ref" in schema:
        return _name_of(schema)
    if "anyOf" in schema:
        return " 或 ".join(dict.fromkeys(kind_of(one) for one in schema["anyOf"]))
    if "const" in schema:
        return f"固定为 {schema['const']}"
    if "enum" in schema:
        return "之一：" + "、".join(str(one) for one in schema["enum"])
    words = _TYPES.get(schema.get("type", ""), "任意")
    if schema.get("format") in ("date", "date-time"):
        words = "日期" if schema["format"] == "date" else "日期时间"
    if schema.get("type") == "array" and schema.get("items"):
        return f"{words}（{kind_of(schema['items'])}）"
    return f"{words}{_bounds(schema)}"


def _bounds(schema: dict[str, Any]) -> str:
    found: Iterable[str] = [
        text.format(schema[key])
        for key, text in (
            ("maxLength", "最多 {} 字"),
            ("minimum", "≥ {}"),
            ("maximum", "≤ {}"),
            ("pattern", "{}"),
        )
        if key in schema
    ]
    inside = "，".join(found)
    return f"（{inside}）" if inside else ""


def routes(handlers: Handlers) -> list[Any]:
    """The routes that describe these handlers."""
    held = {"handlers": handlers}
    return [(rf"{PREFIX}/openapi\.json", OpenApiDocument, held), (r"/api/docs", DocsPage, held)]
