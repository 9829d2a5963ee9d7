"""Results of long training that are kept: under a name that stands for everything they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers.corpus import Message
from classifiers.encoder.data import MAX_TOKENS, views

_FORMAT = 2
"""Raise it when the training itself changes: what was kept before is then not found any more."""


def name(
    checkpoint: Path, recipe: Any, seed: int, learned: Sequence[Message], scored: Sequence[Message] = ()
) -> str:
    """16 signs that stand for a training: texts and labels learned and scored, recipe, seed, whole checkpoint."""
    digest = hashlib.sha256(repr((_FORMAT, MAX_TOKENS, recipe, seed)).encode())
    for messages in (learned, scored):
        told = [(message.number, message.group, message.label, views(message)) for message in messages]
        digest.update(repr(told).encode())
    for path in sorted(path for path in checkpoint.rglob("*") if path.is_file()):
        digest.update(path.relative_to(checkpoint).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
