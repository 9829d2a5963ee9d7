"""Uploaded files in a folder, each under its SHA-256: the same photo twice is one file, and none is ever changed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from hotline.domain.errors import NotFound, Unavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FolderFileStore:
    """See hotline.ports.FileStore."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if not target.exists():
            try:
                self._write(target, content)
            except OSError as error:
                raise Unavailable("file.not_kept", "附件暂时存不下，请稍后再试") from error
        return digest

    def _write(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            try:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
                os.replace(part.name, target)
            except OSError:
                os.unlink(part.name)
                raise

    def read(self, digest: str) -> bytes:
        if not _DIGEST.fullmatch(digest) or not self._path(digest).is_file():
            raise NotFound("file.not_found", "附件不存在")
        return self._path(digest).read_bytes()

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest
