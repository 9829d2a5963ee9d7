"""Logging in and out, changing one's password, the page about oneself, and the front door."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from hotline.domain.errors import HotlineError
from hotline.services import accounts
from hotline.web.base import LOGGED_IN, PUBLIC, SESSION_COOKIE, PageHandler
from hotline.web.navigation import home_of

Short = Annotated[str, Field(max_length=200)]


class LoginForm(BaseModel):
    login: Annotated[str, Field(max_length=40)] = ""
    password: Short = ""
    next: Annotated[str, Field(max_length=500)] = ""


class PasswordForm(BaseModel):
    old: Short = ""
    password: Short = ""
    again: Short = ""


class LoginPage(PageHandler):
    needs = PUBLIC

    def get(self) -> None:
        self.page("login.html", next=self.get_query_argument("next", ""), login="", error="")

    async def post(self) -> None:
        form = self.read_form(LoginForm)
        try:
            opened = await self._log_in(form)
        except HotlineError as error:
            self.page("login.html", 403, next=form.next, login=form.login, error=error.message)
            return
        self._keep(opened.secret)
        found = await self.runtime.read(accounts.actor_of_session, opened.secret, self.options.idle_minutes)
        local = form.next.startswith("/") and not form.next.startswith(("//", "/\\"))
        self.redirect(form.next if local else home_of(found[0]) if found else "/")

    async def _log_in(self, form: LoginForm) -> accounts.LoggedIn:
        matches = await self.runtime.read(accounts.password_matches, form.login, form.password)
        opened = await self.runtime.run(
            accounts.log_in, form.login, matches, self.options.session_hours, self.address
        )
        if opened is None:
            raise accounts.wrong_login()
        return opened

    def _keep(self, secret: str) -> None:
        self.set_cookie(
            SESSION_COOKIE,
            secret,
            httponly=True,
            secure=self.options.secure_cookies,
            samesite="Lax",
            path="/",
        )


class LogoutPage(PageHandler):
    needs = PUBLIC

    async def post(self) -> None:
        await self.runtime.run(accounts.log_out, self.session_secret())
        self.clear_cookie(SESSION_COOKIE)
        self.redirect("/login")


class PasswordPage(PageHandler):
    needs = LOGGED_IN

    def get(self) -> None:
        self.page("password.html", errors={}, forced=self.must_change, done=False)

    async def post(self) -> None:
        form = self.read_form(PasswordForm)
        if form.password != form.again:
            self.page(
                "password.html", 400, errors={"again": "两次输入不一致"}, forced=self.must_change, done=False
            )
            return
        matches = await self.runtime.read(accounts.password_matches, self.who().login, form.old)
        try:
            secret = self.session_secret()
            await self.runtime.run(accounts.change_password, self.who(), matches, form.password, secret)
        except HotlineError as error:
            self.page(
                "password.html", 400, errors=error.details["fields"], forced=self.must_change, done=False
            )
            return
        self.page("password.html", errors={}, forced=False, done=True)


class FrontDoor(PageHandler):
    """Staff go to their desk, everybody else to the portal."""

    needs = PUBLIC

    def get(self) -> None:
        self.redirect(home_of(self.actor) if self.actor else "/portal")


ROUTES = [
    (r"/", FrontDoor),
    (r"/login", LoginPage),
    (r"/logout", LogoutPage),
    (r"/password", PasswordPage),
]
