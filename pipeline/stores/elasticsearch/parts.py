"""Everything in the cluster piece by piece, and the way back. See pipeline/stores/parts.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.records import (
    Alert,
    Change,
    Claim,
    Contradiction,
    Delivery,
    FeedState,
    Poll,
    Position,
    Proposition,
    Sketch,
)
from pipeline.stores.documents import dumps, loads
from pipeline.stores.elasticsearch import (
    alerts,
    articles,
    claims,
    diary,
    ledger,
    polls,
    state,
    versions,
)
from pipeline.stores.elasticsearch.cluster import Cluster, Kept, Source, Write, key_of, put
from pipeline.stores.elasticsearch.lookalikes import SKETCHES, sketch_write
from pipeline.stores.elasticsearch.versions import Held, Older
from pipeline.stores.parts import (
    KeptAlert,
    KeptArticle,
    KeptClaim,
    KeptNote,
    KeptPoll,
    KeptSketch,
    KeptVersion,
    Part,
)

ALL: Source = {"match_all": {}}
INDICES = (
    polls.FEEDS, polls.POLLS, articles.ARTICLES, articles.VERSIONS, claims.CLAIMS, SKETCHES,
    ledger.PROPOSITIONS, ledger.POSITIONS, ledger.CONTRADICTIONS, alerts.ALERTS,
    alerts.DELIVERIES, diary.CHANGES, state.STATE,
)  # fmt: skip


# -- out -----------------------------------------------------------------------------------------


def parts(cluster: Cluster) -> Iterator[Part]:
    """Yield everything, as it was when the call reached its index."""
    cluster.refresh(*INDICES)
    for kept in cluster.hits(polls.FEEDS, ALL, sort=["feed_url"]):
        yield loads(FeedState, _record(kept))
    for kept in cluster.hits(polls.POLLS, ALL, sort=["at_us", "digest"]):
        yield KeptPoll(poll=loads(Poll, _record(kept)), digest=kept.source["digest"])
    for kept in cluster.hits(articles.ARTICLES, ALL, sort=["id"]):
        yield _article(cluster, kept)
    yield from _claims(cluster)
    for kept in cluster.hits(SKETCHES, ALL, sort=["at", "article_id"]):
        yield KeptSketch(article_id=kept.source["article_id"], sketch=loads(Sketch, _record(kept)))
    for kept in cluster.hits(ledger.PROPOSITIONS, ALL, sort=["id"]):
        yield loads(Proposition, _record(kept))
    for kept in cluster.hits(ledger.POSITIONS, ALL, sort=["id"]):
        yield loads(Position, _record(kept))
    for kept in cluster.hits(ledger.CONTRADICTIONS, ALL, sort=["id"]):
        yield loads(Contradiction, _record(kept))
    yield from _told(cluster)
    for kept in cluster.hits(diary.CHANGES, ALL, sort=["at_us", "kind", "id", "part"]):
        yield diary.change_of(kept)
    notes: Source = {"term": {"kind": "note"}}
    for kept in cluster.hits(state.STATE, notes, sort=["name"]):
        yield KeptNote(name=kept.source["name"], value=kept.source["value"])


def _record(kept: Kept) -> str:
    record: str = kept.source["record"]
    return record


def _article(cluster: Cluster, kept: Kept) -> KeptArticle:
    held = versions.held_of(kept.source)
    older = articles.earlier(cluster, held.article.id, held.article.version)
    return KeptArticle(
        article=held.article,
        seen_at=held.seen_at,
        diff=held.diff,
        forgotten=held.forgotten,
        shown=tuple(sorted(held.shown.items())),
        compared=held.compared,
        claims=held.claims,
        older=tuple(
            KeptVersion(version=one.version, forgotten=one.forgotten) for one in reversed(older)
        ),
    )


def _claims(cluster: Cluster) -> Iterator[KeptClaim]:
    known: tuple[str, set[str]] = ("", set())
    for kept in cluster.hits(claims.CLAIMS, ALL, sort=["article_id", "place", "id"]):
        article_id = kept.source["article_id"]
        if known[0] != article_id:
            held = articles.held(cluster, article_id)
            known = (article_id, set(held.claims) if held else set())
        yield KeptClaim(
            claim=loads(Claim, _record(kept)),
            article_id=article_id,
            place=kept.source["place"],
            current=kept.source["id"] in known[1],
            decisions=tuple(claims.decisions_in(kept.source)),
        )


def _told(cluster: Cluster) -> Iterator[Part]:
    for kept in cluster.hits(alerts.ALERTS, ALL, sort=["created_us", "id"]):
        yield KeptAlert(
            alert=loads(Alert, _record(kept)),
            repeats=kept.source["repeats"],
            repeated=tuple(sorted(kept.source["repeated"])),
        )
    for kept in cluster.hits(alerts.DELIVERIES, ALL, sort=["created_us", "alert_id", "channel"]):
        yield loads(Delivery, _record(kept))


# -- in ------------------------------------------------------------------------------------------


def add_parts(cluster: Cluster, batch: Sequence[Part]) -> None:
    """Keep parts of one kind, in place of what is there under their ids."""
    writes = [one for part in batch if not isinstance(part, KeptClaim) for one in _put(part)]
    writes += _claim_writes(cluster, [part for part in batch if isinstance(part, KeptClaim)])
    writes += _sketch_writes(cluster, [part for part in batch if isinstance(part, KeptSketch)])
    rows = [part for part in batch if isinstance(part, Delivery)]
    writes += [put(row.index, row.id, row.source) for row in alerts.creations(cluster, (), rows)[1]]
    cluster.must_write(writes)


def _put(part: Part) -> list[Write]:
    """Return the writes of a part that needs to know of no other; of one that does, none."""
    match part:
        case FeedState():
            writes = [polls.feed_write(part, dumps(part))]
        case KeptPoll():
            writes = [polls.poll_write(part.poll, part.digest, dumps(part.poll))]
        case KeptArticle():
            writes = _article_writes(part)
        case KeptAlert():
            counted = {"repeats": part.repeats, "repeated": list(part.repeated)}
            source = alerts.source_of(part.alert) | counted
            writes = [put(alerts.ALERTS, key_of(part.alert.id), source)]
        case Change():
            writes = [diary.change_write(part)]
        case KeptNote():
            writes = [state.note_write(part.name, part.value)]
        case Proposition() | Position() | Contradiction():
            writes = [put(*ledger.document_of(part))]
        case _:
            writes = []
    return writes


def _article_writes(part: KeptArticle) -> list[Write]:
    held = Held(
        article=part.article,
        seen_at=part.seen_at,
        diff=part.diff,
        forgotten=part.forgotten,
        shown=dict(part.shown),
        compared=part.compared,
        claims=part.claims,
    )
    article_id = part.article.id
    writes = [
        put(
            articles.VERSIONS,
            articles.version_key(article_id, one.version.number),
            versions.older_source(Older(one.version, one.forgotten)),
        )
        for one in part.older
    ]
    return [*writes, put(articles.ARTICLES, key_of(article_id), versions.source_of(held))]


def _claim_writes(cluster: Cluster, batch: Sequence[KeptClaim]) -> list[Write]:
    known = articles.bare_articles(cluster, (part.article_id for part in batch))
    return [
        put(
            claims.CLAIMS,
            key_of(part.claim.id),
            claims.source_of(
                part.claim,
                versions.article_of(known[part.article_id]),
                part.decisions,
                place=part.place,
                current=part.current,
            ),
        )
        for part in batch
    ]


def _sketch_writes(cluster: Cluster, batch: Sequence[KeptSketch]) -> list[Write]:
    known = articles.bare_articles(cluster, (part.article_id for part in batch))
    return [
        sketch_write(versions.article_of(known[part.article_id]), part.sketch) for part in batch
    ]


__all__ = ["add_parts", "parts"]
