"""What the outlets of the demo serve at a moment: feeds in six formats, and article pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from pipeline.demo.script import Item

Serve = Callable[[str, Sequence[Item], str], bytes]


def page_url(base: str, item: Item) -> str:
    """Return the address of the page an item links to."""
    return f"{base}/{item.publisher.key}/{item.slug}"


def page(item: Item) -> bytes:
    """Return the article page, with what pages have around a text."""
    author = item.publisher.author or f"{item.publisher.name} staff"
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "datePublished": item.at.isoformat(),
        "author": {"@type": "Person", "name": item.credit or author},
    }
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in _with_dateline(item))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>{escape(item.title)} | {escape(item.publisher.name)}</title>
<script type="application/ld+json">{json.dumps(data)}</script></head>
<body><nav><a href="/">Home</a> <a href="/world">World</a> <a href="/sport">Sport</a></nav>
<main><article><h1>{escape(item.title)}</h1>
{text}
</article></main>
<footer>About us. All rights reserved.</footer></body></html>""".encode()


def feed(name: str, items: Sequence[Item], base: str) -> bytes:
    """Return the feed of an outlet in the format `name`, newest first."""
    ordered = sorted(items, key=lambda item: item.at, reverse=True)
    return FORMATS[name](items[0].outlet.name if items else "", ordered, base)


def not_a_feed(*_: object) -> bytes:
    """Return the page a redesigned site shows where its feed was."""
    return b"<!doctype html><html><body><h1>Our new web site</h1><p>Welcome!</p></body></html>"


def _with_dateline(item: Item) -> list[str]:
    first, *rest = item.paragraphs
    return [f"({item.credit}) — {first}" if item.credit else first, *rest]


def _summary(item: Item) -> str:
    return _with_dateline(item)[0]


def _rss(title: str, items: Sequence[Item], base: str, *, full: bool = False) -> bytes:
    rows = []
    for item in items:
        content = "".join(f"<p>{escape(p)}</p>" for p in _with_dateline(item))
        body = f"<content:encoded><![CDATA[{content}]]></content:encoded>" if full else ""
        rows.append(
            f"<item><title>{escape(item.title)}</title>"
            f"<link>{page_url(base, item)}?utm_source=rss</link>"
            f"<guid isPermaLink='false'>{item.outlet.key}-{item.slug}</guid>"
            f"<description>{escape(_summary(item))}</description>{body}"
            f"<pubDate>{format_datetime(item.at)}</pubDate></item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>{base}</link><language>en</language>"
        f"<description>News</description>{''.join(rows)}</channel></rss>"
    ).encode()


def _rss_full(title: str, items: Sequence[Item], base: str) -> bytes:
    return _rss(title, items, base, full=True)


def _atom(title: str, items: Sequence[Item], base: str) -> bytes:
    rows = "".join(
        f"<entry><title>{escape(item.title)}</title><id>urn:{item.outlet.key}:{item.slug}</id>"
        f'<link rel="alternate" href="{page_url(base, item)}"/>'
        f"<summary>{escape(_summary(item))}</summary>"
        f"<published>{item.at.isoformat()}</published><updated>{item.at.isoformat()}</updated></entry>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>{escape(title)}</title><id>{base}</id><updated>{_newest(items)}</updated>{rows}</feed>"
    ).encode()


def _json(title: str, items: Sequence[Item], base: str) -> bytes:
    rows = [
        {
            "id": f"{item.outlet.key}-{item.slug}",
            "url": page_url(base, item),
            "title": item.title,
            "summary": _summary(item),
            "date_published": item.at.isoformat(),
            "language": "en",
        }
        for item in items
    ]
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": rows}
    ).encode()


def _rdf(title: str, items: Sequence[Item], base: str) -> bytes:
    rows = "".join(
        f'<item rdf:about="{page_url(base, item)}"><title>{escape(item.title)}</title>'
        f"<link>{page_url(base, item)}</link><description>{escape(_summary(item))}</description>"
        f"<dc:date>{item.at.isoformat()}</dc:date></item>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{base}"><title>{escape(title)}</title><link>{base}</link>'
        f"<description>News</description></channel>{rows}</rdf:RDF>"
    ).encode()


def _aggregator(title: str, items: Sequence[Item], base: str) -> bytes:
    rows = "".join(
        f"<item><title>{escape(item.title)} - {escape(item.publisher.name)}</title>"
        f"<link>{page_url(base, item)}?utm_campaign=desk</link>"
        f"<guid isPermaLink='false'>desk-{item.publisher.key}-{item.slug}</guid>"
        f"<pubDate>{format_datetime(item.at)}</pubDate>"
        f'<source url="{base}/{item.publisher.key}">{escape(item.publisher.name)}</source></item>'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title>"
        f"<link>{base}</link><description>Search</description>{rows}</channel></rss>"
    ).encode()


def _newest(items: Sequence[Item]) -> str:
    times: list[datetime] = [item.at for item in items]
    return max(times).isoformat() if times else "2031-01-01T00:00:00+00:00"


FORMATS: Mapping[str, Serve] = {
    "rss": _rss,
    "rss-full": _rss_full,
    "atom": _atom,
    "json": _json,
    "rdf": _rdf,
    "aggregator": _aggregator,
    "html": not_a_feed,
}
