"""The structured key of a claim: what makes two claims the same statement.

Key: party, act, issue, third party. Slots: the details whose change makes an update
(taxonomy, section 7). Text similarity alone takes contradictions for repeats, so words
enter only through the slots.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.compare.tables import load_tables
from pipeline.folding import fold
from pipeline.records import Claim, stable_id

NO_ISSUE = "other"

Slots = tuple[tuple[str, str], ...]


def issue_of(claim: Claim) -> str:
    """Return the issue a claim is about."""
    return claim.object or claim.theme or NO_ISSUE


def key_of(claim: Claim) -> str:
    """Return the structured key: party | act | issue | third parties."""
    third = "+".join(sorted(claim.third_party))
    return " | ".join((claim.party or "?", claim.act or "?", issue_of(claim), third))


def proposition_id(topic: str, key: str) -> str:
    """Return the id of the proposition `key` of a topic."""
    return stable_id("proposition", topic, key)


def slots_of(claim: Claim) -> Slots:
    """Return the details of a claim that its act has slots for, sorted by name."""
    tables = load_tables()
    found: dict[str, str] = {}
    for name in tables.slots.get(claim.act or "", ()):
        match = tables.patterns[name].search(claim.text)
        if match is not None:
            found[name] = fold(" ".join(filter(None, match.groups()))).strip()
    if claim.modality == "planned":
        found["modality"] = "planned"
    return tuple(sorted(found.items()))


def variant(key: str, slots: Slots) -> str:
    """Return the key with its details: what one alert is about."""
    details = ", ".join(f"{name}={value}" for name, value in slots)
    return f"{key} | {details}" if details else key


def changed_slots(before: Slots, now: Slots) -> Mapping[str, tuple[str | None, str]]:
    """Return slot -> (earlier value or None, new value) for details that are new or differ."""
    known = dict(before)
    return {name: (known.get(name), value) for name, value in now if known.get(name) != value}


def merged_slots(before: Slots, now: Slots) -> Slots:
    """Return the newest value of every slot."""
    return tuple(sorted({**dict(before), **dict(now)}.items()))
