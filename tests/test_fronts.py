"""Ceasefires as a timeline per front: every step with its claimant, in any order of arrival."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.ceasefires import EVENT_COLUMNS, TRUCE_COLUMNS, truce_row, write_csv
from pipeline.compare.fronts import STANDS, Truce, timeline
from pipeline.records import Claim, HopKind
from pipeline.taxonomy import load_acts
from tests.factories import NOON, claim

TOPIC = "valley"
PARTIES = ("AA", "BB")
STATES = ("none", "proposed", *STANDS, "ended")


def said(party: str, act: str, day: float = 0, text: str = "the guns", **fields: Any) -> Claim:
    made: dict[str, Any] = {
        "id": f"{party} {act} {day} {text}"[:60],
        "act": act,
        "theme": load_acts()[act].theme,
        "countries": tuple(party.split("+")),
        "speaker": f"Government of {party}",
        "speaker_kind": HopKind.GOVERNMENT,
        "said_at": NOON + timedelta(days=day),
        "text": text,
    }
    return claim(**{**made, **fields})


def steps(*claims: Claim, parties: tuple[str, ...] = PARTIES) -> list[tuple[str, str, str]]:
    """Return the one truce's steps: kind, claimant, state after it."""
    [truce] = timeline(claims, TOPIC, parties)
    return [(event.kind, event.claimant, event.state) for event in truce.events]


def only(*claims: Claim) -> Truce:
    [truce] = timeline(claims, TOPIC, PARTIES)
    return truce


# -- scenarios ---------------------------------------------------------------------------------


def test_an_outsider_announces_and_both_sides_confirm() -> None:
    assert steps(
        said("US", "CF_AGREE", 0, targets=PARTIES),
        said("AA", "CF_AGREE", 0.1),
        said("BB", "CF_AGREE", 0.2),
    ) == [
        ("announced", "US", "announced"),
        ("confirmed", "AA", "announced"),
        ("confirmed", "BB", "in force"),
    ]


def test_one_side_declares_and_the_other_follows() -> None:
    first = said("AA", "CF_DECLARE", 0)
    assert only(first).type == "unilateral"
    both = only(first, said("BB", "CF_DECLARE", 1))
    assert (both.type, both.state) == ("bilateral", "in force")


def test_a_joint_statement_puts_a_truce_in_force_at_once() -> None:
    assert steps(said("AA+BB", "CF_AGREE")) == [("announced", "AA+BB", "in force")]


def test_a_breach_is_alleged_denied_and_the_truce_restored() -> None:
    assert steps(
        said("AA+BB", "CF_AGREE", 0),
        said("AA", "CF_VIOLATION", 1, targets=("BB",)),
        said("BB", "CF_DENY_VIOLATION", 1.1),
        said("AA+BB", "CF_AGREE", 2, "both agreed to renew the ceasefire"),
    ) == [
        ("announced", "AA+BB", "in force"),
        ("violation alleged", "AA", "violated"),
        ("violation denied", "BB", "violated"),
        ("restored", "AA+BB", "in force"),
    ]


def test_an_agreement_that_is_only_told_again_restores_nothing() -> None:
    assert steps(
        said("AA+BB", "CF_AGREE", 0),
        said("AA", "CF_VIOLATION", 1, targets=("BB",)),
        said("AA+BB", "CF_AGREE", 2),
    )[-1] == ("violation alleged", "AA", "violated")


def test_a_truce_is_extended_ends_and_another_one_begins() -> None:
    first, second = timeline(
        [
            said("AA+BB", "CF_AGREE", 0),
            said("AA", "CF_EXTEND", 5, "extended by 10 days"),
            said("BB", "CF_END", 9),
            said("AA", "CF_VIOLATION", 9.5, targets=("BB",)),
            said("BB", "CF_DECLARE", 20, "a ceasefire from 1 June"),
        ],
        TOPIC,
        PARTIES,
    )
    kinds = [event.kind for event in first.events]
    assert kinds == ["announced", "extended", "ended", "violation alleged"]
    assert first.state == "ended"
    assert first.events[1].duration == "10 days"
    assert (second.number, second.state, second.type) == (2, "announced", "unilateral")
    assert second.events[0].effective == "2025-06-01"


def test_a_proposal_that_is_rejected_leaves_nothing() -> None:
    assert steps(said("AA", "CF_PROPOSE", 0), said("BB", "CF_REJECT", 1)) == [
        ("proposed", "AA", "proposed"),
        ("rejected", "BB", "none"),
    ]


def test_a_side_that_says_there_is_no_truce_disputes_it() -> None:
    assert steps(said("US", "CF_AGREE", 0), said("AA", "CF_DENY", 1))[-1] == (
        "denied",
        "AA",
        "disputed",
    )


def test_only_a_side_can_end_a_truce() -> None:
    assert steps(said("AA+BB", "CF_AGREE", 0), said("US", "CF_END", 1))[-1][2] == "in force"


def test_a_breach_nobody_announced_a_truce_for_opens_one_of_unknown_beginning() -> None:
    truce = only(said("AA", "CF_VIOLATION", targets=("BB",)))
    assert (truce.state, truce.type, truce_row(truce)[6]) == ("violated", "", "")


@pytest.mark.parametrize(
    "fields", [{"background": True}, {"hedged": True}, {"modality": "conditional"}]
)
def test_what_is_recalled_hedged_or_conditional_is_no_step(fields: dict[str, Any]) -> None:
    assert timeline([said("AA", "CF_AGREE", **fields)], TOPIC, PARTIES) == ()


@pytest.mark.parametrize(
    "fields",
    [{"role_code": "CVL"}, {"role_code": "EXP"}, {"countries": (), "speaker": "villagers"}],
)
def test_who_speaks_for_nobody_moves_nothing(fields: dict[str, Any]) -> None:
    assert timeline([said("AA", "CF_AFFIRM", **fields)], TOPIC, PARTIES) == ()


def test_the_same_step_told_by_others_is_counted() -> None:
    truce = only(
        said("AA", "CF_DECLARE", 0, outlet="One"),
        said("AA", "CF_DECLARE", 0.2, "again the guns", outlet="Two"),
    )
    [event] = truce.events
    assert (event.times, event.outlets) == (2, ("One", "Two"))


def test_a_topic_of_many_parties_has_a_front_for_each_pair() -> None:
    truces = timeline(
        [
            said("AA", "CF_AGREE", 0, targets=("BB",)),
            said("AA", "CF_AGREE", 1, targets=("CC",)),
            said("AA", "CF_END", 2),
            said("CC", "CF_AFFIRM", 3),
        ],
        TOPIC,
        ("AA", "BB", "CC"),
    )
    assert [(t.front, t.state) for t in truces] == [
        (("AA", "BB"), "announced"),
        (("AA", "CC"), "ended"),
    ]


def test_a_group_that_is_no_state_is_a_side_by_its_name() -> None:
    group = said("AA", "CF_DECLARE", speaker="River Front", role_code="REB", targets=("AA",))
    [truce] = timeline([group], TOPIC, ("AA", "River Front"))
    assert (truce.front, truce.declared_by) == (("AA", "River Front"), ("River Front",))


# -- properties ----------------------------------------------------------------------------------

ACTS = tuple(act for act in load_acts() if act.startswith("CF_"))


@st.composite
def stories(draw: st.DrawFn) -> list[Claim]:
    size = draw(st.integers(1, 14))
    return [
        said(
            draw(st.sampled_from(["AA", "BB", "CC", "US", "AA+BB"])),
            draw(st.sampled_from(ACTS)),
            draw(st.integers(0, 6)),
            draw(st.sampled_from(["the guns", "renewed for 3 days", "from midnight"])),
            targets=draw(st.sampled_from([(), ("AA",), ("BB",), ("CC",), PARTIES])),
            id=f"c{number}",
        )
        for number in range(size)
    ]


@settings(deadline=None, max_examples=150)
@given(stories(), st.randoms(use_true_random=False))
def test_the_order_in_which_articles_arrive_changes_nothing(
    story: list[Claim], dice: random.Random
) -> None:
    shuffled = [*story, *story[:3]]
    dice.shuffle(shuffled)
    for parties in (PARTIES, ("AA", "BB", "CC"), ()):
        assert timeline(shuffled, TOPIC, parties) == timeline(story, TOPIC, parties)


@settings(deadline=None, max_examples=150)
@given(stories())
def test_every_step_has_its_claimant_and_leaves_a_known_state(story: list[Claim]) -> None:
    by_id = {one.id: one for one in story}
    for truce in timeline(story, TOPIC, ("AA", "BB", "CC")):
        assert len(truce.front) > 1
        assert truce.state == truce.events[-1].state
        assert [e.at for e in truce.events] == sorted(e.at for e in truce.events)
        for event in truce.events:
            assert event.state in STATES
            assert event.claimant
            assert by_id[event.claim_id].said_at == event.at


@settings(deadline=None, max_examples=150)
@given(stories(), st.integers(0, 6))
def test_what_was_known_on_a_day_is_the_beginning_of_what_is_known_later(
    story: list[Claim], day: int
) -> None:
    until = NOON + timedelta(days=day)
    early = timeline([one for one in story if one.said_at <= until], TOPIC, PARTIES)
    late = timeline(story, TOPIC, PARTIES)
    for before, after in zip(early, late, strict=False):
        assert [(e.kind, e.claim_id, e.state) for e in before.events] == [
            (e.kind, e.claim_id, e.state) for e in after.events[: len(before.events)]
        ]


@settings(deadline=None, max_examples=150)
@given(stories())
def test_a_truce_that_ended_does_not_come_back_to_life(story: list[Claim]) -> None:
    for truce in timeline(story, TOPIC, PARTIES):
        states = [event.state for event in truce.events]
        if "ended" in states:
            assert set(states[states.index("ended") :]) == {"ended"}


# -- CSV -----------------------------------------------------------------------------------------


def test_csv_has_a_row_for_each_ceasefire_and_for_each_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    truces = timeline(
        [
            said("US", "CF_AGREE", 0, "a ceasefire from midnight", targets=PARTIES),
            said("AA", "CF_AGREE", 0.1),
            said("BB", "CF_VIOLATION", 1, targets=("AA",)),
            said("BB", "CF_END", 2, "=it is over"),
        ],
        TOPIC,
        PARTIES,
    )
    write_csv(truces, "ceasefires")
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert tuple(row) == TRUCE_COLUMNS
    told = {name: row[name] for name in ("side_a", "side_b", "type", "declared_by", "status")}
    assert told == {
        "side_a": "AA",
        "side_b": "BB",
        "type": "bilateral",
        "declared_by": "AA",
        "status": "ended",
    }
    dates = [row["declared_date"], row["effective_date"], row["end_date"], row["end_by"]]
    assert dates == ["2025-05-10", "midnight", "2025-05-12", "BB"]
    assert (row["announced_by"], row["violations_alleged"]) == ("US", "1")
    write_csv(truces, "events")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(rows[0]) == EVENT_COLUMNS
    assert [row["kind"] for row in rows] == ["announced", "confirmed", "violation alleged", "ended"]
    assert rows[-1]["words"] == "'=it is over"
