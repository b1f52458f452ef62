"""Whether a claim is the news of its sentence, or recalled and presupposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.extract.draft import Draft
from pipeline.extract.patterns import Grammar

# "at 1800", "2000 hours" is a time of the day
YEAR = re.compile(
    r"(?<![\d-])(?<!\bat )(1[89]\d\d|20\d\d)(?![\d-]|\s?(?:hours|hrs|GMT|UTC|local)\b)"
)
RECENT = timedelta(days=3)  # what is older than this is recalled, not told
DATELESS = datetime(1970, 1, 2, tzinfo=UTC)  # an article without a date has the epoch's
TIMELESS = frozenset({"CF_CALL", "CF_AFFIRM", "CF_VIOLATION"})  # about something of that day


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a draft stands: the words that lead to it in its sentence, and its own."""

    before: str  # from the sentence's start, or the end of the draft before it, to this draft
    own: str  # from the draft's first word to its last
    cue: str
    nominal: bool = False  # the cue is a noun: somebody's offer, claim ...
    argument: bool = False  # it stands in what another act is about
    plain: bool = False  # the cue is the act itself, no word of speech


def why_background(
    grammar: Grammar, draft: Draft, place: Place, published: datetime | None
) -> str | None:
    """Return why the draft is background, or None when it is news."""
    words = f"{place.before} {place.own}"
    old = _old_year(words, draft, published) or _old_day(grammar, draft, place, published)
    if old:
        return f"of {old}"
    if _find(grammar, "cue", place.cue):
        return f"a known position: {place.cue!r}"
    found = _find(grammar, "text", words)
    if found:
        return f"told as past: {found!r}"
    led = " ".join(place.before.replace(",", " ,").split()[-3:])
    if grammar.ending_re("background", "before").search(led):
        return f"presupposed after {led.split()[-1]!r}"
    answered = grammar.ending_re("background", "argument").search(led) is not None
    if place.nominal and (place.argument or answered):
        return "a known claim inside another one"
    return None


def _old_year(words: str, draft: Draft, published: datetime | None) -> str | None:
    """Return a year well before the article's that the words date the act to."""
    if published is None or published < DATELESS or draft.act in TIMELESS:
        return None
    since = re.sub(r"\b(?:since|of|from) (?:\w+ )?\d{4}", " ", words)
    years = [int(year) for year in YEAR.findall(since)]
    old = [year for year in years if year < published.year - 1]
    return str(old[0]) if old and len(old) == len(years) else None


def _old_day(
    grammar: Grammar, draft: Draft, place: Place, published: datetime | None
) -> str | None:
    """Return a day of the words that lead to the act, when it is no longer recent."""
    if published is None or published < DATELESS or draft.act in TIMELESS:
        return None
    for words in (place.before, place.own if place.plain else ""):
        day = day_named(grammar, words, published.date())
        if day is not None and day < published.date() - RECENT:
            return day.isoformat()
    return None


def day_named(grammar: Grammar, words: str, published: date) -> date | None:
    """Return the first "MONTH 10" or "10 MONTH" in `words`, as the last such day by `published`."""
    months = [name.lower() for name in grammar.lists.get("background", {}).get("months", [])]
    if not months:
        return None
    name = "|".join(months)
    pattern = rf"\b(?:({name}) (\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th)? ({name}))\b"
    found = re.search(pattern, words, re.IGNORECASE)
    if found is None:
        return None
    month = months.index((found[1] or found[4]).lower()) + 1
    return _last_such(int(found[2] or found[3]), month, published)


def _last_such(day: int, month: int, published: date) -> date | None:
    """Return that day of this year, or of last year when it would lie ahead."""
    try:
        this = date(published.year, month, day)
        ahead = this > published + RECENT
        return date(published.year - 1, month, day) if ahead else this
    except ValueError:  # the 31st of a shorter month
        return None


def _find(grammar: Grammar, name: str, text: str) -> str | None:
    found = grammar.lists_re("background", name).search(text)
    return found[0] if found else None
