"""The demo's outlets on loopback: feeds with validators, pages, and one feed that is gone."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from pipeline.demo import pages
from pipeline.demo.script import Crisis, Item
from pipeline.errors import TrucelineError

HOST = "127.0.0.1"


class Newsstand:
    """Serves the crisis as it stands at `now`, which the replay moves on."""

    def __init__(self, crisis: Crisis, port: int) -> None:
        self.crisis = crisis
        self.now: datetime = crisis.end_of(0)
        self.base = f"http://{HOST}:{port}"

    async def feed(self, request: web.Request) -> web.Response:
        """Answer for an outlet's feed; 304 when the reader has it already."""
        outlet = self.crisis.outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        if outlet.format == "gone":
            raise web.HTTPGone
        items = [item for item in self.crisis.items(self.now) if item.outlet == outlet]
        body = pages.feed(outlet.format, items, self.base)
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        kind = {"json": "application/feed+json", "html": "text/html"}
        content_type = kind.get(outlet.format, "application/xml")
        return web.Response(body=body, content_type=content_type, headers={"ETag": etag})

    async def page(self, request: web.Request) -> web.Response:
        """Answer for an article's page."""
        item = self._item(request.match_info["outlet"], request.match_info["slug"])
        if item is None:
            raise web.HTTPNotFound
        return web.Response(body=pages.page(item), content_type="text/html", charset="utf-8")

    def _item(self, outlet: str, slug: str) -> Item | None:
        for item in self.crisis.items(self.now):
            if (item.outlet.key, item.slug) == (outlet, slug):
                return item
        return None


@asynccontextmanager
async def newsstand(crisis: Crisis, port: int) -> AsyncIterator[Newsstand]:
    """Serve the crisis on a loopback port for the length of the block.

    Raises:
        TrucelineError: the port is taken.
    """
    stand = Newsstand(crisis, port)
    app = web.Application()
    app.router.add_get("/feeds/{outlet}", stand.feed)
    app.router.add_get("/{outlet}/{slug}", stand.page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise TrucelineError(
            "the port is taken; choose another with --port", subject=f"{HOST}:{port}"
        ) from error
    try:
        yield stand
    finally:
        await runner.cleanup()
