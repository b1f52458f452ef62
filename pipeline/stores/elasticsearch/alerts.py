"""Alerts and the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.records import Alert, Comparison, Delivery, DeliveryState
from pipeline.stores.documents import dumps, loads, loads_again
from pipeline.stores.elasticsearch.articles import TURNS, contended
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Kept,
    Outcome,
    Source,
    Write,
    create,
    create_or_replace,
    key_of,
    replace_kept,
)
from pipeline.stores.times import micros

ALERTS, DELIVERIES = "alerts", "deliveries"
OVER = (DeliveryState.SENT.value, DeliveryState.DIGESTED.value)


# -- writing -----------------------------------------------------------------------------------


def save_alerts(cluster: Cluster, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
    """Keep outbox rows, then their alerts; those already stored stay as they are.

    In this order a kill in between leaves rows that are not due before their alert is there,
    and an alert that the next run finds not stored yet: it is never without its rows.
    """
    told, rows = creations(cluster, alerts, deliveries)
    cluster.must_write(rows)
    cluster.must_write(told)


def creations(
    cluster: Cluster, alerts: Sequence[Alert], deliveries: Sequence[Delivery]
) -> tuple[list[Write], list[Write]]:
    """Return the writes of alerts and of outbox rows.

    Raises:
        StoreError: a row's alert is neither stored nor among `alerts`.
    """
    given = {alert.id: (alert.rule, micros(alert.created)) for alert in reversed(alerts)}
    known = given | _known(cluster, (row.alert_id for row in deliveries))
    rows = [
        create(DELIVERIES, _row_key(row), _row_source(row, known, cluster.url))
        for row in deliveries
    ]
    told = [create(ALERTS, key_of(alert.id), source_of(alert)) for alert in alerts]
    return told, rows


def check_repeated(cluster: Cluster, comparison: Comparison) -> None:
    """Make sure that every alert a comparison repeats is there to count it.

    Raises:
        StoreError: one is neither stored nor among its own.
    """
    own = {alert.id for alert in comparison.alerts}
    there = _stored(cluster, comparison.repeated)
    for alert_id in comparison.repeated:
        if alert_id not in there and alert_id not in own:
            raise StoreError(f"no alert {alert_id!r} to fold into", subject=cluster.url)


def _known(cluster: Cluster, alert_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Return rule and time of stored alerts."""
    found = _stored(cluster, alert_ids)
    return {one: (kept.source["rule"], kept.source["created_us"]) for one, kept in found.items()}


def _stored(cluster: Cluster, alert_ids: Iterable[str]) -> dict[str, Kept]:
    keys = {one: (ALERTS, key_of(one)) for one in alert_ids}
    found = cluster.get_all(keys.values())
    return {one: found[key] for one, key in keys.items() if key in found}


def _row_key(row: Delivery) -> str:
    return key_of("delivery", row.alert_id, row.channel)


def save_deliveries(cluster: Cluster, deliveries: Sequence[Delivery]) -> None:
    """Update outbox rows. What is sent (or digested) stays so, whatever a slower process says."""
    known = _known(cluster, (row.alert_id for row in deliveries))
    waiting = {_row_key(row): _row_source(row, known, cluster.url) for row in deliveries}
    for _ in range(TURNS):
        there = cluster.get_all((DELIVERIES, key) for key in waiting)
        writes = []
        for key, source in waiting.items():
            kept = there.get((DELIVERIES, key))
            if kept is None or kept.source["state"] not in OVER:
                writes.append(create_or_replace(kept, DELIVERIES, key, source))
        outcomes = zip(writes, cluster.must_write(writes), strict=True)
        lost = {one.id for one, outcome in outcomes if outcome is Outcome.CONFLICT}
        waiting = {key: source for key, source in waiting.items() if key in lost}
        if not waiting:
            return
    raise contended(cluster, DELIVERIES)


def fold_repeat(cluster: Cluster, alert_id: str, article_id: str) -> None:
    """Count `article_id` as a repeat, once; the article that caused the alert is none.

    Raises:
        StoreError: no such alert is stored.
    """
    if not fold(cluster, alert_id, article_id):
        raise StoreError(f"no alert {alert_id!r} to fold into", subject=cluster.url)


def fold(cluster: Cluster, alert_id: str, article_id: str) -> bool:
    """As `fold_repeat`; False when no such alert is stored."""
    for _ in range(TURNS):
        kept = cluster.get(ALERTS, key_of(alert_id))
        if kept is None:
            return False
        repeated = kept.source["repeated"]
        if article_id in (kept.source["article_id"], *repeated):
            return True
        counted = {"repeats": kept.source["repeats"] + 1, "repeated": [*repeated, article_id]}
        if cluster.must_write([replace_kept(kept, kept.source | counted)]) == [Outcome.DONE]:
            return True
    raise contended(cluster, alert_id)


# -- reading -----------------------------------------------------------------------------------


def alert(cluster: Cluster, alert_id: str) -> Alert | None:
    """Return one alert."""
    kept = cluster.get(ALERTS, key_of(alert_id))
    return _alert(kept) if kept else None


def alerts(
    cluster: Cluster,
    *,
    topic: str | None,
    rule: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Alert]:
    """Return alerts, newest first."""
    conditions: list[Source] = []
    conditions += [{"term": {"topic": topic}}] if topic is not None else []
    conditions += [{"term": {"rule": rule}}] if rule is not None else []
    conditions += [{"range": {"created_us": {"gte": micros(since)}}}] if since else []
    conditions += [{"range": {"created_us": {"lt": micros(until)}}}] if until else []
    cluster.refresh(ALERTS)
    found = cluster.hits(
        ALERTS,
        {"bool": {"filter": conditions}},
        sort=[{"created_us": "desc"}, "id"],
        limit=limit,
    )
    return list(map(_alert, found))


def _alert(kept: Kept) -> Alert:
    alert: Alert = loads_again(Alert, kept.source["record"])
    return replace(alert, repeats=kept.source["repeats"])


def deliveries(cluster: Cluster, alert_id: str) -> list[Delivery]:
    """Return the outbox rows of one alert, by channel."""
    cluster.refresh(DELIVERIES)
    found = cluster.hits(DELIVERIES, {"term": {"alert_id": alert_id}}, sort=["channel"])
    return [_row(kept) for kept in found]


def due(cluster: Cluster, now: datetime, limit: int) -> list[tuple[Delivery, Alert]]:
    """Return pending deliveries whose time has come, oldest alert first."""
    waiting: list[Source] = [
        {"term": {"state": DeliveryState.PENDING.value}},
        {"range": {"next_us": {"lte": micros(now)}}},
    ]
    cluster.refresh(DELIVERIES)
    rows = [
        _row(kept)
        for kept in cluster.hits(
            DELIVERIES,
            {"bool": {"filter": waiting}},
            sort=["created_us", "alert_id", "channel"],
            limit=limit,
        )
    ]
    told = _stored(cluster, (row.alert_id for row in rows))
    return [(row, _alert(told[row.alert_id])) for row in rows if row.alert_id in told]


def _row(kept: Kept) -> Delivery:
    return loads(Delivery, kept.source["record"])


def sent_since(cluster: Cluster, channel: str, rule: str, since: datetime) -> int:
    """Return how many alerts of a rule went out on a channel at `since` or later."""
    sent: list[Source] = [
        {"term": {"state": DeliveryState.SENT.value}},
        {"term": {"channel": channel}},
        {"term": {"rule": rule}},
        {"range": {"sent_us": {"gte": micros(since)}}},
    ]
    cluster.refresh(DELIVERIES)
    ((count, _),) = cluster.figures([(DELIVERIES, {"bool": {"filter": sent}}, {})])
    return count


# -- documents -----------------------------------------------------------------------------------


def source_of(alert: Alert) -> Source:
    """Return the document of a new alert."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "kind": alert.kind,
        "topic": alert.topic,
        "created": alert.created.isoformat(),
        "created_us": micros(alert.created),
        "headline": alert.headline,
        "claim_id": alert.claim_id,
        "article_id": alert.article_id,
        "novelty": alert.novelty and alert.novelty.value,
        "reason": alert.reason,
        "story": alert.story,
        "repeats": alert.repeats,
        "repeated": [],
        "record": dumps(alert),
    }


def _row_source(row: Delivery, alerts: Mapping[str, tuple[str, int]], url: str) -> Source:
    if row.alert_id not in alerts:
        raise StoreError(f"a delivery without its alert {row.alert_id!r}", subject=url)
    rule, created = alerts[row.alert_id]
    return {
        "alert_id": row.alert_id,
        "channel": row.channel,
        "rule": rule,
        "state": row.state.value,
        "attempts": row.attempts,
        "created_us": created,
        "next_try": row.next_try.isoformat(),
        "next_us": micros(row.next_try),
        "sent_at": row.sent_at and row.sent_at.isoformat(),
        "sent_us": micros(row.sent_at) if row.sent_at else None,
        "error": row.error,
        "record": dumps(row),
    }


__all__ = [
    "alert",
    "alerts",
    "check_repeated",
    "creations",
    "deliveries",
    "due",
    "fold",
    "fold_repeat",
    "save_alerts",
    "save_deliveries",
    "sent_since",
    "source_of",
]
