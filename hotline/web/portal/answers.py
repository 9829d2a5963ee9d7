"""Home, search, one answer, 有用吗, the large-type switch, and how personal data is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from hotline.domain.people import PORTAL_ACTOR
from hotline.services import knowledge, portal
from hotline.web.api.searching import asked
from hotline.web.base import PUBLIC, PageHandler
from hotline.web.limiter import Limiter

TOPICS = (
    ("社保参保", "id-badge"),
    ("公积金提取", "building"),
    ("居住证", "home"),
    ("医保报销", "heart-handshake"),
    ("入学报名", "school"),
    ("噪声扰民", "music"),
)
PAGE = 10
feedback_limit = Limiter(30, 600)


class Search(BaseModel):
    q: Annotated[str, Field(max_length=200)] = ""
    page: Annotated[int, Field(ge=1, le=90)] = 1


class Feedback(BaseModel):
    kind: Annotated[str, Field(pattern="^(useful|not_useful|correction)$")]
    text: Annotated[str, Field(max_length=500)] = ""


class Home(PageHandler):
    needs = PUBLIC

    async def get(self) -> None:
        since = self.runtime.clock.now() - timedelta(days=7)
        heard = await self.runtime.read(portal.heard_today, since)
        self.page("portal/home.html", topics=TOPICS, heard=heard)


class SearchPage(PageHandler):
    needs = PUBLIC

    async def get(self) -> None:
        search = self.read_query(Search)
        found = await self._found(search) if search.q.strip() else {"total": 0, "items": []}
        self.page("portal/search.html", q=search.q, page=search.page, page_size=PAGE, **found)

    async def _found(self, search: Search) -> dict[str, object]:
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        query = knowledge.question(
            reference,
            search.q,
            public_only=True,
            today=self.runtime.clock.now().date(),
            limit=PAGE,
            offset=(search.page - 1) * PAGE,
        )
        hits = await asked(self.runtime, self.runtime.article_index, query)
        return await self.runtime.run(knowledge.shown_hits, hits, search.q, "public", search.page == 1)


class AnswerPage(PageHandler):
    needs = PUBLIC

    async def get(self, article_id: str) -> None:
        article = await self.runtime.read(knowledge.read, int(article_id), True)
        self.page(
            "portal/answer.html", article=article, q=self.get_query_argument("q", "")[:200], thanks=False
        )

    async def post(self, article_id: str) -> None:
        feedback_limit.count(self.address)
        form = self.read_form(Feedback)
        await self.runtime.run(knowledge.give_feedback, PORTAL_ACTOR, int(article_id), form.kind, form.text)
        article = await self.runtime.read(knowledge.read, int(article_id), True)
        self.page("portal/answer.html", article=article, q="", thanks=True)


class LargeType(PageHandler):
    """大字版 works without script: a link that sets the cookie and comes back."""

    needs = PUBLIC

    def get(self) -> None:
        self.set_cookie(
            "large_type", "1" if self.get_query_argument("on", "1") == "1" else "0", expires_days=365
        )
        back = self.get_query_argument("next", "/portal")
        self.redirect(back if back.startswith("/portal") else "/portal")


class PrivacyPage(PageHandler):
    needs = PUBLIC

    def get(self) -> None:
        self.page("portal/privacy.html")


ROUTES = [
    (r"/portal", Home),
    (r"/portal/search", SearchPage),
    (r"/portal/answers/(\d{1,16})", AnswerPage),
    (r"/portal/large", LargeType),
    (r"/portal/privacy", PrivacyPage),
]
