"""An edited article on its way through the stages: what is carried, what is told of the edit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.alert import base_key
from pipeline.compare import (
    Edit,
    Unsaid,
    adds_little,
    asked_of_lost,
    context_in,
    corrections,
    drifts_of,
    proposition_id,
    unsaid,
)
from pipeline.extract.carry import carry_over
from pipeline.questions import Asked, Question
from pipeline.records import (
    Article,
    ChangeKind,
    Claim,
    Decision,
    Drift,
    Lines,
    Novelty,
    Proposition,
    Version,
)
from pipeline.stores.diary import account_of

if TYPE_CHECKING:
    from pipeline.stores import Store

OTHERS = 12  # statements of a party by one act
SILENT = ("first", "restatement", "other words", "response", "numeric")  # of what is only reworded


def carried(store: Store, article: Article, fresh: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims of an article: of an edited one, those of untouched sentences as before.

    A baseline article, and with it all that is extracted again on demand, carries nothing.
    """
    if article.version == 1 or article.baseline:
        return tuple(fresh)
    before = store.claims(article.id)
    if not before:
        return tuple(fresh)
    texts = {version.number: version.text for version in store.versions(article.id)}
    return carry_over(fresh, before, texts=texts, version=article.version)


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit left as it was, and what it did to the rest; empty for a first version."""

    decided: frozenset[tuple[str, str]] = frozenset()  # (claim, topic): compared before the edit
    drifts: tuple[tuple[Drift, tuple[Decision, ...]], ...] = ()  # with the decisions before
    context: frozenset[str] = frozenset()  # ids of claims that the edit adds as history
    gone: tuple[Claim, ...] = ()  # claims it took out, alert-worthy or not, compared before

    def known(self, topic: str) -> frozenset[str]:
        """Return the ids of the claims that need no comparing in a topic."""
        return frozenset(claim for claim, of in self.decided if of == topic)

    def told(self, topic: str) -> list[tuple[Drift, Decision]]:
        """Return the edits that are news in a topic."""
        return [
            (drift, decision)
            for drift, decisions in self.drifts
            for decision in decisions
            if decision.topic == topic and drift.kind != "reworded"
        ]

    def replaced(self, topic: str) -> frozenset[str]:
        """Return the ids of the claims that stand in the place of such statements."""
        return frozenset(d.after.id for d, _ in self.told(topic) if d.after is not None)

    def settled(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """Return the decisions on an edited article: what is only reworded or history is none."""
        stands = {
            d.after.id: (d, old)
            for d, old in self.drifts
            if d.after is not None and (d.kind != "reworded" or _is_same(d.before, d.after))
        }
        return tuple(
            _settled(one, *stands[one.claim_id])
            if one.claim_id in stands
            else _recalled(one)
            if one.claim_id in self.context
            else one
            for one in decisions
        )


def edited(store: Store, article: Article, claims: Sequence[Claim]) -> Edited:
    """Return what the edit of an article did to what it had said when it was last compared.

    Nothing that is told of it where the article is a baseline: then only what is gone counts.
    """
    if article.version == 1 or article.baseline:
        return Edited(gone=_gone(store, article, claims))
    older = [claim for claim in claims if claim.version < article.version]
    decided = frozenset((c.id, d.topic) for c in older for d in store.decisions(c.id))
    added = [claim for claim in claims if claim.version == article.version]
    standing = {claim.id for claim in claims}
    gone = (store.claim(one) for one in article.told if one not in standing)
    lost = tuple(claim for claim in gone if claim is not None)
    drifts = _drifts(store, article, lost, claims) if lost else ()
    return Edited(
        decided,
        drifts=tuple((drift, tuple(store.decisions(drift.before.id))) for drift in drifts),
        context=context_in(added, article.text),
        gone=_gone(store, article, claims),
    )


def _gone(store: Store, article: Article, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return what the article said when it was last compared and does not say any more.

    Nothing where its text comes from elsewhere now, is not kept, or is another article's.
    """
    if article.version == 1:
        return ()
    asked = Lines(kind=ChangeKind.ARTICLE, ids=(article.id,), newest=True)
    accounts = [account_of(line) for line in store.changes(asked)]
    standing = {claim.id for claim in claims}
    lost = tuple(c for one in accounts for c in one.claims if c.id not in standing)
    before = _version_of(store, article, lost) if lost else None
    if before is None or not Edit(before.text, article.text, lost, tuple(claims)).keeps:
        return ()
    return lost


def taken_back(store: Store, topic: str, gone: Sequence[Claim], now: datetime) -> Unsaid:
    """Return what the ledger of a topic is without claims that an edit took out, where it differs.

    Costs a few look-ups for each of them, and nothing when there are none.
    """
    lost = {claim.id for claim in gone}
    question = Question(said=tuple(_stated_by(store, topic, gone)))
    stated = [p for p in store.ledger(topic, question).propositions if _is_of(p, lost)]
    if not stated:
        return Unsaid()
    found = store.ledger(topic, asked_of_lost(stated, gone))
    return unsaid(
        lost,
        replace(found, propositions=tuple(stated)),
        at=now,
        claim_of=store.claim,
        closed=lambda: store.contradictions(topic=topic, closed=True),
    )


def _stated_by(store: Store, topic: str, gone: Sequence[Claim]) -> Iterator[Asked]:
    """Yield the lines for what these claims stated.

    By the keys of the decisions on them, and, because what was only reworded keeps the key of
    what it took the place of, by party and act.
    """
    for claim in gone:
        for decision in store.decisions(claim.id):
            if decision.topic == topic and decision.key:
                yield Asked(id=proposition_id(topic, base_key(decision.key)))
        if claim.act and claim.party:
            yield Asked(act=claim.act, party=claim.party, limit=OTHERS)


def _is_of(one: Proposition, claims: Collection[str]) -> bool:
    return any(claim in claims for _, claim in one.said)


def _version_of(store: Store, article: Article, lost: Sequence[Claim]) -> Version | None:
    """Return the newest version in which one of the lost claims stood, if it can be compared."""
    versions = {version.number: version for version in store.versions(article.id)}
    before = versions.get(max(claim.version for claim in lost))
    if before is None or not before.text or before.text_from != article.text_from:
        return None
    return before


def _drifts(
    store: Store, article: Article, lost: tuple[Claim, ...], claims: Sequence[Claim]
) -> tuple[Drift, ...]:
    """Return what became of the lost claims.

    Nothing where the text comes from elsewhere now (a page that turned into a paywall), or
    where the earlier one is forgotten.
    """
    before = _version_of(store, article, lost)
    if before is None:
        return ()
    said = " ".join(corrections(before.text, article.text))
    found = drifts_of(Edit(before.text, article.text, lost, tuple(claims)))
    return tuple(replace(drift, correction=said) for drift in found)


def _is_same(before: Claim, after: Claim) -> bool:
    """Say whether a claim can be another in other words: of the same party, or by the same act."""
    return before.party == after.party or before.act == after.act


def _settled(now: Decision, drift: Drift, before: Sequence[Decision]) -> Decision:
    """Return the decision on a claim that took another's place."""
    if drift.kind != "reworded":
        return drift.told_of(now)
    added = now.reason == "detail" and now.differs == "the same and more"
    typo = now.reason == "detail" and adds_little(drift.was, drift.now)
    if now.reason not in SILENT and not added and not typo:
        return now
    key = next((old.key for old in before if old.topic == now.topic), now.key)
    return replace(now, novelty=Novelty.REPEAT, reason="edited", refs=(drift.before.id,), key=key)


def _recalled(decision: Decision) -> Decision:
    return replace(decision, novelty=Novelty.REPEAT, reason="background")


def told_of(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Return the ids of the claims whose end would be news."""
    return tuple(c.id for c in claims if c.alert_worthy and not c.background)
