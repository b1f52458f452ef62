"""How fast the embedded store takes articles, whether that slows as it grows, how fast it answers.

    python bench/store.py [--articles 110000] [--questions 300] [--folder DIR] [--json]

Two ways in, each into a store of its own, both with 2 kB of text an article:

* bulk: polls of 1,000 articles that bring their text (an archive being imported);
* whole: polls of 20, then for each article its text, 3 claims and a comparison with a sketch of
  42 bands and 3 decisions, each durable by itself (the life of a matched article).

Cost is CPU time, because the machine may be shared; the growth is the cost of the 5,000
articles after the first 100,000 over that of the 5,000 after the first 10,000.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.questions import Asked, Question, Track
from pipeline.records import (
    Article,
    Claim,
    Comparison,
    Credit,
    Decision,
    FeedState,
    Hop,
    HopKind,
    Novelty,
    Poll,
    PollOutcome,
    Position,
    Proposition,
    Query,
    Sketch,
    Span,
    Stage,
    TextFrom,
    stable_id,
)
from pipeline.stores.sqlite import SqliteStore

START = datetime(2024, 1, 1, tzinfo=UTC)
FEED = "https://one.test/rss"
SPAN = 5_000
ACTS = ("offer", "deny", "accept", "reject", "accuse", "warn", "demand", "confirm")
OUTLETS = [f"Outlet {k}" for k in range(60)]
SPEAKERS = [f"Speaker {k}" for k in range(400)]


class Words:
    """Text in which words are as unequally frequent as in a language; one seed, one vocabulary."""

    def __init__(self, seed: int, size: int = 40_000) -> None:
        self.chance = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = ["".join(self.chance.choices(letters, k=2 + n % 9)) for n in range(size)]
        self.weights = list(itertools.accumulate(1 / (n + 3) for n in range(size)))

    def text(self, words: int) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=words))


def article(n: int, words: Words) -> Article:
    text = words.text(330)[:2_000]
    return Article(
        id=stable_id(str(n)),
        url=f"https://one.test/{stable_id('url', str(n))}",
        feed_url=FEED,
        outlet=OUTLETS[n % len(OUTLETS)],
        title=words.text(9),
        text=text,
        text_from=TextFrom.IMPORT,
        text_hash=stable_id(text),
        published=START + timedelta(minutes=n),
        first_seen=START + timedelta(minutes=n + 5),
        fingerprint=stable_id("shown", text),
        stage=Stage.COMPARE,
        topics=("topic",),
        credit=Credit(origin="Wire" if n % 3 == 0 else None),
    )


def claim(owner: Article, k: int, words: Words) -> Claim:
    begin = k * 300
    said = owner.text[begin : begin + 140]
    speaker = words.chance.choice(SPEAKERS)
    return Claim(
        id=stable_id(owner.id, str(k)),
        article_id=owner.id,
        version=1,
        outlet=owner.outlet,
        said_at=owner.when,
        source=Span(begin, begin + 12),
        cue=Span(begin + 13, begin + 18),
        content=(Span(begin, begin + len(said)),),
        source_text=said[:12],
        cue_text="said",
        text=said,
        quote_type="indirect",
        chain=(
            Hop(name=owner.outlet, kind=HopKind.OUTLET),
            Hop(name=speaker, kind=HopKind.PERSON, countries=("AA",)),
        ),
        speaker=speaker,
        speaker_kind=HopKind.PERSON,
        countries=(words.chance.choice(("AA", "BB", "CC")),),
        act=words.chance.choice(ACTS),
        theme="mediation",
        modality="actual",
        polarity="positive",
        object="river",
        confidence=0.5,
        found_by="model",
        extractor="1",
        topics=("topic",),
    )


def comparison(owner: Article, claims: list[Claim], words: Words) -> Comparison:
    bands = tuple(f"{b}:{words.chance.getrandbits(40):x}" for b in range(42))
    keys = [f"{c.party} | {c.act} | {c.speaker}" for c in claims]
    return Comparison(
        article=replace(owner, stage=Stage.DONE),
        sketch=Sketch(article_id=owner.id, bands=bands, signature=bytes(504), length=330),
        decisions=tuple(
            Decision(claim_id=c.id, topic="topic", novelty=Novelty.NEW, reason="first", key=key)
            for c, key in zip(claims, keys, strict=True)
        ),
        propositions=tuple(proposition(c, key) for c, key in zip(claims, keys, strict=True)),
        positions=(position(claims[0]),),
    )


def proposition(said: Claim, key: str) -> Proposition:
    return Proposition(
        id=stable_id("topic", key),
        topic="topic",
        key=key,
        party=said.party or "",
        issue=f"issue {said.speaker}",
        act=said.act or "",
        first_claim=said.id,
        last_claim=said.id,
        first_stated=said.said_at,
        last_stated=said.said_at,
        text=said.text,
    )


def position(said: Claim) -> Position:
    return Position(
        id=stable_id("position", said.speaker or ""),
        topic="topic",
        party=said.party or "",
        issue=f"issue {said.speaker}",
        act=said.act or "",
        modality="actual",
        since=said.said_at,
        claim_id=said.id,
        speaker=said.speaker,
        via=(said.outlet,),
        text=said.text,
        last_stated=said.said_at,
    )


def state(n: int) -> FeedState:
    return FeedState(feed_url=FEED, etag=str(n))


def poll(n: int) -> Poll:
    at = START + timedelta(minutes=n)
    return Poll(feed_url=FEED, at=at, outcome=PollOutcome.OK, status=200)


# -- the two ways in -----------------------------------------------------------------------------


def bulk(store: SqliteStore, made: list[Article], words: Words) -> Iterator[Callable[[], None]]:
    for begin in range(0, len(made), 1_000):
        batch = made[begin : begin + 1_000]
        n = int((batch[0].when - START).total_seconds() // 60)
        yield lambda batch=batch, n=n: store.save_poll(poll(n), state(n), batch)  # type: ignore[misc]  # a lambda's defaults


def whole(store: SqliteStore, made: list[Article], words: Words) -> Iterator[Callable[[], None]]:
    for begin in range(0, len(made), 20):
        batch = made[begin : begin + 20]
        n = int((batch[0].when - START).total_seconds() // 60)
        shown = [replace(a, text="", text_hash="", stage=Stage.SCRAPE) for a in batch]
        claims = [[claim(a, k, words) for k in range(3)] for a in batch]
        compared = [comparison(a, c, words) for a, c in zip(batch, claims, strict=True)]

        def keep(
            n: int = n,
            batch: list[Article] = batch,
            shown: list[Article] = shown,
            claims: list[list[Claim]] = claims,
            compared: list[Comparison] = compared,
        ) -> None:
            store.save_poll(poll(n), state(n), shown)
            for one, said, found in zip(batch, claims, compared, strict=True):
                store.save_article(replace(one, stage=Stage.EXTRACT))
                store.save_claims(one, said)
                store.save_comparison(found)

        yield keep


Way = Callable[[SqliteStore, list[Article], Words], Iterator[Callable[[], None]]]


def fill(store: SqliteStore, way: Way, articles: int) -> list[tuple[int, float, float]]:
    """Return for each 5,000 articles: how many were stored before, CPU s and wall s."""
    words, spans = Words(1), []
    for begin in range(0, articles, SPAN):
        made = [article(n, words) for n in range(begin, min(begin + SPAN, articles))]
        cpu = wall = 0.0
        for step in way(store, made, words):
            before = time.process_time(), time.perf_counter()
            step()
            cpu += time.process_time() - before[0]
            wall += time.perf_counter() - before[1]
        spans.append((begin, cpu / len(made), wall / len(made)))
        print(f"{begin:>8} stored: {cpu / len(made) * 1e6:6.0f} us CPU", file=sys.stderr)
    return spans


def cost_at(spans: list[tuple[int, float, float]], stored: int) -> float | None:
    return next((cpu for begin, cpu, _ in spans if begin == stored), None)


def result(store: SqliteStore, spans: list[tuple[int, float, float]]) -> dict[str, object]:
    early, late = cost_at(spans, 10_000), cost_at(spans, 100_000)
    articles = store.counts().articles
    store._database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    return {
        "articles": articles,
        "articles per CPU second": round(1 / statistics.mean(cpu for _, cpu, _ in spans)),
        "articles per second": round(1 / statistics.mean(wall for _, _, wall in spans)),
        "CPU us per article at 10 k": early and round(early * 1e6),
        "CPU us per article at 100 k": late and round(late * 1e6),
        "growth": early and late and round(late / early, 3),
        "bytes per article": store.path.stat().st_size // articles,
    }


# -- questions ------------------------------------------------------------------------------------


def questions(words: Words) -> dict[str, Callable[[], Query]]:
    chance = words.chance
    day = timedelta(days=1)

    def some_time() -> datetime:
        return START + chance.random() * 60 * day

    def rare() -> str:
        return words.words[chance.randrange(2_000, 20_000)]

    def common() -> str:
        return words.words[chance.randrange(20)]

    return {
        "newest": Query,
        "rare word": lambda: Query(text=rare()),
        "common word": lambda: Query(text=common()),
        "two words": lambda: Query(text=f"{common()} {words.words[chance.randrange(300)]}"),
        "phrase": lambda: Query(text=f'"{common()} {common()}"'),
        "speaker": lambda: Query(speaker=chance.choice(SPEAKERS)),
        "speaker and act": lambda: Query(speaker=chance.choice(SPEAKERS), act=chance.choice(ACTS)),
        "word, party, act": lambda: Query(text=common(), party="BB", act=chance.choice(ACTS)),
        "word and speaker": lambda: Query(text=common(), speaker=chance.choice(SPEAKERS)),
        "agency, a week": lambda: Query(agency="Wire", since=(t := some_time()), until=t + 7 * day),
        "nothing": lambda: Query(text="zzzzqqqq", novelty=Novelty.UPDATE),
    }


def timed(ask: Callable[[], object]) -> float:
    before = time.perf_counter()
    ask()
    return time.perf_counter() - before


def of_a_claim(chance: random.Random) -> Question:
    """Return about what compare asks about one claim."""
    issue, party = f"issue {chance.choice(SPEAKERS)}", chance.choice(("AA", "BB", "CC"))
    lines = [Asked(act=act, party=party, limit=40) for act in ACTS]
    track = Track(party=party, issue=issue, acts=ACTS, at=START)
    return Question(said=(*lines, Asked(issue=issue)), tracks=(track,))


def percentiles(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {"median ms": round(cuts[9] * 1e3, 2), "p95 ms": round(cuts[18] * 1e3, 2)}


def ask(store: SqliteStore, rounds: int) -> dict[str, object]:
    asked = {
        kind: [timed(lambda make=make: store.search(make())) for _ in range(rounds)]  # type: ignore[misc]  # a lambda's defaults
        for kind, make in questions(Words(1)).items()
    }
    every = [one for times in asked.values() for one in times]
    chance = random.Random(3)
    ledger = [timed(lambda: store.ledger("topic", of_a_claim(chance))) for _ in range(rounds)]
    return {
        "claims": store.counts().claims,
        "all": percentiles(every),
        **{kind: percentiles(times) for kind, times in asked.items()},
        "(ledger)": percentiles(ledger),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=110_000)
    parser.add_argument("--questions", type=int, default=300, help="of each kind")
    parser.add_argument("--folder", type=Path, help="where the two stores go (default: temporary)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report: dict[str, object] = {}
        for way in (bulk, whole):
            store = SqliteStore(f"sqlite:///{folder}/{way.__name__}.db")
            report[way.__name__] = result(store, fill(store, way, options.articles))
            if way is whole:
                report["search"] = ask(store, options.questions)
            store.close()
    print(json.dumps(report, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
