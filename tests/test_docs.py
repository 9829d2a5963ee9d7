"""The documents tell the truth: settings, events, commands and links exist as written, and none is left out."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from hotline.cli import parser
from hotline.domain.events import EVENTS
from hotline.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def test_every_setting_is_documented_with_its_default() -> None:
    page = _page("settings.md")
    for option in fields(Settings):
        shown = str(option.default) if option.default != "" else "（空）"
        default = shown if option.default == "" else f"`{shown}`"
        assert f"| `{option.name}` | {default} |" in page, option.name


def test_every_event_is_documented_with_its_fields() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| `\w+` \| ([\w, ]+) \|", _page("events.md"), re.M))
    assert rows == {topic: ", ".join(kind.__dataclass_fields__) for topic, kind in EVENTS.items()}


def test_every_command_is_documented() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    missing = [name for name in commands or {} if f"hotline {name}" not in readme]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_named_file_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for named in re.findall(
        r"`((?:hotline|classifiers|kb|telephony_bridge|tests|deploy|bench|docs)/[\w./-]+)`", text
    ):
        assert (ROOT / named.rstrip("/")).exists(), f"{page.name} names {named}"
