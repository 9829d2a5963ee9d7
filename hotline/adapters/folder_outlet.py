"""The embedded way back to an old system: one JSON file per outcome in a folder that the old system collects."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hotline.domain.errors import Unavailable


class FolderOutlet:
    """See hotline.ports.LegacyOutlet. A file appears whole or not at all; the key makes repeats harmless."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def push(self, hotline: str, payload: dict[str, Any], key: str) -> str:
        target = self._folder / hotline / f"{key}.json"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_text(json.dumps(payload, ensure_ascii=False, indent=1), "utf-8")
            os.replace(part, target)
        except OSError as error:
            raise Unavailable("outlet.folder", "回推目录暂时不可写") from error
        return ""
