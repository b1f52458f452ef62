"""The act examples: their marks, and what keeps training, choosing and testing apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.taxonomy import load_acts
from training.acts.examples import NONE, ActExample, read_all, read_line
from training.markup import SPLITS, MarkError

GOLD = Path(__file__).parent / "gold"
RUN = 10  # words in a row that two texts may not share; set phrases of the news are shorter


@pytest.fixture(scope="module")
def examples() -> dict[str, list[ActExample]]:
    return read_all()


def read(line: str) -> ActExample:
    return read_line(line, event="here", name="here-1")


def test_a_line_says_who_speaks_what_it_does_and_where() -> None:
    one = read("p MED_REJECT,BILATERAL_ONLY 4: {s Delhi} {q said} {c no broker is needed}.")
    assert (one.role, one.acts, one.group) == (
        "party",
        ("MED_REJECT", "BILATERAL_ONLY"),
        "here-group-4",
    )
    [content] = one.report.content
    assert one.text == "Delhi said no broker is needed."
    assert one.text[slice(*content)] == "no broker is needed"


def test_a_line_without_a_group_is_one_of_its_own() -> None:
    assert read("t none: {s The bank} {q offered} {c help with silt}.").group == "here-1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("MED_REJECT: {s Delhi} {q said} {c no}.", "no role and act"),
        ("p MED_REFUSE: {s Delhi} {q said} {c no}.", "no such act: MED_REFUSE"),
        ("p none: {s Delhi} {q said} no.", "lacks its cue or content"),
        ("p none: Delhi said no.", "0 reports"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str, reason: str) -> None:
    with pytest.raises(MarkError, match=reason):
        read(line)


def test_no_event_and_so_no_group_is_in_two_splits(examples: dict[str, list[ActExample]]) -> None:
    events = [{one.event for one in examples[split]} for split in SPLITS]
    groups = [{one.group for one in examples[split]} for split in SPLITS]
    for parts in (events, groups):
        assert sum(map(len, parts)) == len(set[str]().union(*parts))


def test_every_act_has_examples_and_a_quarter_has_none(
    examples: dict[str, list[ActExample]],
) -> None:
    count = Counter(one.act for part in examples.values() for one in part)
    assert min(count[act] for act in load_acts()) >= 40
    assert count[NONE] >= 0.25 * count.total()


def test_no_sentence_stands_twice(examples: dict[str, list[ActExample]]) -> None:
    count = Counter(one.text for part in examples.values() for one in part)
    assert [text for text, times in count.items() if times > 1] == []


def test_examples_share_no_run_of_words_with_the_gold(
    examples: dict[str, list[ActExample]],
) -> None:
    gold = {run for text in gold_texts() for run in runs(text)}
    assert [
        one.id for part in examples.values() for one in part if not gold.isdisjoint(runs(one.text))
    ] == []


def gold_texts() -> Iterator[str]:
    for line in (GOLD / "passages.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["text"]
    for path in (GOLD / "articles").glob("*.json"):
        yield json.loads(path.read_text("utf-8"))["text"]


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}
