"""What comparing one article costs in a store of 1,000 claims and in one of 1,000,000.

    python -m bench.compare [--small 1000] [--big 1000000] [--articles 200] [--place FOLDER]
    python -m bench.compare --place http://127.0.0.1:9200 --big 1000000

Two stores hold the beginning and the whole of one made-up traffic (see `bench.traffic`): as many
claims come a day in both, so the big one holds two years and the small one the last day. Both then
compare the same new articles of 5 claims, in turn, so that other work on the machine hits both
alike. The figure is the median time of an article in the big store over that in the small one: CPU
time of this process for SQLite, time on the clock for a cluster. Stores that are there from an
earlier run are used again; each run brings new articles.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bench.traffic import A_DAY, Filled, articles, filled
from pipeline.alert import RuleIndex
from pipeline.comparing import Comparer
from pipeline.config import Config, load_config
from pipeline.records import Article, Claim, Rule
from pipeline.stores import Store, open_store
from pipeline.stores.parts import KeptArticle, KeptClaim

WARMING = 50  # articles, not counted: a watch that runs has lately read much of what it asks for
Clock = Callable[[], float]


def arrive(store: Store, article: Article, claims: list[Claim], at: datetime) -> None:
    """Bring an article as far as compare, at a time right after what the store holds."""
    store.add_parts([KeptArticle(article=article, seen_at=at, claims=tuple(c.id for c in claims))])
    store.add_parts(
        [
            KeptClaim(claim=c, article_id=article.id, place=k, current=True)
            for k, c in enumerate(claims)
        ]
    )


def moved(article: Article, claims: list[Claim], by: timedelta) -> tuple[Article, list[Claim]]:
    """Return an article earlier, as if it came right after a smaller store's claims."""
    when = article.when - by
    return (
        replace(article, published=when, first_seen=when),
        [replace(claim, said_at=claim.said_at - by) for claim in claims],
    )


def measure(
    stores: dict[int, Store], config: Config, first: int, count: int, clock: Clock
) -> dict[int, list[float]]:
    """Compare the same articles in every store, in turn; return seconds of each."""
    big = max(stores)
    spent: dict[int, list[float]] = {size: [] for size in stores}
    for article, claims in articles(first, first + count):
        for size, store in stores.items():
            earlier = timedelta(days=(big - size) / A_DAY)
            here, said = moved(article, claims, earlier)
            arrive(store, here, said, here.when)
            comparer = Comparer(config, store, lambda when=here.when: when, RuleIndex(config.rules))  # type: ignore[misc]  # bound for this turn
            began = clock()
            comparer.compare(here)
            spent[size].append(clock() - began)
    return spent


def run(places: dict[int, str], count: int) -> dict[str, object]:
    """Fill a store of each size unless it is, compare in all, and return the figures."""
    config = replace(load_config(Path("config")), rules=(Rule(name="all"),), positions=())
    cluster = not min(places.values()).startswith("sqlite:")
    with ExitStack() as opened:
        stores = {
            size: opened.enter_context(closing(open_store(url))) for size, url in places.items()
        }
        held = {size: filled(store, size) for size, store in stores.items()}
        first = max(one.next for one in held.values())
        clock = time.perf_counter if cluster else time.process_time
        spent = measure(stores, config, first, WARMING + count, clock)
        for size, store in stores.items():
            replace(held[size], next=first + WARMING + count).keep(store)
    return figures(held, {size: times[WARMING:] for size, times in spent.items()})


def figures(held: dict[int, Filled], spent: dict[int, list[float]]) -> dict[str, object]:
    """Return what was measured, in numbers that can be printed."""
    medians = {size: statistics.median(times) for size, times in spent.items()}
    means = {size: statistics.mean(times) for size, times in spent.items()}
    least, most = min(spent), max(spent)
    return {
        "propositions": {f"{size:,}": one.propositions for size, one in held.items()},
        "open pairs": {f"{size:,}": one.open_pairs for size, one in held.items()},
        "median ms": {f"{size:,}": round(one * 1e3, 2) for size, one in medians.items()},
        "mean ms": {f"{size:,}": round(one * 1e3, 2) for size, one in means.items()},
        "ratio of medians": round(medians[most] / medians[least], 3),
        "ratio of means": round(means[most] / means[least], 3),
    }


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--big", type=int, default=1_000_000)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--place", help="a folder, or a cluster's URL; stays (default: temporary)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = (options.place or folder).rstrip("/")
        cluster = place.startswith("http")
        urls = {
            size: f"{place}/bench-{size}"
            if cluster
            else f"sqlite:///{Path(place).resolve()}/{size}.db"
            for size in (options.small, options.big)
        }
        print(json.dumps(run(urls, options.articles), indent=2))


if __name__ == "__main__":
    main()
