"""Model folders for tests: the shipped linear model under versions of our own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from classifiers.open import SHIPPED


def model_folder(parent: Path, version: str) -> Path:
    """A whole model folder that states this version."""
    folder = Path(shutil.copytree(SHIPPED, parent / version))
    head = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps({**head, "version": version}), "utf-8")
    return folder
