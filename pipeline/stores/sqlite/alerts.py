"""Alerts and the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.records import Alert, Delivery
from pipeline.stores.documents import dumps, loads, loads_again
from pipeline.stores.parts import KeptAlert
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros


def add(database: Database, alerts: Iterable[Alert], deliveries: Iterable[Delivery]) -> None:
    """Keep what is not stored yet, inside the caller's transaction."""
    database.many(
        """
        INSERT INTO alerts (id, created, topic, rule, article_id, repeats, alert)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        [
            (a.id, micros(a.created), a.topic, a.rule, a.article_id, a.repeats, dumps(a))
            for a in alerts
        ],
    )
    for delivery in deliveries:
        _put(database, delivery, "DO NOTHING")


def restore(database: Database, part: KeptAlert) -> None:
    """Keep an alert of another store with what was folded in, inside the caller's transaction."""
    add(database, (part.alert,), ())
    alert_id = part.alert.id
    database.run("UPDATE alerts SET repeats = ? WHERE id = ?", (part.repeats, alert_id))
    database.many(
        "INSERT INTO repeats (alert_id, article_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(alert_id, article_id) for article_id in part.repeated],
    )


def save_alerts(
    database: Database, alerts: Sequence[Alert], deliveries: Sequence[Delivery]
) -> None:
    """Keep alerts and their outbox rows; those already stored stay as they are."""
    with database.write():
        add(database, alerts, deliveries)


def save_deliveries(database: Database, deliveries: Sequence[Delivery]) -> None:
    """Update outbox rows. What is sent (or digested) stays so, whatever a slower process says."""
    with database.write():
        for delivery in deliveries:
            _put(
                database,
                delivery,
                """
                DO UPDATE SET state = excluded.state, next_try = excluded.next_try,
                sent_at = excluded.sent_at, delivery = excluded.delivery
                WHERE deliveries.state NOT IN ('sent', 'digested')
                """,
            )


def _put(database: Database, delivery: Delivery, on_conflict: str) -> None:
    alert = database.first("SELECT created, rule FROM alerts WHERE id = ?", (delivery.alert_id,))
    if alert is None:
        raise StoreError(
            f"a delivery without its alert {delivery.alert_id!r}", subject=database.url
        )
    database.run(
        f"""
        INSERT INTO deliveries
        (alert_id, channel, state, rule, created, next_try, sent_at, delivery)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert_id, channel) {on_conflict}
        """,  # noqa: S608 - one of the two texts above
        (
            delivery.alert_id,
            delivery.channel,
            delivery.state.value,
            alert[1],
            alert[0],
            micros(delivery.next_try),
            micros(delivery.sent_at) if delivery.sent_at else None,
            dumps(delivery),
        ),
    )


def fold_repeat(database: Database, alert_id: str, article_id: str) -> None:
    """Count `article_id` as a repeat, once; the article that caused the alert is none.

    Raises:
        StoreError: no such alert is stored.
    """
    with database.write():
        fold(database, alert_id, article_id)


def fold(database: Database, alert_id: str, article_id: str) -> None:
    """As `fold_repeat`, inside a transaction of the caller's."""
    row = database.first("SELECT article_id FROM alerts WHERE id = ?", (alert_id,))
    if row is None:
        raise StoreError(f"no alert {alert_id!r} to fold into", subject=database.url)
    if row[0] == article_id:
        return
    added = database.change(
        "INSERT INTO repeats (alert_id, article_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (alert_id, article_id),
    )
    database.run("UPDATE alerts SET repeats = repeats + ? WHERE id = ?", (added, alert_id))


def alert(database: Database, alert_id: str) -> Alert | None:
    """Return one alert."""
    row = database.first("SELECT alert, repeats FROM alerts WHERE id = ?", (alert_id,))
    return _alert(*row) if row else None


def alerts(
    database: Database,
    *,
    topic: str | None,
    rule: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Alert]:
    """Return alerts, newest first."""
    conditions = ["created >= :since"]
    conditions += ["created < :until"] if until is not None else []
    conditions += ["topic = :topic"] if topic is not None else []
    conditions += ["rule = :rule"] if rule is not None else []
    rows = database.run(
        f"""
        SELECT alert, repeats FROM alerts WHERE {" AND ".join(conditions)}
        ORDER BY created DESC, id LIMIT :limit
        """,  # noqa: S608 - no value in it
        {
            "topic": topic,
            "rule": rule,
            "since": micros(since) if since else -(1 << 63),
            "until": micros(until) if until else None,
            "limit": limit,
        },
    )
    return [_alert(*row) for row in rows]


def _alert(document: str, repeats: int) -> Alert:
    kept: Alert = loads_again(Alert, document)
    return replace(kept, repeats=repeats)


def deliveries(database: Database, alert_id: str) -> list[Delivery]:
    """Return the outbox rows of one alert, by channel."""
    rows = database.run(
        "SELECT delivery FROM deliveries WHERE alert_id = ? ORDER BY channel", (alert_id,)
    )
    return [loads(Delivery, delivery) for (delivery,) in rows]


def due(database: Database, now: datetime, limit: int) -> list[tuple[Delivery, Alert]]:
    """Return pending deliveries whose time has come, oldest alert first."""
    rows = database.run(
        """
        SELECT d.delivery, a.alert, a.repeats FROM deliveries d JOIN alerts a ON a.id = d.alert_id
        WHERE d.state = 'pending' AND d.next_try <= ?
        ORDER BY d.created, d.alert_id, d.channel LIMIT ?
        """,
        (micros(now), limit),
    )
    return [(loads(Delivery, row[0]), _alert(*row[1:])) for row in rows]


def sent_since(database: Database, channel: str, rule: str, since: datetime) -> int:
    """Return how many alerts of a rule went out on a channel at `since` or later."""
    ((number,),) = database.run(
        """
        SELECT count(*) FROM deliveries
        WHERE state = 'sent' AND channel = ? AND rule = ? AND sent_at >= ?
        """,
        (channel, rule, micros(since)),
    )
    return int(number)


__all__ = [
    "add",
    "alert",
    "alerts",
    "deliveries",
    "due",
    "fold_repeat",
    "restore",
    "save_alerts",
    "save_deliveries",
    "sent_since",
]
