"""The options of a select, written in one go: a filter form offers over a thousand, a template loop is too slow for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

Choice = Mapping[str, Any] | tuple[Any, ...] | str


def options_markup(options: Iterable[Choice], value: Any = "", empty: str | None = None) -> Markup:
    """<option>s for {value, label, group?} or (value, label) or plain words; runs of one group become an optgroup."""
    head = f'<option value="">{escape(empty)}</option>' if empty is not None else ""
    return Markup(head + "".join(_pieces(options, str(value))))


def _pieces(options: Iterable[Choice], chosen: str) -> Iterator[str]:
    group = ""
    for option in options:
        value, label, own = _parts(option)
        if own != group:
            yield "</optgroup>" if group else ""
            yield f'<optgroup label="{escape(own)}">' if own else ""
            group = own
        selected = " selected" if value == chosen else ""
        yield f'<option value="{escape(value)}"{selected}>{escape(label)}</option>'
    if group:
        yield "</optgroup>"


def _parts(option: Choice) -> tuple[str, Any, str]:
    if isinstance(option, str):
        return option, option, ""
    if isinstance(option, Mapping):
        return str(option["value"]), option["label"], str(option.get("group") or "")
    return str(option[0]), option[1], ""
