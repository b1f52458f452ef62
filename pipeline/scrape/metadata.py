"""What a page says about its article in JSON-LD and meta elements: when, and by whom."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.links import canonical_url, fold_url
from pipeline.scrape.kinds import types_of

Item = Mapping[str, Any]

ARTICLES = ("Article", "Posting", "NewsStory", "Report")  # how names of such types end
MAX_AUTHORS = 5
MAX_NAME = 100
MAX_ITEMS = 200
DEPTH = 4
ADDRESSES = ("url", "@id", "mainEntityOfPage")
INSIDE = ("@graph", "mainEntity", "mainEntityOfPage")  # not itemListElement: others' stories
DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='publish-date' or @name='pubdate' or @name='date']/@content",
    "//article//time[@datetime][1]/@datetime",
)
AUTHORS = (
    "//meta[@name='author']/@content",
    "//meta[@property='article:author']/@content",
    "//*[@rel='author'][not(self::link)]//text()",
    "//*[@itemprop='author']//*[@itemprop='name']//text()",
)

# Old pages hide their scripts from older browsers.
_WRAPPING = re.compile(r"^\s*(?:<!--|(?://\s*)?<!\[CDATA\[)|(?:-->|(?://\s*)?\]\]>)\s*$")

When = tuple[datetime, str, str]  # moment, element, what is doubtful


def json_ld(tree: Any) -> Iterator[Item]:
    """Yield the JSON-LD objects of a page, graphs opened; broken ones are passed over."""
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        yield from _opened(_loaded(script.text or ""), DEPTH)


def own_items(items: Iterable[Item], url: str, title: str) -> tuple[Item, ...]:
    """Return the objects that describe the page's own article, not those it links to.

    These are the articles with the page's address or headline; where none has, the first.
    """
    found = [item for item, _ in zip(items, range(MAX_ITEMS), strict=False)]
    articles = [item for item in found if _is_article(item)]
    here = _folded(url)
    own = [item for item in articles if here in _addresses(item)] or [
        item for item in articles if is_headline(str(item.get("headline") or ""), title)
    ]
    # A page of no article (a WebPage that says it is closed) may still speak for itself.
    return tuple(own or articles[:1] or found[:1])


def is_headline(line: str, title: str) -> bool:
    """Say whether `line` is a page's title, which may have the site's name behind it."""
    words = re.findall(r"\w+", html.unescape(line).lower())
    return bool(words) and re.findall(r"\w+", title.lower())[: len(words)] == words


def page_date(items: Sequence[Item], tree: Any) -> When | None:
    """Return when the page's article was published; a moment with its zone before one without."""
    told = [(item.get("datePublished"), "json-ld datePublished") for item in items]
    told += [(value, "page meta") for path in DATES for value in tree.xpath(path)[:1]]
    dates = [date for value, element in told if (date := _dated(value, element)) is not None]
    return min(dates, key=lambda date: bool(date[2]), default=None)


def page_authors(items: Sequence[Item], tree: Any) -> tuple[str, ...]:
    """Return the names of the article's authors."""
    for item in items:
        names = _names(item.get("author") or item.get("creator"))
        if names:
            return names
    for path in AUTHORS:
        names = _names([str(value) for value in tree.xpath(path)])
        if names:
            return names
    return ()


def _loaded(text: str) -> Any:
    text = re.sub(
        r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", text
    )
    try:
        return json.loads(text.strip().rstrip(";"), strict=False)  # line breaks in strings
    except (ValueError, RecursionError):
        return None


def _opened(value: Any, depth: int) -> Iterator[Item]:
    if depth == 0:
        return
    if isinstance(value, list):
        for one in value:
            yield from _opened(one, depth)
    elif isinstance(value, dict):
        yield value
        for name in INSIDE:
            yield from _opened(value.get(name), depth - 1)


def _is_article(item: Item) -> bool:
    return any(
        name.endswith(("Article", "Posting", "NewsStory", "Report")) for name in types_of(item)
    )


def _addresses(item: Item) -> set[str]:
    values = [item.get(name) for name in ADDRESSES]
    values += [v.get(name) for v in values if isinstance(v, dict) for name in ("@id", "url")]
    return {_folded(value) for value in values if isinstance(value, str)} - {""}


def _folded(url: str) -> str:
    clean = canonical_url(url)
    return fold_url(clean) if clean else ""


def _dated(value: object, element: str) -> When | None:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        return None
    text = re.sub(r"\s*([+-]\d{2}):?(\d{2})$", r"\1:\2", value.strip())
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        if len(text) <= len("2000-01-01"):
            return when.replace(tzinfo=UTC), element, "day only"
        if when.tzinfo is None:
            return when.replace(tzinfo=UTC), element, "no zone, taken as UTC"
        return when.astimezone(UTC), element, ""
    except OverflowError:
        return None


def _names(value: object) -> tuple[str, ...]:
    """Return the names in a string, an object, or a list of either."""
    listed = value if isinstance(value, list) else [value]
    names: list[str] = []
    for one in listed:
        if isinstance(one, dict):
            names += _names(one.get("name"))
        elif isinstance(one, str):
            name = " ".join(html.unescape(one).split())
            if name and "://" not in name and len(name) <= MAX_NAME:
                names.append(name)
    return tuple(dict.fromkeys(names))[:MAX_AUTHORS]
