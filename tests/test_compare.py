"""New, repeat, update or contradicts; the ledger; the contradiction board."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.compare import Compared, compare_claims
from pipeline.records import Claim, Ledger, Novelty, Position, Span
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
    **fields: object,
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
