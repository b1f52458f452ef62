"""Stage 7: which claims and articles wake somebody, with what receipt, and when.

    rules      the conditions; an index that stays fast at 10,000 rules
    edits      what an edited article did to statements that were told
    receipt    what an alert says, for people and for programs
    outbox     one row for each (alert, channel): at once, after quiet hours, in a digest
    silence    a party that was addressed and does not answer
    health     one warning when a feed fails or falls silent

Pure: what the store knows comes in as `Known`, what is found goes out as records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.alert.edits import Told, edit_alerts
from pipeline.alert.health import health_warning, troubles
from pipeline.alert.outbox import baseline_summary, plan_deliveries
from pipeline.alert.receipt import Known, base_key, claim_receipt, keyword_receipt, plain
from pipeline.alert.rules import RuleIndex, keyword_matching, matching
from pipeline.alert.silence import Unanswered, continuing, silence_alert, silence_id
from pipeline.records import Alert, Article, Claim, Decision, Novelty, Rule, stable_id

MAX_AGE = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What one article gives: alerts to keep, and stored alerts that it only repeats."""

    new: tuple[Alert, ...] = ()
    repeated: tuple[str, ...] = ()  # ids for `AlertStore.fold_repeat`


def find_alerts(
    article: Article,
    claims: Sequence[Claim],
    decisions: Sequence[Decision],
    *,
    rules: RuleIndex,
    known: Known,
    now: datetime,
    max_age: timedelta = MAX_AGE,
) -> Alerts:
    """Return the alerts for the claims of one article, after they were compared.

    Nothing for a baseline article, for one older than `max_age`, or for a claim that repeats
    or recalls. Claims of the article that say the same fold into one alert for each rule. The
    id is made of the rule and of what is said (`Decision.key`: party, act, issue, third party
    and the details that make an update or a change of sides), so it is the same whichever
    outlet is read first, and saying it again after taking it back gives another.
    """
    if is_quiet(article, now, max_age):
        return Alerts()
    by_id = {claim.id: claim for claim in claims}
    pairs = [(by_id[d.claim_id], d) for d in decisions if d.claim_id in by_id]
    groups = _by_statement(pairs, article, rules)
    alerts = [_claim_alert(rule, group, article, known, now) for (rule, _), group in groups.items()]
    repeated = _repeated(pairs, article, rules)
    return _split(alerts, repeated, article, known)


def find_edit_alerts(
    article: Article, edits: Sequence[Told], *, rules: RuleIndex, known: Known, now: datetime
) -> Alerts:
    """Return the alerts for what an edit did to statements that were compared before.

    Nothing for a baseline article. The age of an article does not count: the edit is seen
    now. Copies that are edited alike, and the same edit seen again, are one alert.
    """
    if article.baseline:
        return Alerts()
    found = edit_alerts(article, edits, rules=rules, known=known, now=now)
    return _split(found, (), article, known)


def find_keyword_alerts(
    article: Article,
    *,
    rules: RuleIndex,
    known: Known,
    now: datetime,
    max_age: timedelta = MAX_AGE,
) -> Alerts:
    """Return the alerts of the keyword rules for any article: one for each rule and story.

    To be asked once for an article, when its text and `origin` are known or never will be:
    copies of one story have one id, and a later copy only counts as a repeat.
    """
    if is_quiet(article, now, max_age):
        return Alerts()
    alerts = [
        _keyword_alert(rule, why, article, known, now)
        for rule, why in keyword_matching(rules, article)
    ]
    return _split(alerts, (), article, known)


def is_quiet(article: Article, now: datetime, max_age: timedelta) -> bool:
    """Say whether an article never alerts: first seen in a baseline, or too old."""
    return article.baseline or article.when < now - max_age


def alert_id(rule: str, topic: str, key: str) -> str:
    """Return the id of the alert of a rule on one statement."""
    return stable_id("claim alert", rule, topic, key)


Pair = tuple[Claim, Decision]
Group = tuple[str, list[Pair]]  # why the rule is met, and the pairs that say the same
ByStatement = dict[tuple[Rule, tuple[str, str]], Group]


def _key(pair: Pair) -> str:
    claim, decision = pair
    return decision.key or claim.id


def _by_statement(pairs: Iterable[Pair], article: Article, rules: RuleIndex) -> ByStatement:
    groups: ByStatement = {}
    for pair in pairs:
        claim, decision = pair
        if decision.novelty is Novelty.REPEAT:
            continue
        for rule, why in matching(rules, claim, decision, article):
            statement = (decision.topic, base_key(_key(pair)))  # details are one alert's matter
            groups.setdefault((rule, statement), (why, []))[1].append(pair)
    return groups


def _repeated(pairs: Iterable[Pair], article: Article, rules: RuleIndex) -> list[str]:
    """Return the ids of the alerts that repeats would have been, had they been new."""
    return [
        alert_id(rule.name, decision.topic, _key((claim, decision)))
        for claim, decision in pairs
        if decision.novelty is Novelty.REPEAT
        for rule, _ in matching(rules, claim, decision, article, any_novelty=True)
    ]


def _split(
    alerts: Iterable[Alert], repeated: Iterable[str], article: Article, known: Known
) -> Alerts:
    """Part new alerts from ids that are stored already for another article."""
    stored = {alert.id: known.alert_of(alert.id) for alert in alerts}
    stored |= {repeat: known.alert_of(repeat) for repeat in repeated if repeat not in stored}
    return Alerts(
        new=tuple(alert for alert in alerts if stored[alert.id] is None),
        repeated=tuple(
            id_ for id_, old in stored.items() if old is not None and old.article_id != article.id
        ),
    )


def _claim_alert(rule: Rule, group: Group, article: Article, known: Known, now: datetime) -> Alert:
    why, pairs = group
    (claim, decision), *others = pairs
    receipt = claim_receipt(
        claim, decision, article, known, rule=rule, why=why, also=[other for other, _ in others]
    )
    return Alert(
        id=alert_id(rule.name, decision.topic, _key((claim, decision))),
        rule=rule.name,
        kind="claim",
        topic=decision.topic,
        created=now,
        headline=receipt.headline,
        body=receipt.body,
        claim_id=claim.id,
        article_id=article.id,
        novelty=decision.novelty,
        reason=plain(decision.reason),
        receipt=receipt.data,
        story=_story(decision.topic, decision.key),
        thread=_thread(rule, decision, known),
    )


def _story(topic: str, key: str) -> str:
    return stable_id("story", topic, base_key(key))


def _thread(rule: Rule, decision: Decision, known: Known) -> str | None:
    """Return the id of the newest alert on what this claim updates, denies or takes back."""
    if not decision.refs:
        return None
    told = {
        _story(p.topic, p.key)
        for p in known.ledger.propositions
        if {p.first_claim, p.last_claim} & set(decision.refs)
    }
    for alert in known.alerts_of(decision.topic, rule.name):
        if alert.claim_id in decision.refs or alert.story in told:
            return alert.id
    return None


def _keyword_alert(rule: Rule, why: str, article: Article, known: Known, now: datetime) -> Alert:
    story = article.origin or article.id
    receipt = keyword_receipt(article, known, rule=rule, why=why)
    return Alert(
        id=stable_id("keyword alert", rule.name, story),
        rule=rule.name,
        kind="keyword",
        topic=article.topics[0] if article.topics else None,
        created=now,
        headline=receipt.headline,
        body=receipt.body,
        article_id=article.id,
        reason=plain(why),
        receipt=receipt.data,
        story=story,
    )


__all__ = [
    "MAX_AGE",
    "Alerts",
    "Known",
    "RuleIndex",
    "Unanswered",
    "alert_id",
    "base_key",
    "baseline_summary",
    "continuing",
    "find_alerts",
    "find_edit_alerts",
    "find_keyword_alerts",
    "health_warning",
    "is_quiet",
    "keyword_matching",
    "matching",
    "plan_deliveries",
    "silence_alert",
    "silence_id",
    "troubles",
]
