"""Dates as feeds write them, to UTC, with what is doubtful about each."""

from __future__ import annotations

import calendar
import re
import time
import tomllib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files

from pipeline.formats import NO_DATE, Dated

_ZONE_WORD = re.compile(r"\d[\s,]*\(?([A-Za-z]{1,5})\)?\s*$")
_OFFSET = re.compile(r"(?:[+-]\d{2}:?\d{2}|\d[Zz])\s*(?:\([^)]*\))?\s*$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
# "30Mar 2025", "202510:50": a blank was lost where white space was folded
_RUN_TOGETHER = re.compile(r"(?<=\d)(?=[A-Z][a-z]{2}\b)|(?<=\b\d{4})(?=\d\d:\d\d)")
MAX_DATE_CHARS = 100  # a longer "date" is an attack on somebody's regular expression


def read_date(
    raw: object,
    *,
    element: str,
    country: str | None = None,
    parsed: time.struct_time | None = None,
) -> Dated:
    """Return the moment `raw` means; `parsed` is a library's reading of it in UTC, if any.

    Zone abbreviations are read by the country of the feed. A text no rule can read gives a
    `Dated` without `when`; it is never replaced by the present.
    """
    text = _ascii_digits(str(raw or "").strip())
    if not text:
        return NO_DATE
    if len(text) > MAX_DATE_CHARS:
        return Dated(element=element, doubt="not a date")
    when = _from_struct(parsed) or _from_text(text)
    if when is None:
        return Dated(element=element, doubt=f"not a date: {text[:40]}")
    shift, doubt = _zone(text, country)
    return Dated(when=when - timedelta(minutes=shift), element=element, doubt=doubt)


def _ascii_digits(text: str) -> str:
    """Write Devanagari, Arabic and other digits as 0-9; `int` knows them all."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in text[:200])


def _from_struct(parsed: time.struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(text: str) -> datetime | None:
    text = _RUN_TOGETHER.sub(" ", text)
    for read in (datetime.fromisoformat, parsedate_to_datetime, _from_epoch):
        try:
            when = read(text)
            return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _from_epoch(text: str) -> datetime:
    """Read seconds or milliseconds since 1970, as some JSON feeds give them."""
    number = float(text)
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)


def _zone(text: str, country: str | None) -> tuple[int, str]:
    """Return the minutes still to subtract, and what is doubtful about the zone."""
    if not _CLOCK.search(text):
        return 0, "" if re.fullmatch(r"[\d.]+", text) else "day only"
    if _OFFSET.search(text):
        return 0, ""
    word = _ZONE_WORD.search(text)
    if word is None:
        return 0, "no zone, taken as UTC"
    return _zone_of(word[1].lower(), country)


def _zone_of(name: str, country: str | None) -> tuple[int, str]:
    from feedparser.datetimes.rfc822 import timezone_names

    offset = _zones().get(name)
    if isinstance(offset, dict):
        offset = offset.get(country or "")
    if offset is not None:
        # feedparser has already taken off what it believes the name to mean
        return offset - 60 * timezone_names.get(name, 0), ""
    if name in timezone_names:
        return 0, ""
    return 0, f"zone {name.upper()} unknown, taken as UTC"


@cache
def _zones() -> dict[str, int | dict[str, int]]:
    text = files("pipeline.formats").joinpath("zones.toml").read_text("utf-8")
    zones: dict[str, int | dict[str, int]] = tomllib.loads(text)["zones"]
    return zones
