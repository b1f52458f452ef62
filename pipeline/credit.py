"""Whose copy a text says it is: byline, dateline and credit lines.

Ten reprints of one agency's copy are one origin. Newspapers say so in a few fixed places,
and only there is a name a credit: anywhere else the agency is merely mentioned. The forms
are in `credit.toml`, the agencies in `actors/agencies.toml` and the user's own actor files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.records import Article, Credit

HERE = Path(__file__).parent
AGENCIES = HERE / "actors" / "agencies.toml"
HEAD = 200  # characters in which a dateline ends
DATELINE_WORDS = 12  # before the agency's name
TAIL = 160  # characters: a credit line is no longer
LINES = 4  # at either end of a text; credit lines stand in no other place

BRACKETS = re.compile(r"[(\[/]\s*(?P<names>[^()\[\]/\n]{2,60}(?:/[^()\[\]/\n]{2,60})?)\s*[)\]/]")
IN_BRACKETS = re.compile(r"[(\[][^()\[\]]{2,200}[)\]]")
BEHIND_DATELINE = re.compile(r"\s*(?:[-–—:.|।۔]|\n|$)")
# CITY, or CITY, Date, before a colon or dash; without an agency.
PLACE = re.compile(r"^\s*(?P<place>[A-Z][A-Z .'’-]{2,40})(?:,[^\n:—–]{1,30})?\s*(?:[:—–]|--?)\s")
# What may stand before the agency in a dateline: names, numbers, months; no sentence.
LOWER_WORD = re.compile(r"(?<![\w'’-])[a-zà-ÿ]{2,}")
LOWER_IN_NAMES = frozenset(["of", "the", "al", "el", "de", "la", "del", "and", "near", "in", "bin"])
SPLIT = re.compile(r"\s*(?:[,/&;|()\[\]•·]|\s[-–—]\s|(?<!\w)(?:and|एवं|और|اور)(?!\w))\s*")
OF = re.compile(r"\s(?:of|for|with|in|at|via)\s")  # "Ada Brook of the Agency"
INITIALS = re.compile(r"(?:\s+[A-Z]{2,4}){1,4}$")  # of the agency's desk: "PTI ABC XYZ"
SENTENCE_END = r"[.!?।۔\"'”’)]\s+"
# The last words of a text: (Agency), -- Agency, or the bare name behind a full stop.
LAST_WORDS = re.compile(
    rf"(?:^|\n|{SENTENCE_END})[(\[—–-]*\s*(?P<names>[^()\[\].!?।۔\n]{{2,60}}?)\s*[)\]]?\s*[.।۔]?\s*$"
)


@dataclass(frozen=True, slots=True)
class Forms:
    """What is known: names of agencies and the forms of credit lines."""

    names: Mapping[str, str]  # as written -> as shown
    inputs: tuple[re.Pattern[str], ...]
    copies: tuple[re.Pattern[str], ...]
    around: re.Pattern[str]  # of a name in a byline

    def agencies(self, words: str, *, of_whom: bool = False) -> list[str]:
        """Return the agencies among names that are listed; others are passed over.

        With `of_whom` also that of "Ada Brook of the Agency", as bylines have it.
        """
        pieces = SPLIT.split(words)
        if of_whom:
            pieces = [part for piece in pieces
                      for part in ([piece] if self._shown(piece) else OF.split(piece))]  # fmt: skip
        return [name for name in map(self._shown, pieces) if name]

    def _shown(self, words: str) -> str | None:
        words = " ".join(words.split()).strip(" .:'\"“”*")
        whole = self.names.get(words)
        return whole or self.names.get(self.around.sub("", words))


def read_credit(article: Article, actors_dir: Path | None = None) -> Credit:
    """Return the agencies an article credits, its byline and dateline, and whose copy it is.

    `actors_dir` holds the user's own actor files: agencies in them are known too.

    Raises:
        ConfigError: one of those files cannot be read.
    """
    forms = _forms(actors_dir)
    text = article.text or article.summary
    byline = ", ".join(article.authors) or None
    by = forms.agencies(byline or "", of_whom=True)
    dateline, ahead = _dateline(text, forms)
    lines = _credit_lines(text, byline)
    inputs = _named(lines, forms.inputs, forms)
    closing = [*_named(lines, forms.copies, forms), *_last_words(text, forms)]
    itself = forms.agencies(article.outlet)
    helped = set(inputs) - {*by, *ahead, *closing}
    copied = [name for name in (*ahead, *by, *closing, *itself) if name not in helped]
    return Credit(
        agencies=tuple(dict.fromkeys([*by, *ahead, *closing, *inputs])),
        byline=byline,
        dateline=dateline,
        origin=copied[0] if copied else None,
    )


def _dateline(text: str, forms: Forms) -> tuple[str | None, list[str]]:
    """Return the place and date a text opens with, and the agencies named behind them."""
    head = text.lstrip()[:HEAD]
    for found in BRACKETS.finditer(head.partition("\n")[0] + "\n"):
        agencies = forms.agencies(found["names"])
        before = head[: found.start()]
        if agencies and _is_place(before) and BEHIND_DATELINE.match(head, found.end()):
            return before.strip(" ,:.–—-") or None, agencies
    place = PLACE.match(head)
    return (place["place"].strip() if place is not None else None), []


def _is_place(words: str) -> bool:
    lower = set(LOWER_WORD.findall(words)) - LOWER_IN_NAMES
    return len(words.split()) <= DATELINE_WORDS and not lower


def _credit_lines(text: str, byline: str | None) -> list[str]:
    """Return what could be a credit line: short paragraphs at either end, words in brackets."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    ends = [*lines[:LINES], *lines[-LINES:]] if len(lines) > 2 * LINES else lines
    short = [line.strip("()[]* ") for line in (*ends, byline or "") if len(line) <= TAIL]
    bracketed = [found.strip("()[] ") for line in ends for found in IN_BRACKETS.findall(line)]
    return list(dict.fromkeys((*short, *bracketed)))


def _named(lines: Iterable[str], patterns: Sequence[re.Pattern[str]], forms: Forms) -> list[str]:
    found = (p.fullmatch(line.rstrip(" .।۔")) for line in lines for p in patterns)
    return [name for match in found if match for name in forms.agencies(match["names"])]


def _last_words(text: str, forms: Forms) -> list[str]:
    """Return the agencies a text is signed with; every name there must be one."""
    found = LAST_WORDS.search(text.rstrip()[-TAIL:])
    if found is None:
        return []
    names = INITIALS.sub("", found["names"])
    agencies = forms.agencies(names)
    pieces = [piece for piece in SPLIT.split(names) if piece]
    return agencies if len(agencies) == len(pieces) else []


# -- what is known ----------------------------------------------------------------------------


@cache
def _forms(actors_dir: Path | None) -> Forms:
    known = tomllib.loads((HERE / "credit.toml").read_text("utf-8"))
    own = sorted(actors_dir.glob("*.toml")) if actors_dir is not None else []
    names = dict(form for path in (AGENCIES, *own) for form in _names(path))
    names |= {other: name for name, others in known["names"].items() for other in others}
    before, behind = ("|".join(known["byline"][side]) for side in ("before", "behind"))
    return Forms(
        names=names,
        inputs=_patterns(known["credits"]["inputs"]),
        copies=_patterns(known["credits"]["copies"]),
        around=re.compile(rf"^(?:(?:{before})[\s:]+)+|(?:\s+(?:{behind}))+$", re.IGNORECASE),
    )


def _names(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every form of an agency's name and the name shown."""
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("agencies", {})
        for name, row in table.items():
            for form in (name, name.upper(), *_others(row)):
                yield form, name
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(error), subject=str(path)) from error
    except (AttributeError, TypeError) as error:
        raise ConfigError('agencies must look like "Name" = { names = ["Other"] }',
                          subject=str(path)) from error  # fmt: skip


def _others(row: Mapping[str, Any]) -> list[str]:
    return [str(other) for other in row.get("names", [])]


def _patterns(expressions: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(expression.replace("NAMES", r"(?P<names>.{2,120}?)"), re.IGNORECASE)
        for expression in expressions
    )
