"""Which messages are near enough to speak of one thing, and how near: a sparse graph with weights in 0..1.

Two messages are linked when both hold:

- an anchor: the same place (cosine of `where` >= .25) or, unless they name different districts or cities, the
  same telling words (cosine of `words` >= .22,
  which counts half when one person wrote both, and half when a title names a place);
- the same matter: cosine of `what` above .38.

The weight is anchor × matter: min(1, where / .5 or words / .55) × (what - .38) / .62 × (.3 + .7 min(1, said / .06)).
Two messages whose titles name two different places (cosine of `where` < .12) push each other apart. Every
message keeps its nearest only, so the graph grows with the messages and not with their square.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifiers.topics.wording import Vectors

PLACE_FROM, PLACE_FULL = 0.25, 0.5
WORDS_FROM, WORDS_FULL = 0.22, 0.55
MATTER_FROM = 0.38
UNSAID, SAID_FULL = 0.7, 0.06
"""What a pair loses that shares no word of the matter, and the cosine of `said` from which it loses nothing."""
FEW_FROM, FEW_FULL = 0.06, 0.3
"""Cosines of `said` between which agreement grows in a set too small to learn from."""
CONTRADICTION = 0.12
"""Cosine of `where` below which two messages that both name a place in the title speak of two places."""
REPULSION = 0.5
"""How strongly two messages push each other apart that are alike in matter and told of two places."""
OWN_STYLE = 0.5
"""What the same words count when one person wrote both: people resemble themselves."""
HALF_PLACED = 0.5
"""What the same words count when a title names a place that the other message does not."""
NEIGHBOURS = 60
CHUNK = 1_000
COMMON = 1_000
"""A feature in more rows than this finds no candidates (it still counts in the similarity of what others find)."""

Ints = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Links:
    """Pairs (one < other) with their weight, no pair twice."""

    one: Ints
    other: Ints
    weight: Weights


def links(
    vectors: Vectors, told: Callable[[int, int], None] | None = None, place_from: float | None = None
) -> Links:
    """The links among the rows of these vectors; with `place_from` only those of places at least so near."""
    count = vectors.where.shape[0]
    finders, floors = [_finder(vectors.where)], [place_from or PLACE_FROM]
    if place_from is None:
        finders, floors = [*finders, _finder(vectors.words)], [*floors, WORDS_FROM]
    found: list[tuple[Ints, Ints]] = []
    for start in range(0, count, CHUNK):
        for finder, floor in zip(finders, floors, strict=True):
            found += list(_near(finder, start, min(start + CHUNK, count), floor))
        if told:
            told(min(start + CHUNK, count), count)
    return _weighed(vectors, *_distinct(found, count), floors[0])


def strength(vectors: Vectors, one: Ints, other: Ints, place_from: float = PLACE_FROM) -> Weights:
    """The weight of each pair of rows: 0 not linked, below 0 alike in matter and told of two places."""
    where, words = _dots(vectors.where, one, other), _dots(vectors.words, one, other)
    words = np.where(vectors.callers[one] == vectors.callers[other], words * OWN_STYLE, words)
    placed = vectors.in_title[one].astype(int) + vectors.in_title[other]
    words = np.where(placed > 0, words * HALF_PLACED, words)
    by_place = np.where(where >= place_from, np.minimum(1, where / PLACE_FULL), 0)
    abroad = _in_other_areas(vectors.areas[one], vectors.areas[other])
    by_words = np.where((words >= WORDS_FROM) & ~abroad, np.minimum(1, words / WORDS_FULL), 0)
    apart = (placed == 2) & (where < CONTRADICTION)
    anchor = np.where(apart, -REPULSION, np.maximum(by_place, by_words))
    return (anchor * _matter(vectors, one, other)).astype(np.float32)


def _in_other_areas(one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    """Do the two name different districts, or different cities? Then words alone do not make them one matter."""
    return np.asarray(((one >= 0) & (other >= 0) & (one != other)).any(axis=1))


def _matter(vectors: Vectors, one: Ints, other: Ints) -> Weights:
    """How far two rows speak of one matter, 0..1."""
    said = _dots(vectors.said, one, other)
    if vectors.what is None:
        return np.clip((said - FEW_FROM) / (FEW_FULL - FEW_FROM), 0, 1)
    what = np.einsum("ij,ij->i", vectors.what[one], vectors.what[other])
    near = np.maximum(what - MATTER_FROM, 0) / (1 - MATTER_FROM)
    return near * (1 - UNSAID + UNSAID * np.minimum(1, said / SAID_FULL))


def _finder(rows: sp.csr_array) -> sp.csr_array:
    """The rows without the features that are too common to look for."""
    spread = np.diff(rows.tocsc().indptr)
    return sp.csr_array(rows[:, np.flatnonzero(spread <= COMMON)])


def _near(rows: sp.csr_array, start: int, end: int, floor: float) -> Iterator[tuple[Ints, Ints]]:
    product = (rows[start:end] @ rows.T).tocsr()
    product.data[product.data < floor] = 0
    product.eliminate_zeros()
    for at in range(end - start):
        low, high = product.indptr[at], product.indptr[at + 1]
        others, values = product.indices[low:high], product.data[low:high]
        if len(others) > NEIGHBOURS + 1:
            others = others[np.lexsort((others, -values))[: NEIGHBOURS + 1]]
        yield np.full(len(others), start + at, np.int64), others.astype(np.int64)


def _distinct(found: list[tuple[Ints, Ints]], count: int) -> tuple[Ints, Ints]:
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    keys = np.unique(np.minimum(one, other) * count + np.maximum(one, other))
    one, other = keys // count, keys % count
    return one[one != other], other[one != other]


def _weighed(vectors: Vectors, one: Ints, other: Ints, place_from: float) -> Links:
    parts = [
        strength(vectors, one[start : start + 50_000], other[start : start + 50_000], place_from)
        for start in range(0, len(one), 50_000)
    ]
    weight = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    kept = weight != 0
    return Links(one[kept], other[kept], weight[kept])


def _dots(rows: sp.csr_array, one: Ints, other: Ints) -> Weights:
    return np.asarray(rows[one].multiply(rows[other]).sum(axis=1)).ravel()
