"""Says in our errors, and in words that help, what SQLite refused to do."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from pipeline.errors import StoreError, StoreFull

FULL_BYTES = 1 << 20  # an I/O error with less free than this is taken for a full disk


def explain(error: sqlite3.Error, url: str, path: Path) -> StoreError:
    """Return the error to raise for `error`; a locked store and a full disk can be retried."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _is_full(path)):
        return full(url, path)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(url)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(url, path, str(error))
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        return unwritable(url, path, str(error))
    return StoreError(str(error), subject=url)


def full(url: str, path: Path) -> StoreFull:
    """Return the error for a device without space."""
    return StoreFull(
        f"no space left for {path}; nothing acknowledged is lost: free some space and run again",
        subject=url,
    )


def _locked(url: str) -> StoreError:
    error = StoreError(
        "locked by another process for too long; wait for it to end, or end it, and run again",
        subject=url,
    )
    error.retryable = True
    return error


def damaged(url: str, path: Path, what: str) -> StoreError:
    """Return the error for a file that cannot be trusted: it names the newest backup."""
    newest = latest_backup(path)
    rescue = f"the latest backup is {newest}" if newest else "there is no backup beside it"
    return StoreError(
        f"{path} is damaged or no store ({what}); it is left as it is, {rescue}", subject=url
    )


def unwritable(url: str, path: Path, what: str) -> StoreError:
    """Return the error for a place we may not write to."""
    return StoreError(
        f"cannot write {path} ({what}); give yourself write permission on the file and its "
        "folder, or choose another store",
        subject=url,
    )


def latest_backup(path: Path) -> Path | None:
    """Return the newest backup beside the store file, if any."""
    backups = path.parent.glob(f"{path.name}.*.backup")
    return max(backups, key=lambda found: found.stat().st_mtime, default=None)


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL_BYTES
    except OSError:
        return False


__all__ = ["damaged", "explain", "full", "latest_backup", "unwritable"]
