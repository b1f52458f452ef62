"""The time machine: a store's answers as they were at a cut.

What was known then is what a watch that stopped at the cut would answer: articles, claims,
decisions and positions as the last comparison up to the cut left them, alerts created by then.
Known means seen by us, whatever the dates in the articles say. It is read from the diary (see
`DiaryStore`), which every comparison writes; the present is only used to find candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.folding import fold, words
from pipeline.records import (
    Account,
    Alert,
    Article,
    Change,
    ChangeKind,
    Claim,
    Contradiction,
    Coverage,
    Decision,
    Delivery,
    DeliveryState,
    Finding,
    Lines,
    Position,
    Query,
    Stage,
    Version,
)
from pipeline.stores import Store
from pipeline.stores.carriers import coverage_of
from pipeline.stores.diary import AHEAD, Head, account_of, head_of, key_mark
from pipeline.stores.documents import loads
from pipeline.stores.facets import choices_asked, pairs_asked, pairs_of, phrases_of, searchable
from pipeline.stores.times import micros

TICK = timedelta(microseconds=1)
PAGE = 200
MILLISECOND = timedelta(milliseconds=1)
WAITING = (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE)
MOST_WAITING = 100_000
DONE = (DeliveryState.SENT, DeliveryState.DIGESTED)


class Row(NamedTuple):
    """A claim that answers, ready to be sorted."""

    order: tuple[int, datetime, datetime, str, int]
    claim: Claim
    account: Account


@dataclass(frozen=True, slots=True)
class Past:
    """What `store` knew at `cut`, with the methods of `pipeline.stores.Answers`.

    Of an alert's way out it says whether it was sent by then; attempts and errors in between
    are not kept. Of an article edited since, the older words are there, the summary is not.
    """

    store: Store
    cut: datetime

    @property
    def _end(self) -> datetime:
        return self.cut + TICK

    # -- who said what -------------------------------------------------------------------

    def search(self, query: Query) -> list[Finding]:
        """Answer from the claims that were current then, newest first."""
        wanted = _Wanted(query)
        if wanted.is_nothing:
            return []
        seen = self._unlike_now()
        rows = list(self._rows(seen, wanted))
        for page in self._pages(query):
            fresh = {found.article.id for found in page} - seen
            seen |= fresh
            rows += self._rows(fresh, wanted)
            late = page[-1].claim.said_at
            if sum(row.claim.said_at > late for row in rows) >= query.limit:
                break
        rows.sort(key=lambda row: row.order, reverse=True)
        return [self._finding(query, row) for row in rows[: query.limit]]

    def _unlike_now(self) -> set[str]:
        """Return articles that the present would not find by what they said then, or when.

        Compared again since, on their way to be, or dated more than a day ahead.
        """
        changed = self.store.changes(
            Lines(kind=ChangeKind.ARTICLE, since=self._end, again=True, newest=True, brief=True)
        )
        ahead = self.store.changes(Lines(kind=ChangeKind.AHEAD, until=self._end, brief=True))
        waiting = (a for stage in WAITING for a in self.store.pending(stage, MOST_WAITING))
        return {line.id for line in (*changed, *ahead)} | {article.id for article in waiting}

    def _pages(self, query: Query) -> Iterator[list[Finding]]:
        """Yield what the present answers, newest first, from a day after the cut back."""
        newest = self.cut + AHEAD
        until = newest if query.until is None else min(query.until, newest)
        size, seen = max(PAGE, query.limit), set[str]()
        while True:
            page = self.store.search(replace(query, until=until, limit=size))
            fresh = [found for found in page if found.claim.id not in seen]
            if fresh:
                yield fresh
            if len(page) < size:
                return
            if not fresh:
                size *= 2  # all of one millisecond
            seen = {found.claim.id for found in page}
            oldest = page[-1].claim.said_at
            until = oldest.replace(microsecond=oldest.microsecond // 1000 * 1000) + MILLISECOND

    def _rows(self, article_ids: Collection[str], wanted: _Wanted) -> Iterator[Row]:
        for line, account in self._accounts(article_ids):
            article = account.article
            for place, claim in enumerate(account.claims):
                decisions = _decisions_of(claim, account)
                if wanted.fits(claim, article, decisions):
                    said = micros(claim.said_at) // 1000
                    yield Row((said, line.at, article.when, article.id, place), claim, account)

    def _finding(self, query: Query, row: Row) -> Finding:
        decisions = [
            d
            for d in _decisions_of(row.claim, row.account)
            if query.topic in (None, d.topic) and query.novelty in (None, d.novelty)
        ]
        decision = decisions[0] if decisions else None
        by = self.coverage(decision.topic, decision.key) if decision else Coverage()
        return Finding(
            claim=row.claim,
            article=self._bare(row.account.article),
            decision=decision,
            outlets=len(by.outlets) or 1,
            origins=len(by.origins) or 1,
        )

    # -- one claim -----------------------------------------------------------------------

    def claim(self, claim_id: str) -> Claim | None:
        """Return one claim, current or replaced by then; the start of an id does."""
        now = self.store.claim(claim_id)
        if now is None:
            return None
        lines = self._lines(ChangeKind.ARTICLE, [now.article_id])
        for line in reversed(lines):
            for claim in account_of(line).claims:
                if claim.id == now.id:
                    return claim
        return None

    def decisions(self, claim_id: str) -> list[Decision]:
        """Return what compare had decided about a claim by then, by topic."""
        now = self.store.claim(claim_id)
        account = self._account(now.article_id) if now is not None else None
        decided = account.decisions if account is not None else ()
        return sorted((d for d in decided if d.claim_id == claim_id), key=lambda d: d.topic)

    def article(self, article_id: str) -> Article | None:
        """Return an article in its version of then, with its text if that is still kept."""
        account = self._account(article_id)
        if account is None:
            return None
        versions = {v.number: v.text for v in self.store.versions(article_id)}
        bare = self._bare(account.article)
        return replace(bare, text=versions.get(bare.version, ""))

    def versions(self, article_id: str) -> list[Version]:
        """Return the versions that were compared by then, and those before them."""
        account = self._account(article_id)
        last = account.article.version if account is not None else 0
        return [v for v in self.store.versions(article_id) if v.number <= last]

    def coverage(self, topic: str, key: str) -> Coverage:
        """Return who had carried the proposition `key` by then."""
        mark = key_mark(topic, key)
        heads = self._heads(self.store.carriers(topic, key) if key else ())
        carried = [head for head in heads.values() if mark in head.keys]
        firsts = heads | self._heads({h.origin for h in carried if h.origin} - heads.keys())
        return coverage_of((h.outlet, _origin(h, firsts.get(h.origin or ""))) for h in carried)

    # -- the ledger ----------------------------------------------------------------------

    def positions(
        self,
        *,
        topic: str | None = None,
        party: str | None = None,
        issue: str | None = None,
        history: bool = False,
    ) -> list[Position]:
        """Return the positions held then, with `history` also those replaced by then."""
        lines = self._lines(ChangeKind.POSITION, newest=True)
        found = [
            p
            for p in (loads(Position, line.document) for line in lines)
            if topic in (None, p.topic)
            and party in (None, p.party)
            and issue in (None, p.issue)
            and (history or p.until is None)
        ]
        return sorted(found, key=lambda p: (p.topic, p.issue, p.party, p.since, p.id))

    def contradictions(
        self, *, topic: str | None = None, closed: bool = False
    ) -> list[Contradiction]:
        """Return the contradictions open then, with `closed` also those closed by then."""
        lines = self._lines(ChangeKind.CONTRADICTION, newest=True)
        found = [
            c
            for c in (loads(Contradiction, line.document) for line in lines)
            if topic in (None, c.topic) and (closed or c.closed is None)
        ]
        found.sort(key=lambda c: c.id)
        return sorted(found, key=lambda c: c.opened, reverse=True)

    # -- alerts --------------------------------------------------------------------------

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert, if it had been created."""
        alert = self.store.alert(alert_id)
        if alert is None or alert.created > self.cut:
            return None
        return self._counted([alert])[0]

    def alerts(
        self,
        *,
        topic: str | None = None,
        rule: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        """Return the alerts created by then, newest first; `since` <= created < `until`."""
        until = self._end if until is None else min(until, self._end)
        return self._counted(
            self.store.alerts(topic=topic, rule=rule, since=since, until=until, limit=limit)
        )

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """Return the outbox rows of an alert: sent, or waiting for the cut."""
        return [self._then(row) for row in self.store.deliveries(alert_id)]

    def _then(self, row: Delivery) -> Delivery:
        if row.state in DONE and row.sent_at is not None and row.sent_at <= self.cut:
            return row
        return Delivery(
            alert_id=row.alert_id, channel=row.channel, next_try=self.cut, digest=row.digest
        )

    def _counted(self, alerts: list[Alert]) -> list[Alert]:
        """Return alerts with the repeats they had."""
        lines = self._lines(ChangeKind.REPEAT, [alert.id for alert in alerts], brief=True)
        repeated = {(line.id, line.part) for line in lines}
        counts = Counter(alert_id for alert_id, _ in repeated)
        own = Counter(a.id for a in alerts if a.article_id and (a.id, a.article_id) in repeated)
        return [replace(alert, repeats=counts[alert.id] - own[alert.id]) for alert in alerts]

    # -- the diary -----------------------------------------------------------------------

    def changes(self, asked: Lines) -> list[Change]:
        """Return the lines of the diary by then."""
        until = self._end if asked.until is None else min(asked.until, self._end)
        return self.store.changes(replace(asked, until=until))

    def _lines(
        self,
        kind: ChangeKind,
        ids: Collection[str] | None = None,
        *,
        newest: bool = False,
        brief: bool = False,
    ) -> list[Change]:
        some = None if ids is None else tuple(ids)
        return self.changes(Lines(kind=kind, ids=some, newest=newest, brief=brief))

    def _accounts(self, article_ids: Collection[str]) -> Iterator[tuple[Change, Account]]:
        if article_ids:
            for line in self._lines(ChangeKind.ARTICLE, article_ids, newest=True):
                yield line, account_of(line)

    def _account(self, article_id: str) -> Account | None:
        return next((account for _, account in self._accounts([article_id])), None)

    def _heads(self, article_ids: Collection[str]) -> dict[str, Head]:
        if not article_ids:
            return {}
        lines = self._lines(ChangeKind.ARTICLE, article_ids, newest=True, brief=True)
        return {line.id: head_of(line) for line in lines}

    def _bare(self, article: Article) -> Article:
        """Give an article its summary back, if the store still has it in this version."""
        now = self.store.article(article.id)
        if now is None or now.version != article.version:
            return article
        return replace(article, summary=now.summary)


class _Wanted:
    """A question, asked of one claim. Compares as the stores' indices do."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.pairs = {(kind, fold(str(value))) for kind, value in pairs_asked(query)}
        self.choices = {(kind, fold(str(value))) for kind, value in choices_asked(query)}
        self.phrases = [_words(phrase) for phrase in phrases_of(query.text)]
        self.is_nothing = bool(query.text.strip()) and not self.phrases

    def fits(self, claim: Claim, article: Article, decisions: Iterable[Decision]) -> bool:
        """Say whether a claim answers."""
        if not _is_between(claim.said_at, self.query.since, self.query.until):
            return False
        has = {(kind, fold(str(value))) for kind, value in pairs_of(claim, article, decisions)}
        if not self.pairs <= has or (self.choices and self.choices.isdisjoint(has)):
            return False
        texts = [_words(searchable(text)) for text in (claim.text, article.title)]
        return all(any(phrase in text for text in texts) for phrase in self.phrases)


def _is_between(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Compare as stores do: to the millisecond."""
    when = micros(at) // 1000
    return (since is None or micros(since) // 1000 <= when) and (
        until is None or when < micros(until) // 1000
    )


def _words(text: str) -> str:
    """Return the words of a folded text between blanks, so that whole ones are found in it."""
    return f" {' '.join(text[start:end] for start, end in words(text))} "


def _decisions_of(claim: Claim, account: Account) -> list[Decision]:
    """Return the decisions on a claim by topic."""
    decided = (d for d in account.decisions if d.claim_id == claim.id)
    return sorted(decided, key=lambda d: d.topic)


def _origin(head: Head, first: Head | None) -> str:
    """Return whose copy an article counts as; see `LedgerStore.coverage`."""
    agency = head.agency if head.agency is not None or first is None else first.agency
    return agency if agency is not None else f"own reporting: {(first or head).outlet}"


__all__ = ["Past"]
