"""Baselines: a first collection of a feed or a topic fills the ledger and alerts nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.alert import baseline_summary
from pipeline.memos import recalled, remember
from pipeline.records import Alert, Article, Stage, Topic

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

WAITING = 1_000  # articles of one stage looked through for what still belongs to a first round
SUMMARISED = "feeds whose baseline was summarised"  # name of a note in the store


@dataclass(frozen=True, slots=True)
class Baselines:
    """What of a configuration is still in its first round, by the notes in the store."""

    config: Config
    store: Store
    clock: Callable[[], datetime]

    def fresh_topics(self) -> list[str]:
        """Return the topics never compared before: their first round is a baseline."""
        return [t.id for t in self.config.topics if self._is_fresh(t)]

    def end_round(self) -> None:
        """Say that a whole round is collected: the topics it looked for can end their baseline."""
        for topic in self.config.topics:
            if self.store.note(_round_note(topic.id)) is None:
                self.store.save_note(_round_note(topic.id), self.clock().isoformat())
        self.end()

    def end(self) -> None:
        """Let topics alert from now on whose first round is collected and compared.

        Not before: one process may compare while another still collects or extracts.
        """
        ready = [topic for topic in self.fresh_topics() if self.store.note(_round_note(topic))]
        if not ready:
            return
        waiting, all_seen = self._waiting()
        late = {topic for article in waiting for topic in article.topics}
        for topic in ready if all_seen else ():
            if topic not in late:
                self.store.save_note(_topic_note(topic), self.clock().isoformat())

    def _waiting(self) -> tuple[list[Article], bool]:
        """Return what is not compared yet, and whether that is all of it."""
        stages = [
            self.store.pending(stage, WAITING)
            for stage in (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE)
        ]
        complete = all(len(articles) < WAITING for articles in stages)
        return [article for articles in stages for article in articles], complete

    def summary(self) -> tuple[Alert | None, list[str]]:
        """Return one summary of the feeds whose first collection this was, once it is compared.

        Also returns their URLs, for `summarised`.
        """
        new = self.new_feeds()
        if not new or self._is_baseline_waiting(new):
            return None, []
        counts = self.store.counts()
        alert = baseline_summary(
            f"{len(new)} feeds ({min(new)} ...)" if len(new) > 1 else f"feed {new[0]}",
            self.clock(),
            counts={
                "articles on a topic": counts.matched,
                "claims": counts.claims,
                "positions": counts.positions,
                "contradictions": counts.contradictions,
            },
        )
        return alert, new

    def summarised(self, feeds: Sequence[str]) -> None:
        """Remember that the first collection of these feeds was told."""
        remember(self.store, SUMMARISED, dict.fromkeys(feeds, self.clock().isoformat()))

    def new_feeds(self) -> list[str]:
        """Return the feeds that gave their first collection and are not summarised."""
        states, told = self.store.feed_states(), recalled(self.store, SUMMARISED)
        return [
            feed.url
            for feed in self.config.feeds
            if feed.url in states
            and states[feed.url].first_success is not None
            and feed.url not in told
        ]

    def _is_baseline_waiting(self, urls: Sequence[str]) -> bool:
        waiting, all_seen = self._waiting()
        return not all_seen or any(a.baseline and a.feed_url in urls for a in waiting)

    def _is_fresh(self, topic: Topic) -> bool:
        return self.store.note(_topic_note(topic.id)) is None


def _topic_note(topic: str) -> str:
    return f"compared topic {topic}"


def _round_note(topic: str) -> str:
    return f"collected topic {topic}"
