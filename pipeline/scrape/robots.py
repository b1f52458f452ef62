"""robots.txt as RFC 9309 has it: who may fetch what, and what to do when nobody says."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from pipeline.errors import FetchError

if TYPE_CHECKING:
    from pipeline.client import Client

MAX_BYTES = 2_000_000  # 2.5: parse at least 500 KiB
KEPT_S = 86_400.0  # 2.4: not longer than a day
RETRY_S = 900.0  # a server that was down is asked again
SILENT = "robots.txt not readable"  # begins the refusals that are no word of the site's


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line."""

    allow: bool
    path: str  # percent-encoded; * stands for anything, a last $ for the end

    def fits(self, path: str) -> bool:
        """Say whether this line is about `path`; linear, as a regular expression with .* is not."""
        ends = self.path.endswith("$")
        first, *rest = self.path.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        if ends and not rest:
            return path == first
        at = len(first)
        last = rest.pop() if ends else ""
        for piece in rest:
            at = path.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return path.endswith(last) and len(path) - len(last) >= at


def rules_for(agent: str, robots_txt: str) -> tuple[Rule, ...]:
    """Return the lines of `robots_txt` that bind `agent` (a product token).

    All groups that name the agent count as one, else those for "*" (2.2.1).
    """
    own: list[Rule] = []
    common: list[Rule] = []
    named = False
    for agents, rules in _groups(robots_txt.removeprefix("\ufeff")):
        if agent.lower() in agents:
            named = True
            own += rules
        elif "*" in agents:
            common += rules
    return tuple(own if named else common)


def may_fetch(rules: Iterable[Rule], url: str) -> bool:
    """Apply the longest line that fits; of equal ones Allow wins; no line, no objection (2.2.2)."""
    parts = urlsplit(url)
    path = _encoded(parts.path or "/") + (f"?{_encoded(parts.query)}" if parts.query else "")
    fitting = [(len(rule.path), rule.allow) for rule in rules if rule.path and rule.fits(path)]
    return max(fitting, default=(0, True))[1]


def product_token(user_agent: str) -> str:
    """Return the name a user agent answers to: of `Mozilla/5.0 (compatible; it/1.0)` it is "it"."""
    hidden = re.search(r"compatible;\s*([A-Za-z_-]+)", user_agent)
    plain = re.match(r"[A-Za-z_-]+", user_agent)
    return hidden[1] if hidden else plain[0] if plain else ""


class Robots:
    """The robots.txt of each origin, asked for once a day, however many wait for it."""

    def __init__(
        self, client: Client, agent: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._agent = product_token(agent)
        self._clock = clock
        self._asked: dict[str, tuple[float, asyncio.Task[tuple[Rule, ...] | str]]] = {}

    async def allows(self, url: str) -> bool:
        """Say whether our agent may fetch `url`."""
        return not await self.refusal(url)

    async def refusal(self, url: str) -> str:
        """Return why our agent may not fetch `url`, "" when it may.

        Unreachable and 5xx mean keep out, other 4xx than 429 mean free (2.3.1).
        """
        try:
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        except ValueError:
            return ""  # the client says better what is wrong with it
        rules = await asyncio.shield(self._rules(origin))
        if isinstance(rules, str):
            return rules
        return "" if may_fetch(rules, url) else "robots.txt keeps the page from us"

    def _rules(self, origin: str) -> asyncio.Task[tuple[Rule, ...] | str]:
        """Return the one question about `origin`, on its way or answered."""
        since, task = self._asked.get(origin, (0.0, None))
        if task is not None and self._clock() - since < _good_for(task):
            return task
        task = asyncio.get_running_loop().create_task(self._read(origin))
        self._asked[origin] = self._clock(), task
        return task

    async def _read(self, origin: str) -> tuple[Rule, ...] | str:
        try:
            response = await self._client.get(f"{origin}/robots.txt", max_bytes=MAX_BYTES)
        except FetchError as error:
            return f"{SILENT}: {error.message}"
        if response.status >= 500 or response.status == 429:
            return f"{SILENT}: it answered {response.status}"
        if not 200 <= response.status < 300:
            return ()
        return rules_for(self._agent, response.body.decode("utf-8", "replace"))


def _good_for(task: asyncio.Task[tuple[Rule, ...] | str]) -> float:
    if task.done():
        failed = task.cancelled() or task.exception() or isinstance(task.result(), str)
        return RETRY_S if failed else KEPT_S
    return KEPT_S


def _lines(robots_txt: str) -> Iterator[tuple[str, str]]:
    for line in robots_txt.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name = name.strip().lower()
        if colon and name in ("user-agent", "allow", "disallow"):
            yield name, value.strip()


def _groups(robots_txt: str) -> Iterator[tuple[set[str], list[Rule]]]:
    """Yield who is spoken to and what is said to them."""
    agents: set[str] = set()
    for is_agent, lines in groupby(_lines(robots_txt), key=lambda line: line[0] == "user-agent"):
        if is_agent:
            agents = {value.lower() if value == "*" else product_token(value).lower()
                      for _, value in lines}  # fmt: skip
        elif agents:
            yield agents, [Rule(name == "allow", _encoded(value)) for name, value in lines]


def _encoded(path: str) -> str:
    """Write a path in one form: what need not be encoded is not, the rest is."""
    return quote(unquote(path, errors="surrogateescape"), safe="/%*$?&=:;,+@!'()~-._",
                 errors="surrogateescape")  # fmt: skip
