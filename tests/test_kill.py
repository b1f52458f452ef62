"""Killed at any moment and run again: nothing lost, nothing doubled, nothing under another id."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.week import state_of

PORT = free_port()
KILLS = 50
LONGEST_S = 5.0  # a life of the process; loading the model alone takes about two seconds


def demo(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipeline", "demo", "--dir", str(folder), "--port", str(PORT)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(folder: Path) -> None:
    process = demo(folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


def live_under_fire(folder: Path, shots: random.Random, kills: int) -> int:
    """Kill the demo up to `kills` times, until it gets through; return how often it was killed."""
    for shot in range(kills):
        process = demo(folder)
        try:
            process.communicate(timeout=shots.uniform(0.3, LONGEST_S))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        else:
            return shot
        time.sleep(0.1)  # the kernel frees the port
    return kills


@pytest.mark.slow
def test_fifty_kills_change_nothing(tmp_path: Path) -> None:
    control = tmp_path / "control"
    finish(control)
    expected = state_of(f"sqlite:///{control}/demo.sqlite")
    assert expected["alerts"]
    shots, killed, weeks = random.Random(20310303), 0, 0
    while killed < KILLS:
        weeks += 1
        folder = tmp_path / f"week{weeks}"
        killed += live_under_fire(folder, shots, KILLS - killed)
        finish(folder)
        assert state_of(f"sqlite:///{folder}/demo.sqlite") == expected
        lines = (folder / "alerts.jsonl").read_text().splitlines()
        assert len(lines) == len(set(lines)) == len(expected["alerts"])
