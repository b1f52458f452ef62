"""Stores: where everything is kept. One Protocol, chosen by URL.

The Protocol is drawn in narrow parts, one for each caller. What every store promises:
a write that returned is durable; a write repeated changes nothing; both under kill -9.
Each method that writes does so in one transaction (or an order that a later run repairs).
Raises `StoreError` (or its kinds) and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import ConfigError
from pipeline.questions import Question
from pipeline.records import (
    Alert,
    Article,
    Change,
    Claim,
    Comparison,
    Contradiction,
    Counts,
    Coverage,
    Decision,
    Delivery,
    FeedState,
    Finding,
    Ledger,
    Lines,
    Poll,
    Position,
    Query,
    Sketch,
    Stage,
    Version,
)

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^/]*@")

if TYPE_CHECKING:
    from pipeline.stores.layout import Layout, Moved, Show
    from pipeline.stores.parts import Part


class PollStore(Protocol):
    """For fetch, parse, dedupe, filter."""

    def feed_states(self) -> dict[str, FeedState]:
        """Return the state of every feed ever polled, by feed URL."""

    def fingerprints(self, article_ids: Iterable[str], feed_url: str) -> dict[str, str]:
        """Return, of the stored ones of these articles, the fingerprint this feed last showed.

        "" for an article that only other feeds have shown: two feeds word one story
        differently, and that is no edit.
        """

    def save_poll(self, poll: Poll, state: FeedState, articles: Sequence[Article]) -> None:
        """Keep a poll, the feed's cursor and its new or edited articles, all or nothing.

        What each feed shows of an article is kept (a sighting), and decides:

        * not stored yet: inserted;
        * stored, this feed never showed it: only the sighting is kept, except that before the
          article was read (stage SCRAPE or COMPARE, version 1, same `first_seen`) it belongs to
          the feed with the smaller URL, so that the order of polling does not matter;
        * this feed showed it with the same fingerprint: left alone;
        * this feed showed it with another fingerprint: an edit, the next version; `first_seen`,
          `baseline` and the older versions stay, the stage starts again.
        """

    def polls(self, feed_url: str | None = None, limit: int = 100) -> list[Poll]:
        """Return polls, newest first."""


class ArticleStore(Protocol):
    """For scrape and extract."""

    def pending(self, stage: Stage, limit: int = 100) -> list[Article]:
        """Return articles waiting for `stage`, by (`when`, id)."""

    def article(self, article_id: str) -> Article | None:
        """Return one article in its newest version."""

    def versions(self, article_id: str) -> list[Version]:
        """Return all versions of an article, oldest first."""

    def save_article(self, article: Article) -> None:
        """Keep what scrape found (text, credit, stage, note); a changed text is a version.

        The text fills the version that waits for one; a text that differs from the one this
        version has is the next version, with its diff. "" keeps the stored text. An article
        that a feed edited since it was read keeps its edit and its stage.
        """

    def save_claims(self, article: Article, claims: Sequence[Claim]) -> None:
        """Replace the claims of this article and keep the article (its stage) with them."""

    def claims(self, article_id: str) -> list[Claim]:
        """Return the current claims of an article in order of appearance."""

    def claim(self, claim_id: str) -> Claim | None:
        """Return one claim, current or replaced; the start of an id does if it is the only one."""

    def decisions(self, claim_id: str) -> list[Decision]:
        """Return what compare decided about a claim, one for each topic."""

    def restage(
        self,
        stage: Stage,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Send stored articles back to `stage`; return how many. Never alerts (sets baseline).

        Only articles of a topic that have passed that stage, with `since` <= `when` < `until`;
        to EXTRACT only such as still have their whole text (see `forget_texts`). News that
        waits to be compared is left alone: it was extracted just now, and may alert.
        """


class LedgerStore(Protocol):
    """For compare, the one serial stage."""

    def take_lease(self, name: str, holder: str, now: datetime, ttl_s: float) -> bool:
        """Take or renew a lease; False when another holder's is still valid."""

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens if it is not ours."""

    def lease_holder(self, name: str) -> str | None:
        """Return who holds a lease, valid or not; None when nobody does."""

    def ledger(self, topic: str, question: Question) -> Ledger:
        """Answer the lines of a question on a topic: every record found, once.

        Each line is a look-up with a limit, so the cost does not grow with the store.
        """

    def lookalikes(self, sketch: Sketch, limit: int = 50) -> list[tuple[Article, Sketch]]:
        """Return articles (without text) that share an LSH band with `sketch`, oldest first."""

    def save_comparison(self, comparison: Comparison) -> None:
        """Keep decisions, propositions, positions, contradictions, alerts and outbox rows.

        Stored alerts the article repeats (`repeated`) count it, as by `fold_repeat`.
        """

    def coverage(self, topic: str, key: str) -> Coverage:
        """Return who carried the proposition `key`."""


class AlertStore(Protocol):
    """For alert and deliver."""

    def save_alerts(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Keep alerts and their outbox rows; those already stored stay as they are."""

    def fold_repeat(self, alert_id: str, article_id: str) -> None:
        """Count `article_id` as a repeat of a stored alert, once; its own article is none."""

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""

    def alerts(
        self,
        *,
        topic: str | None = None,
        rule: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        """Return alerts, newest first; `since` <= created < `until`."""

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """Return the outbox rows of one alert."""

    def due(self, now: datetime, limit: int = 100) -> list[tuple[Delivery, Alert]]:
        """Return pending deliveries whose time has come, oldest alert first."""

    def save_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Update outbox rows; what is sent or digested stays so."""

    def sent_since(self, channel: str, rule: str, since: datetime) -> int:
        """Return how many alerts of a rule went out on a channel since then (rate cap)."""


class QuestionStore(Protocol):
    """For the faces."""

    def search(self, query: Query) -> list[Finding]:
        """Answer "who said what" from current claims, newest first.

        `since` <= said < `until`. Words and values are compared folded; a speaker is also found
        by one word of the name, a joint party by each of its members.
        """

    def search_claims(self, query: Query) -> list[Claim]:
        """Return the claims that `search` finds, in its order, alone: nothing else is looked up."""

    def positions(
        self,
        *,
        topic: str | None = None,
        party: str | None = None,
        issue: str | None = None,
        history: bool = False,
    ) -> list[Position]:
        """Return current positions, with `history` also the replaced ones."""

    def contradictions(
        self, *, topic: str | None = None, closed: bool = False
    ) -> list[Contradiction]:
        """Return open contradictions, with `closed` also the closed ones."""

    def articles(
        self,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
        after: str = "",
    ) -> list[Article]:
        """Return stored articles by id after `after` (paging), matched or not."""

    def counts(self) -> Counts:
        """Return how many records there are, and what is pending."""

    def check(self) -> list[str]:
        """Return what is damaged or inconsistent, in words; nothing when all is well."""

    def note(self, name: str) -> str | None:
        """Return a small named value (program state), or None."""

    def save_note(self, name: str, value: str) -> None:
        """Keep a small named value."""

    def forget_texts(self, before: datetime, *, excerpt_words: int = 0) -> int:
        """Delete stored article text older than `before`; return how many articles.

        With `excerpt_words` the words of claims plus that many words around each are kept, at
        their offsets. What still waits to be extracted or compared keeps its text until then.
        Claims, positions and alerts stay.
        """


class DiaryStore(Protocol):
    """For as-of questions, back-tests and what people said about alerts.

    `save_comparison` writes the diary of the ledger: see pipeline/stores/diary.py.
    """

    def save_changes(self, changes: Sequence[Change]) -> None:
        """Write lines into the diary; of one record and moment the last one counts."""

    def changes(self, asked: Lines) -> list[Change]:
        """Return lines by (time, id, part)."""

    def carriers(self, topic: str, key: str) -> list[str]:
        """Return the ids of the articles that ever carried the proposition `key`, in order."""


class Answers(Protocol):
    """What a store answers about itself: so does its past (see asof.py)."""

    def search(self, query: Query) -> list[Finding]:
        """Answer "who said what", newest first."""

    def claim(self, claim_id: str) -> Claim | None:
        """Return one claim, current or replaced, by its id or the start of it."""

    def article(self, article_id: str) -> Article | None:
        """Return one article in its newest version."""

    def versions(self, article_id: str) -> list[Version]:
        """Return all versions of an article, oldest first."""

    def decisions(self, claim_id: str) -> list[Decision]:
        """Return what compare decided about a claim, one for each topic."""

    def coverage(self, topic: str, key: str) -> Coverage:
        """Return who carried the proposition `key`."""

    def positions(
        self,
        *,
        topic: str | None = None,
        party: str | None = None,
        issue: str | None = None,
        history: bool = False,
    ) -> list[Position]:
        """Return current positions, with `history` also the replaced ones."""

    def contradictions(
        self, *, topic: str | None = None, closed: bool = False
    ) -> list[Contradiction]:
        """Return open contradictions, with `closed` also the closed ones."""

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""

    def alerts(
        self,
        *,
        topic: str | None = None,
        rule: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        """Return alerts, newest first; `since` <= created < `until`."""

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """Return the outbox rows of one alert."""

    def changes(self, asked: Lines) -> list[Change]:
        """Return lines of the diary by (time, id, part)."""


class PartStore(Protocol):
    """For copying one store into another (see copying.py)."""

    def parts(self) -> Iterator[Part]:
        """Yield everything but leases, piece by piece; what one refers to comes before it."""

    def add_parts(self, batch: Sequence[Part]) -> None:
        """Keep parts of one kind that another store yielded; repeated it changes nothing."""


class CareStore(Protocol):
    """For whoever runs the store: its versions, and how to move on."""

    def layout(self) -> Layout:
        """Return in which versions everything is kept, and in words what the store does without."""

    def renew(self) -> None:
        """Bring what later writes rely on to this program's version; moves nothing."""

    def migrate(self, *, show: Show = ...) -> list[Moved]:
        """Bring everything to the newest version while others read and write; return what moved.

        Counts and sums of both sides agree. Killed, the same call goes on.
        """

    def drop_replaced(self) -> list[str]:
        """Delete what a migration has replaced and kept; return its names."""


class Store(
    PollStore,
    ArticleStore,
    LedgerStore,
    AlertStore,
    QuestionStore,
    DiaryStore,
    PartStore,
    CareStore,
    Protocol,
):
    """All of it, and a way to close it."""

    url: str

    def close(self) -> None:
        """Release files and connections."""


def store_exists(url: str) -> bool:
    """Say whether a store's file is there; of other kinds only opening can tell."""
    if not url.startswith("sqlite:"):
        return True
    from pipeline.stores.sqlite.database import path_of

    path = path_of(url)
    return path.exists() and (not path.is_file() or path.stat().st_size > 0)


def shown_url(url: str) -> str:
    """Return a store's URL without its password: what people and logs may see."""
    return _PASSWORD.sub(r"\1@", url)


def open_store(url: str, *, behind: bool = False) -> Store:
    """Open (and create or upgrade) the store at `url`.

    `behind` also opens a cluster's store that must be migrated first, to do just that.

    `sqlite:///relative`, `sqlite:////absolute` or `http(s)://user:password@host:9200/prefix`
    (Elasticsearch; several hosts with commas between them).

    Raises:
        ConfigError: no store of that kind, or what it needs is not installed.
        StoreError: it cannot be opened, is damaged, or is newer than this program.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        from pipeline.stores.sqlite import SqliteStore

        return SqliteStore(url)
    if scheme in ("http", "https"):
        from pipeline.stores.elasticsearch import ElasticsearchStore

        return ElasticsearchStore(url, behind=behind)
    known = "sqlite, http, https (Elasticsearch)"
    raise ConfigError(f"no store for {scheme!r}; known: {known}", subject=shown_url(url))


__all__ = [
    "AlertStore",
    "Answers",
    "ArticleStore",
    "CareStore",
    "DiaryStore",
    "LedgerStore",
    "PartStore",
    "PollStore",
    "QuestionStore",
    "Store",
    "open_store",
    "shown_url",
    "store_exists",
]
