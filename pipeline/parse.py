"""parse: bytes to entries: plain text, canonical URL, stable id, dates with provenance.

Pure but for the clock handed in, and built of picklable records, so that a worker process can
run it: some documents cost the parser many seconds.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.client import decompress, is_wall
from pipeline.errors import FetchError, ParseError
from pipeline.formats import FORMATS, Dated, Document, RawEntry, charset
from pipeline.formats.markup import plain_line, plain_text
from pipeline.formats.pages import is_html
from pipeline.links import canonical_url, fold_url, is_aggregator, is_front_page
from pipeline.records import Entry, Feed, FeedKind, Payload, PollOutcome, stable_id

MAX_ENTRIES = 2_000  # of one feed, the newest
MAX_TITLE_CHARS = 1_000
MAX_SUMMARY_CHARS = 20_000
MAX_CONTENT_CHARS = 200_000
MAX_NAME_CHARS = 200  # of an author, tag or outlet
MAX_GUID_CHARS = 1_000
MAX_BYTES = 15_000_000
UNTITLED = "(untitled)"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: a broken clock
LATEST_AHEAD = timedelta(days=1)
_EDGES = string.punctuation + "“”„‘’‚«»–—…·•،؛؟।॥、。「」"
WEAK_GUID_CHARS = 4  # "1", "2" ... count places in the list, not stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a payload turned out to hold."""

    entries: tuple[Entry, ...]
    format: str  # rss20, atom10, json11 ...
    encoding: str
    notes: tuple[str, ...] = ()  # for people: what was repaired, guessed or cut

    @property
    def note(self) -> str:
        """The notes as one line, for `Poll.reason`."""
        return "; ".join(self.notes)


def parse_feed(payload: Payload, feed: Feed, now: datetime) -> tuple[Entry, ...]:
    """Return the entries of a feed, newest first where it is cut.

    Raises:
        ParseError: no entries here. The message begins with the `PollOutcome` it means:
            "html instead: ...", "empty: ...", "malformed: ...", "refused: ...", "too big: ...".
    """
    return read_feed(payload, feed, now).entries


def read_feed(payload: Payload, feed: Feed, now: datetime) -> Reading:
    """As `parse_feed`, with the format, the encoding and what was repaired."""
    reading = _read(payload, feed, now)
    distinct = tuple({entry.id: entry for entry in reversed(reading.entries)}.values())[::-1]
    entries = tuple(entry for entry in distinct if not _is_hollow(entry))
    if not entries:
        raise _no_feed(PollOutcome.EMPTY, "entries without a word or address", payload)
    kept = _newest(entries)
    cut = (f"cut: kept newest {len(kept)} of {len(entries)}",) if len(kept) < len(entries) else ()
    return replace(reading, entries=kept, notes=reading.notes + cut)


def _is_hollow(entry: Entry) -> bool:
    return entry.title == UNTITLED and not (entry.url or entry.summary or entry.content)


def _read(payload: Payload, feed: Feed, now: datetime) -> Reading:
    """Return every item there is, also those listed twice or without content."""
    payload = _unpacked(payload)
    if not payload.body.strip(b"\0 \t\r\n"):
        raise _no_feed(PollOutcome.EMPTY, "no bytes at all", payload)
    document = _document(payload, feed)
    if not document.entries:
        raise _why_nothing(payload, document)
    return Reading(
        entries=_entries(document, payload, feed, now),
        format=document.format,
        encoding=document.encoding,
        notes=document.notes,
    )


def _unpacked(payload: Payload) -> Payload:
    """Undo a gzip file that was served as such."""
    if len(payload.body) > MAX_BYTES:
        raise _no_feed(PollOutcome.TOO_BIG, f"more than {MAX_BYTES} bytes", payload)
    if not payload.body.startswith(b"\x1f\x8b"):
        return payload
    try:
        return replace(payload, body=decompress(payload.body, "gzip", MAX_BYTES))
    except FetchError as error:
        outcome = PollOutcome.TOO_BIG if error.kind == "too big" else PollOutcome.MALFORMED
        raise _no_feed(outcome, error.message, payload) from None


def _document(payload: Payload, feed: Feed) -> Document:
    formats = [one for one in FORMATS if one.sniff(payload)]
    return formats[0].read(payload, feed)


# -- when there are no entries ------------------------------------------------------------


def _no_feed(outcome: PollOutcome, detail: str, payload: Payload) -> ParseError:
    return ParseError(f"{outcome}: {detail}", subject=payload.feed_url)


def _why_nothing(payload: Payload, document: Document) -> ParseError:
    text = charset.decode(payload.body[:200_000], content_type=payload.content_type).text
    detail = "; ".join(document.notes)
    if is_html(text):
        return _page_instead(text, payload)
    if document.format:
        return _no_feed(PollOutcome.EMPTY, detail or "a feed without entries", payload)
    return _no_feed(PollOutcome.MALFORMED, detail or "neither feed nor page", payload)


def _page_instead(text: str, payload: Payload) -> ParseError:
    if is_wall(text):
        return _no_feed(PollOutcome.REFUSED, "bot wall", payload)
    found = feeds_in_page(text, payload.url)
    title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.I)
    named = plain_line(title[1], is_html=True, max_chars=100) if title else "a page"
    where = f"feeds found on that page: {', '.join(found)}" if found else "no feed named there"
    return _no_feed(PollOutcome.HTML, f"{named!r}; {where}", payload)


_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)


def feeds_in_page(html: str | bytes, url: str) -> tuple[str, ...]:
    """Return the feeds a page names in its `link rel=alternate`, absolute, at most ten."""
    from lxml import etree

    text = html if isinstance(html, str) else charset.decode(html).text
    text = text[:500_000].replace("\0", "")
    if not text.strip():
        return ()
    root = etree.fromstring(text.encode(), etree.HTMLParser(encoding="utf-8", no_network=True))
    links = [] if root is None else root.iter("link")
    found = (
        canonical_url(link.get("href", ""), base=url)
        for link in links
        if link.get("type", "").lower() in _FEED_TYPES
        and "alternate" in link.get("rel", "").lower()
        and link.get("href")
    )
    return tuple(dict.fromkeys(one for one in found if one))[:10]


# -- entries ----------------------------------------------------------------------------


def _entries(document: Document, payload: Payload, feed: Feed, now: datetime) -> tuple[Entry, ...]:
    language = feed.language or document.language
    return _with_ids(
        [_entry(raw, payload, feed, language=language, now=now) for raw in document.entries]
    )


def _entry(
    raw: RawEntry, payload: Payload, feed: Feed, *, language: str | None, now: datetime
) -> Entry:
    outlet = _outlet(raw, feed)
    title = plain_line(raw.title.value, is_html=raw.title.is_html, max_chars=MAX_TITLE_CHARS)
    title = _without_outlet(title, outlet if outlet != feed.outlet else None)
    summary = _text(raw.summary.value, raw.summary.is_html, MAX_SUMMARY_CHARS)
    content = _text(raw.content.value, raw.content.is_html, MAX_CONTENT_CHARS)
    url = _url(raw, payload.url)
    published, published_from = _date(raw.published, now)
    updated, _ = _date(raw.updated, now)
    return Entry(
        feed_url=feed.url,
        url=url,
        guid=raw.guid[:MAX_GUID_CHARS] if raw.guid else None,
        title=title or _stand_in(summary or content, url),
        summary="" if _words(summary) in (_words(title), _words(f"{title} {outlet}")) else summary,
        content=content,
        outlet=outlet,
        # A person's word about the feed outweighs its own: templates ship a wrong one.
        language=_primary(raw.language) or _primary(language),
        authors=_names(raw.authors),
        tags=_names(raw.tags),
        published=published,
        published_from=published_from,
        updated=updated,
    )


def _text(value: str, is_markup: bool, max_chars: int) -> str:
    return plain_text(value, is_html=is_markup, max_chars=max_chars)


def _outlet(raw: RawEntry, feed: Feed) -> str:
    """Return the publisher: an aggregator's entry names it, any other feed is its outlet's."""
    collects = feed.kind is FeedKind.AGGREGATOR or is_aggregator(feed.url)
    named = plain_line(raw.outlet or "", is_html=True, max_chars=MAX_NAME_CHARS)
    return named if collects and named else feed.outlet


def _without_outlet(title: str, outlet: str | None) -> str:
    """Drop the " - Outlet" that aggregators append to titles."""
    if not outlet:
        return title
    for dash in (" - ", " – ", " — ", " | "):
        if title.casefold().endswith(f"{dash}{outlet}".casefold()):
            return title[: -len(dash + outlet)].rstrip() or title
    return title


def _url(raw: RawEntry, base: str) -> str | None:
    """Return the story's address: the link, or a guid that is a better one."""
    url = canonical_url(raw.link, base=base) if raw.link else None
    if url and not is_front_page(url):
        return url
    guid = raw.guid or ""
    permalink = canonical_url(guid) if guid.startswith(("http://", "https://")) else None
    return permalink if permalink and not is_front_page(permalink) else url


def _stand_in(text: str, url: str | None) -> str:
    """Return a title for an entry without one: its first words, or those of its address."""
    first = text.partition("\n")[0]
    if first:
        return first if len(first) <= 120 else first[:120].rpartition(" ")[0] + " …"
    slug = urlsplit(url or "").path.rstrip("/").rpartition("/")[2]
    words = re.sub(r"\.\w{2,5}$", "", slug).replace("-", " ").replace("_", " ").strip()
    return words[:MAX_TITLE_CHARS] or UNTITLED


def _date(dated: Dated, now: datetime) -> tuple[datetime | None, str | None]:
    """Return the moment and its provenance; an impossible one is dropped, with a note."""
    when, doubt = dated.when, dated.doubt
    if when is not None and not EARLIEST <= when <= now + LATEST_AHEAD:
        doubt, when = f"doubtful: {when.date().isoformat()}", None
    if when is None and not doubt:
        return None, None
    return when, f"{dated.element} ({doubt})" if doubt else dated.element


def _primary(language: str | None) -> str | None:
    """Return the primary subtag of a language tag, if it is one."""
    primary = re.split(r"[-_]", (language or "").strip().lower())[0]
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else None


def _names(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (plain_line(name, is_html=True, max_chars=MAX_NAME_CHARS) for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name))[:50]


def _newest(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return at most `MAX_ENTRIES`; without dates the top of a feed counts as newest."""
    if len(entries) <= MAX_ENTRIES:
        return entries
    by_date = sorted(entries, key=lambda entry: entry.published or EARLIEST, reverse=True)
    return tuple(by_date[:MAX_ENTRIES])


# -- identity -----------------------------------------------------------------------------


def entry_id(entry: Entry) -> str:
    """Return the id of the article an entry is about: the same from any feed, in any run.

    Its address decides, whatever the guid does (guids are reused and churned); without an
    address of its own, guid and outlet; without a usable guid, outlet and words.
    """
    if entry.url and not is_front_page(entry.url):
        return stable_id("url", fold_url(entry.url))
    return _id_without_url(entry)


def _id_without_url(entry: Entry) -> str:
    if entry.guid and len(entry.guid) >= WEAK_GUID_CHARS:
        return stable_id("guid", entry.outlet, entry.guid)
    return _id_of_words(entry)


def _id_of_words(entry: Entry) -> str:
    return stable_id("words", entry.outlet, fingerprint(entry))


def _with_ids(entries: list[Entry]) -> tuple[Entry, ...]:
    """Set the ids: only among its neighbours does it show that an address names several stories."""
    alike: dict[str, list[Entry]] = {}
    for entry in entries:
        alike.setdefault(entry_id(entry), []).append(entry)
    rules = {found: _id_rule(group) for found, group in alike.items()}
    return tuple(
        replace(entry, id=rules[entry_id(entry)](entry), fingerprint=fingerprint(entry))
        for entry in entries
    )


def _id_rule(group: list[Entry]) -> Callable[[Entry], str]:
    """Return how to tell apart entries that `entry_id` takes for one article, if they are not."""
    if len({_words(entry.title) for entry in group}) == 1:
        return entry_id
    guids = {entry.guid for entry in group}
    if len(guids) == 1 and group[0].guid and group[0].url:
        return entry_id  # one address, one guid: an article listed twice, once before an edit
    if len(guids) == 1 or None in guids:
        return _id_of_words
    return _id_without_url


def fingerprint(entry: Entry) -> str:
    """Return what changes when the outlet changes words of title, summary or content.

    White space, punctuation around words and capitals do not count.
    """
    return stable_id(_words(entry.title), _words(entry.summary), _words(entry.content))


def _words(text: str) -> str:
    """Return the bare words of `text`, one space between them.

    Split at white space, not at what a regex calls a word: vowel signs are not letters to it.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = (word.strip(_EDGES) for word in folded.split())
    return " ".join(word for word in bare if word)


# -- one file -----------------------------------------------------------------------------


def parse_file(path: str | Path) -> dict[str, object]:
    """Return what `truceline parse --json` prints for one feed file.

    Keys: `file`, `outcome` (a `PollOutcome` value), `reason`, `format`, `encoding`, `entries`
    (each with id, title, link, published, published_from, updated, author, language).

    Raises:
        OSError: the file cannot be read. Content never raises.
    """
    data = Path(path).read_bytes()
    now = datetime.now(UTC)
    payload = Payload(
        feed_url=str(path), url="", status=200, content_type="", body=data, fetched_at=now
    )
    head: dict[str, object] = {"file": str(path)}
    try:
        reading = _read(payload, Feed(url=str(path), outlet=""), now)
    except ParseError as error:
        outcome, _, reason = error.message.partition(": ")
        found = {"outcome": outcome, "reason": reason, "format": None, "encoding": None}
        return head | found | {"entries": []}
    return head | {
        "outcome": str(PollOutcome.OK),
        "reason": reading.note,
        "format": reading.format,
        "encoding": reading.encoding,
        "entries": [_as_json(entry) for entry in reading.entries],
    }


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.url,
        "published": entry.published.isoformat() if entry.published else None,
        "published_from": entry.published_from,
        "updated": entry.updated.isoformat() if entry.updated else None,
        "author": ", ".join(entry.authors) or None,
        "language": entry.language,
    }
