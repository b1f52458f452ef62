"""Answers compare's questions: one look-up in an index for each line (see `questions`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from pipeline.questions import AROUND, CURRENT, Asked, Question, Side, Track
from pipeline.records import Contradiction, Ledger, Position, Proposition
from pipeline.stores.documents import encode, loads, loads_again
from pipeline.stores.sqlite.database import Database, Row
from pipeline.stores.sqlite.times import micros


def ledger(database: Database, topic: str, question: Question) -> Ledger:
    """Return what the lines of a question find, each record once, in the order of ids."""
    with database.read():
        said = _propositions(database, topic, question.said)
        held = [row for line in question.tracks for row in _track(database, topic, line)]
        sides = [row for line in question.sides for row in _side(database, topic, line)]
        pairs = _pairs(database, question.pairs)
    stances = [loads_again(Position, document) for document in _documents(held)]
    return Ledger(
        propositions=tuple(loads_again(Proposition, document) for document in _documents(said)),
        positions=tuple(p for p in stances if p.until is None),
        contradictions=tuple(
            loads(Contradiction, document) for document in _documents((*sides, *pairs))
        ),
        history=tuple(p for p in stances if p.until is not None),
    )


def _documents(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the documents of rows (id, document), each once, by id."""
    found: dict[str, str] = dict(rows)
    return (found[key] for key in sorted(found))


# -- propositions -------------------------------------------------------------------------------

# Lines share much of what they find, and documents are long: each is read once, by its id, and
# a line reads no more than its index.
_DOCUMENTS = """
    SELECT p.id, p.proposition FROM json_each(?) j JOIN propositions p ON p.id = j.value
"""
_BY_NAME = """
    SELECT h.id FROM heard h{join}
    WHERE h.topic = :topic AND h.tag = :name{since}{until}{begun}
    ORDER BY h.last DESC, h.id DESC LIMIT :limit
"""
_JOIN = " JOIN propositions p ON p.id = h.id"
_BY_COLUMNS = """
    SELECT p.id FROM propositions p INDEXED BY {index}
    WHERE p.topic = :topic{party}{act}{issue}{day}{since}{until}{begun}
    ORDER BY p.last DESC, p.id DESC LIMIT :limit
"""
_NARROWED = {
    "party": " AND p.party = :party",
    "act": " AND p.act = :act",
    "issue": " AND p.issue = :issue",
    "day": " AND p.day = :day",
    "since": " AND {table}.last >= :since",
    "until": " AND {table}.last <= :until",
    "begun": " AND p.first <= :begun",
}


def _propositions(database: Database, topic: str, lines: Iterable[Asked]) -> list[Row]:
    found = {row[0] for line in lines for row in _said(database, topic, line)}
    return database.run(_DOCUMENTS, (encode(sorted(found)),)) if found else []


def _said(database: Database, topic: str, line: Asked) -> list[Row]:
    """Return the ids of what a line finds."""
    if line.id is not None:
        return [(line.id,)]
    values = {name: getattr(line, name) for name in _NARROWED}
    given = {name: value for name, value in values.items() if value is not None}
    table = "h" if line.name is not None else "p"
    clauses = {
        name: _NARROWED[name].format(table=table) if name in given else "" for name in _NARROWED
    }
    select = _BY_NAME if line.name is not None else _BY_COLUMNS
    join = _JOIN if line.begun is not None else ""
    return database.run(
        select.format(index=_index(line), join=join, **clauses),
        {"topic": topic, "name": line.name, "limit": line.limit}
        | {name: _plain(value) for name, value in given.items()},
    )


def _index(line: Asked) -> str:
    """Return the index that has a line's rows side by side."""
    if line.day is not None:
        return "propositions_of_day"
    column = "act" if line.act is not None else "issue"
    return f"propositions_of_{'party_' if line.party is not None else ''}{column}"


def _plain(value: object) -> object:
    return micros(value) if isinstance(value, datetime) else value


# -- positions and contradictions ------------------------------------------------------------------

_CURRENT = """
    SELECT id, position FROM positions
    WHERE topic = :topic AND party = :party AND issue = :issue AND until IS NULL
    ORDER BY since DESC, id DESC LIMIT :limit
"""
_BEFORE = """
    SELECT id, position FROM positions
    WHERE topic = :topic AND party = :party AND issue = :issue AND act = :act AND since <= :at
    ORDER BY since DESC, id DESC LIMIT :limit
"""
_AFTER = """
    SELECT id, position FROM positions
    WHERE topic = :topic AND party = :party AND issue = :issue AND act = :act AND since > :at
    ORDER BY since, id LIMIT :limit
"""


def _track(database: Database, topic: str, line: Track) -> Iterator[Row]:
    asked = {"topic": topic, "party": line.party, "issue": line.issue, "at": micros(line.at)}
    yield from database.run(_CURRENT, asked | {"limit": CURRENT})
    for act in line.acts:
        yield from database.run(_BEFORE, asked | {"act": act, "limit": AROUND})
        yield from database.run(_AFTER, asked | {"act": act, "limit": AROUND})


_SIDES = tuple(
    f"""
    SELECT id, contradiction FROM contradictions
    WHERE topic = :topic AND party_{side} = :party AND act_{side} = :act AND issue = :issue
    AND closed IS NULL ORDER BY opened DESC, id DESC LIMIT :limit
    """  # noqa: S608 - a letter
    for side in "ab"
)
_PAIRS = """
    SELECT id, contradiction FROM contradictions
    WHERE id IN (SELECT value FROM json_each(?)) AND closed IS NULL
"""


def _side(database: Database, topic: str, line: Side) -> Iterator[Row]:
    asked = {"topic": topic, "party": line.party, "act": line.act, "issue": line.issue}
    for select in _SIDES:
        yield from database.run(select, asked | {"limit": line.limit})


def _pairs(database: Database, ids: tuple[str, ...]) -> list[Row]:
    return database.run(_PAIRS, (encode(list(ids)),)) if ids else []


__all__ = ["ledger"]
