"""Forgetting stored article text, wholly or but for the words around claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pipeline.records import Claim, Span, Stage
from pipeline.stores.documents import loads
from pipeline.stores.elasticsearch import articles, claims, versions
from pipeline.stores.elasticsearch.cluster import Cluster, Kept, Outcome, Source, replace_kept
from pipeline.stores.elasticsearch.versions import EXCERPTS, NOTHING, Held, Older
from pipeline.stores.excerpts import excerpts, teaser
from pipeline.stores.times import micros

OVER = [Stage.DONE.value, Stage.SET_ASIDE.value]


def forget_texts(cluster: Cluster, before: datetime, *, excerpt_words: int) -> int:
    """Delete the text of versions first seen before `before`; return of how many articles.

    Titles, claims, positions and alerts stay; diffs go. With `excerpt_words` the words of
    claims and that many on both sides stay in place and everything else becomes spaces, so
    that spans still point to their words. An article that still waits for a stage keeps its
    text until it is done. The words leave the disk when the segments that held them are merged.
    """
    target = EXCERPTS if excerpt_words else NOTHING
    due: list[Source] = [
        {"range": {"forgotten": {"lt": target}}},
        {"range": {"seen_at": {"lt": micros(before)}}},
    ]
    done: Source = {"terms": {"stage": OVER}}
    cluster.refresh(articles.ARTICLES, articles.VERSIONS, claims.CLAIMS)
    lost: set[str] = set()
    for kept in cluster.hits(articles.VERSIONS, {"bool": {"filter": due}}, sort=_BY_VERSION):
        if _forget_older(cluster, kept, target, excerpt_words):
            lost.add(kept.source["article_id"])
    for kept in cluster.hits(articles.ARTICLES, {"bool": {"filter": [*due, done]}}, sort=["id"]):
        if _forget_newest(cluster, kept, target, excerpt_words):
            lost.add(kept.source["id"])
    return len(lost)


_BY_VERSION: list[Source | str] = ["article_id", "number"]


def _forget_older(cluster: Cluster, kept: Kept, target: int, words: int) -> bool:
    """Forget the text of an earlier version; tell whether it had one."""
    version = versions.older_of(kept.source).version
    left = _left(cluster, version.article_id, version.number, version.text, words)
    fresh = Older(replace(version, text=left, diff=""), target)
    # Changed since: the next time.
    ended = cluster.must_write([replace_kept(kept, versions.older_source(fresh))])
    return ended == [Outcome.DONE] and bool(version.text)


def _forget_newest(cluster: Cluster, kept: Kept, target: int, words: int) -> bool:
    """Forget the text of a newest version, and a summary that is as good; tell if it had one."""
    held = versions.held_of(kept.source)
    article = held.article
    left = _left(cluster, article.id, article.version, article.text, words)
    short = teaser(article.summary)
    fresh: Held = replace(
        held, article=replace(article, text=left, summary=short), diff="", forgotten=target
    )
    ended = cluster.must_write([replace_kept(kept, versions.source_of(fresh))])
    return ended == [Outcome.DONE] and (bool(article.text) or short != article.summary)


def _left(cluster: Cluster, article_id: str, version: int, text: str, words: int) -> str:
    if not words or not text:
        return ""
    return excerpts(text, _spans(cluster, article_id, version), words)


def _spans(cluster: Cluster, article_id: str, version: int) -> Iterator[Span]:
    """Yield the spans of all claims, current and replaced, into one version."""
    asked: list[Source] = [{"term": {"article_id": article_id}}, {"term": {"version": version}}]
    for kept in cluster.hits(claims.CLAIMS, {"bool": {"filter": asked}}, sort=["id"]):
        claim = loads(Claim, kept.source["record"])
        yield from (span for span in (claim.source, claim.cue, *claim.content) if span)


__all__ = ["forget_texts"]
