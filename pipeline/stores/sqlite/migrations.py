"""The schema, as the ordered list of steps that built it. `PRAGMA user_version` counts them.

A released step is never edited: a change is a new step at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.questions import tags_of
from pipeline.records import Proposition
from pipeline.stores.documents import loads
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros

Migration = Callable[[Database], None]

APPLICATION_ID = 0x54525543  # "TRUC" in the header: whose file this is


def create(database: Database) -> None:
    """Step 1: everything."""
    database.script(_SCHEMA)


def index_the_ledger(database: Database) -> None:
    """Step 2: columns and names by which compare asks the ledger bounded questions."""
    database.script(_LEDGER)
    for (document,) in database.run("SELECT proposition FROM propositions ORDER BY id"):
        known = loads(Proposition, document)
        database.run(
            "UPDATE propositions SET party = ?, act = ?, day = ?, first = ?, last = ? WHERE id = ?",
            (
                *(known.party, known.act, known.day),
                *(micros(known.first_stated), micros(known.last_stated), known.id),
            ),
        )
        database.many(
            "INSERT INTO heard (topic, tag, last, id) VALUES (?, ?, ?, ?)",
            [
                (known.topic, tag, micros(known.last_stated), known.id)
                for tag in tags_of(known.party, known.voices)
            ],
        )


def diary(database: Database) -> None:
    """Step 3: the diary. What was compared before is not in it: nobody wrote down when."""
    database.script(_DIARY)


MIGRATIONS: tuple[Migration, ...] = (create, index_the_ledger, diary)


def upgrade(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> Path | None:
    """Bring the file to the newest schema in one transaction; return the backup made before.

    A new or current file needs none. Killed half-way, the file is as before.

    Raises:
        StoreError: the file is newer than this program, or another program's.
    """
    found = version(database)
    _check(database, found, len(migrations))
    database.enter_wal()
    if found == len(migrations):
        return None
    backup = database.backup() if found else None
    with database.write():
        # Another process may have done it while we waited for the lock.
        for number in range(version(database), len(migrations)):
            migrations[number](database)
        database.run(f"PRAGMA application_id={APPLICATION_ID}")
        database.run(f"PRAGMA user_version={len(migrations)}")
    return backup


def version(database: Database) -> int:
    """Return how many steps built the file; 0 for a new one."""
    row = database.first("PRAGMA user_version")
    return int(row[0]) if row else 0


def _check(database: Database, found: int, known: int) -> None:
    if _is_foreign(database):
        raise StoreError(
            f"{database.path} is a database of another program; choose another file",
            subject=database.url,
        )
    if found > known:
        raise StoreError(
            f"newer than this program (schema {found}, this program knows {known}): "
            "install the newer program, or choose another store",
            subject=database.url,
        )


def _is_foreign(database: Database) -> bool:
    ((owner,),) = database.run("PRAGMA application_id")
    ((tables,),) = database.run("SELECT count(*) FROM sqlite_master")
    return bool(owner != APPLICATION_ID and tables > 0)


# Times are microseconds since 1970 (see times.py). A column named like its table holds the
# whole record as JSON (see documents.py); the other columns are there to be searched, or
# change without the record (stage, baseline, repeats ...), and then they are what counts.
# Rows refer to articles by row number: such keys arrive in order, so that inserting stays as
# cheap in a big store as in a small one.
_SCHEMA = """
CREATE TABLE feeds (url TEXT PRIMARY KEY, feed TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE polls (
    n INTEGER PRIMARY KEY, feed_url TEXT NOT NULL, at INTEGER NOT NULL,
    digest TEXT NOT NULL, poll TEXT NOT NULL);
CREATE INDEX polls_of_feed ON polls (feed_url, at);
CREATE INDEX polls_by_time ON polls (at);

CREATE TABLE articles (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
    stage TEXT NOT NULL, baseline INTEGER NOT NULL, matched INTEGER NOT NULL,
    version INTEGER NOT NULL, fingerprint TEXT NOT NULL, feed_url TEXT NOT NULL,
    outlet TEXT NOT NULL, agency TEXT, origin TEXT, compared TEXT, article TEXT NOT NULL);
CREATE INDEX articles_pending ON articles (stage, at, id) WHERE stage != 'done';
CREATE INDEX articles_matched ON articles (at) WHERE matched;

CREATE TABLE topics (
    topic TEXT, article INTEGER REFERENCES articles, PRIMARY KEY (topic, article)) WITHOUT ROWID;

-- What a feed showed last, where that is not the fingerprint of the article it brought first.
CREATE TABLE shown (
    article INTEGER REFERENCES articles, feed_url TEXT, fingerprint TEXT NOT NULL,
    PRIMARY KEY (article, feed_url)) WITHOUT ROWID;

-- forgotten: 0 whole, 1 excerpts only, 2 no text
CREATE TABLE versions (
    article INTEGER NOT NULL REFERENCES articles, number INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, forgotten INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL,
    text_hash TEXT NOT NULL, text_from TEXT, diff TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (article, number));
CREATE INDEX versions_by_time ON versions (forgotten, seen_at);

-- n grows with said_at (see claims.py), so that newest first is the order of every index.
CREATE TABLE claims (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES articles,
    current INTEGER NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL,
    claim TEXT NOT NULL);
CREATE INDEX claims_of_article ON claims (article, current);

-- Current claims only, under the row number of `claims`. `facets` holds one token for each
-- value a claim is found by (see index.py).
CREATE VIRTUAL TABLE words USING fts5 (
    text, title, facets,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");

CREATE TABLE decisions (
    article INTEGER REFERENCES articles, claim_id TEXT, topic TEXT, key TEXT NOT NULL,
    novelty TEXT NOT NULL, decision TEXT NOT NULL,
    PRIMARY KEY (article, claim_id, topic)) WITHOUT ROWID;
CREATE INDEX decisions_of_key ON decisions (topic, key);

CREATE TABLE propositions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL, proposition TEXT NOT NULL
    ) WITHOUT ROWID;
CREATE INDEX propositions_of_issue ON propositions (topic, issue);

CREATE TABLE positions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL, party TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER, position TEXT NOT NULL);
CREATE INDEX positions_current ON positions (topic, issue) WHERE until IS NULL;
CREATE INDEX positions_ended ON positions (topic, issue, since) WHERE until IS NOT NULL;

CREATE TABLE contradictions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL,
    opened INTEGER NOT NULL, closed INTEGER, contradiction TEXT NOT NULL);
CREATE INDEX contradictions_open ON contradictions (topic, issue) WHERE closed IS NULL;

-- n grows with the time of the article, so that the oldest lookalikes come first. The bands
-- are in an inverted index of their own: 42 random keys an article would dirty 42 pages of a
-- table, and a hundred million of them do not stay in memory.
CREATE TABLE sketches (
    n INTEGER PRIMARY KEY, article INTEGER NOT NULL UNIQUE REFERENCES articles,
    sketch TEXT NOT NULL);
CREATE VIRTUAL TABLE bands USING fts5 (keys, content = '', detail = none, columnsize = 0);

CREATE TABLE alerts (
    id TEXT PRIMARY KEY, created INTEGER NOT NULL, topic TEXT, rule TEXT NOT NULL,
    article_id TEXT, repeats INTEGER NOT NULL, alert TEXT NOT NULL);
CREATE INDEX alerts_by_time ON alerts (created);
CREATE INDEX alerts_of_topic ON alerts (topic, created);
CREATE INDEX alerts_of_rule ON alerts (rule, created);
CREATE TABLE repeats (
    alert_id TEXT REFERENCES alerts, article_id TEXT,
    PRIMARY KEY (alert_id, article_id)) WITHOUT ROWID;

CREATE TABLE deliveries (
    alert_id TEXT REFERENCES alerts, channel TEXT, state TEXT NOT NULL, rule TEXT NOT NULL,
    created INTEGER NOT NULL, next_try INTEGER NOT NULL, sent_at INTEGER, delivery TEXT NOT NULL,
    PRIMARY KEY (alert_id, channel)) WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (created, alert_id) WHERE state = 'pending';
CREATE INDEX deliveries_sent ON deliveries (channel, rule, sent_at) WHERE state = 'sent';

CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# Each index ends as the questions order, so that the newest few are read and no more. `heard`
# holds the tags of a proposition (see questions.py) under the time it was last stated.
_LEDGER = """
ALTER TABLE propositions ADD COLUMN party TEXT NOT NULL DEFAULT '';
ALTER TABLE propositions ADD COLUMN act TEXT NOT NULL DEFAULT '';
ALTER TABLE propositions ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE propositions ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE propositions ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
DROP INDEX IF EXISTS propositions_of_issue;
CREATE INDEX propositions_of_issue ON propositions (topic, issue, last, id);
CREATE INDEX propositions_of_act ON propositions (topic, act, last, id);
CREATE INDEX propositions_of_party_act ON propositions (topic, party, act, last, id);
CREATE INDEX propositions_of_party_issue ON propositions (topic, party, issue, last, id);
CREATE INDEX propositions_of_day ON propositions (topic, act, day, last, id);
CREATE TABLE heard (
    topic TEXT, tag TEXT, last INTEGER, id TEXT REFERENCES propositions,
    PRIMARY KEY (topic, tag, last, id)) WITHOUT ROWID;

ALTER TABLE positions ADD COLUMN act TEXT NOT NULL DEFAULT '';
UPDATE positions SET act = coalesce(json_extract(position, '$.act'), '');
DROP INDEX IF EXISTS positions_current;
DROP INDEX IF EXISTS positions_ended;
CREATE INDEX positions_current ON positions (topic, party, issue, since, id) WHERE until IS NULL;
CREATE INDEX positions_of_act ON positions (topic, party, issue, act, since, id);

ALTER TABLE contradictions ADD COLUMN party_a TEXT NOT NULL DEFAULT '';
ALTER TABLE contradictions ADD COLUMN act_a TEXT NOT NULL DEFAULT '';
ALTER TABLE contradictions ADD COLUMN party_b TEXT NOT NULL DEFAULT '';
ALTER TABLE contradictions ADD COLUMN act_b TEXT NOT NULL DEFAULT '';
UPDATE contradictions SET
    party_a = coalesce(json_extract(contradiction, '$.party_a'), ''),
    act_a = coalesce(json_extract(contradiction, '$.act_a'), ''),
    party_b = coalesce(json_extract(contradiction, '$.party_b'), ''),
    act_b = coalesce(json_extract(contradiction, '$.act_b'), '');
DROP INDEX IF EXISTS contradictions_open;
CREATE INDEX contradictions_of_a ON contradictions (topic, party_a, act_a, issue, opened, id)
    WHERE closed IS NULL;
CREATE INDEX contradictions_of_b ON contradictions (topic, party_b, act_b, issue, opened, id)
    WHERE closed IS NULL;
"""

# again: of an article: it had a line before.
_DIARY = """
CREATE TABLE changes (
    n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL,
    at INTEGER NOT NULL, again INTEGER NOT NULL, head TEXT NOT NULL, document BLOB NOT NULL);
CREATE UNIQUE INDEX changes_of_record ON changes (kind, id, part, at);
CREATE INDEX changes_by_time ON changes (kind, at, id, part);
CREATE INDEX changes_again ON changes (kind, at) WHERE again;
"""


__all__ = ["MIGRATIONS", "Migration", "upgrade", "version"]
