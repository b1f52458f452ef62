"""What would topics and rules as they stand have sent, had they been there from the start?

The stored past is lived again, article by article in the order in which it was compared, with
the clock as it was: by the same code, in a scratch store that is thrown away. What was lived
is read from the diary, so the answer is what live running would have sent, same ids, same order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.alert import RuleIndex
from pipeline.comparing import Comparer
from pipeline.errors import ConfigError
from pipeline.filter import TopicFilter, topics_of
from pipeline.records import Account, Alert, Article, Change, ChangeKind, Claim, Lines, Stage
from pipeline.stores import open_store
from pipeline.stores.diary import account_of

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

PAGE = 500
MOST = 1_000_000  # stored alerts looked at

Extract = Callable[[Article], Sequence[Claim]]


@dataclass(frozen=True, slots=True)
class Lived:
    """One comparison of the past: when, of what, with which claims."""

    at: datetime
    article: Article  # with its text, as far as that is kept
    claims: tuple[Claim, ...]
    quiet: tuple[str, ...] = ()
    shown: bool = True  # what the feed showed of it is still kept


@dataclass(slots=True)
class Backtest:
    """Counts and alerts of one back-test, and how they compare with the alerts that were sent."""

    articles: int = 0
    matched: int = 0
    newly_matched: int = 0  # they did not match when they came
    unread: int = 0  # of these: without claims, because nobody extracted any
    claims: int = 0
    alerts: list[Alert] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)  # publication to alert, in order
    missed: list[Alert] = field(default_factory=list)  # sent then; this would not tell of it
    added: list[Alert] = field(default_factory=list)  # this tells; nothing that was sent did


def backtest(
    config: Config,
    store: Store,
    *,
    topic: str | None = None,
    rule: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    archive: bool = False,
    extract: Extract | None = None,
) -> Backtest:
    """Live the stored past again under a topic and a rule (None: all) and report what they send.

    Only alerts with `since` <= created < `until` are reported; the past before is lived all the
    same. `archive` lets first collections and imports alert too, each article at its time of
    publication: a try-out on texts that never were live. `extract` reads what a topic wants only
    now; without it such articles have no claims.

    Raises:
        ConfigError: no such topic or rule.
    """
    tested = _tested(config, topic, rule)
    lived = _archived(store) if archive else _lived(store)
    found, topics = Backtest(), {t.id for t in tested.topics}
    matcher = TopicFilter(tested.topics)
    created: dict[str, datetime] = {}
    now = [datetime.min.replace(tzinfo=UTC)]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder).as_posix()}/scratch.sqlite"
        with closing(open_store(url)) as scratch:
            comparer = Comparer(tested, scratch, lambda: now[0], RuleIndex(tested.rules))
            for one in lived:
                now[0] = one.at
                wanted = _rematched(one, matcher, topics, whole=archive)
                ready = _counted(found, wanted, one.article, extract)
                for alert in _relive(comparer, scratch, ready):
                    if _is_within(alert.created, since, until):
                        found.alerts.append(alert)
                        created[alert.id] = ready.article.when
    found.latencies_s = [(a.created - created[a.id]).total_seconds() for a in found.alerts]
    _compare_with(found, store.alerts(since=since, until=until, limit=MOST), topics)
    return found


def _tested(config: Config, topic: str | None, rule: str | None) -> Config:
    topics = tuple(t for t in config.topics if topic in (None, t.id))
    rules = tuple(r for r in config.rules if rule in (None, r.name))
    if not topics:
        known = ", ".join(t.id for t in config.topics)
        raise ConfigError(f"no such topic; there are: {known}", subject=topic or "")
    if not rules:
        known = ", ".join(r.name for r in config.rules)
        raise ConfigError(f"no such rule; there are: {known}", subject=rule or "")
    return replace(config, topics=topics, rules=rules)


# -- the past -------------------------------------------------------------------------------


def _lived(store: Store) -> Iterator[Lived]:
    """Yield every comparison in its order: by time, within one moment as `pending` gives them."""
    last: Change | None = None
    moment: list[tuple[Change, Account]] = []
    while page := store.changes(Lines(kind=ChangeKind.ARTICLE, after=last, limit=PAGE)):
        for line in page:
            if moment and line.at != moment[0][0].at:
                yield from _in_order(store, moment)
                moment = []
            moment.append((line, account_of(line)))
        last = page[-1]
    yield from _in_order(store, moment)


def _in_order(store: Store, moment: list[tuple[Change, Account]]) -> Iterator[Lived]:
    moment.sort(key=lambda pair: (pair[1].article.when, pair[1].article.id))
    for line, account in moment:
        article, now = account.article, store.article(account.article.id)
        texts = {version.number: version.text for version in store.versions(article.id)}
        newest = now is not None and now.version == article.version
        words = replace(
            article,
            text=texts.get(article.version, ""),
            summary=now.summary if now is not None and newest else "",
        )
        yield Lived(line.at, words, account.claims, account.quiet, shown=newest)


def _archived(store: Store) -> Iterable[Lived]:
    """Return every article as it is now, compared when it was published."""
    found, after = list[Lived](), ""
    while page := store.articles(limit=PAGE, after=after):
        after = page[-1].id
        found += [
            Lived(a.when, replace(a, baseline=False, version=1), tuple(store.claims(a.id)))
            for a in page
        ]
    return sorted(found, key=lambda one: (one.at, one.article.id))


# -- lived again ------------------------------------------------------------------------------


def _rematched(one: Lived, matcher: TopicFilter, topics: set[str], *, whole: bool) -> Lived:
    """Give an article the topics that want it now, by what its feed showed (`whole`: by its text).

    Where that is no longer kept, those that wanted it then stay.
    """
    article = one.article
    matches = matcher.match_article(
        article.title,
        summary=article.summary,
        text=article.text if whole else "",
        url=article.url,
        language=article.language,
    )
    kept = () if one.shown else (t for t in article.topics if t in topics)
    wanted = tuple(dict.fromkeys([*kept, *topics_of(matches)]))
    return replace(one, article=replace(article, topics=wanted))


def _counted(found: Backtest, now: Lived, was: Article, extract: Extract | None) -> Lived:
    article = now.article
    new = set(article.topics) - set(was.topics)
    if new and not was.topics and not now.claims:
        if extract is not None and (article.text or article.summary):
            now = replace(now, claims=tuple(extract(article)))
        else:
            found.unread += 1
    found.articles += 1
    found.matched += bool(article.topics)
    found.newly_matched += bool(new)
    found.claims += len(now.claims) if article.topics else 0
    return now


def _relive(comparer: Comparer, scratch: Store, one: Lived) -> tuple[Alert, ...]:
    before = scratch.article(one.article.id)
    told = before.told if before is not None else ()
    waiting = replace(one.article, stage=Stage.COMPARE, told=told, origin=None)
    scratch.save_article(waiting)
    scratch.save_claims(waiting, one.claims if waiting.topics else ())
    kept = scratch.article(one.article.id)
    assert kept is not None
    return comparer.compare(replace(kept, version=waiting.version), quiet=one.quiet)


# -- against what was sent --------------------------------------------------------------------


def _compare_with(found: Backtest, sent: Sequence[Alert], topics: set[str]) -> None:
    """Say which stories only one side told; alerts of one story are one."""
    sent = [a for a in sent if a.kind in ("claim", "keyword") and a.topic in (None, *topics)]
    here, there = {a.story for a in found.alerts}, {a.story for a in sent}
    found.missed = _first_of_each(a for a in reversed(sent) if a.story not in here)
    found.added = _first_of_each(a for a in found.alerts if a.story not in there)


def _first_of_each(alerts: Iterable[Alert]) -> list[Alert]:
    first: dict[str, Alert] = {}
    for alert in alerts:
        first.setdefault(alert.story, alert)
    return list(first.values())


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since <= at) and (until is None or at < until)


def latency_words(latencies_s: Sequence[float]) -> str:
    """Return median and slowest tenth in words; "" when there are none."""
    if not latencies_s:
        return ""
    ordered = sorted(latencies_s)
    median, slow = (
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)],
    )
    half, tenth = (str(timedelta(seconds=round(s))) for s in (median, slow))
    return f"publication to alert: median {half}, slowest tenth from {tenth}"


__all__ = ["Backtest", "backtest", "latency_words"]
