"""Every adapter of every seam: URL scheme -> "module:name", imported only when a setting chooses it.

Packages outside this repository register under the same scheme through the entry point groups `hotline.<seam>`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from hotline.domain.errors import InvalidInput

ADAPTERS: dict[str, dict[str, str]] = {
    "bus": {
        "memory": "hotline.adapters.bus.inprocess:InProcessBus",
        "amqp": "hotline.adapters.bus.amqp:AmqpBus",
        "amqps": "hotline.adapters.bus.amqp:AmqpBus",
    },
    "index": {
        "sqlite": "kb.index_sqlite:SqliteIndex",
        "http": "kb.index_elastic:ElasticIndex",
        "https": "kb.index_elastic:ElasticIndex",
    },
    "notifier": {
        "console": "hotline.adapters.notify.console:ConsoleNotifier",
        "webhook": "hotline.adapters.webhook:WebhookNotifier",
    },
    "outlet": {
        "folder": "hotline.adapters.folder_outlet:FolderOutlet",
        "webhook": "hotline.adapters.webhook:WebhookOutlet",
    },
}


def scheme_of(url: str) -> str:
    return url.partition(":")[0]


def find(seam: str, scheme: str) -> Callable[..., Any]:
    """The class behind a scheme. InvalidInput lists the known ones."""
    target = ADAPTERS[seam].get(scheme)
    if target is None:
        for entry in entry_points(group=f"hotline.{seam}", name=scheme):
            return entry.load()
        known = "、".join(ADAPTERS[seam])
        raise InvalidInput("settings.adapter", f"{seam} 不支持“{scheme}”，可用：{known}")
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
