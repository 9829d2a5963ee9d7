"""The knowledge base over the API: searching and reading for everybody, writing with its life cycle for editors."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field

from hotline.domain.errors import InvalidInput, NotAllowed, NotIdentified
from hotline.domain.people import PORTAL_ACTOR, Actor
from hotline.ports import UnitOfWork
from hotline.services import knowledge
from hotline.web.api import schemas as s
from hotline.web.api.searching import answered, asked
from hotline.web.api.spec import PREFIX, Api, Operation, row_id
from hotline.web.base import PUBLIC
from kb.articles import MATERIAL_KINDS, MOVES, STATES, Article
from kb.documents import readable_filters
from kb.suggest import Suggestion, suggest

Scope = Literal["public", "staff"]
Section = Field("", max_length=20_000)
if TYPE_CHECKING:
    ArticleMove: TypeAlias = str
    ArticleState: TypeAlias = str
    MaterialKind: TypeAlias = str
else:
    ArticleMove, ArticleState = Literal[tuple(MOVES)], Literal[tuple(STATES)]
    MaterialKind = Literal[MATERIAL_KINDS]


class SearchQuery(s.Incoming):
    q: str = Field("", max_length=500)
    scope: Scope = Field("public", description="staff 含内部知识，须登录")
    area: s.Code = ""
    limit: int = Field(10, ge=1, le=50)
    offset: int = Field(0, ge=0, le=900)


class SuggestQuery(s.Incoming):
    q: str = Field(min_length=1, max_length=2_000, description="来电人说的话，可以很长")
    scope: Scope = "public"
    limit: int = Field(5, ge=1, le=20)


class ArticleRow(s.Outgoing):
    """列表中的一篇知识。"""

    id: int
    title: str
    answer: str
    category: str
    unit: str
    kind: str
    public: bool
    version: int
    state: str
    state_label: str


class Excerpt(s.Outgoing):
    """摘录：segments 是 [文字, 是否命中] 的列表。"""

    field: str
    segments: list[tuple[str, bool]]


class FoundArticle(ArticleRow):
    score: float
    excerpts: list[Excerpt]


class SearchAnswer(s.Outgoing):
    """检索结果，最相关的在前。"""

    total: int
    items: list[FoundArticle]


class SuggestedArticle(ArticleRow):
    score: float
    terms: list[str]


class SuggestAnswer(s.Outgoing):
    """适合这段话的知识；terms 是起作用的词。"""

    items: list[SuggestedArticle]


class ArticleSection(s.Outgoing):
    name: str
    heading: str
    text: str


class ArticleWhole(ArticleRow):
    """已发布的一篇知识。"""

    keywords: list[str]
    sections: list[ArticleSection]
    faq: list[dict[str, str]]


class ArticleEdited(ArticleWhole):
    """编写中的一篇知识；改动时要带上 revision。"""

    revision: int
    content: dict[str, str]
    published_version: int | None
    moves: list[str]
    history: list[dict[str, Any]]


class ArticlePage(s.Outgoing):
    """一页知识和各状态的篇数。"""

    items: list[ArticleRow]
    counts: dict[str, int]
    next: str | None


class ArticleQuery(s.Incoming):
    state: ArticleState | None = None
    category: s.Code = ""
    cursor: str = Field("", max_length=80, description="上一页 next 的值")
    limit: s.Limit = 50


class Asked(s.Incoming):
    """一问一答。"""

    q: str = Field(min_length=1, max_length=2_000)
    a: str = Field(min_length=1, max_length=2_000)


class ArticleBody(s.Incoming):
    """一篇知识的内容。"""

    title: str = Field(min_length=1, max_length=128)
    category: s.Code
    unit_code: s.Code
    material_kind: MaterialKind
    keywords: list[str] = Field(default_factory=list, max_length=30)
    answer: str = Section
    body: str = Section
    conditions: str = Section
    materials: str = Section
    process: str = Section
    form_sample: str = Section
    common_mistakes: str = Section
    fee: str = Section
    time_limit: str = Section
    place: str = Section
    hours: str = Section
    channels: str = Section
    contact: str = Section
    basis: str = Section
    faq: list[Asked] = Field(default_factory=list, max_length=50)
    areas: list[s.Code] = Field(default_factory=list, max_length=100)
    public: s.Flag = True
    valid_from: s.Day | None = None
    valid_to: s.Day | None = None
    next_review_on: s.Day | None = None

    def article(self, article_id: int = 0, revision: int = 1) -> Article:
        values = self.model_dump(exclude={"faq", "keywords", "areas", "revision"})
        return Article(
            **values,
            keywords=tuple(self.keywords),
            areas=tuple(self.areas),
            faq=tuple((pair.q, pair.a) for pair in self.faq),
            id=article_id,
            revision=revision,
        )


class ArticleChange(ArticleBody):
    """改后的全文；revision 是读到时的修订号，别人先改了就会被拒绝。"""

    revision: int = Field(strict=True, ge=1, le=2**31 - 1)


class ArticleMoveBody(s.Incoming):
    """知识生命周期中的一个操作。"""

    move: ArticleMove
    revision: int = Field(strict=True, ge=1, le=2**31 - 1)
    reason: str = Field("", max_length=500)


class FeedbackBody(s.Incoming):
    """有用、无用或纠错。"""

    kind: Literal["useful", "not_useful", "correction"]
    text: s.Note = ""


def checked_scope(actor: Actor | None, scope: Scope) -> None:
    """NotIdentified or NotAllowed where internal knowledge is asked for without the right."""
    if scope == "staff" and actor is None:
        raise NotIdentified("login.needed", "查内部知识请先登录")
    if scope == "staff" and actor is not None and not actor.may("kb.read"):
        raise NotAllowed("kb.read", "您没有查看内部知识的权限")


def _checked_area(uow: UnitOfWork, area: str) -> Any:
    if area:
        uow.reference.require("area", area, "area")
    return uow.reference


class SearchApi(Api):
    path = f"{PREFIX}/kb/search"
    operations = {
        "get": Operation(
            "searchArticles",
            "知识",
            "检索知识",
            PUBLIC,
            SearchAnswer,
            query=SearchQuery,
            errors=(401, 403),
        )
    }

    async def get(self) -> None:
        query = self.read_query(SearchQuery)
        checked_scope(self.actor, query.scope)
        question = knowledge.question(
            await self.runtime.read(_checked_area, query.area),
            query.q,
            public_only=query.scope == "public",
            today=self.runtime.clock.now().date(),
            area=query.area,
            limit=query.limit,
            offset=query.offset,
        )
        hits = await asked(self.runtime, self.runtime.article_index, question)
        self.answer(await self.runtime.run(knowledge.shown_hits, hits, query.q, query.scope))


def suggested(uow: UnitOfWork, found: list[Suggestion], scope: Scope) -> list[dict[str, Any]]:
    """Suggestions held against the database."""
    readable = uow.articles.readable([int(one.id) for one in found])
    items = []
    for one in found:
        article = readable.get(int(one.id))
        if article is not None and (article.public or scope == "staff"):
            row = knowledge.summary(uow.reference, article)
            items.append({**row, "score": round(one.score, 4), "terms": list(one.terms)})
    return items


class SuggestApi(Api):
    path = f"{PREFIX}/kb/suggest"
    operations = {
        "get": Operation(
            "suggestArticles",
            "知识",
            "按来电人的话推荐知识",
            PUBLIC,
            SuggestAnswer,
            query=SuggestQuery,
            errors=(401, 403),
        )
    }

    async def get(self) -> None:
        query = self.read_query(SuggestQuery)
        checked_scope(self.actor, query.scope)
        filters = readable_filters(on=self.runtime.clock.now().date(), public_only=query.scope == "public")
        found = await answered(
            self.runtime,
            lambda: suggest(
                self.runtime.article_index, self.runtime.analyser, query.q, filters=filters, limit=query.limit
            ),
        )
        self.answer({"items": await self.runtime.read(suggested, found, query.scope)})


def _article_page(uow: UnitOfWork, actor: Actor, query: ArticleQuery) -> dict[str, Any]:
    if query.category:
        uow.reference.require("category", query.category, "category")
    page = knowledge.listed(uow, actor, query.state or "", query.category, query.limit, _cursor(query.cursor))
    after = page["next"]
    return {**page, "next": f"{after[0].isoformat()}~{after[1]}" if after else None}


def _cursor(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    at, _, row = text.partition("~")
    try:
        moment, number = datetime.fromisoformat(at), int(row)
    except ValueError:
        raise InvalidInput("cursor.invalid", "cursor 应为上一页给出的 next") from None
    if moment.tzinfo is None or not s.EARLIEST <= moment <= s.LATEST or not 0 <= number <= s.LARGEST_ID:
        raise InvalidInput("cursor.invalid", "cursor 应为上一页给出的 next")
    return moment, number


_SAMPLE = {
    "title": "路灯不亮怎样报修",
    "category": "0301",
    "unit_code": "LZ-CGJ",
    "material_kind": "热点问答",
    "keywords": ["路灯", "报修"],
    "answer": "请告诉我们路灯所在的道路和灯杆编号，三个工作日内修复。",
}


class ArticlesApi(Api):
    path = f"{PREFIX}/kb/articles"
    operations = {
        "get": Operation(
            "listArticles", "知识", "知识列表（编写用）", "kb.read", ArticlePage, query=ArticleQuery
        ),
        "post": Operation(
            "createArticle",
            "知识",
            "新建一篇知识（草稿）",
            "kb.propose",
            ArticleEdited,
            status=201,
            body=ArticleBody,
            errors=(404, 409),
            samples={"路灯报修": _SAMPLE},
        ),
    }

    async def get(self) -> None:
        query = self.read_query(ArticleQuery)
        self.answer(await self.runtime.read(_article_page, self.who(), query))

    async def post(self) -> None:
        body = self.read_body(ArticleBody)
        made = await self.runtime.run(knowledge.save, self.who(), body.article())
        self.set_header("Location", f"{PREFIX}/kb/articles/{made['id']}")
        self.answer(made, 201)


class ArticleApi(Api):
    path = f"{PREFIX}/kb/articles/{{id}}"
    operations = {
        "get": Operation("readArticle", "知识", "编写中的一篇知识", "kb.read", ArticleEdited, errors=(404,)),
        "put": Operation(
            "changeArticle",
            "知识",
            "修改草稿",
            "kb.propose",
            ArticleEdited,
            body=ArticleChange,
            errors=(404, 409),
        ),
    }

    async def get(self, article_id: str) -> None:
        self.answer(await self.runtime.read(knowledge.edited, self.who(), row_id(article_id)))

    async def put(self, article_id: str) -> None:
        body = self.read_body(ArticleChange)
        number = row_id(article_id)
        article = body.article(number, body.revision)
        self.answer(await self.runtime.run(_changed, self.who(), number, article))


def _changed(uow: UnitOfWork, actor: Actor, article_id: int, article: Article) -> dict[str, Any]:
    """knowledge.save for an article that must be there already; it keeps where it came from."""
    knowledge.edited(uow, actor, article_id)
    stored = uow.articles.get(article_id)
    kept = {name: getattr(stored, name) for name in ("source", "external_id", "source_version")}
    return knowledge.save(uow, actor, replace(article, **kept))


class ArticleMovesApi(Api):
    path = f"{PREFIX}/kb/articles/{{id}}/moves"
    operations = {
        "post": Operation(
            "moveArticle",
            "知识",
            "提交、审核、复核发布、退回、修订、下线……",
            "kb.read",
            ArticleEdited,
            body=ArticleMoveBody,
            errors=(404, 409),
            samples={"提交审核": {"move": "submit", "revision": 1}},
        )
    }

    async def post(self, article_id: str) -> None:
        body = self.read_body(ArticleMoveBody)
        self.answer(
            await self.runtime.run(
                knowledge.move, self.who(), row_id(article_id), body.move, body.revision, body.reason
            )
        )


class PublishedApi(Api):
    path = f"{PREFIX}/kb/published/{{id}}"
    operations = {
        "get": Operation(
            "readPublished",
            "知识",
            "已发布的一篇知识（公众只看到公开的）",
            PUBLIC,
            ArticleWhole,
            errors=(404,),
        )
    }

    async def get(self, article_id: str) -> None:
        public_only = self.actor is None or not self.actor.may("kb.read")
        self.answer(await self.runtime.read(knowledge.read, row_id(article_id), public_only))


class FeedbackApi(Api):
    path = f"{PREFIX}/kb/published/{{id}}/feedback"
    operations = {
        "post": Operation(
            "giveFeedback",
            "知识",
            "评价或纠错",
            PUBLIC,
            s.Done,
            status=201,
            body=FeedbackBody,
            errors=(404,),
        )
    }

    async def post(self, article_id: str) -> None:
        body = self.read_body(FeedbackBody)
        await self.runtime.run(_feed_back, self.actor, row_id(article_id), body.kind, body.text)
        self.answer({"ok": True}, 201)


def _feed_back(uow: UnitOfWork, actor: Actor | None, article_id: int, kind: str, text: str) -> int:
    """Feedback on an article that this reader can read."""
    knowledge.read(uow, article_id, actor is None or not actor.may("kb.read"))
    return knowledge.give_feedback(uow, actor or PORTAL_ACTOR, article_id, kind, text)


HANDLERS = (SearchApi, SuggestApi, ArticlesApi, ArticleApi, ArticleMovesApi, PublishedApi, FeedbackApi)
