"""Live generated months over and over, disturbed at random, and compare with the undisturbed one.

    python -m tests.generated.replays 1000 [FIRST_SEED]

A replay cuts the days into rounds at random, hands a round's articles over in any order, delivers
articles again, edits titles, and opens the store anew. The alerts must be the same: none lost,
none more.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.alert import RuleIndex
from pipeline.comparing import Comparer
from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.records import FeedState, Poll, PollOutcome, Stage
from pipeline.stores import Store, open_store
from tests.generated.month import Dispatch, Month, edited, month

Round = tuple[datetime, list[Dispatch]]
Told = Counter[tuple[str, str, str]]  # rule, story, alert
MONTHS = 5  # so many different months are replayed in turn


def quiet_rounds(made: Month) -> list[Round]:
    """Return the month undisturbed: a round after every article."""
    return [(d.article.when, [d]) for d in made.dispatches]


def disturbed_rounds(made: Month, chance: random.Random) -> list[Round]:
    """Return the month in rounds of a few hours, in any order, with repeats and edits."""
    rounds: list[Round] = []
    waiting: list[Dispatch] = []
    seen: list[Dispatch] = []
    hours = timedelta(hours=chance.choice((1, 2, 4)))
    end = made.dispatches[0].article.when + hours
    for dispatch in made.dispatches:
        while dispatch.article.when > end:
            if waiting:
                rounds.append((end, _disturbed(waiting, seen, chance)))
                seen, waiting = seen + waiting, []
            end += hours
        waiting.append(dispatch)
    return [*rounds, (end, _disturbed(waiting, seen, chance))]


def _disturbed(
    fresh: list[Dispatch], seen: list[Dispatch], chance: random.Random
) -> list[Dispatch]:
    again = chance.sample(seen, min(len(seen), chance.randint(0, 3)))
    changed = [edited(d) for d in chance.sample(seen, min(len(seen), chance.randint(0, 2)))]
    mixed = [*fresh, *again, *changed]
    chance.shuffle(mixed)
    return mixed


def live(config: Config, url: str, rounds: list[Round], *, restarts: random.Random | None) -> None:
    """Live rounds in the store at `url`, opening it anew before some of them."""
    store = open_store(url)
    try:
        for now, dispatches in rounds:
            if restarts is not None and restarts.random() < 0.05:
                store.close()
                store = open_store(url)
            _live_round(config, store, now, dispatches)
    finally:
        store.close()


def _live_round(config: Config, store: Store, now: datetime, dispatches: list[Dispatch]) -> None:
    comparer = Comparer(config, store, lambda: now, RuleIndex(config.rules))
    claims = {d.article.id: d for d in dispatches}
    for d in dispatches:
        poll = Poll(feed_url=d.article.feed_url, at=now, outcome=PollOutcome.OK, new=1)
        shown = replace(d.article, text="", text_hash="", text_from=None, stage=Stage.SCRAPE)
        store.save_poll(poll, FeedState(feed_url=d.article.feed_url), (shown,))
    for waiting in store.pending(Stage.SCRAPE, 1000):
        d = claims[waiting.id]
        read = replace(
            waiting, text=d.article.text, text_hash=d.article.text_hash,
            text_from=d.article.text_from, stage=Stage.EXTRACT, credit=d.article.credit,
        )  # fmt: skip
        store.save_article(read)
        store.save_claims(replace(read, stage=Stage.COMPARE), d.claims)
    for waiting in store.pending(Stage.COMPARE, 1000):
        comparer.compare(waiting)


def stories(url: str) -> Told:
    """Return how many alerts there are of each rule, story and kind of news."""
    with closing(open_store(url)) as store:
        return Counter((a.rule, a.story, a.id) for a in store.alerts(limit=100_000))


def replays(count: int, first: int = 0) -> Iterator[tuple[int, Told, Told]]:
    """Yield for each replay its seed, the alerts lost and those too many."""
    config = load_config(CONFIG)
    expected: dict[int, Told] = {}
    with tempfile.TemporaryDirectory(dir=_fast()) as folder:
        for seed in range(first, first + count):
            made = month(seed % MONTHS)
            if seed % MONTHS not in expected:
                url = f"sqlite:///{folder}/quiet{seed}.sqlite"
                live(config, url, quiet_rounds(made), restarts=None)
                expected[seed % MONTHS] = stories(url)
            chance = random.Random(seed)
            url = f"sqlite:///{folder}/replay{seed}.sqlite"
            live(config, url, disturbed_rounds(made, chance), restarts=chance)
            found = stories(url)
            wanted = expected[seed % MONTHS]
            yield seed, wanted - found, found - wanted
            for file in Path(folder).glob(f"replay{seed}.sqlite*"):
                file.unlink()


def _fast() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


def main() -> None:
    """Run the replays that were asked for, and say what went wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun, lost, doubled = time.monotonic(), 0, 0
    for seed, missing, extra in replays(count, first):
        lost, doubled = lost + missing.total(), doubled + extra.total()
        if missing or extra:
            print(f"seed {seed}: {missing.total()} lost, {extra.total()} too many", flush=True)
    took = time.monotonic() - begun
    print(f"{count} replays in {took:.0f} s: {lost} alerts lost, {doubled} too many")


if __name__ == "__main__":
    main()
