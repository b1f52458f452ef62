"""What a claim is about: the issue of the topic, the parties bound or accused, the mediator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.extract.draft import Draft
from pipeline.extract.patterns import Grammar
from pipeline.records import Issue, Topic
from pipeline.terms import TermMatcher

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


# Who mediated, and whether anybody did: these are about what was mediated.
ACCOUNTS = frozenset({"MED_CLAIM", "MED_DENY", "MED_CONDUCT"})
FREE_THEME = "other"  # acts that can be about anything


def issue_of(draft: Draft, content: str, sentence: str, topics: Sequence[Topic]) -> str | None:
    """Return the id of the issue the claim is about, or its theme where no topic has one.

    An issue that claims the act's theme gets it, so that one stance has one issue in whatever
    words it is told. Words decide where no issue does, for acts of no theme, and for accounts
    of a mediation: mediating the truce is not mediating the dispute.
    """
    if draft.act is None or draft.theme is None:
        return None
    issues = tuple(issue for topic in topics for issue in topic.issues)
    own = next((issue.id for issue in issues if draft.theme in issue.themes), None)
    if own is not None and draft.theme != FREE_THEME and draft.act not in ACCOUNTS:
        return own
    for words in (content, sentence):
        named = _named_issue(issues, words, besides=own)
        if named is not None:
            return named
    return own or draft.theme


def _named_issue(issues: tuple[Issue, ...], words: str, *, besides: str | None) -> str | None:
    """Return the issue whose term is the longest in `words`; the first one of equals."""
    matcher, owners = _matcher(issues)
    hits = [hit for hit in matcher.find(words) if owners[hit.term] != besides]
    longest = max(hits, key=lambda hit: (hit.end - hit.start, -hit.start), default=None)
    return owners[longest.term] if longest is not None else None


@lru_cache(maxsize=64)
def _matcher(issues: tuple[Issue, ...]) -> tuple[TermMatcher, dict[str, str]]:
    owners: dict[str, str] = {}
    for issue in issues:
        for term in issue.terms:
            owners.setdefault(term, issue.id)
    return TermMatcher(owners), owners


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
