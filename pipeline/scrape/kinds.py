"""Which kind of page is it? What stands in an article's place must not be read as one.

An article may speak of subscribers, cookies, live broadcasts or 404 people. So words decide
only where such pages have them: as the whole title, or in the little text that they show. All
expressions are in `kinds.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from pipeline.client import is_wall

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The marks of one kind of page; each alone is enough."""

    name: str
    max_words: int  # only pages with fewer words of text are of this kind, by any mark
    title: tuple[Pattern, ...]  # the whole title, without the site's name
    text: tuple[Pattern, ...]  # somewhere in the text
    path: tuple[Pattern, ...]  # the whole path of the address


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The marks of live pages, which are long."""

    types: frozenset[str]
    path: tuple[Pattern, ...]
    title: tuple[Pattern, ...]
    stamp: Pattern  # a paragraph that is nothing but a time
    stamps: int  # so many of them make a live page


def kind_of_page(
    text: str,
    title: str,
    url: str,
    data: Iterable[Mapping[str, Any]] = (),
    *,
    html: str = "",
) -> str:
    """Return "article", or the name of the kind of page that stands in its place.

    `data` are the page's own JSON-LD objects, `html` is its source.
    """
    kinds, live = _knowledge()
    data = list(data)
    if _is_live(text, title, url, data, live):
        return "live page"
    words = len(text.split())
    for kind in kinds:
        if words < kind.max_words and _shows(kind, text, title, url):
            return kind.name
    if words < _limit("paywall") and any(_is_locked(item) for item in data):
        return "paywall"
    if words < _limit("bot wall") and is_wall(html):
        return "bot wall"
    return "article" if text.strip() else "empty"


def bare_title(title: str) -> str:
    """Return a title without the name of the site after or before it."""
    pieces = [piece.strip() for piece in re.split(r"\s+[|–—·»-]\s+|\s*[|»]\s*", title)]
    return next((piece for piece in pieces if piece), "")


def _shows(kind: Kind, text: str, title: str, url: str) -> bool:
    bare = bare_title(title)
    return (
        any(p.fullmatch(bare) or p.fullmatch(title.strip()) for p in kind.title)
        or any(p.search(text) for p in kind.text)
        or any(p.fullmatch(urlsplit(url).path) for p in kind.path)
    )


def _is_live(
    text: str, title: str, url: str, data: Iterable[Mapping[str, Any]], live: Live
) -> bool:
    types = {name for item in data for name in types_of(item)}
    stamps = sum(1 for line in text.split("\n") if live.stamp.fullmatch(line.strip()))
    return bool(
        types & live.types
        or any(p.search(urlsplit(url).path) for p in live.path)
        or any(p.search(title) for p in live.title)
        or stamps >= live.stamps
    )


def types_of(item: Mapping[str, Any]) -> list[str]:
    """Return the JSON-LD types of an object."""
    kind = item.get("@type", [])
    return [kind] if isinstance(kind, str) else [str(name) for name in kind or ()]


def _is_locked(item: Mapping[str, Any]) -> bool:
    return str(item.get("isAccessibleForFree")).lower() == "false"


@cache
def _knowledge() -> tuple[tuple[Kind, ...], Live]:
    raw = tomllib.loads(files("pipeline.scrape").joinpath("kinds.toml").read_text("utf-8"))
    live = raw["live"]
    return tuple(_kind(name, marks) for name, marks in raw["kinds"].items()), Live(
        types=frozenset(live["types"]),
        path=_patterns(live["path"]),
        title=_patterns(live["title"]),
        stamp=re.compile(live["stamp"], re.IGNORECASE),
        stamps=live["stamps"],
    )


def _kind(name: str, marks: Mapping[str, Any]) -> Kind:
    return Kind(
        name=name,
        max_words=marks["max_words"],
        title=_patterns(marks.get("title", [])),
        text=_patterns(marks.get("text", [])),
        path=_patterns(marks.get("path", [])),
    )


def _limit(name: str) -> int:
    return next(kind.max_words for kind in _knowledge()[0] if kind.name == name)


def _patterns(expressions: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(re.compile(expression, re.IGNORECASE) for expression in expressions)
