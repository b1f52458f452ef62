"""One SQLite file: opened safely, written in whole transactions, its errors in our words.

One connection, shared by the threads of this process under a lock: a thread waits while
another is inside `read` or `write`. Other processes (and a second store object) are kept
apart by SQLite itself: every write begins IMMEDIATE, so it waits its turn instead of
failing half-way, and readers never wait. A store must not be used on both sides of a fork.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, StoreError
from pipeline.stores.sqlite import faults

Row = tuple[Any, ...]
Parameters = Sequence[Any] | dict[str, Any]

OLDEST_SQLITE = (3, 35, 0)
QUICK_CHECK_BYTES = 32 << 20  # a file up to here is checked page by page when opened (< 0.2 s)
CACHE_KB = 65_536
_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"
CHECKPOINT_PAGES = 4_000  # 16 MB of log before it is folded back into the file
_SURROGATES = re.compile("[\ud800-\udfff]")


def path_of(url: str) -> Path:
    """Return the file that a `sqlite:` URL names.

    Raises:
        ConfigError: the URL is written in another way.
    """
    _, found, place = url.partition("sqlite:///")
    if not found or not place:
        raise ConfigError("write sqlite:///relative/path or sqlite:////absolute/path", subject=url)
    return Path(place).expanduser()


class Database:
    """An open SQLite file. `busy_s` is how long a write waits for another process.

    Raises:
        StoreError: the file cannot be opened, is damaged, or belongs to another program.
    """

    def __init__(self, url: str, *, busy_s: float = 30.0) -> None:
        self.url = url
        self.path = path_of(url)
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._damage: StoreError | None = None
        self._open: str | None = None  # how the transaction we are in began
        self._check_sqlite()
        self._make_folder()
        with self.translated():
            self._connection = sqlite3.connect(
                self.path,
                timeout=busy_s,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
        self._busy_s = busy_s
        try:
            self._check_pages()
            self._configure()
        except StoreError:
            self._connection.close()
            raise

    # -- statements --------------------------------------------------------------------

    def run(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and return its rows."""
        with self.translated():
            return self._execute(sql, parameters).fetchall()

    def change(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement and return how many rows it changed."""
        with self.translated():
            return self._execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one INSERT and return the row number of the new row."""
        with self.translated():
            return self._execute(sql, parameters).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each of `rows`."""
        with self.translated():
            for row in rows:
                self._execute(sql, row)

    def first(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Run one statement and return its first row."""
        rows = self.run(sql, parameters)
        return rows[0] if rows else None

    def script(self, sql: str) -> None:
        """Run several statements inside the open transaction (`executescript` would end it)."""
        for statement in _statements(sql):
            self.run(statement)

    def _execute(self, sql: str, parameters: Parameters) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, parameters)
        except UnicodeEncodeError:
            # Half a surrogate pair, as broken JSON brings it, has no UTF-8 form.
            return self._connection.execute(sql, _mended(parameters))

    # -- transactions ------------------------------------------------------------------

    @contextmanager
    def write(self) -> Iterator[None]:
        """Make everything inside one durable transaction; inside another one, part of that."""
        with self._transaction(_WRITE, "COMMIT"):
            yield

    @contextmanager
    def read(self) -> Iterator[None]:
        """Let all reads inside see one state of the store."""
        with self._transaction(_READ, "ROLLBACK"):
            yield

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[None]:
        with self._lock:
            if self._open is not None:
                if (self._open, begin) == (_READ, _WRITE):
                    raise StoreError("a write inside a read would be lost", subject=self.url)
                yield
                return
            self._open = begin
            try:
                self.run(begin)
                yield
                self.run(end)
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._open = None

    def _roll_back(self) -> None:
        # What went wrong before is what the caller must hear of. SQLite may have rolled back
        # already (a full disk), or have closed.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours; after damage was seen, refuse all further work."""
        with self._lock:
            self._check_usable()
            try:
                yield
            except sqlite3.Error as error:
                fault = faults.explain(error, self.url, self.path)
                if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
                    self._damage = fault
                raise fault from error

    def _check_usable(self) -> None:
        if self._damage is not None:
            raise StoreError(self._damage.message, subject=self.url)
        if os.getpid() != self._pid:
            raise StoreError("opened in another process: open the store again", subject=self.url)

    # -- opening and closing -------------------------------------------------------------

    def _check_sqlite(self) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreError(
                f"this Python brings SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed",
                subject=self.url,
            )

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise faults.unwritable(self.url, self.path, str(error)) from error
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise faults.unwritable(self.url, self.path, "read-only")

    def _check_pages(self) -> None:
        """Read the header, and a small file whole, before anything is written to it."""
        self.run("PRAGMA user_version")
        if self.path.exists() and self.path.stat().st_size <= QUICK_CHECK_BYTES:
            found = [str(row[0]) for row in self.run("PRAGMA quick_check(1)")]
            if found != ["ok"]:
                raise faults.damaged(self.url, self.path, found[0].strip())

    def _configure(self) -> None:
        for setting in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "secure_delete=OFF",  # ON while texts are forgotten
            f"cache_size=-{CACHE_KB}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"journal_size_limit={CHECKPOINT_PAGES * 4096}",
        ):
            self.run(f"PRAGMA {setting}")

    def enter_wal(self) -> None:
        """Switch to the write-ahead log: the first thing written to a file.

        SQLite does not wait for the lock this takes, so two first openers have to.
        """
        deadline = time.monotonic() + self._busy_s
        while True:
            try:
                self.run("PRAGMA journal_mode=WAL")
            except StoreError as error:
                if not error.retryable or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def close(self) -> None:
        """Close the file. Closing twice is fine."""
        with self._lock:
            self._connection.close()

    # -- care ------------------------------------------------------------------------------

    def backup(self, target: Path | None = None) -> Path:
        """Write a whole, consistent copy while work goes on; return where it is.

        Without `target` it goes beside the store as NAME.TIME.backup. The copy appears under
        its name only when it is complete and on disk.
        """
        target = target or self._backup_name()
        half = target.with_name(f"{target.name}.{os.getpid()}.half")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            half.unlink(missing_ok=True)
            try:
                self.run("VACUUM INTO ?", (str(half),))
                _sync(half)
                half.replace(target)
            finally:
                half.unlink(missing_ok=True)
            _sync(target.parent)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise faults.full(self.url, target) from error
            raise faults.unwritable(self.url, target, str(error)) from error
        return target

    def _backup_name(self) -> Path:
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        return self.path.with_name(f"{self.path.name}.{at}.backup")

    def check(self) -> list[str]:
        """Return what is wrong with the file, page by page and row by row; empty: nothing."""
        try:
            pages = [str(row[0]) for row in self.run("PRAGMA integrity_check")]
            lost = [f"row of {row[0]} without its {row[2]}" for row in self._orphans()]
        except StoreError as error:
            return [error.message]
        return [line for line in pages if line != "ok"] + lost

    def _orphans(self) -> list[Row]:
        return self.run("PRAGMA foreign_key_check")


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _mended(parameters: Parameters) -> Parameters:
    if isinstance(parameters, dict):
        return {name: _mended_value(value) for name, value in parameters.items()}
    return [_mended_value(value) for value in parameters]


def _mended_value(value: object) -> object:
    return _SURROGATES.sub("\ufffd", value) if isinstance(value, str) else value


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["Database", "Row", "path_of"]
