"""Killable worker processes for everything that reads hostile input with other people's code.

A thread cannot be stopped and `asyncio.wait_for` only stops waiting: feedparser and
trafilatura have inputs of a few megabytes that take minutes. So parsing, scraping and
extraction run in processes that are ended when a document overruns its time or memory.

Each worker has a pipe of its own and no lock in common with the others: one that is killed at
any moment, by us or by the system, takes nothing with it. A worker dies with its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from typing import Any, ParamSpec, TypeVar

from pipeline.errors import TrucelineError, WorkerError

P = ParamSpec("P")
T = TypeVar("T")

MEMORY_MB = 1024  # of address space; see `work.worker_mb` in the settings
TIMEOUT_S = 10.0
START_S = 30.0  # for an interpreter to come up on a crowded machine
CALLS = 1_000  # then a worker is replaced: parsers keep caches, and some leak

# What a worker answers.
RESULT, OURS, FAILED, MEMORY = range(4)


class Workers:
    """A pool of worker processes; a context manager. Usable from any event loop or thread.

    `memory_mb` bounds each worker's address space. Workers start when first needed, again
    after `close` too.
    """

    def __init__(self, processes: int = 1, *, memory_mb: int = MEMORY_MB) -> None:
        self._processes = processes
        self._memory = memory_mb
        self._threads: ThreadPoolExecutor | None = None
        self._idle: list[_Worker] = []
        self._jobs: set[_Job] = set()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers at once, whatever they do; calls under way raise `WorkerError`."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        for job in tuple(self._jobs):
            job.stop()
        threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in a worker within `TIMEOUT_S` seconds. See `call_within`."""
        return await self.call_within(TIMEOUT_S, function, args, kwargs)

    async def call_within(
        self,
        timeout_s: float,
        function: Callable[..., T],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> T:
        """Run a top-level `function` of an importable module in a worker; return its result.

        Arguments and result are pickled. The time counts from when the worker has the work.

        Raises:
            WorkerError: it took longer than `timeout_s`, ran out of memory, died, or raised
                something that is not ours.
            TrucelineError: whatever of ours `function` raised.
        """
        work = pickle.dumps((function, tuple(args), dict(kwargs or {}), timeout_s))
        job = _Job(work, timeout_s)
        self._jobs.add(job)
        future: Future[T] = self._pool().submit(self._do, job)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            job.stop()
            if future.cancelled() and not _is_cancelled():
                raise WorkerError("the workers were closed") from None
            raise
        finally:
            self._jobs.discard(job)

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._processes, thread_name_prefix="worker")
        return self._threads

    def _do(self, job: _Job) -> Any:
        """Do one job; runs in a thread that waits for the worker."""
        worker, usable = self._living() or _Worker(self._memory), False
        try:
            kind, value = job.run_on(worker)
            usable = kind != MEMORY and worker.calls < CALLS
        finally:
            if usable:
                self._idle.append(worker)
            else:
                worker.end()
        if kind == RESULT:
            return value
        raise value if kind == OURS else WorkerError(value)

    def _living(self) -> _Worker | None:
        """Take an idle worker; one that the system killed meanwhile is no document's fault."""
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                return None
            if worker.lives():
                return worker
            worker.end()


class _Job:
    """One call on its way; `stop` may come from another thread at any moment."""

    def __init__(self, work: bytes, timeout_s: float) -> None:
        self._work = work
        self._timeout = timeout_s
        self._stopped = False
        self._worker: _Worker | None = None

    def run_on(self, worker: _Worker) -> tuple[int, Any]:
        self._worker = worker  # before the question: either `stop` sees it, or we see `stop`
        try:
            if self._stopped:
                raise WorkerError("stopped before it began")
            return worker.answer(self._work, self._timeout)
        finally:
            self._worker = None

    def stop(self) -> None:
        self._stopped = True
        worker = self._worker
        if worker is not None:
            worker.kill()


class _Worker:
    """One process and our end of its pipe. It belongs to one thread at a time."""

    def __init__(self, memory_mb: int) -> None:
        self.calls = 0
        self._pipe, theirs = Pipe()
        # Not `multiprocessing`: that would import the caller's main module once more.
        command = [sys.executable, "-c", BOOT, repr(sys.path)]
        numbers = (theirs.fileno(), memory_mb, os.getpid())
        self._process = subprocess.Popen(  # noqa: S603 # our own interpreter and code
            [*command, *map(str, numbers)],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what a library prints is no output of ours
            start_new_session=True,  # Ctrl-C at the terminal is the parent's business
        )
        theirs.close()

    def answer(self, work: bytes, timeout_s: float) -> tuple[int, Any]:
        """Return what the worker makes of `work`.

        Raises:
            WorkerError: it gave no answer.
        """
        try:
            if not self.calls:
                self._receive(START_S, "not started")
            self.calls += 1
            self._pipe.send_bytes(work)
            return _loaded(self._receive(timeout_s, "stopped"))
        except (EOFError, OSError):
            raise WorkerError(self._obituary()) from None

    def _receive(self, timeout_s: float, otherwise: str) -> bytes:
        if not self._pipe.poll(timeout_s):
            raise WorkerError(f"{otherwise} after {timeout_s:g} s")
        return self._pipe.recv_bytes()

    def lives(self) -> bool:
        """Say whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the process; whoever waits for its answer learns it from the pipe."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _obituary(self) -> str:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "the worker closed its pipe"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the worker died: {how}"


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _loaded(answer: bytes) -> tuple[int, Any]:
    """Unpickle an answer; an exception class that cannot be rebuilt must not stop the pool."""
    try:
        kind, value = pickle.loads(answer)  # noqa: S301 # from our own process
    except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError) as error:
        return FAILED, f"unreadable answer: {_reason(error)}"
    return kind, value


# -- in the worker --------------------------------------------------------------------------

BOOT = """
import ast, sys
sys.path[:] = ast.literal_eval(sys.argv[1])
from pipeline.workers import serve
serve(*map(int, sys.argv[2:]))
"""


def serve(pipe: int, memory_mb: int, parent: int) -> None:
    """Answer calls from the file descriptor `pipe` until it closes. The main of a worker."""
    _die_with(parent)
    _limit(memory_mb)
    connection = Connection(pipe)
    with contextlib.suppress(EOFError, OSError):  # the parent went away
        connection.send_bytes(b"ready")
        _silence()
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(work: bytes) -> bytes:
    try:
        function, args, kwargs, timeout_s = pickle.loads(work)  # noqa: S301 # from our parent
        _limit_cpu(timeout_s)
        return pickle.dumps((RESULT, function(*args, **kwargs)))
    except TrucelineError as error:
        return pickle.dumps((OURS, error))
    except MemoryError:
        return pickle.dumps((MEMORY, "out of memory"))
    except BaseException as error:  # noqa: BLE001,RUF100 # parsers raise anything, SystemExit too
        return pickle.dumps((FAILED, _reason(error)))


def _reason(error: BaseException) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0][:200]}" if words else type(error).__name__


def _die_with(parent: int) -> None:
    """Have the kernel kill us with our parent, even in the middle of a C loop (Linux)."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew of our wish
        os._exit(1)


def _limit(memory_mb: int) -> None:
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_cpu(timeout_s: float) -> None:
    """Bound the CPU time of one call: should the parent be unable to stop us, the kernel will."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cores = os.cpu_count() or 1
    limit = int(used.ru_utime + used.ru_stime + timeout_s * cores) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _silence() -> None:
    """Send what libraries write to the standard error of a worker nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
