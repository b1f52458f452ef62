"""What a claim is about: the issue of the topic, the parties bound or accused, the mediator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.extract.draft import Draft
from pipeline.extract.patterns import Grammar
from pipeline.records import Issue, Topic

IGO = "IGO"
BY_SPEAKER = frozenset({"MED_OFFER", "MED_CONDUCT", "MED_HALT"})
NAMED = frozenset(
    {"MED_ACCEPT", "MED_REJECT", "MED_WELCOME", "MED_REQUEST", "MED_DENY", "MED_CLAIM"}
)


@dataclass(frozen=True, slots=True)
class Named:
    """A country or group named in a text, and where."""

    code: str
    start: int
    end: int


def issue_of(draft: Draft, content: str, sentence: str, topics: Sequence[Topic]) -> str | None:
    """Return the id of the issue the claim is about, or its theme where no topic has one."""
    if draft.act is None:
        return None
    issues = [issue for topic in topics for issue in topic.issues]
    for words in (content, sentence):
        for issue in issues:
            if any(mentions(words, term) for term in issue.terms):
                return issue.id
    return _by_theme(issues, draft.theme) or draft.theme


def _by_theme(issues: Sequence[Issue], theme: str | None) -> str | None:
    return next((issue.id for issue in issues if theme in issue.themes), None)


def mentions(words: str, term: str) -> bool:
    """Whether `term` occurs in `words` as whole words, case ignored."""
    return _term(term).search(words) is not None


@lru_cache(maxsize=4096)
def _term(term: str) -> re.Pattern[str]:
    # no \b: it is wrong between Devanagari letters and their vowel signs
    return re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)


def third_party_of(
    grammar: Grammar, act: str, own: Sequence[str], content: str, named: Sequence[Named]
) -> tuple[str, ...]:
    """Return the mediators the statement is about; `named` are the countries of `content`."""
    if act in BY_SPEAKER:
        return tuple(own)
    if act not in NAMED:
        return ()
    joined = act not in ("MED_WELCOME", "MED_CLAIM")  # "thanked X and Y": not the two sides
    sides = {one.code for one in named if _is_side(grammar, content, one, named, joined=joined)}
    others = _unique(one.code for one in named if one.code not in (*own, *sides))
    named_itself = any(one.code in own for one in named)
    if others or not (act == "MED_CLAIM" or (act == "MED_DENY" and named_itself)):
        return others
    return tuple(own)


def targets_of(own: Sequence[str], third: Sequence[str], named: Sequence[Named]) -> tuple[str, ...]:
    """Return who is bound, addressed or accused: everybody named but the speaker and mediator."""
    out = {*own, *third, IGO}
    return _unique(n.code for n in named if n.code not in out)


def _is_side(
    grammar: Grammar, content: str, one: Named, named: Sequence[Named], *, joined: bool
) -> bool:
    """Whether a country stands as a side: after "between" or "with", or joined to another."""
    before = content[max(0, one.start - 24) : one.start]
    if grammar.lists_re("object", "between").search(" ".join(before.split()[-4:])):
        return True
    others = (other for other in named if other is not one)
    return joined and any(_joined(grammar, content, one, other) for other in others)


def _joined(grammar: Grammar, content: str, one: Named, other: Named) -> bool:
    first, second = sorted((one, other), key=lambda n: n.start)
    between = content[first.end : second.start].strip()
    conjunction = grammar.lists_re("actors", "conjunction").match(between)
    return conjunction is not None and len(between.split()) <= 2


def _unique(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
