"""Live help beside the form: asked while somebody types, answered in pieces of the page, never in anybody's way.

What is slow or away is left out after a moment; the form works without any of it. Without script the button 分析 gets
the same help with the whole page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, TypeVar

from classifiers.api import ClassifierUnavailable, Prediction, Text
from hotline.domain.errors import HotlineError
from hotline.domain.people import Actor
from hotline.domain.personal import mask_text
from hotline.runtime import Runtime
from hotline.services import desk_help, elements, knowledge, matters
from hotline.services.desk_help import Typed
from hotline.services.elements import READ_CHARS
from hotline.web import rendering
from hotline.web.base import PageHandler
from hotline.web.desk.form import TREES, IntakeForm, deepest, levels_of
from kb.api import Query, SearchError
from kb.suggest import Suggestion, suggest

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE_S = 3.0
"""Help that takes longer is not waited for."""
LEAST_TEXT = 4
ARTICLES = 5
PIECES = ("elements", "category", "units", "knowledge", "similar", "notes", "deadline")


async def helped(runtime: Runtime, actor: Actor, typed: Typed) -> dict[str, Any]:
    """The help for what is typed: for its beginning, where it is endless. Never raises for a classifier or an index that
    is away; `enough` says whether enough is typed to be helped with. Whatever reads the text does so on the call pool,
    beside the event loop and outside any transaction."""
    typed = replace(typed, text=typed.text.strip()[:READ_CHARS])
    reference = await runtime.call(runtime.uows.current_reference)
    now = runtime.clock.now()
    area, filters = await runtime.call(desk_help.where_to_look, reference, now.date(), typed)
    enough = len(typed.text) >= LEAST_TEXT
    said = (typed.title, typed.place, typed.text)
    told, prediction, articles, sketch = await asyncio.gather(
        _patiently(runtime.call(elements.for_desk, reference, typed.text, now)),
        _patiently(_classified(runtime, typed) if enough else _nothing(None)),
        _patiently(_articles(runtime, f"{typed.title}\n{typed.text}", filters) if enough else _nothing([])),
        _patiently(runtime.call(matters.sketched, runtime.sketcher, said) if enough else _nothing(None)),
    )
    told = elements.NOTHING if told is None else told
    found = await runtime.read(desk_help.help_for, actor, typed, area, prediction, articles, sketch, told)
    return {**found, "enough": enough}


async def _nothing(value: T) -> T:
    return value


async def _patiently(work: Awaitable[T]) -> T | None:
    try:
        return await asyncio.wait_for(work, PATIENCE_S)
    except (ClassifierUnavailable, SearchError, HotlineError, TimeoutError) as error:
        log.warning("desk.help_left_out", extra={"reason": type(error).__name__})
        return None


async def _classified(runtime: Runtime, typed: Typed) -> Prediction:
    classifier = runtime.classifier
    return await runtime.call(lambda: classifier.predict([Text(typed.title, mask_text(typed.text))])[0])


async def _articles(runtime: Runtime, story: str, filters: Any) -> list[Suggestion]:
    return await runtime.call(
        lambda: suggest(runtime.article_index, runtime.analyser, story, filters=filters, limit=ARTICLES)
    )


class Suggest(PageHandler):
    """`POST /desk/suggest` with the form: {"pieces": {id: html}, "auto": {field: value}, "entities": […]}."""

    needs = {"post": "desk.intake"}

    async def post(self) -> None:
        form = self.read_form(IntakeForm)
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        found = await helped(self.runtime, self.who(), form.typed(reference))
        pieces = {f"piece-{name}": self._piece(name, form, found) for name in PIECES}
        if not form.call_id:
            pieces["piece-history"] = self._piece("history", form, found)
        if "area" not in form.set_by_hand and found["area"]:
            levels = levels_of(reference, "area", found["area"])
            pieces["f-area"] = rendering.render("desk/cascade.html", self, tree="area", levels=levels)
        self.answer({"pieces": pieces, "auto": _auto(form, found), "entities": found["entities"]})

    def _piece(self, name: str, form: IntakeForm, found: dict[str, Any]) -> str:
        return rendering.render("desk/piece.html", self, piece=name, form=form, help=found)


def _auto(form: IntakeForm, found: dict[str, Any]) -> dict[str, str]:
    """The values for fields that nobody has touched."""
    offered = {name: found[name] for name in ("title", "place", "request_type", "urgency")}
    return {name: value for name, value in offered.items() if name not in form.set_by_hand and value}


class Cascade(PageHandler):
    """The levels of an area or matter after one of them changed; plain data of the reference, so a GET."""

    needs = {"get": "desk.intake"}

    async def get(self, tree: str) -> None:
        field = "area" if tree == "area" else "category_path"
        codes = tuple(self.get_query_argument(f"{field}_{level}", "")[:64] for level in (1, 2, 3))
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        levels = levels_of(reference, tree, deepest(reference, tree, codes[: len(TREES[tree])]))
        self.page("desk/cascade.html", tree=tree, levels=levels)


class ArticleSearch(PageHandler):
    """The knowledge panel's own search box."""

    needs = {"get": "kb.read"}

    async def get(self) -> None:
        text = self.get_query_argument("kq", "").strip()[:200]
        reference, today = await self.runtime.read(lambda uow: (uow.reference, uow.now.date()))
        _, filters = desk_help.where_to_look(reference, today, Typed(text=""))
        found: list[Suggestion] | None = []
        if text:
            found = await _patiently(self._hits(Query(text, filters, limit=ARTICLES)))
        rows = None if found is None else await self.runtime.read(desk_help.articles_of, found)
        self.page("desk/piece.html", piece="knowledge", form=IntakeForm(), help={"articles": rows})

    async def _hits(self, query: Query) -> list[Suggestion]:
        hits = await self.runtime.call(self.runtime.article_index.search, query)
        return [Suggestion(hit.id, hit.score, ()) for hit in hits.hits]


class ArticlePage(PageHandler):
    """One article whole, for reading beside the form."""

    needs = {"get": "kb.read"}

    async def get(self, article_id: str) -> None:
        article = await self.runtime.read(knowledge.read, int(article_id), False)
        self.page("desk/article.html", article=article)


ROUTES = [
    (r"/desk/suggest", Suggest),
    (r"/desk/levels/(area|category)", Cascade),
    (r"/desk/articles", ArticleSearch),
    (r"/desk/articles/(\d{1,16})", ArticlePage),
]
