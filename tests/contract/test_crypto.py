"""The contract of `hotline.ports.FieldCipher`, on both algorithms, and of the keyring under it."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from hypothesis import given
from hypothesis import strategies as st

from hotline.adapters.crypto import init_keyring, open_cipher, open_keyring
from hotline.adapters.crypto.cipher import KeyringCipher
from hotline.adapters.crypto.keyring import Keyring
from hotline.domain.errors import Conflict, InvalidInput, Unavailable

DAY = date(2026, 11, 21)
RINGS = {algorithm: Keyring.create(algorithm, DAY) for algorithm in ("aesgcm", "sm4")}
CONTEXT = "party:17:phone"
VALUE = "13812341234"


@pytest.fixture(params=sorted(RINGS))
def ring(request: pytest.FixtureRequest) -> Keyring:
    return RINGS[request.param]


@pytest.fixture
def cipher(ring: Keyring) -> KeyringCipher:
    return KeyringCipher(ring)


@pytest.mark.parametrize("algorithm", sorted(RINGS))
@given(
    value=st.text(st.characters(exclude_categories=["Cs"])), context=st.text("party:0123456789", max_size=20)
)
def test_any_text_comes_back_under_its_own_context(algorithm: str, value: str, context: str) -> None:
    cipher = KeyringCipher(RINGS[algorithm])
    assert cipher.decrypt(cipher.encrypt(value, context), context) == value


def test_a_token_says_its_scheme_and_key_and_hides_the_value(cipher: KeyringCipher, ring: Keyring) -> None:
    scheme, key_id, body = cipher.encrypt(VALUE, CONTEXT).split(":")
    assert (scheme, key_id) == (
        {"aesgcm": "v1", "sm4": "s1"}[ring.groups["field"].keys["k1"].algorithm],
        "k1",
    )
    assert VALUE not in body


def test_the_same_value_never_gives_the_same_token_twice(cipher: KeyringCipher) -> None:
    assert len({cipher.encrypt(VALUE, CONTEXT) for _ in range(50)}) == 50


@pytest.mark.parametrize("other", ["party:18:phone", "party:17:name", "", "party:17:phone "])
def test_a_token_moved_to_another_row_or_field_does_not_open(cipher: KeyringCipher, other: str) -> None:
    token = cipher.encrypt(VALUE, CONTEXT)
    with pytest.raises(Unavailable) as caught:
        cipher.decrypt(token, other)
    assert caught.value.code == "cipher.unreadable"


def test_a_token_changed_anywhere_does_not_open_and_the_error_quotes_nothing(cipher: KeyringCipher) -> None:
    token = cipher.encrypt(VALUE, CONTEXT)
    for place in range(len(token) - 2):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(Unavailable) as caught:
            cipher.decrypt(changed, CONTEXT)
        assert VALUE not in str(caught.value)
        assert token[8:] not in str(caught.value)


@pytest.mark.parametrize(
    "broken", ["", "x", "v1:k1:", "v1:k1:AAAA", "v1:k1:?", "s1:k1:AAAA", "v1:k9:AAAA", "::", "王:k1:王"]
)
def test_what_is_no_token_is_refused_without_a_crash(cipher: KeyringCipher, broken: str) -> None:
    with pytest.raises(Unavailable):
        cipher.decrypt(broken, CONTEXT)


def test_half_a_surrogate_pair_is_bad_input(cipher: KeyringCipher) -> None:
    with pytest.raises(InvalidInput):
        cipher.encrypt("王\ud800", CONTEXT)


def test_rotation_keeps_old_tokens_readable_and_says_which_need_sealing_again(ring: Keyring) -> None:
    old = KeyringCipher(ring).encrypt(VALUE, CONTEXT)
    cipher = KeyringCipher(ring.rotated("field", DAY))
    assert cipher.decrypt(old, CONTEXT) == VALUE
    assert cipher.rotate_needed(old)
    new = cipher.rotate(old, CONTEXT)
    assert not cipher.rotate_needed(new)
    assert new.split(":")[1] == "k2"
    assert cipher.rotate(new, CONTEXT) == new
    assert cipher.decrypt(new, CONTEXT) == VALUE


def test_changing_the_algorithm_is_a_rotation(ring: Keyring) -> None:
    other = {"aesgcm": "sm4", "sm4": "aesgcm"}[ring.groups["field"].keys["k1"].algorithm]
    old = KeyringCipher(ring).encrypt(VALUE, CONTEXT)
    cipher = KeyringCipher(ring.rotated("field", DAY, other))
    assert cipher.rotate(old, CONTEXT)[:2] != old[:2]


def test_a_token_of_a_key_that_is_gone_names_the_key(ring: Keyring) -> None:
    token = KeyringCipher(ring.rotated("field", DAY)).encrypt(VALUE, CONTEXT)
    with pytest.raises(Unavailable, match="k2") as caught:
        KeyringCipher(ring).decrypt(token, CONTEXT)
    assert caught.value.code == "cipher.key_missing"


def test_the_blind_index_finds_equal_values_and_keeps_purposes_apart(cipher: KeyringCipher) -> None:
    index = cipher.blind_index(VALUE, "phone")
    assert index == cipher.blind_index(VALUE, "phone")
    assert index != cipher.blind_index(VALUE, "id_number")
    assert index != cipher.blind_index(VALUE + "0", "phone")
    assert VALUE not in index
    assert len(index) <= 32


def test_the_blind_index_differs_from_installation_to_installation() -> None:
    other = KeyringCipher(Keyring.create("aesgcm", DAY))
    assert other.blind_index(VALUE, "phone") != KeyringCipher(RINGS["aesgcm"]).blind_index(VALUE, "phone")


def test_while_index_keys_rotate_both_hashes_are_looked_for(ring: Keyring) -> None:
    old = KeyringCipher(ring).blind_index(VALUE, "phone")
    cipher = KeyringCipher(ring.rotated("index", DAY))
    assert cipher.blind_indexes(VALUE, "phone") == (cipher.blind_index(VALUE, "phone"), old)
    assert cipher.index_rotate_needed(old)
    assert not cipher.index_rotate_needed(cipher.blind_index(VALUE, "phone"))


def test_a_keyring_comes_back_from_its_text(ring: Keyring) -> None:
    assert Keyring.parse(ring.to_text()) == ring


def test_a_keyring_shows_no_secret_in_its_repr(ring: Keyring) -> None:
    key = ring.groups["field"].keys["k1"]
    assert repr(key.secret) not in repr(ring)
    assert "secret" not in repr(ring.seal_keys())
    assert repr(ring.seal_keys().keys) not in repr(ring.seal_keys())


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ring = init_keyring("aesgcm", folder, DAY)
    assert Keyring.file(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert init_keyring("sm4", folder, DAY) == ring
    assert [path.name for path in folder.iterdir()] == ["keyring.json"]


def test_a_fresh_keyring_never_replaces_one_that_is_there(tmp_path: Path) -> None:
    RINGS["sm4"].save(tmp_path)
    with pytest.raises(Conflict):
        RINGS["aesgcm"].save(tmp_path, fresh=True)
    assert Keyring.load(tmp_path) == RINGS["sm4"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    RINGS["aesgcm"].save(tmp_path)
    os.chmod(Keyring.file(tmp_path), 0o644)
    with pytest.raises(InvalidInput, match="chmod 600"):
        Keyring.load(tmp_path)


def test_without_a_key_file_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="hotline init"):
        open_keyring("", tmp_path)


def test_the_setting_goes_before_the_key_file(tmp_path: Path, ring: Keyring) -> None:
    RINGS["aesgcm"].save(tmp_path)
    token = KeyringCipher(ring).encrypt(VALUE, CONTEXT)
    assert open_cipher(ring.to_text(), tmp_path).decrypt(token, CONTEXT) == VALUE


def _damaged(**changes: object) -> str:
    data = json.loads(RINGS["aesgcm"].to_text())
    data["field"]["keys"]["k1"] |= changes
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "field": {"active": "k1", "keys": {}}}',
        '{"format": 1, "field": {"active": [], "keys": {"k:1": {}}}}',
        _damaged(algorithm="rot13"),
        _damaged(secret="AAAA"),
        _damaged(secret=None),
        _damaged(secret="密钥"),
    ],
)
def test_a_broken_keyring_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"密钥|钥匙圈|算法") as caught:
        Keyring.parse(text)
    assert "AAAA" not in str(caught.value)


def test_an_unknown_algorithm_or_purpose_makes_no_key() -> None:
    with pytest.raises(InvalidInput):
        Keyring.create("des", DAY)
    with pytest.raises(InvalidInput):
        RINGS["aesgcm"].rotated("door", DAY)


def test_two_builds_of_sm4_and_sm3_agree() -> None:
    """gmssl is a second, independent implementation; the national standards' own examples are checked too."""
    gmssl = pytest.importorskip("gmssl", reason="the extra sm4 (gmssl) is not installed")
    from gmssl import sm3, sm4

    key, block = bytes.fromhex("0123456789abcdeffedcba9876543210"), os.urandom(16)
    other = sm4.CryptSM4()
    other.set_key(key, sm4.SM4_ENCRYPT)
    ours = Cipher(SM4(key), modes.ECB()).encryptor()
    assert bytes(other.one_round(other.sk, list(block))) == ours.update(block)
    assert sm3.sm3_hash(gmssl.func.bytes_to_list(b"abc")).startswith("66c7f0f462eeedd9")


def test_sm4_gives_the_example_of_the_standard() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    assert Cipher(SM4(key), modes.ECB()).encryptor().update(key).hex() == "681edf34d206965e86b3e94f536e4246"
