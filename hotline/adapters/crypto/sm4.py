"""SM4-GCM (GB/T 32907, RFC 8998): for places whose cryptography assessment (密评) asks for the national algorithms.

What may surprise: the work is done by OpenSSL through `cryptography`, not by gmssl, which has no authenticated mode
and takes milliseconds a field in pure Python. The contract tests hold the two against each other, block by block.
An OpenSSL that was built without SM4 is noticed when the key is loaded.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from hotline.domain.errors import Unavailable

NONCE_BYTES = 12
TAG_BYTES = 16


class Sm4Box:
    """Seals and opens bytes under one key. Thread-safe."""

    scheme = "s1"
    key_bytes = 16

    def __init__(self, secret: bytes) -> None:
        """Raises Unavailable when this OpenSSL has no SM4."""
        self._key = SM4(secret)
        try:
            self.seal(b"", b"")
        except UnsupportedAlgorithm:
            raise Unavailable(
                "cipher.sm4", "本机的 OpenSSL 不支持 SM4，请改用 aesgcm 或更换运行环境"
            ) from None

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """nonce (12), ciphertext, tag (16). `bound` must be the same when it is opened."""
        nonce = os.urandom(NONCE_BYTES)
        work = Cipher(self._key, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(bound)
        return nonce + work.update(plain) + work.finalize() + work.tag

    def open(self, box: bytes, bound: bytes) -> bytes:
        """Raises ValueError when the box was changed or bound to something else."""
        nonce, body, tag = box[:NONCE_BYTES], box[NONCE_BYTES:-TAG_BYTES], box[-TAG_BYTES:]
        work = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        work.authenticate_additional_data(bound)
        try:
            return work.update(body) + work.finalize()
        except InvalidTag:
            raise ValueError("not authentic") from None
