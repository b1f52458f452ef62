"""Alerts on edits: a statement that was told weakens, loses its speaker or number, or is gone.

Whoever was woken by the statement is woken by its end: a rule is matched on what was said
before, and the alert continues the one on the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.alert.receipt import Known, Receipt, base_key, claim_receipt, isolated, plain
from pipeline.alert.rules import RuleIndex, matching
from pipeline.records import Alert, Article, Decision, Drift, Novelty, Rule, stable_id

Told = tuple[Drift, Decision]  # an edit, and what compare had said of the statement before


def edit_alerts(
    article: Article,
    edits: Sequence[Told],
    *,
    rules: RuleIndex,
    known: Known,
    now: datetime,
) -> tuple[Alert, ...]:
    """Return the alerts of one article's edits, each once; the id is of rule, statement, edit."""
    alerts: dict[str, Alert] = {}
    for drift, decision in edits:
        told = drift.told_of(decision)
        for rule, why in matching(rules, drift.before, told, article):
            alert = _alert(rule, why, drift, told, article, known, now)
            alerts.setdefault(alert.id, alert)
    return tuple(alerts.values())


def _alert(
    rule: Rule,
    why: str,
    drift: Drift,
    told: Decision,
    article: Article,
    known: Known,
    now: datetime,
) -> Alert:
    receipt = _receipt(rule, why, drift, told, article, known)
    return Alert(
        id=stable_id("edit alert", rule.name, told.topic, told.key, drift.kind, _value(drift)),
        rule=rule.name,
        kind="claim",
        topic=told.topic,
        created=now,
        headline=receipt.headline,
        body=receipt.body,
        claim_id=(drift.after or drift.before).id,
        article_id=article.id,
        novelty=Novelty.UPDATE,
        reason=drift.kind,
        receipt=receipt.data,
        story=stable_id("story", told.topic, base_key(told.key)),
        thread=_thread(rule, drift, told, known),
    )


def _value(drift: Drift) -> str:
    """Return what tells two edits of one kind apart: the numbers, where numbers changed."""
    return drift.differs if drift.kind == "numeric" else ""


def _receipt(
    rule: Rule, why: str, drift: Drift, told: Decision, article: Article, known: Known
) -> Receipt:
    """Return the receipt of the statement, with what stood there before and what does now."""
    made = claim_receipt(drift.before, told, article, known, rule=rule, why=why)
    edit = {
        "kind": drift.kind,
        "was": plain(drift.was),
        "now": plain(drift.now),
        "differs": plain(drift.differs),
        "correction": plain(drift.correction),
        "version": article.version,
    }
    gone = "no longer in the article"
    lines = [
        f"was: {isolated(plain(drift.was))}",
        f"now: {isolated(plain(drift.now)) if drift.now else gone}",
    ]
    if drift.correction:
        lines.append(f"the article says: {isolated(plain(drift.correction))}")
    body = "\n".join((*lines, made.body))
    return replace(made, body=body, data={**made.data, "edit": edit})


def _thread(rule: Rule, drift: Drift, told: Decision, known: Known) -> str | None:
    """Return the id of the newest alert on the statement."""
    story = stable_id("story", told.topic, base_key(told.key))
    earlier: Iterable[Alert] = known.alerts_of(told.topic, rule.name)
    return next((a.id for a in earlier if a.story == story or a.claim_id == drift.before.id), None)


__all__ = ["edit_alerts"]
