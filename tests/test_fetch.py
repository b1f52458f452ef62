"""fetch: every answer has one named outcome, and every outcome a next check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.client import Client, ClientSettings, Response
from pipeline.errors import BlockedAddress, FetchError
from pipeline.fetch import (
    ADOPT_AFTER,
    DAY_S,
    FAILED_AS,
    Fetched,
    Found,
    Pace,
    body_hash,
    fetch_feed,
    is_full_due,
    judge,
    next_state,
    retry_after,
    settle,
)
from pipeline.records import Feed, FeedState, Payload, Poll, PollOutcome
from tests.webserver import running

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
FEED = Feed(url="https://herald.example/feed", outlet="Herald")
NEW_STATE = FeedState(feed_url=FEED.url)
KNOWN = replace(
    NEW_STATE,
    etag='W/"a b"',
    last_modified="Tue, 06 Jan 2026 09:00:00 GMT",
    first_success=NOW - timedelta(days=9),
    last_success=NOW,
)
PACE = Pace()


class FakeClient:
    """Answers with what it was given and records what was asked."""

    def __init__(self, *answers: Response | FetchError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(self, url: str, *, headers: dict[str, str] | None = None) -> Response:
        self.asked.append((url, headers or {}))
        answer = self.answers.pop(0)
        if isinstance(answer, FetchError):
            raise answer
        return answer


def answer(
    status: int = 200,
    body: bytes = b"<rss/>",
    redirects: tuple[tuple[int, str], ...] = (),
    **headers: str,
) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = redirects[-1][1] if redirects else FEED.url
    return Response(url=url, status=status, headers=named, body=body, redirects=redirects)


def judged(
    response: Response, state: FeedState = NEW_STATE, *, conditional: bool = False
) -> Fetched:
    return judge(response, state, conditional=conditional, now=NOW)


def settled(
    fetched: Fetched, *, entries: int = 0, new: int = 0, edited: int = 0, error: str | None = None
) -> tuple[Poll, FeedState]:
    return settle(
        fetched, entries=entries, new=new, edited=edited, parse_error=error, now=NOW, pace=PACE
    )


# -- outcomes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "outcome", "reason"),
    [
        (answer(), PollOutcome.OK, ""),
        (answer(204, b""), PollOutcome.EMPTY, "no bytes"),
        (answer(200, b""), PollOutcome.EMPTY, "no bytes"),
        (answer(206), PollOutcome.MALFORMED, "a part"),
        (answer(301, b""), PollOutcome.REFUSED, "without a target"),
        (answer(304, b""), PollOutcome.MALFORMED, "not conditional"),
        (answer(403, b"<title>Just a moment...</title>"), PollOutcome.REFUSED, "bot wall"),
        (answer(403, b"", cf_mitigated="challenge"), PollOutcome.REFUSED, "bot wall"),
        (answer(404), PollOutcome.REFUSED, "404 Not Found"),
        (answer(410), PollOutcome.GONE, "410 Gone"),
        (answer(429), PollOutcome.RATE_LIMITED, "429"),
        (answer(429, retry_after="90"), PollOutcome.RATE_LIMITED, "until 2026-01-06 12:01Z"),
        (answer(500), PollOutcome.REFUSED, "500"),
        (answer(503), PollOutcome.REFUSED, "503"),
        (answer(503, retry_after="60"), PollOutcome.RATE_LIMITED, "until"),
        (answer(503, retry_after="soon"), PollOutcome.REFUSED, "503"),
        (answer(999), PollOutcome.REFUSED, "999"),
    ],
)
def test_each_answer_has_its_outcome(response: Response, outcome: PollOutcome, reason: str) -> None:
    fetched = judged(response)
    assert fetched.poll.outcome is outcome
    assert reason in fetched.poll.reason
    assert (fetched.payload is not None) == (outcome is PollOutcome.OK)


@pytest.mark.parametrize("kind", FAILED_AS)
async def test_each_failure_has_its_outcome(kind: str) -> None:
    client = FakeClient(FetchError("why", subject=FEED.url, kind=kind))
    fetched = await fetch_feed(FEED, NEW_STATE, client, NOW)
    assert fetched.poll.outcome is FAILED_AS[kind]
    assert fetched.poll.reason == "why"
    assert fetched.payload is None


async def test_a_blocked_address_is_named() -> None:
    client = FakeClient(BlockedAddress("10.0.0.1 is not a public address"))
    fetched = await fetch_feed(FEED, NEW_STATE, client, NOW)
    assert fetched.poll.outcome is PollOutcome.BLOCKED


def test_a_payload_says_where_it_came_from() -> None:
    response = answer(
        body=b"x", redirects=((302, "https://cdn.example/f"),), content_type="text/xml"
    )
    assert judged(response).payload == Payload(
        feed_url=FEED.url,
        url="https://cdn.example/f",
        status=200,
        content_type="text/xml",
        body=b"x",
        fetched_at=NOW,
    )


@pytest.mark.parametrize(
    ("counts", "error", "outcome", "reason"),
    [
        ({"entries": 9, "new": 2}, None, PollOutcome.OK, ""),
        ({"entries": 9, "edited": 1}, None, PollOutcome.OK, ""),
        ({"entries": 9}, None, PollOutcome.SAME, ""),
        ({}, None, PollOutcome.EMPTY, "a feed without entries"),
        ({}, "empty: a feed without entries", PollOutcome.EMPTY, "a feed without entries"),
        ({}, "html instead: 'Home'; no feed", PollOutcome.HTML, "'Home'; no feed"),
        ({}, "refused: bot wall", PollOutcome.REFUSED, "bot wall"),
        ({}, "malformed: neither", PollOutcome.MALFORMED, "neither"),
        ({}, "the parser: ran 5 s", PollOutcome.MALFORMED, "the parser: ran 5 s"),
    ],
)
def test_parsing_decides_what_a_body_was(
    counts: dict[str, int], error: str | None, outcome: PollOutcome, reason: str
) -> None:
    poll, state = settled(judged(answer()), error=error, **counts)
    assert (poll.outcome, poll.reason) == (outcome, reason)
    assert (poll.entries, poll.new, poll.edited) == tuple(
        counts.get(name, 0) for name in ("entries", "new", "edited")
    )
    assert state.last_outcome is outcome


def test_what_parsing_noted_is_told() -> None:
    poll, _ = settle(
        judged(answer()),
        entries=3,
        new=1,
        edited=0,
        parse_error=None,
        now=NOW,
        note="charset guessed",
    )
    assert poll.reason == "charset guessed"


# -- conditional requests -------------------------------------------------------------------


async def test_validators_go_back_byte_for_byte() -> None:
    client = FakeClient(answer(304, b""))
    fetched = await fetch_feed(FEED, KNOWN, client, NOW)
    headers = client.asked[0][1]
    assert headers["if-none-match"] == 'W/"a b"'
    assert headers["if-modified-since"] == "Tue, 06 Jan 2026 09:00:00 GMT"
    poll, state = settled(fetched)
    assert poll.outcome is PollOutcome.NOT_MODIFIED
    assert (state.etag, state.last_modified) == (KNOWN.etag, KNOWN.last_modified)
    assert state.failures == 0


async def test_over_the_wire_a_304_follows_an_etag() -> None:
    with running() as web:
        feed = replace(FEED, url=web.url("/feed"))
        web.route(
            "/feed", headers={"ETag": '"v1"', "Content-Type": "application/rss+xml"}, body=b"<rss/>"
        )
        settings = ClientSettings(allow_private=True, per_host_delay_s=0)
        async with Client(settings) as client:
            first = await fetch_feed(feed, FeedState(feed_url=feed.url), client, NOW)
            _, state = settled(first, entries=1, new=1)
            web.route("/feed", status=304)
            second = await fetch_feed(feed, state, client, NOW)
    assert first.payload is not None
    assert first.payload.content_type == "application/rss+xml"
    assert web.requests[1].headers["if-none-match"] == '"v1"'
    assert second.poll.outcome is PollOutcome.NOT_MODIFIED


async def test_a_validator_that_never_changes_hides_nothing_for_more_than_a_day() -> None:
    state = replace(KNOWN, last_success=NOW)
    forced = []
    for step in range(1, 49):
        when = NOW + timedelta(hours=step)
        client = FakeClient(answer(304, b""), answer(304, b""))
        fetched = await fetch_feed(FEED, state, client, when)
        forced.append("if-none-match" not in client.asked[0][1])
        _, state = settle(fetched, entries=0, new=0, edited=0, parse_error=None, now=when)
        state = replace(state, last_success=when)
    assert forced.count(True) == 2


def test_full_fetches_of_many_feeds_are_spread() -> None:
    states = [replace(KNOWN, feed_url=f"https://h.example/{n}") for n in range(200)]
    in_an_hour = [is_full_due(state, NOW + timedelta(hours=1)) for state in states]
    assert 0 < in_an_hour.count(True) < 30
    assert all(is_full_due(state, NOW + timedelta(hours=24)) for state in states)


def test_what_a_full_fetch_found_is_told() -> None:
    fetched = replace(judged(answer(), KNOWN), forced=True)
    assert "full fetch found 2" in settled(fetched, entries=9, new=2)[0].reason


def test_an_equal_body_needs_no_parsing() -> None:
    fetched = judged(answer(body=b"<rss/>"), replace(KNOWN, body_hash=body_hash(b"<rss/>")))
    assert fetched.payload is None
    assert settled(fetched)[0].outcome is PollOutcome.SAME


def test_a_body_we_could_not_read_is_asked_for_again_in_full() -> None:
    fetched = judged(answer(etag='"new"'), KNOWN)
    _, state = settled(fetched, error="malformed: neither")
    assert (state.etag, state.last_modified, state.body_hash) == (None, None, None)


def test_an_error_answer_leaves_the_validators() -> None:
    _, state = settled(judged(answer(500, etag='"error page"'), KNOWN))
    assert state.etag == KNOWN.etag


@pytest.mark.parametrize("etag", ["\x00", "a\nb", "x" * 600])
def test_an_unusable_validator_is_not_kept(etag: str) -> None:
    assert judged(answer(etag=etag)).state.etag is None


# -- Retry-After -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("999999999999999999999", DAY_S),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3_600.0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), DAY_S),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), None),
        ("0", None),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_clamped(value: str, seconds: float | None) -> None:
    assert retry_after(answer(429, retry_after=value), NOW) == seconds


def test_a_retry_date_is_read_against_the_servers_clock() -> None:
    ahead = NOW + timedelta(days=2)
    response = answer(
        429,
        retry_after=format_datetime(ahead + timedelta(minutes=5), usegmt=True),
        date=format_datetime(ahead, usegmt=True),
    )
    assert retry_after(response, NOW) == 300.0


def test_nobody_is_asked_before_the_time_they_named() -> None:
    _, state = settled(judged(answer(429, retry_after="7200"), KNOWN))
    assert state.next_check is not None
    assert timedelta(hours=2) <= state.next_check - NOW <= timedelta(hours=2.2)


# -- moving ------------------------------------------------------------------------------------

MOVED = ((301, "https://new.example/feed"),)


async def test_a_move_is_adopted_after_equal_answers_and_undone_when_it_fails() -> None:
    state = KNOWN
    for count in range(1, ADOPT_AFTER + 1):
        poll, state = settled(judged(answer(redirects=MOVED, body=b"%d" % count), state), entries=3)
        assert poll.outcome is PollOutcome.MOVED
        assert state.moved_count == count
    assert "adopted" in poll.reason
    client = FakeClient(answer(), *[FetchError("gone", kind="unreachable")] * 4)
    fetched = await fetch_feed(FEED, state, client, NOW)
    poll, state = settled(fetched, entries=3)
    assert poll.outcome is PollOutcome.SAME
    for _ in range(4):
        _, state = settled(await fetch_feed(FEED, state, client, NOW))
    asked = [url for url, _ in client.asked]
    assert asked == ["https://new.example/feed"] * 4 + [FEED.url]


@pytest.mark.parametrize(
    "redirects",
    [
        ((302, "https://portal.example/login"),),
        ((307, "https://cdn.example/f"), (301, "https://cdn.example/g")),
    ],
)
def test_a_temporary_redirect_is_not_a_move(redirects: tuple[tuple[int, str], ...]) -> None:
    poll, state = settled(judged(answer(redirects=redirects), KNOWN), entries=3)
    assert poll.outcome is PollOutcome.SAME
    assert state.moved_to is None


def test_only_the_permanent_part_of_a_chain_is_kept() -> None:
    chain = ((308, "https://new.example/feed"), (302, "https://cdn.example/x"))
    _, state = settled(judged(answer(redirects=chain), KNOWN), entries=3)
    assert state.moved_to == "https://new.example/feed"


def test_one_answer_of_a_captive_portal_moves_nothing() -> None:
    portal = judged(answer(redirects=((301, "https://portal.example/"),)), KNOWN)
    _, state = settled(portal, error="html instead: 'Log in'")
    assert (state.moved_to, state.moved_count) == (None, 0)


def test_different_targets_do_not_add_up() -> None:
    state = KNOWN
    for n in range(5):
        redirects = ((301, f"https://new.example/{n}"),)
        _, state = settled(judged(answer(redirects=redirects), state), entries=3)
    assert state.moved_count == 1


# -- when to ask again ------------------------------------------------------------------------


def interval_after(state: FeedState, **counts: int) -> float:
    found = Found(**counts)
    return next_state(state, PollOutcome.OK, found=found, now=NOW, pace=PACE).interval_s


def test_a_feed_with_news_is_asked_sooner_and_a_quiet_one_later() -> None:
    assert interval_after(KNOWN, entries=10, new=8) == 450
    assert interval_after(KNOWN, entries=10, new=4) == 675
    assert interval_after(KNOWN, entries=10, new=1) == 810
    assert interval_after(KNOWN, entries=10, edited=1) == 900
    assert interval_after(KNOWN, entries=10) == 1_125


def test_the_first_window_says_nothing_about_the_pace() -> None:
    assert interval_after(NEW_STATE, entries=10, new=10) == NEW_STATE.interval_s


def test_a_window_that_jumped_is_told() -> None:
    assert "may have missed" in settled(judged(answer(), KNOWN), entries=10, new=10)[0].reason
    assert "missed" not in settled(judged(answer()), entries=10, new=10)[0].reason


def test_success_is_dated() -> None:
    _, state = settled(judged(answer(), replace(NEW_STATE, failures=4)), entries=2, new=2)
    assert (state.first_success, state.last_success, state.last_new) == (NOW, NOW, NOW)
    assert state.failures == 0
    later = settle(
        judged(answer(body=b"2"), state),
        entries=2,
        new=0,
        edited=0,
        parse_error=None,
        now=NOW + timedelta(hours=1),
    )[1]
    assert (later.first_success, later.last_new) == (NOW, NOW)


def test_an_empty_first_window_is_no_baseline() -> None:
    _, state = settled(judged(answer()), error="empty: a feed without entries")
    assert (state.first_success, state.failures) == (None, 0)


def test_failures_back_off_to_a_day_and_never_further() -> None:
    state, waits = KNOWN, []
    for _ in range(40):
        _, state = settled(judged(answer(500), state))
        assert state.next_check is not None
        waits.append((state.next_check - NOW).total_seconds())
    assert waits[0] <= 2 * KNOWN.interval_s
    assert 0.9 * DAY_S <= waits[-1] <= DAY_S
    assert state.failures == 40
    assert state.interval_s == KNOWN.interval_s


def test_a_gone_feed_is_still_asked_once_a_day() -> None:
    _, state = settled(judged(answer(410), KNOWN))
    assert state.next_check is not None
    assert timedelta(hours=21) < state.next_check - NOW <= timedelta(days=1)


@given(
    outcome=st.sampled_from(PollOutcome),
    entries=st.integers(0, 2_000),
    new=st.integers(0, 2_000),
    interval=st.floats(0, 1e6),
    failures=st.integers(0, 10_000),
    alive=st.booleans(),
)
def test_there_is_always_a_next_check_within_bounds(
    outcome: PollOutcome, entries: int, new: int, interval: float, failures: int, alive: bool
) -> None:
    state = replace(KNOWN, interval_s=interval, failures=failures)
    found = Found(entries=entries, new=min(new, entries)) if alive else None
    after = next_state(state, outcome, found=found, now=NOW, pace=PACE)
    assert after.next_check is not None
    wait = (after.next_check - NOW).total_seconds()
    assert PACE.floor_s <= wait <= PACE.error_ceiling_s
    assert after == next_state(state, outcome, found=found, now=NOW, pace=PACE)


def test_polls_of_many_feeds_are_spread() -> None:
    checks = {
        next_state(
            replace(KNOWN, feed_url=f"https://h.example/{n}"),
            PollOutcome.SAME,
            found=Found(entries=5),
            now=NOW,
            pace=PACE,
        ).next_check
        for n in range(50)
    }
    assert len(checks) == 50


# -- secrets -------------------------------------------------------------------------------------


def test_no_reason_holds_a_secret_of_an_address() -> None:
    moved = ((301, "https://new.example/feed?token=MARK"),)
    poll, state = settled(judged(answer(redirects=moved), KNOWN), entries=3)
    assert "MARK" not in poll.reason
    assert "token=…" in poll.reason
    assert state.moved_to == "https://new.example/feed?token=MARK"
