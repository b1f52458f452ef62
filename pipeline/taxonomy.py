"""The closed taxonomy of acts: what a claim can do, how acts oppose each other, their codes.

The knowledge is `taxonomy.toml`; this leaf reads it once, when it is first asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

ACTS: Mapping[str, Act]  # by code, in the order of the taxonomy; read on first use, see below
THEMES = ("mediation", "ceasefire", "deescalation", "other")
MODALITIES = ("actual", "conditional", "planned", "past")
POLARITIES = ("positive", "negative", "neutral")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. `opposed` is between parties, `reversal` within one; both are symmetric."""

    code: str
    theme: str
    polarity: str
    definition: str
    yes: str
    no: str
    cameo: tuple[str, ...]
    plover: tuple[str, ...]
    opposed: tuple[str, ...]
    reversal: tuple[str, ...]
    alertable: bool


def load_acts() -> Mapping[str, Act]:
    """Return the 28 acts by code, in the order of the taxonomy."""
    return _acts()


def cameo_labels() -> Mapping[str, str]:
    """Return the labels of the CAMEO 1.1b3 codes we export, and of their neighbours."""
    labels: dict[str, str] = _table()["cameo"]
    return MappingProxyType(labels)


def opposes(act: str | None, other: str | None) -> bool:
    """Say whether two parties' acts on one object cannot both hold. Unknown acts never do."""
    found = load_acts().get(act or "")
    return found is not None and other in found.opposed


def reverses(act: str | None, other: str | None) -> bool:
    """Say whether one party takes back `other` by `act` on one object, or the other way round."""
    found = load_acts().get(act or "")
    return found is not None and other in found.reversal


def export_codes(act: str) -> tuple[str | None, str | None]:
    """Return the CAMEO code and PLOVER event to export `act` as; None where the scheme has none.

    Raises KeyError for a code outside the taxonomy.
    """
    found = load_acts()[act]
    return next(iter(found.cameo), None), next(iter(found.plover), None)


def __getattr__(name: str) -> object:
    if name == "ACTS":
        return load_acts()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


Row = Mapping[str, Any]  # one act as the file has it; tests hold its types


@cache
def _acts() -> Mapping[str, Act]:
    rows: dict[str, Row] = _table()["acts"]
    opposed, reversal = _symmetric(rows, "opposed"), _symmetric(rows, "reversal")
    acts = {code: _act(code, rows[code], opposed[code], reversal[code]) for code in rows}
    return MappingProxyType(acts)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _symmetric(rows: Mapping[str, Row], name: str) -> dict[str, tuple[str, ...]]:
    pairs: dict[str, set[str]] = {code: set() for code in rows}
    for code, row in rows.items():
        for other in row.get(name, []):
            pairs[code].add(other)
            pairs[other].add(code)
    return {code: tuple(c for c in rows if c in others) for code, others in pairs.items()}


def _act(code: str, row: Row, opposed: tuple[str, ...], reversal: tuple[str, ...]) -> Act:
    fields: dict[str, Any] = {"opposed": opposed, "reversal": reversal}
    for key in ("theme", "polarity", "definition", "yes", "no", "alertable"):
        fields[key] = row[key]
    for key in ("cameo", "plover"):
        fields[key] = tuple(row[key])
    return Act(code=code, **fields)
