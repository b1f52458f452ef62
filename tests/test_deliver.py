"""Delivery: at least once, in order, never silently, and no channel waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.channels import Channel, ThrottledError
from pipeline.deliver import SCHEDULE_S, deliver_due, next_state, payload_of, replay, text_of
from pipeline.errors import ChannelError, StoreError
from pipeline.records import Alert, Delivery, DeliveryState, Rule, digest_name

NOW = datetime(2031, 5, 10, 12, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def alert(number: int, *, rule: str = "r") -> Alert:
    return Alert(
        id=f"{rule}-{number:05}",
        rule=rule,
        kind="claim",
        topic="river",
        created=NOW + number * SECOND - DAY,
        headline=f"headline {number}",
        body="receipt",
        receipt={"article": {"url": f"https://post.example/{number}"}},
    )


@dataclass
class Outbox:
    """An AlertStore in memory. `die` raises in the next write, before it is kept."""

    kept: dict[str, Alert] = field(default_factory=dict)
    rows: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    die: bool = False

    def put(self, alerts: Iterable[Alert], channel: str = "desk", **changes: object) -> None:
        for one in alerts:
            row = Delivery(alert_id=one.id, channel=channel, next_try=NOW)
            self.save_alerts([one], [replace(row, **changes)])  # type: ignore[arg-type]  # a test's fields

    def states(self, channel: str = "desk") -> dict[str, str]:
        return {id_: row.state.value for (id_, name), row in self.rows.items() if name == channel}

    def save_alerts(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        for one in alerts:
            self.kept.setdefault(one.id, one)
        for row in deliveries:
            self.rows.setdefault((row.alert_id, row.channel), row)

    def fold_repeat(self, alert_id: str, article_id: str) -> None:
        raise NotImplementedError

    def alert(self, alert_id: str) -> Alert | None:
        return self.kept.get(alert_id)

    def alerts(
        self,
        *,
        topic: str | None = None,
        rule: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        return sorted(self.kept.values(), key=lambda a: a.created, reverse=True)[:limit]

    def deliveries(self, alert_id: str) -> list[Delivery]:
        return [row for row in self.rows.values() if row.alert_id == alert_id]

    def due(self, now: datetime, limit: int = 100) -> list[tuple[Delivery, Alert]]:
        pending = [
            (row, self.kept[row.alert_id])
            for row in self.rows.values()
            if row.state is DeliveryState.PENDING and row.next_try <= now
        ]
        return sorted(pending, key=lambda pair: (pair[1].created, pair[1].id))[:limit]

    def save_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        if self.die:
            raise StoreError("killed", subject="memory")
        for row in deliveries:
            self.rows[row.alert_id, row.channel] = row

    def sent_since(self, channel: str, rule: str, since: datetime) -> int:
        return sum(
            row.state is DeliveryState.SENT
            and row.channel == channel
            and self.kept[row.alert_id].rule == rule
            and row.sent_at is not None
            and row.sent_at >= since
            for row in self.rows.values()
        )


@dataclass
class Inbox:
    """A channel that keeps what it gets. `refuse` says what to raise for an alert, if anything."""

    name: str = "desk"
    got: list[Alert] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    down: ChannelError | None = None
    poison: dict[str, ChannelError] = field(default_factory=dict)

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        self.asked.append(alert.id)
        error = self.down or self.poison.get(alert.id)
        if error is not None:
            raise error
        self.got.append(alert)

    @property
    def ids(self) -> list[str]:
        return [alert.id for alert in self.got]


def broken(*, retryable: bool = True) -> ChannelError:
    return ChannelError("no route", subject="desk", retryable=retryable)


def ids(numbers: Iterable[int]) -> list[str]:
    return [alert(number).id for number in numbers]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


async def test_what_is_due_is_sent_oldest_first_and_marked(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(2), alert(1), alert(3)])
    outbox.put([alert(4)], next_try=NOW + SECOND)
    report = await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([1, 2, 3])
    assert (report.sent, report.failed, report.errors) == (3, 0, {})
    assert outbox.states()[alert(1).id] == "sent"
    assert outbox.rows[alert(1).id, "desk"].sent_at == NOW
    assert outbox.states()[alert(4).id] == "pending"


async def test_nothing_is_sent_twice(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(1)])
    await deliver_due(outbox, {"desk": inbox}, NOW)
    await deliver_due(outbox, {"desk": inbox}, NOW + DAY)
    assert inbox.ids == ids([1])


async def test_killed_between_sending_and_marking_it_is_sent_again_under_its_id(
    outbox: Outbox, inbox: Inbox
) -> None:
    outbox.put([alert(1), alert(2)])
    outbox.die = True
    with pytest.raises(StoreError):
        await deliver_due(outbox, {"desk": inbox}, NOW)
    outbox.die = False
    await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([1, 1, 2])


async def test_a_failure_follows_the_schedule_and_ends_dead_with_the_reason(
    outbox: Outbox, inbox: Inbox
) -> None:
    outbox.put([alert(1)])
    inbox.down = broken()
    now, waits = NOW, []
    while outbox.states()[alert(1).id] == "pending":
        await deliver_due(outbox, {"desk": inbox}, now)
        row = outbox.rows[alert(1).id, "desk"]
        waits.append((row.next_try - now).total_seconds())
        now = row.next_try
    assert waits[:-1] == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert len(inbox.asked) == len(SCHEDULE_S) == 10
    assert outbox.rows[alert(1).id, "desk"].error == "no route"
    assert outbox.states()[alert(1).id] == "dead"


async def test_what_can_never_be_taken_is_dead_at_once_and_stops_nothing(
    outbox: Outbox, inbox: Inbox
) -> None:
    outbox.put([alert(n) for n in range(5)])
    inbox.poison = {alert(n).id: broken(retryable=False) for n in (0, 1, 2)}
    report = await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([3, 4])
    assert (report.sent, report.dead) == (2, 3)


async def test_one_bad_message_holds_up_no_other(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(1), alert(2), alert(3)])
    inbox.poison = {alert(2).id: broken()}
    report = await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([1, 3])
    assert (report.sent, report.failed) == (2, 1)


async def test_a_bad_message_waits_its_own_time_while_others_pass(
    outbox: Outbox, inbox: Inbox
) -> None:
    inbox.poison = {alert(0).id: broken()}
    outbox.put([alert(0)])
    for number in range(1, 9):
        outbox.put([alert(number)], next_try=NOW + number * HOUR)
        await deliver_due(outbox, {"desk": inbox}, NOW + number * HOUR)
    assert inbox.ids == ids(range(1, 9))
    assert outbox.rows[alert(0).id, "desk"].attempts < 8


async def test_retry_after_is_honoured(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(1)])
    inbox.down = ThrottledError("slowly", subject="desk", retry_after_s=900)
    await deliver_due(outbox, {"desk": inbox}, NOW)
    assert outbox.rows[alert(1).id, "desk"].next_try == NOW + timedelta(seconds=900)


def test_the_schedule_is_longer_than_a_short_retry_after() -> None:
    row = Delivery(alert_id="a", channel="desk", next_try=NOW, attempts=3)
    error = ThrottledError("slowly", subject="desk", retry_after_s=1)
    assert next_state(row, error, NOW).next_try == NOW + timedelta(seconds=SCHEDULE_S[4])


async def test_a_channel_that_is_down_delays_no_other_and_is_left_alone(outbox: Outbox) -> None:
    desk, phone = Inbox("desk", down=broken()), Inbox("phone")
    many = [alert(n) for n in range(20)]
    outbox.put(many, "desk")
    outbox.put(many, "phone")
    report = await deliver_due(outbox, {"desk": desk, "phone": phone}, NOW)
    assert phone.ids == ids(range(20))
    assert len(desk.asked) == 2
    assert (report.sent, report.failed, report.waiting) == (20, 2, 18)
    assert report.errors == {"desk": "no route"}


async def test_a_full_queue_of_a_dead_channel_starves_no_other(outbox: Outbox) -> None:
    desk, phone = Inbox("desk", down=broken()), Inbox("phone")
    outbox.put([alert(n) for n in range(50)], "desk")
    outbox.put([alert(n) for n in range(50, 55)], "phone")
    await deliver_due(outbox, {"desk": desk, "phone": phone}, NOW, limit=10)
    assert phone.ids == ids(range(50, 55))
    assert len(desk.asked) == 2
    assert all(row.next_try > NOW for row in outbox.rows.values() if row.channel == "desk")


async def test_more_than_one_batch_is_sent_in_one_pass(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(n) for n in range(35)])
    report = await deliver_due(outbox, {"desk": inbox}, NOW, limit=10)
    assert (report.sent, inbox.ids) == (35, ids(range(35)))


async def test_after_a_day_s_outage_all_alerts_arrive_in_order(
    outbox: Outbox, inbox: Inbox
) -> None:
    inbox.down = broken()
    outbox.put([alert(n) for n in range(30)])
    now = NOW
    while now < NOW + DAY:
        await deliver_due(outbox, {"desk": inbox}, now)
        now += timedelta(minutes=7)
    inbox.down = None
    outbox.put([alert(99)], next_try=now)
    await deliver_due(outbox, {"desk": inbox}, now)
    assert inbox.ids == ids([*range(30), 99])
    assert set(outbox.states().values()) == {"sent"}


async def test_a_channel_nobody_configured_is_told_and_tried_again(outbox: Outbox) -> None:
    outbox.put([alert(1)], "pager")
    report = await deliver_due(outbox, {}, NOW)
    assert "no channel of this name" in report.errors["pager"]
    assert outbox.states("pager") == {alert(1).id: "pending"}


class Hanging:
    name = "desk"

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        await asyncio.Event().wait()


async def test_a_channel_that_hangs_is_cut_off(outbox: Outbox) -> None:
    outbox.put([alert(1)])
    report = await deliver_due(outbox, {"desk": Hanging()}, NOW, deadline_s=0.01)
    assert report.errors == {"desk": "took longer than 0.01 s"}


class Faulty:
    name = "desk"

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        raise KeyError("a fault of ours")


async def test_a_fault_of_one_channel_is_raised_after_the_others_are_done(outbox: Outbox) -> None:
    phone = Inbox("phone")
    outbox.put([alert(1)], "desk")
    outbox.put([alert(1), alert(2)], "phone")
    channels: dict[str, Channel] = {"desk": Faulty(), "phone": phone}
    with pytest.raises(KeyError):
        await deliver_due(outbox, channels, NOW)
    assert phone.ids == ids([1, 2])
    assert set(outbox.states("phone").values()) == {"sent"}


# -- digests and caps ----------------------------------------------------------------------


async def test_a_digest_is_one_message_of_its_rows(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(n) for n in range(3)], digest=digest_name("desk", "r", NOW))
    outbox.put([alert(7, rule="s")])
    report = await deliver_due(outbox, {"desk": inbox}, NOW)
    digest, single = inbox.got
    assert (digest.kind, digest.headline) == ("digest", "3 alerts of r")
    assert "headline 1\n  https://post.example/1" in digest.body
    assert single.id == alert(7, rule="s").id
    assert (report.digested, report.sent) == (3, 1)
    assert outbox.states()[alert(2).id] == "digested"


async def test_a_digest_sent_again_after_a_kill_has_the_same_id(
    outbox: Outbox, inbox: Inbox
) -> None:
    outbox.put([alert(n) for n in range(3)], digest=digest_name("desk", "r", NOW))
    outbox.die = True
    with pytest.raises(StoreError):
        await deliver_due(outbox, {"desk": inbox}, NOW)
    outbox.die = False
    await deliver_due(outbox, {"desk": inbox}, NOW + HOUR)
    assert len(inbox.ids) == 2
    assert len(set(inbox.ids)) == 1


async def test_a_digest_that_fails_is_tried_again_whole(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(n) for n in range(3)], digest=digest_name("desk", "r", NOW))
    inbox.down = broken()
    await deliver_due(outbox, {"desk": inbox}, NOW)
    inbox.down = None
    await deliver_due(outbox, {"desk": inbox}, NOW + 5 * SECOND)
    assert [one.headline for one in inbox.got] == ["3 alerts of r"]


async def test_a_digest_of_one_is_the_alert_itself(outbox: Outbox, inbox: Inbox) -> None:
    outbox.put([alert(1)], digest=digest_name("desk", "r", NOW))
    await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([1])
    assert outbox.states() == {alert(1).id: "sent"}


async def test_a_digest_that_is_not_due_is_not_sent_along(outbox: Outbox, inbox: Inbox) -> None:
    held = digest_name("desk", "r", NOW + HOUR)
    outbox.put([alert(0), alert(1)], digest=held, next_try=NOW + HOUR)
    outbox.put([alert(2)])
    await deliver_due(outbox, {"desk": inbox}, NOW)
    assert inbox.ids == ids([2])


async def test_an_alert_storm_keeps_the_cap_and_ends_in_one_digest(
    outbox: Outbox, inbox: Inbox
) -> None:
    rules = [Rule(name="r", channels=("desk",), max_per_hour=5)]
    outbox.put([alert(n) for n in range(2000)])
    report = await deliver_due(outbox, {"desk": inbox}, NOW, rules=rules)
    assert (report.sent, report.held, len(inbox.got)) == (5, 1995, 5)
    await deliver_due(outbox, {"desk": inbox}, NOW + HOUR, rules=rules, limit=5000)
    assert [one.headline for one in inbox.got[5:]] == ["1995 alerts of r"]
    assert inbox.got[-1].receipt["suppressed"] == 1995
    assert "and 1945 more" in inbox.got[-1].body


async def test_the_cap_counts_the_hour_and_each_channel_by_itself(outbox: Outbox) -> None:
    desk, phone = Inbox("desk"), Inbox("phone")
    rules = [Rule(name="r", max_per_hour=2)]
    channels: dict[str, Channel] = {"desk": desk, "phone": phone}
    for number in range(4):
        outbox.put([alert(number)], "desk", next_try=NOW + number * timedelta(minutes=40))
        await deliver_due(outbox, channels, NOW + number * timedelta(minutes=40), rules=rules)
    assert desk.ids == ids(range(4))
    outbox.put([alert(0)], "phone")
    await deliver_due(outbox, channels, NOW + 2 * HOUR, rules=rules)
    assert phone.ids == ids([0])


# -- replay, text, payload --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "number"), [({"alert_id": "r-00001"}, 2), ({"channel": "desk"}, 2), ({}, 4)]
)
async def test_dead_rows_can_be_replayed(
    outbox: Outbox, chosen: dict[str, str], number: int
) -> None:
    for channel in ("desk", "phone"):
        outbox.put([alert(1), alert(2)], channel, state=DeliveryState.DEAD, attempts=10, error="x")
    assert replay(outbox, NOW, **chosen) == number
    desk, phone = Inbox("desk"), Inbox("phone")
    report = await deliver_due(outbox, {"desk": desk, "phone": phone}, NOW)
    assert report.sent == number
    assert replay(outbox, NOW, alert_id=alert(1).id) == (0 if number == 4 else replay_left(chosen))


def replay_left(chosen: dict[str, str]) -> int:
    return 0 if "alert_id" in chosen else 1


def test_the_text_is_the_headline_and_the_receipt() -> None:
    assert text_of(alert(1)) == "headline 1\n\nreceipt"
    assert text_of(replace(alert(1), body="")) == "headline 1"


def test_the_payload_has_type_time_and_data() -> None:
    payload = payload_of(replace(alert(1), kind="feed health"))
    assert payload["type"] == "alert.feed_health"
    assert payload["timestamp"] == alert(1).created.isoformat()
    data = payload["data"]
    assert isinstance(data, dict)
    assert data["id"] == alert(1).id
    assert data["receipt"] == alert(1).receipt
