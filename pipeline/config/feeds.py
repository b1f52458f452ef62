"""The list of feeds: read from files a person edits, and appended to without touching the rest.

`feeds.toml` and every file of `feeds/` are read, each a list of `[[feed]]` tables whose keys
are the fields of `records.Feed`. Removing or renaming a feed loses no history: the store
keeps articles and claims by their own ids, never by the feed list.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pipeline.config.document import Document, Problem, read_document, validate_list, wrong
from pipeline.config.settings import STRICT
from pipeline.errors import ConfigError
from pipeline.records import Feed

_COUNTRY = re.compile(r"[A-Z]{2}|IGO")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedImport:
    """What became of the feeds somebody wanted to add."""

    added: tuple[Feed, ...] = ()
    known: tuple[Feed, ...] = ()  # their address is in the list already
    refused: tuple[tuple[Feed, str], ...] = ()  # with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeedFile:
    feed: tuple[Feed, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


def load_feeds(directory: Path) -> tuple[Feed, ...]:
    """Return the feeds of `directory` in the order of their files; disabled ones too.

    Raises:
        ConfigError: a file is wrong, or two feeds have one address.
    """
    found: dict[str, str] = {}
    feeds: list[Feed] = []
    for path in feed_files(directory):
        feeds += _read_feeds(path, found)
    return tuple(feeds)


def feed_files(directory: Path) -> list[Path]:
    """Return the files that hold the feeds of a configuration directory."""
    single = directory / "feeds.toml"
    several = sorted((directory / "feeds").glob("*.toml"))
    return [*([single] if single.exists() else []), *several]


def add_feed(path: Path, feed: Feed) -> None:
    """Append one feed to the file at `path` (made if missing), leaving all that is there alone.

    Raises:
        ConfigError: the feed is faulty or already listed, or the file cannot be changed.
    """
    outcome = import_feeds(path, [feed])
    if outcome.refused:
        raise ConfigError(outcome.refused[0][1], subject=feed.url)
    if outcome.known:
        raise ConfigError("is in the list already", subject=feed.url)


def import_feeds(path: Path, feeds: Iterable[Feed]) -> FeedImport:
    """Append those of `feeds` that are sound and new to the file at `path`.

    New means: not in that file, nor in the files beside it that `load_feeds` reads.

    Raises:
        ConfigError: the present list is wrong, or the file cannot be changed.
    """
    directory = path.parent if path.name == "feeds.toml" else path.parent.parent
    listed = {address(feed.url) for feed in load_feeds(directory)}
    added, known, refused = [], [], []
    for feed in feeds:
        reasons = [f"{field}: {why}" for field, why in _faults(feed)]
        if reasons:
            refused.append((feed, "; ".join(reasons)))
        elif address(feed.url) in listed:
            known.append(feed)
        else:
            listed.add(address(feed.url))
            added.append(feed)
    if added:
        _append(path, "".join(toml_block(feed) for feed in added))
    return FeedImport(added=tuple(added), known=tuple(known), refused=tuple(refused))


def address(url: str) -> str:
    """Return what makes two feed URLs one address: host and path, not scheme or fragment."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


def toml_block(feed: Feed) -> str:
    """Return `feed` as a `[[feed]]` table, with a blank line before it; defaults left out."""
    lines = ["", "[[feed]]"]
    for item in fields(feed):
        value = getattr(feed, item.name)
        if value != item.default or item.name == "verified":
            lines.append(f"{item.name} = {_toml_value(value)}")
    return "\n".join(lines) + "\n"


# -- reading ----------------------------------------------------------------------------


def _read_feeds(path: Path, found: dict[str, str]) -> tuple[Feed, ...]:
    document = _with_dates_as_text(read_document(path))
    file, places, problems = validate_list(document, "feed", _FeedFile)
    problems += _feed_problems(document, dict(zip(places, file.feed, strict=True)), found)
    if problems:
        raise wrong(document, problems)
    return file.feed


def _feed_problems(
    document: Document, feeds: Mapping[int, Feed], found: dict[str, str]
) -> Iterator[Problem]:
    for place, feed in feeds.items():
        key = ("feed", place)
        faults = _faults(feed)
        yield from (Problem((*key, field), why) for field, why in faults)
        if faults:
            continue
        first = found.setdefault(address(feed.url), document.where((*key, "url")))
        if first != document.where((*key, "url")):
            yield Problem((*key, "url"), f"the same feed as in {first}")


def _with_dates_as_text(document: Document) -> Document:
    """Let `verified = 2025-05-10` be written without quotes, as TOML's own date."""
    tables = document.data.get("feed")
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and isinstance(table.get("verified"), date):
            table["verified"] = table["verified"].isoformat()
    return document


def _faults(feed: Feed) -> list[tuple[str, str]]:
    """Return (field, reason) of what is wrong with a feed, whoever gave it."""
    faults = []
    for item in fields(feed):
        value = getattr(feed, item.name)
        if isinstance(value, str) and (not value.strip() or _UNPRINTABLE.search(value)):
            faults.append((item.name, "is empty or has characters that cannot be printed"))
    if why := _url_fault(feed.url):
        faults.append(("url", why))
    if feed.country is not None and not _COUNTRY.fullmatch(feed.country):
        faults.append(("country", f'must be two capital letters or "IGO", not "{feed.country}"'))
    if feed.language is not None and not _LANGUAGE.fullmatch(feed.language):
        faults.append(("language", f'must be a code like "en" or "ur", not "{feed.language}"'))
    if feed.verified != "never" and not _is_date(feed.verified):
        faults.append(("verified", f'must be a date or "never", not "{feed.verified}"'))
    return faults


def _url_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"not a URL: {error}"
    if parts.scheme not in ("http", "https"):
        return f'must begin with https:// or http://, not "{url[:60]}"'
    if not host or re.search(r"\s", url):
        return f'not a URL: "{url[:60]}"'
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# -- writing ----------------------------------------------------------------------------


def _toml_value(value: Any) -> str:
    """Return a string or a truth value as TOML; JSON escapes the same way, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _append(path: Path, block: str) -> None:
    """Add `block` at the end of a file, all of it or nothing, in the file's line endings."""
    try:
        before = path.read_bytes() if path.exists() else b""
        text = before.decode("utf-8-sig")
        newline = "\r\n" if "\r\n" in text else "\n"
        if text and not text.endswith("\n"):
            block = "\n" + block
        added = block.replace("\n", newline).encode()
        tomllib.loads((text + block).replace("\r\n", "\n"))
        _replace(path, before + added)
    except tomllib.TOMLDecodeError as error:
        message = f"no [[feed]] table can be appended here: {error}"
        raise ConfigError(message, subject=f"{path}:1") from error
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", subject=f"{path}:1") from error


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve()  # a link stays a link
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


__all__: Sequence[str] = [
    "FeedImport",
    "add_feed",
    "address",
    "feed_files",
    "import_feeds",
    "load_feeds",
    "toml_block",
]
