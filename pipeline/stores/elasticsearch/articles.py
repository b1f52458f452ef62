"""Articles: read, kept, sent back to a stage. See versions.py for what they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.records import Article, Stage, Version
from pipeline.stores.elasticsearch import versions
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Kept,
    Outcome,
    Source,
    Write,
    create_or_replace,
    key_of,
    patch,
)
from pipeline.stores.elasticsearch.versions import Change, Held, Older
from pipeline.stores.times import micros

ARTICLES, VERSIONS = "articles", "versions"
ORDER = (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE, Stage.DONE, Stage.SET_ASIDE)
WITHOUT_TEXT = ("text", "diff", "shown")
TURNS = 50  # how often a write is tried again because somebody else was faster


@dataclass(frozen=True, slots=True)
class Read:
    """An article as it was read, to be written over."""

    kept: Kept | None
    held: Held | None


Decide = Callable[[Held | None], Change | None]


# -- writing -----------------------------------------------------------------------------------


def save(cluster: Cluster, article_id: str, decide: Decide) -> Held | None:
    """Make of an article what `decide` says, whoever else writes it meanwhile.

    `decide` is asked again when somebody else was faster. None leaves all as it is.
    """
    for _ in range(TURNS):
        read = _read(cluster, [article_id])[article_id]
        change = decide(read.held)
        if change is None:
            return read.held
        if _commit(cluster, {article_id: (read, change)}) == []:
            return change.held
    raise contended(cluster, article_id)


def save_all(
    cluster: Cluster,
    shown: Sequence[Article],
    decide: Callable[[Held | None, Article], Change | None],
) -> None:
    """Make of each article what `decide` says, in few requests; of one id in their order."""
    waiting = list(shown)
    for _ in range(TURNS + len(shown)):
        if not waiting:
            return
        turn = {one.id: one for one in reversed(waiting)}  # the first one of each id
        reads = _read(cluster, turn)
        changes: dict[str, tuple[Read, Change]] = {}
        for article_id, one in turn.items():
            change = decide(reads[article_id].held, one)
            if change is not None:
                changes[article_id] = (reads[article_id], change)
        again = set(_commit(cluster, changes, must=False))
        done = {id(one) for article_id, one in turn.items() if article_id not in again}
        waiting = [one for one in waiting if id(one) not in done]
    raise contended(cluster, waiting[0].id)


def contended(cluster: Cluster, what: str) -> StoreError:
    """Return the error for a document that others changed every time."""
    error = StoreError(f"{what!r} is being changed by others all the time", subject=cluster.url)
    error.retryable = True
    return error


def _read(cluster: Cluster, article_ids: Iterable[str]) -> dict[str, Read]:
    keys = {article_id: (ARTICLES, key_of(article_id)) for article_id in article_ids}
    found = cluster.get_all(keys.values())
    reads = {}
    for article_id, key in keys.items():
        kept = found.get(key)
        reads[article_id] = Read(kept, versions.held_of(kept.source) if kept else None)
    return reads


def _commit(
    cluster: Cluster, changes: dict[str, tuple[Read, Change]], *, must: bool = True
) -> list[str]:
    """Write the changes; return the ids of articles that somebody else changed meanwhile."""
    lost = _write_older(cluster, changes)
    writes = {
        article_id: create_or_replace(
            read.kept, ARTICLES, key_of(article_id), versions.source_of(change.held)
        )
        for article_id, (read, change) in changes.items()
        if article_id not in lost and change.held != read.held
    }
    # An article the cluster refuses for good (a dead letter) does not stop its neighbours.
    write = cluster.must_write if must else cluster.write
    outcomes = zip(writes, write(list(writes.values())), strict=True)
    return [*lost, *(one for one, outcome in outcomes if outcome is Outcome.CONFLICT)]


def _write_older(cluster: Cluster, changes: dict[str, tuple[Read, Change]]) -> list[str]:
    """Write what articles were before; return the ids where somebody else did so meanwhile."""
    wanted = {
        (VERSIONS, version_key(article_id, older.version.number)): (article_id, older)
        for article_id, (_, change) in changes.items()
        for older in change.older
    }
    if not wanted:
        return []
    # One that is there already is left over from a process that was killed, or is filled.
    there = cluster.get_all(wanted)
    writes = [
        create_or_replace(there.get(key), *key, versions.older_source(older))
        for key, (_, older) in wanted.items()
    ]
    outcomes = cluster.must_write(writes)
    return [
        article_id
        for (article_id, _), outcome in zip(wanted.values(), outcomes, strict=True)
        if outcome is Outcome.CONFLICT
    ]


def keep(
    cluster: Cluster,
    article: Article,
    *,
    now: Callable[[], datetime],
    is_late: Callable[[Held, Article], bool] = versions.is_edited_since,
    also: Callable[[Held], Held] = lambda held: held,
) -> None:
    """Keep what a stage found about an article, in one write with what `also` adds."""

    def decide(held: Held | None) -> Change:
        change = versions.keep(
            held,
            article,
            now=now,
            is_late=is_late,
            earlier=lambda: earlier(cluster, article.id, held.article.version if held else 1),
        )
        return replace(change, held=also(change.held))

    save(cluster, article.id, decide)


# -- reading -----------------------------------------------------------------------------------


def version_key(article_id: str, number: int) -> str:
    """Return the `_id` of an earlier version."""
    return f"{key_of(article_id)}-{number}"


def earlier(cluster: Cluster, article_id: str, before: int) -> list[Older]:
    """Return the versions with smaller numbers, newest first."""
    keys = [(VERSIONS, version_key(article_id, number)) for number in range(before - 1, 0, -1)]
    found = cluster.get_all(keys)
    return [versions.older_of(found[key].source) for key in keys if key in found]


def held(cluster: Cluster, article_id: str) -> Held | None:
    """Return an article as the store has it, now."""
    return _read(cluster, [article_id])[article_id].held


def is_past(cluster: Cluster, read: Article) -> bool:
    """Say whether the store has a newer version than what a slow process brings."""
    stored = held(cluster, read.id)
    return stored is not None and versions.is_older(stored, read)


def article(cluster: Cluster, article_id: str) -> Article | None:
    """Return one article in its newest version."""
    found = held(cluster, article_id)
    return found.article if found else None


def bare_articles(
    cluster: Cluster, article_ids: Iterable[str], *, without: Sequence[str] = ()
) -> dict[str, Source]:
    """Return the documents of articles by id, without their texts, or more that `without` names."""
    keys = {article_id: (ARTICLES, key_of(article_id)) for article_id in article_ids}
    found = cluster.get_all(keys.values(), without=(*WITHOUT_TEXT, *without))
    return {one: found[key].source for one, key in keys.items() if key in found}


def all_versions(cluster: Cluster, article_id: str) -> list[Version]:
    """Return all versions of an article, oldest first."""
    newest = held(cluster, article_id)
    if newest is None:
        return []
    older = earlier(cluster, article_id, newest.article.version)
    return [*(one.version for one in reversed(older)), versions.version_of(newest)]


def pending(cluster: Cluster, stage: Stage, limit: int) -> list[Article]:
    """Return articles waiting for `stage`, by (`when`, id)."""
    cluster.refresh(ARTICLES)
    found = cluster.hits(ARTICLES, {"term": {"stage": stage.value}}, sort=["at", "id"], limit=limit)
    return [versions.article_of(kept.source) for kept in found]


def articles(
    cluster: Cluster,
    *,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    after: str,
) -> list[Article]:
    """Return articles in the order of their ids; `since` <= `when` < `until`."""
    conditions: list[Source] = [{"range": {"id": {"gt": after}}}]
    conditions += [{"term": {"topics": topic}}] if topic is not None else []
    conditions += [{"range": {"at": {"gte": micros(since)}}}] if since else []
    conditions += [{"range": {"at": {"lt": micros(until)}}}] if until else []
    cluster.refresh(ARTICLES)
    found = cluster.hits(ARTICLES, {"bool": {"filter": conditions}}, sort=["id"], limit=limit)
    return [versions.article_of(kept.source) for kept in found]


def restage(
    cluster: Cluster,
    stage: Stage,
    *,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
) -> int:
    """Send back to `stage` what has passed it and belongs to a topic; return how many.

    What has no text any more (see `forget_texts`) is not sent to be extracted again: its
    claims would be replaced by none.
    """
    passed = [later.value for later in ORDER[ORDER.index(stage) + 1 :]]
    conditions: list[Source] = [{"term": {"matched": True}}, {"terms": {"stage": passed}}]
    conditions += [{"term": {"topics": topic}}] if topic is not None else []
    conditions += [{"range": {"at": {"gte": micros(since)}}}] if since else []
    conditions += [{"range": {"at": {"lt": micros(until)}}}] if until else []
    news = [{"term": {"stage": Stage.COMPARE.value}}, {"term": {"baseline": False}}]
    conditions += [{"term": {"forgotten": 0}}] if stage is Stage.EXTRACT else []
    query: Source = {"bool": {"filter": conditions, "must_not": [{"bool": {"filter": news}}]}}
    count = 0
    for _ in range(TURNS):
        cluster.refresh(ARTICLES)
        found = cluster.hits(ARTICLES, query, sort=["id"], without=("record", *WITHOUT_TEXT))
        writes: list[Write] = [
            patch(kept, {"stage": stage.value, "baseline": True}) for kept in found
        ]
        outcomes = cluster.must_write(writes)
        count += outcomes.count(Outcome.DONE)
        if Outcome.CONFLICT not in outcomes:
            return count
    raise contended(cluster, "the articles to send back")


__all__ = [
    "all_versions",
    "article",
    "articles",
    "bare_articles",
    "contended",
    "earlier",
    "held",
    "keep",
    "pending",
    "restage",
    "save",
    "save_all",
    "version_key",
]
