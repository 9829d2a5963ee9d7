"""The taxonomy that a site hands in, made ready for matching: names, keywords and definitions against a text.

This is what answers where no label taught anything: eight of the fifteen first-level classes and
everything below the first level. A keyword that several categories share counts a part for each; a match
in the title counts double; words of a definition count little. The sums order candidates; they are no
probabilities.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from classifiers.api import Category, ClassifierUnavailable

_SPLIT = re.compile(r"[、,，;；。/()（）和与及或等的\s]+")
_NAME_WEIGHT, _KEYWORD_WEIGHT, _DEFINITION_WEIGHT = 1.5, 2.0, 0.4
_GENERAL = 0.5
"""What a phrase counts for a category with others below it: there stand the general words."""
_EMPTY_NAMES = frozenset({"其他", "其它", "综合", "其他诉求"})


def new(_phrase: str) -> float:
    """The rarity of every phrase where no model has learned anything."""
    return 1.0


@dataclass
class Match:
    """What speaks for one category in one text: a sum of weights, and the phrases, in the text's order.

    `rare` is the same sum with each phrase weighed by how rare it is where a model learned its classes.
    """

    weight: float = 0.0
    rare: float = 0.0
    phrases: list[str] = field(default_factory=list)


class Taxonomy:
    """Categories by code, their tree, and an index of their phrases; never changed after it is made.

    Raises ClassifierUnavailable when codes repeat, a parent is missing, or parents go in a circle.
    """

    def __init__(self, categories: Sequence[Category]) -> None:
        self.nodes = {category.code: category for category in categories}
        self.children: dict[str, list[str]] = defaultdict(list)
        for category in categories:
            self.children[category.parent].append(category.code)
        _check(categories, self.nodes)
        self.paths = {code: self._path(code) for code in self.nodes}
        self.first_level = {self.nodes[code].name: code for code in self.children.get("", [])}
        self._heads = _index(categories)

    def root(self, code: str) -> str:
        """Code of the first-level category above this one, or itself."""
        while self.nodes[code].parent:
            code = self.nodes[code].parent
        return code

    def path(self, code: str) -> tuple[str, ...]:
        """Names from the first level down to this category."""
        return self.paths[code]

    def match(self, title: str, detail: str, rarity: Callable[[str], float] = new) -> dict[str, Match]:
        """Every category that the (normalised) text speaks for; a phrase counts once in each part."""
        found: dict[str, Match] = defaultdict(Match)
        for text, factor in ((title, 2.0), (detail, 1.0)):
            for phrase, owners in self._phrases_in(text):
                for code, weight in owners:
                    found[code].weight += weight * factor
                    found[code].rare += weight * factor * rarity(phrase)
                    if weight >= 0.5 and phrase not in found[code].phrases:
                        found[code].phrases.append(phrase)
        return dict(found)

    def _phrases_in(self, text: str) -> list[tuple[str, list[tuple[str, float]]]]:
        seen: dict[str, list[tuple[str, float]]] = {}
        for at in range(len(text) - 1):
            for phrase, owners in self._heads.get(text[at : at + 2], ()):
                if phrase not in seen and text.startswith(phrase, at):
                    seen[phrase] = owners
        return list(seen.items())

    def _path(self, code: str) -> tuple[str, ...]:
        names: list[str] = []
        while code:
            names.append(self.nodes[code].name)
            code = self.nodes[code].parent
        return tuple(reversed(names))


def _check(categories: Sequence[Category], nodes: dict[str, Category]) -> None:
    if len(nodes) != len(categories):
        raise ClassifierUnavailable("分类目录中有重复的编码")
    for category in categories:
        seen, code = {category.code}, category.parent
        while code:
            if code not in nodes:
                raise ClassifierUnavailable(f"分类 {category.code} 的上级 {code} 不在目录中")
            if code in seen:
                raise ClassifierUnavailable(f"分类 {category.code} 的上级关系成环")
            seen.add(code)
            code = nodes[code].parent


def _index(categories: Iterable[Category]) -> dict[str, list[tuple[str, list[tuple[str, float]]]]]:
    """Phrases by their first two characters, each with its owners and the weight it has for each."""
    categories = tuple(categories)
    owners: dict[str, dict[str, float]] = defaultdict(dict)
    parents = {category.parent for category in categories}
    for category in categories:
        factor = _GENERAL if category.code in parents else 1.0
        for phrase, weight in _phrases(category):
            owners[phrase][category.code] = max(weight * factor, owners[phrase].get(category.code, 0.0))
    heads: dict[str, list[tuple[str, list[tuple[str, float]]]]] = defaultdict(list)
    for phrase, codes in owners.items():
        shared = [(code, weight / len(codes)) for code, weight in codes.items()]
        heads[phrase[:2]].append((phrase, shared))
    return dict(heads)


def _phrases(category: Category) -> Iterable[tuple[str, float]]:
    """Longer phrases tell more: a weight grows with the length, to half as much again."""
    for phrase in category.keywords:
        if len(phrase) >= 2:
            yield phrase.lower(), _KEYWORD_WEIGHT * _by_length(phrase)
    parts = [part for part in _SPLIT.split(category.name) if len(part) >= 2 and part not in _EMPTY_NAMES]
    for part in parts:  # "规划查询与建议": half a name of two characters says next to nothing
        telling = len(parts) == 1 or len(part) > 2
        yield part.lower(), _NAME_WEIGHT * _by_length(part) if telling else _DEFINITION_WEIGHT
    for part in _SPLIT.split(category.definition):
        if 2 <= len(part) <= 8:
            yield part.lower(), _DEFINITION_WEIGHT


def _by_length(phrase: str) -> float:
    return 0.75 + min(len(phrase), 6) / 8
