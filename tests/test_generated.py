"""A generated month: what was planted in it is found, and nothing else, however it is delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.asof import Past
from pipeline.cli import cli
from pipeline.cli.ceasefires import truces_of
from pipeline.cli.reacting import reactions_of
from pipeline.config import load_config
from pipeline.demo.replay import CONFIG
from pipeline.records import Query
from pipeline.stores import Store, open_store
from tests.generated.month import TOPIC, Month, month
from tests.generated.replays import live, quiet_rounds, replays

SEEDS = range(4)
MATTERS = ("MED_ACCEPT", "MED_REJECT")


@pytest.fixture(scope="module", params=SEEDS)
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Month, Store]]:
    made = month(request.param)
    url = f"sqlite:///{tmp_path_factory.mktemp('month')}/month.sqlite"
    live(load_config(CONFIG), url, quiet_rounds(made), restarts=None)
    with closing(open_store(url)) as store:
        yield made, store


def test_a_wire_family_has_one_origin(lived: tuple[Month, Store]) -> None:
    made, store = lived
    origins: dict[str, set[str | None]] = {}
    for dispatch in made.dispatches:
        article = store.article(dispatch.article.id)
        assert article is not None
        origins.setdefault(dispatch.family or article.id, set()).add(article.origin)
    families = [origins[name] for name in made.families]
    own = [found for name, found in origins.items() if name not in made.families]
    right = sum(len(found) == 1 for found in families) + sum(len(found) == 1 for found in own)
    assert right >= 0.95 * len(origins)
    assert len(set().union(*origins.values())) >= 0.95 * len(origins)


def test_positions_change_when_planted_and_never_on_paraphrases(
    lived: tuple[Month, Store],
) -> None:
    made, store = lived
    found = Counter(
        (p.party, p.act, p.since) for p in store.positions(history=True) if p.act in MATTERS
    )
    assert found == Counter(made.turns)


def test_the_planted_quarrel_is_the_only_contradiction(lived: tuple[Month, Store]) -> None:
    made, store = lived
    pairs = store.contradictions(closed=True)
    quarrels = [p for p in pairs if {p.act_a, p.act_b} == {"CF_VIOLATION", "CF_DENY_VIOLATION"}]
    assert len(quarrels) == made.quarrels
    # Two parties that answer one offer differently at a time are no invention either.
    assert {frozenset((p.act_a, p.act_b)) for p in pairs} - {
        frozenset(("CF_VIOLATION", "CF_DENY_VIOLATION")),
        frozenset(MATTERS),
    } == set()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_nothing_from_after_a_cut_is_known_at_it(
    lived: tuple[Month, Store], tmp_path: Path, share: float
) -> None:
    made, store = lived
    rounds = quiet_rounds(made)
    rounds = rounds[: int(len(rounds) * share)]
    url = f"sqlite:///{tmp_path}/stopped.sqlite"
    live(load_config(CONFIG), url, rounds, restarts=None)
    past = Past(store, rounds[-1][0])
    with closing(open_store(url)) as stopped:
        assert past.positions(history=True) == stopped.positions(history=True)
        assert past.contradictions(closed=True) == stopped.contradictions(closed=True)
        assert past.alerts(limit=1000) == stopped.alerts(limit=1000)
        everything = Query(limit=1000)
        assert past.search(everything) == stopped.search(everything)
        config = load_config(CONFIG)
        truces = list(truces_of(config, stopped, topic=TOPIC))
        clocks = list(reactions_of(config, stopped, everything))
        assert list(truces_of(config, past, topic=TOPIC)) == truces
        assert list(reactions_of(config, past, everything)) == clocks


@pytest.mark.parametrize("command", ["ceasefire", "reactions"])
def test_timelines_and_clocks_are_asked_as_of_a_time_on_the_command_line(
    lived: tuple[Month, Store], command: str
) -> None:
    made, store = lived

    def asked(cut: datetime) -> str:
        options = ["--json", "--config", str(CONFIG), "--store", store.url]
        result = CliRunner().invoke(cli, [command, "--as-of", cut.isoformat(), *options])
        return result.stdout

    charge = next(d for d in made.dispatches if d.claims[0].act == "CF_VIOLATION")
    first = charge.article.when
    assert charge.claims[0].id not in asked(first - timedelta(minutes=1))
    assert charge.claims[0].id in asked(first)
    assert "CF_DENY_VIOLATION" not in asked(first + timedelta(hours=1))


def wrong_in(count: int, first: int) -> dict[int, object]:
    return {seed: (lost, more) for seed, lost, more in replays(count, first) if lost or more}


def test_disturbed_replays_tell_the_same() -> None:
    assert wrong_in(3, 0) == {}


@pytest.mark.slow
def test_many_disturbed_replays_tell_the_same() -> None:
    assert wrong_in(40, 3) == {}
