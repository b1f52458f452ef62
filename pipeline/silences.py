"""Who was addressed and has not answered: the reaction clocks of a watch, over a store.

Every round asks this, so it asks little: what was said to somebody so long ago that the clock
is due, then for each who was addressed the newest answer. Only for a clock that still runs, and
that nobody was told of, more is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from pipeline.alert import Known, Unanswered, silence_alert, silence_id
from pipeline.compare.reactions import (
    Reaction,
    addressed,
    answers_to,
    calls,
    is_heard_from,
    reactions,
    silent_since,
    speaking,
)
from pipeline.records import Alert, Claim, Decision, Query, Topic

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

LOOKED_BACK = timedelta(days=7)  # before the hours of the setting: for how long a clock can be told
CALLS = 1_000  # of a topic in that time, the newest
ANSWERS = 20  # asked for at a time, until one counts
ALERTS = 1_000
TICK = timedelta(milliseconds=1)  # as exact as a store's `until` is


@dataclass(frozen=True, slots=True)
class Silences:
    """Finds the silent parties of each topic."""

    config: Config
    store: Store
    clock: Callable[[], datetime]

    def alerts(self) -> tuple[Alert, ...]:
        """Return an alert for each silence nobody was told of; none where the setting is 0."""
        hours = timedelta(hours=self.config.settings.watch.silence_hours)
        if not hours:
            return ()
        return tuple(alert for topic in self.config.topics for alert in self._of(topic, hours))

    def _of(self, topic: Topic, hours: timedelta) -> Iterator[Alert]:
        now = self.clock()
        since = now - hours - LOOKED_BACK

        @cache
        def told() -> list[Alert]:
            return self.store.alerts(topic=topic.id, since=since, limit=ALERTS)

        known = Known(alerts_of=lambda topic, rule: told())
        for one in self._running(topic, since, now - hours):
            decision = self._decision(one)
            if decision is None or self.store.alert(silence_id(decision, one.asked)) is not None:
                continue
            alert = silence_alert(self._unanswered(one, decision), known, now)
            if alert is not None:
                yield alert

    def _running(self, topic: Topic, since: datetime, due: datetime) -> Iterator[Reaction]:
        """Yield the clocks that began by `due` and that nothing has stopped, oldest first."""
        asked = Query(topic=topic.id, acts=calls(), since=since, until=due + TICK, limit=CALLS)
        said = [claim for claim in self.store.search_claims(asked) if claim.said_at <= due]
        if not said:
            return
        clocks = reactions((*said, *self._answers(topic, said)), topic.id, topic.parties)
        yield from silent_since(clocks, due, after=timedelta(), within=due - since)

    def _answers(self, topic: Topic, said: Sequence[Claim]) -> Iterator[Claim]:
        """Yield for everybody addressed the newest answer to each act: no older one matters."""
        first: dict[tuple[str, str], datetime] = {}
        for claim in said:
            own = None if claim.background else speaking(claim)
            for asked in addressed(claim, own, topic.parties) if own is not None else ():
                pair = (asked, claim.act or "")
                first[pair] = min(claim.said_at, first.get(pair, claim.said_at))
        for (asked, act), since in first.items():
            query = Query(topic=topic.id, party=asked, acts=answers_to(act), since=since)
            yield from self._newest(query, asked)

    def _newest(self, query: Query, party: str) -> list[Claim]:
        """Return the newest claims of a query, as many as have one by the party of its own."""
        limit = ANSWERS
        while True:
            found = self.store.search_claims(replace(query, limit=limit))
            if len(found) < limit or any(is_heard_from(party, claim) for claim in found):
                return found
            limit *= 4

    def _decision(self, one: Reaction) -> Decision | None:
        decided = self.store.decisions(one.call.id)
        return next((d for d in decided if d.topic == one.topic), None)

    def _unanswered(self, one: Reaction, decision: Decision) -> Unanswered:
        asked = Query(topic=one.topic, party=one.asked, since=one.call.said_at, limit=CALLS)
        said = sorted(self.store.search_claims(asked), key=lambda c: (c.said_at, c.id))
        return Unanswered(
            call=one.call,
            decision=decision,
            asked=one.asked,
            asked_by=one.asked_by,
            answers=answers_to(one.call.act),
            non_answers=tuple(c for c in said if c.silent and is_heard_from(one.asked, c)),
        )
