"""Which rules does a claim or an article meet, and why? Pure; one answer for everybody.

Every condition of the claim rules is a column of bit sets, bit i standing for rule i: a
claim is matched by a handful of ANDs over integers, so 10,000 rules cost about what 100 do.
Keyword rules are found through their rarest needed term: one pass over the text finds the
terms of all rules at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import or_

from pipeline.errors import ConfigError
from pipeline.records import Article, Claim, Decision, Rule, RuleKind
from pipeline.terms import Hit, TermMatcher, closest

Matched = tuple[tuple[Rule, str], ...]  # (rule, reason), in the order of the rules
Found = Mapping[str, Mapping[str, list[Hit]]]  # field -> term -> where

FIELDS: Mapping[str, Callable[[Article], str]] = {
    "title": lambda article: article.title,
    "summary": lambda article: article.summary,
    "text": lambda article: article.text,
}


class RuleIndex:
    """The enabled rules, prepared once; unchanged afterwards."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Prepare the rules.

        Raises:
            ConfigError: a term of a keyword rule has no letter or digit.
        """
        self.rules: tuple[Rule, ...] = tuple(rule for rule in rules if rule.enabled)
        self.claims = _claim_table([r for r in self.rules if r.kind is RuleKind.CLAIM])
        self.keywords = _keyword_table([r for r in self.rules if r.kind is RuleKind.KEYWORD])


def matching(
    index: RuleIndex,
    claim: Claim,
    decision: Decision,
    article: Article,
    *,
    any_novelty: bool = False,
) -> Matched:
    """Return the claim rules this claim meets, each with the reason.

    A claim that is not alert-worthy, or only recalled, meets none. `any_novelty` leaves out
    what a rule says about novelty: whom would a repeat have woken when it was new?
    """
    if not claim.alert_worthy or claim.background:
        return ()
    table = index.claims
    met = _met(table, claim, decision.topic, article)
    if not any_novelty:
        met &= table.columns["novelty"].allowing((decision.novelty.value,))
    return tuple((rule, _claim_reason(rule, claim, decision)) for rule in _picked(table.rules, met))


def keyword_matching(index: RuleIndex, article: Article) -> Matched:
    """Return the keyword rules this article meets, each with the words that made it."""
    table = index.keywords
    if not table.rules:
        return ()
    found = _find_terms(table, article)
    reasons = (
        (rule, _keyword_reason(rule, article, found)) for rule in _candidates(table, article, found)
    )
    return tuple((rule, reason) for rule, reason in reasons if reason is not None)


# -- bit sets ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """One condition of all rules: which ask nothing, which accept a value."""

    free: int
    by_value: Mapping[str, int]

    def allowing(self, values: Iterable[str]) -> int:
        met = self.free
        for value in values:
            met |= self.by_value.get(value.casefold(), 0)
        return met


def _column(rules: Sequence[Rule], values_of: Callable[[Rule], Iterable[str]]) -> _Column:
    free, by_value = 0, dict[str, int]()
    for number, rule in enumerate(rules):
        values = {value.casefold() for value in values_of(rule)}
        if not values:
            free |= 1 << number
        for value in values:
            by_value[value] = by_value.get(value, 0) | 1 << number
    return _Column(free, by_value)


def _picked(rules: Sequence[Rule], met: int) -> Iterator[Rule]:
    while met:
        lowest = met & -met
        yield rules[lowest.bit_length() - 1]
        met ^= lowest


# -- claim rules ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ClaimTable:
    rules: Sequence[Rule]
    columns: Mapping[str, _Column]
    floors: Sequence[float]  # the distinct min_confidence, ascending
    above: Sequence[int]  # above[n]: rules whose floor is among the n lowest


def _claim_table(rules: Sequence[Rule]) -> _ClaimTable:
    columns = {
        "topic": _column(rules, lambda r: r.topics),
        "act": _column(rules, lambda r: r.acts),
        "theme": _column(rules, lambda r: r.themes),
        "party": _column(rules, lambda r: r.parties),
        "novelty": _column(rules, lambda r: [n.value for n in r.novelty]),
        "anonymous": _column(rules, lambda r: [] if r.anonymous is None else [str(r.anonymous)]),
        "language": _column(rules, lambda r: r.languages),
        "outlet": _column(rules, lambda r: r.outlets),
    }
    floors: dict[float, int] = {}
    for number, rule in enumerate(rules):
        floors[rule.min_confidence] = floors.get(rule.min_confidence, 0) | 1 << number
    ascending = sorted(floors)
    above = list(accumulate((floors[floor] for floor in ascending), or_, initial=0))
    return _ClaimTable(rules, columns, ascending, above)


def _met(table: _ClaimTable, claim: Claim, topic: str, article: Article) -> int:
    """Return the rules whose conditions the claim meets, novelty aside."""
    columns = table.columns
    met = table.above[bisect_right(table.floors, claim.confidence)]
    met &= columns["topic"].allowing((topic,))
    met &= columns["act"].allowing(_some(claim.act))
    met &= columns["theme"].allowing(_some(claim.theme))
    met &= columns["party"].allowing(_parties(claim))
    met &= columns["anonymous"].allowing((str(claim.anonymous),))
    met &= columns["language"].allowing(_languages(article.language))
    return met & columns["outlet"].allowing((article.outlet,))


def _some(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _parties(claim: Claim) -> tuple[str, ...]:
    return (*claim.countries, *_some(claim.speaker))


def _languages(tag: str | None) -> tuple[str, ...]:
    """Return "en-in" and "en" for "en-IN": a rule may name either."""
    if tag is None:
        return ()
    tag = tag.replace("_", "-").casefold()
    return (tag, tag.partition("-")[0])


def _claim_reason(rule: Rule, claim: Claim, decision: Decision) -> str:
    """Name what the rule asked for and found; always how new the claim is."""
    parties = {name.casefold() for name in rule.parties}
    said = [
        f"topic {decision.topic}" if rule.topics else "",
        f"act {claim.act}" if rule.acts else "",
        f"theme {claim.theme}" if rule.themes else "",
        " ".join(["party", *(p for p in _parties(claim) if p.casefold() in parties)])
        if parties
        else "",
        {True: "anonymous", False: "named", None: ""}[rule.anonymous],
        f"confidence {claim.confidence:.2f}" if rule.min_confidence else "",
        f"{decision.novelty} ({decision.reason})",
    ]
    return "; ".join(filter(None, said))


# -- keyword rules ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _KeywordTable:
    rules: Sequence[Rule]
    columns: Mapping[str, _Column]
    anchors: Mapping[str, int]  # term -> rules that need it (or, without `all`, accept it)
    loose: int  # rules that need no term at all
    fields: Sequence[str]
    matcher: TermMatcher


def _keyword_table(rules: Sequence[Rule]) -> _KeywordTable:
    anchors, loose = _anchors(rules)
    columns = {
        "topic": _column(rules, lambda r: r.topics),
        "language": _column(rules, lambda r: r.languages),
        "outlet": _column(rules, lambda r: r.outlets),
    }
    used = {name for rule in rules for name in rule.fields}
    try:
        matcher = TermMatcher(dict.fromkeys(term for rule in rules for term in _terms(rule)))
    except ValueError as error:
        raise ConfigError(str(error), subject="keyword rules") from error
    return _KeywordTable(
        rules,
        columns,
        anchors,
        loose,
        fields=[name for name in FIELDS if name in used],
        matcher=matcher,
    )


def _terms(rule: Rule) -> tuple[str, ...]:
    return (*rule.any, *rule.all, *rule.near, *rule.none)


def _anchors(rules: Sequence[Rule]) -> tuple[dict[str, int], int]:
    """Return for each term the rules to look at when it is found, and those to always look at.

    A rule that needs several terms waits for the one that fewest rules share: a word that
    every rule has must not make every rule a candidate.
    """
    shared = Counter(term for rule in rules for term in {*rule.all, *rule.near, *rule.any})
    anchors, loose = dict[str, int](), 0
    for number, rule in enumerate(rules):
        needed = (*rule.all, *rule.near)
        rarest = (min(needed, key=lambda term: shared[term]),) if needed else rule.any
        if not rarest:
            loose |= 1 << number
        for term in rarest:
            anchors[term] = anchors.get(term, 0) | 1 << number
    return anchors, loose


def _find_terms(table: _KeywordTable, article: Article) -> dict[str, dict[str, list[Hit]]]:
    found: dict[str, dict[str, list[Hit]]] = {}
    for name in table.fields:
        hits = found.setdefault(name, {})
        for hit in table.matcher.find(FIELDS[name](article)):
            hits.setdefault(hit.term, []).append(hit)
    return found


def _candidates(table: _KeywordTable, article: Article, found: Found) -> Iterator[Rule]:
    met = table.loose
    for term in {term for hits in found.values() for term in hits}:
        met |= table.anchors.get(term, 0)
    met &= table.columns["topic"].allowing(article.topics)
    met &= table.columns["language"].allowing(_languages(article.language))
    met &= table.columns["outlet"].allowing((article.outlet,))
    return _picked(table.rules, met)


def _keyword_reason(rule: Rule, article: Article, found: Found) -> str | None:
    """Return where the rule's words stand, or None if it is not met."""
    where = {
        term: name for name in reversed(rule.fields) for term in found.get(name, {})
    }  # term -> the first field of the rule that has it
    if any(term in where for term in rule.none):
        return None
    if not all(term in where for term in rule.all):
        return None
    one = next((term for term in rule.any if term in where), None)
    if rule.any and one is None:
        return None
    near = _near_field(rule, article, found) if rule.near else None
    if rule.near and near is None:
        return None
    told = [f'{where[term]}: "{term}"' for term in (*rule.all, *_some(one))]
    if near is not None:
        told.append(f"{near}: " + " near ".join(f'"{term}"' for term in rule.near))
    return "; ".join(told) or "any article"


def _near_field(rule: Rule, article: Article, found: Found) -> str | None:
    """Return the first field where all `near` terms stand within `within` words, if any."""
    for name in rule.fields:
        hits = [found.get(name, {}).get(term, []) for term in rule.near]
        if all(hits) and closest(FIELDS[name](article), hits, rule.within):
            return name
    return None


__all__ = ["FIELDS", "Matched", "RuleIndex", "keyword_matching", "matching"]
