"""The diary: what each comparison made known, and when. Lines are added, never changed.

It is what "as of" and back-tests read (see pipeline/asof.py). The same lines in every store: one
for an article with its claims and decisions, one for each position and contradiction that
changed, one for each alert that the article repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.records import Account, Article, Change, ChangeKind, Comparison, Decision, stable_id
from pipeline.stores.documents import decode, dumps, encode, loads

AHEAD = timedelta(days=1)  # some feeds date their news a little after the clock


@dataclass(frozen=True, slots=True)
class Head:
    """Of an article's line: whose copy it is, and which statements it carried so far."""

    outlet: str
    agency: str | None
    origin: str | None
    keys: frozenset[str]  # see `key_mark`


def key_mark(topic: str, key: str) -> str:
    """Return what stands in a head for a proposition."""
    return stable_id(topic, key)[:12]


def lines_of(comparison: Comparison, at: datetime, before: Account | None) -> tuple[Change, ...]:
    """Return what goes into the diary with a comparison made at `at`.

    `before` is the article's account so far: the first decision on a claim stays.
    """
    return (
        _article_line(comparison, at, before),
        *(
            Change(kind=ChangeKind.POSITION, id=p.id, at=at, document=dumps(p))
            for p in comparison.positions
        ),
        *(
            Change(kind=ChangeKind.CONTRADICTION, id=c.id, at=at, document=dumps(c))
            for c in comparison.contradictions
        ),
        *(
            Change(kind=ChangeKind.REPEAT, id=alert_id, part=comparison.article.id, at=at)
            for alert_id in dict.fromkeys(comparison.repeated)
        ),
        *_ahead(comparison.article, at),
    )


def _ahead(article: Article, at: datetime) -> Iterator[Change]:
    if article.when >= at + AHEAD:
        yield Change(kind=ChangeKind.AHEAD, id=article.id, at=at)


def _article_line(comparison: Comparison, at: datetime, before: Account | None) -> Change:
    earlier = before.decisions if before is not None else ()
    known = {(d.claim_id, d.topic) for d in earlier}
    fresh = (d for d in comparison.decisions if (d.claim_id, d.topic) not in known)
    account = Account(
        # The words of articles are forgotten in time (retention): the diary does not keep them.
        article=replace(comparison.article, text="", summary=""),
        claims=comparison.claims,
        decisions=(*earlier, *fresh),
        quiet=comparison.quiet,
    )
    return Change(
        kind=ChangeKind.ARTICLE,
        id=comparison.article.id,
        at=at,
        again=before is not None,
        head=_head_of(account.article, account.decisions),
        document=dumps(account),
    )


def _head_of(article: Article, decisions: Iterable[Decision]) -> str:
    marks = dict.fromkeys(key_mark(d.topic, d.key) for d in decisions if d.key)
    return encode([article.outlet, article.credit.origin, article.origin, list(marks)])


def account_of(change: Change) -> Account:
    """Return the account in an article's line."""
    return loads(Account, change.document)


def head_of(change: Change) -> Head:
    """Return the head of an article's line."""
    outlet, agency, origin, marks = decode(change.head)
    return Head(outlet, agency, origin, frozenset(marks))


__all__ = ["AHEAD", "Head", "account_of", "head_of", "key_mark", "lines_of"]
