"""Made-up traffic: claims of two years, their articles, and the ledger that comparing them leaves.

Every claim is a function of its number, so each run writes the same. 1,370 claims come a day (a
million in two years), five to an article of about 90 words: 40 parties, unequally often, and what
they say of four of them by 28 acts on 8 issues and about six mediators, with incidents of every
day at 60 places. 160 outlets, 8 agencies, 480 speakers, one claim in 12 without a name; words by
rank, as in a language. A store is small or big by when the traffic ends: as many claims come a
day in both.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from pipeline.compare import WINDOW
from pipeline.compare.contradictions import closed_by, given_up, opened_by
from pipeline.compare.keys import Said, proposition_id, read
from pipeline.compare.novelty import decide
from pipeline.compare.opposition import is_opposed
from pipeline.compare.positions import changed_positions
from pipeline.compare.tables import aspect_of, is_kind
from pipeline.dedupe import sketch_text
from pipeline.records import (
    Article,
    Claim,
    Contradiction,
    Decision,
    Hop,
    HopKind,
    Ledger,
    Position,
    Proposition,
    Span,
    Stage,
    TextFrom,
    stable_id,
)
from pipeline.stores import Store
from pipeline.stores.parts import KeptArticle, KeptClaim, KeptSketch
from pipeline.taxonomy import load_acts

START = datetime(2024, 1, 1, tzinfo=UTC)
A_DAY, PER_ARTICLE, BATCH = 1_370, 5, 200
TOPIC, OTHER_TOPICS = "bench", ("north", "south", "east")
NOTE = "bench traffic"  # in a filled store: what it holds
ACTS = tuple(load_acts())
PARTIES = tuple(f"{a}{b}" for a in "ABCDE" for b in "KLMNPRST")
ISSUES = ("truce", "dispute", "water", "prisoners", "trade", "airspace", "border", "other")
AGENCIES = tuple(f"Wire {letter}" for letter in "ABCDEFGH")
OUTLETS, SPEAKERS = 160, 12  # speakers: of each party
PLACES = tuple(
    f"{a}{b}{c}"
    for a in ("Tor", "Vel", "Mar", "Sun")
    for b in "aeo"
    for c in ("n", "sk", "ra", "vik", "dor")
)
WORDS = tuple(
    f"{a}{b}{c}{d}{e}"
    for a in "bdfgklmnprst"
    for b in "aeiou"
    for c in "ndrstl"
    for d in "aeiou"
    for e in "ndrstl"
)


def weights(size: int, power: float = 1.5) -> list[float]:
    """Return running sums by which the first of `size` things come most often."""
    return list(accumulate((rank + 1) ** -power for rank in range(size)))


PARTY_WEIGHTS, ACT_WEIGHTS, ISSUE_WEIGHTS = map(weights, map(len, (PARTIES, ACTS, ISSUES)))
WORD_WEIGHTS = weights(len(WORDS), 1.0)


def told(number: int) -> Claim:
    """Return the claim of this number: the same in every run."""
    chance = random.Random(number)
    (party,) = chance.choices(PARTIES, cum_weights=PARTY_WEIGHTS)
    other, third = chance.choice(PARTIES[:4]), chance.choice(PARTIES[4:10])
    (act,) = chance.choices(ACTS, cum_weights=ACT_WEIGHTS)
    (issue,) = chance.choices(ISSUES, cum_weights=ISSUE_WEIGHTS)
    article = number // PER_ARTICLE
    words = " ".join(chance.choices(WORDS, cum_weights=WORD_WEIGHTS, k=12))
    text = f"{party} {words} on {issue}"
    if is_kind("incidents", act):
        text += f" near {chance.choice(PLACES)} on {chance.choice(('Monday', 'Friday'))}"
    speaker = None if chance.random() < 1 / 12 else f"Speaker {party}{chance.randrange(SPEAKERS)}"
    outlet = f"Outlet {random.Random(article).randrange(OUTLETS)}"
    return Claim(
        id=stable_id("claim", str(number)),
        article_id=stable_id("article", str(article)),
        version=1,
        outlet=outlet,
        said_at=START + timedelta(days=article * PER_ARTICLE / A_DAY),
        source=None,
        cue=None,
        content=(Span(0, len(text)),),
        source_text=speaker or "officials",
        cue_text="said",
        text=text,
        quote_type="indirect",
        chain=tuple(_chain(chance, outlet, speaker)),
        speaker=speaker,
        speaker_kind=HopKind.PERSON if speaker else HopKind.UNRESOLVED,
        anonymous=speaker is None,
        countries=(party,),
        act=act,
        theme=load_acts()[act].theme,
        modality="actual",
        object=issue,
        targets=() if chance.random() < 0.3 else (other,),
        third_party=(third,) if act.startswith("MED_") and chance.random() < 0.5 else (),
        alert_worthy=True,
        confidence=0.9,
        found_by="model",
        extractor="1",
        topics=(TOPIC, *(one for one in OTHER_TOPICS if chance.random() < 0.1)),
    )


def _chain(chance: random.Random, outlet: str, speaker: str | None) -> Iterator[Hop]:
    yield Hop(name=outlet, kind=HopKind.OUTLET)
    if chance.random() < 0.6:
        yield Hop(name=chance.choice(AGENCIES), kind=HopKind.AGENCY)
    if speaker is not None:
        yield Hop(name=speaker, kind=HopKind.PERSON)


def article_of(claims: Sequence[Claim]) -> Article:
    """Return the article that holds these claims, ready to be compared."""
    first = claims[0]
    text = ". ".join(claim.text for claim in claims)
    return Article(
        id=first.article_id,
        url=f"https://bench.test/{first.article_id}",
        feed_url="https://bench.test/feed",
        outlet=first.outlet,
        title=first.text[:60],
        text=text,
        text_from=TextFrom.FEED,
        text_hash=stable_id(text),
        published=first.said_at,
        first_seen=first.said_at,
        stage=Stage.COMPARE,
        topics=(TOPIC,),
    )


def articles(first: int, end: int) -> Iterator[tuple[Article, list[Claim]]]:
    """Yield the articles of these numbers with their claims."""
    for number in range(first, end):
        said = [told(number * PER_ARTICLE + place) for place in range(PER_ARTICLE)]
        yield article_of(said), said


# -- the ledger ------------------------------------------------------------------------------------


@dataclass
class Traffic:
    """The ledger after so many claims: what compare makes of each beside what it repeats.

    Each claim is held against its own proposition, the stance of its party and one opposed
    statement of late; that is far less than compare asks, and what it leaves is alike.
    """

    said: dict[str, Proposition] = field(default_factory=dict)  # by id
    read: dict[tuple[object, ...], Said] = field(default_factory=dict)
    stances: dict[tuple[str, str, str], Position] = field(default_factory=dict)
    past: list[Position] = field(default_factory=list)
    pairs: dict[str, Contradiction] = field(default_factory=dict)
    open: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)  # party, act, issue
    lately: deque[str] = field(default_factory=lambda: deque(maxlen=60))

    def add(self, claim: Claim) -> Decision:
        """Take one claim in."""
        said = self._read(claim)
        known = self.said.get(proposition_id(TOPIC, said.key))
        before = Ledger(propositions=(known,) if known else ())
        decision, stated = decide(said, before, WINDOW)
        assert stated is not None
        if known is None:
            self._oppose(said, stated)
            self.lately.append(stated.id)
        self.said[stated.id] = stated
        self._stand(said)
        return decision

    def _read(self, claim: Claim) -> Said:
        """Return the claim as compare reads it, of alike ones only the first."""
        same = claim.countries, claim.act, claim.object, claim.targets, claim.third_party
        when = claim.said_at.date() if is_kind("incidents", claim.act) else None
        place = claim.text.rpartition(" near ")[2] if when else ""
        alike = (*same, when, place, claim.speaker)
        found = self.read.get(alike) or read(claim, [claim], TOPIC)
        assert found is not None
        if when is None:  # an incident of that day is not told on for long
            self.read[alike] = found
        return replace(found, claim=claim)

    def _oppose(self, said: Said, stated: Proposition) -> None:
        """Open a pair with an opposed statement of the last days, as far as there is one."""
        for other in map(self.said.__getitem__, self.lately):
            if other.party != said.party and is_opposed(said, other):
                for pair in opened_by(said, stated, Ledger(propositions=(other,))):
                    self.pairs[pair.id] = pair
                    for side in _sides(pair):
                        self.open.setdefault(side, set()).add(pair.id)
                return

    def _stand(self, said: Said) -> None:
        """Restate the party's stance, or in one of 20 cases change it."""
        track = said.party, said.about.issue, aspect_of(said.act)
        held = self.stances.get(track)
        if held is not None and random.Random(said.claim.id).random() < 0.95:
            said = replace(said, claim=replace(said.claim, act=held.act))
        changed = changed_positions(said, Ledger(positions=(held,) if held else ()))
        for position in changed:
            if position.until is None:
                self.stances[track] = position
            else:
                self.past.append(position)
        self._close(given_up(changed))

    def _close(self, ended: Sequence[Position]) -> None:
        for position in ended:
            ids = self.open.get((position.party, position.act, position.issue), set())
            for pair in closed_by(ended, [self.pairs[one] for one in ids]):
                self.pairs[pair.id] = pair
                for side in _sides(pair):
                    self.open[side].discard(pair.id)


def _sides(pair: Contradiction) -> tuple[tuple[str, str, str], ...]:
    return (pair.party_a, pair.act_a, pair.issue), (pair.party_b, pair.act_b, pair.issue)


# -- filling ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What a store was filled with, and how long it took to write the claims with articles."""

    claims: int
    seconds: float
    propositions: int
    open_pairs: int
    next: int  # number of the first article that the store has not seen

    def keep(self, store: Store) -> Filled:
        """Write it down in the store, so that another run can use the store again."""
        store.save_note(NOTE, json.dumps(vars(self)))
        return self


def filled(store: Store, claims: int) -> Filled:
    """Return what the store holds, which is filled with `claims` claims unless it was before."""
    note = store.note(NOTE)
    found = Filled(**json.loads(note)) if note else _fill(store, claims)
    if found.claims != claims:
        raise SystemExit(f"{store.url} was filled with {found.claims:,} claims, not {claims:,}")
    return found


def _fill(store: Store, claims: int) -> Filled:
    """Write the first claims with their articles, decisions, sketches and the ledger."""
    traffic, seconds = Traffic(), 0.0
    last = claims // PER_ARTICLE
    for first in range(0, last, BATCH):
        seconds += _keep(store, list(articles(first, min(first + BATCH, last))), traffic)
        if first % (100 * BATCH) == 0:
            print(f"{first * PER_ARTICLE:>9,} claims {seconds:6.0f} s", file=sys.stderr)
    _add(store, list(traffic.said.values()))
    _add(store, [*traffic.past, *traffic.stances.values()])
    _add(store, list(traffic.pairs.values()))
    store.forget_texts(START)  # nothing is as old; but it is what a watch does once a day
    return Filled(
        claims=claims,
        seconds=seconds,
        propositions=len(traffic.said),
        open_pairs=sum(pair.closed is None for pair in traffic.pairs.values()),
        next=last,
    ).keep(store)


def _add(store: Store, rows: Sequence[Proposition | Position | Contradiction]) -> None:
    for first in range(0, len(rows), 2_000):
        store.add_parts(rows[first : first + 2_000])


def _keep(store: Store, made: list[tuple[Article, list[Claim]]], traffic: Traffic) -> float:
    """Write articles with their claims; return the seconds for that, without the sketches."""
    kept = [
        KeptArticle(
            article=replace(article, stage=Stage.DONE),
            seen_at=article.first_seen,
            claims=tuple(claim.id for claim in claims),
        )
        for article, claims in made
    ]
    said = [
        KeptClaim(
            claim=claim,
            article_id=claim.article_id,
            place=place,
            current=True,
            decisions=(traffic.add(claim),),
        )
        for _, claims in made
        for place, claim in enumerate(claims)
    ]
    began = time.perf_counter()
    store.add_parts(kept)
    store.add_parts(said)
    spent = time.perf_counter() - began
    sketches = (sketch_text(article.id, article.text) for article, _ in made)
    store.add_parts([KeptSketch(article_id=s.article_id, sketch=s) for s in sketches if s])
    return spent


__all__ = [
    "ACTS",
    "AGENCIES",
    "A_DAY",
    "ISSUES",
    "OTHER_TOPICS",
    "OUTLETS",
    "PARTIES",
    "PER_ARTICLE",
    "SPEAKERS",
    "START",
    "TOPIC",
    "WORDS",
    "Filled",
    "articles",
    "filled",
]
