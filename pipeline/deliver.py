"""Stage 8: send what is due. At least once, under the alert's stable id; never silently.

A row is marked after the channel took the message, so a crash between the two sends it
again under the same id. What a channel does not take is tried again for three days, then
kept as DEAD with the reason, for `replay`. Channels work side by side.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from pipeline.channels import Channel, ThrottledError
from pipeline.errors import ChannelError
from pipeline.records import Alert, Delivery, DeliveryState, Rule, digest_name, stable_id
from pipeline.stores import AlertStore

# Standard Webhooks: the wait before each attempt, 75 h 35 min in all.
SCHEDULE_S = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
BACKLOG = timedelta(days=2)  # every row that waits for a retry is due within it
DOWN_S = 60.0  # what lies behind a failure is not tried sooner
HOUR = timedelta(hours=1)
STOP_AFTER = 2  # failures in a row: then the channel is down, not one message bad
DEADLINE_S = 60.0
DIGEST_LINES = 50

Row = tuple[Delivery, Alert]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How one pass over the outbox ended; every row that was touched is counted once."""

    sent: int = 0
    digested: int = 0  # alerts that went out inside digests
    held: int = 0  # over the rule's cap: wait for the next digest
    failed: int = 0  # will be tried again
    dead: int = 0
    waiting: int = 0  # were due, but their channel is down: put off without being tried
    errors: Mapping[str, str] = field(default_factory=dict)  # channel -> its last error


@dataclass(frozen=True, slots=True)
class _Message:
    """What leaves in one piece: one alert, or a digest of several."""

    rows: tuple[Row, ...]
    alert: Alert
    digest: bool
    early: bool = False  # tried before its time: a failure then costs no attempt

    @property
    def order(self) -> tuple[datetime, str]:
        """Oldest alert first."""
        oldest = self.rows[0][1]
        return oldest.created, oldest.id


async def deliver_due(
    store: AlertStore,
    channels: Mapping[str, Channel],
    now: datetime,
    *,
    rules: Iterable[Rule] = (),
    limit: int = 1000,
    deadline_s: float = DEADLINE_S,
) -> DeliveryReport:
    """Send the rows that are due, oldest alert first, and mark them; return what happened.

    `rules` bring the caps per hour. A row whose channel is not among `channels` fails like
    one whose channel is down. A failing channel delays no other, and after `STOP_AFTER`
    failures in a row it is left alone until the next pass; once it takes messages again the
    older ones that waited for a retry go first.

    Raises:
        StoreError: the outbox cannot be read or written.
    """
    caps = {rule.name: rule.max_per_hour for rule in rules if rule.max_per_hour}
    passes: list[_Pass] = []
    seen: set[tuple[str, str]] = set()
    while True:
        rows = store.due(now, limit)
        waiting = _by_channel([row for row in rows if _id(row) not in seen])
        backlog = _by_channel(store.due(now + BACKLOG, limit))
        seen.update(map(_id, rows))
        down = {one.name for one in passes if one.down}
        started = [
            _Pass(store, name, channels.get(name), now, caps, deadline_s, down=name in down)
            for name in waiting
        ]
        passes += started
        # A fault of ours in one channel must not cut off the others: collect, then raise.
        results = await asyncio.gather(
            *(one.run(waiting[one.name], backlog.get(one.name, [])) for one in started),
            return_exceptions=True,
        )
        for result in results:
            if result is not None:
                raise result
        if len(rows) < limit or not waiting:
            return _report(passes)


def _id(row: Row) -> tuple[str, str]:
    return row[0].alert_id, row[0].channel


def _by_channel(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_channel: dict[str, list[Row]] = {}
    for row in rows:
        by_channel.setdefault(row[0].channel, []).append(row)
    return by_channel


def replay(
    store: AlertStore, now: datetime, *, alert_id: str | None = None, channel: str | None = None
) -> int:
    """Put DEAD rows back, of one alert, of one channel, or all; return how many.

    They start over: due now, no attempts. Their errors stay until they are sent.
    """
    ids = [alert_id] if alert_id is not None else [a.id for a in store.alerts(limit=1_000_000)]
    dead = [
        row
        for id_ in ids
        for row in store.deliveries(id_)
        if row.state is DeliveryState.DEAD and channel in (None, row.channel)
    ]
    store.save_deliveries(
        [replace(row, state=DeliveryState.PENDING, attempts=0, next_try=now) for row in dead]
    )
    return len(dead)


def text_of(alert: Alert) -> str:
    """Return an alert as plain text: the headline, an empty line, the receipt."""
    return f"{alert.headline}\n\n{alert.body}" if alert.body else alert.headline


def payload_of(alert: Alert) -> dict[str, object]:
    """Return an alert for programs: Standard Webhooks' `type`, `timestamp` and `data`."""
    return {
        "type": f"alert.{alert.kind.replace(' ', '_')}",
        "timestamp": alert.created.isoformat(),
        "data": {
            "id": alert.id,
            "rule": alert.rule,
            "kind": alert.kind,
            "topic": alert.topic,
            "headline": alert.headline,
            "text": alert.body,
            "claim_id": alert.claim_id,
            "article_id": alert.article_id,
            "novelty": alert.novelty.value if alert.novelty else None,
            "reason": alert.reason,
            "repeats": alert.repeats,
            "thread": alert.thread,
            "receipt": alert.receipt,
        },
    }


def next_state(row: Delivery, error: ChannelError, now: datetime) -> Delivery:
    """Return the row after a failure: when to try again, or DEAD with the reason."""
    attempts = row.attempts + 1
    failed = replace(row, attempts=attempts, error=error.message)
    if not error.retryable or attempts >= len(SCHEDULE_S):
        return replace(failed, state=DeliveryState.DEAD)
    wait = float(SCHEDULE_S[attempts])
    if isinstance(error, ThrottledError):
        wait = max(wait, error.retry_after_s)
    return replace(failed, next_try=now + timedelta(seconds=wait))


# -- one channel's pass -------------------------------------------------------------------


class _Pass:
    """One pass over one channel's rows. Lives for the length of `deliver_due`."""

    def __init__(
        self,
        store: AlertStore,
        name: str,
        channel: Channel | None,
        now: datetime,
        caps: Mapping[str, int],
        deadline_s: float,
        *,
        down: bool,
    ) -> None:
        self.store = store
        self.name = name
        self.channel = channel
        self.now = now
        self.caps = caps
        self.deadline_s = deadline_s
        self.down = down  # nothing is tried then
        self.sent_by_rule: dict[str, int] = {}  # in the last hour; filled when first asked
        self.counts: Counter[str] = Counter()
        self.error = ""

    async def run(self, due: Sequence[Row], backlog: Sequence[Row]) -> None:
        """Send what is due until it is sent or the channel is down.

        `backlog` is everything pending. Its rows that wait for a retry are tried along once
        the oldest of them gets through, so alerts arrive in order after an outage; a message
        that fails because of itself costs one request a pass and holds nothing up.
        """
        queue = _messages(due, self.now)
        if not self.down:
            queue = await self._send_queue(await self._with_backlog(queue, backlog))
        self._put_off([row for message in queue if not message.early for row, _ in message.rows])

    async def _with_backlog(self, queue: list[_Message], backlog: Sequence[Row]) -> list[_Message]:
        early = _messages([row for row in backlog if self._waits(row)], self.now, early=True)
        if early and early[0].order < queue[0].order and await self._handle(early[0]):
            return sorted((*queue, *early[1:]), key=lambda message: message.order)
        return queue

    async def _send_queue(self, queue: list[_Message]) -> list[_Message]:
        """Send in order; return what is left when the channel turns out to be down."""
        failures = 0
        for number, message in enumerate(queue, 1):
            failures = 0 if await self._handle(message) else failures + 1
            if failures == STOP_AFTER:
                self.down = True
                return queue[number:]
        return []

    def _waits(self, row: Row) -> bool:
        """Say whether a row waits for its channel, not for the end of a digest."""
        delivery = row[0]
        return delivery.next_try > self.now and (delivery.attempts > 0 or not delivery.digest)

    def _put_off(self, rows: Sequence[Delivery]) -> None:
        later = self.now + timedelta(seconds=DOWN_S)
        self.store.save_deliveries([replace(row, next_try=later) for row in rows])
        self.counts["waiting"] += len(rows)

    async def _handle(self, message: _Message) -> bool:
        """Send, hold or fail one message and mark its rows; False: the channel did not work."""
        was_held = bool(message.rows[0][0].digest)
        if not was_held and self._over_cap(message.alert.rule):
            self._hold(message)
            return True
        try:
            await self._send(message.alert)
        except ChannelError as error:
            self.error = error.message
            self._mark_failed(message, error)
            return not error.retryable  # a message refused for good says the channel is there
        self._mark_sent(message)
        return True

    async def _send(self, alert: Alert) -> None:
        if self.channel is None:
            raise ChannelError("no channel of this name is configured", subject=self.name)
        try:
            async with asyncio.timeout(self.deadline_s):
                await self.channel.send(alert, text=text_of(alert), payload=payload_of(alert))
        except TimeoutError:
            text = f"took longer than {self.deadline_s:g} s"
            raise ChannelError(text, subject=self.name) from None

    def _mark_sent(self, message: _Message) -> None:
        state = DeliveryState.DIGESTED if message.digest else DeliveryState.SENT
        self.store.save_deliveries(
            [
                replace(row, state=state, sent_at=self.now, attempts=row.attempts + 1, error="")
                for row, _ in message.rows
            ]
        )
        rule = message.alert.rule
        if rule in self.sent_by_rule:
            self.sent_by_rule[rule] += 1
        self.counts["digested" if message.digest else "sent"] += len(message.rows)

    def _mark_failed(self, message: _Message, error: ChannelError) -> None:
        if message.early and error.retryable:
            return  # its own time will come
        after = [next_state(row, error, self.now) for row, _ in message.rows]
        self.store.save_deliveries(after)
        for row in after:
            self.counts["dead" if row.state is DeliveryState.DEAD else "failed"] += 1

    def _over_cap(self, rule: str) -> bool:
        cap = self.caps.get(rule)
        if cap is None:
            return False
        if rule not in self.sent_by_rule:
            self.sent_by_rule[rule] = self.store.sent_since(self.name, rule, self.now - HOUR)
        return self.sent_by_rule[rule] >= cap

    def _hold(self, message: _Message) -> None:
        """Let a row over the cap wait for the digest at the end of the hour."""
        due = self.now.replace(minute=0, second=0, microsecond=0) + HOUR
        digest = digest_name(self.name, message.alert.rule, due)
        self.store.save_deliveries(
            [replace(row, next_try=due, digest=digest) for row, _ in message.rows]
        )
        self.counts["held"] += len(message.rows)


def _report(passes: Sequence[_Pass]) -> DeliveryReport:
    totals: Counter[str] = Counter()
    for done in passes:
        totals += done.counts
    return DeliveryReport(**totals, errors={done.name: done.error for done in passes if done.error})


# -- messages -------------------------------------------------------------------------------


def _messages(rows: Iterable[Row], now: datetime, *, early: bool = False) -> list[_Message]:
    """Group rows into messages: those of one digest together; oldest alert first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[0].digest or row[0].alert_id, []).append(row)
    return [_message(tuple(group), now, early) for group in groups.values()]


def _message(rows: tuple[Row, ...], now: datetime, early: bool) -> _Message:
    if len(rows) == 1:
        return _Message(rows, rows[0][1], digest=False, early=early)
    return _Message(rows, digest_of([alert for _, alert in rows], now), digest=True, early=early)


def digest_of(alerts: Sequence[Alert], now: datetime) -> Alert:
    """Return the one message for several alerts of a rule; its id is made of theirs."""
    first = alerts[0]
    shown = [f"- {alert.headline}{_link(alert)}" for alert in islice(alerts, DIGEST_LINES)]
    if len(alerts) > DIGEST_LINES:
        shown.append(f"... and {len(alerts) - DIGEST_LINES} more, all in the store")
    return Alert(
        id=stable_id("digest", *(alert.id for alert in alerts)),
        rule=first.rule,
        kind="digest",
        topic=first.topic if len({alert.topic for alert in alerts}) == 1 else None,
        created=now,
        headline=f"{len(alerts)} alerts of {first.rule}",
        body="\n".join(shown),
        receipt={
            "alerts": [
                {"id": a.id, "headline": a.headline, "claim_id": a.claim_id} for a in alerts
            ],
            "suppressed": len(alerts),
        },
    )


def _link(alert: Alert) -> str:
    article = alert.receipt.get("article")
    url = article.get("url") if isinstance(article, dict) else None
    return f"\n  {url}" if url else ""


__all__ = [
    "SCHEDULE_S",
    "DeliveryReport",
    "deliver_due",
    "digest_of",
    "next_state",
    "payload_of",
    "replay",
    "text_of",
]
