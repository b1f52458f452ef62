"""An edited article on its way through the stages: what is carried, what is told of the edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.compare import Edit, adds_little, context_in, corrections, drifts_of
from pipeline.extract.carry import carry_over
from pipeline.records import Article, Claim, Decision, Drift, Novelty

if TYPE_CHECKING:
    from pipeline.stores import Store

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
        stands = {d.after.id: (d, old) for d, old in self.drifts if d.after is not None}
        return tuple(
            _settled(one, *stands[one.claim_id])
            if one.claim_id in stands
            else _recalled(one)
            if one.claim_id in self.context
            else one
            for one in decisions
        )


def edited(store: Store, article: Article, claims: Sequence[Claim]) -> Edited:
    """Return what the edit of an article did to what it had said when it was last compared."""
    if article.version == 1 or article.baseline:
        return Edited()
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
    )


def _drifts(
    store: Store, article: Article, lost: tuple[Claim, ...], claims: Sequence[Claim]
) -> tuple[Drift, ...]:
    """Return what became of the lost claims.

    Nothing where the text comes from elsewhere now (a page that turned into a paywall), or
    where the earlier one is forgotten.
    """
    versions = {version.number: version for version in store.versions(article.id)}
    before = versions.get(max(claim.version for claim in lost))
    if before is None or not before.text or before.text_from != article.text_from:
        return ()
    said = " ".join(corrections(before.text, article.text))
    found = drifts_of(Edit(before.text, article.text, lost, tuple(claims)))
    return tuple(replace(drift, correction=said) for drift in found)


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
