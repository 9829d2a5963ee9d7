"""知识: searching first, then editing with a preview as the citizen sees it, the life cycle, and what is to be done.

Search finds what is published; what is still being written stands under its state.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hotline.domain.errors import InvalidInput, NotFound, Unavailable, invalid_field
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import administering, knowledge, knowledge_desk
from hotline.web.admin.frame import AdminPage, Code, Words, address
from hotline.web.api.searching import asked as hits_of
from kb.articles import MATERIAL_KINDS, SECTIONS, STATES, Article

_PAGE = 40
_ID = r"(\d{1,16})"


class Asked(BaseModel):
    q: Words = ""
    state: Literal[("", *STATES)] = ""  # type: ignore[valid-type]
    category: Code = ""
    after: Annotated[str, Field(max_length=60)] = ""

    @property
    def cursor(self) -> tuple[datetime, int] | None:
        at, _, row = self.after.partition("~")
        try:
            moment = datetime.fromisoformat(at) if at else None
            return (moment, int(row)) if moment and moment.tzinfo and 0 <= int(row) < 2**53 else None
        except ValueError:
            return None


class ArticleForm(BaseModel):
    """Long texts are refused by the article's own checks, with the field's name."""

    title: Annotated[str, Field(max_length=500)] = ""
    category: Code = ""
    unit_code: Code = ""
    material_kind: Annotated[str, Field(max_length=20)] = "日常咨询"
    keywords: Annotated[str, Field(max_length=1000)] = ""
    areas: list[Code] = Field(default_factory=list, max_length=100)
    public: bool = False
    valid_from: Annotated[str, Field(max_length=20)] = ""
    valid_to: Annotated[str, Field(max_length=20)] = ""
    next_review_on: Annotated[str, Field(max_length=20)] = ""
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class MoveForm(BaseModel):
    move: Annotated[str, Field(max_length=20)] = ""
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    reason: Annotated[str, Field(max_length=500)] = ""


class FeedbackForm(BaseModel):
    kind: Literal["useful", "not_useful", "correction"] = "correction"
    text: Annotated[str, Field(max_length=2000)] = ""


class KnowledgeList(AdminPage):
    needs = {"get": "kb.read"}

    async def get(self) -> None:
        asked = self.read_query(Asked)
        found, trouble = await self._found(asked)
        values = await self.runtime.read(_frame, self.who(), asked)
        query = {"state": asked.state, "category": asked.category}
        more = address("/knowledge", **query, after=found["next"]) if found["next"] else None
        self.show(
            "knowledge/list.html", asked=asked, found=found, next_href=more, **{**values, "trouble": trouble}
        )

    async def _found(self, asked: Asked) -> tuple[dict[str, Any], str]:
        if not asked.q.strip():
            return await self.runtime.read(_page, self.who(), asked), ""
        reference = await self.runtime.read(lambda uow: uow.reference)
        question = knowledge.question(reference, asked.q, public_only=False, today=self.today, limit=_PAGE)
        try:
            hits = await hits_of(self.runtime, self.runtime.article_index, question)
        except Unavailable as error:
            return {"items": [], "next": None}, error.message
        shown = await self.runtime.run(knowledge.shown_hits, hits, asked.q, "staff")
        return {"items": shown["items"], "next": None}, ""


def _page(uow: UnitOfWork, actor: Actor, asked: Asked) -> dict[str, Any]:
    found = knowledge.listed(uow, actor, asked.state, asked.category, _PAGE, asked.cursor)
    after = found["next"]
    return {**found, "next": f"{after[0].isoformat()}~{after[1]}" if after else None}


def _frame(uow: UnitOfWork, actor: Actor, asked: Asked) -> dict[str, Any]:
    counts = uow.articles.counts()
    every = {"href": "/knowledge", "label": "全部", "active": not asked.state and not asked.q}
    tabs = [every] + [
        {
            "href": f"/knowledge?state={state}",
            "label": label,
            "count": counts.get(state, 0),
            "active": state == asked.state,
        }
        for state, label in STATES.items()
    ]
    rows = uow.reference.all_of("category")
    categories = [
        (row["code"], uow.reference.path_name("category", row["code"])) for row in rows if row["level"] <= 2
    ]
    return {"tabs": tabs, "categories": categories, "tasks": knowledge_desk.tasks(uow, actor)}


class ArticlePage(AdminPage):
    """One article as the reader sees it, with its life beside it."""

    needs = {"get": "kb.read"}

    async def get(self, article_id: str) -> None:
        found = await self.runtime.read(knowledge_desk.one, self.who(), int(article_id))
        self.show("knowledge/article.html", **found)


def _editor(uow: UnitOfWork, actor: Actor, article_id: int) -> dict[str, Any]:
    rows = uow.reference.all_of("category")
    choices = {
        "categories": [(row["code"], uow.reference.path_name("category", row["code"])) for row in rows],
        "units": knowledge_desk.units(uow, actor),
        "areas": [
            (row["code"], uow.reference.path_name("area", row["code"]))
            for row in uow.reference.all_of("area")
        ],
        "kinds": MATERIAL_KINDS,
    }
    if not article_id:
        return {"stored": None, "choices": choices, "shown": None}
    found = knowledge_desk.one(uow, actor, article_id)
    if not found["editable"]:
        raise InvalidInput("kb_not_editable", "只有草稿可以修改，请先退回修改或修订")
    return {"stored": found["stored"], "choices": choices, "shown": found["article"]}


class Editor(AdminPage):
    """Writing a draft; what cannot be stored comes back with its faults beside the fields."""

    needs = {"get": "kb.propose", "post": "kb.propose"}
    tells = ("q", "a")

    async def get(self, article_id: str = "0") -> None:
        await self._form(article_id)

    async def _form(self, article_id: str, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_editor, self.who(), int(article_id))
        stored = found["stored"]
        faq = [{"q": asked, "a": answered} for asked, answered in stored.faq] if stored else []
        if more.get("typed"):
            faq = self.rows("faq", ("q", "a"))
        values = {"sections": SECTIONS, "faq": faq, "article_id": article_id}
        self.show("knowledge/editor.html", status, **found, **values, **more)

    async def post(self, article_id: str = "0") -> None:
        await self.submit(partial(self._save, int(article_id)), partial(self._form, article_id))

    async def _save(self, article_id: int) -> str:
        saved = await self.runtime.run(_saved, self.who(), self.article(article_id))
        return address(f"/knowledge/{saved['id']}", done="saved" if article_id else "added")

    def article(self, article_id: int = 0) -> Article:
        """The article as it was typed."""
        form = self.read_form(ArticleForm)
        texts = {name: self.text(name, 40_000) for name in SECTIONS}
        days = {
            name: _day(getattr(form, name), name) for name in ("valid_from", "valid_to", "next_review_on")
        }
        pairs = self.rows("faq", ("q", "a"))
        return Article(
            **form.model_dump(include={"title", "category", "unit_code", "material_kind", "public"}),
            **texts,
            **days,
            keywords=tuple(administering.words(form.keywords)),
            areas=tuple(form.areas),
            faq=tuple((pair["q"], pair["a"]) for pair in pairs),
            id=article_id,
            revision=form.revision,
        )


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise invalid_field(field, "应为日期，如 2026-12-31") from None


def _saved(uow: UnitOfWork, actor: Actor, article: Article) -> dict[str, Any]:
    """Saves, keeping where the article came from and what the form does not show."""
    if not article.id:
        return knowledge.save(uow, actor, article)
    knowledge.edited(uow, actor, article.id)
    stored = uow.articles.get(article.id)
    kept = {name: getattr(stored, name) for name in ("source", "external_id", "source_version")}
    return knowledge.save(uow, actor, replace(article, **kept))


class Preview(Editor):
    """What is typed, as the citizen will see it; answered as a piece of a page."""

    needs = {"post": "kb.propose"}

    async def post(self, article_id: str = "0") -> None:
        shown = await self.runtime.read(knowledge_desk.preview, self.article())
        self.page("knowledge/preview.html", shown=shown)


class ArticleMove(AdminPage):
    needs = {"post": "kb.read"}

    async def post(self, article_id: str) -> None:
        form = self.read_form(MoveForm)
        values = (int(article_id), form.move, form.revision, form.reason)
        await self.runtime.run(knowledge.move, self.who(), *values)
        target = f"/knowledge/{article_id}/edit" if form.move == "revise" else f"/knowledge/{article_id}"
        self.redirect(address(target, done="moved"), status=303)


class Feedback(AdminPage):
    """Staff say that an article is wrong; it becomes a task of the editors."""

    needs = {"post": "kb.read"}

    async def post(self, article_id: str) -> None:
        form = self.read_form(FeedbackForm)
        values = (int(article_id), form.kind, form.text)
        await self.runtime.run(knowledge.give_feedback, self.who(), *values)
        self.redirect(address(f"/knowledge/{article_id}", done="moved"), status=303)


class Settled(AdminPage):
    needs = {"post": "kb.write"}

    async def post(self, correction_id: str) -> None:
        text = self.text("settlement", 2000)
        if int(correction_id) >= 2**53:
            raise NotFound("kb_not_found", "没有这条纠错")
        await self.runtime.run(knowledge_desk.settle, self.who(), int(correction_id), text)
        self.redirect("/knowledge?done=settled", status=303)


ROUTES = [
    (r"/knowledge", KnowledgeList),
    (r"/knowledge/new", Editor),
    (r"/knowledge/preview", Preview),
    (rf"/knowledge/{_ID}", ArticlePage),
    (rf"/knowledge/{_ID}/edit", Editor),
    (rf"/knowledge/{_ID}/moves", ArticleMove),
    (rf"/knowledge/{_ID}/feedback", Feedback),
    (rf"/knowledge/corrections/{_ID}", Settled),
]
