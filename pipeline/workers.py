"""Killable worker processes for everything that reads hostile input with other people's code.

A thread cannot be stopped and `asyncio.wait_for` only stops waiting: feedparser and
trafilatura have inputs of a few megabytes that take minutes. So parsing, scraping and
extraction run in processes that are ended when a document overruns its time or memory.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, TimeoutError
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pipeline.errors import TrucelineError, WorkerError

if TYPE_CHECKING:
    from pebble import ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

# feedparser and trafilatura stay under 350 MB on every hostile input measured; the
# interpreter, lxml and shared libraries map about 1 GB of address space on top.
MEMORY_MB = 3072
TIMEOUT_S = 10.0


class Workers:
    """A pool of worker processes; a context manager.

    `memory_mb` bounds each worker's address space. Workers start when first used.
    """

    def __init__(self, processes: int = 1, *, memory_mb: int = MEMORY_MB) -> None:
        self._processes = processes
        self._memory = memory_mb
        self._pool: ProcessPool | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    async def call(
        self,
        function: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `function` in a worker within `TIMEOUT_S` seconds. See `call_within`."""
        return await self.call_within(TIMEOUT_S, function, args, kwargs)

    async def call_within(
        self,
        timeout_s: float,
        function: Callable[..., T],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> T:
        """Run a picklable top-level `function` in a worker and return its result.

        Raises:
            WorkerError: it took longer than `timeout_s`, ran out of memory, or died.
            TrucelineError: whatever of ours `function` raised.
        """
        future = self._started().schedule(
            function, args=list(args), kwargs=kwargs or {}, timeout=timeout_s
        )
        try:
            return await asyncio.wrap_future(future)
        except TrucelineError:
            raise
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise WorkerError(f"stopped after {timeout_s:g} s") from error
        except (MemoryError, CancelledError, OSError, RecursionError) as error:
            raise WorkerError(_reason(error)) from error
        except Exception as error:  # other people's parsers raise anything on hostile input
            raise WorkerError(_reason(error)) from error

    def _started(self) -> ProcessPool:
        if self._pool is None:
            from pebble import ProcessPool

            self._pool = ProcessPool(
                max_workers=self._processes,
                initializer=_limit,
                initargs=[self._memory],
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool


def _limit(memory_mb: int) -> None:
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reason(error: BaseException) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0][:200]}" if words else type(error).__name__
