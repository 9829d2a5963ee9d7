"""督办墙 /wall: big numbers that refresh themselves, per-unit work that clicks through to its tickets, exceptions to act on."""

from __future__ import annotations

from hotline.services import watching
from hotline.web.base import PageHandler


class Wall(PageHandler):
    """The whole page; htmx takes the part that moves out of it every 20 seconds."""

    needs = {"get": "desk.wall"}

    async def get(self) -> None:
        self.page("wall/wall.html", wall=await self.runtime.read(watching.wall, self.who()))


ROUTES = [(r"/wall", Wall)]
