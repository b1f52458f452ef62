"""Read one HTML page: the text of the article on it, and what it says about itself.

Runs in a worker process: hostile pages take minutes.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.formats.charset import decode
from pipeline.scrape.kinds import kind_of_page
from pipeline.scrape.metadata import is_headline, json_ld, own_items, page_authors, page_date

MAX_CHARACTERS = 200_000  # a text beyond this is a page of many texts
META_BYTES = 4_096  # the charset of a page is declared in its beginning
# What stands among an article's paragraphs without belonging to them.
PRUNED = [
    "//figure//figcaption",
    "//figcaption",
    "//aside",
    "//*[@role='complementary' or @role='navigation']",
]
MAGIC = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"\x1f\x8b")
WIDE = (b"\xff\xfe", b"\xfe\xff")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDate:
    """When a page says that it was published, where it says so, and what is doubtful about it."""

    when: datetime
    element: str
    doubt: str = ""  # no zone, taken as UTC; day only


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says it is, and its text with a blank line between paragraphs."""

    text: str = ""
    kind: str = "article"  # or soft 404, consent page, paywall, bot wall, live page, no HTML, empty
    title: str = ""
    canonical: str | None = None
    authors: tuple[str, ...] = ()
    date: PageDate | None = None
    language: str | None = None


def read_page(body: bytes, url: str, content_type: str = "") -> Page:
    """Return the text and data of one HTML page, fetched from `url`."""
    import trafilatura
    from trafilatura.utils import load_html

    if _is_binary(body):
        return Page(kind="no HTML")
    html = _decoded(body, content_type)
    tree = load_html(html)
    if tree is None:
        return Page(kind="empty")
    title = _title(tree)
    items = own_items(json_ld(tree), url, title)
    when = page_date(items, tree)
    authors, language = page_authors(items, tree), _language(tree)
    canonical = _canonical(tree, url)
    found = trafilatura.bare_extraction(  # changes the tree, so it comes last
        tree, url=url, include_comments=False, include_tables=False, prune_xpath=PRUNED
    )
    text = paragraphs(getattr(found, "text", None) or "", title)
    return Page(
        text=text,
        kind=kind_of_page(text, title, url, items, html=html),
        title=title,
        canonical=canonical,
        authors=authors,
        date=PageDate(when=when[0], element=when[1], doubt=when[2]) if when else None,
        language=language,
    )


def paragraphs(text: str, title: str = "") -> str:
    """Put a blank line between paragraphs; leave out the headline and what is the site's."""
    kept: list[str] = []
    size = 0
    for line in map(str.strip, text.splitlines()):
        if not line or _is_boilerplate(line) or (not kept and is_headline(line, title)):
            continue
        size += len(line) + 2
        if size > MAX_CHARACTERS:
            # A single endless paragraph is cut, not lost.
            kept += [] if kept else [line[:MAX_CHARACTERS]]
            break
        kept.append(line)
    return "\n\n".join(kept)


def _is_boilerplate(line: str) -> bool:
    max_words, patterns = _boilerplate()
    return len(line.split()) < max_words and any(p.fullmatch(line) for p in patterns)


@cache
def _boilerplate() -> tuple[int, tuple[re.Pattern[str], ...]]:
    raw = tomllib.loads(files("pipeline.scrape").joinpath("kinds.toml").read_text("utf-8"))
    marks = raw["boilerplate"]
    return marks["max_words"], tuple(re.compile(p, re.IGNORECASE) for p in marks["whole"])


def _is_binary(body: bytes) -> bool:
    head = body[:1024]
    if head.lstrip().startswith(MAGIC):
        return True
    return head.count(b"\0") > 8 and not head.startswith(WIDE) and b"<\0" not in head


def _decoded(body: bytes, content_type: str) -> str:
    """Return the page's characters: what the bytes prove comes before what anybody declares."""
    declared = _META_CHARSET.search(body[:META_BYTES])
    if declared and "charset" not in content_type.lower():
        content_type = f"text/html; charset={declared[1].decode('ascii', 'replace')}"
    return decode(body, content_type=content_type).text


def _title(tree: Any) -> str:
    for path in ("//meta[@property='og:title']/@content", "//title//text()", "//h1//text()"):
        words = " ".join(" ".join(map(str, tree.xpath(path)[:20])).split())
        if words:
            return words[:500]
    return ""


def _language(tree: Any) -> str | None:
    tag = str(tree.get("lang") or tree.get("xml:lang") or "").strip().lower()
    primary = re.split(r"[-_]", tag)[0]
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else None


def _canonical(tree: Any, url: str) -> str | None:
    """Return the page's canonical address; one on another host cannot speak for this page."""
    for href in tree.xpath("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href"):
        try:
            absolute = urljoin(url, str(href).strip())
            if urlsplit(absolute).hostname == urlsplit(url).hostname:
                return absolute
        except ValueError:
            continue
    return None
