"""Messages as vectors, three of each: where (names), words (the very words), what (the matter).

`where` holds pairs of characters of names, `words` all words and pairs of neighbours, weighted by
log(1 + tf) · log(1 + n / df), squared in df for `where`. `what` holds the words outside names and brings them
down to 48 dimensions by latent semantic analysis over the messages themselves (Deerwester et al. 1990;
randomised SVD after Halko et al. 2011), so that 油烟 and 烧烤 are near each other because they are told of
together. Measured against sentence vectors of an encoder: docs/topics.md.

Rows have length 1, or less where there is little to go by. Features are told apart by the 32-bit CRC of their
text: no table of words is kept, and memory follows the messages.
"""

import re
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifiers.topics.places import AREA, NUMBER, WORD, Names, core

if TYPE_CHECKING:
    from classifiers.segment import Segmenter

from classifiers.topics.stopwords import EMPTY

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
MAX_CHARS = 800
"""A message is read so far: nine in ten end before."""
TITLE_WEIGHT = 3
DIMENSIONS = 48
FEW = 400
"""Fewer messages than this cannot teach which words go together; then words are compared as they stand."""
BACKGROUND = 2_000
"""Messages that are thought to stand behind a small set, so that what all of it says still weighs something."""
PAD = 25.0
"""Length of a row of `where` at which it counts .7: a name of common characters is not much of a place."""
ALONE = 0.6
"""What a name in a title counts that no other message names: the message is about another place than the rest."""
TOWN = 0.4
"""What a whole town or sub-district counts as a place: many matters share it."""
_CODE = re.compile(r"^[a-z][0-9]*$")
_AREA_KINDS = frozenset("省市区县州")
_TOWN = re.compile("(?:镇|乡|街道)$")


@dataclass(frozen=True)
class Cut:
    """One message as words, punctuation kept."""

    title: list[str]
    detail: list[str]


@dataclass(frozen=True)
class Vectors:
    """The views, a row per message (or group of messages).

    `said` are the words of the matter as they stand, `what` their condensed form (or None for a small set);
    `in_title` says whether a title names a place; `callers` are equal where one person wrote; `areas` are the
    first district and the first city that a message names, -1 where none.
    """

    where: sp.csr_array
    words: sp.csr_array
    said: sp.csr_array
    what: Floats | None
    in_title: npt.NDArray[np.bool_]
    callers: Ints
    areas: Ints

    def summed(self, members: sp.csr_array) -> "Vectors":
        """One row per group; `members` holds a 1 for each (group, message)."""
        size = np.diff(members.indptr)
        first = self.callers[members.indices[members.indptr[:-1]]]
        mixed = np.maximum.reduceat(
            np.asarray(self.callers[members.indices] != np.repeat(first, size)), members.indptr[:-1]
        )
        return Vectors(
            where=unit(members @ self.where),
            words=unit(members @ self.words),
            said=unit(members @ self.said),
            what=None if self.what is None else _unit_dense(members @ self.what),
            in_title=(members @ self.in_title.astype(np.float32)) > size / 2,
            callers=np.where(mixed, -1 - np.arange(len(size)), first),
            areas=_common(self.areas[members.indices], members.indptr[:-1]),
        )


def _common(areas: Ints, starts: Ints) -> Ints:
    """The area that all rows of a group have, -1 where they differ."""
    least, most = np.minimum.reduceat(areas, starts), np.maximum.reduceat(areas, starts)
    return np.where(least == most, least, -1)


def _areas(cuts: Sequence[Cut]) -> Ints:
    numbers: dict[str, int] = {}
    found = np.full((len(cuts), 2), -1, np.int64)
    for row, one in enumerate(cuts):
        named = [word for word in (*one.title, *one.detail) if AREA.match(word)]
        for column, kinds in enumerate(("区县旗", "市州盟")):
            first = next((word for word in named if word[-1] in kinds), None)
            if first is not None:
                found[row, column] = numbers.setdefault(first, len(numbers))
    return found


def cut(title: str, detail: str, segmenter: "Segmenter") -> Cut:
    """The first 800 characters as words."""
    title = title[:MAX_CHARS]
    return Cut(_words(title, segmenter), _words(detail[: MAX_CHARS - len(title)], segmenter))


def _words(text: str, segmenter: "Segmenter") -> list[str]:
    """The words in order; a code and the kind of area it names ("a3", "区") are one word, apart from what follows."""
    words: list[str] = []
    for word in segmenter.tokenizer.cut(segmenter.normalise(text)):
        if words and word[0] in _AREA_KINDS and _CODE.match(words[-1]):
            words[-1] = sys.intern(words[-1] + word[0])
            words += [sys.intern(word[1:])] if len(word) > 1 else []
        else:
            words.append(sys.intern(word))
    return words


class Known:
    """Words of the dictionary; jieba keeps prefixes of words there too, with a count of 0."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def __contains__(self, word: object) -> bool:
        return bool(self._counts.get(word))  # type: ignore[call-overload]


def vectors(cuts: Sequence[Cut], callers: Sequence[str], names: Names) -> Vectors:
    """The vectors of these messages; what a word weighs is learned from all of them.

    A word counts once per caller, and what only one caller says links nothing: it is that person's style.
    `callers` holds a key per message, all different where nothing is known.
    """
    where, words, said = _Rows(), _Rows(), _Rows()
    in_title = np.zeros(len(cuts), bool)
    pairs: Counter[str] = Counter()
    for row, one in enumerate(cuts):
        bags = _Bags()
        bags.add(one.title, names.spans(one.title), TITLE_WEIGHT)
        in_title[row] = bool(bags.where)
        bags.add(one.detail, names.spans(one.detail), 1)
        pairs.update(bags.where.keys())
        where.add(bags.where)
        words.add(bags.words)
        said.add(bags.said)
    people = np.unique(np.array(callers, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
    matter = said.weighted(people, max(300, len(cuts) // 8))
    return Vectors(
        where=where.weighted(
            people, max(200, len(cuts) // 20), power=2, pad=PAD, worth=_name_share(cuts, pairs)
        ),
        words=words.weighted(people, max(300, len(cuts) // 10)),
        said=matter,
        what=condensed(matter) if len(cuts) >= FEW else None,
        in_title=in_title,
        callers=people,
        areas=_areas(cuts),
    )


def _name_share(cuts: Sequence[Cut], pairs: Counter[str]) -> dict[int, float]:
    """For each pair of characters of a name, the share of its messages in which it is part of one.

    "丽发" is hardly ever said but in a name; "公交" and "法院" mostly are, and a name made of such is no place.
    """
    often = {pair for pair, count in pairs.items() if count >= 2}
    everywhere: Counter[str] = Counter()
    for one in cuts:
        text = "".join(one.title) + "\n" + "".join(one.detail)
        everywhere.update({text[at : at + 2] for at in range(len(text) - 1)} & often)
    return {crc32(pair.encode()): min(1.0, pairs[pair] / max(1, everywhere[pair])) for pair in often}


class _Bags:
    def __init__(self) -> None:
        self.where: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.said: Counter[str] = Counter()

    def add(self, words: Sequence[str], spans: Sequence[tuple[int, int]], weight: float) -> None:
        inside = bytearray(len(words))
        for start, end in spans:
            inside[start:end] = b"\1" * (end - start)
            name = "".join(words[start:end])
            bare, worth = core(name), weight * (TOWN if _TOWN.search(name) else 1)
            for pair in {bare[at : at + 2] for at in range(len(bare) - 1)}:
                self.where[pair] += worth  # type: ignore[assignment]
        before = ""
        for word, named in zip(words, inside, strict=True):
            telling = tells(word)
            if telling and before:
                self.words[before + " " + word] += weight  # type: ignore[assignment]
            if telling and len(word) > 1:
                self.words[word] += weight  # type: ignore[assignment]
                if not named:
                    self.said[word] += weight  # type: ignore[assignment]
            before = word if telling else ""


class _Rows:
    """Counted features row by row, kept as numbers."""

    def __init__(self) -> None:
        self._features, self._counts, self._ends = array("I"), array("f"), array("q", [0])

    def add(self, bag: Counter[str]) -> None:
        self._features.extend(crc32(word.encode()) for word in bag)
        self._counts.extend(bag.values())
        self._ends.append(len(self._features))

    def weighted(
        self,
        callers: Ints,
        most: int,
        power: int = 1,
        pad: float = 0.0,
        worth: dict[int, float] | None = None,
    ) -> sp.csr_array:
        """Rows of length 1 over the features that at least two and at most `most` of the callers use.

        Rare features gain with `power`; `worth` scales single ones. With `pad` a row stays below length 1 that has
        common features only, or features in its title that are its own.
        """
        ends, count = np.array(self._ends), len(self._ends) - 1
        rows = np.repeat(np.arange(count), np.diff(ends))
        features, column = np.unique(np.array(self._features), return_inverse=True)
        column = column.astype(np.int64)
        width = int(column.max(initial=-1)) + 1
        used = np.unique(callers[rows] * max(1, width) + column) % max(1, width)
        spread = np.bincount(used, minlength=width)
        kept = (spread >= 2) & (spread <= most)
        here = kept[column]
        scale = np.log1p(max(count, BACKGROUND) / np.maximum(spread, 1)) ** power
        if worth is not None:
            scale = scale * np.array([worth.get(int(feature), 1.0) for feature in features])
        values = (np.log1p(np.array(self._counts)) * scale[column])[here].astype(np.float32)
        place = (np.cumsum(kept) - 1)[column[here]]
        shape = (count, max(1, int(kept.sum())))
        matrix = sp.csr_array((values, (rows[here].astype(np.int32), place.astype(np.int32))), shape=shape)
        alone = (spread[column] < 2) & (np.array(self._counts) >= TITLE_WEIGHT) & (pad > 0)
        lost = np.bincount(
            rows[alone], weights=(ALONE * np.log1p(TITLE_WEIGHT) * scale[column[alone]]) ** 2, minlength=count
        )
        return unit(matrix, np.sqrt(pad * pad + lost))


def tells(word: str) -> bool:
    """Is it a word that can tell something: no function word, number or administrative area?"""
    return word not in EMPTY and bool(WORD.match(word)) and not NUMBER.match(word) and not AREA.match(word)


def unit(rows: Any, pad: float | npt.NDArray[np.float64] = 0.0) -> sp.csr_array:
    """The same rows at length 1, or less where they were not much longer than `pad`; empty ones stay empty."""
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel() + pad * pad)
    return sp.csr_array(sp.diags_array(1 / np.maximum(length, 1e-9)) @ rows).astype(np.float32)


def _unit_dense(rows: Floats) -> Floats:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def condensed(rows: sp.csr_array, width: int = DIMENSIONS) -> Floats:
    """The rows in `width` dimensions at length 1: randomised SVD with a fixed seed and three power steps."""
    width = max(1, min(width, min(rows.shape) - 1))
    random = np.random.Generator(np.random.PCG64(20190801))
    basis = rows @ random.standard_normal((rows.shape[1], width + 12)).astype(np.float32)
    for _ in range(3):
        basis = rows @ (rows.T @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    inner = (rows.T @ basis).T
    values, left = np.linalg.eigh(inner @ inner.T)
    best = np.argsort(values)[::-1][:width]
    return _unit_dense((basis @ left[:, best]) * np.sqrt(np.maximum(values[best], 0)))
