"""One article against all that was said before: stages compare and alert over a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from pipeline.alert import (
    Alerts,
    Known,
    RuleIndex,
    base_key,
    continuing,
    find_alerts,
    find_edit_alerts,
    find_keyword_alerts,
    plan_deliveries,
)
from pipeline.alert.silence import RULE as SILENCE
from pipeline.compare import Unsaid, aspect_of, compare_claims, origin_of, proposition_id
from pipeline.dedupe import containment, resemblance, sketch_text
from pipeline.editing import Edited, edited, taken_back, told_of
from pipeline.feedback import muted, mutes_at
from pipeline.questions import Asked, Question
from pipeline.records import Alert, Article, Claim, Comparison, Delivery, Ledger, Position, Stage

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store


@dataclass(frozen=True, slots=True)
class Comparer:
    """Reads the ledger, decides, and keeps decisions, alerts and outbox rows in one transaction.

    Only one may work on a store at a time: its caller holds the lease.
    """

    config: Config
    store: Store
    clock: Callable[[], datetime]
    rules: RuleIndex

    def compare(self, article: Article, *, quiet: Collection[str] = ()) -> tuple[Alert, ...]:
        """Compare an article and keep what that gives; topics in `quiet` alert nobody."""
        claims = tuple(self.store.claims(article.id))
        comparison = replace(
            self._with_origin(replace(article, told=told_of(claims))),
            claims=claims,
            quiet=tuple(quiet),
            at=self.clock(),
        )
        edit = edited(self.store, article, claims)
        for topic in article.topics:
            comparison = self._with_topic(comparison, topic, claims, edit, quiet=topic in quiet)
        found = find_keyword_alerts(
            comparison.article,
            rules=self.rules,
            known=self._known(Ledger()),
            now=self.clock(),
            max_age=self._max_age,
        )
        comparison = self._with_alerts(comparison, found)
        self.store.save_comparison(comparison)
        return comparison.alerts

    def _with_origin(self, article: Article) -> Comparison:
        text = article.text or f"{article.title}. {article.summary}"
        sketch = sketch_text(article.id, text)
        alike = self.store.lookalikes(sketch) if sketch is not None else []
        origin = origin_of(article, sketch, alike, resemblance=resemblance, containment=containment)
        return Comparison(article=replace(article, origin=origin, stage=Stage.DONE), sketch=sketch)

    def _with_topic(
        self,
        comparison: Comparison,
        topic: str,
        claims: Sequence[Claim],
        edit: Edited,
        *,
        quiet: bool,
    ) -> Comparison:
        window = timedelta(days=self.config.settings.watch.novelty_days)
        before = self._before_edit(topic, edit)
        taken = taken_back(self.store, topic, edit.gone, self.clock())
        compared = compare_claims(
            claims,
            topic,
            taken.over(before),
            window=window,
            clash=timedelta(days=self.config.settings.watch.clash_days),
            known=edit.known(topic),
            again=bool(taken.positions),
            recall=partial(self._recall, topic, taken),
        )
        decisions = edit.settled(compared.decisions)
        changed = taken.then(
            Unsaid(compared.positions, compared.propositions, compared.contradictions)
        )
        comparison = replace(
            comparison,
            decisions=comparison.decisions + decisions,
            propositions=comparison.propositions + changed.propositions,
            positions=comparison.positions + changed.positions,
            contradictions=comparison.contradictions + changed.contradictions,
        )
        if quiet:
            return comparison
        known = self._known(compared.before)
        found = find_alerts(
            comparison.article,
            claims,
            [one for one in decisions if one.claim_id not in edit.replaced(topic)],
            rules=self.rules,
            known=known,
            now=self.clock(),
            max_age=self._max_age,
        )
        comparison = self._with_alerts(comparison, self._breaking_silence(found, claims, topic))
        edits = find_edit_alerts(
            comparison.article,
            edit.told(topic),
            rules=self.rules,
            known=known,
            now=self.clock(),
        )
        return self._with_alerts(comparison, edits)

    def _with_alerts(self, comparison: Comparison, found: Alerts) -> Comparison:
        return replace(
            comparison,
            alerts=comparison.alerts + found.new,
            repeated=comparison.repeated + found.repeated,
            deliveries=comparison.deliveries + self.planned(found.new),
        )

    def _breaking_silence(self, found: Alerts, claims: Sequence[Claim], topic: str) -> Alerts:
        """Return the alerts with those of a party that was silent on the thread of that."""
        silences = self.store.alerts(topic=topic, rule=SILENCE, limit=50) if found.new else []
        return replace(found, new=continuing(found.new, claims, silences))

    def _before_edit(self, topic: str, edit: Edited) -> Ledger:
        """Return what was known of the statements that an edit has changed or withdrawn."""
        keys = {base_key(decision.key) for _, decision in edit.told(topic)}
        lines = (Asked(id=proposition_id(topic, key)) for key in sorted(keys))
        question = Question(said=tuple(lines))
        return self.store.ledger(topic, question) if question else Ledger()

    def _recall(self, topic: str, taken: Unsaid, question: Question) -> Ledger:
        """Return the store's answer without what an edit took out, with the standing positions
        nobody has replaced yet.
        """
        found = taken.over(self.store.ledger(topic, question))
        asked = {(track.party, track.issue) for track in question.tracks}
        standing = tuple(
            position
            for position in self.config.positions
            if (position.party, position.issue) in asked
            and position.topic == topic
            and position.until is None
            and not _is_replaced(position, found.positions)
        )
        history = tuple(position for position in found.history if position.stands)
        return replace(found, positions=found.positions + standing, history=history)

    def _known(self, ledger: Ledger) -> Known:
        return Known(
            ledger=ledger,
            coverage_of=self.store.coverage,
            claim_of=self.store.claim,
            alert_of=self.store.alert,
            # The same 50 for each statement of an article: nothing is kept before the last one.
            alerts_of=cache(partial(_alerts_of, self.store)),
            zone=self.config.zone,
        )

    def planned(self, alerts: Sequence[Alert]) -> tuple[Delivery, ...]:
        """Return the outbox rows of alerts, as the rules and what was sent lately want them."""
        hour_ago = self.clock() - timedelta(hours=1)
        sent = {
            (channel, rule.name): self.store.sent_since(channel, rule.name, hour_ago)
            for rule in self.config.rules
            if rule.max_per_hour and any(alert.rule == rule.name for alert in alerts)
            for channel in rule.channels
        }
        rows = plan_deliveries(
            alerts,
            self.config.rules,
            self.clock(),
            zone=self.config.zone,
            sent_counts=sent,
            channels=tuple(self.config.settings.channels),
        )
        return muted(rows, alerts, mutes_at(self.store, self.clock())) if rows else ()

    @property
    def _max_age(self) -> timedelta:
        return timedelta(days=self.config.settings.watch.max_article_age_days)


def _alerts_of(store: Store, topic: str, rule: str) -> list[Alert]:
    return store.alerts(topic=topic, rule=rule, limit=50)


def _is_replaced(standing: Position, current: Sequence[Position]) -> bool:
    wanted = (standing.party, standing.issue, aspect_of(standing.act))
    return any((p.party, p.issue, aspect_of(p.act)) == wanted for p in current)
