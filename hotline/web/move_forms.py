"""Form fields -> the data of a move, by the API's own models (web/api/moves.py): one table of moves for both doors.

Browsers send text; numbers, yes/no and times become what the model wants here. Fields of a nested model (facts,
changes) stand flat in a form. A box that is not ticked sends nothing and leaves the model's default.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel

from hotline.domain.errors import NotFound
from hotline.web.api.moves import CALLS
from hotline.web.base import checked_text, validated
from hotline.web.rendering import LOCAL, wants_list

Arguments = Mapping[str, list[bytes]]
_YES = frozenset({"1", "on", "yes", "true"})


def data_of(move: str, arguments: Arguments, **fixed: Any) -> dict[str, Any]:
    """The checked data of a move. InvalidInput names each faulty field; NotFound for a move that does not exist."""
    if move not in CALLS:
        raise NotFound("move.unknown", "没有这个操作")
    takes = CALLS[move].takes
    data = validated(takes, {**_values(takes, arguments), **fixed}).model_dump()
    for name, value in data.items():
        if isinstance(value, dict):
            data[name] = {key: inner for key, inner in value.items() if inner is not None}
    return data


def _values(model: type[BaseModel], arguments: Arguments) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        kind = _bare(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            values[name] = _values(kind, arguments)
            continue
        given = [checked_text(item.decode("utf-8", "replace")).strip() for item in arguments.get(name, [])]
        if wants_list(kind) and name in arguments:
            values[name] = list(dict.fromkeys(text for text in given if text))
        elif any(given) or (given and kind is str):
            values[name] = _typed(kind, next((text for text in reversed(given) if text), ""))
        elif info.is_required() and kind is str:
            values[name] = ""
    return values


def _bare(annotation: Any) -> Any:
    """The type itself, without None and annotations."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _bare(next(part for part in typing.get_args(annotation) if part is not type(None)))
    return annotation


def _typed(kind: Any, text: str) -> Any:
    if kind is bool:
        return text in _YES
    if kind is int:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else text
    if kind in (datetime, AwareDatetime):
        return _moment(text)
    return text


def _moment(text: str) -> Any:
    """A time as the browser's field gives it stands in the city's zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at if at.tzinfo else at.replace(tzinfo=LOCAL)
