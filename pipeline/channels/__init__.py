"""Channels: how an alert reaches somebody. A channel is one method; kinds are in `open_channel`.

terminal   on the screen
file       one JSON line for each alert
webhook    a signed POST (Standard Webhooks)
apprise    any Apprise URL: mail, chat, phone ...
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import ChannelError, ConfigError
from pipeline.records import Alert

if TYPE_CHECKING:
    from pipeline.channels.webhook import Poster

Options = Mapping[str, object]


class Channel(Protocol):
    """Somewhere alerts go."""

    @property
    def name(self) -> str:
        """The name the user gave it; rules and outbox rows refer to it."""

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """Hand one alert over: `text` for people, `payload` (JSON-able) for programs.

        Returning means the other side has it. The same alert may be handed over again after
        a crash, under the same `alert.id`.

        Raises:
            ChannelError: it was not taken. `retryable` says whether trying again can help.
                The message holds no secret, URLs of receivers included.
        """


class ThrottledError(ChannelError):
    """The receiver asks to be left alone for `retry_after_s` seconds."""

    def __init__(self, message: str, *, subject: str, retry_after_s: float) -> None:
        super().__init__(message, subject=subject, retryable=True)
        self.retry_after_s = retry_after_s


OPTIONS: Mapping[str, frozenset[str]] = {
    "terminal": frozenset(),
    "file": frozenset({"path"}),
    "webhook": frozenset({"url", "secrets"}),
    "apprise": frozenset({"url", "timeout_s"}),
}


def open_channel(name: str, options: Options, *, client: Poster | None = None) -> Channel:
    """Return the channel `name` of the kind `options["kind"]` (if missing: the kind `name`).

    Options: file `path`; webhook `url`, `secrets` (a list, the first is the newest);
    apprise `url`, `timeout_s`. Webhooks need `client`, the guarded HTTP client. Nothing is
    opened or sent yet.

    Raises:
        ConfigError: no such kind, or an option is unknown, missing or wrong; never with a
            secret in the message.
    """
    kind = str(options.get("kind", name))
    given = {key: value for key, value in options.items() if key != "kind" and value is not None}
    _check(name, kind, given)
    match kind:
        case "terminal":
            from pipeline.channels.terminal import TerminalChannel

            return TerminalChannel(name)
        case "file":
            from pipeline.channels.file import FileChannel

            return FileChannel(name, path=str(given["path"]))
        case "webhook":
            from pipeline.channels.webhook import WebhookChannel

            if client is None:
                raise ConfigError("a webhook needs the HTTP client", subject=name)
            secrets = _texts(given["secrets"])
            return WebhookChannel(name, url=str(given["url"]), secrets=secrets, client=client)
        case _:
            from pipeline.channels.apprise import AppriseChannel

            timeout_s = float(str(given.get("timeout_s", 30.0)))
            return AppriseChannel(name, url=str(given["url"]), timeout_s=timeout_s)


def _check(name: str, kind: str, given: Options) -> None:
    if kind not in OPTIONS:
        raise ConfigError(f"no channel kind {kind!r}{_nearest(kind, OPTIONS)}", subject=name)
    known = OPTIONS[kind]
    for key in given:
        if key not in known:
            raise ConfigError(f"a {kind} has no {key!r}{_nearest(key, known)}", subject=name)
    missing = sorted(known - given.keys() - {"timeout_s"})
    if missing:
        raise ConfigError(f"a {kind} needs {' and '.join(missing)}", subject=name)


def _nearest(word: str, known: Mapping[str, object] | frozenset[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload]  # a list or tuple, by the table above


__all__ = ["OPTIONS", "Channel", "ChannelError", "ThrottledError", "open_channel"]
