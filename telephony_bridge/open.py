"""From a URL in the settings to a running bridge.

    replay:calls?speed=1                      a shipped recording, or replay:/path/to/file.ami.gz
    ami://user:secret@host:5038/?source=pbx1  a live Asterisk

Parameters of both: `source` (the name of the exchange in ids), `trunk` (endpoints and contexts that lead
to citizens, parted by commas), `area` (the area code added to local numbers, such as 010). Of replay:
`speed` (0 plays without waiting), `rebase` (0 keeps the recorded times and ids). Error messages never
repeat the URL, which may hold a secret.
"""

from __future__ import annotations

import math
import secrets
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from .api import BadSourceUrl, TelephonySource
from .clock import Clock
from .sources.ami_asterisk import Address, AmiSource
from .sources.asterisk_facts import Site
from .sources.recording import Recording
from .sources.replay import Changes, ReplaySource
from .supervise import Supervisor

_COMMON = {"source", "trunk", "area"}
_KNOWN = {"replay": _COMMON | {"speed", "rebase"}, "ami": _COMMON}


def open_bridge(url: str, clock: Clock | None = None) -> Supervisor:
    """A supervised source; iterate its `events`. Raises BadSourceUrl, RecordingError."""
    area = _read(url)[1].get("area", "")
    if area and not (area.startswith("0") and area.isdigit() and len(area) in (3, 4)):
        raise BadSourceUrl("bad_area", "电话来源的区号应为 0 开头的三位或四位数字")
    return Supervisor(open_source(url, clock), area=area, clock=clock)


def open_source(url: str, clock: Clock | None = None) -> TelephonySource:
    """A source that is not yet connected. Raises BadSourceUrl, RecordingError."""
    parts, options = _read(url)
    default = Site()
    name = options.get("source", "replay" if parts.scheme == "replay" else default.source)
    trunks = frozenset(item.strip() for item in options.get("trunk", "").split(",") if item.strip())
    site = Site(_source_name(name), trunks or default.trunks)
    if parts.scheme == "replay":
        return _replay(parts, options, site, clock)
    return AmiSource(_address(parts), site, clock)


def _read(url: str) -> tuple[SplitResult, dict[str, str]]:
    try:
        parts = urlsplit(url)
        known = _KNOWN[parts.scheme]
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query), keep_blank_values=True))
    except KeyError as error:
        raise BadSourceUrl("unknown_scheme", "电话来源的地址应以 replay: 或 ami:// 开头") from error
    except ValueError as error:
        raise BadSourceUrl("bad_url", "电话来源的地址格式不正确") from error
    unknown = sorted(set(options) - known)
    if unknown:
        raise BadSourceUrl("unknown_option", f"电话来源不认识参数 {unknown[0]}")
    return parts, options


def _source_name(name: str) -> str:
    if not name or len(name) > 32 or not all(char.isalnum() or char in "-_" for char in name):
        raise BadSourceUrl("bad_source", "电话来源的名称只能用字母、数字、- 和 _，最长 32 个")
    return name


def _replay(parts: SplitResult, options: dict[str, str], site: Site, clock: Clock | None) -> ReplaySource:
    rebase = options.get("rebase", "1")
    if rebase not in ("0", "1"):
        raise BadSourceUrl("bad_rebase", "参数 rebase 只能是 0 或 1")
    run = secrets.token_hex(4) if rebase == "1" else ""
    recording = Recording.load(unquote(parts.path) or "calls")
    changes = Changes(run=run, rebase=rebase == "1")
    return ReplaySource(recording, speed=_speed(options), changes=changes, site=site, clock=clock)


def _speed(options: dict[str, str]) -> float:
    try:
        speed = float(options.get("speed", "1"))
    except ValueError:
        speed = -1.0
    if not (math.isfinite(speed) and speed >= 0):
        raise BadSourceUrl("bad_speed", "播放速度必须是不小于零的数")
    return speed


def _address(parts: SplitResult) -> Address:
    try:
        port = parts.port or 5038
    except ValueError as error:
        raise BadSourceUrl("bad_port", "电话来源的端口不正确") from error
    if not parts.hostname or not parts.username or parts.password is None:
        raise BadSourceUrl("bad_address", "电话来源的地址需要用户名、密码和主机：ami://用户:密码@主机:端口/")
    return Address(parts.hostname, unquote(parts.username), unquote(parts.password), port)
