"""Where it happened: finds the area that a text names, by the areas' names, aliases and landmarks.

The event's place decides the dispatch, not the caller's home or number. The deepest area named wins when all names
lie on one path; names of different branches give only the area around them all, because a wrong place is a wrong
dispatch.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hotline.domain.reference import Reference

_SHORTEST = 2
_DEPTH = {"city": 0, "county": 1, "town": 2, "village": 3}


def locate(reference: Reference, text: str) -> str:
    """The code of the smallest area that holds everything a text names; "" when it names none."""
    pattern, codes = _gazetteer(reference)
    named = {code for found in set(pattern.findall(text)) for code in codes[found]} if codes else set()
    if not named:
        return ""
    paths = {code: [str(row["code"]) for row in reference.path("area", code)] for code in named}
    above = {code for path in paths.values() for code in path[:-1]}
    return _common([paths[code] for code in named - above])


def _common(paths: list[list[str]]) -> str:
    shared = ""
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        shared = level[0]
    return shared


@lru_cache(maxsize=4)
def _gazetteer(reference: Reference) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    codes: dict[str, list[str]] = {}
    for row in reference.all_of("area"):
        for name in {str(row["name"]), *row.get("aliases", []), *row.get("places", [])}:
            if len(name) >= _SHORTEST:
                codes.setdefault(name, []).append(str(row["code"]))
    for name, found in codes.items():
        deepest = max(_DEPTH[reference.rows["area"][code]["level"]] for code in found)
        codes[name] = [code for code in found if _DEPTH[reference.rows["area"][code]["level"]] == deepest]
    longest_first = sorted(codes, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)"), codes
