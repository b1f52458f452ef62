"""The PolNeAR metric: attributions found, one to one, by overlap of content and source.

`linked`: Jaccard of characters at least .5 on content and on source, after outer quotation marks
and punctuation are cut off, as annotators include them or not at will. Kinds: direct and mixed by
the quotation marks of the content, else indirect when the cue is a verb of speech, else attitude.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.passages import ROLES, Attribution, Passage, Range

OVERLAP = 0.5
OUTER = ",.;:\"“”«»‘’'"
OUTER_END = OUTER + "!?"
MARKS = '"“”'
SPEECH = re.compile(
    r"\b(sa(?:id|ys?|ying)|t(?:old|ells?|elling)|accord\w+|add(?:ed|s|ing)|ask\w*|"
    r"wr(?:ote|ites?|iting)|tweet\w*|not(?:ed|es|ing)|argu\w+|explain\w*|continu\w+|declar\w+|"
    r"announc\w+|claim\w*|insist\w*|warn\w*|stat(?:ed|es|ing)|repl(?:ied|ies|ying)|respond\w*|"
    r"suggest\w*|acknowledg\w+|admit\w*|alleg\w+|conclud\w+|recall\w*|report\w*|stress\w*|"
    r"urg(?:ed|es|ing)|call(?:ed|s|ing)|describ\w+|predict\w*|confirm\w*|den(?:ied|ies|ying)|"
    r"cit(?:ed|es|ing)|reject\w*|accus\w+|promis\w+|vow\w*|pledg\w+|criticiz\w+|defend\w*)\b",
    re.IGNORECASE,
)
KINDS = ("direct", "mixed", "indirect", "attitude")


def kind(text: str, one: Attribution) -> str:
    """Return one of `KINDS`."""
    content = "".join(text[start:end] for start, end in one.content).strip()
    marks = sum(content.count(mark) for mark in MARKS)
    if not marks:
        cue = " ".join(text[start:end] for start, end in one.cue)
        return "indirect" if SPEECH.search(cue) else "attitude"
    opens = content[0] in '"“'
    closes = content[-1] in '"”' or content[-2:-1] in ('"', "”")
    return "direct" if opens and closes and marks <= 2 * len(one.content) else "mixed"


def bare(text: str, ranges: Iterable[Range]) -> frozenset[int]:
    """Return the places of the characters that count: without outer marks and spaces."""
    kept = [kept for start, end in ranges if (kept := _cut(text, start, end))]
    return frozenset(place for start, end in _joined(text, kept) for place in range(start, end))


def _cut(text: str, start: int, end: int) -> Range | None:
    while start < end and (text[start].isspace() or text[start] in OUTER):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in OUTER_END):
        end -= 1
    return (start, end) if start < end else None


def _joined(text: str, ranges: list[Range]) -> list[Range]:
    """Join what only marks and spaces divide."""
    result: list[Range] = []
    for start, end in sorted(ranges):
        if result and not re.search(r"\w", text[result[-1][1] : start]):
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


@dataclass(frozen=True, slots=True)
class Match:
    """One gold attribution and whether an attribution found covers content, and source too."""

    kind: str
    content: bool
    linked: bool
    found: int | None = None  # number of the attribution found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one passage."""

    matches: tuple[Match, ...]
    found: int


Places = dict[str, frozenset[int]]


def compare(passage: Passage, found: Sequence[Attribution]) -> Outcome:
    """Match the attributions found with those of the passage, best overlap first."""
    text = passage.text
    gold = [_places(text, one) for one in passage.attributions]
    ours = [_places(text, one) for one in found]
    aligned = _aligned(gold, ours)
    matches = []
    for number, one in enumerate(gold):
        partner = aligned.get(number)
        mine = ours[partner] if partner is not None else None
        content = mine is not None and jaccard(one["content"], mine["content"]) >= OVERLAP
        source = mine is not None and jaccard(one["source"], mine["source"]) >= OVERLAP
        what = kind(text, passage.attributions[number])
        matches.append(Match(what, content, content and source, partner))
    return Outcome(tuple(matches), len(found))


def _places(text: str, one: Attribution) -> Places:
    return {role: bare(text, one.ranges(role)) for role in ROLES}


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the shared part of both; two empty sets are equal."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _aligned(gold: list[Places], ours: list[Places]) -> dict[int, int]:
    """Return gold number -> found number, greedily by overlap; a shared cue counts."""
    pairs = []
    for number, one in enumerate(gold):
        for mine, other in enumerate(ours):
            cue = bool(one["cue"] & other["cue"])
            if one["content"] & other["content"] or cue:
                overlap = jaccard(one["content"], other["content"])
                overlap += 0.5 * jaccard(one["source"], other["source"]) + 0.5 * cue
                pairs.append((overlap, number, mine))
    aligned: dict[int, int] = {}
    for _, number, mine in sorted(pairs, reverse=True):
        if number not in aligned and mine not in aligned.values():
            aligned[number] = mine
    return aligned


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of linked attributions, and recall per kind, all 0..1."""

    precision: float
    recall: float
    f1: float
    by_kind: dict[str, float]


def score(outcomes: Iterable[Outcome]) -> Score:
    """Add the passages up."""
    linked: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    found = 0
    for outcome in outcomes:
        found += outcome.found
        for match in outcome.matches:
            gold[match.kind] += 1
            linked[match.kind] += match.linked
    hits = linked.total()
    precision, recall = _share(hits, found), _share(hits, gold.total())
    return Score(
        precision,
        recall,
        _share(2 * hits, found + gold.total()),
        {kind: _share(linked[kind], gold[kind]) for kind in KINDS},
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def interval(
    outcomes: Sequence[Outcome], *, rounds: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of F1, passages drawn with replacement."""
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    values = sorted(score(draw.choices(outcomes, k=len(outcomes))).f1 for _ in range(rounds))
    return values[int(rounds * 0.025)], values[int(rounds * 0.975) - 1]
