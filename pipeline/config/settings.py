"""Settings: how the program works, as against what it watches. One frozen record.

`settings.toml` is read straight into `Settings`: the fields here are its keys, their
defaults apply to keys that are left out, and an unknown key is an error. Secrets never
stand in the file: a channel names the environment variables that hold them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le  # pydantic's own dependency; light, unlike pydantic

from pipeline.config.document import Document, Problem, read_document, unknown, validate, wrong
from pipeline.errors import ConfigError

STRICT: dict[str, object] = {
    "extra": "forbid",
    "allow_inf_nan": False,
}  # pydantic: no unknown keys, no `inf`

Count = Annotated[int, Ge(0)]
Positive = Annotated[int, Ge(1)]
Seconds = Annotated[float, Gt(0), Le(10_000_000)]
Days = Annotated[float, Gt(0), Le(36_500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where everything is kept, and for how long the articles' text is."""

    url: str = "sqlite:///var/truceline.sqlite"  # a relative path starts at the home directory
    keep_text_days: Annotated[int, Ge(0), Le(36_500)] = 0  # 0: for ever
    excerpts_only: bool = False  # keep claims' words and their surroundings, not whole texts
    excerpt_words: Count = 30  # kept on each side of a claim


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """What is watched, and what counts as news."""

    topics: tuple[str, ...] = ()  # ids of topic files; empty: all of them
    max_article_age_days: Days = 3.0  # older articles never page anybody
    novelty_days: Days = 14.0  # a claim not heard for so long is marked "restated"
    clash_days: Days = 30.0  # numbers, days and times said further apart are of two events
    # an addressed party that has not answered for so long is told as silent, once; 0: never
    silence_hours: Annotated[float, Ge(0), Le(8_760)] = 48.0
    failing_hours: Annotated[float, Gt(0), Le(876_000)] = 24.0  # then a failing feed is told
    silent_days: Days = 7.0  # then a feed that had news is told to be silent


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How feeds and pages are asked for."""

    user_agent: str = "truceline/0.1 (+https://github.com/truceline/truceline)"
    floor_s: Seconds = 300.0  # never ask one feed more often
    ceiling_s: Seconds = 21_600.0  # nor less often, while it answers
    failing_ceiling_s: Seconds = 86_400.0  # nor less often, however long it has failed
    timeout_s: Seconds = 30.0  # one request with all its redirects
    connections: Positive = 40  # requests at once
    per_host: Positive = 2  # of them to one host
    host_delay_s: Annotated[float, Ge(0), Le(3600)] = 1.0  # between starts of requests to one host
    max_feed_bytes: Positive = 20_000_000  # decompressed
    max_page_bytes: Positive = 5_000_000
    max_redirects: Count = 5
    allow_private: bool = False  # True: loopback and private addresses may be asked
    robots: bool = True  # obey robots.txt for article pages


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSettings:
    """What reading articles may cost."""

    scrape: bool = True  # False: use the feeds' own text only
    workers: Positive = 2  # processes for parsing feeds and pages
    threads: Positive = 1  # of the extraction model
    document_s: Seconds = 15.0  # one document, then its worker is killed
    worker_mb: Annotated[int, Ge(64)] = 1024  # memory of one worker


class ChannelKind(StrEnum):
    """How an alert leaves."""

    TERMINAL = "terminal"
    FILE = "file"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One `[channels.NAME]`. Which keys a kind takes is in `CHANNEL_KEYS`."""

    kind: ChannelKind
    path: str | None = None  # file: one JSON line for each alert
    url: str | None = None  # webhook, apprise
    url_env: str | None = None  # variable that holds the URL, where the URL is itself a secret
    secret_env: str | tuple[str, ...] = ()  # variables with signing secrets; the first one signs
    timeout_s: Seconds = 15.0
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in settings.toml."""

    timezone: str = "system"  # or an IANA name
    store: StoreSettings = StoreSettings()
    watch: WatchSettings = WatchSettings()
    fetch: FetchSettings = FetchSettings()
    work: WorkSettings = WorkSettings()
    channels: dict[str, ChannelSettings] = field(
        default_factory=lambda: {"terminal": ChannelSettings(kind=ChannelKind.TERMINAL)}
    )

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


CHANNEL_KEYS: Mapping[ChannelKind, tuple[tuple[str, ...], ...]] = {
    # exactly one key of each group is needed, no other is taken (but `timeout_s`, `enabled`)
    ChannelKind.TERMINAL: (),
    ChannelKind.FILE: (("path",),),
    ChannelKind.WEBHOOK: (("url", "url_env"), ("secret_env",)),
    ChannelKind.APPRISE: (("url", "url_env"),),
}


def load_settings(
    path: Path, *, home: Path, store: str | None = None, topics: Collection[str] | None = None
) -> Settings:
    """Return the settings at `path`; all defaults if there is no such file.

    Relative paths (of the store, of file channels) start at `home`; `store` replaces the
    store's URL; `topics` are the ids that may be watched (None: not checked).

    Raises:
        ConfigError: with every fault of the file.
    """
    settings = _read_settings(path, topics) if path.exists() else Settings()
    url = absolute_store(store or settings.store.url, home)
    channels = {name: _at_home(channel, home) for name, channel in settings.channels.items()}
    return replace(settings, store=replace(settings.store, url=url), channels=channels)


def absolute_store(url: str, home: Path) -> str:
    """Return `url` with the path of a relative `sqlite:///` made absolute; others unchanged."""
    path = url.removeprefix("sqlite:///")
    if path == url or path.startswith("/") or path in ("", ":memory:"):
        return url
    return f"sqlite:///{(home / path).resolve()}"


def zone_of(settings: Settings) -> tzinfo | None:
    """Return the reader's time zone; None (which `astimezone` takes) for the system's."""
    from zoneinfo import ZoneInfo

    return None if settings.timezone == "system" else ZoneInfo(settings.timezone)


def channel_url(channel: ChannelSettings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the channel's URL, from the environment where it says so.

    Raises:
        ConfigError: the variable is not set.
    """
    if channel.url_env is None:
        return channel.url
    return _variable(channel.url_env, environ)


def channel_secrets(
    channel: ChannelSettings, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Return the channel's secrets in their order; the first signs, all are valid.

    Raises:
        ConfigError: a variable is not set.
    """
    return tuple(_variable(name, environ) for name in secret_names(channel))


def secret_names(channel: ChannelSettings) -> tuple[str, ...]:
    """Return the names of the variables that hold the channel's secrets."""
    names = channel.secret_env
    return (names,) if isinstance(names, str) else names


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigError("this environment variable is not set", subject=name)
    return value


def _at_home(channel: ChannelSettings, home: Path) -> ChannelSettings:
    if channel.path is None:
        return channel
    return replace(channel, path=str((home / channel.path).resolve()))


# -- checks beyond types ------------------------------------------------------------------


def _read_settings(path: Path, topics: Collection[str] | None) -> Settings:
    document = read_document(path)
    settings = validate(document, Settings)
    problems = [*_zone_problems(settings), *_pace_problems(settings)]
    for place, topic in enumerate(settings.watch.topics):
        if topics is not None and topic not in topics:
            problems.append(Problem(("watch", "topics", place), unknown("topic", topic, topics)))
    for name in document.data.get("channels", {}):
        problems += _channel_problems(name, settings.channels[name], document)
    if problems:
        raise wrong(document, problems)
    return settings


def _zone_problems(settings: Settings) -> list[Problem]:
    from zoneinfo import ZoneInfo, available_timezones

    if settings.timezone == "system":
        return []
    try:
        ZoneInfo(settings.timezone)
    except (KeyError, ValueError, OSError):  # not found is a KeyError, "../x" the others
        names = available_timezones() | {"system"}
        return [Problem(("timezone",), unknown("time zone", settings.timezone, names))]
    return []


def _pace_problems(settings: Settings) -> list[Problem]:
    pace = settings.fetch
    problems = []
    if pace.ceiling_s < pace.floor_s:
        problems.append(Problem(("fetch", "ceiling_s"), "must not be below floor_s"))
    if pace.failing_ceiling_s < pace.ceiling_s:
        problems.append(Problem(("fetch", "failing_ceiling_s"), "must not be below ceiling_s"))
    return problems


def _channel_problems(name: str, channel: ChannelSettings, document: Document) -> list[Problem]:
    key = ("channels", name)
    groups = CHANNEL_KEYS[channel.kind]
    given = set(document.data["channels"][name]) - {"kind", "timeout_s", "enabled"}
    problems = [
        Problem((*key, extra), f"a channel of kind {channel.kind} takes no such key")
        for extra in sorted(given - {taken for group in groups for taken in group})
    ]
    for group in groups:
        if len(given & set(group)) != 1:
            needs = "exactly one of " if len(group) > 1 else ""
            problems.append(Problem(key, f"needs {needs}{' and '.join(group)}"))
    if channel.url is not None:
        problems += _url_problems((*key, "url"), channel)
    return problems


def _url_problems(key: tuple[str, ...], channel: ChannelSettings) -> list[Problem]:
    try:
        parts = urlsplit(channel.url or "")
        password = parts.password
    except ValueError as error:
        return [Problem(key, f"not a URL: {error}")]
    if not parts.scheme or (channel.kind == ChannelKind.WEBHOOK and not parts.netloc):
        return [Problem(key, "not a URL")]
    if channel.kind == ChannelKind.WEBHOOK and parts.scheme not in ("http", "https"):
        return [Problem(key, "must begin with https:// or http://")]
    if password is not None:
        return [Problem(key, "holds a password; put the URL into a variable, named by url_env")]
    return []
