"""Who says what: the model, its files, and the rules on top, on our own sentences."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language as Pipeline

from pipeline.errors import ModelError
from pipeline.extract import attribution
from pipeline.extract.cues import InnerCues, read_cue
from pipeline.extract.decode import CUE_TAGS, log_softmax, pieces, transitions, viterbi
from pipeline.extract.draft import Draft, register
from pipeline.extract.mend import without
from pipeline.extract.wordpiece import CHUNK_PIECES, Wordpieces, shape
from pipeline.languages import load_language
from pipeline.records import Span

CASES = tomllib.loads((Path(__file__).parent / "data/claims/en.toml").read_text("utf-8"))["case"]
FILES = ("cond.int8.onnx", "decoder.json", "enc.int8.onnx", "trans.npz", "vocab.txt")


@pytest.fixture(scope="module")
def english() -> Pipeline:
    register()
    nlp = spacy.blank("en")
    nlp.add_pipe("attribution", config={"language": "en"})
    return nlp


def shown(draft: Draft, text: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": draft.source[0].of(text) if draft.source else "",
        "cue": draft.cue[0].of(text) if draft.cue else "",
        "content": [span.of(text) for span in draft.content],
        "quote": draft.quote_type,
    }
    if draft.via:
        row["via"] = [span.of(text) for span in draft.via]
    if draft.depth:
        row["depth"] = draft.depth
    return row


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_finds_the_claims_of_a_sentence_and_no_others(
    english: Pipeline, case: dict[str, Any]
) -> None:
    doc = english(case["text"])
    assert [shown(draft, doc.text) for draft in doc._.drafts] == case["claims"]


GOLD = Path(__file__).parent / "gold" / "articles"


def test_contents_without_a_cue_word_hold_no_report(english: Pipeline) -> None:
    component: Any = english.get_pipe("attribution")
    screened = component.inner_cues
    texts = [json.loads(path.read_text("utf-8"))["text"] for path in sorted(GOLD.glob("g*.json"))]
    with_screen = [doc._.drafts for doc in english.pipe(texts)]
    component.inner_cues = bool
    try:
        assert [doc._.drafts for doc in english.pipe(texts)] == with_screen
    finally:
        component.inner_cues = screened
    assert any(draft.depth for drafts in with_screen for draft in drafts)


def test_inner_cues_are_words_that_report() -> None:
    holds = InnerCues(load_language("en"))
    assert holds("that Norway had told them to wait")
    assert holds("Norway’s offer was on the table")
    assert holds("the road, according  to\nthe army, is open")
    assert not holds("the road is open and the bridge is not")
    assert not holds("")


def test_a_batch_gives_what_single_documents_give(english: Pipeline) -> None:
    texts = [case["text"] for case in CASES[:12]]
    alone = [[shown(d, text) for d in english(text)._.drafts] for text in texts]
    batch = [[shown(d, doc.text) for d in doc._.drafts] for doc in english.pipe(texts)]
    assert batch == alone


@pytest.mark.parametrize(
    "text", ["", " \n\n ", "?", "said", "\u200f", "\x00", "“", "'' ''", "a" * 5000]
)
def test_odd_texts_give_no_claims(english: Pipeline, text: str) -> None:
    assert english(text)._.drafts == []


def test_a_text_longer_than_a_chunk_keeps_its_last_claim(english: Pipeline) -> None:
    text = "The convoy moved on through the valley. " * 200 + "Orlik said the road was open."
    last = english(text)._.drafts[-1]
    assert last.content[0].of(text) == "the road was open"


def test_every_span_lies_in_the_text(english: Pipeline) -> None:
    text = "\n".join(case["text"] for case in CASES)
    spans = [
        span
        for draft in english(text)._.drafts
        for span in (*draft.source, *draft.cue, *draft.content, *draft.via)
    ]
    assert spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


# -- the files --------------------------------------------------------------------------


def copied_model(folder: Path) -> Path:
    for name in (*FILES, attribution.MANIFEST):
        shutil.copy(attribution.MODELS / "attribution-v1" / name, folder / name)
    return folder


def test_the_shipped_files_are_those_of_the_manifest() -> None:
    assert sorted(attribution.checked_files(attribution.MODELS / "attribution-v1")) == sorted(FILES)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with (copied_model(tmp_path) / "vocab.txt").open("a") as file:
        file.write("x")
    with pytest.raises(ModelError, match=r"vocab\.txt.*damaged"):
        attribution.load_model(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (copied_model(tmp_path) / "enc.int8.onnx").unlink()
    with pytest.raises(ModelError, match=r"enc\.int8\.onnx.*missing"):
        attribution.load_model(tmp_path)


def test_a_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="manifest"):
        attribution.checked_files(tmp_path)


# -- wordpieces and decoding ------------------------------------------------------------


@pytest.fixture(scope="module")
def wordpieces() -> Wordpieces:
    return Wordpieces.read(attribution.MODELS / "attribution-v1" / "vocab.txt")


def test_chunks_cover_every_word_once_and_fit_the_encoder(wordpieces: Wordpieces) -> None:
    text = "One two three. " * 300 + "\n" + "four " * 500 + "\nfive"
    chunks = list(wordpieces.chunks(text))
    words = [text[a:b] for chunk in chunks for a, b in chunk.words]
    assert "".join(words) == "".join(text.split())
    assert max(len(chunk.pieces) for chunk in chunks) <= CHUNK_PIECES


def test_a_long_sentence_run_is_cut_after_a_sentence(wordpieces: Wordpieces) -> None:
    text = "The two sides met again on the bridge. " * 60
    chunks = list(wordpieces.chunks(text))
    assert all(text[chunk.words[-1][0]] == "." for chunk in chunks)


def test_an_endless_word_is_one_unknown_piece(wordpieces: Wordpieces) -> None:
    [chunk] = wordpieces.chunks("x" * 100_000)
    assert len(chunk.pieces) == 3


@pytest.mark.parametrize(
    ("word", "kind"), [("the", 0), ("The", 1), ("THE", 2), ("iPhone", 3), ("2025", 4), (".", 5)]
)
def test_shapes(word: str, kind: int) -> None:
    assert shape(word) == kind


def test_viterbi_never_continues_what_has_not_begun() -> None:
    table = transitions(np.ones((5, 5)), CUE_TAGS, 0.2)
    scores = np.zeros((1, 3, 5))
    scores[0, :, CUE_TAGS.index("I-content")] = 3.0
    logs = log_softmax(scores)
    [path] = viterbi(logs, table, [3])
    assert CUE_TAGS[path[0]] == "B-content"
    [piece] = pieces(path, logs[0], CUE_TAGS)
    assert (piece.start, piece.end, piece.role) == (0, 3, "content")
    assert 0.8 < piece.score <= 1.0


# -- cues and drafts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cue", "after", "kind", "negated"),
    [
        ("said", "", "speech", False),
        ("has repeatedly denied", "", "act", False),
        ("has not confirmed", "", "speech", True),
        ("vowed not", "", "act", False),
        ("called", " for restraint", "act", False),
        ("called", " her on Sunday", "", False),
        ("have agreed", "", "deal", False),
        ("hopes", "", "attitude", False),
        ("According to", "", "speech", False),
        ("walked", "", "", False),
        ("didn't say", "", "speech", True),
    ],
)
def test_cues_are_told_apart(cue: str, after: str, kind: str, negated: bool) -> None:
    read = read_cue(cue, after, load_language("en"))
    assert (read.kind, read.negated) == (kind, negated)


def test_children_of_a_dropped_draft_go_to_its_parent() -> None:
    def draft(parent: int | None, depth: int) -> Draft:
        return Draft(source=[], cue=[], content=[Span(0, 1)], parent=parent, depth=depth)

    kept = without([draft(None, 0), draft(0, 1), draft(1, 2)], {1})
    assert [(one.parent, one.depth) for one in kept] == [(None, 0), (0, 1)]
