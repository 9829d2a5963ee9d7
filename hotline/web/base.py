"""What every handler shares: who asks, what they may, how input is read, how answers and errors look.

Handlers parse, call one service and answer; they have no `try`. Expected errors are mapped to statuses in one
table here. A handler class declares `needs`: the permission each verb takes, or PUBLIC or LOGGED_IN; one that
declares nothing is refused at start-up, so nothing is open by oversight.
"""

from __future__ import annotations

import http.client
import inspect
import json
import logging
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError
from tornado.web import HTTPError, RequestHandler

from hotline.domain.errors import (
    Conflict,
    HotlineError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotIdentified,
    Unavailable,
)
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import accounts
from hotline.settings import Settings
from hotline.web import rendering
from hotline.web.wording import field_faults

log = logging.getLogger(__name__)
Model = TypeVar("Model", bound=BaseModel)

PUBLIC, LOGGED_IN = "public", "logged_in"
STATUS: dict[type[HotlineError], int] = {
    InvalidInput: 400,
    NotIdentified: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
}
_PLAIN = {
    400: "请求格式不正确",
    401: "请先登录",
    403: "您没有权限，或页面已过期，请刷新后重试",
    404: "没有这个页面",
    405: "不支持这种操作",
    413: "内容太大",
    500: "系统出错了，我们已经记录",
}
SESSION_COOKIE = "hotline_session"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Handler(RequestHandler):
    """Base of all handlers. `needs`: verb (lower case) -> permission, PUBLIC or LOGGED_IN; a string means all verbs."""

    needs: str | Mapping[str, str] = ""
    wants_html = False
    actor: Actor | None = None

    @property
    def runtime(self) -> Runtime:
        return self.application.settings["runtime"]

    @property
    def options(self) -> Settings:
        return self.application.settings["options"]

    @classmethod
    def need(cls, verb: str) -> str:
        """What a verb of this handler takes."""
        return cls.needs if isinstance(cls.needs, str) else cls.needs.get(verb.lower(), "")

    @classmethod
    def verbs(cls) -> list[str]:
        """The verbs that this handler answers itself; HEAD follows GET, and OPTIONS tells them."""
        return [verb for verb in _VERBS if getattr(cls, verb) is not RequestHandler._unimplemented_method]

    @classmethod
    def verbs_at(cls, groups: int) -> list[str]:
        """Those of the verbs that take this many path groups: a list and its items may share a handler."""
        return [verb for verb in cls.verbs() if cls.need(verb) and _takes(getattr(cls, verb), groups)]

    @property
    def allowed(self) -> str:
        """The value of an Allow header."""
        given = getattr(self, "path_args", None)  # Tornado refuses an unknown verb before it reads the path
        verbs = [verb.upper() for verb in (self.verbs() if given is None else self.verbs_at(len(given)))]
        return ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else []), "OPTIONS"])

    def _tell_verbs(self) -> None:
        self.set_status(204)
        self.set_header("Allow", self.allowed)
        self.finish()

    async def head(self, *args: str, **kwargs: str) -> None:
        """As GET; Tornado leaves the body out."""
        waiting = self.get(*args, **kwargs)  # type: ignore[func-returns-value]
        if waiting is not None:
            await waiting

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """As Tornado's, refusing what no database column takes."""
        return checked_text(super().decode_argument(value, name))

    def set_default_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Finds out who asks and refuses what they may not."""
        if self.request.method == "OPTIONS":
            self._tell_verbs()
            return
        verb = "get" if self.request.method == "HEAD" else (self.request.method or "").lower()
        need = self.need(verb)
        if verb not in self.verbs_at(len(self.path_args)):
            raise HTTPError(405)
        await self._find_actor()
        if need == PUBLIC:
            return
        if self.actor is None:
            raise HTTPError(401)
        if need != LOGGED_IN and not self.actor.may(need):
            raise NotAllowed("not_allowed", "您没有这项权限", {"permission": need})

    @property
    def large_type(self) -> bool:
        """大字版, chosen by the reader and kept in a cookie."""
        return self.get_cookie("large_type") == "1"

    async def _find_actor(self) -> None:
        secret = self.session_secret()
        if not secret:
            return
        found = await self.runtime.read(accounts.actor_of_session, secret, self.options.idle_minutes)
        if found is None:
            return
        self.actor, self.must_change, seen_at = found
        if (self.runtime.clock.now() - seen_at).total_seconds() > 60:
            await self.runtime.run(accounts.touch, secret)

    must_change = False

    def session_secret(self) -> str:
        """The secret of a browser's cookie or of an `Authorization: Bearer` header."""
        bearer = self.request.headers.get("Authorization", "")
        if bearer.startswith("Bearer "):
            return bearer[7:].strip()[:200]
        return (self.get_cookie(SESSION_COOKIE) or "")[:200]

    def check_xsrf_cookie(self) -> None:
        """A bearer token is not sent by a browser on its own, so it needs no second proof."""
        if not self.request.headers.get("Authorization", "").startswith("Bearer "):
            super().check_xsrf_cookie()

    def who(self) -> Actor:
        """The logged-in actor; only for verbs that need one."""
        if self.actor is None:
            raise HTTPError(401)
        return self.actor

    @property
    def address(self) -> str:
        return self.request.remote_ip or ""

    # input
    def json_body(self) -> dict[str, Any]:
        """The JSON object of the body; InvalidInput for anything else."""
        try:
            body = json.loads(
                self.request.body or b"{}",
                parse_constant=_no_constant,
                parse_float=_finite,
                object_pairs_hook=_each_once,
            )
        except (ValueError, RecursionError):
            raise InvalidInput("body.json", "请求内容不是有效的 JSON") from None
        if not isinstance(body, dict):
            raise InvalidInput("body.object", "请求内容应为一个 JSON 对象")
        _check_values(body)
        return body

    def read_body(self, model: type[Model]) -> Model:
        """The JSON body as a model; every faulty field is named in Chinese."""
        return validated(model, self.json_body())

    def read_form(self, model: type[Model]) -> Model:
        """Form fields as a model; a field given several times becomes a list where the model wants one."""
        return validated(model, _arguments(model, self.request.body_arguments))

    def read_query(self, model: type[Model]) -> Model:
        """Query parameters as a model."""
        return validated(model, _arguments(model, self.request.query_arguments))

    # answers
    def answer(self, data: Any, status: int = 200) -> None:
        """Writes JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(rendering.to_json(data))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One shape for every error: {ok, code, message, details}; a page for browsers."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, HotlineError):
            status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
            body = {"ok": False, "code": error.code, "message": error.message, "details": error.details}
        else:
            status = status_code
            message = _PLAIN.get(status, _PLAIN[500 if status >= 500 else 400])
            if status == 405:
                message += f"，请用 {self.allowed.removesuffix(', OPTIONS').replace(', ', '、')}"
            body = {"ok": False, "code": f"http.{status}", "message": message, "details": {}}
        self.set_status(status, http.client.responses.get(status, "Error"))
        if status == 401:
            self.set_header("WWW-Authenticate", 'Bearer realm="hotline"')
        if status == 405:
            self.set_header("Allow", self.allowed)
        if status == 503:
            self.set_header("Retry-After", "2")
        self.show_error(status, body)

    def show_error(self, status: int, body: dict[str, Any]) -> None:
        self.answer(body, status)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Expected refusals are not errors; the rest is logged without the request's content."""
        if isinstance(value, HotlineError) or (isinstance(value, HTTPError) and value.status_code < 500):
            return
        log.error("request.failed", extra={"handler": type(self).__name__}, exc_info=(typ, value, tb))


class ApiHandler(Handler):
    """JSON in, JSON out, under /api/v1."""

    async def prepare(self) -> None:
        await super().prepare()
        if self.must_change:
            raise NotAllowed("password.must_change", "请先登录网页修改初始密码")

    def check_xsrf_cookie(self) -> None:
        """Without a session cookie a browser brings nothing that could be misused; the login is asked for then."""
        if self.get_cookie(SESSION_COOKIE):
            super().check_xsrf_cookie()


class MissingHandler(Handler):
    """Any URL that nobody owns."""

    needs = dict.fromkeys(("get", "post", "put", "patch", "delete", "options"), PUBLIC)

    async def prepare(self) -> None:
        raise NotFound("page.not_found", "没有这个页面")

    def check_xsrf_cookie(self) -> None:
        return None

    def show_error(self, status: int, body: dict[str, Any]) -> None:
        if self.request.path.startswith("/api/"):
            self.answer(body, status)
        else:
            self.finish(rendering.render("base/error.html", self, status=status, **_error_words(body)))


class PageHandler(Handler):
    """HTML pages. Without a session a browser is sent to the login page and comes back afterwards."""

    wants_html = True

    async def prepare(self) -> None:
        await super().prepare()
        if self.must_change and self.request.path != "/password":
            self.redirect("/password")

    def page(self, template: str, status: int = 200, **values: Any) -> None:
        """Renders a template with what every page needs."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(rendering.render(template, self, **values))

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a piece of the page only."""
        return self.request.headers.get("HX-Request") == "true"

    def show_error(self, status: int, body: dict[str, Any]) -> None:
        if status == 401 and not self.partial and self.request.method == "GET":
            self.redirect(f"/login?{_next(self.request.uri or '/')}")
        elif self.partial or "application/json" in self.request.headers.get("Accept", ""):
            self.answer(body, status)
        else:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(rendering.render("base/error.html", self, status=status, **_error_words(body)))


def _error_words(body: dict[str, Any]) -> dict[str, Any]:
    return {"code": body["code"], "message": body["message"], "details": body["details"]}


def _next(uri: str) -> str:
    return urlencode({"next": uri}) if uri.startswith("/") and not uri.startswith("//") else ""


_VERBS = ("get", "post", "put", "patch", "delete")


@cache
def _takes(method: Callable[..., Any], groups: int) -> bool:
    try:
        inspect.signature(method).bind(None, *[""] * groups)
    except TypeError:
        return False
    return True


DEEPEST_JSON = 32
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def checked_text(text: str) -> str:
    """The text, if any database can keep it; InvalidInput for NUL and for halves of surrogate pairs."""
    if _UNSTORABLE.search(text):
        raise InvalidInput("text.unstorable", "内容中含有无法保存的字符，请删去后再提交")
    return text


def _check_values(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST_JSON:
        raise InvalidInput("body.depth", "请求内容的嵌套太深")
    if isinstance(value, str):
        checked_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            checked_text(name)
            _check_values(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_values(inner, depth + 1)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidInput("body.duplicate", "请求内容中有重复的字段名")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _arguments(model: type[BaseModel], arguments: Mapping[str, list[bytes]]) -> dict[str, Any]:
    """Raw arguments -> what the model takes: lists only where it wants lists, empty texts left to the defaults."""
    values: dict[str, Any] = {}
    for name, given in arguments.items():
        known = model.model_fields.get(name)
        if known is None:
            continue
        texts = [checked_text(item.decode("utf-8", "replace")) for item in given]
        if rendering.wants_list(known.annotation):
            values[name] = [text for text in texts if text]
        elif texts[-1] != "" or known.annotation is str:
            values[name] = texts[-1]
    return values


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The model, or InvalidInput that names each field's fault in Chinese."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = field_faults(error, values)
        message = "填写有误：" + "；".join(f"{name} {text}" for name, text in list(faults.items())[:5])
        raise InvalidInput("fields.invalid", message, {"fields": faults}) from None
