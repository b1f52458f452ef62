"""Live months and the demo's week with everything that can go wrong; compare with a quiet life.

    python -m tests.generated.everything 1000 [FIRST_SEED]

Every replay goes through `flow` from feeds to channels: one in six over loopback HTTP, the
others at the client's boundary. Drawn from the seed: restarts, deaths and failing stores at any
statement, overlapping processes, clock steps, feeds that fail, validators that are missing or
fickle, guids and addresses that change, edits, shuffles, entries that go and come, pages that
fail, deaf channels. Told must be what a quiet life tells, each once, and nothing else.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.config import Config, load_config
from pipeline.deliver import replay
from pipeline.demo.replay import CONFIG, KINDS
from pipeline.demo.script import load_crisis
from pipeline.records import Alert, DeliveryState, Feed, FeedKind, Novelty
from pipeline.stores import Store, open_store
from tests.generated.lives import Fate, Memory, World, bury, live
from tests.generated.plan import Plan, month, week
from tests.generated.press import Moods, Press, is_long, moods_of, quiet
from tests.webserver import Answer, Seen, running

MONTHS = 3  # so many different months are replayed in turn
BASE = "http://127.0.0.1:8931"
STEPS = 900  # a death comes within so many steps of a process
AFTER = (timedelta(hours=2), timedelta(days=1), timedelta(days=2), timedelta(days=3))
HOURS = timedelta(hours=1)

Told = Counter[tuple[str, str, str]]  # rule, story, alert


@dataclass(slots=True)
class Verdict:
    """What a replay got wrong, in words and numbers."""

    seed: int
    plan: str
    lost: Told = field(default_factory=Counter)
    doubled: Told = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lives: Counter[str] = field(default_factory=Counter)

    @property
    def is_right(self) -> bool:
        """Nothing lost, nothing doubled, nothing undelivered."""
        return not (self.lost or self.doubled or self.wrong)


# -- lives ----------------------------------------------------------------------------------


def plan_of(seed: int) -> Plan:
    """Return the plan that a seed replays: every eighth one is a month, the others the week."""
    return week(load_crisis()) if seed % 8 else month(seed // 8 % MONTHS)


def configured(press: Press) -> Config:
    """Return the demo's configuration with the feeds of a plan."""
    plan = press.plan
    feeds = tuple(
        Feed(
            url=press.feed_url(feed),
            outlet=plan.outlets[outlet],
            language="en",
            kind=FeedKind(KINDS.get(outlet, "outlet")),
        )
        for feed, outlet in plan.feeds.items()
    )
    return replace(load_config(CONFIG), feeds=feeds)


def quiet_life(plan: Plan, folder: Path, memory: Memory) -> World:
    """Live a plan undisturbed, a round after every publication; return the world at its end."""
    world = world_of(Press(plan, quiet(), BASE), folder, memory, random.Random(0))
    changes = {state.at for piece in plan.pieces for state in piece.states}
    times = [plan.start, *sorted(at for at in changes if at > plan.start), *_after(plan)]
    live(world, [Fate()], times)
    return world


def disturbed_life(plan: Plan, seed: int, folder: Path, memory: Memory) -> World:
    """Live a plan with everything that can go wrong; return the world at its end."""
    chance = random.Random(seed)
    is_real = seed % 8 == 3 or seed % 24 == 0
    moods = moods_of(plan, chance, https=not is_real)
    if not is_real:
        world = world_of(Press(plan, moods, BASE), folder, memory, chance)
        _disturb(world, chance)
        return world
    with _served(plan, moods) as press:
        world = world_of(press, folder, memory, chance)
        world.real = True
        _disturb(world, chance)
    return world


@contextmanager
def _served(plan: Plan, moods: Moods) -> Iterator[Press]:
    """Serve a press on loopback."""
    with running() as web:
        press = Press(plan, moods, web.url(""))

        def answer(seen: Seen) -> Answer:
            found = press.answer(f"{press.base}{seen.path}", seen.headers)
            return found or Answer(raw=b"HTTP/1.1 2")  # the line breaks

        web.fallback = answer
        yield press


def world_of(press: Press, folder: Path, memory: Memory, chance: random.Random) -> World:
    """Return a world before its first life."""
    return World(configured(press), press, folder, memory, chance)


def _after(plan: Plan) -> list[datetime]:
    return [plan.end + later for later in AFTER]


def _disturb(world: World, chance: random.Random) -> None:
    """Live through a plan in lives of some rounds each, of one or two processes."""
    times = list(_times(world.press.plan, chance))
    dangerous = chance.choice((0.0, 0.1, 0.3))
    while times:
        count = chance.randint(1, 8)
        now, times = times[:count], times[count:]
        world.skew = chance.uniform(-8, 8) * HOURS if chance.random() < 0.1 else timedelta(0)
        if now[0] == world.press.plan.start:
            world.skew = timedelta(0)
        world.deaf = chance.random() < 0.2
        fates = [_fate(chance, dangerous) for _ in range(2 if chance.random() < 0.15 else 1)]
        times = [*live(world, fates, now), *times]
        bury(world)
    world.skew, world.deaf = timedelta(0), False
    with closing(open_store(world.url)) as store:
        replay(store, world.clock())  # what was refused for days is dead until somebody says so
    live(world, [Fate()], _after(world.press.plan))


def _fate(chance: random.Random, dangerous: float) -> Fate:
    if chance.random() >= dangerous:
        return Fate()
    return Fate(at=chance.randrange(STEPS), kills=chance.random() < 0.7)


def _times(plan: Plan, chance: random.Random) -> Iterator[datetime]:
    """Yield when the rounds are: some hours apart, the first when the watch begins."""
    now = plan.start
    most = chance.choice((8, 14, 20) if is_long(plan) else (4, 8, 12))
    while now < plan.end:
        yield now
        now += chance.uniform(most / 2, most) * HOURS
    yield plan.end


# -- verdicts -------------------------------------------------------------------------------


def told(store: Store) -> Told:
    """Return the alerts on statements, edits and words, as they must be in every life."""
    return Counter(_as_told(a) for a in store.alerts(limit=100_000) if a.kind in JUDGED)


JUDGED = ("claim", "keyword")  # silences and troubles of feeds depend on when one looks


def _as_told(alert: Alert) -> tuple[str, str, str]:
    """Return what must be equal: of a keyword alert not whose copy came first."""
    if alert.kind == "keyword":
        return alert.rule, "", ""
    return alert.rule, alert.story, alert.id


def judge(world: World, wanted: Told, verdict: Verdict) -> Verdict:
    """Compare a life with the quiet one, and look at what arrived where."""
    with closing(open_store(world.url)) as store:
        found = told(store)
        verdict.lost = Counter(
            {a: n for a, n in (wanted - found).items() if not _is_told_otherwise(store, a)}
        )
        verdict.doubled = found - wanted
        verdict.wrong += store.check()
        alerts = store.alerts(limit=100_000)
        stories = Counter(a.story for a in alerts if a.kind not in JUDGED)
        verdict.wrong += [f"told twice: {story}" for story, n in stories.items() if n > 1]
        for alert in alerts:
            for row in store.deliveries(alert.id):
                if row.state is not DeliveryState.SENT:
                    verdict.wrong.append(f"{row.state} on {row.channel}: {alert.headline}")
    verdict.wrong += list(_arrivals(world, {alert.id for alert in alerts}))
    verdict.lives = world.lives
    return verdict


def _is_told_otherwise(store: Store, alert: tuple[str, str, str]) -> bool:
    """Say whether a story's news needed no second alert: what confirms it came first.

    Where hearsay comes after the party's own word, that word has opened the story.
    """
    rule, story, _ = alert
    opened = [a for a in store.alerts(rule=rule, limit=100_000) if a.story == story]
    claims = [store.claim(a.claim_id) for a in opened if a.claim_id and a.novelty is Novelty.NEW]
    return len(opened) == 1 and any(claim and not claim.anonymous for claim in claims)


def _arrivals(world: World, expected: set[str]) -> Iterator[str]:
    """Yield what did not arrive, or more often than a death between sending and marking allows."""
    path = world.folder / "alerts.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    if len(lines) != len(set(lines)):
        yield "a line twice in the file"
    if len(lines) < len(expected):
        yield f"{len(expected) - len(lines)} alerts are not in the file"
    failures = world.lives["kills"] + world.alarms.total()
    for name, receiver in world.receivers.items():
        if missing := expected - set(receiver.got):
            yield f"{len(missing)} alerts never reached {name}"
        again = receiver.got.total() - len(receiver.got)
        if again > failures:
            yield f"{again} messages came again on {name} after {failures} failures"


def replays(count: int, first: int = 0, *, memory: Memory | None = None) -> Iterator[Verdict]:
    """Yield the verdict on each replay; `memory` has what texts were read as so far."""
    memory, wanted = memory or Memory(), dict[str, Told]()
    with tempfile.TemporaryDirectory(dir=_fast()) as name:
        for seed in range(first, first + count):
            plan, folder = plan_of(seed), Path(name) / str(seed)
            if plan.name not in wanted:
                calm = Path(name) / plan.name
                calm.mkdir()
                with closing(open_store(quiet_life(plan, calm, memory).url)) as store:
                    wanted[plan.name] = told(store)
            folder.mkdir()
            world = disturbed_life(plan, seed, folder, memory)
            yield judge(world, wanted[plan.name], Verdict(seed, plan.name))
            shutil.rmtree(folder)


def _fast() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


def main() -> None:
    """Run the replays that were asked for, and say what went wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun, lives, lost, doubled, wrong = time.monotonic(), Counter[str](), 0, 0, 0
    for verdict in replays(count, first):
        lives += verdict.lives
        lost, doubled = lost + verdict.lost.total(), doubled + verdict.doubled.total()
        wrong += len(verdict.wrong)
        if not verdict.is_right:
            print(f"seed {verdict.seed} ({verdict.plan}): lost {dict(verdict.lost)}, too many "
                  f"{dict(verdict.doubled)}, {verdict.wrong}", flush=True)  # fmt: skip
    took = time.monotonic() - begun
    print(
        f"{count} replays in {took:.0f} s ({lives['rounds']} rounds, {lives['kills']} deaths): "
        f"{lost} alerts lost, {doubled} too many, {wrong} other faults"
    )


if __name__ == "__main__":
    main()
