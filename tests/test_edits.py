"""An article is edited: what is news of that, and what is not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from pipeline.compare import Edit, drifts_of
from pipeline.records import Alert, Span, Stage, TextFrom
from pipeline.stores import open_store
from tests.edits import Case, Life, alerts_of, cases, is_right
from tests.factories import claim

ACCEPT = "Kestria has agreed to mediation by Ostmark, Kestrian foreign minister Tomas Abanto said."
ACCUSE = (
    "The Varonian army accused Kestria of violating the ceasefire, and said 14 shells had fallen."
)
REJECT = "Petra Lund, the Varonian defence minister, said that Varonia would not accept a mediator."
RIVER = "The river was high after a week of rain."
TEXT = "\n\n".join((ACCEPT, ACCUSE, REJECT, RIVER))


@pytest.fixture
def life() -> Iterator[Life]:
    with closing(open_store("sqlite:///:memory:")) as store:
        yield Life(store)


@pytest.mark.parametrize("case", cases("dev"), ids=lambda case: case.name)
def test_each_edit_is_told_as_what_it_is(case: Case) -> None:
    assert is_right(case, alerts_of(case))


@pytest.mark.parametrize("half", ["held", "later"])
def test_nine_of_ten_edits_that_are_news_get_their_alert(half: str) -> None:
    news = [case for case in cases(half) if case.gold != "silent"]
    assert sum(is_right(case, alerts_of(case)) for case in news) >= 0.9 * len(news)


@pytest.mark.parametrize("half", ["held", "later"])
def test_cosmetic_edits_stay_silent(half: str) -> None:
    quiet = [case for case in cases(half) if case.gold == "silent"]
    assert [case.name for case in quiet if not is_right(case, alerts_of(case))] == []


# -- what is untouched -------------------------------------------------------------------------


def test_claims_of_untouched_sentences_keep_their_id_and_their_words(life: Life) -> None:
    life.show(TEXT)
    before = {c.source_text: c for c in life.store.claims("article")}
    life.show(TEXT.replace("has agreed", "may agree"))
    after = {c.source_text: c for c in life.store.claims("article")}
    changed = {source for source in before if before[source] != after[source]}
    assert changed == {"Kestrian foreign minister Tomas Abanto"}
    assert len(after) == len(before)


def test_paragraphs_in_another_order_are_no_edit_of_what_they_say(life: Life) -> None:
    life.show(TEXT)
    before = {c.id for c in life.store.claims("article")}
    assert life.show("\n\n".join((RIVER, REJECT, ACCEPT, ACCUSE))) == ()
    assert {c.id for c in life.store.claims("article")} == before


def test_an_untouched_claim_counts_once_however_often_its_article_is_edited(life: Life) -> None:
    life.show(TEXT)
    for days in ("two weeks", "three weeks", "a month"):
        assert life.show(TEXT.replace("a week", days)) == ()
    assert {position.times for position in life.store.positions()} == {1}


def test_no_alert_is_sent_again_over_fifty_edits_of_the_rest(life: Life) -> None:
    dice = random.Random(5)
    told = [alert.id for alert in life.show(TEXT)]
    words = RIVER.split()
    for number in range(50):
        dice.shuffle(words)
        added = f"{' '.join(words)} The gauge at the bridge stood at {number} feet."
        told += [alert.id for alert in life.show(TEXT.replace(RIVER, added))]
    assert len(told) == len(set(told)) == 2


def test_he_is_read_anew_when_another_man_is_named_before(life: Life) -> None:
    text = "{} met reporters in the capital.\nHe said that Kestria had accepted a mediator."
    life.show(text.format("Kestrian foreign minister Tomas Abanto"))
    before = life.store.claims("article")
    life.show(text.format("Kestrian army spokesman Colonel Matis Orlo"))
    after = life.store.claims("article")
    assert {c.speaker for c in before} == {"Tomas Abanto"}
    assert {c.speaker for c in after} == {"Matis Orlo"}


# -- what is told -------------------------------------------------------------------------------


def only(alerts: tuple[Alert, ...]) -> Alert:
    [alert] = alerts
    return alert


def test_the_alert_shows_the_words_before_and_after_and_continues_the_first_one(
    life: Life,
) -> None:
    first = next(a for a in life.show(TEXT) if "Abanto" in a.headline)
    alert = only(life.show(TEXT.replace("has agreed to", "may discuss")))
    assert (alert.reason, alert.thread) == ("weakened", first.id)
    assert f"was: {ACCEPT}" in alert.body
    assert "now: Kestria may discuss mediation" in alert.body
    assert alert.receipt["edit"] == {
        "kind": "weakened",
        "was": ACCEPT,
        "now": ACCEPT.replace("has agreed to", "may discuss"),
        "differs": "“has agreed to” became “may discuss”",
        "correction": "",
        "version": 2,
    }


def test_a_correction_the_article_owns_up_to_is_quoted(life: Life) -> None:
    life.show(TEXT)
    owned = "Correction: an earlier version gave another number of shells."
    alert = only(life.show(f"{TEXT.replace('14', '4')}\n\n{owned}"))
    assert alert.reason == "numeric"
    assert f"the article says: {owned}" in alert.body


def test_a_statement_taken_out_is_told_with_its_last_words(life: Life) -> None:
    life.show(TEXT)
    alert = only(life.show(TEXT.replace(ACCUSE, "")))
    assert alert.reason == "withdrawn"
    assert alert.headline.startswith("Withdrawn: Army (Varonia)")
    assert "now: no longer in the article" in alert.body


def test_a_statement_taken_out_and_put_back_and_taken_out_is_told_once(life: Life) -> None:
    life.show(TEXT)
    texts = [TEXT.replace(ACCUSE, ""), TEXT, TEXT.replace(ACCUSE, "")]
    told = [alert.reason for text in texts for alert in life.show(text)]
    assert told == ["withdrawn"]


def test_two_changes_of_a_number_are_two_alerts(life: Life) -> None:
    life.show(TEXT)
    told = [life.show(TEXT.replace("14", number)) for number in ("17", "23")]
    assert [only(alerts).reason for alerts in told] == ["numeric", "numeric"]
    assert "17 became 23" in only(told[1]).body


def test_a_denial_after_the_edit_continues_the_same_story(life: Life) -> None:
    life.show(TEXT)
    weak = only(life.show(TEXT.replace("has agreed to", "may discuss")))
    denial = "Kestria has rejected mediation by Ostmark, Kestrian foreign minister Abanto said."
    alerts = life.show(
        TEXT.replace(ACCEPT, f"{ACCEPT.replace('has agreed to', 'may discuss')} {denial}")
    )
    assert only(alerts).novelty == "contradicts"
    assert only(alerts).thread == weak.id


# -- what is not --------------------------------------------------------------------------------


def test_a_page_that_turns_into_a_paywall_withdraws_nothing(life: Life) -> None:
    life.show(TEXT)
    assert life.show(f"{RIVER} Subscribe to read on.", text_from=TextFrom.FEED) == ()


def test_an_article_written_anew_under_its_old_address_withdraws_nothing(life: Life) -> None:
    life.show(TEXT)
    assert life.show("Snow fell. Roads were closed. Schools stayed shut. Buses were late.") == ()


def test_a_baseline_article_never_alerts_when_it_is_edited(life: Life) -> None:
    life.show(TEXT, baseline=True)
    assert life.show(TEXT.replace("has agreed to", "may discuss")) == ()


def test_what_was_edited_before_it_was_compared_is_simply_what_it_says(life: Life) -> None:
    life.show(TEXT)
    stored = life.store.article("article")
    assert stored is not None
    weak = TEXT.replace("has agreed to", "may discuss")
    for text in (weak, TEXT.replace(ACCEPT, "")):
        life.store.save_article(
            replace(stored, text=text, text_hash=text, stage=Stage.EXTRACT, version=stored.version)
        )
        life.extract()
        stored = life.store.article("article")
        assert stored is not None
    assert only(life.compare()).reason == "withdrawn"


def test_comparing_an_edit_again_changes_nothing(life: Life) -> None:
    life.show(TEXT)
    only(life.show(TEXT.replace("has agreed to", "may discuss")))
    stored = life.store.article("article")
    assert stored is not None
    life.store.save_article(replace(stored, stage=Stage.COMPARE))
    before = life.store.alerts(), life.store.positions(history=True)
    assert life.compare() == ()
    assert (life.store.alerts(), life.store.positions(history=True)) == before


def test_most_of_a_text_must_be_left_for_a_statement_to_be_withdrawn() -> None:
    said = claim(content=(Span(0, 10),), source=None, cue=None, text="We agreed.")
    lost = "We agreed. Rain fell. Snow fell. Hail fell."
    assert drifts_of(Edit(lost, "Rain fell. Snow fell.", (said,), ()))[0].kind == "withdrawn"
    assert drifts_of(Edit(lost, "Rain fell. Something else.", (said,), ())) == ()
