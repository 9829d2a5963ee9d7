"""AES-256-GCM: the default algorithm for personal fields.

Nonces are random; under one key they stay safe for some 2**32 fields (NIST SP 800-38D, 8.3), which is far more
than a city writes before it rotates its key.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class AesGcmBox:
    """Seals and opens bytes under one key. Thread-safe."""

    scheme = "v1"
    key_bytes = 32

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(secret)

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """nonce (12), ciphertext, tag (16). `bound` must be the same when it is opened."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, bound)

    def open(self, box: bytes, bound: bytes) -> bytes:
        """Raises ValueError when the box was changed or bound to something else."""
        try:
            return self._aead.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound)
        except InvalidTag:
            raise ValueError("not authentic") from None
