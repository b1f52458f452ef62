"""What people say about alerts is kept and counted; what they mute is stored and not sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.alert import RuleIndex
from pipeline.cli import cli
from pipeline.comparing import Comparer
from pipeline.config import load_config
from pipeline.demo.replay import CONFIG
from pipeline.evaluation import evaluate_splits, read_gold
from pipeline.feedback import give, given, is_muted, keep_mute, mutes_at, tallies, verdict_of
from pipeline.labelling import gold_of
from pipeline.records import DeliveryState, Feedback, Mute, Stage, Verdict
from pipeline.stores import Store, open_store
from pipeline.stores.documents import from_document
from tests.factories import NOON, TOPIC, alert, at, claim, delivery, poll, scraped, state

SPOKEN = {"speaker": {"name": "Ada Minister", "countries": ["AA"]}, "act": {"code": "MED_OFFER"}}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/said.sqlite"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as opened:
        yield opened


def said(verdict: Verdict, minute: float = 1, n: int = 1) -> Feedback:
    return Feedback(alert_id=f"alert-{n:04}", verdict=verdict, at=at(minute))


def test_the_last_judgement_counts_and_seeing_is_none(store: Store) -> None:
    for feedback in (
        said(Verdict.WRONG, 1),
        said(Verdict.RIGHT, 2),
        said(Verdict.SEEN, 3),
        said(Verdict.SEEN, 1, n=2),
    ):
        give(store, feedback)
    kept = given(store)
    assert verdict_of(kept["alert-0001"]) is Verdict.RIGHT
    assert verdict_of(kept["alert-0002"]) is Verdict.SEEN
    assert given(store, ["alert-0003"]) == {}


def test_precision_is_counted_by_rule_and_act(store: Store) -> None:
    alerts = [alert(n, receipt=SPOKEN) for n in range(1, 5)]
    for n, verdict in enumerate((Verdict.RIGHT, Verdict.NOT_NEW, Verdict.SEEN), 1):
        give(store, said(verdict, n=n))
    (row,) = tallies(alerts, given(store))
    assert (row.rule, row.act, row.alerts) == ("any offer", "MED_OFFER", 4)
    assert (row.judged, row.precision) == (2, 0.5)


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"rule": "any offer"}, True),
        ({"rule": "other"}, False),
        ({"topic": TOPIC, "party": "aa"}, True),
        ({"party": "Ada Minister"}, True),
        ({"party": "BB"}, False),
        ({"story": "story-1", "rule": "any offer"}, True),
        ({"story": "story-2"}, False),
    ],
)
def test_a_mute_covers_what_fits_everything_given(given: dict[str, str], fits: bool) -> None:
    mute = from_document(Mute, {"id": "m", "since": NOON.isoformat(), **given})
    assert is_muted(alert(1, receipt=SPOKEN), [mute]) is fits


def test_a_mute_ends_by_itself_or_when_it_is_ended(store: Store) -> None:
    mute = Mute(id="m", since=at(0), until=at(10), rule="any offer")
    keep_mute(store, mute, at(0))
    assert mutes_at(store, at(9)) == [mute]
    assert mutes_at(store, at(10)) == []
    keep_mute(store, replace(mute, until=at(5)), at(5))
    assert mutes_at(store, at(6)) == []


def test_a_muted_alert_gets_its_rows_and_is_never_due(store: Store) -> None:
    config = load_config(CONFIG)
    comparer = Comparer(config, store, lambda: at(3), RuleIndex(config.rules))
    told = alert(1, rule=config.rules[0].name)
    keep_mute(store, Mute(id="m", since=at(1), until=at(5), rule=told.rule), at(1))
    store.save_alerts((told,), comparer.planned((told,)))
    rows = store.deliveries(told.id)
    assert {row.state for row in rows} == {DeliveryState.MUTED}
    assert store.due(at(9999)) == []
    later = Comparer(config, store, lambda: at(5), RuleIndex(config.rules))
    assert {row.state for row in later.planned((told,))} == {DeliveryState.PENDING}


def run(url: str, *arguments: str) -> str:
    result = CliRunner().invoke(cli, [*arguments, "--config", str(CONFIG), "--store", url])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_alerts_are_answered_on_the_command_line(store: Store, url: str) -> None:
    store.save_alerts((alert(1, receipt=SPOKEN),), (delivery(1),))
    run(url, "ack", "alert-0001")
    run(url, "feedback", "alert-0001", "not new", "--note", "said on Monday")
    (row,) = [json.loads(line) for line in run(url, "feedback", "--json").splitlines()]
    assert (row["not new"], row["judged"], row["precision"]) == (1, 1, 0.0)
    assert "not new" in run(url, "feedback")
    (told,) = [json.loads(line) for line in run(url, "alerts", "--json").splitlines()]
    assert [one["verdict"] for one in told["feedback"]] == ["seen", "not new"]
    run(url, "mute", "--rule", "any offer", "--for", "12h")
    run(url, "mute", "alert-0001")
    rule, story = [json.loads(line) for line in run(url, "mute", "--json").splitlines()]
    assert (rule["rule"], story["story"]) == ("any offer", "story-1")
    run(url, "mute", "--end", rule["id"])
    assert len(run(url, "mute", "--json").splitlines()) == 1


def test_a_stored_article_becomes_a_gold_file_that_eval_reads(
    store: Store, url: str, tmp_path: Path
) -> None:
    store.save_poll(poll(), state(), (scraped(1),))
    store.save_article(scraped(1))
    store.save_claims(replace(scraped(1), stage=Stage.DONE), [claim(1, act="MED_OFFER")])
    store.save_alerts((alert(1, receipt=SPOKEN),), ())
    run(url, "feedback", "alert-0001", "wrong")
    run(url, "label", "--judged", "--to", str(tmp_path / "gold"))
    gold = read_gold(tmp_path / "gold")
    (row,) = gold.articles
    assert "wrong" in row["todo"]
    (statement,) = row["statements"]
    assert (statement["content"], statement["source"]) == ("talks would go on", "The minister")
    assert set(evaluate_splits(gold, load_config(CONFIG))) == {"dev"}
    assert "wrote 0 files" in run(url, "label", "article-0001", "--to", str(tmp_path / "gold"))


def test_claims_of_older_versions_are_not_labelled() -> None:
    article = scraped(1, version=2)
    assert gold_of(article, [claim(1, version=1)])["statements"] == []
