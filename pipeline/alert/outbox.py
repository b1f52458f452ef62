"""The outbox: for every alert one row for each channel, with the time it may leave.

A row leaves at once, at the end of the rule's quiet hours, or at the end of a digest's
slot. Rows of one rule and channel that wait for the same moment share a digest: the name
of the one message they become. Times of day are the reader's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pipeline.alert.receipt import plain
from pipeline.records import Alert, Delivery, Rule, digest_name, stable_id

DAY_MINUTES = 24 * 60
CAP_MINUTES = 60
DEFAULT_CHANNELS = ("terminal",)


def plan_deliveries(
    alerts: Iterable[Alert],
    rules: Iterable[Rule],
    now: datetime,
    *,
    zone: tzinfo | None = None,
    sent_counts: Mapping[tuple[str, str], int] | None = None,
    channels: Iterable[str] = DEFAULT_CHANNELS,
) -> tuple[Delivery, ...]:
    """Return the outbox rows of new alerts, in order.

    `sent_counts` says, for (channel, rule), how many alerts left in the hour before `now`:
    beyond the rule's `max_per_hour` they wait for one digest at the end of the hour
    (`deliver` holds the cap again when it sends). An alert whose rule is not among `rules`
    (a summary) goes to `channels` at once. `zone` is the reader's, None the system's.
    """
    by_name = {rule.name: rule for rule in rules}
    counts = dict(sent_counts or {})
    rows = []
    for alert in alerts:
        rule = by_name.get(alert.rule)
        for channel in dict.fromkeys(channels if rule is None else rule.channels):
            row = Delivery(alert_id=alert.id, channel=channel, next_try=now)
            rows.append(row if rule is None else _timed(row, rule, now, zone, counts))
    return tuple(rows)


def baseline_summary(
    scope: str,
    now: datetime,
    *,
    counts: Mapping[str, int],
    topic: str | None = None,
    lines: Iterable[str] = (),
) -> Alert:
    """Return the one message of a first collection, import or reprocessing.

    `scope` says what was collected for the first time ("feed https://...", "topic x"): one
    scope has one summary, however often its collection is interrupted and run again.
    `counts` are shown in their order ("articles": 120, "claims": 31 ...).
    """
    told = ", ".join(f"{number} {plain(name)}" for name, number in counts.items())
    quiet = "Nothing of this alerts. From now on what is new does."
    return Alert(
        id=stable_id("baseline", scope),
        rule="baseline",
        kind="baseline",
        topic=topic,
        created=now,
        headline=f"Baseline of {plain(scope)}: {told or 'nothing yet'}",
        body="\n".join((*map(plain, lines), quiet)),
        receipt={"scope": plain(scope), "counts": dict(counts)},
        story=stable_id("baseline", scope),
    )


def _timed(
    row: Delivery,
    rule: Rule,
    now: datetime,
    zone: tzinfo | None,
    counts: dict[tuple[str, str], int],
) -> Delivery:
    due = release_time(rule, now, zone)
    counted = (row.channel, rule.name)
    if due == now and rule.max_per_hour and counts.get(counted, 0) >= rule.max_per_hour:
        due = slot_end(now, CAP_MINUTES, UTC)
    if due == now:
        counts[counted] = counts.get(counted, 0) + 1
        return row
    return replace(row, next_try=due, digest=digest_name(row.channel, rule.name, due))


def release_time(rule: Rule, now: datetime, zone: tzinfo | None) -> datetime:
    """Return when an alert of `rule` found `now` may leave: `now` unless it is held back."""
    due = slot_end(now, rule.digest_minutes, zone) if rule.digest_minutes > 0 else now
    return quiet_end(due, rule.quiet_hours, zone) if rule.quiet_hours else due


def slot_end(now: datetime, minutes: int, zone: tzinfo | None) -> datetime:
    """Return the end of the digest slot that `now` is in; slots are counted from midnight.

    The last slot of a day ends with the day; slots of a day and more are whole days.
    """
    local = now.astimezone(zone)
    minutes = min(minutes, DAY_MINUTES)
    ended = (local.hour * 60 + local.minute) // minutes + 1
    if ended * minutes >= DAY_MINUTES:
        return _next(local.date(), time(0), now, zone, from_day=1)
    hour, minute = divmod(ended * minutes, 60)
    return _next(local.date(), time(hour, minute), now, zone)


def quiet_end(at: datetime, hours: tuple[str, str], zone: tzinfo | None) -> datetime:
    """Return the end of the quiet hours that `at` is in, or `at` itself outside them.

    `hours` are local "HH:MM"; when the end is before the start they cross midnight, when
    both are equal there are none.
    """
    start, end = (time.fromisoformat(text) for text in hours)
    local = at.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    quiet = start <= clock < end if start <= end else clock >= start or clock < end
    return _next(local.date(), end, at, zone) if quiet else at


def _next(
    day: date, clock: time, after: datetime, zone: tzinfo | None, *, from_day: int = 0
) -> datetime:
    """Return the first moment after `after` at which local clocks show `clock`, in UTC.

    Where clocks are put back a time comes twice and both count; where they are put forward
    a missing time is counted on from the change (02:30 becomes 03:30).
    """
    for days in range(from_day, from_day + 3):
        for fold in (0, 1):
            wall = datetime.combine(day + timedelta(days=days), clock, tzinfo=zone)
            moment = wall.replace(fold=fold).astimezone(UTC)
            if moment > after:
                return moment
    raise AssertionError("no such time within three days")
