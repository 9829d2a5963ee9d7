"""How an operation of the JSON API is declared: once, for the handler, its rights, its route and its documentation.

A handler class names its `path` (with {names}) and its `operations` by verb; `needs` and the route follow from them,
and openapi.py writes the document from the same declarations. Unlike pages, the API refuses query parameters that it
does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel

from hotline.domain.errors import InvalidInput
from hotline.web import rendering
from hotline.web.base import ApiHandler, checked_text, validated

Model = TypeVar("Model", bound=BaseModel)
PREFIX = "/api/v1"
PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class PathField:
    """One {name} of a path: the pattern that routes it, what it is, and its JSON schema."""

    pattern: str
    about: str
    schema: Mapping[str, Any]


_ROW = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_CODE = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^/]+$"}
PATH_FIELDS: dict[str, PathField] = {
    "no": PathField(r"([^/]{1,100})", "工单编号（查询时也可用原系统编号）", _CODE),
    "hotline": PathField(r"([0-9]{3,20})", "热线号码", {"type": "string", "pattern": "^[0-9]{3,20}$"}),
    "external_no": PathField(r"([^/]{1,100})", "来源系统中的编号", _CODE),
    "kind": PathField(r"([a-z]{1,20})", "目录种类", {"type": "string", "pattern": "^[a-z]{1,20}$"}),
    "key_id": PathField(
        r"([A-Za-z0-9_-]{1,60})", "密钥编号", {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,60}$"}
    ),
    "id": PathField(r"([0-9]{1,16})", "记录编号", _ROW),
}


@dataclass(frozen=True)
class Operation:
    """One verb of one path. `needs` is a permission, PUBLIC or LOGGED_IN; `errors` are statuses beyond the usual.

    `answer` is the model of a good answer, or a media type for something that is not JSON. `signed` operations take
    a signature instead of a login; `files` means a multipart form.
    """

    id: str
    tag: str
    summary: str
    needs: str
    answer: type[BaseModel] | str
    status: int = 200
    other_status: int | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    about: str = ""
    keyed: bool = False
    signed: bool = False
    files: type[BaseModel] | None = None
    samples: Mapping[str, Any] = field(default_factory=dict)


class Api(ApiHandler):
    """Base of the API's handlers; subclasses declare `path` and `operations`."""

    path: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.needs = {verb: operation.needs for verb, operation in cls.operations.items()}

    @classmethod
    def route(cls) -> tuple[str, type[Api]]:
        """The Tornado route of the path."""
        return PLACE.sub(lambda place: PATH_FIELDS[place[1]].pattern, cls.path), cls

    def read_query(self, model: type[Model]) -> Model:
        """Query parameters as a model; unknown ones, and single ones given twice, are refused."""
        values: dict[str, Any] = {}
        for name, given in self.request.query_arguments.items():
            texts = [_decoded(item) for item in given]
            known = model.model_fields.get(name)
            if known is not None and rendering.wants_list(known.annotation):
                values[name] = texts
            elif len(texts) > 1:
                raise InvalidInput("query.twice", f"参数 {name[:40]} 只能出现一次")
            else:
                values[checked_text(name)] = texts[0]
        return validated(model, values)


def _decoded(raw: bytes) -> str:
    try:
        return checked_text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput("query.encoding", "参数应为 UTF-8 编码") from None


def row_id(text: str) -> int:
    """A row's id as it stands in a path. A number beyond 53 bits names no row; 0 does the same."""
    number = int(text)
    return number if number < 1 << 53 else 0
