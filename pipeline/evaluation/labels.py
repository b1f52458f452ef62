"""What the labels, country codes and names of gold sets mean."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]  # one JSON object of gold or prediction

HERE = Path(__file__).parent
OTHER = "OTHER"  # said, but none of the acts


@cache
def knowledge() -> Row:
    """Return the tables of `labels.toml`."""
    return tomllib.loads((HERE / "labels.toml").read_text("utf-8"))


@cache
def _alpha2() -> Mapping[str, str]:
    path = HERE.parent / "actors" / "countries.toml"
    states = tomllib.loads(path.read_text("utf-8"))["countries"]
    organisations: dict[str, str] = knowledge()["organisations"]
    return {row["iso3"]: code for code, row in states.items() if "iso3" in row} | organisations


def country_codes(value: str | Sequence[str] | None) -> frozenset[str]:
    """Return alpha-2 codes of "XX", "XXX", "XX+YY" or a list of them; of None the empty set."""
    listed = value.split("+") if isinstance(value, str) else value or ()
    codes = (code.strip().upper() for code in listed)
    return frozenset(_alpha2().get(code, code) for code in codes if code)


def plain(name: str | None) -> str:
    """Return a name without case, accents, punctuation, possessive and leading article."""
    letters = unicodedata.normalize("NFKD", re.sub(r"['’]s\b", "", name or ""))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).casefold()
    words = re.findall(r"\w+", bare)
    return " ".join(words[1:] if len(words) > 1 and words[0] in knowledge()["articles"] else words)


def accepted_acts(statement: Row) -> tuple[str, frozenset[str]]:
    """Return the act of a gold statement and all acts that count as right."""
    coarse: Mapping[str, list[str]] = knowledge()["coarse"]
    names = [statement["act"], *statement.get("act_alt", ())]
    acts = [act for name in names for act in coarse.get(name, (name,))]
    return acts[0], frozenset(acts)
