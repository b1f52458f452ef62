"""A feed that fails or falls silent is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.alert.health import Trouble, health_warning, trouble_of, troubles
from pipeline.records import Feed, FeedState, PollOutcome

NOW = datetime(2031, 3, 10, tzinfo=UTC)
FEED = Feed(url="https://example.org/feed", outlet="The Valley Post")


def state(**fields: object) -> FeedState:
    return FeedState(feed_url=FEED.url, **fields)  # type: ignore[arg-type]  # one builder for all


def trouble(found: FeedState, feed: Feed = FEED) -> Trouble | None:
    return trouble_of(feed, found, NOW, failing=timedelta(hours=24), silent=timedelta(days=7))


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def test_a_feed_that_failed_for_a_day_is_in_trouble() -> None:
    found = trouble(
        state(failures=3, failing_since=ago(hours=30), last_outcome=PollOutcome.TIMED_OUT)
    )
    assert found is not None
    assert found.kind == "failing"
    assert "timed out since 2031-03-08" in found.says


def test_a_short_failure_is_none() -> None:
    assert trouble(state(failures=3, failing_since=ago(hours=3))) is None


def test_a_feed_that_had_news_and_has_none_is_silent() -> None:
    found = trouble(state(last_success=ago(hours=1), last_new=ago(days=8)))
    assert found is not None
    assert found.kind == "silent"


def test_a_feed_with_news_is_well() -> None:
    assert trouble(state(last_success=ago(hours=1), last_new=ago(days=2))) is None


def test_how_often_it_was_asked_does_not_count() -> None:
    often = state(failures=99, failing_since=ago(hours=3), last_outcome=PollOutcome.GONE)
    seldom = state(failures=2, failing_since=ago(hours=25), last_outcome=PollOutcome.GONE)
    assert trouble(often) is None
    assert trouble(seldom) is not None


def test_a_feed_switched_off_is_not_told() -> None:
    off = Feed(url=FEED.url, outlet="Off", enabled=False)
    states = {FEED.url: state(failures=3, failing_since=ago(days=3))}
    limits = {"failing": timedelta(hours=24), "silent": timedelta(days=7)}
    assert troubles([off], states, NOW, **limits) == []


def test_one_alert_tells_all_and_has_the_same_id_in_any_order() -> None:
    other = Feed(url="https://example.org/other", outlet="\x1b[31mOther")
    found = [
        Trouble(FEED, "silent", ago(days=8), "nothing new"),
        Trouble(other, "failing", ago(days=2), "gone"),
    ]
    one, two = health_warning(found, NOW), health_warning(found[::-1], NOW)
    assert one is not None
    assert two is not None
    assert one.id == two.id
    assert "2 feeds" in one.headline
    assert "\x1b" not in one.body


def test_no_trouble_no_alert() -> None:
    assert health_warning([], NOW) is None
