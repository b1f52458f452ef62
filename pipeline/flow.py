"""The order of the stages, and the only place that knows it.

    feeds --fetch--> payload --parse--> entries --dedupe--> new or edited --filter--> marked
      --scrape--> text --extract--> claims --compare--> decisions --alert--> outbox
      --deliver--> channels

Each step of `Monitor` asks the store what is pending, does it and keeps the result in one
transaction, so any process may die anywhere: the next run goes on. The command line, the
DAGs and the tests call these steps and nothing below them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.alert import (
    Alerts,
    Known,
    RuleIndex,
    baseline_summary,
    find_alerts,
    find_keyword_alerts,
    health_warning,
    plan_deliveries,
    troubles,
)
from pipeline.compare import aspect_of, compare_claims, issues_of, origin_of
from pipeline.credit import read_credit
from pipeline.dedupe import containment, fresh_articles, resemblance, sketch_text
from pipeline.errors import ConfigError, LeaseHeld, ParseError, TrucelineError, WorkerError
from pipeline.fetch import Fetched, Pace, fetch_feed, settle
from pipeline.filter import TopicFilter, mark_articles
from pipeline.parse import Reading, read_feed
from pipeline.records import (
    Alert,
    Article,
    Claim,
    Comparison,
    Delivery,
    Feed,
    FeedState,
    Ledger,
    Poll,
    Position,
    Stage,
    Topic,
)
from pipeline.scrape import Robots, scrape_article, with_feed_text
from pipeline.workers import Workers

if TYPE_CHECKING:
    from pipeline.channels import Channel
    from pipeline.client import Client, ClientSettings
    from pipeline.config import Config
    from pipeline.deliver import DeliveryReport
    from pipeline.extract import Extractor
    from pipeline.stores import Store

Progress = Callable[[str, int, int], None]  # step, done, total
Clock = Callable[[], datetime]

BATCH = 50
WAITING = 1_000  # articles of one stage looked through for what still belongs to a first round
LEASE_S = 120.0
READER_MB = 8192  # of address space; ONNX Runtime and spaCy map about 3 GB, and use 0.5
EXTRACT_S = 120.0  # 20,000 words take about 5 s on one thread
FORGOTTEN = "texts forgotten on"  # names of notes in the store
SUMMARISED = "feeds whose baseline was summarised"
WARNED = "feeds whose trouble was told"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one run did, for people and for exit codes."""

    polls: tuple[Poll, ...] = ()
    scraped: int = 0
    extracted: int = 0
    claims: int = 0
    set_aside: int = 0
    compared: int = 0
    alerts: tuple[Alert, ...] = ()
    delivered: DeliveryReport | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one feed gave: the fetch, and its entries or why there are none."""

    fetched: Fetched
    reading: Reading | None = None
    parse_error: ParseError | WorkerError | None = None


def system_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class Monitor:
    """One watch: a configuration, a store and the steps over them.

    `clock` gives the time of every record; tests and replays hand in their own. Use it as an
    asynchronous context manager: it holds the HTTP client, the channels and worker processes.
    Not thread-safe; several processes may share a store.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        clock: Clock = system_clock,
        progress: Progress | None = None,
        alert_backlog: bool = False,
    ) -> None:
        work = config.settings.work
        self.config = config
        self.store = store
        self.clock = clock
        self.progress = progress or (lambda step, done, total: None)
        self.alert_backlog = alert_backlog
        self.filter = TopicFilter(config.topics)
        self.rules = RuleIndex(config.rules)
        self.parsers = Workers(work.workers, memory_mb=work.worker_mb)
        self.readers = Workers(1, memory_mb=READER_MB)
        self.client = open_client(config)
        self.robots = Robots(self.client, config.settings.fetch.user_agent)
        self.channels: Mapping[str, Channel] = {}
        self.holder = f"{socket.gethostname()}:{os.getpid()}"

    async def __aenter__(self) -> Monitor:
        self.channels = open_channels(self.config, self.client)  # may raise: before the client
        await self.client.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.parsers.close()
        self.readers.close()
        await self.client.__aexit__(*error)

    async def run(
        self, feeds: Sequence[Feed] | None = None, *, everything: bool = False
    ) -> RunReport:
        """Do once all that is due: collect, read, compare, tell."""
        polls = await self.collect(feeds, everything=everything)
        self.end_round()
        scraped = await self.scrape()
        extracted, claims, set_aside = await self.extract()
        compared, alerts = self.compare()
        summary = self.summarise_baseline()
        warnings = self.warn_of_feeds()
        delivered = await self.deliver()
        self.forget()
        return RunReport(
            polls=polls,
            scraped=scraped,
            extracted=extracted,
            claims=claims,
            set_aside=set_aside,
            compared=compared,
            alerts=(*summary, *alerts, *warnings),
            delivered=delivered,
        )

    # -- collect: fetch, parse, dedupe, filter, store ----------------------------------

    def due_feeds(
        self, feeds: Sequence[Feed] | None = None, *, everything: bool = False
    ) -> list[Feed]:
        """Return the feeds whose next check has come, or all that are enabled."""
        states, now = self.store.feed_states(), self.clock()
        chosen = self.config.feeds if feeds is None else feeds
        return [
            feed
            for feed in chosen
            if feed.enabled and (everything or _is_due(states.get(feed.url), now))
        ]

    async def collect(
        self, feeds: Sequence[Feed] | None = None, *, everything: bool = False
    ) -> tuple[Poll, ...]:
        """Poll the due feeds at once and keep what is new; one dead feed stops no other."""
        states = self.store.feed_states()
        due = self.due_feeds(feeds, everything=everything)
        asked = [asyncio.create_task(self._ask(feed, states.get(feed.url))) for feed in due]
        polls = []
        for done, (feed, task) in enumerate(zip(due, asked, strict=True), 1):
            polls.append(self._keep(feed, await task))
            self.progress("collect", done, len(due))
        return tuple(polls)

    async def _ask(self, feed: Feed, state: FeedState | None) -> Answer:
        known = state or FeedState(feed_url=feed.url)
        fetched = await fetch_feed(feed, known, self.client, self.clock())
        if fetched.payload is None:
            return Answer(fetched)
        limit = self.config.settings.work.document_s
        try:
            reading = await self.parsers.call_within(
                limit, read_feed, (fetched.payload, feed, self.clock())
            )
        except (ParseError, WorkerError) as error:
            return Answer(fetched, parse_error=error)
        return Answer(fetched, reading=reading)

    def _keep(self, feed: Feed, answer: Answer) -> Poll:
        now, reading = self.clock(), answer.reading
        entries = reading.entries if reading is not None else ()
        known = self.store.fingerprints([entry.id for entry in entries], feed.url)
        first = answer.fetched.state.first_success is None and not self.alert_backlog
        fresh = fresh_articles(entries, feed, known, now, baseline=first)
        error = answer.parse_error
        poll, state = settle(
            answer.fetched,
            entries=fresh.entries,
            new=fresh.new,
            edited=fresh.edited,
            parse_error=error.message if error is not None else None,
            now=now,
            note=reading.note if reading is not None else "",
            pace=self._pace(),
        )
        self.store.save_poll(poll, state, tuple(mark_articles(fresh.articles, self.filter)))
        return poll

    def end_round(self) -> None:
        """Say that a whole round is collected: the topics it looked for can end their baseline."""
        for topic in self.config.topics:
            if self.store.note(_round_note(topic.id)) is None:
                self.store.save_note(_round_note(topic.id), self.clock().isoformat())
        self._end_baselines()

    def has_work(self) -> bool:
        """Say whether anything waits to be read, compared or summarised."""
        return bool(self._new_feeds()) or any(
            self.store.pending(stage, 1) for stage in (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE)
        )

    # -- read: scrape, extract ---------------------------------------------------------

    async def scrape(self) -> int:
        """Get the text of every article that waits for it; return how many there were."""
        settings, done = self.config.settings, 0
        robots = self.robots if settings.fetch.robots else None

        async def read(article: Article) -> Article:
            if settings.work.scrape:
                article = await scrape_article(
                    article,
                    self.client,
                    self.parsers,
                    robots,
                    max_bytes=settings.fetch.max_page_bytes,
                )
            else:
                article = with_feed_text(article, "pages are not fetched (setting)")
            return replace(article, credit=read_credit(article, self.config.actors_dir))

        for batch in self._pending(Stage.SCRAPE):
            for article in await asyncio.gather(*map(read, batch)):
                self.store.save_article(article)
            done += len(batch)
            self.progress("scrape", done, done)
        return done

    async def extract(self) -> tuple[int, int, int]:
        """Extract the claims of all that has text; return (articles, claims, set aside)."""
        articles = claims = set_aside = 0
        for batch in self._pending(Stage.EXTRACT):
            for article in batch:
                found = await self._claims(article)
                if found is None:
                    set_aside += 1
                    continue
                self.store.save_claims(replace(article, stage=Stage.COMPARE), found)
                articles, claims = articles + 1, claims + len(found)
                self.progress("extract", articles, articles)
        return articles, claims, set_aside

    async def _claims(self, article: Article) -> tuple[Claim, ...] | None:
        """Return the claims; None when the text killed its worker twice and is set aside."""
        config, why = self.config, ""
        arguments = (article, config.topics, config.actors_dir, config.settings.work.threads)
        for _ in range(2):
            try:
                return await self.readers.call_within(EXTRACT_S, extract_one, arguments)
            except WorkerError as error:
                why = error.message
        note = f"extraction failed twice: {why}"
        self.store.save_article(replace(article, stage=Stage.SET_ASIDE, note=note))
        return None

    # -- compare and alert: the serial stage -------------------------------------------

    def compare(self) -> tuple[int, list[Alert]]:
        """Compare what waits, oldest first, and write the alerts it causes to the outbox.

        Raises:
            LeaseHeld: another process compares now.
        """
        fresh = {topic.id for topic in self.config.topics if self._is_fresh(topic)}
        done, alerts = 0, list[Alert]()
        with self._lease("compare") as renew:
            for batch in self._pending(Stage.COMPARE):
                for article in batch:
                    renew()
                    alerts += self._compare_article(article, fresh)
                    done += 1
                    self.progress("compare", done, done)
        self._end_baselines()
        return done, alerts

    def _end_baselines(self) -> None:
        """Let topics alert from now on whose first round is collected and compared.

        Not before: one process may compare while another still collects or extracts.
        """
        fresh = [t.id for t in self.config.topics if self._is_fresh(t)]
        ready = [topic for topic in fresh if self.store.note(_round_note(topic))]
        if not ready:
            return
        waiting, all_seen = self._waiting()
        late = {topic for article in waiting for topic in article.topics}
        for topic in ready if all_seen else ():
            if topic not in late:
                self.store.save_note(_topic_note(topic), self.clock().isoformat())

    def _waiting(self) -> tuple[list[Article], bool]:
        """Return what is not compared yet, and whether that is all of it."""
        stages = [
            self.store.pending(stage, WAITING)
            for stage in (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE)
        ]
        complete = all(len(articles) < WAITING for articles in stages)
        return [article for articles in stages for article in articles], complete

    def _compare_article(self, article: Article, fresh: set[str]) -> tuple[Alert, ...]:
        comparison = self._with_origin(article)
        claims = self.store.claims(article.id)
        for topic in article.topics:
            comparison = self._with_topic(comparison, topic, claims, quiet=topic in fresh)
        found = find_keyword_alerts(
            comparison.article,
            rules=self.rules,
            known=self._known(Ledger()),
            now=self.clock(),
            max_age=self._max_age,
        )
        comparison = self._with_alerts(comparison, found)
        self.store.save_comparison(comparison)
        return comparison.alerts

    def _with_origin(self, article: Article) -> Comparison:
        text = article.text or f"{article.title}. {article.summary}"
        sketch = sketch_text(article.id, text)
        alike = self.store.lookalikes(sketch) if sketch is not None else []
        origin = origin_of(article, sketch, alike, resemblance=resemblance, containment=containment)
        return Comparison(article=replace(article, origin=origin, stage=Stage.DONE), sketch=sketch)

    def _with_topic(
        self, comparison: Comparison, topic: str, claims: Sequence[Claim], *, quiet: bool
    ) -> Comparison:
        ledger = self._ledger(topic, self._issues(topic, claims))
        window = timedelta(days=self.config.settings.watch.novelty_days)
        compared = compare_claims(claims, topic, ledger, window=window)
        comparison = replace(
            comparison,
            decisions=comparison.decisions + compared.decisions,
            propositions=comparison.propositions + compared.propositions,
            positions=comparison.positions + compared.positions,
            contradictions=comparison.contradictions + compared.contradictions,
        )
        if quiet and not self.alert_backlog:
            return comparison
        found = find_alerts(
            comparison.article,
            claims,
            compared.decisions,
            rules=self.rules,
            known=self._known(ledger),
            now=self.clock(),
            max_age=self._max_age,
        )
        return self._with_alerts(comparison, found)

    def _with_alerts(self, comparison: Comparison, found: Alerts) -> Comparison:
        return replace(
            comparison,
            alerts=comparison.alerts + found.new,
            repeated=comparison.repeated + found.repeated,
            deliveries=comparison.deliveries + self._planned(found.new),
        )

    def _ledger(self, topic: str, issues: Sequence[str]) -> Ledger:
        """Return the store's ledger, with the standing positions nobody has replaced yet."""
        ledger = self.store.ledger(topic, issues)
        standing = tuple(
            position
            for position in self.config.positions
            if position.topic == topic
            and position.until is None
            and position.issue in issues
            and not _is_replaced(position, ledger.positions)
        )
        return replace(ledger, positions=ledger.positions + standing)

    def _issues(self, topic: str, claims: Sequence[Claim]) -> tuple[str, ...]:
        """Return the topic's issues and those the claims name: an account may be about any."""
        own = [issue.id for t in self.config.topics if t.id == topic for issue in t.issues]
        return tuple(dict.fromkeys([*own, *issues_of(claims)]))

    def _known(self, ledger: Ledger) -> Known:
        return Known(
            ledger=ledger,
            coverage_of=self.store.coverage,
            claim_of=self.store.claim,
            alert_of=self.store.alert,
            alerts_of=lambda topic, rule: self.store.alerts(topic=topic, rule=rule, limit=50),
            zone=self.zone,
        )

    # -- tell ----------------------------------------------------------------------------

    def summarise_baseline(self) -> tuple[Alert, ...]:
        """Write one summary for the feeds whose first collection this was, once it is compared."""
        new = self._new_feeds()
        if not new or self._is_baseline_waiting(new):
            return ()
        counts = self.store.counts()
        alert = baseline_summary(
            f"{len(new)} feeds ({min(new)} ...)" if len(new) > 1 else f"feed {new[0]}",
            self.clock(),
            counts={
                "articles on a topic": counts.matched,
                "claims": counts.claims,
                "positions": counts.positions,
                "contradictions": counts.contradictions,
            },
        )
        self.store.save_alerts((alert,), self._planned((alert,)))
        self._remember(SUMMARISED, dict.fromkeys(new, self.clock().isoformat()))
        return (alert,)

    def _new_feeds(self) -> list[str]:
        """Return the feeds that gave their first collection and are not summarised."""
        states, told = self.store.feed_states(), self._remembered(SUMMARISED)
        return [
            feed.url
            for feed in self.config.feeds
            if feed.url in states
            and states[feed.url].first_success is not None
            and feed.url not in told
        ]

    def _is_baseline_waiting(self, urls: Sequence[str]) -> bool:
        waiting, all_seen = self._waiting()
        return not all_seen or any(a.baseline and a.feed_url in urls for a in waiting)

    def warn_of_feeds(self) -> tuple[Alert, ...]:
        """Write one alert on the feeds that began to fail or fell silent."""
        watch, now = self.config.settings.watch, self.clock()
        found = troubles(
            self.config.feeds,
            self.store.feed_states(),
            now,
            failing=timedelta(hours=watch.failing_hours),
            silent=timedelta(days=watch.silent_days),
        )
        told = self._remembered(WARNED)
        new = [t for t in found if told.get(t.feed.url) != t.episode]
        alert = health_warning(new, now)
        if alert is None:
            return ()
        self.store.save_alerts((alert,), self._planned((alert,)))
        self._remember(WARNED, {trouble.feed.url: trouble.episode for trouble in new})
        return (alert,)

    def _remembered(self, name: str) -> dict[str, str]:
        """Return what was told about feeds, by feed URL."""
        known: dict[str, str] = json.loads(self.store.note(name) or "{}")
        return known

    def _remember(self, name: str, told: Mapping[str, str]) -> None:
        """Keep it all in one note: a kill leaves either none or every feed of an alert told."""
        self.store.save_note(name, json.dumps({**self._remembered(name), **told}))

    async def deliver(self) -> DeliveryReport:
        """Send what is due on every channel, at least once under a stable id."""
        from pipeline.deliver import deliver_due

        with self._lease("deliver"):
            return await deliver_due(
                self.store, self.channels, self.clock(), rules=self.config.rules
            )

    def _planned(self, alerts: Sequence[Alert]) -> tuple[Delivery, ...]:
        hour_ago = self.clock() - timedelta(hours=1)
        sent = {
            (channel, rule.name): self.store.sent_since(channel, rule.name, hour_ago)
            for rule in self.config.rules
            if rule.max_per_hour and any(alert.rule == rule.name for alert in alerts)
            for channel in rule.channels
        }
        return plan_deliveries(
            alerts,
            self.config.rules,
            self.clock(),
            zone=self.zone,
            sent_counts=sent,
            channels=tuple(self.config.settings.channels),
        )

    def forget(self) -> int:
        """Delete article texts older than the settings allow, once a day; return how many."""
        settings, now = self.config.settings.store, self.clock()
        today = now.date().isoformat()
        if not settings.keep_text_days or self.store.note(FORGOTTEN) == today:
            return 0
        words = settings.excerpt_words if settings.excerpts_only else 0
        before = now - timedelta(days=settings.keep_text_days)
        count = self.store.forget_texts(before, excerpt_words=words)
        self.store.save_note(FORGOTTEN, today)
        return count

    # -- small print -----------------------------------------------------------------------

    @property
    def zone(self) -> tzinfo | None:
        """The reader's time zone; None for the system's."""
        return self.config.zone

    @property
    def _max_age(self) -> timedelta:
        return timedelta(days=self.config.settings.watch.max_article_age_days)

    def _pace(self) -> Pace:
        fetch = self.config.settings.fetch
        return Pace(
            floor_s=fetch.floor_s,
            ceiling_s=fetch.ceiling_s,
            error_ceiling_s=fetch.failing_ceiling_s,
        )

    def _is_fresh(self, topic: Topic) -> bool:
        """Say whether a topic was never compared before: its first round is a baseline."""
        return self.store.note(_topic_note(topic.id)) is None

    def _pending(self, stage: Stage) -> Iterator[list[Article]]:
        """Yield batches of waiting articles until none is left."""
        while batch := self.store.pending(stage, BATCH):
            yield batch

    @contextmanager
    def _lease(self, name: str) -> Iterator[Callable[[], None]]:
        """Hold a lease; yields a call that renews it."""

        def renew() -> None:
            # Real time, whatever the watch's clock says: a lease is between processes.
            if self.store.take_lease(name, self.holder, system_clock(), LEASE_S):
                return
            holder = self.store.lease_holder(name)
            if holder is not None and is_dead(holder):
                self.store.release_lease(name, holder)  # it was killed: nobody else will
            if not self.store.take_lease(name, self.holder, system_clock(), LEASE_S):
                raise LeaseHeld(
                    f"another process holds {name!r}; it ends or expires within {LEASE_S:.0f} s",
                    subject=self.store.url,
                )

        renew()
        try:
            yield renew
        finally:
            self.store.release_lease(name, self.holder)


def is_dead(holder: str) -> bool:
    """Say whether a lease's holder ("host:pid") was a process of this machine and is no more."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, and is somebody else's
    return False


# -- what a run is made of ------------------------------------------------------------------


def open_client(config: Config) -> Client:
    """Return the one guarded HTTP client, as the settings want it."""
    from pipeline.client import Client

    return Client(client_settings(config))


def client_settings(config: Config) -> ClientSettings:
    """Return the client's part of the settings."""
    from pipeline.client import ClientSettings

    fetch = config.settings.fetch
    return ClientSettings(
        timeout_s=fetch.timeout_s,
        max_bytes=fetch.max_feed_bytes,
        max_redirects=fetch.max_redirects,
        per_host=fetch.per_host,
        per_host_delay_s=fetch.host_delay_s,
        user_agent=fetch.user_agent,
        allow_private=fetch.allow_private,
        total_connections=fetch.connections,
    )


def open_channels(config: Config, client: Client) -> Mapping[str, Channel]:
    """Return the enabled channels by name; secrets come from the environment here.

    Raises:
        ConfigError: a variable a channel names is not set.
    """
    from pipeline.channels import open_channel
    from pipeline.config.settings import channel_secrets, channel_url

    opened = {}
    for name, channel in config.settings.channels.items():
        if channel.enabled:
            options = {
                "kind": channel.kind.value,
                "path": channel.path,
                "url": channel_url(channel),
                "secrets": channel_secrets(channel) or None,
                "timeout_s": channel.timeout_s if channel.kind == "apprise" else None,
            }
            opened[name] = open_channel(name, options, client=client)
    return opened


def extract_one(
    article: Article, topics: tuple[Topic, ...] | None, actors: Path | None, threads: int
) -> tuple[Claim, ...]:
    """Return the claims of one article. Runs in a worker, which keeps its loaded model."""
    return _extractor(topics, actors, threads).claims(article)


@cache
def _extractor(topics: tuple[Topic, ...] | None, actors: Path | None, threads: int) -> Extractor:
    from pipeline.extract import Extractor

    return Extractor(topics, actors_dir=actors, threads=threads)


def _is_due(state: FeedState | None, now: datetime) -> bool:
    return state is None or state.next_check is None or state.next_check <= now


def _is_replaced(standing: Position, current: Sequence[Position]) -> bool:
    wanted = (standing.party, standing.issue, aspect_of(standing.act))
    return any((p.party, p.issue, aspect_of(p.act)) == wanted for p in current)


def _topic_note(topic: str) -> str:
    return f"compared topic {topic}"


def _round_note(topic: str) -> str:
    return f"collected topic {topic}"


async def watch(
    config: Config,
    store: Store,
    *,
    every_s: float,
    told: Callable[[RunReport | TrucelineError], None],
) -> None:
    """Run for ever, a round every `every_s` seconds. A round that fails is told and tried again.

    Raises:
        ConfigError: what is wrong will not mend by itself.
    """
    async with Monitor(config, store) as monitor:
        while True:
            try:
                told(await monitor.run())
            except ConfigError:
                raise
            except TrucelineError as error:
                told(error)
            await asyncio.sleep(every_s)
