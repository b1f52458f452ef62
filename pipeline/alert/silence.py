"""Alerts on silence: a party that was addressed and has not answered. Once for each statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.alert.receipt import (
    Known,
    act_words,
    base_key,
    country_name,
    isolated,
    plain,
)
from pipeline.records import Alert, Claim, Decision, stable_id

RULE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """What somebody said to a party that has not answered it."""

    call: Claim
    decision: Decision  # on the call
    asked: str
    asked_by: str
    answers: tuple[str, ...]  # acts that would answer
    non_answers: tuple[Claim, ...] = ()


def silence_alert(one: Unanswered, known: Known, now: datetime) -> Alert | None:
    """Return the alert on a silent party; None when nobody was told of what it leaves unanswered.

    The id is made of the statement and the party: it is told once, however long it lasts.
    """
    topic, key = one.decision.topic, base_key(one.decision.key)
    story = stable_id("story", topic, key)
    told = next((a for a in known.alerts_of(topic, "") if a.story == story), None)
    if told is None:
        return None
    asked, by = country_name(one.asked, known.names), country_name(one.asked_by, known.names)
    return Alert(
        id=silence_id(one.decision, one.asked),
        rule=RULE,
        kind="silence",
        topic=topic,
        created=now,
        headline=f"No answer from {isolated(plain(asked))}: "
        f"{isolated(plain(by))} {act_words(one.call, known.names)}",
        body=_body(one),
        claim_id=one.call.id,
        article_id=one.call.article_id,
        reason=RULE,
        receipt={
            "asked": one.asked,
            "asked_by": one.asked_by,
            "since": one.call.said_at.isoformat(),
            "answers": list(one.answers),
            "non_answers": [claim.id for claim in one.non_answers],
        },
        story=stable_id("silence story", topic, key, one.asked),
        thread=told.id,
    )


def silence_id(decision: Decision, asked: str) -> str:
    """Return the id of the alert on who has not answered the statement of a decision."""
    return stable_id("silence", decision.topic, base_key(decision.key), asked)


def _body(one: Unanswered) -> str:
    lines = [f"“{isolated(plain(one.call.text))}”", f"since: {one.call.said_at:%Y-%m-%d %H:%M} UTC"]
    return "\n".join((*lines, *map(_declined, one.non_answers)))


def _declined(claim: Claim) -> str:
    who = isolated(plain(claim.speaker or claim.source_text))
    return f"{who}: {isolated(plain(claim.text))}, asked by {_asker(claim)}"


def _asker(claim: Claim) -> str:
    """Return who asked: the hop before the speaker."""
    hops = claim.chain[:-1]
    return plain(hops[-1].name if hops else claim.outlet)


def continuing(
    alerts: Iterable[Alert], claims: Sequence[Claim], silences: Sequence[Alert]
) -> tuple[Alert, ...]:
    """Return alerts with those that break a silence on its thread."""
    by_id = {claim.id: claim for claim in claims}
    return tuple(_continuing(alert, by_id.get(alert.claim_id or ""), silences) for alert in alerts)


def _continuing(alert: Alert, claim: Claim | None, silences: Sequence[Alert]) -> Alert:
    if claim is None:
        return alert
    own = {*claim.countries, claim.speaker}
    broken = (
        one for one in silences if one.receipt.get("asked") in own and claim.act in _answers(one)
    )
    found = next(broken, None)
    return alert if found is None else replace(alert, thread=found.id)


def _answers(silence: Alert) -> list[object]:
    answers = silence.receipt.get("answers")
    return answers if isinstance(answers, list) else []


__all__ = ["RULE", "Unanswered", "continuing", "silence_alert", "silence_id"]
