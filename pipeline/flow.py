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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.alert import (
    RuleIndex,
    health_warning,
    troubles,
)
from pipeline.baselines import Baselines
from pipeline.comparing import Comparer
from pipeline.credit import read_credit
from pipeline.dedupe import fresh_articles
from pipeline.editing import carried
from pipeline.errors import ConfigError, ParseError, TrucelineError, WorkerError
from pipeline.fetch import Fetched, Pace, fetch_feed, settle
from pipeline.filter import TopicFilter, mark_articles
from pipeline.lease import held
from pipeline.memos import recalled, remember
from pipeline.opening import extract_one, open_channels, open_client
from pipeline.parse import Reading, read_feed
from pipeline.records import (
    Alert,
    Article,
    Claim,
    Feed,
    FeedState,
    Poll,
    Stage,
)
from pipeline.scrape import Robots, scrape_article, with_feed_text
from pipeline.silences import Silences
from pipeline.workers import Workers

if TYPE_CHECKING:
    from pipeline.channels import Channel
    from pipeline.config import Config
    from pipeline.deliver import DeliveryReport
    from pipeline.stores import Store

Progress = Callable[[str, int, int], None]  # step, done, total
Clock = Callable[[], datetime]

BATCH = 50
READER_MB = 8192  # of address space; ONNX Runtime and spaCy map about 3 GB, and use 0.5
EXTRACT_S = 120.0  # 20,000 words take about 5 s on one thread
FORGOTTEN = "texts forgotten on"  # names of notes in the store
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
        self.baselines = Baselines(config, store, clock)
        self.comparer = Comparer(config, store, clock, RuleIndex(config.rules))
        self.parsers = Workers(work.workers, memory_mb=work.worker_mb)
        self.readers = Workers(1, memory_mb=READER_MB)
        self.client = open_client(config)
        self.robots = Robots(self.client, config.settings.fetch.user_agent)
        self.channels: Mapping[str, Channel] = {}

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
        warnings = (*self.warn_of_silence(), *self.warn_of_feeds())
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
        self.baselines.end_round()

    def has_work(self) -> bool:
        """Say whether anything waits to be read, compared or summarised."""
        return bool(self.baselines.new_feeds()) or any(
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
                found = carried(self.store, article, found)
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
        quiet = () if self.alert_backlog else self.baselines.fresh_topics()
        done, alerts = 0, list[Alert]()
        with held(self.store, "compare") as renew:
            for batch in self._pending(Stage.COMPARE):
                for article in batch:
                    renew()
                    alerts += self.comparer.compare(article, quiet=quiet)
                    done += 1
                    self.progress("compare", done, done)
        self.baselines.end()
        return done, alerts

    # -- tell ----------------------------------------------------------------------------

    def summarise_baseline(self) -> tuple[Alert, ...]:
        """Write one summary for the feeds whose first collection this was, once it is compared."""
        alert, feeds = self.baselines.summary()
        if alert is None:
            return ()
        self.store.save_alerts((alert,), self.comparer.planned((alert,)))
        self.baselines.summarised(feeds)
        return (alert,)

    def warn_of_silence(self) -> tuple[Alert, ...]:
        """Write an alert for each party that was addressed and has not answered for long."""
        alerts = Silences(self.config, self.store, self.clock).alerts()
        if alerts:
            self.store.save_alerts(alerts, self.comparer.planned(alerts))
        return alerts

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
        told = recalled(self.store, WARNED)
        new = [t for t in found if told.get(t.feed.url) != t.episode]
        alert = health_warning(new, now)
        if alert is None:
            return ()
        self.store.save_alerts((alert,), self.comparer.planned((alert,)))
        remember(self.store, WARNED, {trouble.feed.url: trouble.episode for trouble in new})
        return (alert,)

    async def deliver(self) -> DeliveryReport:
        """Send what is due on every channel, at least once under a stable id."""
        from pipeline.deliver import deliver_due

        with held(self.store, "deliver"):
            return await deliver_due(
                self.store, self.channels, self.clock(), rules=self.config.rules
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

    def _pace(self) -> Pace:
        fetch = self.config.settings.fetch
        return Pace(
            floor_s=fetch.floor_s,
            ceiling_s=fetch.ceiling_s,
            error_ceiling_s=fetch.failing_ceiling_s,
        )

    def _pending(self, stage: Stage) -> Iterator[list[Article]]:
        """Yield batches of waiting articles until none is left."""
        while batch := self.store.pending(stage, BATCH):
            yield batch


def _is_due(state: FeedState | None, now: datetime) -> bool:
    return state is None or state.next_check is None or state.next_check <= now


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
