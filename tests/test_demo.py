"""The demo's week, end to end: real feeds and pages over loopback, every stage, every screen."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.compare.fronts import timeline
from pipeline.demo.script import load_crisis
from pipeline.records import Alert, Novelty, PollOutcome, Query
from pipeline.stores import open_store
from tests.ports import free_port
from tests.week import State, configured, live, state_of

PORT = free_port()


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live the week once, with a restart in the middle."""
    folder = tmp_path_factory.mktemp("week")
    for days in (range(3), range(3, 8)):
        config = configured(folder, PORT)
        with closing(open_store(config.settings.store.url)) as store:
            live(config, store, PORT, days)
    return folder


@pytest.fixture(scope="module")
def state(week: Path) -> State:
    return state_of(f"sqlite:///{week}/demo.sqlite")


@pytest.fixture(scope="module")
def alerts(week: Path) -> list[Alert]:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        return store.alerts(limit=1000)


def test_a_fresh_store_sends_one_summary_and_no_flood(alerts: list[Alert]) -> None:
    first_day = [a for a in alerts if a.created == load_crisis().end_of(0)]
    assert [a.kind for a in first_day] == ["baseline"]


@pytest.mark.parametrize(
    ("act", "party"),
    [
        ("MED_OFFER", "XC"),
        ("MED_WELCOME", "XB"),
        ("MED_REJECT", "XA"),
        ("MED_CLAIM", "XC"),
        ("MED_DENY", "XA"),
        ("CF_VIOLATION", "XB"),
        ("CF_DENY_VIOLATION", "XA"),
        ("CF_END", "XB"),
    ],
)
def test_every_new_statement_alerts_once(
    week: Path, alerts: list[Alert], act: str, party: str
) -> None:
    claimed = [a for a in alerts if a.kind == "claim" and a.novelty is not Novelty.UPDATE]
    told_first = [a.claim_id for a in claimed if a.claim_id]
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        claims = [store.claim(claim_id) for claim_id in told_first]
    keys = [(c.act, c.party) for c in claims if c is not None]
    assert keys.count((act, party)) == 1


def test_what_unnamed_sources_said_is_confirmed_when_a_minister_says_it(
    alerts: list[Alert],
) -> None:
    [confirmed] = [a for a in alerts if a.reason == "confirmation"]
    assert "Petra Lund" in confirmed.headline
    assert confirmed.thread is not None


def test_the_keyword_rule_fires_once_for_one_story(alerts: list[Alert]) -> None:
    keyword = [a for a in alerts if a.kind == "keyword"]
    assert len(keyword) == 1
    assert keyword[0].repeats == 1  # the agency's copy


def test_a_longer_extension_is_told_as_an_update(alerts: list[Alert]) -> None:
    updates = [a for a in alerts if a.novelty == "update"]
    assert any("30" in a.body for a in updates)


def test_a_statement_that_an_edit_weakens_is_told_with_its_words(alerts: list[Alert]) -> None:
    [weakened] = [a for a in alerts if a.reason == "weakened"]
    assert "was: Kestria has asked Ostmark to mediate" in weakened.body
    assert "now: Kestria may ask Ostmark to mediate" in weakened.body
    assert weakened.thread in {alert.id for alert in alerts}


def test_who_does_not_answer_is_told_once_and_the_answer_continues_that(
    alerts: list[Alert],
) -> None:
    silences = {str(a.receipt["asked"]): a for a in alerts if a.kind == "silence"}
    assert sorted(silences) == ["XA", "XB"]
    assert "declined to comment" in silences["XA"].body
    continued = {a.thread for a in alerts}
    assert {silences["XA"].id, silences["XB"].id} <= continued


def test_noise_alerts_nobody(alerts: list[Alert]) -> None:
    text = " ".join(f"{a.headline} {a.body}" for a in alerts).lower()
    for word in ("wool", "football", "restaurant", "barley", "tram"):
        assert word not in text


def test_the_two_accounts_of_the_ceasefire_stand_on_the_board(week: Path) -> None:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        pairs = store.contradictions(closed=True)
    sides = {frozenset((p.party_a, p.party_b)) for p in pairs}
    assert frozenset(("XA", "XC")) in sides
    assert frozenset(("XA", "XB")) in sides  # violation, and its denial
    acts = {frozenset((p.act_a, p.act_b)) for p in pairs}
    assert frozenset(("MED_DENY", "MED_REQUEST")) not in acts  # of a past mediation, for a new one


def test_the_ceasefire_is_told_from_its_announcement_to_its_end(week: Path) -> None:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        claims = [f.claim for f in store.search(Query(theme="ceasefire", limit=1000))]
    [truce] = timeline(claims, "harun-valley", ("XA", "XB"))
    assert [(event.kind, event.claimant) for event in truce.events] == [
        ("announced", "XC"),
        ("violation alleged", "XB"),
        ("violation denied", "XA"),
        ("extended", "XA"),
        ("extended", "XA"),
        ("ended", "XB"),
    ]
    assert (truce.state, truce.type) == ("ended", "bilateral")


def test_reprints_count_as_one_origin(week: Path) -> None:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        offer = store.search(Query(act="MED_OFFER", outlet="The Varona Herald", limit=5))[0]
        assert offer.decision is not None
        coverage = store.coverage(offer.decision.topic, offer.decision.key)
    assert len(coverage.outlets) >= 3
    assert dict(coverage.origins)["VNA"] >= 2
    assert len(coverage.origins) < len(coverage.outlets)


def test_the_chain_names_agency_and_anonymous_sources(week: Path) -> None:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        found = store.search(Query(anonymous=True, outlet="The Varona Herald"))
    chains = [[hop.name for hop in f.claim.chain] for f in found]
    assert any(c[:2] == ["The Varona Herald", "VNA"] for c in chains)


def test_every_poll_has_its_outcome(week: Path) -> None:
    with closing(open_store(f"sqlite:///{week}/demo.sqlite")) as store:
        polls = store.polls(limit=1000)
    counted = Counter(poll.outcome for poll in polls)
    assert sum(counted.values()) == 8 * len(load_crisis().outlets)
    assert counted[PollOutcome.GONE] == 8
    assert counted[PollOutcome.HTML] == 8
    assert counted[PollOutcome.SAME] > 0


def test_nothing_is_left_waiting(state: State) -> None:
    assert all(count == 0 for count in state["pending"].values()), state["pending"]


def test_the_alert_file_holds_every_alert_once(week: Path, state: State) -> None:
    lines = [json.loads(line) for line in (week / "alerts.jsonl").read_text().splitlines()]
    ids = [line["id"] for line in lines]
    assert sorted(ids) == sorted(alert[0] for alert in state["alerts"])


def test_running_the_last_evening_again_changes_nothing(
    week: Path, tmp_path: Path, state: State
) -> None:
    shutil.copytree(week, tmp_path, dirs_exist_ok=True)
    config = configured(tmp_path, PORT)
    with closing(open_store(config.settings.store.url)) as store:
        live(config, store, PORT, range(7, 8))
    assert state_of(config.settings.store.url) == state


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_feeds_changes_nothing(tmp_path: Path, state: State, seed: int) -> None:
    config = configured(tmp_path, PORT, seed=seed)
    with closing(open_store(config.settings.store.url)) as store:
        live(config, store, PORT, range(8))
    assert state_of(config.settings.store.url) == state
