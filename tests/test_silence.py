"""Non-answers are no denials; clocks run for who was addressed; a silent party is told once."""

from __future__ import annotations

import random
import tomllib
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alert import Known, Unanswered, base_key, continuing, silence_alert
from pipeline.compare.reactions import Reaction, answers_to, reactions, silent_since
from pipeline.records import Article, Claim, Finding, HopKind, Query, Stage, stable_id
from pipeline.silences import Silences
from pipeline.stores import Store, open_store
from pipeline.stores.sqlite import SqliteStore
from pipeline.taxonomy import load_acts
from tests.edits import NOON, Life, demo, extractor
from tests.factories import alert, claim, comparison, decision, poll, scraped, state

CASES = tomllib.loads((Path(__file__).parent / "data" / "silences.toml").read_text("utf-8"))["case"]
PARTIES = ("AA", "BB")
HOUR = timedelta(hours=1)


def claims_in(text: str) -> tuple[Claim, ...]:
    read = Article(
        id="a",
        url=None,
        feed_url="",
        outlet="The Post",
        title="",
        text=text,
        language="en",
        published=NOON,
        first_seen=NOON,
    )
    return extractor().claims(read)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_who_says_nothing_is_known_and_claims_nothing(case: dict[str, str]) -> None:
    silent = [one for one in claims_in(case["text"]) if one.silent]
    if not case["who"]:
        assert silent == []
        return
    [one] = silent
    assert case["who"] in (one.speaker or one.source_text)
    assert one.countries == (case["country"],)
    assert (one.act, one.alert_worthy) == (None, False)


def test_a_refusal_to_comment_on_a_mediation_is_not_read_as_a_refusal_of_it() -> None:
    text = "Varonia declined to comment on the offer to mediate in the Harun Valley."
    assert [one.act for one in claims_in(text)] == [None]


def test_the_asker_is_in_the_chain() -> None:
    [one] = claims_in("The Varonian army declined to comment.")
    assert [hop.name for hop in one.chain] == ["The Post", "Army (Varonia)"]


# -- the clock ----------------------------------------------------------------------------------


def said(party: str, act: str | None, hours: float = 0, **fields: Any) -> Claim:
    made: dict[str, Any] = {
        "id": f"{party} {act} {hours}",
        "act": act,
        "countries": tuple(party.split("+")),
        "speaker": f"Government of {party}",
        "speaker_kind": HopKind.GOVERNMENT,
        "said_at": NOON + hours * HOUR,
        "text": "words",
    }
    return claim(**{**made, **fields})


def clock(*claims: Claim) -> Reaction:
    [one] = reactions(claims, "valley", PARTIES)
    return one


OFFER = said("CC", "MED_OFFER", targets=("AA",))


def test_the_first_answer_stops_the_clock() -> None:
    one = clock(OFFER, said("AA", "MED_REJECT", 5), said("AA", "MED_ACCEPT", 9))
    assert one.answer is not None
    assert (one.answer.act, one.after) == ("MED_REJECT", 5 * HOUR)


def test_no_comment_is_no_answer_and_stands_beside_the_clock() -> None:
    one = clock(OFFER, said("AA", None, 2, silent=True))
    assert one.answer is None
    assert len(one.non_answers) == 1


@pytest.mark.parametrize(
    "other",
    [
        said("AA", "CF_CALL", 1, targets=("CC",)),
        said("BB", "MED_REJECT", 1),
        said("AA", "MED_REJECT", 1, background=True),
        said("AA", "MED_REJECT", 1, role_code="EXP"),
    ],
)
def test_what_is_off_the_matter_or_by_others_answers_nothing(other: Claim) -> None:
    assert clock(OFFER, other).answer is None


def test_said_again_while_the_clock_runs_counts_and_after_an_answer_starts_another() -> None:
    again = [said("CC", "MED_OFFER", hours, targets=("AA",)) for hours in (1, 2)]
    first, second = reactions(
        [OFFER, *again, said("AA", "MED_REJECT", 3), said("CC", "MED_OFFER", 4, targets=("AA",))],
        "valley",
        PARTIES,
    )
    assert (first.times, second.times, second.answer) == (3, 1, None)


def test_of_two_parties_the_other_one_is_meant() -> None:
    assert clock(said("AA", "CF_VIOLATION")).asked == "BB"
    assert reactions([said("CC", "CF_VIOLATION")], "valley", PARTIES) == ()
    hedged = said("AA", "CF_PROPOSE", hedged=True)
    assert reactions([hedged], "valley", PARTIES) == ()


def test_what_answers_what_is_made_of_acts() -> None:
    acts = load_acts()
    calls = [act for act in acts if answers_to(act)]
    assert "CF_VIOLATION" in calls
    assert all(set(answers_to(call)) <= set(acts) for call in calls)


ACTS = ("MED_OFFER", "MED_REJECT", "CF_VIOLATION", "CF_DENY_VIOLATION", "CF_PROPOSE", "CF_AGREE")


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["AA", "BB", "CC"]), st.sampled_from(ACTS), st.integers(0, 9)),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_no_clock(
    story: list[tuple[str, str, int]], dice: random.Random
) -> None:
    claims = [said(*one, id=f"c{n}", targets=PARTIES) for n, one in enumerate(story)]
    shuffled = [*claims, *claims[:2]]
    dice.shuffle(shuffled)
    found = reactions(claims, "valley", PARTIES)
    assert reactions(shuffled, "valley", PARTIES) == found
    assert all(one.after is None or one.after >= timedelta() for one in found)
    assert all(one.asked not in one.asked_by.split("+") for one in found)


def test_a_clock_is_told_from_the_hours_of_the_setting_on_and_not_for_ever() -> None:
    one = clock(OFFER)

    def told(hours: float) -> bool:
        found = silent_since([one], NOON + hours * HOUR, after=48 * HOUR, within=200 * HOUR)
        return bool(found)

    assert [told(hours) for hours in (47, 48, 200, 201)] == [False, True, True, False]


# -- the alert ------------------------------------------------------------------------------------


def unanswered(**changes: Any) -> Unanswered:
    made = Unanswered(
        call=OFFER,
        decision=decision(key="CC | MED_OFFER | river | "),
        asked="AA",
        asked_by="CC",
        answers=("MED_REJECT",),
        non_answers=(said("AA", None, 2, silent=True, text="declined to comment"),),
    )
    return replace(made, **changes)


def test_only_who_was_told_of_the_offer_is_told_of_the_silence() -> None:
    assert silence_alert(unanswered(), Known(), NOON) is None


def key_of(one: Claim) -> str:
    return f"{one.party} | {one.act} | river | CC | actual"


def kept(store: Store, claims: list[Claim], told: set[str]) -> None:
    """Keep claims as those of one article, and alerts on statements by the acts in `told`."""
    of = scraped(1, published=NOON, topics=(VALLEY.id,))
    store.save_poll(poll(), state(), (of,))
    store.save_claims(replace(of, stage=Stage.COMPARE), claims)
    decided = tuple(decision(claim_id=one.id, topic=VALLEY.id, key=key_of(one)) for one in claims)
    alerts = tuple(
        alert(
            n, topic=VALLEY.id, story=stable_id("story", VALLEY.id, key), created=NOON + 31 * HOUR
        )
        for n, key in enumerate(sorted({base_key(key_of(c)) for c in claims if c.act in told}))
    )
    store.save_comparison(comparison(of, decisions=decided, claims=tuple(claims), alerts=alerts))


def read_whole(store: Store, claims: list[Claim], now: datetime) -> list[tuple[str, str, str]]:
    """Return who is silent about what by all that was said, and what was said of the asking."""
    lately = [c for c in claims if now - 178 * HOUR <= c.said_at]
    clocks = reactions(lately, VALLEY.id, PARTIES)
    silent = silent_since(clocks, now, after=10 * HOUR, within=178 * HOUR)
    told = {one.story for one in store.alerts(limit=100) if one.kind != "silence"}
    return [
        (one.call.id, one.asked, " ".join(claim.id for claim in one.non_answers))
        for one in silent
        for d in store.decisions(one.call.id)
        if stable_id("story", VALLEY.id, base_key(d.key)) in told
    ]


VALLEY = replace(demo().topics[0], parties=PARTIES)
SAID = st.tuples(
    st.sampled_from(["AA", "BB", "CC", "AA+BB"]),
    st.sampled_from([*ACTS, None]),
    st.integers(0, 30),
    st.sampled_from([{}, {}, {"background": True}, {"role_code": "OPP"}, {"hedged": True}]),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(SAID, max_size=14), st.sets(st.sampled_from(ACTS)), st.integers(0, 220))
def test_asking_little_finds_the_silences_that_reading_everything_finds(
    story: list[tuple[str, str | None, int, dict[str, Any]]], told: set[str], hours: int
) -> None:
    now = NOON + hours * HOUR
    claims = [
        said(
            party,
            act,
            since,
            id=f"c{n:02}",
            targets=PARTIES,
            silent=act is None,
            article_id="article-0001",
            topics=(VALLEY.id,),
            **fields,
        )
        for n, (party, act, since, fields) in enumerate(story)
        if since <= hours
    ]
    config = replace(demo(), topics=(VALLEY,))
    with closing(open_store("sqlite:///:memory:")) as store:
        kept(store, claims, told)
        found = Silences(config, store, lambda: now).alerts()
        expected = read_whole(store, claims, now)
    assert [
        (one.claim_id, one.receipt["asked"], " ".join(map(str, one.receipt["non_answers"])))  # type: ignore[call-overload]  # a list of ids
        for one in found
    ] == expected


def test_a_round_asks_one_question_of_each_topic_while_no_clock_is_due() -> None:
    asked: list[Query] = []

    class Asked(SqliteStore):
        def search_claims(self, query: Query) -> list[Claim]:
            asked.append(query)
            return super().search_claims(query)

        def search(self, query: Query) -> list[Finding]:
            raise AssertionError("a round reads no findings")

    config = replace(demo(), topics=(VALLEY,))
    with closing(Asked("sqlite:///:memory:")) as store:
        kept(store, [replace(OFFER, article_id="article-0001", topics=(VALLEY.id,))], set())
        Silences(config, store, lambda: NOON + 9 * HOUR).alerts()
        assert len(asked) == 1
        Silences(config, store, lambda: NOON + 10 * HOUR).alerts()
    assert len(asked) == 1 + 2 + 1  # the calls, the answers, what the silent party said since


def test_a_silence_breaks_on_its_thread() -> None:
    with closing(open_store("sqlite:///:memory:")) as store:
        life = Life(store)
        [offer] = life.show(
            "Ostmark has offered to mediate between Varonia and Kestria, Ingrid Solvay said."
        )
        silences = Silences(life.comparer.config, store, lambda: life.now + 11 * HOUR)
        found = silences.alerts()
        assert {one.receipt["asked"] for one in found} == {"XA", "XB"}
        assert {one.thread for one in found} == {offer.id}
        store.save_alerts(found, [])
        assert silences.alerts() == ()
        text = "Kestria has accepted the offer to mediate, its foreign minister Tomas Abanto said."
        answer = life.show(text, id="second", published=NOON + 12 * HOUR)
    kestria = next(one for one in found if one.receipt["asked"] == "XB")
    assert kestria.id in {one.thread for one in answer}


def test_the_setting_turns_it_off() -> None:
    config = demo()
    watch = replace(config.settings.watch, silence_hours=0.0)
    off = replace(config, settings=replace(config.settings, watch=watch))
    with closing(open_store("sqlite:///:memory:")) as store:
        life = Life(store)
        life.show("Ostmark has offered to mediate between Varonia and Kestria, Solvay said.")
        assert Silences(off, store, lambda: life.now + 90 * HOUR).alerts() == ()


def test_an_alert_by_another_party_breaks_no_silence() -> None:
    silence = alert(1, receipt={"asked": "AA", "answers": ["MED_REJECT"]})
    told = [alert(2, claim_id="x", thread="old"), alert(3, claim_id="y"), alert(4, claim_id=None)]
    claims = [said("AA", "MED_REJECT", id="x"), said("BB", "MED_REJECT", id="y")]
    found = continuing(told, claims, [silence])
    assert [one.thread for one in found] == [silence.id, None, None]
