"""The diary's index. A line's `_id` is made of record and moment: written again it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pipeline.records import Account, Change, ChangeKind, Comparison, Lines
from pipeline.stores.diary import account_of, lines_of
from pipeline.stores.elasticsearch import articles, claims
from pipeline.stores.elasticsearch.cluster import Cluster, Kept, Source, Write, key_of, put
from pipeline.stores.times import micros, moment

CHANGES = "changes"
IDS = 10_000  # asked for at once
ORDER: Sequence[Source | str] = ("at_us", "id", "part")


def comparison_writes(cluster: Cluster, comparison: Comparison) -> list[Write]:
    """Return the lines of a comparison, which knows when it was made."""
    at = comparison.at
    assert at is not None
    before = _before(cluster, comparison.article.id, at)
    return [change_write(change) for change in lines_of(comparison, at, before)]


def _before(cluster: Cluster, article_id: str, at: datetime) -> Account | None:
    held = articles.held(cluster, article_id)
    if held is None or not held.compared:
        return None  # never compared: no need to search
    found = changes(
        cluster, Lines(kind=ChangeKind.ARTICLE, ids=(article_id,), until=at, newest=True)
    )
    return account_of(found[0]) if found else None


def save(cluster: Cluster, changes: Iterable[Change]) -> None:
    """Write lines into the diary; of one record and moment the last one counts."""
    cluster.must_write([change_write(change) for change in changes])


def change_write(change: Change) -> Write:
    """Return the write of one line."""
    key = key_of("change", change.kind.value, change.id, change.part, str(micros(change.at)))
    source: Source = {
        "kind": change.kind.value,
        "id": change.id,
        "part": change.part,
        "at": change.at.isoformat(),
        "at_us": micros(change.at),
        "again": change.again,
        "head": change.head,
        "record": change.document,
    }
    return put(CHANGES, key, source)


def changes(cluster: Cluster, asked: Lines) -> list[Change]:
    """Return lines of one kind by (time, id, part). See `Lines`."""
    cluster.refresh(CHANGES)
    whole = asked.ids is None and not asked.newest
    found: list[Kept] = []
    for ids in [None] if asked.ids is None else _chunks(sorted(set(asked.ids))):
        found += cluster.hits(
            CHANGES,
            {"bool": {"filter": _conditions(asked, ids)}},
            sort=ORDER,
            limit=asked.limit if whole else None,
            without=("record",) if asked.brief or asked.newest else (),
        )
    if asked.newest:
        found = _newest(cluster, found, brief=asked.brief)
    found.sort(key=_order)
    return [change_of(kept) for kept in found[: asked.limit]]


def _conditions(asked: Lines, ids: list[str] | None) -> list[Source]:
    found: list[Source] = [{"term": {"kind": asked.kind.value}}]
    found += [{"range": {"at_us": {"gte": micros(asked.since)}}}] if asked.since else []
    found += [{"range": {"at_us": {"lt": micros(asked.until)}}}] if asked.until else []
    found += [{"term": {"again": True}}] if asked.again else []
    found += [_later(asked.after)] if asked.after else []
    found += [{"terms": {"id": ids}}] if ids is not None else []
    return found


def _newest(cluster: Cluster, found: list[Kept], *, brief: bool) -> list[Kept]:
    last = {(kept.source["id"], kept.source["part"]): kept for kept in found}
    if brief:
        return list(last.values())
    there = cluster.get_all((CHANGES, kept.id) for kept in last.values())
    return list(there.values())


def _order(kept: Kept) -> tuple[int, str, str]:
    return kept.source["at_us"], kept.source["id"], kept.source["part"]


def _later(after: Change) -> Source:
    at = micros(after.at)
    same: list[Source] = [{"term": {"at_us": at}}]
    id_later: Source = {"range": {"id": {"gt": after.id}}}
    part_later: list[Source] = [{"term": {"id": after.id}}, {"range": {"part": {"gt": after.part}}}]
    return {
        "bool": {
            "should": [
                {"range": {"at_us": {"gt": at}}},
                {"bool": {"filter": [*same, id_later]}},
                {"bool": {"filter": [*same, *part_later]}},
            ]
        }
    }


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + IDS] for start in range(0, len(ids), IDS)]


def change_of(kept: Kept) -> Change:
    """Return the line of a document."""
    source = kept.source
    return Change(
        kind=ChangeKind(source["kind"]),
        id=source["id"],
        part=source["part"],
        at=moment(source["at_us"]),
        again=source["again"],
        head=source["head"],
        document=source.get("record", ""),
    )


def carriers(cluster: Cluster, topic: str, key: str) -> list[str]:
    """Return the ids of the articles that ever carried a proposition."""
    if not key:
        return []
    cluster.refresh(claims.CLAIMS)
    carried: Source = {"term": {"keys": claims.coverage_key(topic, key)}}
    found = cluster.hits(claims.CLAIMS, carried, sort=["id"], without=("record",))
    return sorted({kept.source["article_id"] for kept in found})


__all__ = [
    "CHANGES",
    "carriers",
    "change_of",
    "change_write",
    "changes",
    "comparison_writes",
    "save",
]
