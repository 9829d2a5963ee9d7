"""Model folders for tests: the shipped linear model under versions of our own, whole or broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from classifiers.ensemble import LINEAR
from classifiers.open import SHIPPED


def model_folder(parent: Path, version: str) -> Path:
    """A whole model folder that states this version."""
    folder = Path(shutil.copytree(SHIPPED / LINEAR, parent / version))
    shutil.copy(SHIPPED / "report.json", folder)
    head = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps({**head, "version": version}), "utf-8")
    return folder


def files_of(folder: Path) -> list[Path]:
    """The files that the head of a model folder vouches for."""
    return [folder / name for name in json.loads((folder / "model.json").read_text("utf-8"))["files"]]


def break_model(folder: Path) -> Path:
    """Cuts one of its files short, as a copy that was interrupted would; which one."""
    victim = files_of(folder)[0]
    victim.write_bytes(victim.read_bytes()[:100])
    return victim
