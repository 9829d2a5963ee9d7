"""The embedded channel: notes that a message would have left; numbers appear masked only."""

from __future__ import annotations

import logging

from hotline.domain.personal import mask_phone

log = logging.getLogger(__name__)


class ConsoleNotifier:
    """See hotline.ports.Notifier."""

    def send(self, address: str, text: str, key: str) -> str:
        log.info("notice.sent", extra={"to": mask_phone(address), "key": key, "length": len(text)})
        return ""
