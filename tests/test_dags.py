"""The Airflow DAGs: they load quickly and do, step by step, what one run of the monitor does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow, steps
from pipeline.config import load_config
from pipeline.demo.replay import write_config
from pipeline.demo.script import load_crisis
from pipeline.demo.server import Newsstand
from pipeline.errors import ConfigError
from pipeline.flow import Monitor
from pipeline.records import PollOutcome
from pipeline.stores import Store, open_store
from tests.elasticsearch_node import remove
from tests.ports import free_port
from tests.week import State, serving, state_of

# Airflow tests its own API server in our process; what it imports for that warns.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

DAGS = Path(__file__).parents[1] / "dags"
NAMES = sorted(path.stem for path in DAGS.glob("news_*.py"))
HEAVY = (
    "spacy",
    "onnxruntime",
    "trafilatura",
    "feedparser",
    "numpy",
    "pydantic_settings",
    "apprise",
)
PORT = free_port()
FINE = {"success", "skipped"}


# -- Airflow, in a home of its own ------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty AIRFLOW_HOME, set before anything imports Airflow."""
    folder = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AIRFLOW_HOME": folder,
            "AIRFLOW__CORE__DAGS_FOLDER": DAGS,
            "AIRFLOW__CORE__LOAD_EXAMPLES": False,
            "AIRFLOW__CORE__UNIT_TEST_MODE": False,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        }.items():
            patch.setenv(name, str(value))
        yield folder


@pytest.fixture(scope="module")
def bag(home: Path) -> Any:
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.utils.db import initdb

    initdb()
    return BundleDagBag(DAGS, bundle_path=DAGS)


def test_every_file_holds_one_dag_of_its_name(bag: Any) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == NAMES
    assert {dag_id: Path(dag.fileloc).stem for dag_id, dag in bag.dags.items()} == dict(
        zip(NAMES, NAMES, strict=True)
    )


def test_what_they_share_is_not_parsed_as_one(home: Path) -> None:
    from airflow.utils.file import might_contain_dag

    shared = set(DAGS.glob("*.py")) - {DAGS / f"{name}.py" for name in NAMES}
    assert [path for path in shared if might_contain_dag(str(path), safe_mode=True)] == []


def test_they_load_quickly_and_nothing_heavy(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from airflow.dag_processing.dagbag import BundleDagBag;"
        f"start, dags = time.process_time(), Path({str(DAGS)!r});"
        "bag = BundleDagBag(dags, bundle_path=dags);"
        f"print(len(bag.dags), time.process_time() - start,"
        f"*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    dags, seconds, *heavy = done.stdout.split()
    assert int(dags) == len(NAMES)
    assert heavy == []
    assert float(seconds) < 5


# -- what each of them promises -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_dag_says_whose_it_is_and_never_runs_twice_at_once(bag: Any, name: str) -> None:
    dag = bag.dags[name]
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.tags == {"truceline"}
    assert len(dag.doc_md) > 200


@pytest.mark.parametrize("name", NAMES)
def test_every_task_backs_off_and_ends(bag: Any, name: str) -> None:
    for one in bag.dags[name].tasks:
        told = one.partial_kwargs if one.is_mapped else vars(one)
        assert one.owner == "truceline"
        assert one.retries >= 2
        assert one.retry_exponential_backoff == 2
        assert timedelta(0) < one.retry_delay < one.max_retry_delay
        assert one.execution_timeout is not None
        assert told["retry_policy"] is not None


def test_every_pool_in_use_is_shipped(bag: Any) -> None:
    shipped = json.loads((DAGS / "pools.json").read_text("utf-8"))
    used = {one.pool for dag in bag.dags.values() for one in dag.tasks} - {"default_pool"}
    assert used == set(shipped)


def test_what_must_be_serial_has_one_slot(bag: Any) -> None:
    shipped = json.loads((DAGS / "pools.json").read_text("utf-8"))
    assert {name: pool["slots"] for name, pool in shipped.items()} == dict.fromkeys(shipped, 1)
    by_step: dict[str, set[str]] = {}
    for dag in bag.dags.values():
        for one in dag.tasks:
            by_step.setdefault(one.task_id, set()).add(one.pool)
    for step in ("extract", "compare", "deliver"):
        assert by_step[step] == {f"truceline_{step}"}


def test_the_events_go_round(bag: Any) -> None:
    made = {
        asset.name: (dag.dag_id, one.task_id)
        for dag in bag.dags.values()
        for one in dag.tasks
        for asset in (one.partial_kwargs.get("outlets", []) if one.is_mapped else one.outlets)
    }
    assert made == {
        "truceline_articles": ("news_ingest", "publish"),
        "truceline_claims": ("news_extract", "extract"),
    }
    for name, asset in (("news_extract", "truceline_articles"), ("news_alert", "truceline_claims")):
        condition = bag.dags[name].timetable.asset_condition
        assert [waited.name for waited in condition.objects] == [asset]


# -- two days of the demo through them ------------------------------------------------------------


class Airflow:
    """Runs DAGs against one store, and remembers how each run ended."""

    def __init__(self, bag: Any, folder: Path, stand: Newsstand) -> None:
        self.bag, self.folder, self.stand = bag, folder, stand
        self.url = f"sqlite:///{folder}/dags.sqlite"

    def run(self, name: str, *, at: datetime | None = None, **conf: object) -> dict[str, str]:
        """Run a DAG to its end; return the states of its tasks (mapped ones as `task[0]`).

        State every parameter a run must have: `dag.test` leaves the last run's in the DAG.
        """
        when = {} if at is None else {"logical_date": at}
        run = self.bag.dags[name].test(run_conf=conf, **when)
        instances = run.get_task_instances()
        states = {_name(one): str(one.state) for one in instances}
        return {"": str(run.state), **states}

    def day(self, number: int) -> list[dict[str, str]]:
        self.stand.now = load_crisis().end_of(number)
        names = ("news_extract", "news_alert", "news_maintenance")
        return [self.run("news_ingest", everything=True), *map(self.run, names)]

    def store(self) -> Store:
        return open_store(self.url)


def _name(one: Any) -> str:
    return one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"


@pytest.fixture(scope="module")
def airflow(bag: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow over the demo's configuration, its clock that of the newsstand."""
    folder = tmp_path_factory.mktemp("watch")
    config = write_config(folder, PORT)
    with serving(load_crisis(), PORT) as stand, pytest.MonkeyPatch.context() as patch:
        runner = Airflow(bag, folder, stand)
        patch.setenv("TRUCELINE_CONFIG", str(config))
        patch.setenv("TRUCELINE_STORE", runner.url)
        patch.setattr(flow, "system_clock", lambda: stand.now)
        yield runner


@pytest.fixture(scope="module")
def ended(airflow: Airflow) -> list[dict[str, str]]:
    """How the runs of two days ended, eight of them."""
    return [*airflow.day(0), *airflow.day(1)]


def test_every_run_of_two_days_succeeds(ended: list[dict[str, str]]) -> None:
    assert [run[""] for run in ended] == ["success"] * 8
    failed = {name for run in ended for name, state in run.items() if state not in FINE}
    assert failed == set()


@pytest.fixture(scope="module")
def at_once(airflow: Airflow, ended: list[dict[str, str]]) -> State:
    """What the monitor leaves when it lives the same two days in one process."""
    stand, url = airflow.stand, f"sqlite:///{airflow.folder}/at_once.sqlite"

    async def two_days(store: Store) -> None:
        clock = partial(getattr, stand, "now")
        async with Monitor(load_config(), store, clock=clock) as monitor:
            for day in range(2):
                stand.now = stand.crisis.end_of(day)
                await monitor.run(everything=True)

    with closing(open_store(url)) as store:
        asyncio.run(two_days(store))
    return state_of(url)


def test_the_steps_leave_what_one_run_leaves(
    airflow: Airflow, ended: list[dict[str, str]], at_once: State
) -> None:
    assert at_once["alerts"]
    assert state_of(airflow.url) == at_once


@pytest.mark.slow
def test_in_a_cluster_the_steps_leave_the_same(
    airflow: Airflow,
    at_once: State,
    elasticsearch_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"{elasticsearch_url}/dags"
    remove(url)
    monkeypatch.setenv("TRUCELINE_STORE", url)
    there = Airflow(airflow.bag, airflow.folder, airflow.stand)
    runs = [*there.day(0), *there.day(1)]
    day = load_crisis().first_day
    runs.append(there.run("news_reprocess", at=day + timedelta(days=1, hours=1)))
    assert {state for run in runs for state in run.values()} <= FINE
    assert state_of(url) == at_once
    remove(url)


def test_a_dead_feed_fails_no_batch(airflow: Airflow, ended: list[dict[str, str]]) -> None:
    with closing(airflow.store()) as store:
        outcomes = {poll.outcome for poll in store.polls(limit=1000)}
    assert {PollOutcome.GONE, PollOutcome.HTML, PollOutcome.OK} <= outcomes
    fetches = [state for run in ended for name, state in run.items() if name.startswith("fetch")]
    assert fetches == ["success"] * 2


def test_no_text_passes_through_airflow(airflow: Airflow, ended: list[dict[str, str]]) -> None:
    passed = _rows("xcom", "value")
    assert any("/feeds/" in value for value in passed)
    for title in {item.title for item in airflow.stand.crisis.items(airflow.stand.now)}:
        assert not any(title in value for value in passed)


def test_nothing_new_wakes_nobody(airflow: Airflow, ended: list[dict[str, str]]) -> None:
    before = _rows("asset_event", "extra")
    again = airflow.run("news_ingest", everything=True)
    assert again["publish"] == "skipped"
    assert again[""] == "success"
    assert _rows("asset_event", "extra") == before
    assert airflow.run("news_extract")["extract"] == "skipped"
    assert _rows("asset_event", "extra") == before


def test_nothing_due_ends_well(airflow: Airflow, ended: list[dict[str, str]]) -> None:
    run = airflow.run("news_ingest", everything=False)
    assert (run[""], run["fetch"], run["publish"]) == ("success", "skipped", "skipped")


def test_reading_a_day_again_changes_no_alert(
    airflow: Airflow, ended: list[dict[str, str]]
) -> None:
    before, day = state_of(airflow.url), load_crisis().first_day
    with closing(airflow.store()) as store:
        old = {a.id for a in store.articles(since=day, until=day + timedelta(days=1)) if a.topics}
    run = airflow.run("news_reprocess", at=day + timedelta(days=1, hours=1))
    assert set(run.values()) == {"success"}
    with closing(airflow.store()) as store:
        again = {a.id for a in store.articles() if a.baseline}
    assert old <= again
    assert json.loads(_last("restage")) == {"matched": 0, "sent_back": len(old)}
    assert state_of(airflow.url) == before


def test_given_up_deliveries_are_sent_again_when_asked(
    airflow: Airflow, ended: list[dict[str, str]]
) -> None:
    with closing(airflow.store()) as store:
        [alert, *_] = store.alerts(limit=1)
        before = store.deliveries(alert.id)
    assert airflow.run("news_maintenance", replay=False)["replay"] == "skipped"
    assert airflow.run("news_maintenance", replay=True, channel="file")["replay"] == "success"
    with closing(airflow.store()) as store:
        assert store.deliveries(alert.id) == before


def test_a_broken_batch_is_not_tried_again_and_stops_no_other(
    airflow: Airflow, ended: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = [f"http://127.0.0.1:{PORT}/feeds/{key}" for key in airflow.stand.crisis.outlets]
    collect = steps.collect

    def broken(urls: list[str], *, everything: bool) -> dict[str, int]:
        if urls == feeds[:1]:
            raise ConfigError("is wrong", subject="settings.toml:1")
        return collect(urls, everything=everything)

    monkeypatch.setattr(steps, "plan", lambda **_: [feeds[:1], feeds[1:]])
    monkeypatch.setattr(steps, "collect", broken)
    run = airflow.run("news_ingest", everything=True)
    assert (run["fetch[0]"], run["fetch[1]"]) == ("failed", "success")
    assert run["publish"] == "skipped"  # it ran, and there was nothing new
    assert _rows("task_instance WHERE state = 'failed'", "try_number") == ["1"]


def _rows(table: str, column: str) -> list[str]:
    """Return a column of Airflow's own database, oldest first."""
    from airflow.settings import engine
    from sqlalchemy import text

    assert engine is not None
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {column} FROM {table} ORDER BY rowid"))
        return [str(row[0]) for row in rows]


def _last(task_id: str) -> str:
    """Return what a task returned last, as JSON."""
    return [
        v
        for i, v in zip(_rows("xcom", "task_id"), _rows("xcom", "value"), strict=True)
        if i == task_id
    ][-1]
