"""The details of an act whose change makes an update: dates, lengths, places, conditions ..."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from pipeline.compare.days import (
    count_of,
    day_in,
    denied_matches,
    first_match,
    hours_in,
    length_words,
)
from pipeline.compare.names import first_name
from pipeline.compare.tables import is_kind, load_tables
from pipeline.folding import fold
from pipeline.records import Claim

Slots = tuple[tuple[str, str], ...]

FIRM = "actual"
TOLD = "told"
NUMBER = "number"  # slots of counted things are "number shells"
CLASHING = ("duration", "date", "time", "place")  # of one fact, these cannot differ
SAME_CONDITION = 1 / 3  # share of words by which two conditions are one


def slots_of(claim: Claim, words: str) -> Slots:
    """Return the details of a claim that its act has slots for, sorted by name."""
    names = load_tables().slots.get(claim.act or "", ())
    found = details_in(words, claim.said_at, names)
    modality = modality_of(claim, f"{claim.cue_text} {words}")
    if modality != FIRM:
        found["modality"] = modality
    return tuple(sorted(found.items()))


def modality_of(claim: Claim, words: str = "") -> str:
    """Return how sure the act is: actual, planned, conditional or hedged."""
    if claim.modality in ("planned", "conditional"):
        return claim.modality
    if load_tables().patterns["hangs"].search(words):
        return "conditional"
    if is_kind("steps", claim.act) and load_tables().patterns["to_come"].search(words):
        return "planned"
    return "hedged" if claim.hedged else FIRM


def details_in(words: str, said_at: datetime, names: Iterable[str]) -> dict[str, str]:
    """Return slot -> value for those of `names` that `words` fill."""
    found: dict[str, str] = {}
    for name in names:
        if name == NUMBER:
            found.update(_counts(words))
        elif value := READERS[name](words, said_at):
            found[name] = value
    return found


def denied_in(words: str, act: str | None) -> Slots:
    """Return the times and lengths that `words` deny: "not at noon"."""
    names = load_tables().slots.get(act or "", ())
    found = [("time", fold(m[1])) for m in denied_matches("time", words) if "time" in names]
    spans = [m[0] for m in denied_matches("duration", words) if "duration" in names]
    hours = [hours for span in spans if (hours := hours_in(span)) is not None]
    return (*found, *(("duration", length_words(count)) for count in hours))


def changed_slots(before: Slots, now: Slots) -> Mapping[str, tuple[str | None, str]]:
    """Return slot -> (earlier value or None, new value) for details that are new or differ.

    A modality counts only when it grows firm: leaving a door open is no new detail.
    """
    known = dict(before)
    return {
        name: (known.get(name), value)
        for name, value in now
        if name != "modality" and not is_same_detail(name, known.get(name), value)
    }


def grows_firm(before: Slots, now: Slots) -> bool:
    """Say whether what was planned, hedged or conditional is now said for sure."""
    return dict(before).get("modality", FIRM) != FIRM and dict(now).get("modality", FIRM) == FIRM


def clashing_slots(before: Slots, now: Slots) -> Mapping[str, tuple[str, str]]:
    """Return slot -> both values for the details in which two accounts of one fact differ."""
    known = dict(before)
    return {
        name: (known[name], value)
        for name, value in now
        if name in CLASHING and name in known and not is_same_detail(name, known[name], value)
    }


def merged_slots(before: Slots, now: Slots) -> Slots:
    """Return the newest value of every slot; what is firm hangs on no condition any more."""
    slots = {**dict(before), **dict(now)}
    if grows_firm(before, now):
        slots["modality"] = FIRM
        if "condition" not in dict(now):
            slots.pop("condition", None)
    elif dict(before).get("modality", FIRM) == FIRM:
        slots["modality"] = FIRM
    if slots.get("modality") == FIRM and "modality" not in dict(before):
        del slots["modality"]
    return tuple(sorted(slots.items()))


def is_same_detail(name: str, old: str | None, new: str) -> bool:
    """Say whether two values of a detail mean the same; an earlier None is another value."""
    if old is None or old == new:
        return old == new
    if name == "condition":
        a, b = set(old.split()), set(new.split())
        return len(a & b) >= SAME_CONDITION * min(len(a), len(b))
    return name == "place" and (old in new or new in old)


# -- readers ----------------------------------------------------------------------------------


def _duration(words: str, said_at: datetime) -> str:
    hours = hours_in(words)
    return "" if hours is None else length_words(hours)


def _date(words: str, said_at: datetime) -> str:
    return day_in(words, said_at)


def _place(words: str, said_at: datetime) -> str:
    return fold(first_name("venue", words) or "")


def _matched(name: str) -> Callable[[str, datetime], str]:
    def read(words: str, said_at: datetime) -> str:
        found = first_match(name, words)
        return fold(found[1]) if found else ""

    return read


def _present(name: str) -> Callable[[str, datetime], str]:
    """Return a reader that only tells whether the text says anything of the kind."""
    return lambda words, said_at: TOLD if load_tables().patterns[name].search(words) else ""


READERS: Mapping[str, Callable[[str, datetime], str]] = {
    "duration": _duration,
    "date": _date,
    "time": _matched("time"),
    "condition": _matched("condition"),
    "place": _place,
    "monitors": _present("monitors"),
    "harm": _present("harm"),
    "weapon": _present("weapon"),
}


def _counts(words: str) -> dict[str, str]:
    """Return "number THINGS" -> count for everything counted in `words`."""
    found = load_tables().patterns[NUMBER].finditer(words)
    counted = ((fold(match[2]), count_of(match[1])) for match in found)
    return {f"{NUMBER} {thing}": f"{count:g}" for thing, count in counted if count is not None}
