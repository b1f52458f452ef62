"""Passages: the acts, by country, and whether an analyst would want to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.evaluation.counting import Counts, Tally, share
from pipeline.evaluation.labels import OTHER, Row, accepted_acts, country_codes, plain
from pipeline.evaluation.pairing import pair_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An act by one country in one passage; a joint statement is one for each country."""

    country: str
    act: str
    acts: frozenset[str]
    name: str = ""
    also: frozenset[str] = field(default_factory=frozenset)  # other names of the speaker


def gold_said(statement: Row) -> Iterator[Said]:
    """Yield what a gold statement of a passage asks for."""
    act, acts = accepted_acts(statement)
    also = frozenset(map(plain, statement.get("speaker_alt", ())))
    for code in sorted(country_codes(statement["speaker_country"])) or [""]:
        yield Said(country=code, act=act, acts=acts, name=plain(statement["speaker"]), also=also)


def predicted_said(claims: Iterable[Row]) -> Iterator[Said]:
    """Yield what the claims of a passage say; a claim without an act says nothing."""
    for claim in claims:
        act = claim["act"] or OTHER
        if act != OTHER:
            for code in sorted(country_codes(claim["speaker_country"])) or [""]:
                name = plain(claim["speaker"])
                yield Said(country=code, act=act, acts=frozenset({act}), name=name)


def distinct(items: Iterable[Said]) -> list[Said]:
    """Return the first of each (country, act)."""
    found: dict[tuple[str, str], Said] = {}
    for item in items:
        found.setdefault((item.country, item.act), item)
    return list(found.values())


def said_alike(predicted: Said, gold: Said) -> float:
    """Return how well two acts go together: 0 when act or side is wrong."""
    side = predicted.country == gold.country or (predicted.name and predicted.name in gold.also)
    if predicted.act not in gold.acts or not side:
        return 0.0
    return 1.0 + (predicted.act == gold.act) + 0.5 * (predicted.country == gold.country)


def score_passage(passage: Row, relevant: bool, claims: Sequence[Row]) -> Counts:
    """Return the counts of one passage; background neither counts for nor against."""
    stated = passage["statements"]
    news = distinct(s for row in stated if not row["background"] for s in gold_said(row))
    recalled = [s for row in stated if row["background"] for s in gold_said(row)]
    predicted = distinct(predicted_said(claims))
    right = _matches(predicted, news)
    spare = _not_in(predicted, (p for p, _ in right))
    spare = _not_in(spare, (p for p, _ in _matches(spare, recalled)))
    spare = [p for p in spare if not any(p.act in g.acts and p.name in g.also for _, g in right)]
    counts: Counts = {"act": Tally(len(right), len(right) + len(spare), len(news))}
    for item, tally in (
        *((g, Tally(1, 1, 1)) for _, g in right),
        *((g, Tally(0, 0, 1)) for g in _not_in(news, (g for _, g in right))),
        *((p, Tally(0, 1, 0)) for p in spare),
    ):
        counts[f"act:{item.act}"] = counts.get(f"act:{item.act}", Tally()) + tally
    return counts | _relevance(passage, relevant, bool(predicted))


def _matches(predicted: Sequence[Said], gold: Sequence[Said]) -> list[tuple[Said, Said]]:
    pairs = pair_up([[said_alike(p, g) for g in gold] for p in predicted])
    return [(predicted[i], gold[j]) for i, j in pairs]


def _not_in(items: Iterable[Said], used: Iterable[Said]) -> list[Said]:
    gone = {id(item) for item in used}
    return [item for item in items if id(item) not in gone]


def _relevance(passage: Row, relevant: bool, any_act: bool) -> Counts:
    truth = bool(passage["relevant"])
    counts = {"relevance": Tally(relevant and truth, relevant, truth)}
    if not truth:
        names = ["false_alarm", *(f"false_alarm:{tag}" for tag in passage.get("tags", ()))]
        counts |= {name: share(relevant, 1) for name in names}
    if not passage["statements"]:
        counts["act_where_none"] = share(any_act, 1)
    return counts
