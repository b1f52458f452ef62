"""Alerts in a file: one JSON line each, on disk before `send` returns, none twice."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ChannelError
from pipeline.records import Alert

TAIL_BYTES = 1_000_000  # looked through for ids; a crash leaves one alert unmarked
FIRST_KEY = b'{"id": "'  # how our lines begin
CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # json leaves these as they are


class FileChannel:
    """Appends to the file at `path`, which other processes may append to and rotate."""

    def __init__(self, name: str, *, path: str | Path) -> None:
        self.name = name
        self._path = Path(path).expanduser()

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """Append `payload` as one line, unless one with this id is there already."""
        line = json_line(alert.id, payload)
        try:
            await asyncio.to_thread(append_once, self._path, alert.id, line)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            retryable = error.errno not in (errno.EISDIR, errno.ENOTDIR)
            text = f"cannot write {self._path.name}: {why}"
            raise ChannelError(text, subject=self.name, retryable=retryable) from error


def json_line(alert_id: str, payload: Mapping[str, object]) -> bytes:
    """Return the line, its id first; readable in every script, without control characters."""
    row = {"id": alert_id} | {key: value for key, value in payload.items() if key != "id"}
    return (
        json.dumps(row, ensure_ascii=False).translate(CONTROLS).encode("utf-8", "replace") + b"\n"
    )


def append_once(path: Path, alert_id: str, line: bytes) -> None:
    """Append `line` and fsync, unless the tail of the file has the id; under a lock.

    A line of ours that a crash cut short is taken out first: it was never acknowledged. When
    the disk is full nothing stays behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        size = _mended_size(file)
        if alert_id in _ids(file, size):
            return
        try:
            _write_all(file, line)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _mended_size(file: int) -> int:
    """Return the size after the last line was completed, or cut off if it is our own torso."""
    size = os.fstat(file).st_size
    tail = _tail(file, size)
    if not tail or tail.endswith(b"\n"):
        return size
    last = tail[tail.rfind(b"\n") + 1 :]
    ours = last.startswith(FIRST_KEY) or FIRST_KEY.startswith(last)
    if ours and not _is_json(last):
        os.ftruncate(file, size - len(last))
        return size - len(last)
    _write_all(file, b"\n")
    return size + 1


def _tail(file: int, size: int) -> bytes:
    return os.pread(file, min(size, TAIL_BYTES), max(0, size - TAIL_BYTES))


def _ids(file: int, size: int) -> set[str]:
    """Return the ids of the last lines."""
    lines = _tail(file, size).split(b"\n")
    ours = (line[len(FIRST_KEY) :] for line in lines if line.startswith(FIRST_KEY))
    return {line[: line.find(b'"')].decode("ascii", "replace") for line in ours}


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
