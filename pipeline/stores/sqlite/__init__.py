"""The embedded store: one SQLite file. See `pipeline.stores` for what its methods promise.

    database    the file: opening, transactions, errors, backup      faults      errors in words
    migrations  the schema, step by step
    polls       polls, cursors            versions    what an article becomes when saved
    articles    reading, restaging        claims      replacing claims
    index       words and facets          search      who said what
    ledger      compare's writing, positions          recall      what compare asks of the ledger
    lookalikes  sketches
    alerts      alerts and outbox         retention   forgetting texts      counts  the rest
    parts       copying

Safe for several processes. The threads of one process may share a store: they take turns.
Half a surrogate pair (broken JSON brings such) is kept as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

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
from pipeline.stores.layout import Form, Layout, Moved, Show
from pipeline.stores.parts import Part
from pipeline.stores.sqlite import (
    alerts,
    articles,
    claims,
    counts,
    diary,
    index,
    ledger,
    lookalikes,
    parts,
    polls,
    recall,
    retention,
    search,
    versions,
)
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.migrations import MIGRATIONS, Migration, upgrade, version


def _now() -> datetime:
    return datetime.now(UTC)


class SqliteStore:
    """A store in one file: `sqlite:///relative/path` or `sqlite:////absolute/path`.

    `busy_s` is how long a write waits for another process before it gives up with a
    `StoreError` that can be retried. `clock` says when a changed text was seen.

    Raises:
        ConfigError: the URL is written in another way.
        StoreError: the file cannot be opened or written, is damaged, belongs to another
            program or was written by a newer one.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_s: float = 30.0,
        clock: Callable[[], datetime] = _now,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.url = url
        self._clock = clock
        self._database = Database(url, busy_s=busy_s)
        try:
            self._forms = (version(self._database), len(migrations))
            upgrade(self._database, migrations)
        except BaseException:
            self._database.close()
            raise

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        self._database.close()

    # -- polls ---------------------------------------------------------------------------

    def feed_states(self) -> dict[str, FeedState]:
        """Return the state of every feed ever polled, by feed URL."""
        return polls.feed_states(self._database)

    def fingerprints(self, article_ids: Iterable[str], feed_url: str) -> dict[str, str]:
        """Return of the stored articles what this feed showed last, "" where it never did."""
        return polls.fingerprints(self._database, article_ids, feed_url)

    def save_poll(self, poll: Poll, state: FeedState, articles: Sequence[Article]) -> None:
        """Keep a poll, the feed's cursor and its new or edited articles, all or nothing."""
        polls.save_poll(self._database, poll, state, articles)

    def polls(self, feed_url: str | None = None, limit: int = 100) -> list[Poll]:
        """Return polls, newest first."""
        return polls.polls(self._database, feed_url, limit)

    # -- articles and claims ---------------------------------------------------------------

    def pending(self, stage: Stage, limit: int = 100) -> list[Article]:
        """Return articles waiting for `stage`, by (`when`, id)."""
        return articles.pending(self._database, stage, limit)

    def article(self, article_id: str) -> Article | None:
        """Return one article in its newest version."""
        return articles.article(self._database, article_id)

    def versions(self, article_id: str) -> list[Version]:
        """Return all versions of an article, oldest first."""
        return articles.versions(self._database, article_id)

    def save_article(self, article: Article) -> None:
        """Keep what scrape found (text, credit, stage, note); a changed text is a version."""
        with self._database.write():
            versions.keep(self._database, article, now=self._clock)

    def save_claims(self, article: Article, claims_: Sequence[Claim]) -> None:
        """Replace the claims of this article and keep the article (its stage) with them."""
        claims.save_claims(self._database, article, claims_, now=self._clock)

    def claims(self, article_id: str) -> list[Claim]:
        """Return the current claims of an article in order of appearance."""
        return claims.claims(self._database, article_id)

    def claim(self, claim_id: str) -> Claim | None:
        """Return one claim, current or replaced; the start of an id does if it is the only one."""
        return claims.claim(self._database, claim_id)

    def decisions(self, claim_id: str) -> list[Decision]:
        """Return what compare decided about a claim, one for each topic."""
        return ledger.decisions(self._database, [claim_id])

    def restage(
        self,
        stage: Stage,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Send stored articles back to `stage`; return how many. Never alerts (sets baseline)."""
        with self._database.write():
            return articles.restage(self._database, stage, topic=topic, since=since, until=until)

    # -- the ledger --------------------------------------------------------------------------

    def take_lease(self, name: str, holder: str, now: datetime, ttl_s: float) -> bool:
        """Take or renew a lease; False when another holder's is still valid."""
        return ledger.take_lease(self._database, name, holder, now, ttl_s)

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens if it is not ours."""
        ledger.release_lease(self._database, name, holder)

    def lease_holder(self, name: str) -> str | None:
        """Return who holds a lease, valid or not; None when nobody does."""
        return ledger.lease_holder(self._database, name)

    def ledger(self, topic: str, question: Question) -> Ledger:
        """Answer the lines of a question; the cost does not grow with the store."""
        return recall.ledger(self._database, topic, question)

    def lookalikes(self, sketch: Sketch, limit: int = 50) -> list[tuple[Article, Sketch]]:
        """Return articles (without text) that share an LSH band with `sketch`, oldest first."""
        return lookalikes.lookalikes(self._database, sketch, limit)

    def save_comparison(self, comparison: Comparison) -> None:
        """Keep decisions, propositions, positions, contradictions, alerts and outbox rows."""
        ledger.save_comparison(self._database, comparison, now=self._clock)

    def coverage(self, topic: str, key: str) -> Coverage:
        """Return who carried the proposition `key`."""
        return ledger.coverage(self._database, topic, key)

    # -- alerts --------------------------------------------------------------------------------

    def save_alerts(self, alerts_: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Keep alerts and their outbox rows; those already stored stay as they are."""
        alerts.save_alerts(self._database, alerts_, deliveries)

    def fold_repeat(self, alert_id: str, article_id: str) -> None:
        """Count `article_id` as a repeat of a stored alert, once."""
        alerts.fold_repeat(self._database, alert_id, article_id)

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        return alerts.alert(self._database, alert_id)

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
        return alerts.alerts(
            self._database, topic=topic, rule=rule, since=since, until=until, limit=limit
        )

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """Return the outbox rows of one alert."""
        return alerts.deliveries(self._database, alert_id)

    def due(self, now: datetime, limit: int = 100) -> list[tuple[Delivery, Alert]]:
        """Return pending deliveries whose time has come, oldest alert first."""
        return alerts.due(self._database, now, limit)

    def save_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Update outbox rows; what is sent stays sent."""
        alerts.save_deliveries(self._database, deliveries)

    def sent_since(self, channel: str, rule: str, since: datetime) -> int:
        """Return how many alerts of a rule went out on a channel since then (rate cap)."""
        return alerts.sent_since(self._database, channel, rule, since)

    # -- questions -----------------------------------------------------------------------------

    def search(self, query: Query) -> list[Finding]:
        """Answer "who said what", newest first."""
        return search.search(self._database, query)

    def search_claims(self, query: Query) -> list[Claim]:
        """Return the claims that `search` finds, alone."""
        return search.search_claims(self._database, query)

    def positions(
        self,
        *,
        topic: str | None = None,
        party: str | None = None,
        issue: str | None = None,
        history: bool = False,
    ) -> list[Position]:
        """Return current positions, with `history` also the replaced ones."""
        return ledger.positions(
            self._database, topic=topic, party=party, issue=issue, history=history
        )

    def contradictions(
        self, *, topic: str | None = None, closed: bool = False
    ) -> list[Contradiction]:
        """Return open contradictions, with `closed` also the closed ones."""
        return ledger.contradictions(self._database, topic=topic, closed=closed)

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
        return articles.articles(
            self._database, topic=topic, since=since, until=until, limit=limit, after=after
        )

    def counts(self) -> Counts:
        """Return how many records there are, and what is pending."""
        return counts.counts(self._database)

    def note(self, name: str) -> str | None:
        """Return a small named value (program state), or None."""
        return counts.note(self._database, name)

    def save_note(self, name: str, value: str) -> None:
        """Keep a small named value."""
        counts.save_note(self._database, name, value)

    def forget_texts(self, before: datetime, *, excerpt_words: int = 0) -> int:
        """Delete stored article text older than `before`; return how many articles."""
        return retention.forget_texts(self._database, before, excerpt_words=excerpt_words)

    # -- the diary -------------------------------------------------------------------------------

    def save_changes(self, changes: Sequence[Change]) -> None:
        """Write lines into the diary; of one record and moment the last one counts."""
        with self._database.write():
            diary.add(self._database, changes)

    def changes(self, asked: Lines) -> list[Change]:
        """Return lines of the diary by (time, id, part)."""
        return diary.changes(self._database, asked)

    def carriers(self, topic: str, key: str) -> list[str]:
        """Return the ids of the articles that ever carried the proposition `key`."""
        return diary.carriers(self._database, topic, key)

    # -- care ------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """Yield everything but leases, piece by piece, to copy it."""
        return parts.parts(self._database)

    def add_parts(self, batch: Sequence[Part]) -> None:
        """Keep parts of one kind that another store yielded."""
        parts.add_parts(self._database, batch)

    def backup(self, path: Path | None = None) -> Path:
        """Write a whole copy while work goes on, by default beside the store; return its path."""
        return self._database.backup(path)

    def check(self) -> list[str]:
        """Return what is wrong with the file; an empty list when nothing is."""
        return self._database.check() or index.check(self._database)

    def layout(self) -> Layout:
        """Return the version of the schema: opening has brought it to the newest."""
        newest = self._forms[1]
        return Layout((Form("schema", newest, newest),), (_RETENTION,))

    def renew(self) -> None:
        """Do nothing: opening has done it."""

    def migrate(self, *, show: Show = lambda _name, _done, _total: None) -> list[Moved]:
        """Return what opening has upgraded, in one transaction, after a backup beside the file."""
        before, newest = self._forms
        if before in (0, newest):
            return []
        show("schema", newest, newest)
        self._forms = (newest, newest)
        return [Moved("schema", before, newest)]

    def drop_replaced(self) -> list[str]:
        """Delete nothing: backups made by upgrades are the user's."""
        return []


_RETENTION = "texts: deleted by `truceline retention` or a watch, as settings.toml says"


__all__ = ["SqliteStore"]
