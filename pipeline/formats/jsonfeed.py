"""JSON Feed 1.0 and 1.1, read leniently: wrong types are skipped, not fatal."""

from __future__ import annotations

import json
from urllib.parse import urljoin

from pipeline.formats import Dated, Document, RawEntry, Text, charset
from pipeline.formats.dates import read_date
from pipeline.records import Feed, Payload

_VERSION = "jsonfeed.org/version/"


def sniff(payload: Payload) -> bool:
    """Say whether the body starts as a JSON object does."""
    text = charset.decode(payload.body[:400]).text
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def read(payload: Payload, feed: Feed) -> Document:
    """Return the items. JSON that is no feed gives a document without a format."""
    decoded = charset.decode(payload.body)
    try:
        data = json.loads(decoded.text, strict=False)
    except (ValueError, RecursionError):
        return Document(format="", encoding=decoded.encoding, notes=("broken JSON",))
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return Document(format="", encoding=decoded.encoding, notes=("JSON, but no feed",))
    items = [item for item in data["items"] if isinstance(item, dict)]
    authors = _authors(data)
    return Document(
        format=_name(data),
        encoding=decoded.encoding,
        entries=tuple(_entry(item, payload.url, feed, authors) for item in items),
        language=_text(data, "language") or None,
        notes=("charset guessed",) if decoded.guessed else (),
    )


def _name(data: dict[str, object]) -> str:
    version = _text(data, "version")
    return "json" + version.rpartition("/")[2].replace(".", "") if _VERSION in version else "json"


def _entry(
    item: dict[str, object], base: str, feed: Feed, feed_authors: tuple[str, ...]
) -> RawEntry:
    guid = _text(item, "id")
    return RawEntry(
        link=_link(item, guid, base),
        guid=guid or None,
        title=Text(value=_text(item, "title")),
        summary=Text(value=_text(item, "summary")),
        content=_content(item),
        authors=_authors(item) or feed_authors,
        tags=_tags(item),
        published=_date(item, "date_published", feed),
        updated=_date(item, "date_modified", feed),
        language=_text(item, "language") or None,
    )


def _date(item: dict[str, object], key: str, feed: Feed) -> Dated:
    return read_date(item.get(key), element=key, country=feed.country)


def _link(item: dict[str, object], guid: str, base: str) -> str | None:
    link = _text(item, "url") or _text(item, "external_url")
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    try:
        return urljoin(base, link) if link else None
    except ValueError:
        return None


def _content(item: dict[str, object]) -> Text:
    markup = _text(item, "content_html")
    return Text(value=markup, is_html=True) if markup else Text(value=_text(item, "content_text"))


def _authors(data: dict[str, object]) -> tuple[str, ...]:
    listed = data.get("authors")
    people = [*(listed if isinstance(listed, list) else []), data.get("author")]
    names = [person if isinstance(person, str) else _name_of(person) for person in people]
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _name_of(person: object) -> str:
    return _text(person, "name") if isinstance(person, dict) else ""


def _tags(item: dict[str, object]) -> tuple[str, ...]:
    tags = item.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _text(data: dict[str, object], key: str) -> str:
    """Return a string; numbers count as one (ids often are), anything else does not."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()
