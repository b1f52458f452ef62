"""Whose copy a text says it is: byline, dateline and credit lines.

Ten reprints of one agency's copy are one origin. Newspapers say so in a few fixed places,
and only there is a name a credit: anywhere else the agency is merely mentioned.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pipeline.records import Article, Credit

AGENCIES = Path(__file__).with_name("actors") / "agencies.toml"
HEAD = 160  # characters in which a dateline ends
TAIL = 300  # characters in which a closing credit begins

# CITY, Date (Agency) -   |   CITY, Date /Agency/   |   (Agency) -
DATELINE = re.compile(
    r"^\s*(?P<place>[^\n().—–/]{0,80}?)[\s,:.]*[(/\[](?P<agency>[^()/\[\]\n]{2,40})[)/\]]\s*[.:—–-]?"
)
PLACE = re.compile(r"^\s*(?P<place>[A-Z][A-Z .'’-]{2,40})(?:,[^\n:—–]{1,30})?\s*[:—–]\s")
INPUTS = re.compile(
    r"\b(?:with|includes?|additional) (?:additional )?(?:inputs?|reporting|reports?) (?:from|by) "
    r"(?P<names>[^.()\n]{2,120})",
    re.IGNORECASE,
)
# A line of its own, or bracketed, at the very end.
CLOSING = re.compile(
    r"(?:^|\n)\s*(?:[—–-]+\s*|\(|\[|source:\s*|courtesy:?\s*|©\s*)(?P<names>[^()\[\]\n]{2,60}?)[)\]]?\s*\.?\s*$",
    re.IGNORECASE,
)
SPLIT = re.compile(r"\s*(?:,|/|&|;|\band\b)\s*")


def read_credit(article: Article, actors_dir: Path | None = None) -> Credit:
    """Return the agencies an article credits, its byline and dateline, and whose copy it is.

    `actors_dir` holds the user's own actor files: agencies in them are known too.
    """
    text = article.text or article.summary
    byline = ", ".join(article.authors) or None
    known = _names(actors_dir)
    dateline, dateline_agency = _dateline(text, known)
    inputs = [a for found in INPUTS.finditer(text) for a in _agencies(found["names"], known)]
    by = _agencies(byline or "", known)
    closing = _closing(text, known)
    itself = _agencies(article.outlet, known)
    copy_of = next(iter([*itself, *dateline_agency, *by, *closing]), None)
    own_staff = bool(article.authors) and not by and not itself
    return Credit(
        agencies=tuple(dict.fromkeys([*by, *dateline_agency, *closing, *inputs])),
        byline=byline,
        dateline=dateline,
        origin=None if own_staff and not dateline_agency and not closing else copy_of,
    )


def _dateline(text: str, known: Mapping[str, str]) -> tuple[str | None, list[str]]:
    head = text[:HEAD]
    found = DATELINE.match(head)
    if found is not None:
        agencies = _agencies(found["agency"], known)
        if agencies and not INPUTS.search(found.group()):
            return found["place"].strip(" ,:.") or None, agencies
    place = PLACE.match(head)
    return (place["place"].strip() if place is not None else None), []


def _closing(text: str, known: Mapping[str, str]) -> list[str]:
    found = CLOSING.search(text[-TAIL:])
    if found is None or INPUTS.search(found.group()):
        return []
    return _agencies(found["names"], known)


def _agencies(words: str, known: Mapping[str, str]) -> list[str]:
    """Return the agencies among comma- or and-separated names; other names are passed over."""
    pieces = (re.sub(r"^(?:by|the)\s+|\s+(?:desk|agency|staff|bureau)$", "", p.strip(), flags=re.I)
              for p in SPLIT.split(words))  # fmt: skip
    return [known[piece] for piece in pieces if piece in known]


@cache
def _names(actors_dir: Path | None) -> Mapping[str, str]:
    """Return every form of an agency's name, case kept (AP is no word, "ap" is) -> name shown."""
    own = sorted(actors_dir.glob("*.toml")) if actors_dir is not None else []
    tables = [tomllib.loads(path.read_text("utf-8")).get("agencies", {}) for path in (AGENCIES, *own)]
    return {form: name for table in tables for name, row in table.items() for form in _forms(name, row)}


def _forms(name: str, row: Mapping[str, object]) -> Iterable[str]:
    others = row.get("names", [])
    assert isinstance(others, list)
    return (name, *others, name.upper())
