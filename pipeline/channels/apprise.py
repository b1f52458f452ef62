"""Alerts through Apprise: any service it has a URL for.

Apprise blocks, says only whether it worked, and may sleep to keep a service's rate limit.
So each channel has one thread at a time and a deadline.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.errors import ChannelError, ConfigError
from pipeline.records import Alert

TITLE_LIMIT = 250  # characters; services cut or refuse longer ones


class AppriseChannel:
    """Sends to one Apprise URL, which is a secret.

    Errors name the service only: even `url(privacy=True)` shows users and hosts.
    """

    def __init__(self, name: str, *, url: str, timeout_s: float = 30.0) -> None:
        """Read the URL; nothing is sent.

        Raises:
            ConfigError: no service Apprise knows.
        """
        self.name = name
        self._services, self._service = _read_url(url, name)
        self._timeout_s = timeout_s
        self._busy: threading.Thread | None = None

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """Send the headline as title and the rest of `text` as body, within the deadline.

        A call that overran its deadline goes on in its thread; until it ends the channel
        takes nothing else, so that it cannot pile up threads.
        """
        if self._busy is not None and self._busy.is_alive():
            raise self._error("is still busy with an earlier alert")
        title, _, body = text.partition("\n")
        try:
            async with asyncio.timeout(self._timeout_s):
                sent = await self._in_thread(lambda: self._notify(title, body.strip() or title))
        except TimeoutError:
            raise self._error(f"did not answer within {self._timeout_s:g} s") from None
        if not sent:
            raise self._error("did not take it")

    def _notify(self, title: str, body: str) -> bool:
        title = title[:TITLE_LIMIT]
        return bool(self._services.notify(title=title, body=body, body_format="text"))

    async def _in_thread(self, call: Callable[[], bool]) -> bool:
        """Run `call` in a daemon thread: a default executor would be waited for at the end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def settle(result: bool) -> None:
            if not done.done():
                done.set_result(result)

        def work() -> None:
            result = False
            try:
                result = call()
            finally:  # also for an exception of a service's own: then it was not sent
                if not loop.is_closed():
                    loop.call_soon_threadsafe(settle, result)

        self._busy = threading.Thread(target=work, name=f"channel {self.name}", daemon=True)
        self._busy.start()
        return await done

    def _error(self, text: str) -> ChannelError:
        return ChannelError(f"{self._service} {text}", subject=self.name)


def _read_url(url: str, name: str) -> tuple[Any, str]:
    """Return an Apprise object with the one service, and the service's name."""
    import apprise

    # Apprise logs what servers answer and parts of URLs; without a handler that is stderr.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY, async_mode=False)
    with warnings.catch_warnings():
        # The first use loads every plug-in; on Python 3.11 one of them asks for `imghdr`.
        warnings.simplefilter("ignore", DeprecationWarning)
        service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        raise ConfigError("Apprise knows no service for this URL", subject=name)
    services = apprise.Apprise(asset=asset)
    services.add(service)
    return services, str(service.service_name)
