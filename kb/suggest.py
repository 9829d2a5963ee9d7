"""Two kinds of help while somebody types: articles for what a caller tells, and titles for a search box.

A caller's story is long and mostly beside the point. Its telling words are those that stand in few articles, so the
index is asked how frequent each word is, and searched with the best dozen.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from kb.api import Filter, Hit, Query, SearchIndex
from kb.query import Analyser, pinyin

MAX_TEXT = 5_000  # characters of a story that are read
MAX_TERMS = 12
WIDEST_SHARE = 0.5  # words in more than half of all articles tell nothing


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article for a story; `terms` are the story's telling words that are marked in it."""

    id: str
    score: float
    terms: tuple[str, ...]


def suggest(
    index: SearchIndex,
    analyser: Analyser,
    text: str,
    *,
    filters: Mapping[str, Filter] | None = None,
    limit: int = 5,
) -> list[Suggestion]:
    """The articles that fit a story best, best first; an empty list if no word of it is in the index.

    Raises what `SearchIndex.search` raises.
    """
    terms = telling_terms(index, analyser, text)
    if not terms:
        return []
    hits = index.search(Query(" ".join(terms), filters or {}, limit=limit)).hits
    return [Suggestion(hit.id, hit.score, _marked(analyser, hit, terms)) for hit in hits]


def telling_terms(index: SearchIndex, analyser: Analyser, text: str, limit: int = MAX_TERMS) -> list[str]:
    """The words of the text that tell most about it, by how often they stand in it and how rarely in the index."""
    counted = Counter(
        token
        for token in analyser.tokens(text[:MAX_TEXT])
        if len(token) > 1 and not token.isdigit() and not analyser.is_stop_word(token)
    )
    frequencies = index.frequencies([token for token, _ in counted.most_common(100)])
    total = max(index.count(), 1)
    weights = {
        token: (1 + math.log(counted[token])) * math.log(1 + total / found)
        for token, found in frequencies.items()
        if found and (found <= WIDEST_SHARE * total or total < 10)
    }
    return sorted(weights, key=lambda token: (-weights[token], token))[:limit]


def _marked(analyser: Analyser, hit: Hit, terms: Iterable[str]) -> tuple[str, ...]:
    marked = " ".join(h.text[begin:end] for h in hit.highlights for begin, end in h.marks)
    normal = analyser.normalise(marked)
    return tuple(term for term in terms if term in normal)


@dataclass(frozen=True, slots=True)
class Title:
    """A title to be offered; of equals the one with more `weight` comes first."""

    id: str
    title: str
    weight: float = 1.0


class TitleCompleter:
    """Completes titles from their beginning, or that of any word in them, by characters, pinyin or its initials.

    Immutable and held in memory (some 20 keys a title); made again when titles change. Safe to use from any thread.
    """

    def __init__(self, titles: Iterable[Title], analyser: Analyser) -> None:
        self._analyser = analyser
        self._titles = list(titles)
        keys = {
            (key, number, rank)
            for number, title in enumerate(self._titles)
            for key, rank in self._keys_of(title.title)
        }
        self._entries = sorted(keys)
        self._keys = [key for key, _, _ in self._entries]

    def complete(self, text: str, limit: int = 10) -> list[Title]:
        """Titles for what was typed so far: whole beginnings first, then words within, then by weight and title."""
        typed = _joined(self._analyser.normalise(text))
        if not typed:
            return []
        best: dict[int, int] = {}
        for at in range(bisect_left(self._keys, typed), len(self._keys)):
            key, number, rank = self._entries[at]
            if not key.startswith(typed):
                break
            best[number] = min(rank, best.get(number, rank))
        order = sorted(best, key=lambda n: (best[n], -self._titles[n].weight, self._titles[n].title))
        return [self._titles[number] for number in order[:limit]]

    def _keys_of(self, title: str) -> Iterable[tuple[str, int]]:
        """The title and its tails from each word on, as characters, pinyin and initials; rank 0 from the start."""
        tokens = _in_order(self._analyser.tokens(title), _joined(self._analyser.normalise(title)))
        for begin in range(len(tokens)):
            tail = tokens[begin:]
            sounds = [pinyin(token) if pinyin(token)[0] else (token, token) for token in tail]
            rank = 0 if begin == 0 else 1
            yield "".join(tail), rank
            yield "".join(whole for whole, _ in sounds), rank + 2
            yield "".join(initials for _, initials in sounds), rank + 2


def _joined(normal: str) -> str:
    """Without blanks and punctuation, as people type."""
    return "".join(c for c in normal if c.isalnum())


def _in_order(tokens: list[str], joined: str) -> list[str]:
    """The title cut at the beginnings of its words; overlapping words of a search-mode segmenter are resolved."""
    starts = {0}
    at = 0
    for token in tokens:
        found = joined.find(token, at)
        if found >= 0:
            starts.add(found)
            at = found
    cuts = [*sorted(starts), len(joined)]
    return [joined[begin:end] for begin, end in pairwise(cuts) if begin < end]
