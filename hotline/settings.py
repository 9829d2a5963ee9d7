"""Every option of the platform, in one frozen dataclass: default, type and help.

Order of precedence: defaults < `hotline.toml` in HOTLINE_HOME < `HOTLINE_*` environment < `HOTLINE_*_FILE` (for
secrets). Read once by the command line and handed to bootstrap; no other module sees settings.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from hotline.domain.errors import InvalidInput


def _option(default: Any, text: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """Relative paths and sqlite:/// URLs are taken from `home`."""

    home: str = _option("var", "安装目录：数据库、索引、密钥、上传文件都在这里（HOTLINE_HOME）")
    address: str = _option("127.0.0.1", "监听地址；放在反向代理之后时保持默认")
    port: int = _option(8345, "监听端口")
    public_url: str = _option("http://127.0.0.1:8345", "市民看到的地址，用于短信和二维码")
    city: str = _option("澜州市", "城市名，显示在门户和工单上")
    database: str = _option(
        "sqlite:///hotline.db", "数据库 URL：sqlite:///文件 或 postgresql+psycopg://…", secret=True
    )
    synchronous: str = _option("FULL", "SQLite 的 synchronous：FULL 断电不丢，NORMAL 进程崩溃不丢")
    bus: str = _option("memory://", "消息总线 URL：memory:// 或 amqp://…", secret=True)
    index: str = _option(
        "sqlite:///index.db", "检索 URL：sqlite:///文件 或 http(s)://Elasticsearch", secret=True
    )
    classifier: str = _option("onnx:shipped", "分类器：onnx:shipped、onnx:/目录 或 rules:")
    telephony: str = _option(
        "replay:calls", "话务来源：replay:calls、ami://用户:密码@主机:端口 或空（不接话务）", secret=True
    )
    notifiers: str = _option(
        "console:", "对外通知渠道：console: 或 webhook:https://…（短信网关）", secret=True
    )
    legacy_outlet: str = _option(
        "folder:pushback", "双号并行结果回推：folder:目录 或 webhook:https://…", secret=True
    )
    cipher: str = _option("aesgcm", "安装时选定的个人信息加密算法：aesgcm 或 sm4")
    keys: str = _option("", "密钥（JSON），为空时用 home/keys 下的密钥文件", secret=True)
    writers: int = _option(8, "数据库写线程数；SQLite 固定为 1")
    readers: int = _option(4, "数据库读线程数")
    session_hours: int = _option(12, "登录会话最长小时数")
    idle_minutes: int = _option(60, "无操作多少分钟后退出登录")
    upload_mb: int = _option(10, "单个附件上限（MB）")
    trust_proxy: bool = _option(False, "是否采信 X-Forwarded-For（仅在反向代理之后打开）")
    secure_cookies: bool = _option(False, "Cookie 仅限 HTTPS；正式环境请打开")
    topics_hour: int = _option(2, "每天几点（本地时间）分析热点")
    topics_days: str = _option("7,30", "每天分析最近多少个整天的热点，逗号分隔；第一个是热点页默认显示的")
    topics_most: int = _option(100_000, "一次热点分析最多读多少件，超过时只取最近的")
    log_level: str = _option("INFO", "日志级别")

    def path(self, name: str) -> Path:
        """A path inside the installation folder."""
        return Path(self.home) / name

    def resolved(self, url: str) -> str:
        """A sqlite URL with a relative file made relative to home."""
        match = re.fullmatch(r"sqlite:///([^/].*)", url)
        return f"sqlite:///{self.path(match[1]).absolute()}" if match else url


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads defaults, hotline.toml and the environment. InvalidInput names an unknown key or a wrong type."""
    return load_with_sources(environ)[0]


def load_with_sources(environ: Mapping[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
    """The settings, and where each value came from."""
    environ = os.environ if environ is None else environ
    home = environ.get("HOTLINE_HOME", Settings.home)
    values: dict[str, Any] = {"home": home}
    sources: dict[str, str] = {"home": "HOTLINE_HOME"} if "HOTLINE_HOME" in environ else {}
    file = Path(home) / "hotline.toml"
    if file.is_file():
        for name, value in tomllib.loads(file.read_text("utf-8")).items():
            values[_known(name, str(file))], sources[name] = value, str(file)
    for option in fields(Settings):
        variable = f"HOTLINE_{option.name.upper()}"
        if f"{variable}_FILE" in environ:
            values[option.name] = Path(environ[f"{variable}_FILE"]).read_text("utf-8").strip()
            sources[option.name] = f"{variable}_FILE"
        elif variable in environ:
            values[option.name], sources[option.name] = environ[variable], variable
    typed = {name: _typed(name, value) for name, value in values.items()}
    return Settings(**typed), sources


def _known(name: str, where: str) -> str:
    names = [option.name for option in fields(Settings)]
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"，是不是 {near[0]}？" if near else ""
    raise InvalidInput("settings.unknown", f"{where} 里有不认识的设置 {name}{hint}")


def _typed(name: str, value: Any) -> Any:
    wanted = type(getattr(Settings, name))
    if isinstance(value, wanted):
        return value
    if wanted is bool:
        return str(value).lower() in ("1", "true", "yes", "on")
    try:
        return wanted(value)
    except ValueError:
        raise InvalidInput("settings.type", f"设置 {name} 应当是 {wanted.__name__}，得到 {value!r}") from None
