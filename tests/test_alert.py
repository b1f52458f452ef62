"""Alerts: who is woken, by what, when, and what the message says."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert import (
    Known,
    RuleIndex,
    baseline_summary,
    find_alerts,
    find_keyword_alerts,
    keyword_matching,
    matching,
    plan_deliveries,
)
from pipeline.alert.outbox import quiet_end, slot_end
from pipeline.alert.receipt import coverage_words, isolated, outlet_zone, plain
from pipeline.errors import ConfigError
from pipeline.records import (
    Alert,
    Article,
    Claim,
    Coverage,
    Credit,
    Decision,
    Delivery,
    Hop,
    HopKind,
    Ledger,
    Novelty,
    Position,
    Proposition,
    Rule,
    RuleKind,
    Span,
)
from pipeline.taxonomy import load_acts

NOW = datetime(2031, 5, 10, 12, 0, tzinfo=UTC)
IST = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
KEY = "XA | MED_OFFER | river | "
CASES = tomllib.loads(
    (Path(__file__).parent / "data" / "alert" / "keywords.toml").read_text("utf-8")
)["case"]


def article(**changes: Any) -> Article:
    fields: dict[str, Any] = {
        "id": "a1",
        "url": "https://post.example/river",
        "feed_url": "https://post.example/feed",
        "outlet": "River Post",
        "title": "Minister speaks on the river",
        "country": "IN",
        "language": "en",
        "published": NOW - timedelta(hours=2),
        "published_from": "pubDate",
        "first_seen": NOW,
        "topics": ("river",),
        "credit": Credit(origin="Delta Wire"),
    }
    return Article(**fields | changes)


def claim(**changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "id": "c1",
        "article_id": "a1",
        "version": 1,
        "outlet": "River Post",
        "said_at": NOW - timedelta(hours=2),
        "source": Span(0, 8),
        "cue": Span(9, 13),
        "content": (Span(14, 40),),
        "source_text": "the minister",
        "cue_text": "said",
        "text": "we would gladly host both sides",
        "quote_type": "direct",
        "chain": (
            Hop(name="River Post", kind=HopKind.OUTLET),
            Hop(name="Delta Wire", kind=HopKind.AGENCY),
            Hop(name="Ada Quill", kind=HopKind.PERSON, countries=("CH",)),
        ),
        "speaker": "Ada Quill",
        "speaker_kind": HopKind.PERSON,
        "countries": ("CH",),
        "act": "MED_OFFER",
        "theme": "mediation",
        "modality": "actual",
        "object": "river",
        "targets": ("IN", "PK"),
        "third_party": ("CH",),
        "alert_worthy": True,
        "confidence": 0.8,
        "topics": ("river",),
    }
    return Claim(**fields | changes)


def decision(**changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "claim_id": "c1",
        "topic": "river",
        "novelty": Novelty.NEW,
        "reason": "first",
        "key": KEY,
    }
    return Decision(**fields | changes)


def found(
    rules: list[Rule] | None = None,
    *,
    articles: Article | None = None,
    claims: list[Claim] | None = None,
    decisions: list[Decision] | None = None,
    known: Known | None = None,
) -> tuple[Alert, ...]:
    alerts = find_alerts(
        articles or article(),
        claims or [claim()],
        decisions or [decision()],
        rules=RuleIndex(rules or [Rule(name="r")]),
        known=known or Known(),
        now=NOW,
    )
    return alerts.new


# -- claim rules --------------------------------------------------------------------------


MET: list[dict[str, Any]] = [
    {},
    {"topics": ("river",)},
    {"acts": ("MED_OFFER", "MED_REJECT")},
    {"themes": ("mediation",)},
    {"parties": ("CH",)},
    {"parties": ("ada quill",)},
    {"novelty": (Novelty.NEW,)},
    {"novelty": ()},
    {"anonymous": False},
    {"min_confidence": 0.8},
    {"languages": ("EN",)},
    {"outlets": ("river post",)},
    {"topics": ("river",), "acts": ("MED_OFFER",), "parties": ("CH",), "anonymous": False},
]
UNMET: list[dict[str, Any]] = [
    {"topics": ("hill",)},
    {"acts": ("MED_REJECT",)},
    {"themes": ("ceasefire",)},
    {"parties": ("IN",)},
    {"novelty": (Novelty.UPDATE,)},
    {"anonymous": True},
    {"min_confidence": 0.81},
    {"languages": ("hi",)},
    {"outlets": ("Hill Herald",)},
    {"enabled": False},
    {"acts": ("MED_OFFER",), "parties": ("IN",)},
]


@pytest.mark.parametrize("conditions", MET, ids=str)
def test_a_claim_meets_a_rule_whose_conditions_it_has(conditions: Mapping[str, Any]) -> None:
    index = RuleIndex([Rule(name="r", **conditions)])
    assert [rule.name for rule, _ in matching(index, claim(), decision(), article())] == ["r"]


@pytest.mark.parametrize("conditions", UNMET, ids=str)
def test_a_claim_misses_a_rule_with_another_condition(conditions: Mapping[str, Any]) -> None:
    index = RuleIndex([Rule(name="r", **conditions)])
    assert matching(index, claim(), decision(), article()) == ()


def test_the_reason_names_what_the_rule_asked_for() -> None:
    rule = Rule(name="r", topics=("river",), acts=("MED_OFFER",), parties=("CH",), anonymous=False)
    ((_, why),) = matching(RuleIndex([rule]), claim(), decision(), article())
    assert why == "topic river; act MED_OFFER; party CH; named; new (first)"


@pytest.mark.parametrize("changes", [{"alert_worthy": False}, {"background": True}], ids=str)
def test_a_claim_that_is_no_news_of_the_topic_meets_no_rule(changes: Mapping[str, Any]) -> None:
    assert matching(RuleIndex([Rule(name="r")]), claim(**changes), decision(), article()) == ()


def test_a_claim_without_act_or_speaker_meets_only_rules_that_do_not_ask() -> None:
    index = RuleIndex([Rule(name="any"), Rule(name="act", acts=("MED_OFFER",))])
    bare = claim(act=None, theme=None, speaker=None, countries=())
    assert [rule.name for rule, _ in matching(index, bare, decision(), article())] == ["any"]


def simple_answer(rule: Rule, one: Claim, made: Decision, where: Article) -> bool:
    """Say the same as `matching`, one rule at a time."""
    tag = (where.language or "").casefold()
    parties = {p.casefold() for p in (*one.countries, *filter(None, [one.speaker]))}
    return (
        (not rule.topics or made.topic in rule.topics)
        and (not rule.acts or one.act in rule.acts)
        and (not rule.themes or one.theme in rule.themes)
        and (not rule.parties or bool(parties & {p.casefold() for p in rule.parties}))
        and (not rule.novelty or made.novelty in rule.novelty)
        and rule.anonymous in (None, one.anonymous)
        and one.confidence >= rule.min_confidence
        and (not rule.languages or tag in rule.languages)
        and (not rule.outlets or where.outlet in rule.outlets)
    )


def some(random_: random.Random, values: list[Any]) -> tuple[Any, ...]:
    return tuple(random_.sample(values, random_.choice([0, 0, 1, 2])))


def test_the_index_answers_as_one_rule_at_a_time_would() -> None:
    random_ = random.Random(7)
    acts, parties = ["MED_OFFER", "MED_REJECT", "CF_CALL"], ["CH", "IN", "PK", "Ada Quill"]
    rules = [
        Rule(
            name=f"r{number}",
            topics=some(random_, ["river", "hill", "coast"]),
            acts=some(random_, acts),
            themes=some(random_, ["mediation", "ceasefire"]),
            parties=some(random_, parties),
            novelty=some(random_, list(Novelty)),
            anonymous=random_.choice([None, None, True, False]),
            min_confidence=random_.choice([0.0, 0.5, 0.9]),
            languages=some(random_, ["en", "hi"]),
            outlets=some(random_, ["River Post", "Hill Herald"]),
        )
        for number in range(400)
    ]
    index = RuleIndex(rules)
    hits = 0
    for _ in range(100):
        one = claim(
            act=random_.choice([*acts, None]),
            theme=random_.choice(["mediation", "ceasefire", None]),
            countries=some(random_, ["CH", "IN", "PK"]),
            speaker=random_.choice(["Ada Quill", None]),
            anonymous=random_.choice([True, False]),
            confidence=random_.choice([0.1, 0.5, 0.95]),
        )
        made = decision(
            topic=random_.choice(["river", "hill"]), novelty=random_.choice(list(Novelty))
        )
        where = article(language=random_.choice(["en", "hi", "ur"]), outlet="River Post")
        expected = [rule.name for rule in rules if simple_answer(rule, one, made, where)]
        assert [rule.name for rule, _ in matching(index, one, made, where)] == expected
        hits += len(expected)
    assert hits > 100


# -- keyword rules --------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_keyword_rule(case: dict[str, Any]) -> None:
    conditions: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in case["rule"].items()
    }
    rule = Rule(name="r", kind=RuleKind.KEYWORD, **conditions)
    where = article(title="", topics=())
    met = keyword_matching(RuleIndex([rule]), replace(where, **case["article"]))
    assert [why for _, why in met] == ([case["reason"]] if "reason" in case else [])


def test_rules_that_share_a_common_word_are_told_apart() -> None:
    rules = [
        Rule(name=f"r{n}", kind=RuleKind.KEYWORD, all=("truce", f"village{n}")) for n in range(50)
    ]
    met = keyword_matching(RuleIndex(rules), article(text="A truce in village7 and village31."))
    assert [rule.name for rule, _ in met] == ["r7", "r31"]


def test_a_word_without_letters_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="no letter"):
        RuleIndex([Rule(name="r", kind=RuleKind.KEYWORD, any=("--",))])


def test_keyword_alert_is_one_for_each_rule_and_story() -> None:
    rules = RuleIndex([Rule(name="r", kind=RuleKind.KEYWORD, any=("river",))])
    first = article(id="a1", origin="a1")
    copy = article(id="a2", origin="a1", outlet="Hill Herald")
    other = article(id="a3", origin="a3")
    ids = [
        find_keyword_alerts(one, rules=rules, known=Known(), now=NOW).new[0].id
        for one in (first, copy, other)
    ]
    assert ids[0] == ids[1] != ids[2]


def test_a_copy_of_a_told_story_is_a_repeat_and_the_same_article_is_nothing() -> None:
    rules = RuleIndex([Rule(name="r", kind=RuleKind.KEYWORD, any=("river",))])
    (told,) = find_keyword_alerts(article(origin="a1"), rules=rules, known=Known(), now=NOW).new
    known = Known(alert_of={told.id: told}.get)
    again = find_keyword_alerts(article(origin="a1"), rules=rules, known=known, now=NOW)
    copy = find_keyword_alerts(article(id="a2", origin="a1"), rules=rules, known=known, now=NOW)
    assert (again.new, again.repeated) == ((), ())
    assert (copy.new, copy.repeated) == ((), (told.id,))


def test_keyword_rules_take_articles_of_no_topic_but_not_of_the_baseline() -> None:
    rules = RuleIndex([Rule(name="r", kind=RuleKind.KEYWORD, any=("river",))])
    for changes, number in (({"topics": ()}, 1), ({"baseline": True}, 0)):
        alerts = find_keyword_alerts(article(**changes), rules=rules, known=Known(), now=NOW)
        assert len(alerts.new) == number


# -- which alerts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"baseline": True}, {"published": NOW - timedelta(days=4)}],
    ids=["baseline", "too old"],
)
def test_quiet_articles_never_alert(changes: Mapping[str, Any]) -> None:
    assert found(articles=article(**changes)) == ()


@pytest.mark.parametrize("reason", ["restatement", "background", "standing"])
def test_what_was_said_before_never_alerts(reason: str) -> None:
    rule = Rule(name="r", novelty=tuple(Novelty))
    assert found([rule], decisions=[decision(novelty=Novelty.REPEAT, reason=reason)]) == ()


@pytest.mark.parametrize("novelty", [Novelty.NEW, Novelty.UPDATE, Novelty.CONTRADICTS])
def test_new_updated_and_contradicting_claims_alert(novelty: Novelty) -> None:
    (alert,) = found(decisions=[decision(novelty=novelty)])
    assert (alert.kind, alert.novelty, alert.claim_id) == ("claim", novelty, "c1")


def test_the_same_statement_has_one_id_from_any_outlet_at_any_time() -> None:
    (one,) = found()
    (other,) = found(
        articles=article(id="a2", outlet="Hill Herald", published=NOW - timedelta(days=1)),
        claims=[claim(id="c2", text="other words")],
        decisions=[decision(claim_id="c2", reason="cross_party", novelty=Novelty.CONTRADICTS)],
    )
    assert one.id == other.id


def test_rule_topic_and_details_make_other_ids() -> None:
    ids = {
        found()[0].id,
        found([Rule(name="other")])[0].id,
        found(decisions=[decision(topic="hill")])[0].id,
        found(decisions=[decision(key=f"{KEY} | number=30")])[0].id,
        found(decisions=[decision(key=f"{KEY} | turn=2")])[0].id,
    }
    assert len(ids) == 5


def test_claims_of_one_article_that_say_the_same_are_one_alert_for_each_rule() -> None:
    alerts = found(
        [Rule(name="r"), Rule(name="s")],
        claims=[claim(), claim(id="c2", text="our door is open")],
        decisions=[decision(), decision(claim_id="c2", novelty=Novelty.UPDATE, reason="detail")],
    )
    assert [(alert.rule, alert.claim_id) for alert in alerts] == [("r", "c1"), ("s", "c1")]
    assert "also: “our door is open”" in alerts[0].body


def test_a_repeat_is_counted_on_the_alert_that_told_it() -> None:
    (told,) = found()
    alerts = find_alerts(
        article(id="a2"),
        [claim(id="c2")],
        [decision(claim_id="c2", novelty=Novelty.REPEAT, reason="restatement")],
        rules=RuleIndex([Rule(name="r")]),
        known=Known(alert_of={told.id: told}.get),
        now=NOW,
    )
    assert (alerts.new, alerts.repeated) == ((), (told.id,))


def test_a_repeat_of_what_never_alerted_is_nothing() -> None:
    alerts = find_alerts(
        article(),
        [claim()],
        [decision(novelty=Novelty.REPEAT, reason="restatement")],
        rules=RuleIndex([Rule(name="r")]),
        known=Known(),
        now=NOW,
    )
    assert (alerts.new, alerts.repeated) == ((), ())


def test_a_denial_continues_the_alert_on_what_it_denies() -> None:
    (told,) = found()
    known = Known(
        ledger=Ledger(propositions=(proposition(),)), alerts_of=lambda topic, rule: [told]
    )
    denial = decision(
        claim_id="c2", novelty=Novelty.CONTRADICTS, reason="cross_party",
        key="IN | MED_DENY | river | CH", refs=("c9",),
    )  # fmt: skip
    (alert,) = found(claims=[claim(id="c2", act="MED_DENY")], decisions=[denial], known=known)
    assert alert.thread == told.id


# -- receipts --------------------------------------------------------------------------------


def proposition(**changes: Any) -> Proposition:
    fields: dict[str, Any] = {
        "id": "p1",
        "topic": "river",
        "key": KEY,
        "party": "CH",
        "issue": "river",
        "act": "MED_OFFER",
        "first_claim": "c0",
        "last_claim": "c9",
        "first_stated": NOW - timedelta(days=20),
        "last_stated": NOW - timedelta(days=3),
        "times": 13,
        "text": "we would host them",
    }
    return Proposition(**fields | changes)


def position(**changes: Any) -> Position:
    fields: dict[str, Any] = {
        "id": "q1",
        "topic": "river",
        "party": "CH",
        "issue": "river",
        "act": "MED_HALT",
        "modality": "actual",
        "since": NOW - timedelta(days=9),
        "claim_id": "c7",
        "speaker": "Ada Quill",
        "via": ("River Post",),
        "text": "we are leaving the table",
        "last_stated": NOW - timedelta(days=8),
        "times": 4,
    }
    return Position(**fields | changes)


def full_alert() -> Alert:
    known = Known(
        ledger=Ledger(propositions=(proposition(),), positions=(position(),)),
        coverage_of=lambda topic, key: Coverage(
            outlets=("Hill Herald", "Coast Courier"),
            origins=(("Delta Wire", 2), ("own reporting: Coast Courier", 1)),
        ),
        zone=BERLIN,
    )
    made = decision(
        novelty=Novelty.UPDATE, reason="numeric", differs="number 20 -> 30",
        key=f"{KEY} | number=30", nearest="c9", refs=("c9",),
    )  # fmt: skip
    (alert,) = found(decisions=[made], known=known)
    return alert


def test_the_headline_says_who_does_what_in_one_line() -> None:
    assert found()[0].headline == (
        "New: Ada Quill (Switzerland) offers to mediate between India and Pakistan (River Post)"
    )


def test_a_reversal_is_called_one() -> None:
    alert = found(decisions=[decision(novelty=Novelty.CONTRADICTS, reason="reversal")])[0]
    assert alert.headline.startswith("Reversal: ")


def test_the_receipt_for_people() -> None:
    assert full_alert().body.splitlines() == [
        "“we would gladly host both sides” [characters 14-40 of version 1]",
        "act: offers to mediate between India and Pakistan [MED_OFFER]",
        "chain: River Post <- Delta Wire <- Ada Quill",
        "why new: a number, duration or date changed; number 20 -> 30",
        "before: ends or suspends mediation, since 2031-05-01, said 4 times; Ada Quill; "
        "“we are leaving the table”",
        "nearest: CH, 2031-05-07: “we would host them”",
        "carried by: 3 outlets, 2 origins: Delta Wire 3, own reporting 1; 12 repeats suppressed",
        "article: Minister speaks on the river, River Post",
        "published: 2031-05-10 12:00 CEST; at the outlet 2031-05-10 15:30 IST; by pubDate",
        "link: https://post.example/river",
        "rule: r: update (numeric)",
    ]


def test_the_receipt_for_programs_is_json_and_has_the_same() -> None:
    data = json.loads(json.dumps(full_alert().receipt))
    assert data["words"]["spans"] == [[14, 40]]
    assert [hop["name"] for hop in data["chain"]] == ["River Post", "Delta Wire", "Ada Quill"]
    assert data["previous_position"]["act"] == "MED_HALT"
    assert data["nearest"]["claim_id"] == "c9"
    assert data["coverage"]["outlets"] == ["Hill Herald", "Coast Courier", "River Post"]
    assert data["coverage"]["origins"][0] == ["Delta Wire", 3]
    assert data["repeats"] == 12
    assert data["times"]["utc"] == "2031-05-10T10:00:00+00:00"


def test_the_nearest_claim_is_told_whole_when_the_store_has_it() -> None:
    earlier = claim(id="c9", outlet="Coast Courier", text="come and sit with us")
    known = Known(claim_of={"c9": earlier}.get, zone=UTC)
    (alert,) = found(decisions=[decision(nearest="c9")], known=known)
    assert "nearest: Ada Quill, Coast Courier, 2031-05-10: “come and sit with us”" in alert.body


def test_the_position_that_is_taken_back_comes_before_the_latest_one() -> None:
    later = position(id="q2", act="MED_WELCOME", claim_id="c8", since=NOW - timedelta(days=1))
    known = Known(ledger=Ledger(positions=(position(), later)))
    (alert,) = found(decisions=[decision(refs=("c7",))], known=known)
    previous = alert.receipt["previous_position"]
    assert isinstance(previous, dict)
    assert previous["act"] == "MED_HALT"


def test_every_act_of_the_taxonomy_has_words() -> None:
    for code in load_acts():
        (alert,) = found(claims=[claim(act=code)])
        assert "makes a statement" not in alert.headline, code


def test_an_unresolved_anonymous_speaker_is_shown_in_the_article_s_words() -> None:
    (alert,) = found(
        claims=[claim(speaker=None, source_text="a person who was there", anonymous=True,
                      countries=())]
    )  # fmt: skip
    assert alert.headline.startswith("New: a person who was there (anonymous) offers to mediate")


def test_a_country_that_speaks_is_named_once_and_conditions_are_told() -> None:
    (alert,) = found(
        claims=[claim(speaker="Government of Switzerland", modality="conditional", hedged=True)]
    )
    assert alert.headline == (
        "New: Government of Switzerland offers to mediate between India and Pakistan "
        "(on a condition, hedged) (River Post)"
    )


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (
            Coverage(outlets=("A",), origins=(("own reporting: A", 1),)),
            "1 outlet, 1 origin: own reporting 1",
        ),
        (
            Coverage(
                outlets=tuple("ABCDEFGHIJKLMN"),
                origins=(("PTI", 9), ("Reuters", 3), ("own reporting: M", 2)),
            ),
            "14 outlets, 3 origins: PTI 9, Reuters 3, own reporting 2",
        ),
    ],
)
def test_outlets_and_origins_are_both_counted(coverage: Coverage, words: str) -> None:
    assert coverage_words(coverage) == words


def test_the_outlet_s_time_is_shown_only_where_its_country_has_one_zone() -> None:
    assert outlet_zone("IN") == IST
    assert outlet_zone("US") is None
    assert outlet_zone(None) is None


def test_one_zone_is_told_once() -> None:
    (alert,) = found(known=Known(zone=IST))
    assert "published: 2031-05-10 15:30 IST; by pubDate" in alert.body


HOSTILE = "A\x1b]0;owned\x07\x1b[2J\u202eB\u2066C\x9b31m\r\nD\u2028E"


def test_hostile_text_cannot_steer_a_terminal() -> None:
    chain = (Hop(name=HOSTILE, kind=HopKind.GROUP),)
    (alert,) = found(
        articles=article(title=HOSTILE, outlet=HOSTILE, url=f"https://x.example/{HOSTILE}"),
        claims=[claim(text=HOSTILE, speaker=HOSTILE, chain=chain, targets=(HOSTILE,))],
        decisions=[decision(differs=HOSTILE, key=HOSTILE, reason=HOSTILE)],
    )
    shown = alert.headline + alert.body + json.dumps(alert.receipt, ensure_ascii=False)
    assert not set(shown) & set("\x1b\x07\x9b\r\u202e\u2066\u2028")
    assert "\n" not in alert.headline


@given(st.text())
def test_plain_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert len(once.splitlines()) <= 1


def test_joiners_stay_and_right_to_left_words_are_isolated() -> None:
    assert plain("می\u200cخواهم") == "می\u200cخواهم"
    assert isolated("جنگ بندی") == "\u2068جنگ بندی\u2069"
    assert isolated("truce") == "truce"


# -- outbox ------------------------------------------------------------------------------------


def alerts_of(rule: str, number: int) -> list[Alert]:
    return [
        Alert(
            id=f"{rule}{n}",
            rule=rule,
            kind="claim",
            topic=None,
            created=NOW,
            headline="h",
            body="b",
        )
        for n in range(number)
    ]


def planned(rule: Rule, number: int = 1, *, now: datetime = NOW, **options: Any) -> list[Delivery]:
    return list(plan_deliveries(alerts_of("r", number), [rule], now, zone=UTC, **options))


def test_an_alert_leaves_at_once_on_every_channel_of_its_rule() -> None:
    rows = planned(Rule(name="r", channels=("desk", "phone", "desk")))
    assert [(row.channel, row.next_try, row.digest) for row in rows] == [
        ("desk", NOW, ""),
        ("phone", NOW, ""),
    ]


def test_an_alert_of_no_rule_goes_to_the_given_channels() -> None:
    summary = baseline_summary("run", NOW, counts={"claims": 3})
    rows = plan_deliveries([summary], [], NOW, channels=("desk",))
    assert [(row.channel, row.next_try) for row in rows] == [("desk", NOW)]


def test_quiet_hours_hold_back_into_one_digest() -> None:
    rule = Rule(name="r", quiet_hours=("11:00", "13:30"))
    rows = planned(rule, 3)
    assert {row.next_try for row in rows} == {NOW.replace(hour=13, minute=30)}
    assert len({row.digest for row in rows}) == 1
    assert rows[0].digest


def test_digest_rows_share_the_slot_s_end_but_not_across_rules_or_channels() -> None:
    rule = Rule(name="r", digest_minutes=30, channels=("desk", "phone"))
    rows = planned(rule, 2, now=NOW + timedelta(minutes=7))
    later = planned(rule, 1, now=NOW + timedelta(minutes=29))
    assert {row.next_try for row in (*rows, *later)} == {NOW + timedelta(minutes=30)}
    assert len({row.digest for row in (*rows, *later)}) == 2


def test_a_digest_that_would_end_in_quiet_hours_waits_for_their_end() -> None:
    rule = Rule(name="r", digest_minutes=60, quiet_hours=("12:30", "15:00"))
    assert planned(rule)[0].next_try == NOW.replace(hour=15)


def test_beyond_the_cap_alerts_wait_for_one_digest_at_the_end_of_the_hour() -> None:
    rule = Rule(name="r", max_per_hour=3)
    now = NOW + timedelta(minutes=20)
    rows = planned(rule, 5, now=now, sent_counts={("terminal", "r"): 1})
    assert [row.next_try for row in rows] == [now, now, *[NOW + timedelta(hours=1)] * 3]
    assert len({row.digest for row in rows[2:]}) == 1


def test_an_alert_over_the_cap_in_quiet_hours_waits_for_their_end() -> None:
    rule = Rule(name="r", max_per_hour=1, quiet_hours=("11:00", "15:00"))
    (row,) = planned(rule, sent_counts={("terminal", "r"): 1})
    assert row.next_try == NOW.replace(hour=15)


NIGHT = ("22:00", "06:30")


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2031-05-10T21:59", None),
        ("2031-05-10T22:00", "2031-05-11T06:30"),
        ("2031-05-11T03:00", "2031-05-11T06:30"),
        ("2031-05-11T06:30", None),
        # clocks go forward on 2031-03-30 at 02:00, back on 2031-10-26 at 03:00
        ("2031-03-29T23:00", "2031-03-30T06:30"),
        ("2031-10-25T23:00", "2031-10-26T06:30"),
    ],
)
def test_quiet_hours_cross_midnight_and_changes_of_the_clock(at: str, end: str | None) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)
    expected = moment if end is None else datetime.fromisoformat(end).replace(tzinfo=BERLIN)
    assert quiet_end(moment, NIGHT, BERLIN) == expected.astimezone(UTC)


def test_quiet_hours_last_a_night_s_true_length_when_clocks_change() -> None:
    for day, hours in (("2031-03-29T22:00", 7.5), ("2031-10-25T22:00", 9.5)):
        start = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
        assert (quiet_end(start, NIGHT, BERLIN) - start) == timedelta(hours=hours)


def test_an_end_that_the_clock_skips_or_shows_twice_is_always_ahead() -> None:
    skipped = datetime(2031, 3, 30, 1, 30, tzinfo=BERLIN)
    assert quiet_end(skipped, ("01:00", "02:30"), BERLIN) == datetime(
        2031, 3, 30, 1, 30, tzinfo=UTC
    )
    twice = datetime(2031, 10, 26, 2, 15, tzinfo=BERLIN)
    first = quiet_end(twice, ("01:00", "02:30"), BERLIN)
    second = quiet_end(twice.replace(fold=1), ("01:00", "02:30"), BERLIN)
    assert (first, second) == (
        datetime(2031, 10, 26, 0, 30, tzinfo=UTC),
        datetime(2031, 10, 26, 1, 30, tzinfo=UTC),
    )


@given(
    st.integers(0, 2 * 365 * 24 * 60),
    st.integers(1, 3000),
    st.sampled_from([UTC, IST, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia")]),
)
def test_a_slot_ends_after_now_and_within_its_length(
    minute: int, minutes: int, zone: tzinfo
) -> None:
    now = NOW + timedelta(minutes=minute)
    ends = slot_end(now, minutes, zone)
    # a change of the clock makes the slot it falls into an hour longer
    assert now < ends <= now + timedelta(minutes=min(minutes, 24 * 60)) + timedelta(hours=1)


def test_there_are_no_quiet_hours_when_both_ends_are_equal() -> None:
    assert quiet_end(NOW, ("12:00", "12:00"), UTC) == NOW


def test_the_system_s_zone_is_taken_when_none_is_given() -> None:
    assert slot_end(NOW, 60, None) > NOW
    assert quiet_end(NOW, ("00:00", "23:59"), None) > NOW


def test_a_baseline_has_one_summary_however_often_it_runs() -> None:
    one = baseline_summary("topic river", NOW, counts={"articles": 12, "claims": 3}, topic="river")
    again = baseline_summary("topic river", NOW + timedelta(hours=1), counts={"articles": 40})
    assert one.id == again.id != baseline_summary("topic hill", NOW, counts={}).id
    assert one.headline == "Baseline of topic river: 12 articles, 3 claims"
    assert one.kind == "baseline"
