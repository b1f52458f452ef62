"""Worker processes that can be stopped: whatever a document does to one, the pool goes on."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ChannelError, FetchError, ParseError, TrucelineError, WorkerError
from pipeline.workers import Workers

ROOT = Path(__file__).parents[1]


# -- what the workers are given: top-level functions, as a worker imports this module ------------


def double(number: int) -> int:
    return 2 * number


def own_pid() -> int:
    return os.getpid()


def spin() -> None:
    while True:
        pass


def spin_in_c() -> None:
    re.match(r"(a+)+$", "a" * 64 + "b")


def eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))


def leave(code: int) -> None:
    os._exit(code)


def crash() -> None:
    ctypes.string_at(0)


def quit_quietly() -> None:
    raise SystemExit(3)


def fail(words: str) -> None:
    raise ValueError(words)


class Unbuildable(Exception):
    """Pickles, but cannot be built again: its constructor wants more than its args."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def fail_unbuildably() -> None:
    raise Unbuildable("no", "way")


class Unbuildably(ParseError):
    """The same among our own."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def fail_unbuildably_as_ours() -> None:
    raise Unbuildably("no", "way")


def give_unpicklable() -> Callable[[], None]:
    return lambda: None


def fail_as_ours(kind: str) -> None:
    raise {
        "fetch": FetchError("no answer", subject="https://one.test/", kind="timed out"),
        "parse": ParseError("no feed", subject="https://two.test/"),
        "channel": ChannelError("no post", subject="pager", retryable=False),
    }[kind]


def print_noise() -> None:
    print("noise")
    os.write(2, b"noise")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    with Workers(1, memory_mb=400) as pool:
        yield pool


async def failure(workers: Workers, function: Callable[..., Any], *args: Any) -> TrucelineError:
    """Return what a call ends with, sure that it ends, and that the pool works again at once."""
    with pytest.raises(TrucelineError) as caught:
        async with asyncio.timeout(15):
            await workers.call_within(0.5 if function in (spin, spin_in_c) else 10, function, args)
    async with asyncio.timeout(5):
        assert await workers.call(double, 21) == 42
    return caught.value


# -- calls ------------------------------------------------------------------------------------


async def test_a_call_gives_the_function_s_result(workers: Workers) -> None:
    assert await workers.call(double, number=4) == 8
    assert await workers.call_within(5, double, (4,)) == 8


async def test_workers_start_when_needed_and_stay(workers: Workers) -> None:
    assert workers._idle == []
    assert await workers.call(own_pid) == await workers.call(own_pid) != os.getpid()


async def test_calls_wait_for_a_free_worker() -> None:
    with Workers(2) as pool:
        results = await asyncio.gather(*(pool.call(double, n) for n in range(40)))
        pids = await asyncio.gather(*(pool.call(own_pid) for _ in range(10)))
    assert results == [2 * n for n in range(40)]
    assert len(set(pids)) <= 2


@pytest.mark.parametrize("endless", [spin, spin_in_c])
async def test_what_loops_for_ever_is_stopped_in_time(
    workers: Workers, endless: Callable[[], None]
) -> None:
    await workers.call(double, 1)
    started = time.monotonic()
    error = await failure(workers, endless)
    assert time.monotonic() - started < 2.5
    assert (type(error), error.message) == (WorkerError, "stopped after 0.5 s")


async def test_what_eats_memory_ends_with_an_error(workers: Workers) -> None:
    error = await failure(workers, eat)
    assert (type(error), error.message) == (WorkerError, "out of memory")


@pytest.mark.parametrize(
    ("deadly", "args", "message"),
    [
        (leave, (3,), "the worker died: exit code 3"),
        (leave, (0,), "the worker died: exit code 0"),
        (crash, (), "the worker died: SIGSEGV"),
    ],
)
async def test_what_kills_its_process_ends_with_an_error(
    workers: Workers, deadly: Callable[..., None], args: tuple[int, ...], message: str
) -> None:
    error = await failure(workers, deadly, *args)
    assert (type(error), error.message) == (WorkerError, message)
    assert error.retryable


async def test_a_death_disturbs_no_other_worker() -> None:
    with Workers(2) as pool:
        calls = [pool.call(leave, 1) if n % 3 == 0 else pool.call(double, n) for n in range(12)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    for n, result in enumerate(results):
        assert isinstance(result, WorkerError) if n % 3 == 0 else result == 2 * n


async def test_a_worker_killed_while_it_waits_is_replaced(workers: Workers) -> None:
    pid = await workers.call(own_pid)
    os.kill(pid, signal.SIGKILL)
    workers._idle[0]._process.wait()
    assert await workers.call(double, 21) == 42


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("fetch", (FetchError, "no answer", "https://one.test/", True)),
        ("parse", (ParseError, "no feed", "https://two.test/", False)),
        ("channel", (ChannelError, "no post", "pager", False)),
    ],
)
async def test_our_own_errors_come_through_whole(
    workers: Workers, kind: str, expected: tuple[type, str, str, bool]
) -> None:
    error = await failure(workers, fail_as_ours, kind)
    assert (type(error), error.message, error.subject, error.retryable) == expected
    assert str(error) == f"{error.subject}: {error.message}"
    if isinstance(error, FetchError):
        assert error.kind == "timed out"


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        (fail, ("first line\nsecond line",), "ValueError: first line"),
        (fail, ("",), "ValueError"),
        (fail, ("x" * 5000,), "ValueError: " + "x" * 200),
        (quit_quietly, (), "SystemExit: 3"),
        (fail_unbuildably, (), "Unbuildable: noway"),
    ],
)
async def test_any_other_error_becomes_one_line(
    workers: Workers, function: Callable[..., None], args: tuple[str, ...], message: str
) -> None:
    error = await failure(workers, function, *args)
    assert (type(error), error.message) == (WorkerError, message)


@pytest.mark.parametrize("function", [give_unpicklable, fail_unbuildably_as_ours])
async def test_what_cannot_travel_is_an_error_not_the_end(
    workers: Workers, function: Callable[..., Any]
) -> None:
    assert isinstance(await failure(workers, function), WorkerError)


async def test_what_a_library_prints_reaches_nobody(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    await workers.call(print_noise)
    assert capfd.readouterr() == ("", "")


# -- ends ---------------------------------------------------------------------------------------


async def test_a_cancelled_call_frees_its_worker(workers: Workers) -> None:
    await workers.call(double, 1)
    call = asyncio.create_task(workers.call_within(60, spin))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(5):
        assert await workers.call(double, 21) == 42


async def test_a_call_cancelled_while_it_waits_never_begins(workers: Workers) -> None:
    first = asyncio.create_task(workers.call_within(60, spin))
    second = asyncio.create_task(workers.call_within(60, spin))
    await asyncio.sleep(0.05)
    second.cancel()
    first.cancel()
    await asyncio.wait([first, second], timeout=5)
    assert first.cancelled()
    assert second.cancelled()
    async with asyncio.timeout(5):
        assert await workers.call(double, 21) == 42


@pytest.mark.parametrize("endless", [spin, spin_in_c])
async def test_closing_is_quick_even_when_workers_are_stuck(endless: Callable[[], None]) -> None:
    pool = Workers(2)
    await pool.call(double, 1)
    calls = [asyncio.create_task(pool.call_within(60, endless)) for _ in range(4)]
    await asyncio.sleep(0.2)
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 2
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [WorkerError] * 4


async def test_a_closed_pool_leaves_no_process_and_can_be_used_again() -> None:
    pool = Workers(1)
    pid = await pool.call(own_pid)
    pool.close()
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await pool.call(double, 21) == 42
    pool.close()


def test_a_pool_outlives_an_event_loop() -> None:
    with Workers(1) as pool:
        assert [asyncio.run(pool.call(double, n)) for n in range(3)] == [0, 2, 4]


SCRIPT = """
import asyncio, sys
sys.path.insert(0, {root!r})
from pipeline.workers import Workers
from tests import test_workers as work
async def main():
    with Workers(2) as workers:
        print(await workers.call(work.own_pid), await workers.call(work.double, 21), flush=True)
        await asyncio.gather(*(workers.call_within(60, work.{function}) for _ in range(2)))
asyncio.run(main())  # no `if __name__ == "__main__"`: a worker does not import this again
"""


def script(function: str) -> subprocess.Popen[str]:
    code = SCRIPT.format(root=str(ROOT), function=function)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task")
    return {int(child) for task in tasks.iterdir()
            for child in (task / "children").read_text().split()}  # fmt: skip


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # an orphan's corpse is its new parent's to bury


def until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("function", ["spin", "spin_in_c"])
def test_workers_die_with_a_parent_that_is_killed(function: str) -> None:
    with script(function) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().split()[1] == "42"
        assert until(lambda: len(children(parent.pid)) == 2)
        orphans = children(parent.pid)
        parent.kill()
        parent.wait()
        assert until(lambda: not any(map(is_running, orphans)))


def test_an_interrupt_ends_the_parent_and_its_workers_at_once() -> None:
    with script("spin") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        assert until(lambda: len(children(parent.pid)) == 2)
        workers = children(parent.pid)
        started = time.monotonic()
        parent.send_signal(signal.SIGINT)
        assert parent.wait(10) != 0
        assert time.monotonic() - started < 3
        assert not any(map(is_running, workers))
