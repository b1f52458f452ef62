"""What would the topics and rules as they stand have found in the stored past?

The same pure functions as live running: filter, compare, alert. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.alert import Known, RuleIndex, find_alerts, find_keyword_alerts
from pipeline.compare import compare_claims
from pipeline.errors import ConfigError
from pipeline.filter import TopicFilter, topics_of
from pipeline.records import Alert, Article, Claim, Ledger

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

PAGE = 500


@dataclass(slots=True)
class Backtest:
    """Counts and alerts of one back-test."""

    articles: int = 0
    matched: int = 0
    newly_matched: int = 0  # they did not match when they came
    claims: int = 0
    alerts: list[Alert] = field(default_factory=list)


def backtest(
    config: Config,
    store: Store,
    *,
    topic: str | None = None,
    rule: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Backtest:
    """Run topics and rules over stored articles in order of publication.

    Claims are those that are stored: an article nothing matched when it came was not
    extracted and has none; `truceline reprocess` reads it. Baseline and age do not count here.

    Raises:
        ConfigError: no such topic or rule.
    """
    topics = [t for t in config.topics if topic in (None, t.id)]
    rules = [r for r in config.rules if rule in (None, r.name)]
    if not topics:
        raise ConfigError(f"no such topic; there are: {_names(config.topics)}", subject=topic or "")
    if not rules:
        known = ", ".join(r.name for r in config.rules)
        raise ConfigError(f"no such rule; there are: {known}", subject=rule or "")
    found = Backtest()
    matcher, index = TopicFilter(topics), RuleIndex(rules)
    ledgers = {t.id: Ledger() for t in topics}
    articles = sorted(_articles(store, since, until), key=lambda a: (a.when, a.id))
    seen: set[str] = set()
    for article in articles:
        now = _rematched(article, matcher)
        found.articles += 1
        found.matched += bool(now.topics)
        found.newly_matched += bool(set(now.topics) - set(article.topics))
        claims = store.claims(article.id) if now.topics else []
        found.claims += len(claims)
        window = timedelta(days=config.settings.watch.novelty_days)
        for alert in _alerts(now, claims, ledgers, index, window):
            if alert.id not in seen:
                seen.add(alert.id)
                found.alerts.append(alert)
    return found


def _rematched(article: Article, matcher: TopicFilter) -> Article:
    matches = matcher.match_article(
        article.title,
        summary=article.summary,
        text=article.text,
        url=article.url,
        language=article.language,
    )
    return replace(article, topics=topics_of(matches), matches=matches, baseline=False)


def _alerts(
    article: Article,
    claims: list[Claim],
    ledgers: dict[str, Ledger],
    rules: RuleIndex,
    window: timedelta,
) -> Iterator[Alert]:
    for topic in article.topics:
        ledger = ledgers[topic]
        compared = compare_claims(claims, topic, ledger, window=window)
        ledgers[topic] = compared.ledger
        known = Known(ledger=ledger)
        yield from find_alerts(
            article, claims, compared.decisions, rules=rules, known=known, now=article.when
        ).new
    yield from find_keyword_alerts(article, rules=rules, known=Known(), now=article.when).new


def _articles(store: Store, since: datetime | None, until: datetime | None) -> Iterator[Article]:
    after = ""
    while page := store.articles(since=since, until=until, limit=PAGE, after=after):
        yield from page
        after = page[-1].id


def _names(topics: object) -> str:
    assert isinstance(topics, tuple)
    return ", ".join(t.id for t in topics)
