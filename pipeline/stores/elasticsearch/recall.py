"""Answers compare's questions: one search for each line, all of them in one request."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.questions import AROUND, CURRENT, Asked, Question, Side, Track
from pipeline.records import Contradiction, Ledger, Position, Proposition
from pipeline.stores.documents import loads, loads_again
from pipeline.stores.elasticsearch.cluster import Cluster, Search, Source, key_of
from pipeline.stores.times import micros

PROPOSITIONS, POSITIONS, CONTRADICTIONS = "propositions", "positions", "contradictions"
NEWEST: list[Source | str] = [{"last_us": "desc"}, {"id": "desc"}]


def ledger(cluster: Cluster, topic: str, question: Question) -> Ledger:
    """Return what the lines of a question find, each record once, in the order of ids."""
    searches = list(_searches(topic, question))
    if not searches:
        return Ledger()
    cluster.refresh(*dict.fromkeys(one.index for one in searches))
    found: dict[str, dict[str, str]] = {PROPOSITIONS: {}, POSITIONS: {}, CONTRADICTIONS: {}}
    for search, sources in zip(searches, cluster.search_all(searches), strict=True):
        found[search.index].update((source["id"], source["record"]) for source in sources)
    ordered = {index: [kept[key] for key in sorted(kept)] for index, kept in found.items()}
    stances = [loads_again(Position, record) for record in ordered[POSITIONS]]
    return Ledger(
        propositions=tuple(loads_again(Proposition, record) for record in ordered[PROPOSITIONS]),
        positions=tuple(p for p in stances if p.until is None),
        contradictions=tuple(loads(Contradiction, record) for record in ordered[CONTRADICTIONS]),
        history=tuple(p for p in stances if p.until is not None),
    )


def _searches(topic: str, question: Question) -> Iterator[Search]:
    for line in question.said:
        yield Search(PROPOSITIONS, _filtered(_fitting(topic, line)), NEWEST, line.limit)
    for track in question.tracks:
        yield from _track(topic, track)
    for side in question.sides:
        yield from _sides(topic, side)
    if question.pairs:
        ids: Source = {"ids": {"values": [key_of(pair) for pair in question.pairs]}}
        yield Search(CONTRADICTIONS, _filtered([ids], "closed"), ["id"], len(question.pairs))


def _filtered(conditions: list[Source], without: str = "") -> Source:
    missing: Source = {"must_not": [{"exists": {"field": without}}]} if without else {}
    return {"bool": {"filter": conditions} | missing}


def _terms(**values: str) -> list[Source]:
    return [{"term": {field: value}} for field, value in values.items()]


def _fitting(topic: str, line: Asked) -> list[Source]:
    if line.id is not None:
        return [{"ids": {"values": [key_of(line.id)]}}]
    given = {"tags": line.name, "act": line.act, "issue": line.issue}
    given |= {"party": line.party, "day": line.day}
    found = _terms(topic=topic, **{field: value for field, value in given.items() if value})
    moments = (("last_us", "gte", line.since), ("last_us", "lte", line.until))
    for field, how, moment in (*moments, ("first_us", "lte", line.begun)):
        if moment is not None:
            found.append({"range": {field: {how: micros(moment)}}})
    return found


def _track(topic: str, line: Track) -> Iterator[Search]:
    of_party = _terms(topic=topic, party=line.party, issue=line.issue)
    newest: list[Source | str] = [{"since_us": "desc"}, {"id": "desc"}]
    yield Search(POSITIONS, _filtered(of_party, "until"), newest, CURRENT)
    for act in line.acts:
        of_act, at = [*of_party, *_terms(act=act)], micros(line.at)
        before: Source = {"range": {"since_us": {"lte": at}}}
        after: Source = {"range": {"since_us": {"gt": at}}}
        yield Search(POSITIONS, _filtered([*of_act, before]), newest, AROUND)
        yield Search(POSITIONS, _filtered([*of_act, after]), ["since_us", "id"], AROUND)


def _sides(topic: str, line: Side) -> Iterator[Search]:
    newest: list[Source | str] = [{"opened_us": "desc"}, {"id": "desc"}]
    for side in "ab":
        fields = {f"party_{side}": line.party, f"act_{side}": line.act}
        asked = _terms(topic=topic, issue=line.issue, **fields)
        yield Search(CONTRADICTIONS, _filtered(asked, "closed"), newest, line.limit)


__all__ = ["ledger"]
