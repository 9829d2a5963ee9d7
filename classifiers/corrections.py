"""What people corrected lately, remembered by example: a message like several that were corrected to the
same matter gets that matter first.

For the levels that no model was trained on. A correction is kept as the weights of its character pairs,
under their hashes, and only of pairs that more than one message has: small, quick to compare, and what
only one person wrote (a name) is not in the file. It only reorders what a person will look at: a raised
answer is never certain. Three corrections teach; neighbours whose answer people accepted vote against.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.api import Candidate, Prediction, Text, whole

ALIKE = 0.1
"""The least cosine of two messages that counts them as alike. Measured against 1,661 labelled messages, 402
others asked: at 0.06 three or more neighbours agreed on the first level for 171 (.96 right), at 0.08 for 61
(.95), at 0.1 for 21 (.90, two wrong), at 0.12 for 8 (all right). Short messages of one place lie far above."""
LEAST = 3
"""So many corrections to one matter, alike to a message, raise it."""
MAJORITY = 0.6
"""The least part of all alike messages that has to stand behind the matter."""
MAX_CHARS = 2_000
MAX_CANDIDATES = 3
FORMAT = "hotline-corrections-2"
Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint32]
_SPREAD = np.uint32(0x9E3779B1)
_NO_LETTER = re.compile(r"[\W\d_]+")


class CorrectionsBroken(Exception):
    """The file cannot be used; the message (Chinese) says why."""


@dataclass(frozen=True)
class Example:
    """A message with the matter that people say it is, and whether they had to correct the answer."""

    text: Text
    code: str
    corrected: bool


@dataclass(frozen=True)
class Advice:
    """A matter, how many corrections alike speak for it, and their mean likeness."""

    code: str
    corrections: int
    likeness: float


class Corrections:
    """An index over examples. `until` is what the caller wants to remember of them, e.g. the last label's id."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._hashes, self._starts = tables["hashes"], tables["starts"]
        self._owners, self._weights, self._rarity = tables["owners"], tables["weights"], tables["rarity"]
        self._codes, self._corrected = tables["codes"], tables["corrected"]
        self.until = int(tables["until"])
        self._tables = tables

    def __len__(self) -> int:
        return len(self._codes)

    @classmethod
    def of(cls, examples: Sequence[Example], normalise: Callable[[str], str], until: int = 0) -> Corrections:
        """Indexes examples; `normalise` brings texts into the form that all comparing uses."""
        counted = [_pairs(example.text, normalise) for example in examples]
        sizes = np.array([len(pairs) for pairs, _ in counted], np.int64)
        owners = np.repeat(np.arange(len(counted), dtype=np.int32), sizes)
        pairs = np.concatenate([*(pairs for pairs, _ in counted), np.empty(0, np.uint32)])
        heights = np.concatenate([*(heights for _, heights in counted), np.empty(0, np.float32)])
        known, place, seen = np.unique(pairs, return_inverse=True, return_counts=True)
        rarity = np.log((1 + len(examples)) / (1 + seen)) + 1
        weights = heights * rarity[place]
        lengths = np.sqrt(np.bincount(owners, weights**2, minlength=len(examples)))
        weights /= lengths[owners]
        shared = seen > 1
        kept = np.flatnonzero(shared[place])
        kept = kept[np.argsort(place[kept], kind="stable")]
        ranks = (np.cumsum(shared) - 1)[place[kept]]
        return cls(
            {
                "format": np.array(FORMAT),
                "hashes": known[shared],
                "starts": np.searchsorted(ranks, np.arange(int(shared.sum()) + 1)),
                "owners": owners[kept],
                "weights": weights[kept].astype(np.float32),
                "rarity": rarity[shared].astype(np.float32),
                "codes": np.array([example.code for example in examples], dtype="U32"),
                "corrected": np.array([example.corrected for example in examples], bool),
                "until": np.array(until, np.int64),
            }
        )

    def save(self, path: Path) -> None:
        """Writes the file in one step; who reads meanwhile has the old one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".corrections-", suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as target:
                np.savez_compressed(target, **self._tables)
            os.replace(aside, path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> Corrections:
        """Raises CorrectionsBroken for a file that is not one of ours or is damaged."""
        try:
            with path.open("rb") as source, np.load(source, allow_pickle=False) as stored:
                if str(stored["format"]) != FORMAT:
                    raise CorrectionsBroken(f"{path} 不是本系统的改派记忆")
                return cls({name: stored[name] for name in stored.files})
        except CorrectionsBroken:
            raise
        except Exception as error:  # numpy and zipfile each have their own errors for a damaged file
            raise CorrectionsBroken(f"{path} 无法读取：{error}") from error

    def advice(self, text: Text, normalise: Callable[[str], str]) -> Advice | None:
        """The matter that enough alike corrections agree on; None when there is none."""
        likeness = self._likeness(*_pairs(text, normalise))
        alike = np.flatnonzero(likeness >= ALIKE)
        if len(alike) < LEAST:
            return None
        votes = Counter(self._codes[alike].tolist())
        code, count = max(votes.items(), key=lambda vote: (vote[1], vote[0]))
        behind = alike[(self._codes[alike] == code) & self._corrected[alike]]
        if len(behind) < LEAST or count < MAJORITY * len(alike):
            return None
        return Advice(str(code), len(behind), round(float(likeness[behind].mean()), 4))

    def _likeness(self, pairs: Hashes, heights: Floats) -> Floats:
        """The cosine of a message with every example."""
        found = np.zeros(len(self._codes), np.float32)
        if not len(pairs) or not len(self._hashes):
            return found
        ranks = np.minimum(np.searchsorted(self._hashes, pairs), len(self._hashes) - 1)
        known = self._hashes[ranks] == pairs
        length = math.sqrt(
            float(((heights * np.where(known, self._rarity[ranks], self._strange)) ** 2).sum())
        )
        for rank, height in zip(ranks[known], heights[known], strict=True):
            span = slice(int(self._starts[rank]), int(self._starts[rank + 1]))
            found[self._owners[span]] += self._weights[span] * float(height * self._rarity[rank])
        return found / np.float32(length or 1.0)

    @property
    def _strange(self) -> float:
        """The rarity of a pair that no example has."""
        return math.log(1 + len(self._codes)) + 1


def raised(prediction: Prediction, advice: Advice | None, path: Sequence[str]) -> Prediction:
    """The prediction with the advised matter first; unchanged where it is first already or its `path` is unknown.

    A person decides then, and reads why.
    """
    if advice is None or not path or (prediction.categories and prediction.categories[0].code == advice.code):
        return prediction
    others = tuple(found for found in prediction.categories if found.code != advice.code)
    first = Candidate(advice.code, tuple(path), advice.likeness)
    return replace(
        prediction,
        categories=(first, *others)[:MAX_CANDIDATES],
        certain=False,
        evidence=(f"与 {advice.corrections} 件人工改派相近", *prediction.evidence),
    )


def _pairs(text: Text, normalise: Callable[[str], str]) -> tuple[Hashes, Floats]:
    """The pairs of neighbouring letters and signs of a text by their hashes, in order, and 1 + log of how often each stands
    there; digits and blanks count for nothing."""
    plain = _NO_LETTER.sub("", normalise(whole(text)[:MAX_CHARS]))
    signs = np.frombuffer(plain.encode("utf-32-le", "ignore"), np.uint32)
    pairs, counts = np.unique(signs[:-1] * _SPREAD + signs[1:], return_counts=True)
    return pairs, 1 + np.log(counts, dtype=np.float32)
