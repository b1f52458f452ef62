"""The own gold set is sound, and extraction on it is not worse than the stored run."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache

import pytest

from pipeline.config import load_config
from pipeline.evaluation import Gold, Report, drops, evaluate, from_json, read_gold
from pipeline.evaluation.articles import gold_units
from pipeline.evaluation.words import Words
from pipeline.taxonomy import load_acts
from tests.gold import compile as marked

BASELINE = marked.HERE / "baseline.json"
SPLITS = ("dev", "held-out")


@cache
def gold() -> Gold:
    return read_gold(marked.HERE)


@cache
def baseline() -> dict[str, Report]:
    return from_json(json.loads(BASELINE.read_text("utf-8")), str(BASELINE))


@pytest.mark.parametrize("split", SPLITS)
def test_extraction_is_not_worse_than_the_stored_run(split: str) -> None:
    now = evaluate(gold().part(split), load_config(None), samples=1)
    fell = drops(now, baseline()[split])
    told = [f"{d.metric}: {d.now and d.now.value}, was {d.before.value}" for d in fell]
    assert not told, "see tests/gold/README.md for how a run is accepted"


@pytest.mark.parametrize("split", SPLITS)
def test_the_stored_run_is_of_this_gold(split: str) -> None:
    part = gold().part(split)
    claims = sum(len(gold_units(row, Words(row["text"]))) for row in part.articles)
    relevant = sum(row["relevant"] for row in part.passages)
    assert baseline()[split]["articles claims"].gold == claims
    assert baseline()[split]["passages relevance"].gold == relevant


def test_the_gold_is_what_the_marked_texts_compile_to() -> None:
    articles, passages = marked.compiled()
    assert sorted(articles, key=lambda row: str(row["id"])) == list(gold().articles)
    assert passages == list(gold().passages)


def test_it_is_as_large_as_promised() -> None:
    assert len(gold().articles) >= 30
    assert len(gold().passages) >= 200
    conflicts = {row["conflict"] for row in (*gold().articles, *gold().passages)}
    assert len(conflicts - {"none"}) >= 6


@pytest.mark.parametrize("row", gold().articles, ids=lambda row: row["id"])
def test_an_article_is_short_and_every_span_is_its_words(row: dict[str, object]) -> None:
    text = str(row["text"])
    assert 100 <= len(text.split()) <= 250
    assert isinstance(row["statements"], list)
    for statement in row["statements"]:
        for name in ("source", "cue", "content"):
            start, end = statement[f"{name}_start"], statement[f"{name}_end"]
            assert statement[name] == (None if start is None else text[start:end])


def test_labels_are_of_the_taxonomy() -> None:
    rows = (*gold().articles, *gold().passages)
    acts = {
        act
        for row in rows
        for said in row["statements"]
        for act in (said["act"], *said.get("act_alt", ()))
    }
    assert acts == set(load_acts()) | {"OTHER"}


def test_an_event_lies_in_one_half() -> None:
    rows = (*gold().articles, *gold().passages)
    halves = Counter((row["event"], row["split"]) for row in rows)
    assert len(halves) == len({event for event, _ in halves})
    assert {split for _, split in halves} == set(SPLITS)


def test_both_halves_hold_every_act() -> None:
    for split in SPLITS:
        part = gold().part(split)
        found = {said["act"] for row in part.passages for said in row["statements"]}
        assert found == set(load_acts())


def test_ids_are_unique() -> None:
    ids = [row["id"] for row in (*gold().articles, *gold().passages)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("s1 | Nobody | said | all is well | i | A | - | OTHER | -", "not in the text: Nobody"),
        ("s1 | Ada | said | said | i | A | - | OTHER | -", "2 times in the text"),
        ("s1 | Ada | said | all is well | i | B | - | OTHER | -", "no speaker B"),
        ("s1 | Ada | said", "3 fields instead of 9"),
    ],
)
def test_a_faulty_mark_is_named(line: str, message: str) -> None:
    speakers = {"A": marked.speaker("Ada Minister | - | minister")}
    with pytest.raises(marked.MarkError, match=message):
        marked.statement(line, "Ada said all is well. Bob said so too.", "The One", speakers)
