"""`airflow standalone` for a test: a home of its own, its REST API, and all its processes ended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAGS = Path(__file__).parents[1] / "dags"
AIRFLOW = Path(sys.executable).with_name("airflow")
START_S = 300
CLOCK = re.compile(r'(CronTriggerTimetable\()"[^"]+"')


@dataclass(slots=True)
class Api:
    """Airflow's REST API v2."""

    port: int
    session: int = 0  # id of the processes' session
    token: str = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the decoded answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def trigger(self, dag_id: str, **conf: object) -> str:
        body = {"logical_date": None, "conf": conf}
        return str(self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def runs(self, dag_id: str) -> dict[str, str]:
        found = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in found}


def settings(folder: Path, config: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(folder / "airflow"),
        # Airflow's own SQLite is locked for more than the usual 5 s on a crowded machine.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db?timeout=60",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__TRIGGERER__DEFAULT_CAPACITY": "10",
        "TRUCELINE_CONFIG": str(config),
    }


def without_clocks(folder: Path) -> Path:
    """Return a copy of the DAGs that start only when told to, or woken by an asset."""
    copy = folder / "dags"
    shutil.copytree(DAGS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for dag in copy.glob("news_*.py"):
        text, number = CLOCK.subn(r'\1"0 0 29 2 *"', dag.read_text("utf-8"))
        assert number <= 1
        dag.write_text(text, "utf-8")
    return copy


@contextmanager
def standalone(folder: Path, environment: dict[str, str], port: int) -> Iterator[Api]:
    """Run `airflow standalone` until its API answers; end all its processes afterwards."""
    for arguments in (["db", "migrate"], ["pools", "import", str(DAGS / "pools.json")]):
        subprocess.run([AIRFLOW, *arguments], env=environment, check=True, capture_output=True)
    log = folder / "standalone.log"
    with log.open("wb") as output:
        parent = subprocess.Popen(
            [AIRFLOW, "standalone"],
            env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    try:
        api = Api(port, session=parent.pid)
        wait_for(lambda: ready(api, parent), "airflow standalone", START_S)
        yield api
    except BaseException:
        print(log.read_text("utf-8", "replace")[-20_000:])
        raise
    finally:
        end(parent)


def ready(api: Api, parent: subprocess.Popen[bytes]) -> bool:
    assert parent.poll() is None, "airflow standalone has ended"
    try:
        api.token = api.token or api.call("GET", "/auth/token")["access_token"]
        there = api.call("GET", "/api/v2/dags")["dags"]
    except OSError:
        return False
    return {dag["dag_id"] for dag in there} == {path.stem for path in DAGS.glob("news_*.py")}


def end(parent: subprocess.Popen[bytes]) -> None:
    """End the session's processes by their ids: a SIGTERM to the parent leaves its children."""
    family = members(parent.pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in family & members(parent.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not members(parent.pid, parent), "the end", 10)
    assert members(parent.pid, parent) == set()


def members(session: int, parent: subprocess.Popen[bytes] | None = None) -> set[int]:
    """Return the ids of the living processes of a session and of their descendants."""
    if parent is not None:
        parent.poll()  # reaps it
    rows = [row for path in Path("/proc").glob("[0-9]*/stat") if (row := stat(path))]
    found = {pid for pid, state, _, its in rows if its == session and state != "Z"}
    while more := {pid for pid, state, up, _ in rows if up in found and state != "Z"} - found:
        found |= more
    return found


def stat(path: Path) -> tuple[int, str, int, int] | None:
    """Return a process's id, state, parent and session."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None
    state, up, _, session = text.rpartition(")")[2].split()[:4]
    return int(path.parent.name), state, int(up), int(session)


# -- small things -------------------------------------------------------------------------------


def wait_for(what: Callable[[], bool], name: str, seconds: float) -> None:
    end_of_patience = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end_of_patience, f"{name}: not within {seconds} s"
        time.sleep(0.5)
