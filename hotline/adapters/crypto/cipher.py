"""The field cipher: seals single personal values under the active key of a keyring, reads those of all its keys.

A token is "scheme:key id:base64url", as in "v1:k2:…" (AES-GCM) or "s1:k3:…" (SM4-GCM). Scheme, key id and the context
(row and field) are bound into it, so that a token moved to another row or field does not open. One ring may hold keys
of both algorithms: changing over is a rotation. No error ever quotes a value or a token.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, hmac

from hotline.adapters.crypto.aesgcm import AesGcmBox
from hotline.adapters.crypto.keyring import Key, KeyGroup, Keyring
from hotline.adapters.crypto.sm4 import Sm4Box
from hotline.domain.errors import InvalidInput, Unavailable

BOXES: dict[str, Callable[[bytes], AesGcmBox | Sm4Box]] = {"aesgcm": AesGcmBox, "sm4": Sm4Box}
DIGESTS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "hmac-sha256": hashes.SHA256,
    "hmac-sm3": hashes.SM3,
}
INDEX_BYTES = 16
"""A blind index is cut to 128 bits: no two values of a city meet, and it fits a short column."""


class KeyringCipher:
    """`hotline.ports.FieldCipher` over a keyring. Thread-safe; keys are made ready on construction.

    source: where the ring may have changed meanwhile; read again by `refresh` and for a token of an unknown key, so
    that a running server follows a rotation.
    """

    def __init__(self, ring: Keyring, source: Callable[[], Keyring] | None = None) -> None:
        self._source = source
        self._take(ring)

    def _take(self, ring: Keyring) -> None:
        fields = ring.groups["field"]
        self._boxes = {key_id: BOXES[key.algorithm](key.secret) for key_id, key in fields.keys.items()}
        self._prefixes = {key_id: f"{box.scheme}:{key_id}:" for key_id, box in self._boxes.items()}
        self._active = fields.active
        self._index: KeyGroup = ring.groups["index"]

    def refresh(self) -> None:
        """Reads the ring again."""
        if self._source is not None:
            self._take(self._source())

    def encrypt(self, plaintext: str, context: str) -> str:
        """A token for the value. context: row and field, such as "party:17:phone". Raises InvalidInput for half a
        surrogate pair."""
        prefix = self._prefixes[self._active]
        box = self._boxes[self._active].seal(_bytes(plaintext), _bound(prefix, context))
        return prefix + base64.urlsafe_b64encode(box).decode("ascii")

    def decrypt(self, token: str, context: str) -> str:
        """The value again. Raises Unavailable for a token of an unknown key, a changed token, a wrong context."""
        key_id = _key_id(token)
        if key_id not in self._prefixes:
            self.refresh()
        prefix = self._prefixes.get(key_id, "")
        if not prefix:
            name = key_id if key_id.isalnum() and len(key_id) <= 16 else "?"
            raise Unavailable("cipher.key_missing", f"密钥 {name} 不在钥匙圈中，请恢复密钥后重试")
        try:
            box = base64.b64decode(token.removeprefix(prefix), b"-_", validate=True)
            return self._boxes[key_id].open(box, _bound(prefix, context)).decode("utf-8")
        except (ValueError, binascii.Error):
            raise Unavailable("cipher.unreadable", "该字段无法解密：数据已被改动，或不属于这条记录") from None

    def rotate_needed(self, token: str) -> bool:
        """Whether the token was sealed under another key than the active one."""
        return not token.startswith(self._prefixes[self._active])

    def rotate(self, token: str, context: str) -> str:
        """The token under the active key; the same token where it already is."""
        return self.encrypt(self.decrypt(token, context), context) if self.rotate_needed(token) else token

    def blind_index(self, value: str, purpose: str) -> str:
        """Keyed hash "key id:base64url" of a value in its one form; purposes ("phone", "id_number") never meet."""
        return self._indexed(self._index.active, value, purpose)

    def blind_indexes(self, value: str, purpose: str) -> tuple[str, ...]:
        """The keyed hashes under every index key, the active one first: what to look for while keys rotate."""
        others = [key_id for key_id in self._index.keys if key_id != self._index.active]
        return tuple(self._indexed(key_id, value, purpose) for key_id in (self._index.active, *others))

    def index_rotate_needed(self, index: str) -> bool:
        """Whether the keyed hash was made under another key than the active one."""
        return not index.startswith(f"{self._index.active}:")

    def _indexed(self, key_id: str, value: str, purpose: str) -> str:
        digest = _hmac(self._index.keys[key_id], _bound(purpose, value))[:INDEX_BYTES]
        return f"{key_id}:{base64.urlsafe_b64encode(digest).decode('ascii').rstrip('=')}"


def _hmac(key: Key, message: bytes) -> bytes:
    work = hmac.HMAC(key.secret, DIGESTS[key.algorithm]())
    work.update(message)
    return work.finalize()


def _bound(first: str, second: str) -> bytes:
    """Two texts as bytes that no other two texts give."""
    head = _bytes(first)
    return len(head).to_bytes(4, "big") + head + _bytes(second)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput("text.surrogate", "内容含有无法保存的字符") from None


def _key_id(token: str) -> str:
    _, _, rest = token.partition(":")
    return rest.partition(":")[0]
