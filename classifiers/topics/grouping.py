"""Groups out of links: average linkage on the sparse graph, then whole groups compared as if each were a message.

Average linkage (UPGMA) joins the two groups with the highest mean weight over all their pairs, a missing
link counting 0, until none reaches `least`. It is exact on the graph, takes E log E steps, and does not chain
as single linkage does.
"""

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifiers.topics.linking import Links, links
from classifiers.topics.wording import Vectors

Labels = npt.NDArray[np.int64]
LEAST = 0.1
"""Mean weight at which two groups of messages are one topic."""
LEAST_WHOLE = 0.22
"""The same for groups compared as wholes."""
AGREE, AGREE_MATTER = 0.33, 0.5
"""How much of its names or words, and of its matter, a member shares with the rest of its group."""
GROUP_PLACE = 0.45
"""Groups are joined as wholes only at one place: this cosine of `where`."""


def grouped(count: int, links: Links, least: float) -> Labels:
    """A label per item, numbered by first appearance."""
    size = [1] * count
    sums: list[dict[int, float]] = [{} for _ in range(count)]
    heap: list[tuple[float, int, int]] = []
    for one, other, weight in zip(
        links.one.tolist(), links.other.tolist(), links.weight.tolist(), strict=True
    ):
        sums[one][other] = sums[other][one] = weight
        if weight >= least:
            heap.append((-weight, one, other))
    heapq.heapify(heap)
    parent = list(range(count))
    while heap:
        negative, one, other = heapq.heappop(heap)
        if other not in sums[one] or sums[one][other] / (size[one] * size[other]) != -negative:
            continue
        _join(one, other, sums, size, parent, heap, least)
    return _labels(parent)


def _join(
    one: int, other: int, sums: list[dict[int, float]], size: list[int], parent: list[int],
    heap: list[tuple[float, int, int]], least: float,
) -> None:  # fmt: skip
    """Makes `other` part of `one`, or the other way round: the one with fewer neighbours moves."""
    if len(sums[other]) > len(sums[one]):
        one, other = other, one
    parent[other] = one
    size[one] += size[other]
    del sums[one][other]
    moved, sums[other] = sums[other], {}
    for third, total in moved.items():
        if third == one:
            continue
        del sums[third][other]
        sums[one][third] = sums[third][one] = sums[one].get(third, 0.0) + total
    for third, total in sums[one].items():
        mean = total / (size[one] * size[third])
        if mean >= least:
            low, high = (one, third) if one < third else (third, one)
            heapq.heappush(heap, (-mean, low, high))


def rejoined(vectors: Vectors, labels: Labels, least: float = LEAST_WHOLE) -> Labels:
    """Joins groups that are about one thing as wholes, and takes in messages that stand alone.

    A group is read as one long message: the sums of its members' vectors. Many members blur what is chance in
    each, so the weight of a link between groups is higher than the mean over the pairs, and so is `least`.
    """
    count = int(labels.max(initial=-1)) + 1
    members = sp.csr_array(
        (np.ones(len(labels), np.float32), (labels, np.arange(len(labels)))), shape=(count, len(labels))
    )
    whole = vectors.summed(members)
    found = links(whole, place_from=GROUP_PLACE)
    sizes = np.bincount(labels, minlength=count)
    crowd = (sizes[found.one] > 1) | (sizes[found.other] > 1)
    found = Links(found.one[crowd], found.other[crowd], found.weight[crowd])
    return _renumbered(grouped(count, found, least)[labels])


def cleared(vectors: Vectors, labels: Labels) -> Labels:
    """Sets free the members of a group that do not agree with the rest of it.

    A member is held against the sum of the others: it has to share their names or words (cosine >= `AGREE`),
    and their matter (>= `AGREE_MATTER`, where it could be learned). Pairs are left as they are.
    """
    free = int(labels.max(initial=-1)) + 1
    result = labels.copy()
    order = np.argsort(labels, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(rows) < 3:
            continue
        shared = np.maximum(_to_others(vectors.where[rows]), _to_others(vectors.words[rows]))
        odd = shared < AGREE
        if vectors.what is not None:
            odd |= _to_others(vectors.what[rows]) < AGREE_MATTER
        for row in rows[odd]:
            result[row] = free
            free += 1
    return _renumbered(result)


def _to_others(rows: Any) -> npt.NDArray[np.float64]:
    """Cosine of each row with the sum of the other rows."""
    total = np.asarray(rows.sum(axis=0)).ravel()
    along = np.asarray(rows @ total).ravel()
    own = np.asarray(
        (rows * rows).sum(axis=1) if isinstance(rows, np.ndarray) else rows.multiply(rows).sum(axis=1)
    )
    own = own.ravel()
    rest = np.sqrt(np.maximum(total @ total - 2 * along + own, 1e-9))
    return (along - own) / rest / np.sqrt(np.maximum(own, 1e-9))


def _renumbered(labels: Labels) -> Labels:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _labels(parent: list[int]) -> Labels:
    roots = []
    for item in range(len(parent)):
        while parent[item] != item:
            item = parent[item]
        roots.append(item)
    return _renumbered(np.array(roots, np.int64))
