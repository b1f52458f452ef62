"""What keeps a watch in order: import an archive, read the past again, replay, diagnose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.credit import read_credit
from pipeline.errors import ConfigError, StoreError, TrucelineError
from pipeline.fetch import fetch_feed, settle
from pipeline.filter import mark_articles
from pipeline.flow import Monitor, Progress, system_clock
from pipeline.opening import open_channels, open_client
from pipeline.parse import parse_feed
from pipeline.records import (
    Article,
    Feed,
    FeedState,
    Poll,
    PollOutcome,
    Stage,
    TextFrom,
    stable_id,
)
from pipeline.stores import open_store, shown_url, store_exists

if TYPE_CHECKING:
    from pipeline.client import Client
    from pipeline.config import Config
    from pipeline.stores import Store

PAGE = 500
ARCHIVE = "archive:"  # feed URL of imported articles: archive:NAME


@dataclass(slots=True)
class ImportReport:
    """What became of the records of an archive."""

    taken: int = 0
    known: int = 0
    claims: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reread:
    """What reprocessing did."""

    matched: int  # articles that a topic wants only now
    extracted: int
    claims: int


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looked at."""

    what: str
    fine: bool
    says: str


# -- feeds ----------------------------------------------------------------------------------


def feeds_named(config: Config, urls: Iterable[str]) -> tuple[Feed, ...]:
    """Return the configured feeds at these URLs.

    Raises:
        ConfigError: one is not in the list.
    """
    known = {feed.url: feed for feed in config.feeds}
    missing = [url for url in urls if url not in known]
    if missing:
        raise ConfigError("no such feed in feeds.toml; `truceline feeds add`", subject=missing[0])
    return tuple(known[url] for url in urls)


async def check_feeds(config: Config, feeds: Sequence[Feed]) -> list[Poll]:
    """Poll feeds without keeping anything; return how each ended, in their order."""
    async with open_client(config) as client:
        return list(await asyncio.gather(*(_check_feed(feed, client) for feed in feeds)))


async def _check_feed(feed: Feed, client: Client) -> Poll:
    now = system_clock()
    fetched = await fetch_feed(feed, FeedState(feed_url=feed.url), client, now)
    entries, error = 0, None
    if fetched.payload is not None:
        try:
            entries = len(parse_feed(fetched.payload, feed, now))
        except TrucelineError as problem:
            error = problem.message
    poll, _ = settle(fetched, entries=entries, new=entries, edited=0, parse_error=error, now=now)
    return poll


# -- the past -------------------------------------------------------------------------------


async def import_archive(
    config: Config,
    store: Store,
    records: Iterable[Mapping[str, Any]],
    *,
    subject: str,
    progress: Progress | None = None,
) -> ImportReport:
    """Take articles into the store as a baseline: they fill the ledger and alert nobody.

    A record holds `outlet`, `title`, `text`, `published` and `url`; with a `url` and no `text`
    the page is fetched. A record that cannot be used is named in the report.
    """
    report = ImportReport()
    async with Monitor(config, store, progress=progress) as monitor:
        now = monitor.clock()
        feed_url = f"{ARCHIVE}{subject}"
        articles = list(_archived(records, feed_url, now, report))
        known = store.fingerprints([article.id for article in articles], feed_url)
        fresh = [article for article in articles if article.id not in known]
        report.taken, report.known = len(fresh), len(articles) - len(fresh)
        marked = tuple(
            _with_text(article, config) for article in mark_articles(fresh, monitor.filter)
        )
        poll = Poll(feed_url=feed_url, at=now, outcome=PollOutcome.OK, new=len(fresh))
        store.save_poll(poll, FeedState(feed_url=feed_url, first_success=now), marked)
        monitor.end_round()
        await monitor.scrape()
        _, report.claims, _ = await monitor.extract()
        monitor.compare()
    return report


def _archived(
    records: Iterable[Mapping[str, Any]], feed_url: str, now: datetime, report: ImportReport
) -> Iterator[Article]:
    for number, record in enumerate(records, 1):
        url, text = record.get("url"), str(record.get("text") or "")
        if not url and not text:
            report.refused.append(f"record {number}: has neither text nor url")
            continue
        published = _time(record.get("published"))
        if record.get("published") and published is None:
            report.refused.append(f"record {number}: published is no ISO 8601 time")
            continue
        title = str(record.get("title") or "")
        yield Article(
            id=stable_id("archive", str(url or ""), title, text),
            url=str(url) if url else None,
            feed_url=feed_url,
            outlet=str(record.get("outlet") or "archive"),
            title=title or text[:80],
            summary=text,
            language=record.get("language"),
            published=published,
            published_from="archive" if published else None,
            first_seen=now,
            fingerprint=stable_id(title, text),
            baseline=True,
        )


def _with_text(article: Article, config: Config) -> Article:
    """An archive's text is the article's: only records without one need their page."""
    if not article.summary or article.stage is not Stage.SCRAPE:
        return article
    read = replace(
        article,
        text=article.summary,
        text_hash=stable_id(article.summary),
        text_from=TextFrom.IMPORT,
        stage=Stage.EXTRACT,
    )
    return replace(read, credit=read_credit(read, config.actors_dir))


def _time(value: object) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


async def reprocess(
    config: Config,
    store: Store,
    *,
    topic: str | None = None,
    since: datetime | None = None,
    progress: Progress | None = None,
) -> Reread:
    """Match, extract and compare stored articles again; old claims stay until replaced.

    Articles that a topic wants only now are read too. Nothing of this alerts.
    """
    async with Monitor(config, store, progress=progress) as monitor:
        matched, _ = send_back(monitor, topic=topic, since=since)
        monitor.end_round()
        await monitor.scrape()
        articles, claims, _ = await monitor.extract()
        monitor.compare()
    return Reread(matched, articles, claims)


def send_back(
    monitor: Monitor,
    *,
    topic: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[int, int]:
    """Match stored articles again and send them back to be extracted (`since` <= when < `until`).

    Returns how many a topic wants only now, and how many were extracted before.
    """
    matched = rematch(monitor, monitor.store, since=since, until=until)
    return matched, monitor.store.restage(Stage.EXTRACT, topic=topic, since=since, until=until)


def rematch(
    monitor: Monitor,
    store: Store,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Give stored articles the topics that want them now; return how many are newly wanted."""
    count, after = 0, ""
    while page := store.articles(since=since, until=until, limit=PAGE, after=after):
        after = page[-1].id
        for was, now in zip(page, mark_articles(page, monitor.filter), strict=True):
            if set(now.topics) - set(was.topics):
                full = store.article(was.id) or was
                stage = Stage.EXTRACT if full.text else Stage.SCRAPE
                changed = replace(
                    full, topics=now.topics, matches=now.matches, stage=stage, baseline=True
                )
                store.save_article(changed)
                count += 1
    return count


async def replay(
    config: Config, store: Store, *, channel: str | None = None, alert_id: str | None = None
) -> int:
    """Put dead deliveries back into the outbox and send what is due; return how many."""
    from pipeline.deliver import replay as put_back

    async with Monitor(config, store) as monitor:
        count = put_back(store, monitor.clock(), channel=channel, alert_id=alert_id)
        await monitor.deliver()
    return count


# -- the doctor -------------------------------------------------------------------------------


def diagnose(config: Config) -> list[Check]:
    """Look at everything a run needs, without touching the network."""
    where = config.folder or "the shipped one"
    sizes = f"{len(config.feeds)} feeds, {len(config.topics)} topics, {len(config.rules)} rules"
    return [
        Check("configuration", fine=True, says=f"{where}: {sizes}"),
        _tried("store", lambda: _store_state(config)),
        _tried("model", _model_state),
        _tried("channels", lambda: _channel_state(config)),
    ]


def _tried(what: str, look: Any) -> Check:
    try:
        return Check(what, fine=True, says=look())
    except TrucelineError as error:
        return Check(what, fine=False, says=str(error))


def _store_state(config: Config) -> str:
    if not store_exists(config.settings.store.url):
        return f"{config.settings.store.url}: none yet; `truceline run` makes it"
    store = open_store(config.settings.store.url)
    try:
        faults, counts = store.check(), store.counts()
    finally:
        store.close()
    if faults:
        raise StoreError("; ".join(faults[:3]), subject=shown_url(config.settings.store.url))
    url = shown_url(config.settings.store.url)
    return f"{url}: {counts.articles} articles, {counts.claims} claims"


def _model_state() -> str:
    from pipeline.extract import EXTRACTOR, Extractor

    article = Article(
        id="doctor", url=None, feed_url="", outlet="doctor", title="", language="en",
        text="The minister said the talks would go on.", first_seen=system_clock(),
    )  # fmt: skip
    claims = Extractor(None).claims(article)
    if not claims:
        raise TrucelineError("found no claim in a plain sentence", subject=EXTRACTOR)
    return f"{EXTRACTOR} works"


def _channel_state(config: Config) -> str:
    return ", ".join(open_channels(config, open_client(config)))
