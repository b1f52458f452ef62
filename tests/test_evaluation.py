"""The scorer: gold as prediction is perfect, every fault costs what it should, drops are seen."""

from __future__ import annotations

import json
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.errors import ConfigError
from pipeline.evaluation import (
    Gold,
    Report,
    Score,
    as_json,
    drops,
    from_json,
    headlines,
    read_gold,
    score,
)
from pipeline.evaluation.articles import score_article
from pipeline.evaluation.counting import Counts, Tally, summarise
from pipeline.evaluation.labels import accepted_acts, country_codes, plain
from pipeline.evaluation.pairing import pair_up
from pipeline.evaluation.passages import score_passage
from pipeline.evaluation.words import Words

Record = dict[str, Any]
OWN = Path(__file__).parent / "gold"
TEXT = (
    "Ada Minister, the envoy of Arland, rejected any mediation. "
    '"We talk to Bevia," she told Wire, "and to nobody else." '
    "The road, officials said, was closed. Bevia declined to comment."
)
NAMES = {"Ada Minister": "XA", "Officials": None, "Government of Bevia": "XB"}


def gold_claim(sid: str, source: str, cue: str, content: str, **more: Any) -> Record:
    record: Record = {"id": sid, "speaker_canonical": "Ada Minister", "act": "OTHER"}
    for name, words in (("source", source), ("cue", cue), ("content", content)):
        start = TEXT.index(words)
        record |= {name: words, f"{name}_start": start, f"{name}_end": start + len(words)}
    record |= {"anonymous": False, "topic": "other", "alert": False} | more
    record["speaker_country"] = NAMES[record["speaker_canonical"]]
    record.setdefault("chain", ["The One", record["speaker_canonical"]])
    return record


def article() -> Record:
    wire = {"chain": ["The One", "Wire", "Ada Minister"]}
    return {
        "id": "a",
        "text": TEXT,
        "statements": [
            gold_claim(
                "s1",
                "Ada Minister, the envoy of Arland",
                "rejected",
                "any mediation",
                act="MED_REJECT",
                alert=True,
            ),
            gold_claim("s2", "she", "told", '"We talk to Bevia,"', act="BILATERAL_ONLY", **wire),
            gold_claim("s3", "she", "told", '"and to nobody else."', continuation_of="s2", **wire),
            gold_claim(
                "s4",
                "officials",
                "said",
                "The road, officials said, was closed",
                interrupted=True,
                speaker_canonical="Officials",
                anonymous=True,
            ),
            gold_claim(
                "s5",
                "Bevia declined to comment"[:5],
                "declined",
                "declined to comment",
                speaker_canonical="Government of Bevia",
                non_statement=True,
            ),
        ],
    }


def as_predicted(statement: Record) -> Record:
    """Return a gold statement as the extractor would have to say it."""

    def span(name: str) -> list[int] | None:
        start = statement[f"{name}_start"]
        return None if start is None else [start, statement[f"{name}_end"]]

    return {
        "source": span("source"),
        "cue": span("cue"),
        "content": [span("content")],
        "chain": list(statement["chain"]),
        "speaker": statement["speaker_canonical"],
        "speaker_country": statement["speaker_country"],
        "anonymous": statement["anonymous"],
        "act": None if statement["act"] == "OTHER" else statement["act"],
        "alert_worthy": statement["alert"],
    }


def perfect(row: Record) -> list[Record]:
    return [as_predicted(s) for s in row["statements"] if not s.get("non_statement")]


def values(counts: Counts) -> dict[str, float | None]:
    return {name: tally.value for name, tally in counts.items()}


# -- articles ---------------------------------------------------------------------------


def test_gold_as_prediction_is_perfect() -> None:
    found = values(score_article(article(), perfect(article())))
    assert {v for v in found.values() if v is not None} == {1.0}
    assert found["chain_exact_long_if_found"] == 1.0


def test_gold_of_the_own_set_as_prediction_is_perfect() -> None:
    for row in read_gold(OWN).articles:
        found = values(score_article(row, perfect(dict(row))))
        assert {v for v in found.values() if v is not None} == {1.0}, row["id"]


def test_nothing_predicted_scores_nothing_and_leaves_rates_undefined() -> None:
    found = values(score_article(article(), []))
    assert found["claims"] == found["act"] == found["alert_statement"] == 0.0
    assert found["speaker_if_found"] is None
    assert found["spans_valid"] is None


def test_a_quote_in_two_parts_counts_once_however_it_is_predicted() -> None:
    whole = perfect(article())
    whole[1]["content"].append(whole.pop(2)["content"][0])
    found = values(score_article(article(), whole))
    assert found == values(score_article(article(), perfect(article())))


def test_showing_a_non_statement_is_an_error() -> None:
    shown = [*perfect(article()), as_predicted(article()["statements"][-1])]
    assert score_article(article(), shown)["claims"] == Tally(3, 4, 3)


def test_an_attribution_inside_the_content_may_be_left_out() -> None:
    claims = perfect(article())
    start, end = claims[3]["content"][0]
    claims[3]["content"] = [[start, start + 8], [end - 10, end]]
    assert values(score_article(article(), claims))["claims"] == 1.0


@pytest.mark.parametrize(
    ("field", "wrong", "metrics"),
    [
        ("speaker", "Bob Minister", {"speaker", "speaker_if_found"}),
        ("speaker_country", "XB", {"country", "country_if_found"}),
        ("chain", ["The One", "Bob"], {"chain_exact", "chain_exact_if_found", "chain_hops"}),
        ("act", "MED_DENY", {"act"}),
        ("act", None, {"act"}),
        ("alert_worthy", False, {"alert_statement"}),
        ("anonymous", True, {"anonymous"}),
        ("source", [0, 3], {"linked"}),  # "Ada", no head
        ("cue", [0, 5000], {"spans_valid"}),
    ],
)
def test_one_fault_costs_its_own_metrics_only(field: str, wrong: Any, metrics: set[str]) -> None:
    claims = perfect(article())
    claims[0][field] = wrong
    found = values(score_article(article(), claims))
    lost = {n for n, v in found.items() if v is not None and v < 1 and not n.startswith("act:")}
    assert lost == metrics


def test_a_source_out_of_proportion_does_not_link() -> None:
    claims = perfect(article())
    claims[3]["source"] = [0, len(TEXT)]
    assert score_article(article(), claims)["linked"] == Tally(2, 3, 3)


def test_an_alternative_act_is_right_and_an_open_one_may_be_missed() -> None:
    row = article()
    row["statements"][0]["act_alt"] = ["MED_DENY", "OTHER"]
    claims = perfect(row)
    claims[0]["act"] = "MED_DENY"
    assert score_article(row, claims)["act"].value == 1.0
    assert score_article(row, claims[1:])["act"].value == 1.0


def test_a_duplicate_lowers_precision() -> None:
    claims = perfect(article())
    assert score_article(article(), [*claims, claims[0]])["claims"] == Tally(3, 4, 3)


def test_offsets_that_do_not_give_their_words_are_named() -> None:
    row = article()
    row["statements"][0]["content_start"] += 1
    with pytest.raises(ConfigError, match="gold statement s1: content offsets"):
        score_article(row, [])


# -- passages ---------------------------------------------------------------------------


def passage(*said: Record, relevant: bool = True) -> Record:
    return {"id": "p", "text": "words", "relevant": relevant, "tags": ["trap"], "statements": said}


def act(code: str, country: str | None, name: str = "Ada", **more: Any) -> Record:
    base = {"speaker": name, "speaker_country": country, "act": code, "background": False}
    return base | more


OFFER = act("MED_OFFER", "XA", speaker_alt=["Arland"], act_alt=["MED_CONDUCT"])


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([act("MED_OFFER", "XA")], Tally(1, 1, 1)),
        ([act("MED_CONDUCT", "XA")], Tally(1, 1, 1)),  # a careful second reader's act
        ([act("MED_OFFER", "XB", "Arland")], Tally(1, 1, 1)),  # a named alternative, any country
        ([act("MED_OFFER", "XB")], Tally(0, 1, 1)),
        ([act("MED_OFFER", "XA"), act("MED_OFFER", "XA", "Bob")], Tally(1, 1, 1)),
        ([act("MED_OFFER", "XA"), act("CF_CALL", "XA")], Tally(1, 2, 1)),
        ([{**act("MED_OFFER", "XA"), "act": None}], Tally(0, 0, 1)),
    ],
)
def test_acts_of_a_passage_count_by_country(claims: list[Record], expected: Tally) -> None:
    assert score_passage(passage(OFFER), True, claims)["act"] == expected


def test_background_is_neither_asked_for_nor_held_against_anybody() -> None:
    recalled = passage(OFFER | {"background": True})
    assert score_passage(recalled, True, [])["act"] == Tally(0, 0, 0)
    assert score_passage(recalled, True, [act("MED_OFFER", "XA")])["act"] == Tally(0, 0, 0)


def test_a_joint_act_is_one_for_each_country() -> None:
    joint = passage(act("CF_AGREE", "XA+XB"))
    claim = act("CF_AGREE", None) | {"speaker_country": ["XA"]}
    assert score_passage(joint, True, [claim])["act"] == Tally(1, 1, 2)


def test_a_false_alarm_counts_under_every_tag() -> None:
    found = values(score_passage(passage(relevant=False), True, [OFFER]))
    assert found["false_alarm"] == found["false_alarm:trap"] == found["act_where_none"] == 1.0
    quiet = values(score_passage(passage(relevant=False), False, []))
    assert quiet["false_alarm"] == 0.0
    assert quiet["relevance"] is None


# -- words, names, pairs ----------------------------------------------------------------


def test_heads_are_the_last_word_before_a_modifier_of_each_part() -> None:
    words = Words("Ada Minister, the envoy of Arland, said")
    heads = words.heads((0, 33))
    assert [words.text[slice(*words.places[i])] for i in sorted(heads)] == ["Minister", "envoy"]


def test_tokens_leave_out_quotation_marks_and_invalid_spans() -> None:
    words = Words("“We won’t go,” she said")
    assert words.tokens((0, 14)) == {0, 1, 2}
    assert words.tokens((0, 99), None) == frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [("The Élysée", "elysee"), ("Army (Arland)", "army arland"), ("Ada's office", "Ada office")],
)
def test_names_are_compared_without_their_dress(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_country_codes_of_other_schemes_are_understood() -> None:
    assert country_codes("FRA+DE") == {"FR", "DE"}
    assert country_codes(["UN"]) == {"IGO"}
    assert country_codes(None) == frozenset()


def test_a_coarse_label_accepts_all_it_had_to_cover() -> None:
    first, right = accepted_acts({"act": "agree_ceasefire"})
    assert first == "CF_AGREE"
    assert right == {"CF_AGREE", "CF_AFFIRM"}


def test_pairs_have_the_largest_sum_of_all_ways() -> None:
    rng = random.Random(7)
    for _ in range(200):
        size = rng.randint(1, 5)
        weights = [[rng.choice((0, 0, rng.random())) for _ in range(size)] for _ in range(size)]
        found = sum(weights[i][j] for i, j in pair_up(weights))
        ways = permutations(range(size))
        best = max(sum(weights[i][j] for i, j in enumerate(way)) for way in ways)
        assert found == pytest.approx(best)


# -- intervals and comparing ------------------------------------------------------------


def test_an_interval_holds_its_value_and_narrows_with_more_documents() -> None:
    few = [{"m": Tally(i % 2, 1, 1)} for i in range(10)]
    widths = []
    for parts in (few, few * 20):
        made = summarise(parts)["m"]
        assert made.low is not None
        assert made.high is not None
        assert made.low <= 0.5 <= made.high
        widths.append(made.high - made.low)
    assert widths[1] < widths[0] / 3


def one_score(value: float | None, low: float, high: float) -> Score:
    return Score(value=value, low=low, high=high, hit=1, predicted=1, gold=1)


def report(**by_metric: float) -> Report:
    return {
        name.replace("__", " "): one_score(value, value - 0.1, value + 0.1)
        for name, value in by_metric.items()
    }


def test_a_drop_within_the_interval_passes_and_beyond_it_is_named() -> None:
    before = report(passages__act=0.7, passages__false_alarm=0.1)
    assert drops(report(passages__act=0.61, passages__false_alarm=0.19), before) == []
    worse = drops(report(passages__act=0.59, passages__false_alarm=0.21), before)
    assert [drop.metric for drop in worse] == ["passages act", "passages false_alarm"]


def test_a_metric_that_went_missing_is_a_drop() -> None:
    assert [d.metric for d in drops({}, report(passages__act=0.7))] == ["passages act"]


def test_only_headlines_are_compared() -> None:
    assert drops({}, {"passages act:CF_END": one_score(1.0, 1.0, 1.0)}) == []


def test_a_stored_run_comes_back() -> None:
    run = {"dev": report(passages__act=0.5)}
    assert from_json(json.loads(json.dumps(as_json(run))), "run.json") == run


@pytest.mark.parametrize("data", [[], {"dev": 1}, {"dev": {"act": {"value": 1}}}])
def test_what_is_no_stored_run_is_refused(data: object) -> None:
    with pytest.raises(ConfigError, match=r"run\.json: is no stored run"):
        from_json(data, "run.json")


def test_a_record_without_a_prediction_counts_as_nothing_found() -> None:
    found = score(Gold((article(),), (passage(OFFER),)), [], [])
    assert found["articles claims"].value == 0.0
    assert found["passages relevance"].value == 0.0
    assert "articles claims" in headlines(found)


# -- the command ------------------------------------------------------------------------


@pytest.fixture
def small_gold(tmp_path: Path) -> Path:
    """Return a gold folder with one article of the own set and two passages."""
    folder = tmp_path / "gold"
    (folder / "articles").mkdir(parents=True)
    whole = read_gold(OWN).part("dev")
    (folder / "articles" / "a.json").write_text(json.dumps(whole.articles[0]), "utf-8")
    lines = [json.dumps(row) for row in whole.passages[:2]]
    (folder / "passages.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def test_eval_saves_a_run_and_finds_a_drop_against_a_better_one(
    small_gold: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run.json"
    command = ["eval", "--gold", str(small_gold)]
    first = CliRunner().invoke(cli, [*command, "--save", str(run)], catch_exceptions=False)
    assert first.exit_code == 0
    assert "articles linked" in first.output
    same = CliRunner().invoke(cli, [*command, "--against", str(run), "--json"])
    assert same.exit_code == 0
    assert json.loads(same.output) == json.loads(run.read_text("utf-8"))
    better = json.loads(run.read_text("utf-8"))
    better["dev"]["articles linked"] |= {"value": 2.0, "low": 1.5, "high": 2.5}
    run.write_text(json.dumps(better), "utf-8")
    worse = CliRunner().invoke(cli, [*command, "--against", str(run)])
    assert worse.exit_code == 1
    assert "worse: dev articles linked" in worse.output


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("passages.jsonl", '{"id": 1}\n{"id"', r"passages\.jsonl:2: is not JSON"),
        ("passages.jsonl", "[]", "is no JSON object"),
        ("other.txt", "", "holds neither"),
    ],
)
def test_a_folder_that_is_no_gold_set_is_named(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message):
        read_gold(tmp_path)
