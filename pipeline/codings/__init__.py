"""Codings: claims in the terms of a public event codebook. One file of data for each.

    cameo.toml     CAMEO 1.1b3
    plover.toml    PLOVER
    actors.toml    countries and roles, for both

Every act has a code or a reason why it has none (tests hold it). A code is that of what is
said, not of what happened: who says so, through whom and how sure stands beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.records import NOT_THE_STATE, Claim

CODINGS = ("cameo", "plover")
IGO = "IGO"
JOIN = ";"  # between the actors of a joint statement, and between targets
AUXILIARY = {"past": "historical", "planned": "future", "conditional": "hypothetical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """One claim as an event of a codebook."""

    source: str  # actor code: country and role
    target: str  # "" where nobody is addressed, bound or accused
    code: str  # CAMEO code, or PLOVER event
    mode: str = ""  # PLOVER only
    modality: str = ""  # historical, future, hypothetical; "" as it stands


def code_claim(claim: Claim, coding: str, *, parties: Collection[str] = ()) -> Coded | None:
    """Return a claim as an event of `coding`; None where it has no act, or the act no code.

    `parties` are those of the topic: what an outsider says of a truce is another event.

    Raises:
        KeyError: `coding` is none of `CODINGS`.
    """
    code = code_of(coding, claim.act, claim.modality, outsider=_is_outsider(claim, parties))
    if code is None:
        return None
    event, _, mode = code.partition(":")
    hypothetical = "hypothetical" if claim.hedged else ""
    return Coded(
        source=actor_of(claim),
        target=JOIN.join(country_code(one) for one in claim.targets or claim.third_party),
        code=event,
        mode=mode,
        modality=AUXILIARY.get(claim.modality or "", hypothetical),
    )


def code_of(
    coding: str, act: str | None, modality: str | None = None, *, outsider: bool = False
) -> str | None:
    """Return the code of an act in a modality; None where the codebook has none."""
    row = load_coding(coding).get(act or "", {})
    keys = (modality or "", *(("outsider",) if outsider else ()), "code")
    return next((row[key] for key in keys if key in row), None)


def actor_of(claim: Claim) -> str:
    """Return the actor code of a claim's speaker: INDGOV, PAKMIL, IGO; "" if nothing is known."""
    table = _table("actors")
    role = table["roles"].get(claim.role_code or "") or table["kinds"].get(claim.speaker_kind, "")
    if claim.role_code == IGO:
        return IGO
    codes = [country_code(country) for country in claim.countries]
    return JOIN.join(f"{code}{role}" if code != IGO else code for code in codes) or role


def country_code(party: str) -> str:
    """Return the alpha-3 code of a country, the name of anything else as it is."""
    code: str = _table("actors")["countries"].get(party, party)
    return code


def load_coding(coding: str) -> Mapping[str, Mapping[str, str]]:
    """Return the rows of a coding by act.

    Raises:
        KeyError: there is no such coding.
    """
    if coding not in CODINGS:
        raise KeyError(coding)
    rows: Mapping[str, Mapping[str, str]] = _table(coding)["acts"]
    return rows


def _is_outsider(claim: Claim, parties: Collection[str]) -> bool:
    own = {*claim.countries, *([claim.speaker] if claim.role_code in NOT_THE_STATE else [])}
    return bool(parties) and own.isdisjoint(parties)


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))


__all__ = ["CODINGS", "Coded", "actor_of", "code_claim", "code_of", "country_code", "load_coding"]
