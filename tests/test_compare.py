"""New, repeat, update or contradicts; the ledger; the contradiction board."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare import Compared, compare_claims
from pipeline.compare.wording import Worded, compare_words
from pipeline.records import Claim, HopKind, Ledger, Novelty, Position, Span
from pipeline.taxonomy import load_acts

DAY = datetime(2031, 3, 1, 9, tzinfo=UTC)
TOPIC = "valley"
_numbers = itertools.count()


def claim(
    party: str,
    act: str,
    text: str = "words",
    *,
    day: float = 0,
    issue: str = "mediation",
    **fields: Any,
) -> Claim:
    number = next(_numbers)
    made = Claim(
        id=f"c{number}",
        article_id=f"a{number}",
        version=1,
        outlet="The Valley Post",
        said_at=DAY + timedelta(days=day),
        source=None,
        cue=None,
        content=(Span(0, len(text)),),
        source_text=party,
        cue_text="said",
        text=text,
        quote_type=None,
        chain=(),
        speaker=f"Government of {party}",
        countries=(party,),
        act=act,
        theme=load_acts()[act].theme,
        object=issue,
        modality="actual",
        alert_worthy=True,
    )
    return replace(made, **fields)


def after(*claims: Claim, ledger: Ledger | None = None) -> Compared:
    """Compare claims one article at a time and return the last step, with the whole ledger."""
    step = Compared((), (), (), (), ledger or Ledger())
    for one in claims:
        step = compare_claims([one], TOPIC, step.ledger)
    return step


def verdict(*claims: Claim, ledger: Ledger | None = None) -> tuple[Novelty, str]:
    [decision] = after(*claims, ledger=ledger).decisions
    return decision.novelty, decision.reason


def standing(party: str, act: str) -> Ledger:
    position = Position(
        id="p1",
        topic=TOPIC,
        party=party,
        issue="mediation",
        act=act,
        modality="actual",
        since=DAY - timedelta(days=9000),
        claim_id=None,
        speaker=None,
        via=(),
        text="only between the two of us",
        last_stated=DAY - timedelta(days=9000),
        reference="an old treaty",
    )
    return Ledger(positions=(position,))


def test_the_first_statement_is_new() -> None:
    assert verdict(claim("AA", "MED_OFFER")) == (Novelty.NEW, "first")


def test_the_same_statement_by_another_official_of_the_party_is_a_repeat() -> None:
    first = claim("AA", "MED_REJECT", "no mediator is needed")
    again = claim("AA", "MED_REJECT", "outsiders have no place here", day=1, speaker="A Minister")
    [decision] = after(first, again).decisions
    assert decision.novelty is Novelty.REPEAT
    assert decision.refs == (first.id,)


def test_another_party_saying_it_is_new() -> None:
    assert verdict(claim("AA", "MED_REJECT"), claim("BB", "MED_REJECT"))[0] is Novelty.NEW


def test_another_third_party_is_new() -> None:
    first = claim("AA", "MED_REQUEST", third_party=("CC",))
    second = claim("AA", "MED_REQUEST", third_party=("DD",))
    assert verdict(first, second)[0] is Novelty.NEW


def test_a_changed_length_is_an_update_that_says_what_changed() -> None:
    first = claim("AA", "CF_DECLARE", "a ceasefire of 10 days", issue="ceasefire")
    longer = claim("AA", "CF_DECLARE", "a ceasefire of 30 days", issue="ceasefire", day=1)
    [decision] = after(first, longer).decisions
    assert (decision.novelty, decision.reason) == (Novelty.UPDATE, "numeric")
    assert "10 day" in decision.differs
    assert "30 day" in decision.differs


def test_leaving_a_detail_out_is_a_repeat() -> None:
    first = claim("AA", "CF_DECLARE", "a ceasefire of 10 days", issue="ceasefire")
    shorter = claim("AA", "CF_DECLARE", "a ceasefire", issue="ceasefire", day=1)
    assert verdict(first, shorter)[0] is Novelty.REPEAT


def test_opposed_accounts_of_two_parties_contradict_and_stand_on_the_board() -> None:
    says = claim("AA", "MED_CLAIM", "we brokered it")
    denies = claim("BB", "MED_DENY", "nobody brokered it", day=1)
    step = after(says, denies)
    [decision] = step.decisions
    assert (decision.novelty, decision.reason) == (Novelty.CONTRADICTS, "cross_party")
    assert decision.refs == (says.id,)
    [pair] = step.contradictions
    assert {pair.party_a, pair.party_b} == {"AA", "BB"}


def test_the_board_is_the_same_in_any_order() -> None:
    says = claim("AA", "MED_CLAIM")
    denies = claim("BB", "MED_DENY")
    [one] = after(says, denies).contradictions
    [other] = after(denies, says).contradictions
    assert one.id == other.id


def test_opposed_acts_on_different_issues_do_not_contradict() -> None:
    says = claim("AA", "MED_CLAIM", issue="ceasefire")
    denies = claim("BB", "MED_DENY", issue="valley-dispute")
    step = after(says, denies)
    assert step.decisions[0].novelty is Novelty.NEW
    assert step.contradictions == ()


def test_a_party_that_takes_back_its_word_contradicts_itself() -> None:
    rejects = claim("AA", "MED_REJECT")
    accepts = claim("AA", "MED_ACCEPT", day=2)
    step = after(rejects, accepts)
    assert step.decisions[0].reason == "reversal"
    closed, opened = step.positions
    assert (closed.act, closed.until) == ("MED_REJECT", accepts.said_at)
    assert (opened.act, opened.previous) == ("MED_ACCEPT", closed.id)


def test_turning_back_again_is_news_under_another_key() -> None:
    rejects, accepts = claim("AA", "MED_REJECT"), claim("AA", "MED_ACCEPT", day=1)
    first = after(rejects).decisions[0]
    again = after(rejects, accepts, claim("AA", "MED_REJECT", day=2)).decisions[0]
    assert again.reason == "reversal"
    assert again.key != first.key


def test_after_a_reversal_the_new_line_is_a_repeat_when_restated() -> None:
    said = [claim("AA", act, day=d) for d, act in enumerate(["MED_REJECT", "MED_ACCEPT"])]
    assert verdict(*said, claim("AA", "MED_ACCEPT", day=3))[0] is Novelty.REPEAT


def test_background_is_a_repeat_and_leaves_the_ledger_alone() -> None:
    step = after(claim("AA", "MED_CLAIM", background=True))
    assert (step.decisions[0].novelty, step.decisions[0].reason) == (Novelty.REPEAT, "background")
    assert step.propositions == ()
    assert step.positions == ()


def test_a_restatement_after_the_window_is_marked_as_such() -> None:
    assert verdict(claim("AA", "MED_REJECT"), claim("AA", "MED_REJECT", day=40)) == (
        Novelty.REPEAT,
        "restated",
    )


def test_a_standing_position_is_not_news() -> None:
    assert verdict(claim("AA", "MED_REJECT"), ledger=standing("AA", "MED_REJECT")) == (
        Novelty.REPEAT,
        "standing",
    )


def test_a_standing_position_in_answer_to_an_offer_is_a_response_once() -> None:
    ledger = standing("AA", "MED_REJECT")
    offer = claim("CC", "MED_OFFER")
    answer, again = claim("AA", "MED_REJECT", day=1), claim("AA", "MED_REJECT", day=2)
    assert verdict(offer, answer, ledger=ledger) == (Novelty.NEW, "response")
    assert verdict(offer, answer, again, ledger=ledger)[0] is Novelty.REPEAT


def test_an_opposition_does_not_speak_for_its_country() -> None:
    step = after(
        claim("AA", "MED_REJECT"),
        claim("AA", "MED_ACCEPT", day=1, role_code="OPP", speaker="An Opponent"),
    )
    assert step.decisions[0].reason != "reversal"
    assert {p.party for p in step.ledger.positions} == {"AA", "An Opponent"}


def test_conditional_and_hedged_claims_take_no_stand() -> None:
    conditional = after(claim("AA", "CF_AGREE", issue="ceasefire", modality="conditional"))
    hedged = after(claim("AA", "CF_AGREE", issue="ceasefire", hedged=True))
    assert conditional.positions == hedged.positions == ()


def test_a_claim_without_an_act_is_not_compared() -> None:
    assert after(replace(claim("AA", "MED_OFFER"), act=None)).decisions == ()


def test_a_pair_closes_when_a_side_gives_up_its_account() -> None:
    step = after(
        claim("AA", "CF_AFFIRM", issue="ceasefire"),
        claim("BB", "CF_END", issue="ceasefire", day=1),
        claim("BB", "CF_AFFIRM", issue="ceasefire", day=2),
    )
    [pair] = step.contradictions
    assert pair.closed == DAY + timedelta(days=2)


@pytest.mark.parametrize("seed", range(6))
def test_claims_of_one_moment_give_one_ledger_in_any_order(seed: int) -> None:
    said = [claim("AA", "MED_OFFER"), claim("BB", "MED_REJECT"), claim("CC", "MED_WELCOME")]
    orders = list(itertools.permutations(said))
    ledger = after(*orders[seed]).ledger
    assert {(p.party, p.act) for p in ledger.positions} == {
        ("AA", "MED_OFFER"),
        ("BB", "MED_REJECT"),
        ("CC", "MED_WELCOME"),
    }


def test_saying_it_twice_in_one_article_counts_once() -> None:
    twice = [claim("AA", "MED_OFFER"), claim("AA", "MED_OFFER")]
    ledger = compare_claims(twice, TOPIC, Ledger()).ledger
    assert [p.times for p in ledger.propositions] == [1]
    assert [p.times for p in ledger.positions] == [1]


def test_a_contradiction_restated_stays_open() -> None:
    said = [claim("AA", "MED_CLAIM"), claim("BB", "MED_DENY"), claim("BB", "MED_DENY", day=1)]
    [pair] = after(*said).ledger.contradictions
    assert pair.closed is None


def test_bystanders_take_no_position_and_contradict_nobody() -> None:
    step = after(
        claim("AA", "CF_END", issue="ceasefire"),
        claim("AA", "CF_AFFIRM", issue="ceasefire", role_code="CVL", speaker="Residents"),
    )
    assert step.contradictions == ()
    assert [p.act for p in step.ledger.positions] == ["CF_END"]


# -- whose statement it is --------------------------------------------------------------------


def nested(party: str, act: str, text: str, *, teller: Claim) -> Claim:
    """Make a claim that `teller`'s sentence tells of a party."""
    return claim(party, act, text, parent=teller.id, depth=1, issue=load_acts()[act].theme)


def spokesman(text: str, *, party: str = "", **fields: Any) -> Claim:
    told = claim(party or "-", "CF_CALL", text, speaker="Kai Oram", speaker_kind=HopKind.PERSON)
    countries = (party,) if party else ()
    return replace(told, act=None, theme=None, object=None, countries=countries, **fields)


def after_articles(*articles: list[Claim]) -> Compared:
    step = Compared((), (), (), (), Ledger())
    for claims in articles:
        step = compare_claims(claims, TOPIC, step.ledger)
    return step


def test_a_spokesman_without_a_country_speaks_for_the_side_he_tells_of() -> None:
    teller = spokesman("Ardia rejects a broker", role_code="MFA")
    step = after_articles([teller, nested("AA", "MED_REJECT", "a broker", teller=teller)])
    [position] = step.positions
    assert (position.party, position.speaker) == ("AA", "Government of AA")
    [proposition] = step.propositions
    assert proposition.voice == "named"


def test_what_another_side_tells_of_a_party_is_no_position_of_it() -> None:
    teller = spokesman("Ardia has agreed to a truce", party="CC")
    step = after_articles([teller, nested("AA", "CF_AGREE", "to a truce", teller=teller)])
    assert step.positions == ()
    assert step.propositions[0].reporter == "CC"


def test_a_party_that_denies_what_another_told_of_it_contradicts_that_voice() -> None:
    teller = spokesman("Ardia has agreed to a truce", party="CC")
    told = nested("AA", "CF_AGREE", "to a truce", teller=teller)
    denied = claim("AA", "CF_DENY", "no truce was agreed", issue="ceasefire", day=1)
    [decision] = after_articles([teller, told], [denied]).decisions
    assert (decision.novelty, decision.reason) == (Novelty.CONTRADICTS, "cross_party")
    assert decision.refs == (told.id,)


def test_a_party_that_confirms_what_another_told_of_it_is_an_update() -> None:
    teller = spokesman("Ardia has agreed to a truce", party="CC")
    told = nested("AA", "CF_AGREE", "to a truce", teller=teller)
    own = claim("AA", "CF_AGREE", "we have agreed to a truce", issue="ceasefire", day=1)
    assert after_articles([teller, told], [own]).decisions[0].reason == "confirmation"


def test_two_sides_that_each_say_it_of_the_other_contradict() -> None:
    one, other = spokesman("Bor proposed it", party="AA"), spokesman("Ardia did", party="BB")
    first = nested("BB", "CF_PROPOSE", "the truce", teller=one)
    second = nested("AA", "CF_PROPOSE", "the truce", teller=other)
    step = after_articles([one, first], [other, second])
    assert step.decisions[0].novelty is Novelty.CONTRADICTS


def test_a_short_name_is_whoever_of_that_name_spoke_last() -> None:
    first = claim("AA", "MED_REJECT", speaker="Ines Varga", role_code="FM")
    again = replace(
        claim("-", "MED_REJECT", day=1, speaker="Varga", speaker_kind=HopKind.PERSON),
        countries=(),
        source_text="Varga",
    )
    assert verdict(first, again) == (Novelty.REPEAT, "restatement")


@pytest.mark.parametrize(
    "source", ["Freedonia's foreign minister Ines Varga", "the Freedonian army"]
)
def test_a_state_without_a_code_is_known_by_its_name_and_its_adjective(source: str) -> None:
    first = replace(
        claim("-", "MED_REJECT", speaker="Freedonia", speaker_kind=HopKind.UNRESOLVED),
        countries=(),
        source_text="Freedonia",
    )
    again = replace(first, id="again", speaker="Ines Varga", role_code="FM", source_text=source)
    assert verdict(first, again)[0] is Novelty.REPEAT


def test_its_spokesman_speaks_for_the_group_his_words_begin_with() -> None:
    first = claim("AA", "MED_REJECT", "Redguard refuses a broker", source_text="its spokesman Oram")
    again = claim("AA", "MED_REJECT", day=1, speaker="Redguard", role_code="REB")
    assert verdict(first, again)[0] is Novelty.REPEAT


def test_an_announcement_told_by_its_announcer_in_a_report_is_a_repeat() -> None:
    whole = claim("CC", "CF_AGREE", issue="ceasefire", targets=("AA", "BB"))
    teller = spokesman("both agree", party="CC")
    part = nested("BB", "CF_AGREE", "agree", teller=teller)
    step = after_articles([whole], [teller, part])
    assert (step.decisions[0].novelty, step.decisions[0].refs) == (Novelty.REPEAT, (whole.id,))


def test_two_organisations_of_states_are_two_parties() -> None:
    one, other = (
        claim("IGO", "CF_CALL", speaker=name, speaker_kind=HopKind.ORGANISATION, role_code="IGO")
        for name in ("League of Rivers", "Union of Coasts")
    )
    assert verdict(one, other)[0] is Novelty.NEW


def test_hearsay_that_a_minister_confirms_is_an_update() -> None:
    unnamed = claim("AA", "MED_ACCEPT", anonymous=True, speaker="An official of AA")
    named = claim("AA", "MED_ACCEPT", day=1, speaker="A Minister", role_code="FM")
    assert verdict(unnamed, named) == (Novelty.UPDATE, "confirmation")
    assert verdict(unnamed, named, claim("AA", "MED_ACCEPT", day=2))[0] is Novelty.REPEAT


def test_a_statement_that_rises_to_the_head_of_government_is_an_update_once() -> None:
    minister = claim("AA", "MED_REJECT", role_code="FM", speaker_kind=HopKind.PERSON)
    head = claim("AA", "MED_REJECT", day=1, role_code="HOG", speaker_kind=HopKind.PERSON)
    again = replace(head, id="again")
    assert verdict(minister, head) == (Novelty.UPDATE, "rank")
    assert verdict(minister, head, again)[0] is Novelty.REPEAT
    assert verdict(head, replace(minister, id="later"))[0] is Novelty.REPEAT


# -- what it is about ------------------------------------------------------------------------


def test_mediation_in_another_matter_is_another_object() -> None:
    dispute = claim("AA", "MED_REJECT", "no mediation on the Harun valley")
    trade = claim("AA", "MED_REJECT", "no mediation in the dispute over tariffs", day=1)
    assert verdict(dispute, trade)[0] is Novelty.NEW


def test_a_broker_of_the_truce_is_none_of_the_dispute() -> None:
    dispute = claim("AA", "MED_CLAIM", "we mediated in the border dispute")
    truce = claim("BB", "MED_DENY", "nobody mediated the ceasefire", day=1)
    step = after(dispute, truce)
    assert step.decisions[0].novelty is Novelty.NEW
    assert step.contradictions == ()


def test_the_same_offer_to_another_conflict_is_new() -> None:
    one = claim("CC", "MED_OFFER", targets=("AA", "BB"))
    other = claim("CC", "MED_OFFER", targets=("DD", "EE"), day=1)
    assert verdict(one, other)[0] is Novelty.NEW


def test_a_denial_does_not_answer_for_another_conflict() -> None:
    says = claim("CC", "MED_CLAIM", "we brokered it", targets=("DD", "EE"))
    assert verdict(says, claim("AA", "MED_DENY", day=1))[0] is Novelty.NEW


def test_what_is_left_unsaid_fits() -> None:
    whole = claim("CC", "MED_OFFER", targets=("AA", "BB"))
    assert verdict(whole, claim("CC", "MED_OFFER", day=1))[0] is Novelty.REPEAT


def breach(text: str, **fields: Any) -> Claim:
    return claim("AA", "CF_VIOLATION", text, issue="ceasefire", targets=("BB",), **fields)


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        ("they shelled us at Orlu", "they shelled us at Brenn", 0.1),
        ("they broke the truce on Friday", "they broke the truce on Saturday", 0.5),
        ("they broke the truce", "they broke the truce", 9),
    ],
)
def test_another_place_or_day_is_another_incident(first: str, second: str, day: float) -> None:
    assert verdict(breach(first), breach(second, day=day)) == (Novelty.NEW, "first")


def test_more_of_the_same_incident_is_an_update() -> None:
    more = breach("they shelled us at Orlu with mortars and killed 4 people", day=0.2)
    known = breach("they shelled us at Orlu")
    assert verdict(known, more) == (Novelty.UPDATE, "detail")
    assert verdict(known, more, breach("they shelled us at Orlu", day=0.3))[0] is Novelty.REPEAT


def test_another_count_of_the_same_incident_is_numeric() -> None:
    assert verdict(
        breach("they fired 4 shells at Orlu"), breach("they fired 9 shells at Orlu")
    ) == (
        Novelty.UPDATE,
        "numeric",
    )


# -- details ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "before", "now"),
    [
        ("TALKS_AGREE", "we meet on Tuesday", "we meet on Friday"),
        ("TALKS_AGREE", "we meet on 9 March", "we meet on 12 March"),
        ("TALKS_AGREE", "the talks will be held in Orlu", "the talks will be held in Brenn"),
        ("CF_AGREE", "a truce", "a truce, if all prisoners come home"),
        ("CF_DECLARE", "a truce from noon", "a truce from midnight"),
        ("CF_EXTEND", "two more weeks", "six more weeks"),
        ("MED_OFFER", "we can host them", "we can host them in Orlu next month"),
    ],
)
def test_a_changed_detail_is_an_update(act: str, before: str, now: str) -> None:
    issue = load_acts()[act].theme
    said = [claim("AA", act, text, day=n / 4, issue=issue) for n, text in enumerate((before, now))]
    assert verdict(*said)[0] is Novelty.UPDATE


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("a truce of 48 hours", "a two-day truce"),
        ("a truce of two weeks", "a truce of 14 days"),
        ("a truce, if all prisoners come home", "a truce provided all prisoners come home"),
    ],
)
def test_the_same_detail_in_other_words_is_none(before: str, now: str) -> None:
    said = [claim("AA", "CF_AGREE", text, issue="ceasefire") for text in (before, now)]
    assert verdict(*said)[0] is Novelty.REPEAT


@pytest.mark.parametrize("before", [{"modality": "planned"}, {"hedged": True}])
def test_what_was_planned_or_possible_and_is_done_is_an_update(before: dict[str, Any]) -> None:
    first = claim("AA", "DEESC_COMMIT", issue="deescalation", **before)
    done = claim("AA", "DEESC_COMMIT", issue="deescalation", day=1)
    assert verdict(first, done) == (Novelty.UPDATE, "modality")
    assert verdict(done, replace(first, id="weaker"))[0] is Novelty.REPEAT


def test_a_welcome_that_becomes_an_acceptance_is_an_update() -> None:
    assert verdict(claim("AA", "MED_WELCOME"), claim("AA", "MED_ACCEPT", day=1)) == (
        Novelty.UPDATE,
        "step",
    )


def test_only_the_two_of_us_is_a_known_rejection_in_other_words() -> None:
    assert verdict(claim("AA", "MED_REJECT"), claim("AA", "BILATERAL_ONLY", day=1)) == (
        Novelty.REPEAT,
        "other words",
    )


def test_like_words_of_different_acts_are_no_repeat() -> None:
    words = "mediation by our friends in Orlu"
    said = [claim("AA", "MED_WELCOME", words), claim("AA", "MED_REQUEST", words, day=1)]
    assert verdict(*said)[0] is Novelty.NEW


# -- what cannot hold together -----------------------------------------------------------------


def test_two_lengths_of_one_truce_contradict() -> None:
    ours = claim("AA", "CF_AGREE", "a truce of 10 days", issue="ceasefire", targets=("BB",))
    theirs = claim("BB", "CF_AGREE", "a truce of 3 days", issue="ceasefire", targets=("AA",))
    step = after(ours, theirs)
    assert (step.decisions[0].novelty, step.decisions[0].reason) == (
        Novelty.CONTRADICTS,
        "numeric",
    )
    assert [pair.reason for pair in step.contradictions] == ["numeric"]


def test_two_times_of_what_both_call_the_truce_contradict() -> None:
    ours = claim("AA", "CF_DECLARE", "the truce begins at noon", issue="ceasefire")
    theirs = claim("BB", "CF_DECLARE", "the truce begins at midnight", issue="ceasefire")
    assert verdict(ours, theirs) == (Novelty.CONTRADICTS, "numeric")


def test_a_denied_time_contradicts_who_named_it() -> None:
    ours = claim("AA", "CF_DECLARE", "our guns rest from noon", issue="ceasefire")
    theirs = claim("BB", "CF_DECLARE", "guns rest later, not at noon", issue="ceasefire")
    assert verdict(ours, theirs) == (Novelty.CONTRADICTS, "numeric")


def test_consent_and_refusal_of_two_parties_stand_on_the_board() -> None:
    step = after(claim("AA", "MED_ACCEPT"), claim("BB", "MED_REJECT", day=1))
    assert step.decisions[0].novelty is Novelty.NEW  # no fact is disputed
    assert [pair.reason for pair in step.contradictions] == ["cross_party"]


def test_bystanders_are_contradicted_by_nobody() -> None:
    heard = claim("AA", "CF_AFFIRM", issue="ceasefire", role_code="CVL", speaker="Residents")
    assert verdict(heard, claim("BB", "CF_END", issue="ceasefire"))[0] is Novelty.NEW


def test_each_side_may_hold_fire_for_its_own_time() -> None:
    ours = claim("AA", "CF_DECLARE", "we hold fire for 10 days", issue="ceasefire")
    theirs = claim("BB", "CF_DECLARE", "we hold fire for 3 days", issue="ceasefire")
    assert verdict(ours, theirs)[0] is Novelty.NEW


def test_a_truce_that_its_party_ends_is_a_change_of_state() -> None:
    said = [
        claim("AA", act, issue="ceasefire", day=d)
        for d, act in enumerate(["CF_DECLARE", "CF_END", "CF_DECLARE"])
    ]
    assert verdict(*said[:2]) == (Novelty.NEW, "state_change")
    assert verdict(*said) == (Novelty.NEW, "state_change")
    assert after(*said).decisions[0].key != after(said[0]).decisions[0].key


def test_taking_back_an_acceptance_by_denying_it_is_a_reversal() -> None:
    assert verdict(claim("AA", "MED_ACCEPT"), claim("AA", "MED_DENY", day=1)) == (
        Novelty.CONTRADICTS,
        "reversal",
    )


def test_an_account_given_up_contradicts_nobody_any_more() -> None:
    said = [
        claim("AA", "CF_AFFIRM", issue="ceasefire"),
        claim("AA", "CF_END", issue="ceasefire", day=1),
        claim("BB", "CF_END", issue="ceasefire", day=2),
    ]
    assert verdict(*said)[0] is Novelty.NEW


def test_accusing_the_other_side_does_not_take_back_a_denial() -> None:
    said = [
        claim("AA", "CF_DENY_VIOLATION", issue="ceasefire"),
        breach("they shelled us at Orlu", day=1),
    ]
    ledger = after(*said).ledger
    assert {p.act for p in ledger.positions} == {"CF_DENY_VIOLATION", "CF_VIOLATION"}


def test_an_old_answer_to_a_new_offer_is_a_response() -> None:
    refusal, offer = claim("AA", "MED_REJECT"), claim("CC", "MED_OFFER", day=39)
    assert verdict(refusal, offer, claim("AA", "MED_REJECT", day=40)) == (
        Novelty.NEW,
        "response",
    )


# -- late arrivals -------------------------------------------------------------------------------

Stance = tuple[str, str, str, datetime, datetime | None, str | None, int]


def stances(ledger: Ledger) -> list[Stance]:
    """Return what the ledger holds of every party, now and before, in order."""
    every = (*ledger.history, *ledger.positions)
    return sorted(
        (p.party, p.issue, p.act, p.since, p.until, p.claim_id, p.times)
        for p in every  # no two stances of a party begin at one moment: `until` is never compared
    )


def test_an_older_statement_that_comes_late_leaves_the_current_stance_alone() -> None:
    now = claim("AA", "MED_REJECT", day=5)
    step = after(now, claim("AA", "MED_ACCEPT", day=2))
    assert [(p.act, p.since) for p in step.ledger.positions] == [("MED_REJECT", now.said_at)]
    assert [(p.act, p.until) for p in step.ledger.history] == [("MED_ACCEPT", now.said_at)]


def test_the_original_of_a_reversal_that_comes_after_its_reprint_is_no_second_reversal() -> None:
    before, reprint = claim("XA", "MED_REJECT"), claim("XA", "MED_ACCEPT", day=5.1)
    original = claim("XA", "MED_ACCEPT", day=5)
    assert verdict(before, reprint) == (Novelty.CONTRADICTS, "reversal")
    assert verdict(before, reprint, original) == (Novelty.REPEAT, "restatement")


def test_a_reversal_that_comes_late_is_told_if_the_party_went_back_before_the_one_we_know() -> None:
    before, later = claim("XA", "MED_REJECT"), claim("XA", "MED_ACCEPT", day=9)
    back, missed = claim("XA", "MED_REJECT", day=7), claim("XA", "MED_ACCEPT", day=5)
    assert verdict(before, back, later, missed) == (Novelty.CONTRADICTS, "reversal")


def test_a_late_statement_splits_the_stance_it_interrupts() -> None:
    said = [claim("AA", "MED_REJECT", day=d) for d in (0, 4)]
    step = after(*said, claim("AA", "MED_ACCEPT", day=2))
    [current] = step.ledger.positions
    assert (current.act, current.since) == ("MED_REJECT", said[1].said_at)
    assert [(p.act, p.until) for p in step.ledger.history] == [
        ("MED_REJECT", DAY + timedelta(days=2)),
        ("MED_ACCEPT", said[1].said_at),
    ]


def test_a_late_statement_of_the_same_stance_makes_it_older() -> None:
    first = claim("AA", "MED_REJECT", day=1)
    [position] = after(claim("AA", "MED_REJECT", day=3), first).ledger.positions
    assert (position.since, position.claim_id, position.times) == (first.said_at, first.id, 2)


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["AA", "BB"]),
            st.sampled_from(["MED_REJECT", "MED_ACCEPT", "MED_WELCOME", "MED_CLAIM", "MED_DENY"]),
        ),
        min_size=2,
        max_size=9,
    ),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_the_order_of_arrival_changes_no_stance(
    acts: list[tuple[str, str]], order: random.Random
) -> None:
    said = [claim(party, act, day=day) for day, (party, act) in enumerate(acts)]
    shuffled = list(said)
    order.shuffle(shuffled)
    assert stances(after(*shuffled).ledger) == stances(after(*said).ledger)


@given(order=st.permutations(range(5)))
def test_the_order_of_arrival_changes_no_first_and_last_statement(order: list[int]) -> None:
    said = [claim("AA", "MED_REJECT", day=day) for day in range(5)]
    [known] = after(*(said[n] for n in order)).ledger.propositions
    assert (known.first_claim, known.last_claim, known.times) == (said[0].id, said[4].id, 5)


# -- statements without an act -------------------------------------------------------------------


def worded(text: str, *acts: str, name: str = "s1", party: str = "AA", **fields: Any) -> Worded:
    made = Worded(
        id=name,
        text=text,
        said_at=DAY,
        parties=frozenset({party}),
        acts=frozenset(acts),
        voices=frozenset({party}),
        whole=text,
    )
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("before", "now", "party", "novelty"),
    [
        ("we refuse a broker for the valley", "we refuse brokers in the valley", "AA", "repeat"),
        ("the truce holds at Orlu", "the truce does not hold at Orlu", "BB", "contradicts"),
        ("the truce lasts 36 hours", "the truce lasts 60 hours", "BB", "contradicts"),
        ("the truce lasts 36 hours", "the truce lasts 60 hours", "AA", "update"),
        ("we may sign the truce at Orlu", "we sign the truce at Orlu", "AA", "update"),
        ("we sign the truce at Orlu", "we sign the truce at Orlu", "BB", "new"),
        ("we sign the truce at Orlu", "the harvest was good this year", "AA", "new"),
    ],
)
def test_words_decide_where_no_act_was_found(
    before: str, now: str, party: str, novelty: str
) -> None:
    found = compare_words(worded(now, name="s2", party=party), [worded(before, "CF_AGREE")])
    assert found.novelty.value == novelty


def test_words_never_decide_between_two_acts() -> None:
    words = "we sign the truce at Orlu"
    now, before = worded(words, "CF_AGREE", name="s2"), worded(words, "CF_PROPOSE")
    assert compare_words(now, [before]).novelty is Novelty.NEW


def test_a_mere_mention_of_a_known_truce_is_a_repeat() -> None:
    now = worded("prices fell after the Orlu-brokered truce", name="s2", voices=frozenset())
    found = compare_words(now, [worded("we mediated the truce", "MED_CLAIM")])
    assert (found.novelty, found.reason, found.ref) == (Novelty.REPEAT, "background", "s1")


@pytest.mark.parametrize(
    "text",
    [
        "भारत ने कहा कि कश्मीर पर किसी तीसरे पक्ष की मध्यस्थता मंज़ूर नहीं",
        "بھارت نے کہا کہ کشمیر پر کسی تیسرے فریق کی ثالثی قبول نہیں",
    ],
)
def test_a_key_has_no_language(text: str) -> None:
    english = claim("AA", "MED_REJECT", "AA will accept no mediation in the dispute")
    told = claim("AA", "MED_REJECT", text, day=1)
    assert verdict(english, told) == (Novelty.REPEAT, "restatement")
    assert verdict(told, replace(english, said_at=told.said_at)) == (Novelty.REPEAT, "restatement")


@pytest.mark.parametrize(
    ("first", "second", "novelty"),
    [
        ("MED_REQUEST", "MED_OFFER", Novelty.REPEAT),
        ("MED_OFFER", "TALKS_PROPOSE", Novelty.NEW),
    ],
)
def test_a_statement_read_as_a_neighbouring_act_is_a_repeat_in_the_same_words(
    first: str, second: str, novelty: Novelty
) -> None:
    words = "AA offers mediation between the two neighbours"
    assert verdict(claim("AA", first, words), claim("AA", second, words, day=1))[0] is novelty
    other = claim("AA", second, "a wholly different sentence on rivers", day=1)
    assert verdict(claim("AA", first, words), other)[0] is Novelty.NEW


# -- what is of another time ---------------------------------------------------------------------


def test_a_denial_of_a_past_mediation_leaves_a_later_request_open() -> None:
    denies = claim("AA", "MED_DENY", "there was no mediation in May")
    asks = claim("BB", "MED_REQUEST", "to mediate at the talks next week", day=2)
    assert verdict(denies, asks)[0] is Novelty.NEW
    assert after(denies, asks).contradictions == ()


def test_a_denial_of_having_been_asked_stands_against_the_request() -> None:
    denies = claim("AA", "MED_DENY", "nobody asked for mediation")
    asks = claim("BB", "MED_REQUEST", "to mediate at the talks", day=2)
    assert verdict(denies, asks) == (Novelty.CONTRADICTS, "cross_party")


def test_a_denial_that_a_truce_was_mediated_says_nothing_of_an_earlier_request() -> None:
    asks = claim("BB", "MED_REQUEST", "to mediate at the talks")
    denies = claim("AA", "MED_DENY", "nobody mediated the ceasefire", day=2)
    assert verdict(asks, denies)[0] is Novelty.NEW


def test_a_party_that_denied_a_past_mediation_may_ask_for_another() -> None:
    denies = claim("AA", "MED_DENY", "there was no mediation in May")
    asks = claim("AA", "MED_REQUEST", "to mediate at the talks next week", day=9)
    assert verdict(denies, asks)[0] is Novelty.NEW


@pytest.mark.parametrize(
    ("days", "novelty"), [(3, Novelty.CONTRADICTS), (29, Novelty.CONTRADICTS), (31, Novelty.NEW)]
)
def test_numbers_clash_only_within_a_bounded_time(days: int, novelty: Novelty) -> None:
    ten = claim("AA", "CF_AGREE", "a truce of ten days is agreed", issue="ceasefire")
    five = claim("BB", "CF_AGREE", "a truce of five days is agreed", issue="ceasefire", day=days)
    assert verdict(ten, five)[0] is novelty


def test_accounts_that_name_days_far_apart_are_of_two_events() -> None:
    one = claim("AA", "TALKS_AGREE", "talks will be held on 3 March", issue="talks")
    other = claim("BB", "TALKS_AGREE", "talks will be held on 3 June", issue="talks", day=1)
    assert verdict(one, other)[0] is Novelty.NEW


# -- whose word, and on whose offer ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["Rele's spokesman", "the office of Rele", "Rele's deputy"])
def test_who_speaks_for_a_person_speaks_for_the_party_that_person_spoke_for(name: str) -> None:
    first = claim("AA", "MED_REJECT", "no mediator is needed", speaker="Anand Rele")
    again = claim(
        name, "MED_REJECT", "nobody is wanted in between", day=2, countries=(), speaker=name
    )
    assert verdict(first, again)[0] is Novelty.REPEAT


def test_what_a_statement_denies_is_not_said_in_it() -> None:
    denies = claim("AA", "MED_DENY", "reports of a request for mediation are untrue")
    inside = claim("AA", "MED_REQUEST", "mediation", parent=denies.id)
    step = compare_claims([denies, inside], TOPIC, Ledger())
    assert [decision.claim_id for decision in step.decisions] == [denies.id]


def test_who_made_the_offer_tells_two_refusals_apart() -> None:
    def refusal(country: str, day: int) -> list[Claim]:
        text = f"the offer of {country} to mediate"
        refuses = claim("AA", "MED_REJECT", text, day=day)
        offer = claim(
            country, "MED_OFFER", "to mediate", day=day, background=True, parent=refuses.id
        )
        return [refuses, offer]

    ledger = compare_claims(refusal("CC", 0), TOPIC, Ledger()).ledger
    again = compare_claims(refusal("CC", 1), TOPIC, ledger).decisions[0]
    other = compare_claims(refusal("DD", 1), TOPIC, ledger).decisions[0]
    assert (again.novelty, other.novelty) == (Novelty.REPEAT, Novelty.NEW)


def test_an_acceptance_that_depends_on_something_is_no_firm_one() -> None:
    first = claim("AA", "MED_ACCEPT", "a mediator if BB withdraws", modality="conditional")
    again = claim("AA", "MED_ACCEPT", "a mediator depends on a withdrawal", day=1)
    assert verdict(first, again)[0] is Novelty.REPEAT


def test_what_is_said_to_be_repeated_is_a_repeat_though_another_act_was_read() -> None:
    first = claim("AA", "CF_AFFIRM", "the truce is safe with us", issue="ceasefire")
    again = claim("AA", "CF_WELCOME", "a silent border", issue="ceasefire", day=2)
    assert verdict(first, again)[0] is Novelty.NEW
    repeated = replace(again, cue_text="reiterated")
    assert verdict(first, repeated) == (Novelty.REPEAT, "other words")


def test_who_repeats_the_opposite_repeats_nothing() -> None:
    first = claim("AA", "MED_REJECT", "no mediator is needed")
    again = claim("AA", "MED_ACCEPT", "a mediator is welcome", day=2, cue_text="repeated")
    assert verdict(first, again) == (Novelty.CONTRADICTS, "reversal")


def spoken(text: str, *, day: int = 0, acts: tuple[str, ...] = (), party: str = "AA") -> Worded:
    return Worded(
        id=f"w{day}",
        text=text,
        said_at=DAY + timedelta(days=day),
        parties=frozenset((party,)),
        acts=frozenset(acts),
        voices=frozenset((f"Speaker of {party}",)),
        whole=text,
    )


@pytest.mark.parametrize(
    ("later", "novelty"),
    [
        (spoken("we carry letters to and fro for the two camps", day=2), Novelty.REPEAT),
        (spoken("the two camps hear of each other through us", day=20), Novelty.NEW),
        (spoken("the two camps will share the river", day=2), Novelty.NEW),
        (spoken("the two camps meet under our roof", day=2, party="BB"), Novelty.NEW),
    ],
    ids=["of one thing", "much later", "another matter", "another party"],
)
def test_a_side_just_heard_on_a_thing_says_it_on_where_no_act_is_found(
    later: Worded, novelty: Novelty
) -> None:
    first = spoken("we mediate between the camps", acts=("MED_CONDUCT",))
    assert compare_words(later, [first]).novelty is novelty


def test_the_effort_of_another_mediator_is_another_thing() -> None:
    first = spoken(
        "the mediation of the Ostians made it; Ostia's mediation did", acts=("MED_CLAIM",)
    )
    other = spoken("Tarnland's mediation made it", day=1)
    assert compare_words(other, [first]).novelty is Novelty.NEW
