"""Guessing which column gives which field, by the names that exports usually use (usual_words.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files

_USUAL = tomllib.loads(files(__package__).joinpath("usual_words.toml").read_text("utf-8"))
KNOWN_COLUMNS: dict[str, list[str]] = _USUAL["columns"]
CATEGORY_LEVELS: list[list[str]] = _USUAL["category_levels"]
FINAL_STATES: frozenset[str] = frozenset(_USUAL["final_states"])

_MARKS = re.compile(r"[(（\[【<《].*?[)）\]】>》]|[\s*＊:：_\-.．、\"“”'’]")


def plain_name(column: str) -> str:
    """A column's name as it is compared: lower case, without blanks, brackets' contents and marks."""
    return _MARKS.sub("", column).lower()


def guess_columns(columns: Sequence[str], taken: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """field -> the columns of this file that give it, for every field whose usual name is there.

    taken: columns that already serve a field.
    """
    free = {plain_name(column): column for column in reversed(columns) if column not in taken}
    guessed = {}
    levels = _category_levels(free)
    if levels:
        guessed["category"] = levels
    for name, aliases in KNOWN_COLUMNS.items():
        found = next((plain for plain in map(plain_name, aliases) if plain in free), None)
        if found is not None and name not in guessed:
            guessed[name] = (free.pop(found),)
    return guessed


def _category_levels(free: dict[str, str]) -> tuple[str, ...]:
    for levels in CATEGORY_LEVELS:
        found = tuple(free.pop(level) for level in levels if level in free)
        if found:
            return found
    return ()
