"""Posts JSON to a gateway: SMS, WeChat, an old system. 2xx is taken, 4xx refused for good, anything else later."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from hotline.domain.errors import Unavailable

TIMEOUT_S = 10


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET of some page, and its 200 would pass for a receipt."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def post(url: str, body: dict[str, Any], key: str) -> str:
    """ "" when taken, the gateway's words when refused. Raises Unavailable when it should be tried again."""
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
    request = urllib.request.Request(url, data, headers, method="POST")
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            if 400 <= error.code < 500 and error.code not in (408, 409, 425, 429):
                return f"对方拒收（{error.code}）"
        raise Unavailable("gateway.error", f"对方系统返回 {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable("gateway.unreachable", "对方系统暂时连不上") from error


class WebhookNotifier:
    """See hotline.ports.Notifier."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, address: str, text: str, key: str) -> str:
        return post(self._url, {"to": address, "text": text}, key)


class WebhookOutlet:
    """See hotline.ports.LegacyOutlet."""

    def __init__(self, url: str) -> None:
        self._url = url

    def push(self, hotline: str, payload: dict[str, Any], key: str) -> str:
        return post(self._url, {"hotline": hotline, **payload}, key)
