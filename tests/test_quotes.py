"""Quotations, and the quoted-speech rules of languages without a model."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract.quotes import completed, find_quotes, quote_type, quoted_speech, repaired
from pipeline.languages import load_language, main_script
from pipeline.records import Span

CASES = tomllib.loads((Path(__file__).parent / "data/claims/quotes.toml").read_text("utf-8"))[
    "case"
]
MARKS = load_language("en").marks
CODES = {"DEVANAGARI": "hi", "ARABIC": "ur", "LATIN": "fr"}


def quotes_of(text: str) -> list[str]:
    return [span.of(text) for span in find_quotes(text, MARKS).spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "no" and "yes".', ['"no"', '"yes"']),
        ("He said “no”.", ["“no”"]),
        ("Il dit «non».", ["«non»"]),
        ("It's the ministers’ plan, isn't it?", []),
        ("He said ‘it’s over’ twice.", ["‘it’s over’"]),
        ("“We stay.\n“We hold,” he said.", ["“We stay.", "“We hold,”"]),
        ('A 5" pipe.', []),
        ("", []),
    ],
)
def test_finds_quotations(text: str, expected: list[str]) -> None:
    assert quotes_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?We stay,? he said. ?Do you??", "“We stay,” he said. “Do you?”"),
        ("?We don?t know,? she said. ?Yes.?", "“We don’t know,” she said. “Yes.”"),
        ("Who? Why? Nobody knows.", "Who? Why? Nobody knows."),
        ("''We stay,'' he said.", " “We stay,”  he said."),
    ],
)
def test_damaged_marks_are_made_good_in_place(text: str, expected: str) -> None:
    assert repaired(text) == expected
    assert len(repaired(text)) == len(text)


@pytest.mark.parametrize(
    ("content", "kind"),
    [("“all of it”", "direct"), ("it was “a trap”", "mixed"), ("it was over", "indirect")],
)
def test_quote_types(content: str, kind: str) -> None:
    quotes = find_quotes(content, MARKS)
    assert quote_type(content, [Span(0, len(content))], quotes) == kind


def test_a_cut_quotation_is_taken_whole() -> None:
    text = "“One. Two. Three,” he said."
    start = text.index("Three")
    content = completed([Span(start, start + 5)], [Span(19, 21)], find_quotes(text, MARKS))
    assert [span.of(text) for span in content] == ["“One. Two. Three,”"]


def test_a_report_inside_a_quotation_stays_inside() -> None:
    text = "“He told me it was over and done,” she said."
    cue, piece = Span(4, 8), Span(12, 23)
    content = completed([piece], [cue], find_quotes(text, MARKS))
    assert content == [piece]


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:30] for case in CASES])
def test_quoted_speech_without_a_model(case: dict[str, Any]) -> None:
    text = repaired(case["text"])
    language = load_language(CODES[main_script(text)])
    drafts = quoted_speech(text, language, find_quotes(text, language.marks))
    shown = [
        (d.source[0].of(case["text"]), d.cue[0].of(case["text"]), d.content[0].of(case["text"]))
        for d in drafts
    ]
    expected = [(case["source"], case["cue"], case["content"])] if "source" in case else []
    assert shown == expected
    assert all(draft.found_by == "quote rules" for draft in drafts)
