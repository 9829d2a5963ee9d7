"""Is this the same matter again? Sketches of messages, cheap enough for every intake, and how alike two are.

Two things make a repeat. A text that was sent again or copied shares its runs of characters: `copy`, a MinHash of
character triples in one byte a place, estimates the share. The same matter told by somebody else shares few of
them, but its telling words (what is the matter, how the place is called): `words` holds the rarest of them as
hashes with their weights. `keys` are the hashes to look candidates up by; measured on 361 pairs of near duplicates
every pair shared at least four of its keys, so copies need no keys of their own.

How rare a word is in Chinese at large is read off the segmenter's own dictionary: no second table, and nothing
that changes with the messages of a day. A sketch depends on the text and that dictionary; changing anything here
means recomputing what is stored, and `SCHEME` is in every key and sketch for that reason.
"""

import base64
import binascii
import functools
import hashlib
import math
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

SCHEME = 2
READ_CHARS = 5_000
COPY_PLACES = 64
WORDS = 24
KEYS = 12
PLACES = 8
COPY = 0.6
"""From this share of common triples on, one text is a copy of the other in all but details."""
SAME_PLACE, OTHER_PLACE = 0.08, 0.85
SAME = 0.55
"""From this score on two messages are most likely about one matter."""
BUCKET = 200
"""So many of the newest messages under one key are looked at: a look-up costs the same however many there are."""
NEAREST = 60
"""So many, those with the most weight in common, are compared."""

_SHINGLE = 3
_BETWEEN = re.compile(r"[\W_]+")
_PRIME = np.uint64((1 << 31) - 1)
_RANDOM = np.random.Generator(np.random.PCG64(20240731))
_FACTORS = _RANDOM.integers(1, 1 << 31, COPY_PLACES, dtype=np.uint64)
_OFFSETS = _RANDOM.integers(0, 1 << 31, COPY_PLACES, dtype=np.uint64)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)

_TELLING = re.compile(r"^(?=.*[^\W\d_])[\w]{2,16}$")
_CODE = re.compile(r"^(?=.*\d)[0-9a-z]{7,}$")
"""Serial numbers and the like of a pasted log: rare, and never what a matter is called."""
_RAREST, _COMMON = 14.0, 4.0
"""Minus the logarithm of a word's share of running text: capped (a word of no dictionary is as rare as a rare one),
and what is common to all texts taken off, or long texts would be alike by their small words."""
_MOST_REPEATS = 5
_STEP = 10.0
"""Weights are kept in one byte, in tenths."""

_TAILS = frozenset(
    "小区 社区 花园 家园 公寓 大厦 广场 街道 新城 新村 公馆 庄园 名城 名苑 嘉园 佳园 雅苑 路 大道 大街 街 巷 弄 里 镇 乡 村"
    " 苑 园 城 湾 府 郡 学校 小学 中学 大学 幼儿园 医院 市场 商场 超市 工业园 公园 工地 大桥 立交桥 地铁站 火车站 汽车站".split()
)
_GENERIC_TAILS = ("小区", "社区", "街道", "大道", "大街", "路", "街", "镇", "乡", "村")
_ENDS_AS_PLACE = re.compile(r"(?:路|街|巷|镇|乡|村|苑|园|城|湾|府|郡|道|桥|站)$")
_NAME_WEIGHT = 8.0
"""A name before 小区 or 路 is rarer than this; 我们小区, 附近的路 are not places."""
_LEFT_OVER = re.compile(r"^(?:[省市区县镇住在从至到由往和与及是位于来自作为]{1,2})(?=..)")
"""What the cut leaves before a name that no dictionary knows: of "A2区丽景苑", "住丽景苑", "至丽景苑"."""


class Words(Protocol):
    """What is needed of classifiers.segment.Segmenter."""

    def cut(self, text: str) -> list[str]: ...

    @property
    def tokenizer(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a message: `words` hash -> weight, strongest first; `places` hashes of named places.

    `spelled` gives the words of hashes in clear; a sketch that was read back from storage has none.
    """

    copy: bytes = b""
    words: Mapping[int, int] = field(default_factory=dict)
    places: frozenset[int] = frozenset()
    spelled: Mapping[int, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether the text held no word at all; such a sketch is like nothing."""
        return not self.words and not self.copy

    @property
    def keys(self) -> tuple[tuple[int, float], ...]:
        """At most KEYS look-up keys (positive, 41 bits) with the weight of what they stand for, strongest first."""
        top = list(self.words.items())[:KEYS]
        return tuple((SCHEME << 32 | word, weight / _STEP) for word, weight in top)

    def dumps(self) -> str:
        """ASCII of at most 290 characters; "" for an empty sketch."""
        if self.empty:
            return ""
        places = sorted(self.places)[:PLACES]
        head = struct.pack("<BBBB", SCHEME, len(self.copy), len(self.words), len(places))
        words = b"".join(struct.pack("<IB", word, weight) for word, weight in self.words.items())
        return base64.b64encode(head + self.copy + words + struct.pack(f"<{len(places)}I", *places)).decode()

    @classmethod
    def loads(cls, stored: str) -> "Sketch":
        """The sketch that was stored; an empty one for what is damaged or of another scheme."""
        try:
            data = base64.b64decode(stored, validate=True)
            scheme, copy, words, places = struct.unpack_from("<BBBB", data)
            if scheme != SCHEME or len(data) != 4 + copy + words * 5 + places * 4:
                return cls()
            weights: dict[int, int] = dict(struct.iter_unpack("<IB", data[4 + copy : 4 + copy + words * 5]))
            named = struct.unpack_from(f"<{places}I", data, 4 + copy + words * 5)
            return cls(data[4 : 4 + copy], weights, frozenset(named))
        except (binascii.Error, struct.error, ValueError):
            return cls()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two messages are: `copy` the share of common triples (give or take .06), `words` the cosine of their
    telling words, both 0..1; `same_place` None where one of them names no place. `common` are hashes of the words
    that both have, the most telling first."""

    copy: float
    words: float
    same_place: bool | None
    common: tuple[int, ...]

    @property
    def text(self) -> float:
        """How alike they are by the text alone."""
        return max(self.copy, self.words)

    @property
    def score(self) -> float:
        """How likely it is one matter, 0..1: by the text, raised where both name a place in common, lowered where
        both name places and none in common."""
        if self.same_place is None:
            return self.text
        return min(1.0, self.text + SAME_PLACE) if self.same_place else self.text * OTHER_PLACE


class Sketcher:
    """Makes sketches. The segmenter's dictionary is loaded by the first; may be used by several threads."""

    def __init__(self, segmenter: Words) -> None:
        self._segmenter = segmenter

    def sketch(self, text: str) -> Sketch:
        """The sketch of a message (its title, place and text in one string); never raises, whatever the text."""
        text = text[:READ_CHARS]
        words = self._bare(self._segmenter.cut(text))
        weights = self._telling(words)
        places = self._places(words)
        spelled = {_hashed(word): word for word in (*places, *weights)}
        return Sketch(
            _copy(text),
            {_hashed(word): weight for word, weight in weights.items()},
            frozenset(_hashed(place) for place in places),
            spelled,
        )

    def _bare(self, words: Sequence[str]) -> list[str]:
        """The words, those of no dictionary without what clings to their beginning."""
        known = self._segmenter.tokenizer.FREQ
        return [_LEFT_OVER.sub("", word) if len(word) > 2 and word not in known else word for word in words]

    def _telling(self, words: Sequence[str]) -> dict[str, int]:
        """The strongest words with their weights."""
        counts = Counter(word for word in words if _TELLING.match(word) and not _CODE.match(word))
        scored = {
            word: self._rarity(word) * (1 + math.log(min(count, _MOST_REPEATS)))
            for word, count in counts.items()
        }
        top = sorted(scored.items(), key=lambda item: (-item[1], item[0]))[:WORDS]
        return {word: max(1, min(255, round(score * _STEP))) for word, score in top if score > 0}

    def _rarity(self, word: str) -> float:
        tokenizer = self._segmenter.tokenizer
        count = tokenizer.FREQ.get(word)
        return (min(_RAREST, math.log(tokenizer.total / count)) if count else _RAREST) - _COMMON

    def _places(self, words: Sequence[str]) -> list[str]:
        """Named places in order, without the word that says what kind of place it is: a rare word before 小区 or 路,
        or a word of no dictionary that ends as a place's name does (道路, 垃圾站, 人行道 stand in the dictionary)."""
        found: dict[str, None] = {}
        for before, word in zip(("", *words), words, strict=False):
            if word in _TAILS:
                if len(before) > 1 and before not in _TAILS and self._rarity(before) >= _NAME_WEIGHT:
                    found[_stem(before + word)] = None
            elif len(word) > 2 and _ENDS_AS_PLACE.search(word) and word not in self._segmenter.tokenizer.FREQ:
                found[_stem(word)] = None
        return [place for place in found if len(place) > 1][:PLACES]


def compare(one: Sketch, other: Sketch) -> Likeness:
    """How alike two messages are; an empty sketch is like nothing."""
    common = tuple(word for word in one.words if word in other.words)
    dot = sum(one.words[word] * other.words[word] for word in common)
    norm = math.sqrt(_square(one) * _square(other))
    both = one.places and other.places
    return Likeness(
        _share(one.copy, other.copy),
        dot / norm if norm else 0.0,
        bool(one.places & other.places) if both else None,
        common,
    )


def _square(sketch: Sketch) -> int:
    return sum(weight * weight for weight in sketch.words.values())


def _share(one: bytes, other: bytes) -> float:
    """Estimated share of common triples. A place is one byte, so 1 in 256 agrees by chance."""
    if len(one) != COPY_PLACES or len(other) != COPY_PLACES:
        return 0.0
    same = sum(map(eq, one, other)) / COPY_PLACES
    return max(0.0, (same - 1 / 256) / (1 - 1 / 256))


def _stem(place: str) -> str:
    for tail in _GENERIC_TAILS:
        if place.endswith(tail) and len(place) > len(tail) + 1:
            return place[: -len(tail)]
    return place


@functools.lru_cache(maxsize=1 << 16)
def _hashed(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest(), "little")


def _copy(text: str) -> bytes:
    codes = _codes(text)
    if not len(codes):
        return b""
    hashes = (_shingles(codes)[:, None] * _FACTORS + _OFFSETS) % _PRIME
    return (hashes.min(axis=0) & np.uint64(255)).astype(np.uint8).tobytes()


def _codes(text: str) -> npt.NDArray[np.uint64]:
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", text).lower())
    folded = folded.encode("utf-32-le", "replace").decode("utf-32-le")
    return np.frombuffer(folded.encode("utf-32-le"), "<u4").astype(np.uint64)


def _shingles(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """One 31-bit hash per run of three characters; a shorter text is one shingle."""
    if len(codes) < _SHINGLE:
        codes = np.concatenate([codes, np.zeros(_SHINGLE - len(codes), np.uint64)])
    mixed = np.zeros(len(codes) - _SHINGLE + 1, np.uint64)
    for place in range(_SHINGLE):
        mixed = (mixed ^ codes[place : place + len(mixed)]) * _MIX[place]
        mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed >> np.uint64(33))
