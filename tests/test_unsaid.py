"""What an edit takes out has not been said: the ledger follows, in any order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.alert import RuleIndex
from pipeline.asof import Past
from pipeline.compare.fronts import timeline
from pipeline.comparing import Comparer
from pipeline.config import load_config
from pipeline.demo.replay import CONFIG
from pipeline.editing import carried
from pipeline.records import (
    Article,
    Claim,
    FeedState,
    Poll,
    PollOutcome,
    Position,
    Query,
    Stage,
    TextFrom,
    stable_id,
)
from pipeline.stores import Answers, Store, open_store
from tests.elasticsearch_node import wipe
from tests.generated.month import PARTIES, said_in

DEMO = load_config(CONFIG)
TOPIC = DEMO.topics[0].id
PHRASES = {
    "MED_ACCEPT": "the government accepts Ostmark as a mediator",
    "MED_REJECT": "the government will not let Ostmark mediate",
    "CF_VIOLATION": "the other side has broken the truce",
    "CF_DENY_VIOLATION": "our side has not broken the truce",
    "CF_DECLARE": "we hold our fire from now on",
    "CF_END": "the truce is over",
}
FILLER = "Rain fell. The river rose. Shops were shut. Buses were late."
START = datetime(2031, 5, 1, tzinfo=UTC)

Said = tuple[str, str]  # party, act
Text = tuple[Said, ...]  # what an article says in one version, sentence by sentence


@dataclass(frozen=True)
class Story:
    """An article as it is published and edited, version by version."""

    number: int
    versions: tuple[Text, ...]

    @property
    def at(self) -> datetime:
        return START + timedelta(hours=9 * self.number)


def sentence(said: Said) -> str:
    return f"{PARTIES[said[0]]} said {PHRASES[said[1]]}."


def words(text: Text) -> str:
    return f"{FILLER} {' '.join(map(sentence, text))}".strip()


def claims_in(article: Article, text: Text) -> Iterator[Claim]:
    """Yield the claims of a text as extraction leaves them, without reading it."""
    place = len(FILLER) + 1
    for party, act in text:
        claim = said_in(article, party, PARTIES[party], act, PHRASES[act], at=place)
        yield replace(claim, id=stable_id(article.id, party, act), topics=(TOPIC,))
        place += len(sentence((party, act))) + 1


class Watch:
    """A store into which articles come as they are, and are edited."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, START + timedelta(days=30)
        self.comparer = Comparer(DEMO, store, lambda: self.now, RuleIndex(DEMO.rules))

    def show(self, story: Story, text: Text) -> None:
        """Let an article have this text, read it and compare it."""
        article = Article(
            id=f"article{story.number}",
            url=None,
            feed_url="https://one.test/rss",
            outlet=f"Post {story.number}",
            title=f"Title {story.number}",
            language="en",
            published=story.at,
            first_seen=story.at,
            fingerprint=stable_id(words(text)),
            topics=(TOPIC,),
        )
        poll = Poll(feed_url=article.feed_url, at=self.now, outcome=PollOutcome.OK)
        self.store.save_poll(poll, FeedState(feed_url=article.feed_url), (article,))
        for waiting in self.store.pending(Stage.SCRAPE):
            read = replace(
                waiting,
                text=words(text),
                text_hash=stable_id(words(text)),
                text_from=TextFrom.PAGE,
                stage=Stage.EXTRACT,
            )
            self.store.save_article(read)
        for waiting in self.store.pending(Stage.EXTRACT):
            found = carried(self.store, waiting, tuple(claims_in(waiting, text)))
            self.store.save_claims(replace(waiting, stage=Stage.COMPARE), found)
        for waiting in self.store.pending(Stage.COMPARE):
            self.now += timedelta(minutes=1)
            self.comparer.compare(waiting)


def stands(position: Position) -> bool:
    return position.stands


def ledger_of(store: Answers) -> dict[str, Any]:
    """Return what must not depend on what was said in between, nor on the order."""
    claims = [found.claim for found in store.search(Query(limit=1000))]
    return {
        "stances": sorted(
            (p.party, p.issue, p.act, p.since, str(p.until), p.last_stated, p.times, p.change)
            for p in filter(stands, store.positions(history=True))
        ),
        "pairs": sorted(pair.id for pair in store.contradictions()),
        "fronts": [
            (truce.front, truce.state, [(e.kind, e.claimant, e.at) for e in truce.events])
            for truce in timeline(claims, TOPIC, DEMO.topics[0].parties)
        ],
    }


def lived(url: str, shows: Sequence[tuple[Story, Text]]) -> dict[str, Any]:
    with closing(open_store(url)) as store:
        watch = Watch(store)
        for story, text in shows:
            watch.show(story, text)
        return ledger_of(store)


def stories(dice: random.Random) -> list[Story]:
    def text() -> Text:
        parties = dice.sample(list(PARTIES), dice.randint(0, 2))
        return tuple((party, dice.choice(list(PHRASES))) for party in parties)

    return [
        Story(number, tuple(text() for _ in range(dice.choice((1, 1, 2, 3)))))
        for number in range(dice.randint(2, 7))
    ]


def interleaved(made: Sequence[Story], dice: random.Random) -> list[tuple[Story, Text]]:
    """Return every version of every article, those of one in order, some never seen."""
    waiting = [[(story, text) for text in story.versions] for story in made]
    for some in waiting:
        if len(some) > 1 and dice.random() < 0.3:
            del some[dice.randrange(len(some) - 1)]
    shows = []
    while any(waiting):
        shows.append(dice.choice([some for some in waiting if some]).pop(0))
    return shows


def in_the_end(made: Sequence[Story]) -> list[tuple[Story, Text]]:
    return [(story, story.versions[-1]) for story in made]


@pytest.mark.parametrize("seed", range(60))
def test_stances_and_fronts_are_those_of_what_the_articles_say_in_the_end(seed: int) -> None:
    dice = random.Random(seed)
    made = stories(dice)
    expected = lived("sqlite:///:memory:", in_the_end(made))
    found = lived("sqlite:///:memory:", interleaved(made, dice))
    assert found["stances"] == expected["stances"]
    assert found["fronts"] == expected["fronts"]


@pytest.mark.slow
def test_a_cluster_takes_back_the_same(elasticsearch_url: str) -> None:
    dice = random.Random(9)
    made = stories(dice)
    shows = interleaved(made, dice)
    url = f"{elasticsearch_url}/unsaid"
    wipe(url)
    found = lived(url, shows)
    assert found == lived("sqlite:///:memory:", shows)
    assert found["stances"] == lived("sqlite:///:memory:", in_the_end(made))["stances"]


# -- one case at a time --------------------------------------------------------------------------

FIRST, SECOND, THIRD = (Story(number, ()) for number in (1, 2, 3))
BROKEN, DENIED = ("XA", "CF_VIOLATION"), ("XB", "CF_DENY_VIOLATION")
YES, NO = ("XB", "MED_ACCEPT"), ("XB", "MED_REJECT")


@pytest.fixture
def watch() -> Iterator[Watch]:
    with closing(open_store("sqlite:///:memory:")) as store:
        yield Watch(store)


def stances(store: Answers) -> list[tuple[str, datetime, datetime | None]]:
    return [(p.act, p.since, p.until) for p in store.positions(history=True) if p.stands]


def test_a_stance_that_an_edit_takes_out_is_kept_as_withdrawn(watch: Watch) -> None:
    watch.show(FIRST, (YES,))
    before = watch.now
    watch.show(FIRST, ())
    assert watch.store.positions() == []
    [gone] = watch.store.positions(history=True)
    assert (gone.act, gone.since, gone.withdrawn) == ("MED_ACCEPT", FIRST.at, watch.now)
    past = Past(watch.store, before)
    assert [(p.act, p.withdrawn) for p in past.positions()] == [("MED_ACCEPT", None)]


def test_the_stances_around_one_that_is_gone_are_one_again(watch: Watch) -> None:
    watch.show(FIRST, (YES,))
    watch.show(SECOND, (NO,))
    watch.show(THIRD, (YES,))
    assert len(stances(watch.store)) == 3
    watch.show(SECOND, ())
    assert stances(watch.store) == [("MED_ACCEPT", FIRST.at, None)]
    [position] = watch.store.positions()
    assert (position.times, position.last_stated) == (2, THIRD.at)


def test_a_stance_begins_with_the_next_who_told_of_it_when_the_first_takes_it_out(
    watch: Watch,
) -> None:
    watch.show(FIRST, (YES,))
    watch.show(SECOND, (YES,))
    watch.show(FIRST, ())
    [position] = watch.store.positions()
    assert (position.since, position.times) == (SECOND.at, 1)


def test_an_edit_to_the_opposite_is_the_stance_from_the_start(watch: Watch) -> None:
    watch.show(FIRST, (YES,))
    watch.show(FIRST, (NO,))
    assert stances(watch.store) == [("MED_REJECT", FIRST.at, None)]


def test_a_pair_is_closed_when_an_edit_takes_one_side_out(watch: Watch) -> None:
    watch.show(FIRST, (BROKEN,))
    watch.show(SECOND, (DENIED,))
    assert len(watch.store.contradictions()) == 1
    watch.show(FIRST, ())
    assert watch.store.contradictions() == []
    [pair] = watch.store.contradictions(closed=True)
    assert (pair.closed, pair.withdrawn) == (watch.now, True)


def test_a_pair_stays_when_another_article_still_says_it(watch: Watch) -> None:
    watch.show(FIRST, (BROKEN,))
    watch.show(replace(SECOND, number=1.1), (BROKEN,))  # type: ignore[arg-type]  # of the same day
    watch.show(THIRD, (DENIED,))
    [pair] = watch.store.contradictions()
    watch.show(FIRST, ())
    [still] = watch.store.contradictions()
    assert still.id == pair.id
    claims = {still.claim_a, still.claim_b}
    assert claims <= {found.claim.id for found in watch.store.search(Query(limit=100))}


def test_nothing_opposes_what_was_taken_out_before(watch: Watch) -> None:
    watch.show(FIRST, (BROKEN,))
    watch.show(FIRST, ())
    watch.show(SECOND, (DENIED,))
    assert watch.store.contradictions(closed=True) == []


def test_an_article_written_anew_takes_nothing_back(watch: Watch) -> None:
    watch.show(FIRST, (YES,))
    article = watch.store.article("article1")
    assert article is not None
    other = "Snow fell. Hail fell. Sleet fell. Fog came."
    watch.store.save_article(
        replace(article, text=other, text_hash="new", stage=Stage.EXTRACT, fingerprint="new")
    )
    for waiting in watch.store.pending(Stage.EXTRACT):
        watch.store.save_claims(replace(waiting, stage=Stage.COMPARE), ())
    for waiting in watch.store.pending(Stage.COMPARE):
        watch.comparer.compare(waiting)
    assert [p.act for p in watch.store.positions()] == ["MED_ACCEPT"]
