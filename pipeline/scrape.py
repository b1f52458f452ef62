"""Stage 5: from an article's address to its text.

The page is fetched by the guarded client, read by trafilatura in a worker process, and
judged: a paywall, consent page, bot wall, soft 404 or live page is not the article's text.
Whenever the page cannot be had, the feed's own text is used and the article says so.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.errors import BlockedAddress, FetchError, WorkerError
from pipeline.records import Article, Stage, TextFrom, stable_id

if TYPE_CHECKING:
    from pipeline.client import Client
    from pipeline.workers import Workers

PAGE_BYTES = 5_000_000  # trafilatura needs over a minute for 3 to 30 MB of links or cells
TIMEOUT_S = 20.0
MAX_CHARACTERS = 200_000  # a text beyond this is a page of many texts
MIN_WORDS = 30  # a page text shorter than this and than the feed's is no gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says it is, and its text with a line per paragraph."""

    text: str = ""
    kind: str = "article"  # article, soft 404, consent page, paywall, bot wall, live page, empty
    title: str = ""
    canonical: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_from: str | None = None
    language: str | None = None


def read_page(body: bytes, url: str) -> Page:
    """Return the text and data of one HTML page. Runs in a worker: hostile pages take minutes."""
    import trafilatura
    from trafilatura.utils import load_html

    tree = load_html(body)
    if tree is None:
        return Page(kind="empty")
    data = list(_json_ld(tree))
    found = trafilatura.bare_extraction(
        tree, url=url, with_metadata=True, include_comments=False, include_tables=False
    )
    text = _paragraphs((found.text if found is not None else "") or "")[:MAX_CHARACTERS]
    title = (found.title if found is not None else "") or ""
    published, published_from = _published(data, found.date if found is not None else None)
    return Page(
        text=text,
        kind=kind_of_page(text, title, url, data),
        title=title,
        canonical=_canonical(tree, url),
        authors=_authors(data, found.author if found is not None else None),
        published=published,
        published_from=published_from,
        language=(tree.get("lang") or "").split("-")[0].lower() or None,
    )


def kind_of_page(text: str, title: str, url: str, data: Iterable[Mapping[str, Any]] = ()) -> str:
    """Say whether this is an article, or which kind of page stands in its place."""
    knowledge = _knowledge()
    data = list(data)
    if _is_live(title, url, data, knowledge["live"]):
        return "live page"
    short = len(text.split()) < knowledge["short_words"]
    for kind, patterns in knowledge["pages"].items():
        if any(p.search(title) or (short and p.search(text)) for p in patterns):
            return str(kind)
    locked = any(str(item.get("isAccessibleForFree")).lower() == "false" for item in data)
    if locked and short:
        return "paywall"
    return "article" if text.strip() else "empty"


def with_page(article: Article, page: Page) -> Article:
    """Return `article` with the page's text where that is the article's, else the feed's."""
    enough = len(page.text.split()) >= MIN_WORDS or len(page.text) > len(article.summary)
    if page.kind != "article" or not enough:
        why = page.kind if page.kind != "article" else "hardly any text"
        return with_feed_text(article, f"no text from the page: {why}")
    when = article.published or page.published
    return replace(
        article,
        text=page.text,
        text_hash=stable_id(page.text),
        text_from=TextFrom.PAGE,
        authors=article.authors or page.authors,
        language=article.language or page.language,
        published=when,
        published_from=article.published_from if article.published else page.published_from,
        stage=Stage.EXTRACT,
        note="",
    )


def with_feed_text(article: Article, why: str) -> Article:
    """Return `article` with what the feed gave as its text, marked as such."""
    text = article.summary or article.title
    return replace(
        article,
        text=text,
        text_hash=stable_id(text),
        text_from=TextFrom.FEED if article.summary else TextFrom.TITLE,
        stage=Stage.EXTRACT,
        note=why,
    )


async def scrape_article(
    article: Article, client: Client, workers: Workers, robots: Robots | None
) -> Article:
    """Return `article` with text, ready for extraction. Never raises for what the web does."""
    if article.url is None:
        return with_feed_text(article, "the feed gives no address")
    try:
        if robots is not None and not await robots.allows(article.url):
            return with_feed_text(article, "robots.txt keeps the page from us")
        response = await client.get(article.url, max_bytes=PAGE_BYTES)
        if not 200 <= response.status < 300:  # noqa: PLR2004 # success, RFC 9110
            return with_feed_text(article, f"page answered {response.status}")
        content_type = response.headers.get("content-type", "")
        if content_type and "html" not in content_type and "xml" not in content_type:
            return with_feed_text(article, f"page is {content_type.split(';')[0]}, not HTML")
        page = await workers.call_within(TIMEOUT_S, read_page, (response.body, response.url))
    except BlockedAddress as error:
        return with_feed_text(article, f"blocked address: {error.message}")
    except FetchError as error:
        return with_feed_text(article, f"page not reached: {error.message}")
    except WorkerError as error:
        return with_feed_text(article, f"page not readable: {error.message}")
    return with_page(article, page)


class Robots:
    """robots.txt of each origin, fetched once; RFC 9309: unreachable means keep out, 4xx free."""

    def __init__(self, client: Client, agent: str) -> None:
        self._client = client
        self._agent = agent
        self._rules: dict[str, Any] = {}

    async def allows(self, url: str) -> bool:
        """Say whether our agent may fetch `url`."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._rules:
            self._rules[origin] = await self._read(origin)
        rules = self._rules[origin]
        return bool(rules.can_fetch(self._agent, url))

    async def _read(self, origin: str) -> Any:  # urllib's parser has no types worth naming
        from urllib.robotparser import RobotFileParser

        parser = RobotFileParser()
        try:
            response = await self._client.get(f"{origin}/robots.txt", max_bytes=500_000)
        except FetchError:
            parser.parse(["User-agent: *", "Disallow: /"])
            return parser
        if 500 <= response.status:  # noqa: PLR2004 # server error: keep out, RFC 9309 2.3.1.4
            parser.parse(["User-agent: *", "Disallow: /"])
        elif response.status >= 400:  # noqa: PLR2004 # no robots.txt: free, RFC 9309 2.3.1.3
            parser.parse([])
        else:
            parser.parse(response.body.decode("utf-8", "replace").splitlines())
        return parser


@cache
def _knowledge() -> dict[str, Any]:
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    raw["pages"] = {
        kind: [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
        for kind, patterns in raw["pages"].items()
    }
    for name in ("url", "title"):
        raw["live"][name] = re.compile(raw["live"][name], re.IGNORECASE)
    return raw


def _is_live(
    title: str, url: str, data: Iterable[Mapping[str, Any]], live: Mapping[str, Any]
) -> bool:
    types = {name for item in data for name in _types(item)}
    return bool(
        types & set(live["types"])
        or live["url"].search(urlsplit(url).path)
        or live["title"].search(title)
    )


def _types(item: Mapping[str, Any]) -> list[str]:
    kind = item.get("@type", [])
    return [kind] if isinstance(kind, str) else [str(name) for name in kind]


def _json_ld(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every JSON-LD object of the page, graphs opened; broken ones are passed over."""
    for script in tree.xpath('//script[@type="application/ld+json"]'):
        try:
            loaded = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for item in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(item, dict):
                graph = item.get("@graph")
                yield from (g for g in graph if isinstance(g, dict)) if isinstance(
                    graph, list
                ) else (item,)


def _published(
    data: Iterable[Mapping[str, Any]], guessed: str | None
) -> tuple[datetime | None, str | None]:
    for item in data:
        when = _time(item.get("datePublished"))
        if when is not None:
            return when, "json-ld datePublished"
    when = _time(guessed)
    return (when, "page meta") if when is not None else (None, None)


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _authors(data: Iterable[Mapping[str, Any]], guessed: str | None) -> tuple[str, ...]:
    for item in data:
        authors = item.get("author")
        listed = authors if isinstance(authors, list) else [authors]
        names = [a.get("name") if isinstance(a, dict) else a for a in listed]
        plain = tuple(n.strip() for n in names if isinstance(n, str) and n.strip())
        if plain:
            return plain[:5]
    return tuple(name.strip() for name in (guessed or "").split(";") if name.strip())[:5]


def _canonical(tree: Any, url: str) -> str | None:
    """Return the page's canonical address; one on another host cannot speak for this page."""
    for href in tree.xpath('//link[@rel="canonical"]/@href'):
        if urlsplit(href).hostname == urlsplit(url).hostname:
            return str(href)
    return None


def _paragraphs(text: str) -> str:
    """Put a blank line between paragraphs; the extractor reads them one by one."""
    return "\n\n".join(line.strip() for line in text.splitlines() if line.strip())
