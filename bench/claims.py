"""Many claims in a store: bulk rate, disk, and how long "who said what about X" takes.

    python -m bench.claims sqlite:////tmp/bench/1000000.db --claims 1000000
    python -m bench.claims http://127.0.0.1:9200/bench-1000000 --claims 1000000

The claims are those of `bench.traffic`, written through the store's own bulk path (as `truceline
store copy` does) unless they are there from an earlier run. Each question wants the 50 newest
claims that fit, with their articles, decisions and counts of carriers, as `truceline search` shows
them; every question of a kind has other values.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.traffic import (
    A_DAY,
    ACTS,
    AGENCIES,
    OTHER_TOPICS,
    OUTLETS,
    PARTIES,
    PER_ARTICLE,
    SPEAKERS,
    START,
    WORDS,
    Filled,
    filled,
)
from pipeline.records import Novelty, Query
from pipeline.stores import Store, open_store
from pipeline.stores.sqlite.database import path_of

if TYPE_CHECKING:
    from pipeline.stores.elasticsearch import ElasticsearchStore

WARMING = 5


def questions(chance: random.Random, claims: int) -> dict[str, Callable[[], Query]]:
    """Return the kinds of questions; each call of one gives the next question of the kind."""
    day = timedelta(days=1)

    def party() -> str:
        return chance.choice(PARTIES[:12])

    def week() -> Query:
        since = START + chance.random() * (claims / A_DAY) * day
        return Query(since=since, until=since + 7 * day)

    def speaker() -> str:
        return f"Speaker {party()}{chance.randrange(SPEAKERS)}"

    def common() -> str:
        return chance.choice(WORDS[:30])

    def rare() -> str:
        return chance.choice(WORDS[2_000:])

    return {
        "newest": Query,
        "speaker": lambda: Query(speaker=speaker()),
        "party": lambda: Query(party=party()),
        "act": lambda: Query(act=chance.choice(ACTS)),
        "without a name": lambda: Query(anonymous=True, party=party()),
        "agency": lambda: Query(agency=chance.choice(AGENCIES)),
        "outlet": lambda: Query(outlet=f"Outlet {chance.randrange(OUTLETS)}"),
        "topic": lambda: Query(topic=chance.choice(OTHER_TOPICS)),
        "a week": week,
        "new in a week": lambda: _within(week(), novelty=Novelty.NEW),
        "party, act, agency": lambda: Query(
            party=party(), act=chance.choice(ACTS), agency=chance.choice(AGENCIES)
        ),
        "common word": lambda: Query(text=common()),
        "rare word": lambda: Query(text=rare()),
        "two words": lambda: Query(text=f"{common()} {chance.choice(WORDS[:300])}"),
        "phrase": lambda: Query(text=f'"{common()} {common()}"'),
        "word and speaker": lambda: Query(text=common(), speaker=speaker()),
        "word, party, a week": lambda: _within(week(), text=common(), party=party()),
        "nothing": lambda: Query(text="zzzzqqqq", novelty=Novelty.UPDATE),
    }


def _within(week: Query, **asked: object) -> Query:
    return Query(since=week.since, until=week.until, **asked)  # type: ignore[arg-type]  # fields by name


def ask(store: Store, claims: int, rounds: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield for each kind of question, and for all, median and 95th percentile in ms."""
    every: list[float] = []
    for kind, make in questions(random.Random(2), claims).items():
        spent, found = [], 0
        for turn in range(WARMING + rounds):
            query = make()
            began = time.perf_counter()
            answers = store.search(query)
            if turn >= WARMING:
                spent.append(time.perf_counter() - began)
                found += len(answers)
        every += spent
        yield kind, _percentiles(spent) | {"answers": round(found / rounds, 1)}
    yield "all", _percentiles(every)


def _percentiles(spent: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(spent, n=20)
    return {"p50 ms": round(cuts[9] * 1e3, 1), "p95 ms": round(cuts[18] * 1e3, 1)}


def disk(store: Store, claims: int) -> dict[str, int]:
    """Return the bytes on disk for one claim, with all that belongs to it, and of what."""
    if store.url.startswith("sqlite:"):
        return {"all": path_of(store.url).stat().st_size // claims}
    sizes = {index: size // claims for index, size in _sizes(store)}  # type: ignore[arg-type]  # the other kind of store
    return {"all": sum(sizes.values())} | sizes


def _sizes(store: ElasticsearchStore) -> Iterator[tuple[str, int]]:
    """Yield the size of each index that is not next to nothing."""
    prefix = store._cluster.prefix
    answer = store._cluster.ask(lambda c: c.indices.stats(index=f"{prefix}-*", metric="store"))
    for name, about in answer["indices"].items():
        size = about["primaries"]["store"]["size_in_bytes"]
        if size > 1_000_000:
            yield name.removeprefix(f"{prefix}-"), size


def report(store: Store, held: Filled, rounds: int) -> dict[str, object]:
    """Return all figures."""
    return {
        "claims": f"{held.claims:,}",
        "articles": f"{held.claims // PER_ARTICLE:,}",
        "claims with their articles, a second": round(held.claims / held.seconds),
        "bytes a claim": disk(store, held.claims),
        "questions": dict(ask(store, held.claims, rounds)) if rounds else {},
    }


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="of the store: sqlite:///... or http://host:port/prefix")
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100, help="of each kind")
    options = parser.parse_args()
    with closing(open_store(options.url)) as store:
        held = filled(store, options.claims)
        print(json.dumps(report(store, held, options.questions), indent=2))


if __name__ == "__main__":
    main()
