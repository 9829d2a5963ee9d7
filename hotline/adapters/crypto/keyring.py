"""The keyring: every key of an installation, by purpose and id, with one active key per purpose.

Purposes: `field` seals personal values, `index` makes the keyed hashes by which they are found again, `audit` makes
the digests of audit rows and seals. Rotation adds a key and makes it active; the old ones stay to read what they
sealed. The ring is one JSON text: a file under HOTLINE_HOME/keys that only its owner may read, or the setting
`keys` in production. What may surprise: like ssh, loading refuses a key file that others can read.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from hotline.adapters.crypto.aesgcm import AesGcmBox
from hotline.adapters.crypto.sm4 import Sm4Box
from hotline.domain.errors import Conflict, InvalidInput, Unavailable
from hotline.domain.seals import SealKeys

FILE_NAME = "keyring.json"
PURPOSES = {"field": "k", "index": "i", "audit": "a"}
"""Purpose -> first letter of its key ids."""
KEY_BYTES = {
    "aesgcm": AesGcmBox.key_bytes,
    "sm4": Sm4Box.key_bytes,
    "hmac-sha256": 32,
    "hmac-sm3": 32,
}
ALGORITHMS = {"field": ("aesgcm", "sm4"), "index": ("hmac-sha256", "hmac-sm3"), "audit": ("hmac-sha256",)}
INDEX_OF_FIELD = {"aesgcm": "hmac-sha256", "sm4": "hmac-sm3"}


@dataclass(frozen=True)
class Key:
    """One key: its algorithm (a name of KEY_BYTES), its bytes, the day it was made."""

    algorithm: str
    secret: bytes = field(repr=False)
    made: str = ""


@dataclass(frozen=True)
class KeyGroup:
    """The keys of one purpose by id, and the id of the active one."""

    active: str
    keys: Mapping[str, Key]


@dataclass(frozen=True)
class Keyring:
    """All keys of an installation; unchangeable, rotation gives a new ring."""

    groups: Mapping[str, KeyGroup]

    @classmethod
    def create(cls, algorithm: str, made: date) -> Keyring:
        """A new ring with one fresh key per purpose. algorithm: that of the fields, "aesgcm" or "sm4"."""
        ring = cls({})
        for purpose, name in (
            ("field", algorithm),
            ("index", INDEX_OF_FIELD.get(algorithm, "")),
            ("audit", ""),
        ):
            ring = ring.rotated(purpose, made, name)
        return ring

    def rotated(self, purpose: str, made: date, algorithm: str = "") -> Keyring:
        """This ring with a further, active key of that purpose; by default of the algorithm active until now."""
        if purpose not in PURPOSES:
            raise InvalidInput("keyring.purpose", f"密钥用途应为 {'、'.join(PURPOSES)} 之一")
        group = self.groups.get(purpose)
        name = algorithm or (group.keys[group.active].algorithm if group else ALGORITHMS[purpose][0])
        _check_algorithm(purpose, name)
        old = group.keys if group else {}
        key_id = f"{PURPOSES[purpose]}{len(old) + 1}"
        while key_id in old:
            key_id += "n"
        fresh = Key(name, secrets.token_bytes(KEY_BYTES[name]), made.isoformat())
        return replace(
            self, groups=dict(self.groups) | {purpose: KeyGroup(key_id, dict(old) | {key_id: fresh})}
        )

    def seal_keys(self) -> SealKeys:
        """The audit's keys as `hotline.domain.seals` takes them."""
        group = self.groups["audit"]
        return SealKeys(group.active, {key_id: key.secret for key_id, key in group.keys.items()})

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """A ring from its JSON text. Raises InvalidInput, which never quotes a secret."""
        try:
            data = json.loads(text)
        except ValueError:
            raise InvalidInput("keyring.broken", "钥匙圈不是有效的 JSON") from None
        if not isinstance(data, dict) or data.get("format") != 1:
            raise InvalidInput("keyring.broken", "钥匙圈的格式版本不认识，应为 format = 1")
        return cls({purpose: _parse_group(purpose, data.get(purpose)) for purpose in PURPOSES})

    def to_text(self) -> str:
        """The JSON text that `parse` reads. It holds the secrets."""
        return json.dumps(
            {"format": 1} | {purpose: _group_data(group) for purpose, group in self.groups.items()}, indent=1
        )

    @staticmethod
    def file(folder: Path) -> Path:
        return Path(folder) / FILE_NAME

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """The ring in `folder`. Raises Unavailable when it is not there, InvalidInput when others can read it."""
        path = cls.file(folder)
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise InvalidInput("keyring.mode", f"密钥文件 {path} 可被他人读取，请先执行 chmod 600 {path}")
            return cls.parse(path.read_text("utf-8"))
        except FileNotFoundError:
            raise Unavailable(
                "keyring.missing", f"没有密钥文件 {path}，请先执行 hotline init 或恢复备份"
            ) from None
        except (OSError, UnicodeDecodeError):
            raise Unavailable("keyring.unreadable", f"密钥文件 {path} 无法读取") from None

    def save(self, folder: Path, *, fresh: bool = False) -> None:
        """Writes the ring so that a crash leaves the old file or the new one.

        fresh: refuse to replace a ring that is already there (Conflict): its keys would be lost.
        """
        path = self.file(folder)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
        _write_private(draft, self.to_text())
        try:
            os.link(draft, path) if fresh else os.replace(draft, path)
        except FileExistsError:
            raise Conflict("keyring.exists", f"密钥文件 {path} 已经存在，不会覆盖") from None
        finally:
            draft.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _group_data(group: KeyGroup) -> dict[str, Any]:
    keys = {
        key_id: {
            "algorithm": key.algorithm,
            "secret": base64.b64encode(key.secret).decode(),
            "made": key.made,
        }
        for key_id, key in group.keys.items()
    }
    return {"active": group.active, "keys": keys}


def _parse_group(purpose: str, data: Any) -> KeyGroup:
    keys = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(keys, dict) or data.get("active") not in list(keys):
        raise InvalidInput("keyring.broken", f"钥匙圈缺少用途 {purpose} 的密钥，或其当前密钥不存在")
    return KeyGroup(
        data["active"], {key_id: _parse_key(purpose, key_id, key) for key_id, key in keys.items()}
    )


def _parse_key(purpose: str, key_id: str, data: Any) -> Key:
    if not (key_id.isascii() and key_id.isalnum() and isinstance(data, dict)):
        raise InvalidInput("keyring.broken", f"用途 {purpose} 的密钥编号应只含字母和数字")
    algorithm = str(data.get("algorithm"))
    _check_algorithm(purpose, algorithm)
    try:
        secret = base64.b64decode(str(data.get("secret")), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES[algorithm]:
        message = f"密钥 {key_id} 应为 {KEY_BYTES[algorithm]} 字节的 base64"
        raise InvalidInput("keyring.broken", message)
    return Key(algorithm, secret, str(data.get("made", "")))


def _check_algorithm(purpose: str, algorithm: str) -> None:
    if algorithm not in ALGORITHMS[purpose]:
        raise InvalidInput("keyring.algorithm", f"用途 {purpose} 的算法应为 {'、'.join(ALGORITHMS[purpose])}")
