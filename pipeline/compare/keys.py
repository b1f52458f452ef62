"""The structured key of a claim: what makes two claims the same statement.

Key: party | act | issue and what narrows it | third party. Slots: the details whose change
makes an update (taxonomy, section 7). Text similarity alone takes contradictions for
repeats, so words enter only through these. What a claim leaves unsaid fits everything: a
claim takes the key of the proposition it restates (see `Said.known`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.compare.about import (
    About,
    about,
    closeness,
    is_common_object,
    is_same_object,
    issue_of,
)
from pipeline.compare.slots import FIRM, Slots, denied_in, modality_of, slots_of
from pipeline.compare.tables import is_kind, load_tables, takes_back
from pipeline.compare.voices import NOT_ITSELF, Voice, voice_of
from pipeline.records import Claim, Proposition, stable_id

BORDER = " | "


@dataclass(frozen=True, slots=True)
class Said:
    """A claim as compare reads it: whose, what, about what, in which detail."""

    claim: Claim
    topic: str
    voice: Voice
    about: About
    slots: Slots = ()
    denied: Slots = ()  # details it says do not hold

    @property
    def party(self) -> str:
        """Whose position it is."""
        return self.voice.party

    @property
    def act(self) -> str:
        """The act, always known here."""
        assert self.claim.act is not None
        return self.claim.act

    @property
    def firm(self) -> bool:
        """Whether the party itself says it, for sure."""
        return self.voice.level not in NOT_ITSELF and modality_of(self.claim) in (FIRM, "planned")

    @property
    def again(self) -> bool:
        """Whether its cue says that it was said before: "repeated", "reiterated"."""
        return load_tables().patterns["again"].search(self.claim.cue_text) is not None

    @property
    def key(self) -> str:
        """The key of the proposition this claim would open."""
        return BORDER.join((self.party, self.act, self._object(), "+".join(self.about.third)))

    def _object(self) -> str:
        day = ""
        if is_kind("incidents", self.act):  # else every breach ever would be one
            day = self.about.day or f"{self.claim.said_at:%Y-%m-%d}"
        parts = (self.about.others, self.about.matters, self.about.places, (day,) if day else ())
        narrowed = "; ".join("+".join(part) for part in parts if part)
        return f"{self.about.issue} ({narrowed})" if narrowed else self.about.issue

    def is_about(self, other: Proposition) -> bool:
        """Say whether it has the object of `other`, unsaid things apart."""
        return is_same_object(self.about, self.act, other, self.claim.said_at)

    def is_about_opposed(self, other: Proposition) -> bool:
        """Say whether it has the object of another party's act."""
        return is_common_object(self.about, self.party, self.act, other, self.claim.said_at)

    def known(self, propositions: Iterable[Proposition]) -> Proposition | None:
        """Return the proposition that this claim states again, the closest and newest one."""
        same = [
            p
            for p in propositions
            if p.act == self.act and p.party == self.party and self.is_about(p)
        ]
        return max(
            same, key=lambda p: (closeness(self.about, p), p.last_stated, p.id), default=None
        )


def read(
    claim: Claim, article: Sequence[Claim], topic: str, known: Iterable[Proposition] = ()
) -> Said | None:
    """Return a claim of an article as compare reads it; None without an act or a party."""
    if claim.act is None:
        return None
    voice = voice_of(claim, article, known)
    if voice is None or _is_denied(claim, article):
        return None
    words = _words(claim, article)
    return Said(
        claim,
        topic,
        voice,
        about(claim, voice.party, words, offered=_offered(claim, article)),
        slots_of(claim, words),
        denied_in(words, claim.act),
    )


def _is_denied(claim: Claim, article: Sequence[Claim]) -> bool:
    """Say whether the statement it is told in denies it: "reports of a request are untrue"."""
    outer = next((c for c in article if c.id == claim.parent), None)
    if outer is None or outer.act is None or claim.text not in outer.text:
        return False
    return is_kind("denials", outer.act) and takes_back(outer.act, claim.act or "")


def _offered(claim: Claim, article: Sequence[Claim]) -> tuple[str, ...]:
    """Return who makes the offer that a claim answers in the same words."""
    if not is_kind("answers_to_offers", claim.act):
        return ()
    offers = (c for c in article if c.act == "MED_OFFER" and c.id != claim.id)
    return tuple(code for c in offers if c.text in claim.text for code in c.countries)


def _words(claim: Claim, article: Sequence[Claim]) -> str:
    """Return the claim's words, or those of the statement it was found in, and what the same
    speaker goes on to say without another act.
    """
    outer = next((c for c in article if c.id == claim.parent), None)
    told = outer is not None and outer.act is None and claim.text in outer.text
    first = outer.text if outer is not None and told else claim.text
    rest = (c.text for c in article if _goes_on(c, claim) and c.text not in first)
    return ". ".join((first, *rest))


def _goes_on(one: Claim, other: Claim) -> bool:
    """Say whether two claims are parts of one sentence of one speaker."""
    return one.act is None and one.source is not None and one.source == other.source


def proposition_id(topic: str, key: str) -> str:
    """Return the id of the proposition `key` of a topic."""
    return stable_id("proposition", topic, key)


def variant(key: str, slots: Slots) -> str:
    """Return the key with its details: what one alert is about."""
    details = ", ".join(f"{name}={value}" for name, value in slots)
    return f"{key}{BORDER}{details}" if details else key


__all__ = ["Said", "issue_of", "proposition_id", "read", "variant"]
