"""Feed formats: what a format can do, and which there are.

A format turns bytes into a `Document` of raw entries: strings still hold the publisher's
markup, dates are UTC with the element they came from. Cleaning is `parse`'s work. To add a
format, write a module with these two functions and put it into `FORMATS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.records import Feed, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words as the feed gave them: markup, or plain."""

    value: str = ""
    is_html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A moment, the element that told it, and what is doubtful about it."""

    when: datetime | None = None
    element: str | None = None
    doubt: str = ""


NO_DATE = Dated()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One item before cleaning."""

    link: str | None = None  # absolute where the feed says what it is relative to
    guid: str | None = None
    title: Text = Text()
    summary: Text = Text()
    content: Text = Text()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Dated = NO_DATE
    updated: Dated = NO_DATE
    language: str | None = None  # only where the entry differs from its feed
    outlet: str | None = None  # the publisher an aggregator names
    outlet_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as its format understood it."""

    format: str  # rss20, atom10, rss10, json11 ...; "" when it is no feed
    encoding: str
    entries: tuple[RawEntry, ...] = ()
    language: str | None = None
    notes: tuple[str, ...] = ()  # for people: "charset guessed", "12 entries recovered"


class Format(Protocol):
    """One way to write feeds."""

    def sniff(self, payload: Payload) -> bool:
        """Say by the first bytes whether this format should try; cheap, never raises."""

    def read(self, payload: Payload, feed: Feed) -> Document:
        """Return what is there; of a damaged feed, what can be saved. Bad bytes raise nothing."""


# The kinds need the names above, so they come last. Asked in this order; the last takes anything.
from pipeline.formats import jsonfeed, syndication  # noqa: E402  # see the line above

FORMATS: tuple[Format, ...] = (jsonfeed, syndication)

__all__ = [
    "FORMATS",
    "NO_DATE",
    "Dated",
    "Document",
    "Format",
    "RawEntry",
    "Text",
]
