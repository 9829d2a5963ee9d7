"""The rail on the left of every desk: what a person's rights open, and where they land after logging in."""

from __future__ import annotations

from typing import Any

from hotline.domain.people import Actor

ENTRIES = (
    ("/desk", "受理", "headset", "desk.intake"),
    ("/dispatch", "派单", "route", "desk.dispatch"),
    ("/unit", "承办", "building", "desk.unit"),
    ("/followup", "回访", "phone-call", "desk.follow_up"),
    ("/wall", "督办", "gavel", "desk.wall"),
    ("/topics", "热点", "flame", "topics.read"),
    ("/warnings", "预警", "urgent", "warning.read"),
    ("/reply-quality", "答复", "gauge", "quality.read"),
    ("/tickets", "工单", "list-details", "ticket.read"),
    ("/knowledge", "知识", "book", "kb.read"),
    ("/admin/imports", "导入", "file-import", "import.run"),
    ("/models", "模型", "chart-histogram", "models.read"),
    ("/admin/hotlines", "热线", "phone", "reference.read"),
    ("/admin/tree", "组织", "sitemap", "reference.read"),
    ("/admin/catalogue", "目录", "clipboard-list", "reference.read"),
    ("/admin/sla", "时限", "clock", "reference.read"),
    ("/admin/settings", "设置", "adjustments", "reference.write"),
    ("/admin/users", "账号", "users", "users.manage"),
    ("/admin/keys", "密钥", "key", "keys.manage"),
    ("/admin/dead-letters", "死信", "mail", "dead_letters.manage"),
    ("/admin/audit", "审计", "shield-check", "audit.read"),
)


def nav_for(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries that the actor may open; the one that the path is under is active."""
    return [
        {"href": href, "label": label, "icon": icon, "active": path == href or path.startswith(f"{href}/")}
        for href, label, icon, permission in ENTRIES
        if actor.may(permission)
    ]


def home_of(actor: Actor) -> str:
    """The first desk of a person."""
    return next((href for href, _, _, permission in ENTRIES if actor.may(permission)), "/me")
