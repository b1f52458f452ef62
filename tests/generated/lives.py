"""Live a plan through the real `flow`: processes that die and overlap, clocks that step.

A life is one process: a store of its own, a `Monitor` and one or two rounds. `Fate` decides at
which statement to the database, request, work or message it ends or fails; what is dead does
nothing more. Text work is done in this process and remembered: the model reads a text once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from pipeline.channels import Channel
from pipeline.channels.file import FileChannel
from pipeline.client import Client, Response
from pipeline.config import Config
from pipeline.errors import ChannelError, FetchError, StoreError, TrucelineError
from pipeline.flow import Monitor
from pipeline.opening import extract_one
from pipeline.records import Alert, Article, Claim, stable_id
from pipeline.scrape import read_page
from pipeline.stores.sqlite import SqliteStore
from pipeline.workers import Workers
from tests.generated.press import Press


class Killed(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Fate:
    """Counts what a process does and ends it, or lets its store fail, at one point."""

    at: int = -1  # the step; -1 never
    kills: bool = True  # else the store fails once
    steps: int = 0
    dead: bool = False

    def tick(self, *, store: bool = False) -> None:
        """Go on by one step.

        Raises:
            Killed: here, or earlier.
            StoreError: here, if that is the fate and this a statement to the database.
        """
        if self.dead:
            raise Killed
        self.steps += 1
        if self.at < 0 or self.steps < self.at:
            return
        if self.kills:
            self.dead = True
            raise Killed
        if store:
            self.at = -1
            raise StoreError("busy", subject="replay")


# -- what a process works with ------------------------------------------------------------


@dataclass(slots=True)
class Memory:
    """What texts were read as, for all replays."""

    claims: dict[Article, tuple[Claim, ...]] = field(default_factory=dict)
    pages: dict[tuple[bytes, str], Any] = field(default_factory=dict)

    def do(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        """Do what a worker process would."""
        if function is extract_one:
            return self._extracted(*args)
        if function is read_page:
            key = (args[0], args[1])
            if key not in self.pages:
                self.pages[key] = read_page(*args)
            return self.pages[key]
        return function(*args)

    def _extracted(self, article: Article, *rest: Any) -> tuple[Claim, ...]:
        """Extract once for all copies that differ in identity only."""
        same = replace(
            article,
            id="",
            url=None,
            feed_url="",
            summary="",
            version=1,
            first_seen=article.when,
            fingerprint="",
            note="",
            baseline=False,
            told=(),
            origin=None,
        )
        if same not in self.claims:
            self.claims[same] = extract_one(same, *rest)
        return tuple(_given(claim, article) for claim in self.claims[same])


def _given(claim: Claim, article: Article) -> Claim:
    """Return a claim as that of an article: ids are made of article, version and place."""

    def made(claim_id: str) -> str:
        return stable_id("claim", article.id, str(article.version), claim_id)

    return replace(
        claim,
        id=made(claim.id),
        parent=made(claim.parent) if claim.parent else None,
        article_id=article.id,
        version=article.version,
    )


@dataclass(slots=True)
class Hands:
    """In place of worker processes."""

    memory: Memory
    fate: Fate

    async def call_within(self, timeout_s: float, function: Callable[..., Any], args: Any) -> Any:
        """Do the work here; other tasks get their turn before."""
        await asyncio.sleep(0)
        self.fate.tick()
        return self.memory.do(function, args)

    def close(self) -> None:
        """Nothing to end."""


@dataclass(slots=True)
class Wire:
    """In place of the guarded client: asks a press in this process."""

    press: Press
    fate: Fate

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, max_bytes: int = 0
    ) -> Response:
        """Return the press's answer."""
        for _ in range(self.press.moods.chance.randint(0, 3)):
            await asyncio.sleep(0)
        self.fate.tick()
        answer = self.press.answer(url, dict(headers or {}))
        if answer is None:
            raise FetchError("no answer", subject=url, kind="timed out")
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Response(url=url, status=answer.status, headers=named, body=answer.body)


@dataclass(slots=True)
class Receiver:
    """The other side of a channel: takes messages, except while it is down."""

    down: Callable[[], bool]
    got: Counter[str] = field(default_factory=Counter)
    risky: set[str] = field(default_factory=set)  # sent by a process that died on it


@dataclass(slots=True)
class Line:
    """One process's channel to a receiver; or, with `inner`, to a file."""

    name: str
    receiver: Receiver
    fate: Fate
    inner: Channel | None = None

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """Hand the alert over, unless the receiver is down."""
        await asyncio.sleep(0)
        self.fate.tick()
        if self.receiver.down():
            raise ChannelError("not now", subject=self.name, retryable=True)
        self.receiver.got[alert.id] += 1
        self.receiver.risky.add(alert.id)
        if self.inner is not None:
            await self.inner.send(alert, text=text, payload=payload)
        self.fate.tick()


# -- a process ----------------------------------------------------------------------------


@dataclass(slots=True)
class World:
    """All that outlives a process: press, receivers, clock, store file."""

    config: Config
    press: Press
    folder: Path
    memory: Memory
    chance: random.Random
    real: bool = False  # requests go over loopback
    skew: timedelta = timedelta(0)
    deaf: bool = False
    receivers: dict[str, Receiver] = field(default_factory=dict)
    alarms: Counter[str] = field(default_factory=Counter)  # rounds that failed, by first word
    lives: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for name in ("terminal", "file"):
            self.receivers[name] = Receiver(down=self.is_down)

    @property
    def url(self) -> str:
        """The store."""
        return f"sqlite:///{self.folder}/replay.sqlite"

    def clock(self) -> datetime:
        """Return what the machine's clock says."""
        return self.press.now + self.skew

    def is_down(self) -> bool:
        """Say whether the receivers take nothing now; once they are deaf nearly always."""
        return self.deaf and self.chance.random() < 0.8


@contextmanager
def process(world: World, fate: Fate, name: str) -> Iterator[Monitor]:
    """Begin a process; its end leaves nothing but what it has written."""
    store = SqliteStore(world.url, clock=world.clock)
    execute = store._database._execute

    def mortal(sql: str, parameters: Any) -> Any:
        fate.tick(store=True)
        return execute(sql, parameters)

    with ExitStack() as stack:
        stack.callback(store.close)
        store._database._execute = mortal  # type: ignore[method-assign]  # where the process dies
        _hold_apart(store, name)
        monitor = Monitor(world.config, store, clock=world.clock)
        hands = cast("Workers", Hands(world.memory, fate))
        monitor.parsers = monitor.readers = hands
        if not world.real:
            monitor.client = cast("Client", Wire(world.press, fate))
        alerts = FileChannel("file", path=world.folder / "alerts.jsonl")
        monitor.channels = {
            "terminal": Line("terminal", world.receivers["terminal"], fate),
            "file": Line("file", world.receivers["file"], fate, inner=alerts),
        }
        yield monitor


def _hold_apart(store: SqliteStore, process: str) -> None:
    """Let the leases of a process be its own: all of them have one process id here."""
    take, release = store.take_lease, store.release_lease

    def taken(lease: str, holder: str, *when: Any) -> bool:
        return take(lease, holder + process, *when)

    def released(name: str, holder: str) -> None:
        release(name, holder + process)

    store.take_lease = taken  # type: ignore[assignment,method-assign]  # one name for each process
    store.release_lease = released  # type: ignore[method-assign]  # one name for each process


def bury(world: World) -> None:
    """Give back the leases of the dead, as the next process on the machine does."""
    store = SqliteStore(world.url)
    try:
        store._database.run("DELETE FROM leases")
    finally:
        store.close()


async def _rounds(world: World, monitor: Monitor, fate: Fate) -> None:
    """Do a round; one that fails is told and tried again, as `watch` does."""
    if fate.dead:
        return
    try:
        await monitor.run(everything=True)
    except TrucelineError as error:
        world.alarms[error.message.partition(" ")[0]] += 1


def live(world: World, fates: Sequence[Fate], times: Sequence[datetime]) -> list[datetime]:
    """Let a process for each fate do rounds side by side; return the times nobody lived to see."""
    left = list(times)

    async def lives() -> list[BaseException | None]:
        asyncio.get_running_loop().set_exception_handler(_ignore)
        ends: list[BaseException | None] = []
        async with AsyncExitStack() as stack:
            monitors = [
                stack.enter_context(process(world, fate, f"-{n}")) for n, fate in enumerate(fates)
            ]
            for monitor in monitors if world.real else ():
                await stack.enter_async_context(monitor.client)
            while left and not all(fate.dead for fate in fates):
                world.press.now = left[0]
                rounds = (_rounds(world, *pair) for pair in zip(monitors, fates, strict=True))
                ends += await asyncio.gather(*rounds, return_exceptions=True)
                if not all(fate.dead for fate in fates):
                    left.pop(0)
                if any(fate.dead for fate in fates):
                    bury(world)
        return ends

    ends = asyncio.run(lives())
    world.lives["rounds"] += len(times) - len(left)
    for end in ends:
        if isinstance(end, Killed):
            world.lives["kills"] += 1
        elif end is not None:
            raise end
    return left


def _ignore(*_: object) -> None:
    """What a dead process leaves behind in this one is no news."""
