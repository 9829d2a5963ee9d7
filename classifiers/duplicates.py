"""Is this the same matter again? Signatures for near-duplicate messages, cheap enough for every intake.

A signature is a MinHash of the message's character triples: the share of equal places in two signatures
estimates the Jaccard similarity of the texts. It is a fixed 256 bytes, so it can be stored beside the
ticket and compared without reading the text again; `bands` gives keys that near duplicates probably
share, for an indexed look-up. Signatures depend on nothing but the text: all constants stand here, and
changing one means recomputing what is stored (`SCHEME` is in every band key for that reason).

Standard library and numpy only; the text is folded lightly (width, case, punctuation), without a dictionary.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

SCHEME = 1
PLACES = 64
BAND_PLACES = 2
SIMILAR = 0.5
"""From this similarity on, two messages are worth showing to a person as the same matter."""
READ_CHARS = 5_000

_SHINGLE = 3
_BETWEEN = re.compile(r"[\W_]+")
_PRIME = np.uint64((1 << 31) - 1)
_RANDOM = np.random.Generator(np.random.PCG64(20240731))
_FACTORS = _RANDOM.integers(1, 1 << 31, PLACES, dtype=np.uint64)
_OFFSETS = _RANDOM.integers(0, 1 << 31, PLACES, dtype=np.uint64)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


def signature(text: str) -> bytes:
    """256 bytes that stand for the text; b"" when it holds no letter or character at all."""
    codes = _codes(text)
    if not len(codes):
        return b""
    hashes = (_shingles(codes)[:, None] * _FACTORS + _OFFSETS) % _PRIME
    return hashes.min(axis=0).astype("<u4").tobytes()


def similarity(one: bytes, other: bytes) -> float:
    """Estimated share of common triples, 0..1, give or take .06; an empty signature is like nothing."""
    if len(one) != PLACES * 4 or len(other) != PLACES * 4:
        return 0.0
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


def most_similar(
    one: bytes, others: Iterable[tuple[str, bytes]], least: float = SIMILAR
) -> list[tuple[str, float]]:
    """Keys of the others with their similarity, best first, those at `least` or above."""
    known = [(key, other) for key, other in others if len(other) == PLACES * 4]
    if not known or len(one) != PLACES * 4:
        return []
    table = np.frombuffer(b"".join(other for _, other in known), "<u4").reshape(len(known), PLACES)
    shares = (table == np.frombuffer(one, "<u4")).mean(axis=1)
    found = [(key, float(share)) for (key, _), share in zip(known, shares, strict=True) if share >= least]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def bands(one: bytes) -> tuple[int, ...]:
    """32 positive 63-bit keys; texts of similarity .5 share one in 9,999 of 10,000 cases, of .1 in 28 %."""
    if len(one) != PLACES * 4:
        return ()
    rows = np.frombuffer(one, "<u4").astype(np.uint64).reshape(-1, BAND_PLACES)
    numbers = np.arange(len(rows), dtype=np.uint64) + np.uint64(SCHEME << 16)
    keys = (rows * _MIX[:BAND_PLACES]).sum(axis=1) ^ (numbers * _MIX[2])
    return tuple(int(key) for key in keys >> np.uint64(1))


def _codes(text: str) -> npt.NDArray[np.uint64]:
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:READ_CHARS]).lower())
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
