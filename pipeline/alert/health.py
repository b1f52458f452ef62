"""A feed died and nobody told me: one warning when a feed fails or falls silent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.alert.receipt import plain
from pipeline.records import Alert, Feed, FeedState, stable_id

MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one feed, and since when: the same trouble is told once."""

    feed: Feed
    kind: str  # failing, silent
    since: datetime
    says: str

    @property
    def episode(self) -> str:
        """What tells this trouble from the feed's next one."""
        return f"{self.kind} {self.since.isoformat()}"


def trouble_of(
    feed: Feed, state: FeedState, now: datetime, *, failing: timedelta, silent: timedelta
) -> Trouble | None:
    """Say whether a feed has failed, or had nothing new, for longer than it may."""
    since = state.failing_since
    if since is not None and now - since >= failing:
        return Trouble(
            feed, "failing", since, f"{state.last_outcome} since {since:%Y-%m-%d %H:%M} UTC"
        )
    if not state.failures and state.last_new is not None and now - state.last_new >= silent:
        return Trouble(
            feed, "silent", state.last_new, f"nothing new since {state.last_new:%Y-%m-%d} UTC"
        )
    return None


def troubles(
    feeds: Iterable[Feed],
    states: Mapping[str, FeedState],
    now: datetime,
    *,
    failing: timedelta,
    silent: timedelta,
) -> list[Trouble]:
    """Return the troubles of all enabled feeds, in their order."""
    found = (
        trouble_of(feed, states[feed.url], now, failing=failing, silent=silent)
        for feed in feeds
        if feed.enabled and feed.url in states
    )
    return [trouble for trouble in found if trouble is not None]


def health_warning(new: Sequence[Trouble], now: datetime) -> Alert | None:
    """Return one alert on all troubles nobody was told yet; None when there are none."""
    if not new:
        return None
    new = sorted(new, key=lambda trouble: trouble.feed.url)
    lines = [
        f"{plain(t.feed.outlet)} ({t.kind}): {plain(t.says)}\n  {plain(t.feed.url)}" for t in new
    ]
    more = [f"and {len(new) - MAX_LINES} more"] if len(new) > MAX_LINES else []
    names = ", ".join(dict.fromkeys(plain(t.feed.outlet) for t in new[:3]))
    episodes = sorted(f"{t.feed.url} {t.episode}" for t in new)
    return Alert(
        id=stable_id("feed health", *episodes),
        rule="feed health",
        kind="feed health",
        topic=None,
        created=now,
        headline=f"{len(new)} feed{'s' * (len(new) > 1)} failing or silent: {names}"
        + (" ..." if len(new) > 3 else ""),
        body="\n".join([*lines[:MAX_LINES], *more]),
        receipt={"feeds": [{"url": t.feed.url, "kind": t.kind, "says": t.says} for t in new]},
        story=stable_id("feed health", *episodes),
    )
