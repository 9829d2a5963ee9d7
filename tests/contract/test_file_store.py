"""The store of uploaded files: content in, digest out, the same content back, and nothing else ever."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.adapters.files import FolderFileStore
from hotline.domain.errors import NotFound
from hotline.ports import FileStore


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FolderFileStore(tmp_path / "files")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=2000))
def test_what_is_put_is_read_back_under_its_sha256(store, content):
    digest = store.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert store.read(digest) == content


def test_a_photo_of_ten_megabytes_comes_back_whole(store):
    content = bytes(range(256)) * 40_960
    assert store.read(store.put(content)) == content


def test_the_same_content_is_kept_once(store, tmp_path):
    assert store.put(b"photo") == store.put(b"photo")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_many_threads_may_put_the_same_content_at_once(store, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(store.put, [b"photo" * 10_000] * 40))
    assert [store.read(digest) for digest in digests] == [b"photo" * 10_000]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_another_store_over_the_same_place_reads_what_was_put(store, tmp_path):
    digest = store.put(b"photo")
    assert FolderFileStore(tmp_path / "files").read(digest) == b"photo"


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "0" * 64,
        "../" * 20 + "etc/passwd",
        "/etc/passwd",
        "A" * 64,
        "0" * 63,
        "0" * 65,
        "0" * 64 + "\n",
        "0" * 64 + "\x00",
        "𠮷" * 64,
        "..",
    ],
)
def test_what_is_not_there_and_what_is_no_digest_is_not_found(store, digest):
    with pytest.raises(NotFound) as refusal:
        store.read(digest)
    assert refusal.value.code == "file.not_found"
