"""The lists in `classifiers/data`: words and alternatives of regular expressions, one a line, for people to read and change.

"[name]" on a line of its own (small letters, hyphens, blanks) begins a section, "# " a comment; blank lines part groups.
What stands before the first section is the section "". The order of lines is kept, for of two alternatives that fit the
upper one is taken. Files are read where a module needs them, once, at import.
"""

import re
from collections.abc import Collection, Mapping
from importlib import resources

_HEAD = re.compile(r"\[([a-z_-][a-z_ -]+)\]")
_NAMED = re.compile(r"(?<!P)<([A-Za-z][A-Za-z-]*)>")


def sections(file: str) -> list[tuple[str, list[str]]]:
    """The sections of `data/<file>` in order, each with its lines; a name may come twice."""
    found: list[tuple[str, list[str]]] = [("", [])]
    source = resources.files("classifiers") / "data" / file
    for line in source.read_text(encoding="utf-8").splitlines():
        if head := _HEAD.fullmatch(line):
            found.append((head[1], []))
        elif line and line != "#" and not line.startswith("# "):
            found[-1][1].append(line)
    return found if found[0][1] else found[1:]


def words(file: str) -> dict[str, frozenset[str]]:
    """Section -> its words."""
    return {name: frozenset(lines) for name, lines in sections(file)}


def expressions(file: str) -> dict[str, str]:
    """Section -> its lines as the alternatives of one expression; `<name>` stands for those of a section above."""
    found: dict[str, str] = {}
    for name, lines in sections(file):
        found[name] = "|".join(spelt_out(line, found) for line in lines)
    return found


def spelt_out(line: str, named: Mapping[str, str]) -> str:
    """The line with each `<name>` replaced. KeyError for a name that nothing above has."""
    return _NAMED.sub(lambda name: named[name[1]], line)


def is_made_of(text: str, known: Collection[str]) -> bool:
    """Whether the text is nothing but such words, one after the other; linear in the text for words of bounded length.

    `(?:…|…)*` would ask the same, in a time that doubles with every sign that two words share.
    """
    longest = max(map(len, known), default=0)
    reached = [True] + [False] * len(text)
    for at in range(len(text)):
        if reached[at]:
            for end in range(at + 1, min(at + longest, len(text)) + 1):
                reached[end] = reached[end] or text[at:end] in known
    return reached[-1]
