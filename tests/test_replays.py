"""Lived with everything that can go wrong, a week and a month tell what a quiet life tells."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.demo.script import load_crisis
from pipeline.records import Novelty, Query
from pipeline.stores import Store, open_store
from tests.generated.everything import BASE, quiet_life, replays, told, world_of
from tests.generated.figures import contradictions, origins, turns
from tests.generated.lives import Fate, Killed, Memory, live
from tests.generated.plan import SECOND, START, Piece, Plan, State, month, statement, week
from tests.generated.press import Moods, Outage, Press, moods_of, quiet

MEMORY = Memory()
KINDS = ("own", "wire", "merged")
FILLED = month(0).pieces[0].states[0].paragraphs


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plan, Store]]:
    plan = month(0, days=8)  # the whole of it takes too long here
    world = quiet_life(plan, tmp_path_factory.mktemp("quiet"), MEMORY)
    with closing(open_store(world.url)) as store:
        yield plan, store


def test_a_quiet_month_tells_what_was_planned_and_nothing_else(lived: tuple[Plan, Store]) -> None:
    plan, store = lived
    found = Counter[tuple[str, str, object]]()
    for alert in store.alerts(limit=1000):
        claim = store.claim(alert.claim_id) if alert.kind == "claim" and alert.claim_id else None
        if claim is not None:
            found["".join(claim.countries), claim.act or "", claim.said_at] += 1
    assert found == Counter(plan.news)
    assert sum(rule == "hospital ferry" for rule, _, _ in told(store).elements()) == 1


def test_everything_planned_is_read_as_planned(lived: tuple[Plan, Store]) -> None:
    plan, store = lived
    said = Counter(
        ("".join(f.claim.countries), f.claim.act) for f in store.search(Query(limit=1000))
    )
    assert said == Counter(statement for piece in plan.pieces for statement in piece.says)


def test_what_is_planted_in_a_month_is_found(lived: tuple[Plan, Store]) -> None:
    copies = origins(*lived)
    right, every = sum(copies[f"{k} right"] for k in KINDS), sum(copies[k] for k in KINDS)
    assert right >= 0.95 * every > 0
    for counted in (contradictions(*lived), turns(*lived)):
        assert counted["found"] == counted["planted"] > 0
        assert counted["false"] == 0


# -- what an outlet does to its own article --------------------------------------------------


def single(*feeds: str, slug: str = "first-words", edit: str = "") -> Piece:
    """Return an article of one outlet, weakened after ten hours where `edit` says how."""
    at = START + timedelta(hours=10)
    words = (statement("XB", "MED_ACCEPT", 0), *FILLED)
    states = [State(at=at, title="First words", paragraphs=words)]
    if edit:
        later = (words[0].replace("accepts", edit), *FILLED)
        states.append(
            State(at=at + timedelta(hours=10), title="First words", paragraphs=later)
        )  # fmt: skip
    return Piece(outlet="alder", slug=slug, states=tuple(states), feeds=feeds)


@contextmanager
def after(folder: Path, pieces: Sequence[Piece], moods: Moods) -> Iterator[Store]:
    """Live two days with some articles."""
    whole = month(0, days=8)
    notes = [piece for piece in whole.pieces if piece.slug.startswith("notes")]
    plan = replace(whole, pieces=(*notes, *pieces))
    world = world_of(Press(plan, moods, BASE), folder, MEMORY, random.Random(0))
    live(world, [Fate()], [START + timedelta(hours=h) for h in (0, 11, 21, 22, 30)])
    with closing(open_store(world.url)) as store:
        yield store


def reasons_of(store: Store) -> list[str]:
    return sorted(a.reason for a in store.alerts(limit=100) if a.kind == "claim")


def test_another_address_and_headline_make_a_repeat_of_one_outlet(tmp_path: Path) -> None:
    moods = replace(quiet(), moved={"first-words": START + timedelta(hours=20)})
    with after(tmp_path, [single("alder")], moods) as store:
        assert reasons_of(store) == ["first"]
        told = [f.decision for f in store.search(Query(limit=10)) if f.decision is not None]
        assert [one.novelty for one in told] == [Novelty.REPEAT, Novelty.NEW]
        coverage = store.coverage("harun-valley", told[0].key)
        assert coverage.outlets == ("The Alder Post",)
        assert len(coverage.origins) == 1


@pytest.mark.parametrize("down", [False, True])
def test_two_feeds_of_an_outlet_with_one_article_edit_it_once(tmp_path: Path, down: bool) -> None:
    hours = timedelta(hours=1)
    outage = Outage(feed=SECOND, since=START + 15 * hours, until=START + 25 * hours, how="503")
    moods = replace(quiet(), outages=(outage,) if down else ())
    with after(tmp_path, [single("alder", SECOND, edit="may accept")], moods) as store:
        assert reasons_of(store) == ["first", "weakened"]
        [finding] = store.search(Query(limit=10))
        assert [v.number for v in store.versions(finding.claim.article_id)] == [1, 2]


def test_two_feeds_with_addresses_of_their_own_for_one_article_alert_once(tmp_path: Path) -> None:
    pieces = [single("alder"), single(SECOND, slug="first-words-world")]
    with after(tmp_path, pieces, quiet()) as store:
        assert reasons_of(store) == ["first"]
        origins = {f.claim.article_id for f in store.search(Query(limit=10))}
        assert len({article.origin for one in origins if (article := store.article(one))}) == 1


# -- plans and presses ------------------------------------------------------------------------


def test_a_week_is_read_from_the_script_with_its_edits() -> None:
    plan = week(load_crisis())
    edited = [piece for piece in plan.pieces if len(piece.states) > 1]
    assert [piece.slug for piece in edited] == ["talks"]
    assert all(piece.at <= plan.end for piece in plan.pieces)


@pytest.mark.parametrize("seed", range(3))
def test_a_press_is_the_same_for_a_seed_and_hides_no_state_for_good(seed: int) -> None:
    plan = week(load_crisis())
    one, other = (moods_of(plan, random.Random(seed), https=True) for _ in range(2))
    assert one.outages == other.outages
    assert one.touched == other.touched
    assert all(o.until - o.since <= timedelta(days=2) for o in one.outages)


def test_a_feed_with_moods_lists_every_article_that_is_due() -> None:
    plan = month(1)
    press = Press(plan, moods_of(plan, random.Random(4), https=False), "http://none.test")
    press.now = plan.start + timedelta(hours=1)
    answer = press.answer(press.feed_url("elm"), {})
    assert answer is not None
    assert b"Notes from elm" in answer.body


def test_what_is_dead_does_nothing_more() -> None:
    fate = Fate(at=2)
    fate.tick()
    for _ in range(2):
        with pytest.raises(Killed):
            fate.tick()


def wrong_in(count: int, first: int) -> list[str]:
    return [f"{one}" for one in replays(count, first, memory=MEMORY) if not one.is_right]


def test_disturbed_lives_tell_the_same() -> None:
    assert wrong_in(3, 1) == []


@pytest.mark.slow
def test_many_disturbed_lives_tell_the_same() -> None:
    assert wrong_in(40, 8) == []
