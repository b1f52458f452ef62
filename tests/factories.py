"""Small builders of records: sensible by default, every field open to change by name.

`n` tells records of one kind apart. Times are minutes after `NOON`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.questions import Asked, Question, Side, Track
from pipeline.records import (
    Alert,
    Article,
    Claim,
    Comparison,
    Contradiction,
    Decision,
    Delivery,
    Feed,
    FeedState,
    Hop,
    HopKind,
    Novelty,
    Poll,
    PollOutcome,
    Position,
    Proposition,
    Sketch,
    Span,
    Stage,
    TextFrom,
    stable_id,
)

NOON = datetime(2025, 5, 10, 12, tzinfo=UTC)
TOPIC = "valley"
FEED_URL = "https://one.test/rss"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def feed(**changes: Any) -> Feed:
    return replace(Feed(url=FEED_URL, outlet="The One", country="AA", language="en"), **changes)


def state(**changes: Any) -> FeedState:
    return replace(FeedState(feed_url=FEED_URL, etag='"1"', last_success=NOON), **changes)


def poll(n: int = 1, **changes: Any) -> Poll:
    made = Poll(feed_url=FEED_URL, at=at(n), outcome=PollOutcome.OK, status=200, entries=1, new=1)
    return replace(made, **changes)


def article(n: int = 1, **changes: Any) -> Article:
    """An article as a feed shows it: matched, not scraped yet."""
    made = Article(
        id=f"article-{n:04}",
        url=f"https://one.test/{n}",
        feed_url=FEED_URL,
        outlet="The One",
        title=f"Envoys meet on the river, part {n}",
        summary="A short summary.",
        country="AA",
        language="en",
        published=at(n),
        published_from="pubDate",
        first_seen=at(n),
        fingerprint=f"shown-{n}",
        topics=(TOPIC,),
    )
    return replace(made, **changes)


def scraped(
    n: int = 1, text: str = "The minister said talks would go on.", **changes: Any
) -> Article:
    """The same with its text, waiting to be extracted."""
    fields = {
        "text": text,
        "text_hash": stable_id(text),
        "text_from": TextFrom.PAGE,
        "stage": Stage.EXTRACT,
    }
    return article(n, **{**fields, **changes})


def claim(n: int = 1, **changes: Any) -> Claim:
    """ "talks would go on", said by a minister in the text of `scraped`."""
    made = Claim(
        id=f"claim-{n:04}",
        article_id="article-0001",
        version=1,
        outlet="The One",
        said_at=at(n),
        source=Span(0, 12),
        cue=Span(13, 17),
        content=(Span(18, 35),),
        source_text="The minister",
        cue_text="said",
        text="talks would go on",
        quote_type="indirect",
        chain=(
            Hop(name="The One", kind=HopKind.OUTLET),
            Hop(name="Ada Minister", kind=HopKind.PERSON, countries=("AA",)),
        ),
        speaker="Ada Minister",
        speaker_kind=HopKind.PERSON,
        countries=("AA",),
        act="offer",
        theme="mediation",
        modality="actual",
        polarity="positive",
        object="river",
        confidence=0.75,
        found_by="model",
        extractor="1",
        topics=(TOPIC,),
    )
    return replace(made, **changes)


def decision(n: int = 1, **changes: Any) -> Decision:
    made = Decision(
        claim_id=f"claim-{n:04}",
        topic=TOPIC,
        novelty=Novelty.NEW,
        reason="first",
        key="AA | offer | river",
    )
    return replace(made, **changes)


def proposition(n: int = 1, **changes: Any) -> Proposition:
    made = Proposition(
        id=f"proposition-{n:04}",
        topic=TOPIC,
        key="AA | offer | river",
        party="AA",
        issue="river",
        act="offer",
        slots=(("modality", "actual"),),
        first_claim="claim-0001",
        last_claim="claim-0001",
        first_stated=NOON,
        last_stated=NOON,
        text="talks would go on",
    )
    return replace(made, **changes)


def position(n: int = 1, **changes: Any) -> Position:
    made = Position(
        id=f"position-{n:04}",
        topic=TOPIC,
        party="AA",
        issue="river",
        act="offer",
        modality="actual",
        since=at(n),
        claim_id="claim-0001",
        speaker="Ada Minister",
        via=("The One", "Ada Minister"),
        text="talks would go on",
        last_stated=at(n),
    )
    return replace(made, **changes)


def contradiction(n: int = 1, **changes: Any) -> Contradiction:
    made = Contradiction(
        id=f"contradiction-{n:04}",
        topic=TOPIC,
        issue="river",
        claim_a="claim-0001",
        claim_b="claim-0002",
        party_a="AA",
        party_b="BB",
        act_a="offer",
        act_b="deny",
        opened=at(n),
        reason="cross_party",
    )
    return replace(made, **changes)


def sketch(n: int = 1, **changes: Any) -> Sketch:
    made = Sketch(
        article_id=f"article-{n:04}",
        bands=("0:aa", f"1:{n}"),
        signature=bytes([n % 256]) * 8,
        length=120,
    )
    return replace(made, **changes)


def alert(n: int = 1, **changes: Any) -> Alert:
    made = Alert(
        id=f"alert-{n:04}",
        rule="any offer",
        kind="claim",
        topic=TOPIC,
        created=at(n),
        headline="AA offers talks on the river",
        body="The receipt.",
        claim_id=f"claim-{n:04}",
        article_id=f"article-{n:04}",
        novelty=Novelty.NEW,
        receipt={"words": "talks would go on", "outlets": 2, "nearest": None},
        story=f"story-{n}",
    )
    return replace(made, **changes)


def delivery(n: int = 1, **changes: Any) -> Delivery:
    made = Delivery(alert_id=f"alert-{n:04}", channel="terminal", next_try=at(n))
    return replace(made, **changes)


def comparison(compared: Article, **changes: Any) -> Comparison:
    """What compare says about an article that has no claims."""
    made = Comparison(article=replace(compared, stage=Stage.DONE), sketch=None, at=at(60))
    return replace(made, **changes)


def on(*issues: str, party: str = "AA", act: str = "offer", minutes: float = 0) -> Question:
    """Return the question for all that a party's records on these issues are found by."""
    return Question(
        said=tuple(Asked(issue=issue, limit=99) for issue in issues),
        tracks=tuple(Track(party=party, issue=i, acts=(act,), at=at(minutes)) for i in issues),
        sides=tuple(Side(party=party, act=act, issue=issue) for issue in issues),
    )
