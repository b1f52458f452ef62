"""OPML, the format feed readers exchange: feeds in and out.

What OPML has no attribute for (country, kind, party ...) travels in the standard `category`
attribute as "/key/value" pairs, which other programs keep; three keys also stand as plain
attributes for people who read the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET  # only writes here

from pipeline.errors import ConfigError
from pipeline.records import Feed, FeedKind

MAX_BYTES = 10_000_000
MAX_DEPTH = 100  # listparser's time and memory grow with feeds x depth
_KEPT = tuple(item.name for item in fields(Feed) if item.name not in ("url", "outlet"))
_PLAIN = ("country", "language", "kind")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_FORBIDDEN = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_opml(data: bytes) -> tuple[Feed, ...]:
    """Return the feeds of an OPML document in its order, each address once.

    Their fields are as the document has them: whoever adds them to a list checks them.

    Raises:
        ConfigError: not OPML, too large, or with a document type (entities are refused).
    """
    import listparser

    text = _decoded(data)
    if _FORBIDDEN.search(text):
        raise ConfigError("has a document type or entities; refused", subject="OPML")
    # listparser reads it as HTML, whose charset rules are not XML's: let nothing depend on them
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("ascii", "xmlcharrefreplace")
    if _depth(body) > MAX_DEPTH:
        raise ConfigError(f"groups nested more than {MAX_DEPTH} deep", subject="OPML")
    try:
        found = listparser.parse(body)
    except (IndexError, KeyError) as error:  # it trusts end tags to match
        raise ConfigError("its tags do not match", subject="OPML") from error
    if not found["version"].startswith("opml"):
        raise ConfigError("not an OPML document", subject="OPML")
    return tuple(_feed(outline) for outline in found["feeds"])


def write_opml(feeds: Iterable[Feed]) -> bytes:
    """Return `feeds` as OPML 2.0 (ASCII, everything else as character references)."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "truceline feeds"
    body = ET.SubElement(root, "body")
    for feed in feeds:
        ET.SubElement(body, "outline", _attributes(feed))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document + b"\n"


# -- reading ----------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1_000_000} MB", subject="OPML")
    try:
        return data.decode(_encoding(data)).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise ConfigError(f"cannot be decoded: {error}", subject="OPML") from error


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    return declared.group(1).decode("ascii") if declared else "utf-8"


def _depth(body: bytes) -> int:
    """Return how deeply elements nest, as the parser below listparser sees them."""
    from lxml import etree

    gauge = _Gauge()
    etree.parse(io.BytesIO(body), etree.HTMLParser(target=gauge, recover=True))
    return gauge.deepest


class _Gauge:
    """An lxml parser target that only counts."""

    def __init__(self) -> None:
        self.depth = self.deepest = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)

    def end(self, tag: str) -> None:
        self.depth -= 1

    def close(self) -> None:
        pass


def _feed(outline: dict[str, Any]) -> Feed:
    pairs = {path[0]: unquote(path[1]) for path in outline["categories"] if len(path) == 2}
    known: dict[str, Any] = {name: pairs[name] for name in _KEPT if pairs.get(name)}
    if "enabled" in known:
        known["enabled"] = known["enabled"] != "false"
    if "kind" in known:
        kinds = set(FeedKind)
        known["kind"] = FeedKind(known["kind"]) if known["kind"] in kinds else FeedKind.OUTLET
    return Feed(url=outline["url"], outlet=outline["title"] or outline["url"], **known)


# -- writing ----------------------------------------------------------------------------


def _attributes(feed: Feed) -> dict[str, str]:
    told = {name: _told(getattr(feed, name)) for name in _KEPT}
    given = {name: value for name, value in told.items() if value}
    plain = {name: given[name] for name in _PLAIN if name in given}
    category = ",".join(f"/{name}/{quote(value, safe=' ')}" for name, value in given.items())
    all_of_it = {"type": "rss", "text": feed.outlet, "xmlUrl": feed.url, **plain}
    all_of_it["category"] = category
    return {name: _NOT_XML.sub("", value) for name, value in all_of_it.items()}


def _told(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""
