"""Encryption of personal fields: algorithms (aesgcm, sm4), the keyring, and the cipher that ties them together.

`open_cipher` is the door: it gives the `hotline.ports.FieldCipher` for the settings.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hotline.adapters.crypto.cipher import KeyringCipher
from hotline.adapters.crypto.keyring import Keyring


def open_keyring(keys: str, folder: Path) -> Keyring:
    """The keyring from the setting `keys` (JSON) or, when that is empty, from the key file in `folder`.

    Raises InvalidInput for a broken ring and Unavailable when there is no key file.
    """
    return Keyring.parse(keys) if keys.strip() else Keyring.load(folder)


def open_cipher(keys: str, folder: Path) -> KeyringCipher:
    """The field cipher over `open_keyring`. Its algorithm is that of the active key."""
    return KeyringCipher(open_keyring(keys, folder))


def init_keyring(algorithm: str, folder: Path, today: date) -> Keyring:
    """The keyring of an installation: read where its key file is there, made and stored where not."""
    if Keyring.file(folder).exists():
        return Keyring.load(folder)
    ring = Keyring.create(algorithm, today)
    ring.save(folder, fresh=True)
    return ring
