"""The distributed store: Elasticsearch 9. See `pipeline.stores` for what its methods promise.

    address     the URL                           cluster     requests, bulks
    writes      one write and its outcome         faults      errors in words
    schema      templates, indices, aliases       migration   to a newer version of an index
    lifecycle   what the cluster removes itself   layout      versions, and what is lacking
    polls       polls, cursors                    versions    what an article becomes when saved
    articles    reading, writing, restaging       claims      replacing claims, decisions
    ledger      compare's reading and writing     lookalikes  sketches
    search      who said what                     alerts      alerts and outbox
    state       leases, notes                     retention   forgetting texts     counts
    parts       copying

There are no transactions: see docs/elasticsearch.md for the order of writes and how a kill
between any two is repaired. Safe for several processes and for threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

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
from pipeline.stores.elasticsearch import (
    address,
    alerts,
    articles,
    claims,
    counts,
    diary,
    layout,
    ledger,
    lookalikes,
    migration,
    parts,
    polls,
    recall,
    retention,
    schema,
    search,
    state,
)
from pipeline.stores.elasticsearch.cluster import PATIENCE_S, Cluster
from pipeline.stores.layout import Layout, Moved, Show
from pipeline.stores.parts import Part


def _now() -> datetime:
    return datetime.now(UTC)


class ElasticsearchStore:
    """A store in a cluster: `http(s)://[user:password@]host[:port][,host ...]/[prefix]`.

    `patience_s` is how long a request is repeated while the cluster is down or full, before a
    `StoreError` that can be retried. `clock` says when a changed text was seen. `behind` opens it
    also when it must be migrated before anything else is done with it.

    Raises:
        ConfigError: the URL is written in another way, or the client is not installed.
        StoreError: no node answers, refuses us, or the indices are of a newer program, or of an
            older one whose indices must be migrated first.
    """

    def __init__(
        self,
        url: str,
        *,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], datetime] = _now,
        behind: bool = False,
    ) -> None:
        place = address.parse(url)
        self.url = place.shown
        self._clock = clock
        self._cluster = Cluster(place, patience_s=patience_s)
        try:
            schema.prepare(self._cluster, behind=behind)
        except BaseException:
            self._cluster.close()
            raise

    def close(self) -> None:
        """Close the connections. Closing twice is fine."""
        self._cluster.close()

    def _finish(self, stage: Stage) -> None:
        """Before compare looks for work, finish what a killed process left half-written."""
        if stage is Stage.COMPARE:
            ledger.finish(self._cluster, now=self._clock)

    # -- polls ---------------------------------------------------------------------------

    def feed_states(self) -> dict[str, FeedState]:
        """Return the state of every feed ever polled, by feed URL."""
        return polls.feed_states(self._cluster)

    def fingerprints(self, article_ids: Iterable[str], feed_url: str) -> dict[str, str]:
        """Return of the stored articles what this feed showed last, "" where it never did."""
        return polls.fingerprints(self._cluster, article_ids, feed_url)

    def save_poll(self, poll: Poll, state: FeedState, articles: Sequence[Article]) -> None:
        """Keep a poll, the feed's cursor and its new or edited articles, all or nothing."""
        polls.save_poll(self._cluster, poll, state, articles)

    def polls(self, feed_url: str | None = None, limit: int = 100) -> list[Poll]:
        """Return polls, newest first."""
        return polls.polls(self._cluster, feed_url, limit)

    # -- articles and claims ---------------------------------------------------------------

    def pending(self, stage: Stage, limit: int = 100) -> list[Article]:
        """Return articles waiting for `stage`, by (`when`, id)."""
        self._finish(stage)
        return articles.pending(self._cluster, stage, limit)

    def article(self, article_id: str) -> Article | None:
        """Return one article in its newest version."""
        return articles.article(self._cluster, article_id)

    def versions(self, article_id: str) -> list[Version]:
        """Return all versions of an article, oldest first."""
        return articles.all_versions(self._cluster, article_id)

    def save_article(self, article: Article) -> None:
        """Keep what scrape found (text, credit, stage, note); a changed text is a version."""
        articles.keep(self._cluster, article, now=self._clock)

    def save_claims(self, article: Article, claims_: Sequence[Claim]) -> None:
        """Replace the claims of this article and keep the article (its stage) with them."""
        claims.save_claims(self._cluster, article, claims_, now=self._clock)

    def claims(self, article_id: str) -> list[Claim]:
        """Return the current claims of an article in order of appearance."""
        return claims.claims(self._cluster, article_id)

    def claim(self, claim_id: str) -> Claim | None:
        """Return one claim, current or replaced; the start of an id does if it is the only one."""
        return claims.claim(self._cluster, claim_id)

    def decisions(self, claim_id: str) -> list[Decision]:
        """Return what compare decided about a claim, one for each topic."""
        return claims.decisions(self._cluster, claim_id)

    def restage(
        self,
        stage: Stage,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Send stored articles back to `stage`; return how many. Never alerts (sets baseline)."""
        self._finish(stage)
        return articles.restage(self._cluster, stage, topic=topic, since=since, until=until)

    # -- the ledger --------------------------------------------------------------------------

    def take_lease(self, name: str, holder: str, now: datetime, ttl_s: float) -> bool:
        """Take or renew a lease; False when another holder's is still valid."""
        return state.take_lease(self._cluster, name, holder, now, ttl_s)

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens if it is not ours."""
        state.release_lease(self._cluster, name, holder)

    def lease_holder(self, name: str) -> str | None:
        """Return who holds a lease, valid or not; None when nobody does."""
        return state.lease_holder(self._cluster, name)

    def ledger(self, topic: str, question: Question) -> Ledger:
        """Answer the lines of a question; the cost does not grow with the store."""
        ledger.finish(self._cluster, now=self._clock)
        return recall.ledger(self._cluster, topic, question)

    def lookalikes(self, sketch: Sketch, limit: int = 50) -> list[tuple[Article, Sketch]]:
        """Return articles (without text) that share an LSH band with `sketch`, oldest first."""
        return lookalikes.lookalikes(self._cluster, sketch, limit)

    def save_comparison(self, comparison: Comparison) -> None:
        """Keep decisions, propositions, positions, contradictions, alerts and outbox rows."""
        ledger.save_comparison(self._cluster, comparison, now=self._clock)

    def coverage(self, topic: str, key: str) -> Coverage:
        """Return who carried the proposition `key`."""
        return ledger.coverage(self._cluster, topic, key)

    # -- alerts --------------------------------------------------------------------------------

    def save_alerts(self, alerts_: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Keep alerts and their outbox rows; those already stored stay as they are."""
        alerts.save_alerts(self._cluster, alerts_, deliveries)

    def fold_repeat(self, alert_id: str, article_id: str) -> None:
        """Count `article_id` as a repeat of a stored alert, once."""
        alerts.fold_repeat(self._cluster, alert_id, article_id)

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        return alerts.alert(self._cluster, alert_id)

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
            self._cluster, topic=topic, rule=rule, since=since, until=until, limit=limit
        )

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """Return the outbox rows of one alert."""
        return alerts.deliveries(self._cluster, alert_id)

    def due(self, now: datetime, limit: int = 100) -> list[tuple[Delivery, Alert]]:
        """Return pending deliveries whose time has come, oldest alert first."""
        return alerts.due(self._cluster, now, limit)

    def save_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Update outbox rows; what is sent stays sent."""
        alerts.save_deliveries(self._cluster, deliveries)

    def sent_since(self, channel: str, rule: str, since: datetime) -> int:
        """Return how many alerts of a rule went out on a channel since then (rate cap)."""
        return alerts.sent_since(self._cluster, channel, rule, since)

    # -- questions -----------------------------------------------------------------------------

    def search(self, query: Query) -> list[Finding]:
        """Answer "who said what", newest first."""
        return search.search(self._cluster, query)

    def search_claims(self, query: Query) -> list[Claim]:
        """Return the claims that `search` finds, alone."""
        return search.search_claims(self._cluster, query)

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
            self._cluster, topic=topic, party=party, issue=issue, history=history
        )

    def contradictions(
        self, *, topic: str | None = None, closed: bool = False
    ) -> list[Contradiction]:
        """Return open contradictions, with `closed` also the closed ones."""
        return ledger.contradictions(self._cluster, topic=topic, closed=closed)

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
            self._cluster, topic=topic, since=since, until=until, limit=limit, after=after
        )

    def counts(self) -> Counts:
        """Return how many records there are, and what is pending."""
        return counts.counts(self._cluster)

    def note(self, name: str) -> str | None:
        """Return a small named value (program state), or None."""
        return state.note(self._cluster, name)

    def save_note(self, name: str, value: str) -> None:
        """Keep a small named value."""
        state.save_note(self._cluster, name, value)

    def forget_texts(self, before: datetime, *, excerpt_words: int = 0) -> int:
        """Delete stored article text older than `before`; return how many articles."""
        return retention.forget_texts(self._cluster, before, excerpt_words=excerpt_words)

    # -- the diary -------------------------------------------------------------------------------

    def save_changes(self, changes: Sequence[Change]) -> None:
        """Write lines into the diary; of one record and moment the last one counts."""
        diary.save(self._cluster, changes)

    def changes(self, asked: Lines) -> list[Change]:
        """Return lines of the diary by (time, id, part)."""
        return diary.changes(self._cluster, asked)

    def carriers(self, topic: str, key: str) -> list[str]:
        """Return the ids of the articles that ever carried the proposition `key`."""
        return diary.carriers(self._cluster, topic, key)

    # -- care ------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """Yield everything but leases, piece by piece, to copy it."""
        self._finish(Stage.COMPARE)
        return parts.parts(self._cluster)

    def add_parts(self, batch: Sequence[Part]) -> None:
        """Keep parts of one kind that another store yielded."""
        parts.add_parts(self._cluster, batch)

    def check(self) -> list[str]:
        """Return what is damaged or inconsistent, in words; nothing when all is well."""
        return [*counts.check(self._cluster), *migration.interrupted(self._cluster)]

    def layout(self) -> Layout:
        """Return in which versions everything is kept, and what this cluster cannot do."""
        return layout.layout(self._cluster)

    def renew(self) -> None:
        """Bring the templates, and the policy for replaced indices, to this program's version."""
        layout.renew(self._cluster)

    def migrate(self, *, show: Show = lambda _name, _done, _total: None) -> list[Moved]:
        """Move every index that is behind to its newest version, while work goes on."""
        layout.renew(self._cluster)
        return migration.migrate(self._cluster, show=show)

    def drop_replaced(self) -> list[str]:
        """Delete the indices that newer ones took the place of; return their names."""
        return migration.drop_replaced(self._cluster)


__all__ = ["ElasticsearchStore"]
