"""A small loopback web server for tests: programmable answers, every request recorded.

    def test_it(web: WebServer) -> None:
        web.route("/feed", body=b"<rss/>", headers={"ETag": '"1"'})
        web.route("/flaky", Answer(status=503), Answer(body=b"ok"))  # in turn; the last stays
        ... ask for web.url("/feed") ...
        assert web.requests[0].headers["user-agent"]

It runs in a thread of its own, so that synchronous and asynchronous tests can use it alike.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web as aioweb


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. `raw`, if given, are the bytes to put on the wire instead of a valid answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Seen], Answer]


@dataclass(slots=True)
class WebServer:
    """Routes and the requests that came."""

    port: int = 0
    requests: list[Seen] = field(default_factory=list)
    routes: dict[str, list[Answer] | Handler] = field(default_factory=dict)
    fallback: Handler | None = None  # answers what has no route

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def route(
        self,
        path: str,
        *answers: Answer,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        delay_s: float = 0.0,
    ) -> str:
        """Answer `path` with `answers` in turn, or with the one described; return its URL."""
        one = Answer(status=status, headers=headers or {}, body=body, delay_s=delay_s)
        self.routes[path] = list(answers) or [one]
        return self.url(path)

    def handle(self, path: str, handler: Handler) -> str:
        """Let `handler` decide by the request; return the URL."""
        self.routes[path] = handler
        return self.url(path)

    def seen(self, path: str) -> list[Seen]:
        return [request for request in self.requests if request.path == path]

    def _answer(self, seen: Seen) -> Answer:
        route = self.routes.get(seen.path) or self.fallback
        if route is None:
            return Answer(status=404, body=b"no such page")
        if callable(route):
            return route(seen)
        return route.pop(0) if len(route) > 1 else route[0]


async def _serve(server: WebServer, request: aioweb.Request) -> aioweb.StreamResponse:
    seen = Seen(
        method=request.method,
        path=request.path,
        query=request.query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )
    server.requests.append(seen)
    answer = server._answer(seen)
    if answer.delay_s:
        await asyncio.sleep(answer.delay_s)
    if answer.raw is not None and request.transport is not None:
        request.transport.write(answer.raw)
        request.transport.close()
    return aioweb.Response(status=answer.status, headers=answer.headers, body=answer.body)


async def _run(server: WebServer, started: threading.Event, stop: asyncio.Event) -> None:
    async def handler(request: aioweb.BaseRequest) -> aioweb.StreamResponse:
        assert isinstance(request, aioweb.Request)
        return await _serve(server, request)

    app = aioweb.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = aioweb.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = aioweb.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    started.set()
    await stop.wait()
    await runner.cleanup()


@contextmanager
def running() -> Iterator[WebServer]:
    """Run a server for the length of the `with` block."""
    server, started = WebServer(), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(_run(server, started, stop)), daemon=True
    )
    thread.start()
    assert started.wait(10), "the test server did not start"
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A fresh server; import this name into the test module."""
    with running() as server:
        yield server
