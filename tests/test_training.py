"""What training does without torch: the marks of our sentences, the splits, the metric."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.extract.attribution import MODELS
from pipeline.extract.decode import CUE_TAGS, TAGS, Decoder
from pipeline.extract.wordpiece import Wordpieces
from training.calibrate import Point, error, knots, table
from training.examples import example, examples, tag_pairs
from training.markup import NO_REPORT, SPLITS, MarkError, read_line, read_split
from training.mixing import mixed
from training.passages import Attribution, Passage
from training.score import compare, interval, kind, score

ROOT = Path(__file__).parents[1]
SENTENCES = ROOT / "training" / "sentences"
GOLD = ROOT / "tests" / "gold"
RUN = 10  # words in a row that two texts may not share; set phrases of the news are shorter


def passage(line: str) -> Passage:
    return read_line(line, event="here", name="one")


def shown(one: Attribution, text: str) -> tuple[list[str], list[str], list[str]]:
    source, cue, content = (
        [text[start:end] for start, end in one.ranges(role)]
        for role in ("source", "cue", "content")
    )
    return source, cue, content


# -- marks ------------------------------------------------------------------------------


def test_marks_become_ranges_of_the_bare_text() -> None:
    read = passage("told: {s Sources} {q told} ANI {c that the road was open}.")
    assert read.text == "Sources told ANI that the road was open."
    [one] = read.attributions
    assert shown(one, read.text) == (["Sources"], ["told"], ["that the road was open"])


def test_one_source_may_serve_two_cues() -> None:
    read = passage("two: {s1,2 He} {q1 said} {c1 no}, {q2 adding} {c2 never}.")
    assert [shown(one, read.text)[0] for one in read.attributions] == [["He"], ["He"]]


def test_content_may_come_in_parts() -> None:
    read = passage('split: {c "We stopped,"} {s he} {q said}, {c "for now."}')
    assert shown(read.attributions[0], read.text)[2] == ['"We stopped,"', '"for now."']


def test_a_report_inside_a_report_knows_its_parent() -> None:
    inner = "{s2 Delhi} {q2 wants} {c2 {s3 us} {q3 to say} {c3 no}}"
    read = passage("nested: {s1 Dawn} {q1 reported} {c1 that " + inner + "}.")
    assert [one.parent for one in read.attributions] == [None, 0, 1]


def test_levels_are_the_text_and_each_content_as_a_text_of_its_own() -> None:
    line = "nested: {s1 Dawn} {q1 said} {c1 that {s2 Delhi} {q2 wants} {c2 peace}}."
    texts = [(level.text, len(level.attributions)) for level in passage(line).levels()]
    assert texts == [
        ("Dawn said that Delhi wants peace.", 1),
        ("that Delhi wants peace", 1),
        ("peace", 0),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no construction", "no construction"),
        ("told: {s He {q said} {c no}.", "not closed"),
        ("told: He} {q said} {c no}.", "not opened"),
        ("told: {x He} {q said} {c no}.", "without a role"),
        ("told: {s He} {q said}.", "lacks its cue or content"),
        ("told: {s He} {q said} {c no} {q said}.", "two cues"),
        ("none: {s He} {q said} {c no}.", "1 attributions"),
        ("told: He walked.", "0 attributions"),
    ],
)
def test_a_wrong_mark_is_explained(line: str, message: str) -> None:
    with pytest.raises(MarkError, match=message):
        passage(line)


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "road.txt").write_text("# title\ntold: {s He}\n", "utf-8")
    with pytest.raises(MarkError, match=r"road\.txt, line 2"):
        read_split(tmp_path, "train")


# -- our sentences ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Passage]]:
    return {split: read_split(SENTENCES, split) for split in SPLITS}


def test_there_are_six_hundred_sentences_to_learn_from(splits: dict[str, list[Passage]]) -> None:
    assert len(splits["train"]) >= 600
    assert len(splits["dev"]) >= 75
    assert len(splits["test"]) >= 75


def test_no_sentence_stands_twice(splits: dict[str, list[Passage]]) -> None:
    texts = [one.text for split in SPLITS for one in splits[split]]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(("one", "other"), [("train", "dev"), ("train", "test"), ("dev", "test")])
def test_splits_share_no_event_and_no_construction(
    splits: dict[str, list[Passage]], one: str, other: str
) -> None:
    left, right = splits[one], splits[other]
    assert not {p.event for p in left} & {p.event for p in right}
    assert not ({p.template for p in left} & {p.template for p in right}) - {NO_REPORT}
    assert not runs(left) & runs(right)


def runs(passages: list[Passage]) -> set[tuple[str, ...]]:
    """All stretches of `RUN` words."""
    return {run for one in passages for run in _runs(one.text)}


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    yield from (tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def test_no_sentence_is_taken_from_the_gold_sets(splits: dict[str, list[Passage]]) -> None:
    texts = [json.loads(path.read_text("utf-8"))["text"] for path in GOLD.glob("articles/*.json")]
    lines = (GOLD / "passages.jsonl").read_text("utf-8").splitlines()
    texts += [json.loads(line)["text"] for line in lines]
    gold = {run for text in texts for run in _runs(text)}
    assert len(gold) > 5000
    assert not gold & {run for split in SPLITS for run in runs(splits[split])}


# -- examples ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wordpieces() -> Wordpieces:
    [vocabulary] = MODELS.glob("attribution-*/vocab.txt")
    return Wordpieces.read(vocabulary)


def test_words_are_tagged_by_role(wordpieces: Wordpieces) -> None:
    [one] = examples([passage("told: {s The army} {q said} {c all was quiet}.")], wordpieces)
    assert [TAGS[tag] for tag in one.tags] == [
        *("B-source", "I-source", "B-cue", "B-content", "I-content", "I-content", "O")
    ]
    [cue] = one.cues
    assert (cue.start, cue.end) == (2, 3)
    assert [CUE_TAGS[tag] for tag in cue.tags][2:4] == ["O", "B-content"]


def test_what_lies_outside_a_chunk_is_left_out(wordpieces: Wordpieces) -> None:
    far = passage("told: {s He} {q said} {c no}.").attributions[0].moved(10_000)
    [chunk] = wordpieces.chunks("Nothing here.")
    assert example(chunk, [far]).cues == ()


def test_own_sentences_are_read_alone_at_every_level_and_then_in_rows(
    splits: dict[str, list[Passage]],
) -> None:
    alone = mixed(splits["dev"], 1, random.Random(1))
    twice = mixed(splits["dev"], 2, random.Random(1))
    rows = twice[len(alone) :]
    assert twice[: len(alone)] == alone
    assert sum(row.text.count("\n") for row in rows) == len(splits["dev"])
    tops = sum(one.parent is None for sentence in splits["dev"] for one in sentence.attributions)
    assert sum(len(row.attributions) for row in rows) == tops


def test_an_article_of_sentences_keeps_the_words_of_its_marks() -> None:
    one, two = passage("a: {s He} {q said} {c no}."), passage("b: {s She} {q says} {c yes}.")
    rows = mixed([one, two], 2, random.Random(1))[-1:]
    found = [shown(a, row.text) for row in rows for a in row.attributions]
    assert sorted(found) == [(["He"], ["said"], ["no"]), (["She"], ["says"], ["yes"])]


def test_an_i_tag_never_follows_another_role_in_the_counts(
    splits: dict[str, list[Passage]], wordpieces: Wordpieces
) -> None:
    counts = tag_pairs(examples(splits["dev"], wordpieces))["cond"]
    assert counts[CUE_TAGS.index("B-content"), CUE_TAGS.index("I-content")] > 50
    assert counts[CUE_TAGS.index("O"), CUE_TAGS.index("I-content")] < 1


# -- the metric -------------------------------------------------------------------------


def test_outer_marks_do_not_count_and_half_a_content_does() -> None:
    gold = passage('told: {s The army} {q said}: {c "All was quiet on the ridge."}')
    one = gold.attributions[0]
    start, end = one.content[0]
    inner = Attribution(one.source, one.cue, ((start + 1, end - 2),))
    short = Attribution(one.source, one.cue, ((start, start + 8),))
    assert score([compare(gold, [inner])]).f1 == 1
    assert score([compare(gold, [short])]).f1 == 0


def test_a_wrong_source_is_found_but_not_linked() -> None:
    gold = passage("told: {s The army} {q said} {c all was quiet}.")
    one = gold.attributions[0]
    outcome = compare(gold, [Attribution((), one.cue, one.content)])
    assert (outcome.matches[0].content, outcome.matches[0].linked) == (True, False)


def test_precision_and_recall_count_what_they_say() -> None:
    gold = passage("two: {s1,2 He} {q1 said} {c1 no}, {q2 adding} {c2 never again}.")
    measured = score([compare(gold, gold.attributions[:1])])
    assert (measured.precision, measured.recall) == (1, 0.5)
    assert measured.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('a: {c "No,"} {s he} {q said}.', "direct"),
        ('a: {s He} {q called} it {c a "gift" to nobody}.', "mixed"),
        ("a: {s He} {q said} {c no}.", "indirect"),
        ("a: {s He} {q hopes} {c for rain}.", "attitude"),
    ],
)
def test_kinds_of_attribution(line: str, expected: str) -> None:
    read = passage(line)
    assert kind(read.text, read.attributions[0]) == expected


def test_an_interval_holds_the_value_and_is_the_same_every_time() -> None:
    right = passage("told: {s He} {q said} {c no}.")
    outcomes = [compare(right, right.attributions)] * 5 + [compare(right, [])] * 5
    low, high = interval(outcomes, rounds=200)
    assert low < score(outcomes).f1 < high
    assert (low, high) == interval(outcomes, rounds=200)


# -- confidence -------------------------------------------------------------------------


def points(*shares: tuple[float, int, int]) -> list[Point]:
    """Claims of (score, right, wrong)."""
    return [
        Point(score, right, "model")
        for score, yes, no in shares
        for right in [True] * yes + [False] * no
    ]


def test_the_map_rises_and_joins_what_would_fall() -> None:
    found = knots(points((0.5, 15, 15), (0.7, 12, 18), (0.9, 28, 2)))
    assert [score for score, _ in found] == [0.6, 0.9]
    assert found[0][1] < 0.5 < found[1][1] < 1


def test_confidence_runs_straight_between_knots_and_flat_outside() -> None:
    decoder = Decoder(confidence=((0.6, 0.5), (0.8, 0.9)))
    assert [decoder.sure(score) for score in (0.1, 0.7, 1.0)] == pytest.approx([0.5, 0.7, 0.9])
    assert Decoder().sure(0.3) == 0.3


def test_a_reliability_table_tells_mean_and_share_of_each_bin() -> None:
    rows = table(points((0.5, 1, 1), (0.95, 3, 1)), [0, 0.9])
    assert rows == [(0, 2, 0.5, 0.5), (0.9, 4, 0.95, 0.75)]
    assert error(points((0.5, 1, 1))) == 0.25


def test_the_shipped_map_rises_within_the_bounds_of_a_probability() -> None:
    [path] = MODELS.glob("attribution-*/decoder.json")
    scores, shares = zip(*Decoder.read(path).confidence, strict=True)
    assert list(scores) == sorted(set(scores))
    assert list(shares) == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1
