"""Who was addressed and has not answered: the reaction clocks of a watch, over a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.alert import Known, Unanswered, silence_alert
from pipeline.compare.reactions import Reaction, answers_to, reactions, silent_since
from pipeline.records import Alert, Query, Topic

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

LOOKED_BACK = timedelta(days=7)  # before the hours of the setting: for how long a clock can be told
CLAIMS = 5_000  # newest ones of a topic in that time
ALERTS = 1_000


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
        found = (alert for topic in self.config.topics for alert in self._of(topic, hours))
        return tuple(alert for alert in found if self.store.alert(alert.id) is None)

    def _of(self, topic: Topic, hours: timedelta) -> Iterator[Alert]:
        now = self.clock()
        since = now - hours - LOOKED_BACK
        told = self.store.alerts(topic=topic.id, since=since, limit=ALERTS)
        if not told:
            return
        query = Query(topic=topic.id, since=since, limit=CLAIMS)
        claims = [found.claim for found in self.store.search(query)]
        clocks = reactions(claims, topic.id, topic.parties)
        known = Known(alerts_of=lambda topic, rule: told)
        for one in silent_since(clocks, now, after=hours, within=hours + LOOKED_BACK):
            alert = self._alert(one, known, now)
            if alert is not None:
                yield alert

    def _alert(self, one: Reaction, known: Known, now: datetime) -> Alert | None:
        decision = next(
            (d for d in self.store.decisions(one.call.id) if d.topic == one.topic), None
        )
        if decision is None:
            return None
        unanswered = Unanswered(
            call=one.call,
            decision=decision,
            asked=one.asked,
            asked_by=one.asked_by,
            answers=answers_to(one.call.act),
            non_answers=one.non_answers,
        )
        return silence_alert(unanswered, known, now)
