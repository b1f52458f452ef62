"""Many claims in a cluster: bulk rate, disk, and how long "who said what about X" takes.

    python -m bench.cluster http://127.0.0.1:9200 --claims 1000000

The claims are made up: 5 to an article, 40 speakers, 28 acts, words drawn by rank. They are written
through the store's own bulk path (as `truceline store copy` does) and removed at the end.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.records import (
    Article,
    Claim,
    Decision,
    Hop,
    HopKind,
    Novelty,
    Query,
    Stage,
    stable_id,
)
from pipeline.stores.elasticsearch import ElasticsearchStore, schema
from pipeline.stores.parts import KeptArticle, KeptClaim
from tests.elasticsearch_node import remove
from tests.factories import article, claim

START = datetime(2024, 1, 1, tzinfo=UTC)
PER_ARTICLE, BATCH, ASKED = 5, 1_000, 200
WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "ndrstl"]
TOPICS = ("north", "south", "east")


def told(chance: random.Random, number: int) -> Claim:
    """Return a made-up claim."""
    speaker = f"Speaker {min(int(chance.expovariate(0.1)), 39)}"
    parent = f"a{number // PER_ARTICLE:012d}"
    return replace(
        claim(),
        id=stable_id("bench", str(number)),
        article_id=parent,
        said_at=START + timedelta(seconds=number // PER_ARTICLE * 30),
        outlet=f"Outlet {chance.randrange(160)}",
        text=" ".join(chance.choices(WORDS, weights=WEIGHTS, k=18)),
        speaker=speaker,
        countries=(f"X{int(speaker.split()[1]) % 12}",),
        act=f"ACT_{chance.randrange(28)}",
        chain=(
            Hop(name="Outlet", kind=HopKind.OUTLET),
            Hop(name=f"Wire {chance.randrange(8)}", kind=HopKind.AGENCY),
            Hop(name=speaker, kind=HopKind.PERSON),
        ),
        topics=(chance.choice(TOPICS),),
    )


WEIGHTS = [1 / (rank + 1) for rank in range(len(WORDS))]


def pair(chance: random.Random, number: int) -> tuple[KeptArticle, list[KeptClaim]]:
    """Return an article with its claims."""
    said = [told(chance, number * PER_ARTICLE + place) for place in range(PER_ARTICLE)]
    text = "\n".join(one.text for one in said) * 4
    parent: Article = replace(
        article(), id=said[0].article_id, text=text, stage=Stage.DONE, outlet=said[0].outlet,
        published=said[0].said_at, first_seen=said[0].said_at,
        title=" ".join(chance.choices(WORDS, weights=WEIGHTS, k=8)),
    )  # fmt: skip
    kept = KeptArticle(
        article=parent, seen_at=parent.first_seen, claims=tuple(one.id for one in said)
    )
    decided = [
        Decision(
            claim_id=one.id, topic=one.topics[0], novelty=Novelty.REPEAT, reason="restatement",
            key=f"{one.party} | {one.act} | {chance.randrange(50)}",
        )
        for one in said
    ]  # fmt: skip
    return kept, [
        KeptClaim(claim=one, article_id=parent.id, place=place, current=True, decisions=(by,))
        for place, (one, by) in enumerate(zip(said, decided, strict=True))
    ]


def load(store: ElasticsearchStore, claims: int) -> None:
    """Write the claims and say how fast the cluster took them."""
    chance, spent = random.Random(1), 0.0
    articles = claims // PER_ARTICLE
    for first in range(0, articles, BATCH // PER_ARTICLE):
        made = [pair(chance, n) for n in range(first, min(first + BATCH // PER_ARTICLE, articles))]
        began = time.perf_counter()
        store.add_parts([one for one, _ in made])
        store.add_parts([one for _, several in made for one in several])
        spent += time.perf_counter() - began
    print(f"{claims:,} claims with {articles:,} articles: {claims / spent:,.0f} claims/s")


def ask(store: ElasticsearchStore) -> None:
    """Ask questions of every shape and say how long they took."""
    chance = random.Random(2)
    shapes: dict[str, Callable[[], Query]] = {
        "words": lambda: Query(text=chance.choice(WORDS)),
        "speaker and words": lambda: Query(
            text=chance.choice(WORDS), speaker=f"Speaker {chance.randrange(10)}"
        ),
        "party, act, topic": lambda: Query(
            party=f"X{chance.randrange(12)}", act=f"ACT_{chance.randrange(28)}", topic="north"
        ),
        "agency since": lambda: Query(agency="Wire 1", since=START + timedelta(days=1)),
    }
    store.search(Query())
    for name, shape in shapes.items():
        times = []
        for _ in range(ASKED):
            query = shape()
            began = time.perf_counter()
            store.search(query)
            times.append(time.perf_counter() - began)
        cuts = statistics.quantiles(times, n=20)
        print(f"{name:20} p50 {cuts[9] * 1e3:6.1f} ms  p95 {cuts[18] * 1e3:6.1f} ms")


def disk(store: ElasticsearchStore, claims: int) -> None:
    """Say how much disk the indices take."""
    answer = store._cluster.ask(lambda c: c.indices.stats(index="bench-*", metric="store"))
    there = schema.indices(store._cluster)
    for index in ("claims", "articles"):
        size = answer["indices"][there[index].name]["primaries"]["store"]["size_in_bytes"]
        print(f"{index}: {size / 1e6:,.0f} MB, {size / claims:,.0f} bytes a claim")


def main() -> None:
    """Load, measure, ask, remove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--claims", type=int, default=100_000)
    options = parser.parse_args()
    url = f"{options.url.rstrip('/')}/bench"
    remove(url)
    with closing(ElasticsearchStore(url)) as store:
        load(store, options.claims)
        ask(store)
        disk(store, options.claims)
    remove(url)


if __name__ == "__main__":
    main()
