"""RSS 0.9x, 1.0 and 2.0, Atom, RDF and their many dialects, through feedparser.

feedparser reads nearly anything; around it we decide the character set (see `charset`), repair
what would push it into its loose parser, refuse entity bombs, and bound the number of items.
Its sanitiser is off: it is neither safe (markup comes through) nor needed, since `parse` makes
plain text of everything. Some inputs cost it many seconds: run it where it can be killed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from pipeline.formats import NO_DATE, Dated, Document, RawEntry, Text, charset
from pipeline.formats.dates import read_date
from pipeline.records import Feed, Payload

MAX_ITEMS = 2_000  # kept from the top, and as many from the end, before parsing

# What feedparser lets escape on broken input, seen in fuzzing and in its issue tracker.
_PARSER_BUGS = (
    ValueError,
    OverflowError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\b", re.I)
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry|channel|rss|feed|rdf)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"</(?:[\w.-]{1,40}:)?(?:link|guid|id)\b|<link\b[^>]*/>", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>/])", re.I)
_BEFORE_ROOT = re.compile(r"^(?:[\s\ufeff]+|<!--.*?-->|<\?[^>]*>)+", re.S)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Two shapes that cost the library half a minute: a tag full of attributes, and a long name in
# which it looks for an e-mail address.
_LONG_TAG = re.compile(r"<([A-Za-z][\w:.-]*)\s[^<>]{20000,}?(/?)>")
_LONG_NAME = re.compile(
    r"(<(?:[\w.-]+:)?(?:author|creator|managingeditor|webmaster|publisher|contributor)\b[^<>]{0,500}>"
    r"\s*(?:<!\[CDATA\[)?[^<\]]{500})[^<\]]+",
    re.I,
)
_ENTITY = re.compile(r"<!ENTITY\s+[%\s]*[\w.-]+\s+(\"[^\"]*\"|'[^']*')", re.I)
MAX_ENTITY_CHARS = 1_000  # honest entities are single characters
_ATOM_DATES = {"published": "published", "updated": "updated", "created": "created"}
_ATOM03_DATES = {"published": "issued", "updated": "modified", "created": "created"}
_RSS_DATES = {"published": "pubDate", "updated": "dc:date", "created": "dcterms:created"}


def sniff(payload: Payload) -> bool:
    """Take whatever no other format wanted."""
    return True


def read(payload: Payload, feed: Feed) -> Document:
    """Return the entries of an XML feed; of a damaged one, those that can be saved."""
    decoded = charset.decode(payload.body, content_type=payload.content_type)
    if _is_bomb(decoded.text):
        notes: tuple[str, ...] = ("refused: entity expansion",)
        return Document(format="", encoding=decoded.encoding, notes=notes)
    text, repairs = _repaired(decoded.text)
    result = _parse(text, payload.url)
    if result is None:
        return Document(format="", encoding=decoded.encoding, notes=("the parser gave up",))
    notes = _notes(decoded, repairs, result)
    return _document(result, decoded.encoding, notes, feed)


# -- before the parser ------------------------------------------------------------------


def _is_bomb(text: str) -> bool:
    """Say whether entities are declared that contain entities, or are long."""
    start = text.find("<!ENTITY")
    if start < 0:
        return False
    values = [match[1] for match in _ENTITY.finditer(text, start, start + 200_000)]
    nested = [value for value in values if re.search(r"&\w+;[^&]*&\w+;", value)]
    return bool(nested) or any(len(value) > MAX_ENTITY_CHARS for value in values)


def _repaired(text: str) -> tuple[str, tuple[str, ...]]:
    """Return text the strict parser has a chance with, and what was done to it."""
    notes = []
    # Declarations stand before the root, twice, or misspelt; we transcode anyway.
    text = _BEFORE_ROOT.sub("", text, count=1)
    if not text.startswith("<") or text[:3].lower() in ("<br", "<b>"):
        text = _from_root(text)
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("", text)
        notes.append("control characters removed")
    text = _LONG_NAME.sub(r"\1", _LONG_TAG.sub(r"<\1\2>", text))
    stray = _ITEM.search(text)
    prefix = stray[0][1:].rpartition(":")[0] if stray else ""
    if prefix and f"xmlns:{prefix}" not in text:
        text = re.sub(rf"(</?){re.escape(prefix)}:", r"\1", text)
        notes.append(f"undeclared prefix {prefix[:20]!r} ignored")
    whole = _without_torso(text)
    if whole != text:
        text = whole
        notes.append("cut short: the unfinished last item left out")
    text, dropped = _bounded(text)
    if dropped:
        notes.append(f"cut: {dropped} items in the middle left out")
    return text, tuple(notes)


def _from_root(text: str) -> str:
    """Drop what a broken server script wrote before the feed."""
    root = _ROOT.search(text)
    return text[root.start() :] if root else text


def _without_torso(text: str) -> str:
    """Leave out the item in which a feed breaks off; the only one stays if it has its address.

    Without its address it would be another article, and half its words are an edit next time.
    """
    starts = [match.start() for match in _ITEM.finditer(text)]
    if not starts or _END.search(text, starts[-1]):
        return text
    is_torso = _END.search(text, starts[0], starts[-1]) or not _ADDRESS.search(text, starts[-1])
    return text[: starts[-1]] if is_torso else text


def _bounded(text: str) -> tuple[str, int]:
    """Leave out the middle of a feed with too many items: the newest stand at one end."""
    starts = [match.start() for match in _ITEM.finditer(text)]
    surplus = len(starts) - 2 * MAX_ITEMS
    if surplus <= 0:
        return text, 0
    return text[: starts[MAX_ITEMS]] + text[starts[-MAX_ITEMS] :], surplus


# -- the parser -------------------------------------------------------------------------


def _parse(text: str, url: str) -> Any:
    """Return feedparser's result, or None when it failed."""
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    data = text.encode("utf-8", "replace")
    try:
        return feedparser.parse(
            io.BytesIO(data),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _PARSER_BUGS:
        return None


def _notes(decoded: charset.Decoded, repairs: tuple[str, ...], result: Any) -> tuple[str, ...]:
    notes = list(repairs)
    if decoded.guessed:
        notes.append(f"charset guessed: {decoded.encoding}")
    if decoded.damaged:
        notes.append("some characters unreadable")
    if result.get("bozo"):
        notes.append(f"malformed, {len(result.entries)} entries recovered")
    return tuple(notes)


def _document(result: Any, encoding: str, notes: tuple[str, ...], feed: Feed) -> Document:
    language = result.feed.get("language") or None
    version = result.get("version") or ""
    return Document(
        format=version or ("xml" if result.entries else ""),
        encoding=encoding,
        entries=tuple(_entry(item, version, language, feed) for item in result.entries),
        language=language,
        notes=notes,
    )


# -- after the parser ---------------------------------------------------------------------


def _entry(item: Any, version: str, feed_language: str | None, feed: Feed) -> RawEntry:
    title, summary, content = _words(item)
    published, updated = _dates(item, version, feed)
    source = item.get("source") or {}
    return RawEntry(
        link=_string(item.get("feedburner_origlink")) or _link(item),
        guid=_string(item.get("id")) or None,
        title=title,
        summary=summary,
        content=content,
        authors=_authors(item),
        tags=_tags(item),
        published=published,
        updated=updated,
        language=_own_language(item, feed_language),
        outlet=_string(source.get("title")) or None,
        outlet_url=_string(source.get("href")) or None,
    )


def _words(item: Any) -> tuple[Text, Text, Text]:
    title = _text(item, "title")
    summary = _text(item, "summary")
    parts = [part for part in item.get("content") or [] if _string(part.get("value"))]
    longest = max(parts, key=lambda part: len(part["value"]), default=None)
    content = _rich(longest["value"], longest) if longest else Text()
    return title, (Text() if summary == content else summary), content


def _text(item: Any, key: str) -> Text:
    value = _string(dict.get(item, key))
    return _rich(value, dict.get(item, f"{key}_detail") or {})


def _rich(value: str, detail: Mapping[str, object]) -> Text:
    kind = str(detail.get("type") or "text/html")
    return Text(value=value, is_html="html" in kind)


def _link(item: Any) -> str | None:
    """Return the entry's page: the alternate link, else any link that is no enclosure."""
    link = _string(item.get("link"))
    if link:
        return link
    others = [
        one for one in item.get("links") or [] if one.get("rel") in ("alternate", "via", None)
    ]
    return next((href for one in others if (href := _string(one.get("href")))), None)


def _dates(item: Any, version: str, feed: Feed) -> tuple[Dated, Dated]:
    """Return (published, updated); where only one is given it is also the publication."""
    names = _RSS_DATES
    if version.startswith("atom"):
        names = _ATOM03_DATES if version == "atom03" else _ATOM_DATES
    found = {
        key: read_date(
            dict.get(item, key),
            element=name,
            country=feed.country,
            parsed=dict.get(item, f"{key}_parsed"),
        )
        for key, name in names.items()
    }
    published = next(
        (found[key] for key in ("published", "created", "updated") if found[key] != NO_DATE),
        NO_DATE,
    )
    return published, found["updated"]


def _authors(item: Any) -> tuple[str, ...]:
    names = [_string(person.get("name")) for person in item.get("authors") or [] if person]
    raw = _string(item.get("author"))
    if not names or "@" in raw:  # the library cuts addresses after four letters of a domain
        names = [*names[:-1], _without_address(raw)]
    return tuple(dict.fromkeys(name for name in names if name))


def _without_address(author: str) -> str:
    """Return the name in "name <address>" or "address (name)"; "" when there is only an address."""
    words = re.sub(r"<?(?:mailto:)?[^\s<>()]{1,200}@[^\s<>()]{1,200}>?", "", author[:500])
    return words.strip(" ()<>\t\n")


def _tags(item: Any) -> tuple[str, ...]:
    terms = [_string(tag.get("label") or tag.get("term")) for tag in item.get("tags") or []]
    return tuple(dict.fromkeys(term for term in terms if term))


def _own_language(item: Any, feed_language: str | None) -> str | None:
    own = _string((item.get("title_detail") or {}).get("language"))
    return own if own and own != feed_language else None


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
