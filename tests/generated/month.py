"""A month of an invented conflict, made from a seed, and what was planted in it.

Two parties take and change their stance on a mediator's offer; each charges the other with
breaking the truce, and is denied. Every statement is printed by an agency and by outlets that
cut it, put their own title on it or add their own paragraph; some outlets say the same in their
own words. Claims are handed over as extraction would: what is tested comes after it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline.records import (
    Article,
    Claim,
    Credit,
    Feed,
    Hop,
    HopKind,
    Span,
    Stage,
    TextFrom,
    stable_id,
)

TOPIC = "harun-valley"
START = datetime(2031, 5, 1, tzinfo=UTC)
DAYS = 30
AGENCIES = ("Tarn Wire", "Osk Press")
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel")
OUTLETS = tuple(f"The {name} Post" for name in NAMES)
WORDS = (
    "harbour", "lantern", "orchard", "meadow", "copper", "ridge", "winter", "market",
    "bridge", "quarry", "ferry", "miller", "cattle", "valley", "envoy", "evening",
    "road", "council", "village", "river", "stone", "window", "barley", "engine",
    "garden", "timber", "station", "letter", "cloud", "mountain", "autumn", "school",
    "kettle", "willow", "basket", "canal", "anchor", "candle",
)  # fmt: skip
PARTIES = {"XA": "Ada Varon", "XB": "Bela Kest"}
PHRASES = {
    "MED_ACCEPT": ("would take part in talks led by Ostmark", "accepts Ostmark as a go-between"),
    "MED_REJECT": ("will not let Ostmark mediate", "turns down Ostmark as a go-between"),
    "CF_VIOLATION": ("the other side has broken the truce", "the truce was breached overnight"),
    "CF_DENY_VIOLATION": ("our side has not broken the truce", "no shot was fired by our side"),
}


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One article with its claims, as extraction leaves them."""

    article: Article
    claims: tuple[Claim, ...]
    family: str  # the statement's wire family; "" for own reporting


@dataclass(frozen=True, slots=True)
class Month:
    """The dispatches in order of publication, and what was planted."""

    dispatches: tuple[Dispatch, ...]
    turns: tuple[tuple[str, str, datetime], ...]  # party, act, when the stance began
    quarrels: int  # charges that the other side denied
    families: dict[str, int]  # wire family -> how many printed it


def month(seed: int) -> Month:
    """Return the month of a seed."""
    chance = random.Random(seed)
    dispatches: list[Dispatch] = []
    turns: list[tuple[str, str, datetime]] = []
    families: dict[str, int] = {}
    for party in PARTIES:
        act, day = chance.choice(("MED_ACCEPT", "MED_REJECT")), chance.randint(1, 3)
        while day < DAYS:
            until = day + chance.randint(5, 9)
            said = _stance(chance, party, act, day, min(until, DAYS), families)
            turns.append((party, act, said[0].article.when))
            dispatches += said
            act = "MED_REJECT" if act == "MED_ACCEPT" else "MED_ACCEPT"
            day = until
    quarrel = START + timedelta(days=chance.randint(4, 20), hours=9)
    dispatches += _family(chance, "XA", "CF_VIOLATION", 0, quarrel, families)
    dispatches += _family(
        chance, "XB", "CF_DENY_VIOLATION", 0, quarrel + timedelta(hours=5), families
    )
    ordered = sorted(dispatches, key=lambda d: (d.article.when, d.article.id))
    return Month(tuple(ordered), tuple(turns), 1, families)


def _stance(
    chance: random.Random, party: str, act: str, day: int, until: int, families: dict[str, int]
) -> list[Dispatch]:
    """A stance is told once by an agency and then again, in other words, every few days."""
    first = START + timedelta(days=day, hours=chance.randint(6, 12))
    said = _family(chance, party, act, 0, first, families)
    for later in range(day + 1, until, 2):
        at = START + timedelta(days=later, hours=chance.randint(6, 18))
        said.append(_own(chance, party, act, at, chance.choice(OUTLETS)))
    return said


def _family(
    chance: random.Random,
    party: str,
    act: str,
    wording: int,
    at: datetime,
    families: dict[str, int],
) -> list[Dispatch]:
    agency = chance.choice(AGENCIES)
    body = _prose(chance, 160)
    name = stable_id(party, act, at.isoformat())
    made = [
        _printed(agency, agency, party, act, wording, at, body, title=f"{act} {party}", family=name)
    ]
    for n, outlet in enumerate(chance.sample(OUTLETS, chance.randint(2, 5)), 1):
        cut = body[: chance.randint(110, 160)]
        words = cut + (_prose(chance, 30) if chance.random() < 0.3 else [])
        credit = agency if chance.random() < 0.7 else None
        title = f"{outlet}: {' '.join(_prose(chance, 4))}"
        when = at + timedelta(minutes=20 * n)
        made.append(
            _printed(outlet, credit, party, act, wording, when, words, title=title, family=name)
        )
    families[name] = len(made)
    return made


def _own(chance: random.Random, party: str, act: str, at: datetime, outlet: str) -> Dispatch:
    title = f"{outlet} {' '.join(_prose(chance, 4))}"
    return _printed(outlet, None, party, act, 1, at, _prose(chance, 150), title=title)


def _prose(chance: random.Random, length: int) -> list[str]:
    return [chance.choice(WORDS) for _ in range(length)]


def _printed(
    outlet: str,
    agency: str | None,
    party: str,
    act: str,
    wording: int,
    at: datetime,
    words: list[str],
    *,
    title: str,
    family: str = "",
) -> Dispatch:
    speaker, phrase = PARTIES[party], PHRASES[act][wording]
    text = f"{speaker} said {phrase}. {' '.join(words)}."
    article = Article(
        id=stable_id("month", outlet, title, at.isoformat()),
        url=None,
        feed_url=feed_of(outlet).url,
        outlet=outlet,
        title=title,
        summary="",
        text=text,
        text_hash=stable_id(text),
        text_from=TextFrom.PAGE,
        language="en",
        published=at,
        published_from="made",
        first_seen=at,
        fingerprint=stable_id(title, text),
        stage=Stage.EXTRACT,
        topics=(TOPIC,),
        credit=Credit(agencies=(agency,) if agency else (), origin=agency),
    )
    return Dispatch(article, (said_in(article, party, speaker, act, phrase),), family)


def said_in(
    article: Article, party: str, speaker: str, act: str, phrase: str, *, at: int = 0
) -> Claim:
    """Return the claim of "SPEAKER said PHRASE." at a place of the text, as extraction would."""
    cue = at + len(speaker) + 1
    start = cue + 5
    mediation = act.startswith("MED")
    other = next(one for one in PARTIES if one != party)
    return Claim(
        id=stable_id(article.id, act),
        article_id=article.id,
        version=article.version,
        outlet=article.outlet,
        said_at=article.when,
        source=Span(at, cue - 1),
        cue=Span(cue, start - 1),
        content=(Span(start, start + len(phrase)),),
        source_text=speaker,
        cue_text="said",
        text=phrase,
        quote_type="indirect",
        chain=(
            Hop(name=article.outlet, kind=HopKind.OUTLET),
            Hop(name=speaker, kind=HopKind.PERSON, countries=(party,)),
        ),
        speaker=speaker,
        speaker_kind=HopKind.PERSON,
        countries=(party,),
        role_code="FM",
        act=act,
        theme="mediation" if mediation else "ceasefire",
        object="mediation" if mediation else "ceasefire",
        modality="actual",
        polarity="neutral",
        targets=() if mediation else (other,),
        third_party=("XC",) if mediation else (),
        alert_worthy=True,
        confidence=0.9,
        topics=(TOPIC,),
    )


def edited(dispatch: Dispatch) -> Dispatch:
    """Return an article whose outlet put another title on it."""
    article = dispatch.article
    title = f"{article.title} (updated)"
    changed = replace(
        article, title=title, version=article.version + 1, fingerprint=stable_id(title, "edit")
    )
    return replace(dispatch, article=changed)


def feed_of(outlet: str) -> Feed:
    """Return the feed of an outlet."""
    return Feed(url=f"https://{stable_id(outlet)}.test/rss", outlet=outlet, language="en")
