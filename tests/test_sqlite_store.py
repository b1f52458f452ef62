"""The embedded store under bad luck: kills, full disks, locks, damage, old and new files."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, StoreError, StoreFull
from pipeline.records import Query, Sketch, Stage
from pipeline.stores import open_store
from pipeline.stores.sqlite import SqliteStore, database
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.migrations import MIGRATIONS
from tests.factories import (
    FEED_URL,
    NOON,
    TOPIC,
    alert,
    article,
    at,
    claim,
    comparison,
    decision,
    delivery,
    on,
    poll,
    scraped,
    sketch,
    state,
)

TESTS = Path(__file__).parent
OLD_FILES = sorted((TESTS / "data" / "store").glob("schema-*.sql"))


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(url_of(path))) as opened:
        yield opened


def fill(store: SqliteStore, numbers: range) -> None:
    for n in numbers:
        store.save_poll(poll(n), state(etag=str(n)), [article(n)])


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


# -- opening -------------------------------------------------------------------------------


def test_the_folder_of_a_store_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///new/folder/relative.db").close()
    open_store(f"sqlite:///{tmp_path}/other/absolute.db").close()
    assert (tmp_path / "new/folder/relative.db").exists()
    assert (tmp_path / "other/absolute.db").exists()


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://", "sqlite:///", "sqlite://store.db"])
def test_a_url_written_otherwise_says_how_to_write_it(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///relative/path or sqlite:////absolute/path"):
        open_store(url)


def test_every_commit_is_on_disk_before_it_returns(store: SqliteStore, path: Path) -> None:
    settings = {
        name: store._database.first(f"PRAGMA {name}")
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert settings == {"journal_mode": ("wal",), "synchronous": (2,), "foreign_keys": (1,)}


def test_a_file_of_a_newer_program_is_not_touched(path: Path) -> None:
    with closing(SqliteStore(url_of(path), migrations=[*MIGRATIONS, add_colour])):
        pass
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer than this program"):
        SqliteStore(url_of(path))
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_not_touched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="database of another program"):
        SqliteStore(url_of(path))
    assert path.read_bytes() == before
    assert sorted(found.name for found in path.parent.iterdir()) == ["store.db"]


def test_a_file_that_is_no_database_is_not_touched(path: Path) -> None:
    path.write_text("a shopping list " * 100)
    with pytest.raises(StoreError, match=r"store\.db is damaged or no store"):
        SqliteStore(url_of(path))
    assert path.read_text() == "a shopping list " * 100


def test_a_place_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "store.db", tmp_path):
        with pytest.raises(StoreError, match="give yourself write permission") as caught:
            SqliteStore(url_of(place))
        assert str(place) in str(caught.value)


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Give up root, whom no permission stops, if we are root."""
    was = os.geteuid()
    os.chmod(folder, 0o555)
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)
        os.chmod(folder, 0o755)


def test_a_read_only_file_or_folder_says_what_to_do() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        SqliteStore(url_of(folder / "old.db")).close()
        for name in ("old.db", "new.db"):
            with as_nobody(folder), pytest.raises(StoreError, match="write permission"):
                SqliteStore(url_of(folder / name))
        SqliteStore(url_of(folder / "old.db")).close()
    finally:
        shutil.rmtree(folder)


def test_a_connection_that_may_not_write_says_so(store: SqliteStore) -> None:
    store._database.run("PRAGMA query_only=ON")
    with pytest.raises(StoreError, match="write permission"):
        fill(store, range(1))


def test_a_closed_store_says_so_and_closes_twice(path: Path) -> None:
    store = SqliteStore(url_of(path))
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.counts()


def test_a_store_is_not_used_on_both_sides_of_a_fork(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(StoreError, match="another process"):
        store.counts()


# -- several at once -----------------------------------------------------------------------


def test_a_lock_held_too_long_is_named_and_can_be_retried(path: Path) -> None:
    with (
        closing(SqliteStore(url_of(path), busy_s=0.05)) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process") as caught:
            fill(store, range(1))
        assert caught.value.retryable
        assert store.articles() == []  # readers do not wait
        other.execute("ROLLBACK")
        fill(store, range(1))
        assert len(store.articles()) == 1


def test_a_read_inside_a_write_of_another_store_sees_the_state_before(path: Path) -> None:
    with closing(SqliteStore(url_of(path))) as one, closing(SqliteStore(url_of(path))) as two:
        with one._database.write():
            fill(one, range(3))
            assert len(two.articles()) == 0
        assert len(two.articles()) == 3


def test_threads_of_one_process_take_turns(store: SqliteStore) -> None:
    failed: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for n in range(start, start + 25):
                fill(store, range(n, n + 1))
                assert store.article(article(n).id) == article(n)
                store.search(Query(text="talks"))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert store.counts().articles == 100


# A writer that says on stdout what it was told is kept. Each step is one transaction.
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from tests.factories import (
    alert, article, claim, comparison, decision, delivery, poll, scraped, state,
)
from pipeline.records import Stage
from pipeline.stores.sqlite import SqliteStore

store = SqliteStore(sys.argv[2])
start, end = int(sys.argv[3]), int(sys.argv[4])
start = start if start >= 0 else store.counts().articles + 1
for n in range(start, end):
    def said(what):
        print(what, n, flush=True)
    url = f"https://one.test/{sys.argv[3]}"
    store.save_poll(poll(n, feed_url=url), state(feed_url=url, etag=str(n)), [article(n)])
    said("poll")
    read = scraped(n)
    store.save_article(read)
    said("text")
    claims = [claim(2 * n), claim(2 * n + 1)]
    claims = [replace(c, article_id=read.id) for c in claims]
    store.save_claims(replace(read, stage=Stage.COMPARE), claims)
    said("claims")
    store.save_comparison(comparison(
        read,
        decisions=(decision(2 * n), decision(2 * n + 1)),
        alerts=(alert(n),),
        deliveries=(delivery(n), delivery(n, channel="file")),
    ))
    said("comparison")
"""


@contextmanager
def writer(path: Path, start: int = -1, end: int = 1_000_000) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(TESTS.parent), url_of(path), str(start), str(end)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_two_processes_create_and_write_one_store_at_once(path: Path) -> None:
    with writer(path, 0, 60) as one, writer(path, 100, 160) as two:
        said = [process.communicate()[0] for process in (one, two)]
        assert [process.returncode for process in (one, two)] == [0, 0]
    assert [len(text.splitlines()) for text in said] == [240, 240]
    with closing(SqliteStore(url_of(path))) as store:
        counted = store.counts()
        assert (counted.articles, counted.claims, counted.alerts) == (120, 240, 120)
        assert len(store.feed_states()) == 2
        assert store.check() == []


def test_an_interrupted_write_leaves_no_transaction_open(store: SqliteStore) -> None:
    def interrupted() -> None:
        with store._database.write():
            fill(store, range(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.counts().articles == 0
    fill(store, range(3))
    assert store.counts().articles == 3


def test_a_write_inside_a_read_is_refused(store: SqliteStore) -> None:
    with store._database.read(), pytest.raises(StoreError, match="inside a read"):
        fill(store, range(1))


# -- kill -9 -------------------------------------------------------------------------------

STEPS = {
    "poll": "SELECT count(*) FROM articles WHERE id = 'article-{0:04}'",
    "text": "SELECT count(*) FROM versions v JOIN articles a ON a.n = v.article "
    "WHERE a.id = 'article-{0:04}' AND v.text != ''",
    "claims": "SELECT count(*) = 2 FROM claims c JOIN articles a ON a.n = c.article "
    "WHERE a.id = 'article-{0:04}'",
    "comparison": "SELECT count(*) = 2 FROM deliveries WHERE alert_id = 'alert-{0:04}'",
}
HALF_DONE = {
    "articles without a cursor": "SELECT id FROM articles WHERE id > "
    "(SELECT printf('article-%04d', max(json_extract(feed, '$.etag'))) FROM feeds)",
    "polls without their article": "SELECT 1 WHERE (SELECT count(*) FROM polls) "
    "!= (SELECT count(*) FROM articles)",
    "articles without a version": "SELECT id FROM articles WHERE n NOT IN "
    "(SELECT article FROM versions)",
    "extracted articles without claims": "SELECT id FROM articles WHERE stage IN "
    "('compare', 'done') AND n NOT IN (SELECT article FROM claims)",
    "claims that cannot be found": "SELECT n FROM claims WHERE n NOT IN (SELECT rowid FROM words)",
    "decisions without an alert": "SELECT 1 WHERE (SELECT count(*) FROM decisions) "
    "!= 2 * (SELECT count(*) FROM alerts)",
    "alerts without outbox rows": "SELECT id FROM alerts WHERE 2 != "
    "(SELECT count(*) FROM deliveries WHERE alert_id = id)",
    "finished articles without an alert": "SELECT id FROM articles WHERE stage = 'done' "
    "AND id NOT IN (SELECT article_id FROM alerts)",
}


def killed_at_random(path: Path, chance: random.Random) -> list[str]:
    """Run a writer, kill it at a random moment, return what it had been told is kept."""
    with writer(path) as process:
        assert process.stdout is not None
        first = "" if chance.random() < 0.2 else process.stdout.readline()
        time.sleep(chance.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        said = first + process.stdout.read()
    return [line for line in said.splitlines(keepends=True) if line.endswith("\n")]


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done_under_kill_9(path: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for _ in range(30):
        acknowledged += killed_at_random(path, chance)
        with closing(sqlite3.connect(path)) as connection:
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                continue
            found = {what: connection.execute(sql).fetchall() for what, sql in HALF_DONE.items()}
            assert not any(found.values()), found
    assert len(acknowledged) >= 20  # the kills came while it worked, also on a busy machine
    for line in acknowledged:
        step, number = line.split()
        assert rows(path, STEPS[step].format(int(number))) == [(1,)], line
    with closing(SqliteStore(url_of(path))) as store:
        assert store.check() == []


# -- a full disk ---------------------------------------------------------------------------


def test_a_full_disk_loses_nothing_and_work_goes_on_when_there_is_space(
    store: SqliteStore, path: Path
) -> None:
    (pages,) = store._database.first("PRAGMA page_count") or (0,)
    store._database.run(f"PRAGMA max_page_count={pages + 60}")
    kept = 0

    def fill_up() -> None:
        nonlocal kept
        for n in range(10_000):
            store.save_poll(poll(n), state(etag=str(n)), [scraped(n, "word " * 400)])
            kept += 1

    with pytest.raises(StoreFull, match="no space left") as caught:
        fill_up()
    assert caught.value.retryable
    assert kept > 10
    assert store.counts().articles == kept
    assert store.feed_states()[FEED_URL].etag == str(kept - 1)
    store._database.run("PRAGMA max_page_count=1000000")
    store.save_poll(poll(kept), state(etag="space"), [article(kept)])
    assert store.counts().articles == kept + 1
    assert store.check() == []


# -- damage --------------------------------------------------------------------------------


def damage(path: Path) -> bytes:
    """Overwrite the second half of a closed store's file; return what is there then."""
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 :] = random.Random(1).randbytes(len(whole) - len(whole) // 2)
    path.write_bytes(whole)
    return bytes(whole)


def test_a_damaged_file_is_refused_names_the_backup_and_stays_as_it_is(path: Path) -> None:
    with closing(SqliteStore(url_of(path))) as store:
        fill(store, range(200))
        backup = store.backup()
    damaged = damage(path)
    with pytest.raises(StoreError, match="damaged") as caught:
        SqliteStore(url_of(path))
    assert str(path) in str(caught.value)
    assert str(backup) in str(caught.value)
    assert path.read_bytes() == damaged
    with closing(SqliteStore(url_of(backup))) as rescued:
        assert rescued.counts().articles == 200


def test_damage_found_at_work_stops_all_further_work(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqliteStore(url_of(path))) as store:
        fill(store, range(600))  # the schema is in the sound half
    damaged = damage(path)
    monkeypatch.setattr(database, "QUICK_CHECK_BYTES", 0)
    with closing(SqliteStore(url_of(path))) as store:
        with pytest.raises(StoreError, match="damaged"):
            store.articles()
        with pytest.raises(StoreError, match="there is no backup beside it"):
            fill(store, range(600, 601))
        assert store.check() != []
    assert path.read_bytes() == damaged


def test_the_check_finds_claims_that_cannot_be_searched(store: SqliteStore) -> None:
    store.save_claims(scraped(1), [claim(1)])
    assert store.check() == []
    store._database.run("DELETE FROM words")
    assert store.check() == ["1 claims cannot be searched"]


# -- old files -----------------------------------------------------------------------------


def add_colour(opened: Database) -> None:
    opened.run("ALTER TABLE articles ADD COLUMN colour TEXT")


def fail(opened: Database) -> None:
    opened.run("CREATE TABLE half (a)")
    raise StoreError("a step went wrong")


def old_file(path: Path, dump: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text("utf-8"))


def is_whole(store: SqliteStore) -> bool:
    """Tell whether the records of `schema-1.sql` are all there."""
    return (
        store.article("article-0001") == scraped(1, stage=Stage.DONE)
        and store.article("article-0002") == article(2)
        and [f.claim for f in store.search(Query(text="talks", topic=TOPIC))] == [claim(1)]
        and store.decisions("claim-0001") == [decision(1)]
        and [d.channel for d, _ in store.due(at(9))] == ["file", "terminal"]
        and store.note("name") == "value"
        and store.check() == []
    )


@pytest.mark.parametrize("dump", OLD_FILES, ids=lambda dump: dump.stem)
def test_every_schema_that_ever_was_opens_with_all_it_holds(path: Path, dump: Path) -> None:
    old_file(path, dump)
    with closing(SqliteStore(url_of(path))) as store:
        assert is_whole(store)
        assert rows(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_an_upgrade_keeps_all_and_makes_a_backup_first(path: Path) -> None:
    old_file(path, OLD_FILES[0])
    with closing(SqliteStore(url_of(path), migrations=[*MIGRATIONS, add_colour])) as store:
        assert is_whole(store)
    assert rows(path, "SELECT colour FROM articles") == [(None,), (None,)]
    (backup,) = path.parent.glob("store.db.*.backup")
    assert rows(backup, "PRAGMA user_version") == [(1,)]
    with closing(SqliteStore(url_of(backup))) as old:
        assert is_whole(old)


def test_an_upgrade_that_fails_leaves_the_old_store(path: Path) -> None:
    old_file(path, OLD_FILES[0])
    with pytest.raises(StoreError, match="a step went wrong"):
        SqliteStore(url_of(path), migrations=[*MIGRATIONS, add_colour, fail])
    with closing(SqliteStore(url_of(path))) as store:
        assert is_whole(store)
    assert rows(path, "SELECT name FROM sqlite_master WHERE name = 'half'") == []


def test_opening_a_current_store_makes_no_backup(path: Path) -> None:
    for _ in range(2):
        SqliteStore(url_of(path)).close()
    assert [found.name for found in path.parent.iterdir()] == ["store.db"]


# -- backups -------------------------------------------------------------------------------


def test_a_backup_is_whole_while_another_process_writes(path: Path, tmp_path: Path) -> None:
    with closing(SqliteStore(url_of(path))) as store, writer(path, 500) as process:
        assert process.stdout is not None
        for k in range(3):
            for _ in range(20):
                process.stdout.readline()
            copy = store.backup(tmp_path / "kept" / f"{k}.db")
            with closing(SqliteStore(url_of(copy))) as backup:
                assert backup.check() == []
                assert backup.counts().articles >= 5 * (k + 1)
    assert sorted(found.name for found in (tmp_path / "kept").glob("*.db")) == [
        "0.db",
        "1.db",
        "2.db",
    ]


def test_a_backup_that_cannot_be_written_says_so(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        store.backup(tmp_path / "file" / "copy.db")


# -- cost ----------------------------------------------------------------------------------


def busy(store: SqliteStore) -> None:
    """Every question that the pipeline asks again and again."""
    store.fingerprints(["article-0001"], FEED_URL)
    store.article("article-0001")
    store.pending(Stage.COMPARE)
    store.claims("article-0001")
    store.claim("claim-0001")
    store.ledger(TOPIC, on("river"))
    store.lookalikes(Sketch(article_id="a", bands=("b",), signature=b"", length=1))
    store.coverage(TOPIC, "key")
    store.due(NOON)
    store.sent_since("terminal", "rule", NOON)
    store.alerts(topic=TOPIC, limit=5)
    store.alerts(limit=5)
    store.polls(limit=5)
    store.polls(FEED_URL, limit=5)
    store.articles(topic=TOPIC, limit=5)
    store.save_poll(poll(1), state(), [article(1)])
    store.save_claims(scraped(1), [claim(1)])
    store.save_comparison(
        comparison(
            scraped(1), decisions=(decision(1),), alerts=(alert(1),), deliveries=(delivery(1),)
        )
    )
    store.fold_repeat("alert-0001", "article-0002")
    for query in (
        Query(),
        Query(speaker="a", act="b", anonymous=True, since=NOON),
        Query(text="word", outlet="a"),
    ):
        store.search(query)


def test_no_question_of_the_pipeline_reads_a_whole_table(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}
    execute: Callable[..., sqlite3.Cursor] = store._database._execute

    def listen(sql: str, parameters: database.Parameters) -> sqlite3.Cursor:
        asked[sql] = parameters
        return execute(sql, parameters)

    monkeypatch.setattr(store._database, "_execute", listen)
    busy(store)
    monkeypatch.undo()
    plans = {
        sql: [str(row[3]) for row in store._database.run(f"EXPLAIN QUERY PLAN {sql}", values)]  # type: ignore[arg-type]  # as they came
        for sql, values in asked.items()
        if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))
    }
    assert len(plans) > 30
    bad = {sql: plan for sql, plan in plans.items() if any(map(is_walk, plan))}
    assert bad == {}


def is_walk(step: str) -> bool:
    """Tell whether a step of a plan reads a table from end to end."""
    # Walks that end at a limit, over lists of ours, and over what a condition left.
    fine = ("VIRTUAL", "SCAN c", "SCAN d", "SCAN j", "subquery", "alerts_by_time", "polls_by_time")
    return step.startswith("SCAN") and not any(one in step for one in fine)


def test_the_index_of_lookalikes_is_one_part_after_texts_were_forgotten(store: SqliteStore) -> None:
    for n in range(1, 12):
        bands = (f"0:{n % 3}", f"1:{n}")
        store.save_comparison(comparison(scraped(n), sketch=sketch(n, bands=bands)))
    found = store.lookalikes(sketch(99, bands=("0:1", "1:5")))
    assert len(found) == 5
    assert _parts_of_bands(store) > 1
    store.forget_texts(at(0))
    assert _parts_of_bands(store) == 1
    assert store.lookalikes(sketch(99, bands=("0:1", "1:5"))) == found


def _parts_of_bands(store: SqliteStore) -> int:
    ((parts,),) = store._database.run("SELECT count(DISTINCT segid) FROM bands_idx")
    return int(parts)
