"""How much there is, and small named values."""

from __future__ import annotations

from pipeline.records import Counts, Stage
from pipeline.stores.sqlite.database import Database

_NUMBERS = """
    SELECT (SELECT count(*) FROM feeds), (SELECT count(*) FROM articles),
    (SELECT count(*) FROM versions), (SELECT count(*) FROM articles WHERE matched),
    (SELECT count(*) FROM claims WHERE current),
    (SELECT count(*) FROM positions WHERE until IS NULL),
    (SELECT count(*) FROM contradictions WHERE closed IS NULL), (SELECT count(*) FROM alerts)
"""
_WAITING = """
    SELECT stage, count(*) FROM articles WHERE stage != 'done' GROUP BY stage
    UNION ALL SELECT 'deliveries', count(*) FROM deliveries WHERE state = 'pending'
"""


def counts(database: Database) -> Counts:
    """Count what is current: claims not replaced, positions held, contradictions open."""
    with database.read():
        (numbers,) = database.run(_NUMBERS)
        waiting: dict[str, int] = dict(database.run(_WAITING))
    feeds, articles, versions, matched, claims, positions, contradictions, alerts = numbers
    names = [stage.value for stage in Stage if stage is not Stage.DONE] + ["deliveries"]
    return Counts(
        feeds=feeds,
        articles=articles,
        versions=versions,
        matched=matched,
        claims=claims,
        positions=positions,
        contradictions=contradictions,
        alerts=alerts,
        pending={name: waiting.get(name, 0) for name in names},
    )


def note(database: Database, name: str) -> str | None:
    """Return a small named value, or None."""
    row = database.first("SELECT value FROM notes WHERE name = ?", (name,))
    return str(row[0]) if row else None


def save_note(database: Database, name: str, value: str) -> None:
    """Keep a small named value."""
    with database.write():
        database.run(
            """
            INSERT INTO notes (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """,
            (name, value),
        )


__all__ = ["counts", "note", "save_note"]
