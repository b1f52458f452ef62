"""What people say about alerts: verdicts, and mutes that end. Kept in the store's diary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.folding import fold
from pipeline.records import (
    Alert,
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Feedback,
    Lines,
    Mute,
    Verdict,
)
from pipeline.stores.documents import dumps, loads

if TYPE_CHECKING:
    from pipeline.stores import Answers, DiaryStore

FAULTS = (Verdict.NOT_NEW, Verdict.WRONG, Verdict.OFF_TOPIC)


@dataclass(frozen=True, slots=True)
class Tally:
    """How the alerts of one rule and act were judged."""

    rule: str
    act: str
    alerts: int
    verdicts: Mapping[Verdict, int]

    @property
    def judged(self) -> int:
        """How many were called right or at fault."""
        return sum(n for verdict, n in self.verdicts.items() if verdict is not Verdict.SEEN)

    @property
    def precision(self) -> float | None:
        """The share of right ones among the judged; None when nobody judged."""
        return self.verdicts.get(Verdict.RIGHT, 0) / self.judged if self.judged else None


# -- verdicts -----------------------------------------------------------------------------


def give(store: DiaryStore, feedback: Feedback) -> None:
    """Keep a verdict."""
    store.save_changes(
        [
            Change(
                kind=ChangeKind.FEEDBACK,
                id=feedback.alert_id,
                part=feedback.verdict.value,
                at=feedback.at,
                document=dumps(feedback),
            )
        ]
    )


def given(store: Answers, alert_ids: Iterable[str] | None = None) -> dict[str, list[Feedback]]:
    """Return what was said about alerts (None: about all), oldest first."""
    ids = None if alert_ids is None else tuple(alert_ids)
    found: dict[str, list[Feedback]] = defaultdict(list)
    for line in store.changes(Lines(kind=ChangeKind.FEEDBACK, ids=ids)):
        found[line.id].append(loads(Feedback, line.document))
    return dict(found)


def verdict_of(feedback: Sequence[Feedback]) -> Verdict | None:
    """Return what counts: the last judgement, else that it was seen, else None."""
    judged = [one for one in feedback if one.verdict is not Verdict.SEEN]
    last = (judged or list(feedback))[-1:]
    return last[0].verdict if last else None


def tallies(alerts: Iterable[Alert], feedback: Mapping[str, Sequence[Feedback]]) -> list[Tally]:
    """Count verdicts by rule and act, most alerts first."""
    counted: dict[tuple[str, str], list[Verdict | None]] = defaultdict(list)
    for alert in alerts:
        counted[alert.rule, act_of(alert)].append(verdict_of(feedback.get(alert.id, ())))
    rows = [
        Tally(rule, act, len(found), {v: found.count(v) for v in Verdict if v in found})
        for (rule, act), found in counted.items()
    ]
    return sorted(rows, key=lambda row: (-row.alerts, row.rule, row.act))


def act_of(alert: Alert) -> str:
    """Return the act of an alert's claim; "-" where it has none."""
    act = alert.receipt.get("act")
    code = act.get("code") if isinstance(act, dict) else act
    return str(code) if code else "-"


# -- mutes --------------------------------------------------------------------------------


def keep_mute(store: DiaryStore, mute: Mute, at: datetime) -> None:
    """Begin or change a mute."""
    line = Change(kind=ChangeKind.MUTE, id=mute.id, at=at, document=dumps(mute))
    store.save_changes([line])


def mutes_at(store: Answers, now: datetime) -> list[Mute]:
    """Return the mutes in force, oldest first."""
    lines = store.changes(Lines(kind=ChangeKind.MUTE, newest=True))
    found = [loads(Mute, line.document) for line in lines]
    return sorted(
        (m for m in found if m.since <= now and (m.until is None or now < m.until)),
        key=lambda m: (m.since, m.id),
    )


def is_muted(alert: Alert, mutes: Iterable[Mute]) -> bool:
    """Say whether a mute covers an alert."""
    return any(_covers(mute, alert) for mute in mutes)


def _covers(mute: Mute, alert: Alert) -> bool:
    return (
        mute.topic in (None, alert.topic)
        and mute.rule in (None, alert.rule)
        and mute.story in (None, alert.story)
        and (mute.party is None or fold(mute.party) in _parties(alert))
    )


def _parties(alert: Alert) -> set[str]:
    speaker = alert.receipt.get("speaker")
    if not isinstance(speaker, dict):
        return set()
    countries = speaker.get("countries") or ()
    return {fold(str(name)) for name in (speaker.get("name"), *countries) if name}


def muted(
    rows: Iterable[Delivery], alerts: Iterable[Alert], mutes: Sequence[Mute]
) -> tuple[Delivery, ...]:
    """Return outbox rows, those of muted alerts as muted."""
    quiet = {alert.id for alert in alerts if is_muted(alert, mutes)}
    return tuple(
        replace(row, state=DeliveryState.MUTED, digest="") if row.alert_id in quiet else row
        for row in rows
    )
