"""Days and lengths of time in words, made comparable."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from pipeline.compare.tables import load_tables

WEEK = 7


def day_in(words: str, said_at: datetime, *, past: bool = False) -> str:
    """Return the first day named in `words` as ISO date, seen from `said_at`; "" without.

    A weekday is the next one, or the last one with `past`; a date without a year is the
    nearest such day. "next month" and its like stay words.
    """
    found = [
        (match.start(), day)
        for name, match in _matches(words)
        if (day := _day(name, match, said_at.date(), past=past))
    ]
    return min(found)[1] if found else ""


def hours_in(words: str) -> int | None:
    """Return the first length of time in `words`, in hours; 0 for one without an end."""
    tables = load_tables()
    if tables.patterns["unlimited"].search(words):
        return 0
    found = first_match("duration", words)
    if found is None:
        return None
    count = count_of(found[1])
    return None if count is None else round(count * tables.hours[found[2].lower()])


def first_match(name: str, words: str) -> re.Match[str] | None:
    """Return the first match of a pattern of the tables that the words do not deny."""
    found = load_tables().patterns[name].finditer(words)
    return next((match for match in found if not _is_denied(match)), None)


def denied_matches(name: str, words: str) -> list[re.Match[str]]:
    """Return the matches of a pattern of the tables that the words deny: "not at noon"."""
    found = load_tables().patterns[name].finditer(words)
    return [match for match in found if _is_denied(match)]


def _is_denied(match: re.Match[str]) -> bool:
    before = match.string[: match.start()]
    return load_tables().patterns["not_this"].search(before) is not None


def length_words(hours: int) -> str:
    """Return hours as words: "10 days", "5 hours", "no limit"."""
    if hours == 0:
        return "no limit"
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def count_of(words: str) -> float | None:
    """Return the number that digits or words name; None for anything else."""
    known = load_tables().numbers.get(words.lower())
    if known is not None:
        return known
    try:
        return float(words.replace(",", ""))
    except ValueError:  # "1.2.3" and other things with digits
        return None


def _matches(words: str) -> list[tuple[str, re.Match[str]]]:
    names = ("day_month", "month_day", "weekday", "relative", "span")
    return [(name, match) for name in names if (match := first_match(name, words))]


def _day(name: str, match: re.Match[str], said: date, *, past: bool) -> str:
    if name == "span":
        return match[1].lower()
    if name == "relative":
        return (said + timedelta(days=load_tables().relative[match[1].lower()])).isoformat()
    if name == "weekday":
        return _weekday(match[1].lower(), said, past=past).isoformat()
    day, month = (match[1], match[2]) if name == "day_month" else (match[2], match[1])
    return _nearest(int(day), load_tables().months.index(month.lower()) + 1, said)


def _weekday(name: str, said: date, *, past: bool) -> date:
    away = (load_tables().weekdays.index(name) - said.weekday()) % WEEK
    return said + timedelta(days=away - WEEK if past and away else away)


def _nearest(day: int, month: int, said: date) -> str:
    years = (said.year - 1, said.year, said.year + 1)
    found = [made for year in years if (made := _made(year, month, day)) is not None]
    return min(found, key=lambda made: abs(made - said)).isoformat() if found else ""


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # the 31st of a shorter month
        return None
