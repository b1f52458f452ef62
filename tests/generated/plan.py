"""What is to be published and what of it must be told: the plan of a week or a month.

A month is made from a seed: two parties take and change their stance on a mediator's offer, one
charges the other with breaking the truce and is denied. Every statement is one agency's copy
that outlets cut, put their own title on, add to, or merge with the other agency's; outlets say
the same later in their own words. The demo's week is read from its script.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline.demo.script import Crisis, Item

START = datetime(2031, 5, 1, 6, tzinfo=UTC)
DAYS = 30
AGENCIES = {"tarn": "Tarn Wire", "osk": "Osk Press"}
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
OUTLETS = {name.lower(): f"The {name} Post" for name in NAMES}
SECOND = "alder-world"  # another feed of the first outlet, with some of the same articles
WORDS = (
    "clock", "lamp", "pine", "gate", "wall", "tower", "shed", "oak", "garden", "ladder", "carpet",
    "barrel", "fence", "meadow", "copper", "ridge", "lantern", "orchard", "bench", "pond", "stable",
    "loft", "chapel", "lane", "hedge", "attic", "plum", "cellar", "trough", "walnut", "drawer",
    "saddle", "cabin", "thatch", "gravel", "kettle", "willow", "basket", "anchor", "candle",
)  # fmt: skip
FILLERS = (
    "The {} of the {} {} was near the {} and the {} {}.",
    "A {} {} stood by the {}, with a {} and a {} {}.",
    "There was a {} {} in the {} {} behind the {} {}.",
    "In the {} {} the {} {} was as old as the {} {}.",
)
PARTIES = {
    "XA": ("Varonia", "Varonian foreign secretary Elias Brandt", "Kestria"),
    "XB": ("Kestria", "Kestrian foreign minister Tomas Abanto", "Varonia"),
}
PHRASES = {  # of each act: as an agency has it, and in other words
    "MED_ACCEPT": (
        "{state} accepts mediation by Ostmark on the Harun Valley, {who} said.",
        "{who} said that {state} accepts mediation by Ostmark on the Harun Valley.",
    ),
    "MED_REJECT": (
        "{state} rejects any outside mediation on the Harun Valley, {who} said.",
        "{who} rejected any third-party mediation on the Harun Valley.",
    ),
    "CF_VIOLATION": (
        "{other} violated the ceasefire in the Harun Valley, {who} said.",
        "{who} accused {other} of violating the ceasefire in the Harun Valley.",
    ),
    "CF_DENY_VIOLATION": (
        "{who} denied that {state} had violated the ceasefire in the Harun Valley.",
        "{state} did not violate the ceasefire in the Harun Valley, {who} said.",
    ),
}
FERRY = "A hospital ferry crossed the lake with {} patients on board, the harbour office said."


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The words of an article from a moment on."""

    at: datetime
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One article in one outlet: its states in time, oldest first, the last ones edits."""

    outlet: str
    slug: str
    states: tuple[State, ...]
    feeds: tuple[str, ...]
    credit: str | None = None
    page: str = ""  # whose page it is, where a feed lists another outlet's
    families: tuple[str, ...] = ()  # of whose copy it is made; none: own reporting
    says: tuple[tuple[str, str], ...] = ()  # party and act of what it states

    @property
    def at(self) -> datetime:
        """When it is published."""
        return self.states[0].at

    def then(self, now: datetime) -> State:
        """Return its words at a time after its publication."""
        return [state for state in self.states if state.at <= now][-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All pieces by publication, and which statements are news: each is told exactly once."""

    name: str
    start: datetime
    end: datetime
    outlets: dict[str, str]
    feeds: dict[str, str]  # feed -> outlet
    pieces: tuple[Piece, ...]
    news: tuple[tuple[str, str, datetime], ...] = ()  # party, act, when first stated
    quarrels: tuple[tuple[str, str], ...] = ()  # pairs of acts that contradict each other
    gone: tuple[str, ...] = ()  # feeds that never work


# -- a month --------------------------------------------------------------------------------


class _Desk:
    """Writes one month; lives for the length of `month`."""

    def __init__(self, seed: int, days: int) -> None:
        self.chance = random.Random(seed)
        self.days = days
        self.pieces: list[Piece] = []
        self.news: list[tuple[str, str, datetime]] = []
        self.last: tuple[datetime, str, tuple[str, ...]] | None = None  # the family before

    def baseline(self) -> None:
        """Let every feed have something before the watch begins."""
        for feed, outlet in feeds_of_month().items():
            state = State(at=START, title=f"Notes from {feed}", paragraphs=self.prose(40))
            self.pieces.append(
                Piece(outlet=outlet, slug=f"notes-{feed}", states=(state,), feeds=(feed,))
            )

    def stances(self, party: str) -> None:
        """Let a party change its mind every few days, and repeat itself in between."""
        act, day = self.chance.choice(("MED_ACCEPT", "MED_REJECT")), self.chance.randint(1, 3)
        is_known = party == "XA" and act == "MED_REJECT"  # its standing position
        while day < self.days:
            until = min(day + self.chance.randint(5, 9), self.days)
            at = START + timedelta(days=day, minutes=self.chance.randint(0, 600))
            self.family(party, act, at, is_news=not is_known)
            for later in range(day + 2, until, 2):
                again = START + timedelta(days=later, minutes=self.chance.randint(0, 900))
                self.own(party, act, again)
            act = "MED_REJECT" if act == "MED_ACCEPT" else "MED_ACCEPT"
            day, is_known = until, False

    def quarrel(self) -> None:
        """Let one party charge the other, who denies it."""
        at = START + timedelta(days=self.chance.randint(4, self.days * 2 // 3), hours=3)
        self.family("XA", "CF_VIOLATION", at)
        self.family("XB", "CF_DENY_VIOLATION", at + timedelta(hours=5))

    def ferry(self) -> None:
        """Plant an article for a keyword rule, and one reprint."""
        at = START + timedelta(days=self.chance.randint(3, self.days - 2), hours=2)
        words = (FERRY.format(self.chance.randint(11, 90)), *self.prose(120))
        title = self.title()  # no page of another subject is read: its feed's words must do
        for n, outlet in enumerate(self.chance.sample(list(OUTLETS), 2)):
            when = at + timedelta(minutes=30 * n)
            self.add(outlet, words, when, families=("ferry",), title=title)

    def family(self, party: str, act: str, at: datetime, *, is_news: bool = True) -> None:
        """Let an agency report a statement and some outlets print that."""
        agency = self.chance.choice(list(AGENCIES))
        words = (statement(party, act, 0), *self.prose(160))
        name = f"{party} {act} {at:%d%H%M}"
        says = ((party, act),)
        self.add(agency, words, at, families=(name,), says=says)
        for n, outlet in enumerate(self.chance.sample(list(OUTLETS), self.chance.randint(2, 4)), 1):
            copy = words[: self.chance.randint(len(words) * 2 // 3, len(words))]
            copy += self.prose(30) if self.chance.random() < 0.3 else ()
            credit = AGENCIES[agency] if self.chance.random() < 0.7 else None
            when = at + timedelta(minutes=20 * n)
            self.add(outlet, copy, when, credit=credit, families=(name,), says=says)
        self._merge(words, name, at, says)
        if is_news:
            self.news.append((party, act, at))

    def _merge(
        self, words: tuple[str, ...], name: str, at: datetime, says: tuple[tuple[str, str], ...]
    ) -> None:
        """Let an outlet print two agencies' copy as one, if another came shortly before."""
        before, self.last = self.last, (at, name, words)
        if before and timedelta(0) < at - before[0] < timedelta(days=1):
            merged = (*words[: len(words) * 2 // 3], *before[2][1 : len(before[2]) // 3])
            outlet = self.chance.choice(list(OUTLETS))
            when = at + timedelta(minutes=150)
            self.add(outlet, merged, when, families=(name, before[1]), says=says)

    def own(self, party: str, act: str, at: datetime) -> None:
        """Let an outlet have the same in its own words."""
        words = (statement(party, act, 1), *self.prose(140))
        self.add(self.chance.choice(list(OUTLETS)), words, at, says=((party, act),))

    def add(
        self,
        outlet: str,
        paragraphs: tuple[str, ...],
        at: datetime,
        *,
        credit: str | None = None,
        families: tuple[str, ...] = (),
        says: tuple[tuple[str, str], ...] = (),
        title: str = "",
    ) -> None:
        """Print an article, as a rule under a title of its own."""
        title = title or self.title()
        feeds = (outlet, SECOND) if outlet == "alder" and self.chance.random() < 0.5 else (outlet,)
        self.pieces.append(
            Piece(
                outlet=outlet,
                slug=f"{title.lower().replace(' ', '-')}-{len(self.pieces)}",
                states=(State(at=at, title=title, paragraphs=paragraphs),),
                feeds=feeds,
                credit=credit,
                families=families,
                says=says,
            )
        )

    def title(self) -> str:
        """Return words that say nothing."""
        return " ".join(self.chance.choices(WORDS, k=5)).capitalize()

    def prose(self, length: int) -> tuple[str, ...]:
        """Return about `length` words of sentences about nothing, each a paragraph."""
        count = max(1, length // 12)
        return tuple(
            self.chance.choice(FILLERS).format(*self.chance.choices(WORDS, k=6))
            for _ in range(count)
        )


def month(seed: int, *, days: int = DAYS) -> Plan:
    """Return the month of a seed, or its first days: the same seed and length, the same plan."""
    desk = _Desk(seed, days)
    desk.baseline()
    for party in PARTIES:
        desk.stances(party)
    desk.quarrel()
    desk.ferry()
    return Plan(
        name=f"month {seed}",
        start=START,
        end=START + timedelta(days=days + 1),
        outlets={**AGENCIES, **OUTLETS},
        feeds=feeds_of_month(),
        pieces=tuple(sorted(desk.pieces, key=lambda piece: (piece.at, piece.slug))),
        news=tuple(sorted(desk.news, key=lambda news: news[2])),
        quarrels=(("CF_DENY_VIOLATION", "CF_VIOLATION"),),
    )


def statement(party: str, act: str, wording: int) -> str:
    """Return the sentence in which a party does something."""
    state, who, other = PARTIES[party]
    return PHRASES[act][wording].format(state=state, who=who, other=other)


def feeds_of_month() -> dict[str, str]:
    """Return the feeds of a month, each with its outlet."""
    return {**{outlet: outlet for outlet in (*AGENCIES, *OUTLETS)}, SECOND: "alder"}


# -- the demo's week ----------------------------------------------------------------------


def week(crisis: Crisis) -> Plan:
    """Return the demo's week; what it must tell is what it tells undisturbed."""
    end = crisis.end_of(crisis.days)
    pieces: dict[tuple[str, str], Piece] = {}
    for hour in range(24 * crisis.days + 24):  # whatever changes does so at a full hour
        now = crisis.first_day + timedelta(hours=hour)
        for item in crisis.items(now):
            key = (item.outlet.key, item.slug)
            pieces[key] = _with_state(pieces.get(key), item, now)
    working = {o.key: o.key for o in crisis.outlets.values()}
    return Plan(
        name="week",
        start=crisis.end_of(0),
        end=end,
        outlets={key: outlet.name for key, outlet in crisis.outlets.items()},
        feeds=working,
        pieces=tuple(sorted(pieces.values(), key=lambda piece: (piece.at, piece.slug))),
        gone=tuple(o.key for o in crisis.outlets.values() if o.format in ("gone", "html")),
    )


def _with_state(piece: Piece | None, item: Item, now: datetime) -> Piece:
    words = State(at=item.at, title=item.title, paragraphs=item.paragraphs)
    if piece is None:
        return Piece(
            outlet=item.publisher.key,
            slug=item.slug,
            states=(words,),
            feeds=(item.outlet.key,),
            credit=item.credit,
            page=item.publisher.key if item.publisher != item.outlet else "",
        )
    if piece.states[-1].paragraphs == words.paragraphs:
        return piece
    return replace(piece, states=(*piece.states, replace(words, at=now)))


def repeats(plan: Plan) -> Counter[str]:
    """Return how many articles there are of each wire family."""
    return Counter(family for piece in plan.pieces for family in piece.families)
