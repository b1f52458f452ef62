"""What compare reads and writes: leases, the ledger, decisions, coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from pipeline.questions import tags_of
from pipeline.records import (
    Comparison,
    Contradiction,
    Coverage,
    Decision,
    Position,
    Proposition,
    stable_id,
)
from pipeline.stores.carriers import coverage_of
from pipeline.stores.documents import dumps, encode, loads, loads_again
from pipeline.stores.sqlite import alerts, diary, index, lookalikes, versions
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros

# -- leases --------------------------------------------------------------------------------


def take_lease(database: Database, name: str, holder: str, now: datetime, ttl_s: float) -> bool:
    """Take or renew a lease; False when another holder's is still valid."""
    with database.write():
        taken = database.change(
            """
            INSERT INTO leases (name, holder, until) VALUES (:name, :holder, :until)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE leases.holder = excluded.holder OR leases.until <= :now
            """,
            {
                "name": name,
                "holder": holder,
                "now": micros(now),
                "until": micros(now) + round(ttl_s * 1e6),
            },
        )
    return taken > 0


def release_lease(database: Database, name: str, holder: str) -> None:
    """Give a lease back; nothing happens if it is not ours."""
    with database.write():
        database.run("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))


def lease_holder(database: Database, name: str) -> str | None:
    """Return who holds a lease, valid or not; None when nobody does."""
    row = database.first("SELECT holder FROM leases WHERE name = ?", (name,))
    return str(row[0]) if row else None


# -- reading ---------------------------------------------------------------------------------


def positions(
    database: Database,
    *,
    topic: str | None,
    party: str | None,
    issue: str | None,
    history: bool,
) -> list[Position]:
    """Return positions by topic, issue and party, each party's oldest first."""
    rows = database.run(
        """
        SELECT position FROM positions WHERE (:topic IS NULL OR topic = :topic)
        AND (:party IS NULL OR party = :party) AND (:issue IS NULL OR issue = :issue)
        AND (:history OR until IS NULL) ORDER BY topic, issue, party, since, id
        """,
        {"topic": topic, "party": party, "issue": issue, "history": history},
    )
    return [loads(Position, position) for (position,) in rows]


def contradictions(database: Database, *, topic: str | None, closed: bool) -> list[Contradiction]:
    """Return contradictions, newest first."""
    rows = database.run(
        """
        SELECT contradiction FROM contradictions WHERE (:topic IS NULL OR topic = :topic)
        AND (:closed OR closed IS NULL) ORDER BY opened DESC, id
        """,
        {"topic": topic, "closed": closed},
    )
    return [loads(Contradiction, contradiction) for (contradiction,) in rows]


def coverage(database: Database, topic: str, key: str) -> Coverage:
    """Return who carried a proposition: outlets by name, origins by number of articles.

    A copy counts for the agency it credits; without one, for what its first article was:
    that one's agency, or its outlet's own reporting.
    """
    rows = database.run(
        """
        SELECT a.outlet,
        coalesce(a.agency, f.agency, 'own reporting: ' || coalesce(f.outlet, a.outlet))
        FROM (SELECT DISTINCT article FROM decisions WHERE topic = ? AND key = ? AND key != '') d
        JOIN articles a ON a.n = d.article LEFT JOIN articles f ON f.id = a.origin
        """,
        (topic, key),
    )
    return coverage_of(rows)


def decisions(database: Database, claim_ids: Sequence[str]) -> list[Decision]:
    """Return all decisions about these claims, by topic."""
    rows = database.run(
        """
        SELECT d.decision FROM claims c
        JOIN decisions d ON d.article = c.article AND d.claim_id = c.id
        WHERE c.id IN (SELECT value FROM json_each(?)) ORDER BY d.claim_id, d.topic
        """,
        (encode(list(claim_ids)),),
    )
    return [loads(Decision, decision) for (decision,) in rows]


# -- writing -----------------------------------------------------------------------------------


def save_comparison(
    database: Database, comparison: Comparison, *, now: Callable[[], datetime]
) -> None:
    """Keep all of a comparison, or nothing; the same comparison again changes nothing.

    Alerts, outbox rows and decisions already there stay as they are; propositions, positions
    and contradictions become what the comparison says.
    """
    digest = _digest(comparison)
    with database.write():
        n = versions.keep(database, comparison.article, now=now, is_late=versions.is_older)
        if database.first("SELECT 1 FROM articles WHERE n = ? AND compared = ?", (n, digest)):
            return
        database.run("UPDATE articles SET compared = ? WHERE n = ?", (digest, n))
        if comparison.sketch is not None:
            lookalikes.save_sketch(database, n, comparison.sketch)
        for decision in comparison.decisions:
            add_decision(database, n, decision)
        put(
            database,
            propositions=comparison.propositions,
            positions=comparison.positions,
            contradictions=comparison.contradictions,
        )
        alerts.add(database, comparison.alerts, comparison.deliveries)
        for alert_id in comparison.repeated:
            alerts.fold(database, alert_id, comparison.article.id)
        diary.add_comparison(database, comparison, comparison.at or now())


def _digest(comparison: Comparison) -> str:
    """Return the id of what compare found (not of the article, which is kept every time)."""
    found = (
        *((comparison.sketch,) if comparison.sketch else ()),
        *comparison.decisions,
        *comparison.propositions,
        *comparison.positions,
        *comparison.contradictions,
        *comparison.alerts,
        *comparison.deliveries,
        *comparison.claims,
    )
    return stable_id(str(comparison.article.version), *map(dumps, found), *comparison.repeated)


def add_decision(database: Database, article: int, decision: Decision) -> None:
    """Keep a decision, inside the caller's transaction; the first one on a topic stays."""
    added = database.change(
        """
        INSERT INTO decisions (claim_id, topic, key, novelty, article, decision)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        (
            decision.claim_id,
            decision.topic,
            decision.key,
            decision.novelty.value,
            article,
            dumps(decision),
        ),
    )
    if added:
        index.add_decision(database, decision)


def put(
    database: Database,
    *,
    propositions: Iterable[Proposition] = (),
    positions: Iterable[Position] = (),
    contradictions: Iterable[Contradiction] = (),
) -> None:
    """Make the ledger say this, inside the caller's transaction."""
    for proposition in propositions:
        _put_proposition(database, proposition)
    database.many(
        """
        INSERT INTO positions (id, topic, issue, party, act, since, until, position)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET since = excluded.since, until = excluded.until,
        act = excluded.act, position = excluded.position
        """,
        [
            (p.id, p.topic, p.issue, p.party, p.act, micros(p.since), _micros(p.until), dumps(p))
            for p in positions
        ],
    )
    database.many(
        """
        INSERT INTO contradictions
        (id, topic, issue, party_a, act_a, party_b, act_b, opened, closed, contradiction)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET issue = excluded.issue,
        party_a = excluded.party_a, act_a = excluded.act_a,
        party_b = excluded.party_b, act_b = excluded.act_b, opened = excluded.opened,
        closed = excluded.closed, contradiction = excluded.contradiction
        """,
        [
            (
                *(c.id, c.topic, c.issue, c.party_a, c.act_a, c.party_b, c.act_b),
                *(micros(c.opened), _micros(c.closed), dumps(c)),
            )
            for c in contradictions
        ],
    )


def _put_proposition(database: Database, proposition: Proposition) -> None:
    """Keep a proposition, and the names it is found by under the time it was last stated."""
    p, last = proposition, micros(proposition.last_stated)
    before = database.first("SELECT proposition FROM propositions WHERE id = ?", (p.id,))
    database.run(
        """
        INSERT INTO propositions
        (id, topic, issue, party, act, day, first, last, proposition)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET issue = excluded.issue, party = excluded.party,
        act = excluded.act, day = excluded.day, first = excluded.first, last = excluded.last,
        proposition = excluded.proposition
        """,
        (p.id, p.topic, p.issue, p.party, p.act, p.day, micros(p.first_stated), last, dumps(p)),
    )
    # Compare has read it a moment ago, and so it is read from memory.
    _hear(database, p, loads_again(Proposition, before[0]) if before else None)


def _hear(database: Database, now: Proposition, before: Proposition | None) -> None:
    """Let a proposition be found by its names, newest first; most names were there before."""
    last, tags = micros(now.last_stated), tags_of(now.party, now.voices)
    known = tags_of(before.party, before.voices) if before else ()
    then = micros(before.last_stated) if before else last
    if then != last:
        database.many(
            "UPDATE heard SET last = ? WHERE topic = ? AND tag = ? AND last = ? AND id = ?",
            [(last, now.topic, tag, then, now.id) for tag in known if tag in tags],
        )
    database.many(
        "DELETE FROM heard WHERE topic = ? AND tag = ? AND last = ? AND id = ?",
        [(now.topic, tag, then, now.id) for tag in known if tag not in tags],
    )
    database.many(
        "INSERT INTO heard (topic, tag, last, id) VALUES (?, ?, ?, ?)",
        [(now.topic, tag, last, now.id) for tag in tags if tag not in known],
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


__all__ = [
    "add_decision",
    "contradictions",
    "coverage",
    "decisions",
    "positions",
    "put",
    "release_lease",
    "save_comparison",
    "take_lease",
]
