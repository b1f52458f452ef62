"""Screening patterns by the letters they need never loses one that fits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.extract.patterns import compiled, load_grammar
from pipeline.extract.screen import Finder, Screen, letters

GOLD = Path(__file__).parent / "gold"


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("truce", [{"truce"}]),
        ("Truce|ceasefire", [{"truce", "ceasefire"}]),
        ("reject(?:s|ed)?", [{"reject", "rejects", "rejected"}]),
        (r"(?<!\w)call(?:ed|s)\s+(?:a )?halt", [{"called", "calls"}, {"halt", "a halt"}]),
        (r"(?:not |never )*agree", [{"agree"}]),
        (r"(?:truce|\d+)", []),
        (r"(?:dead |gone ){2}", [{"dead ", "gone "}]),
        (r"[ao]ffer", [{"affer", "offer"}]),
        (r"\w+", []),
        ("a", []),
    ],
)  # fmt: skip
def test_letters_are_what_every_fitting_text_has(pattern: str, needed: list[set[str]]) -> None:
    assert letters(pattern) == needed


def test_a_demand_without_letters_is_always_met() -> None:
    screen = Screen([letters("truce"), letters(r"\w"), letters("halt.*truce")])
    assert list(screen.passed("A TRUCE")) == [0, 1]
    assert list(screen.passed("halt, then truce")) == [0, 1, 2]
    assert list(Screen([[], []]).passed("anything")) == [0, 1]


def test_letters_that_only_case_makes_alike_are_found() -> None:
    for text in ("\u017fink", "S\u0131nk", "SIN\u212a", "S\u0130NK"):
        assert re.search("sink", text, re.IGNORECASE), text
        assert list(Screen([letters("sink", re.IGNORECASE)]).passed(text)) == [0], text


def test_no_act_rule_is_screened_out_where_it_fits() -> None:
    grammar = load_grammar("en")
    lines = (GOLD / "passages.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines[::8]]
    assert all(rule.needed for rule in grammar.rules)
    fitting = 0
    for text in texts:
        fits = {rule.number for rule in grammar.rules if rule.regex.search(text)}
        assert fits <= set(grammar.screen.passed(text))
        fitting += len(fits)
    assert fitting > len(texts) // 2


def alternation(finder: Finder) -> re.Pattern[str]:
    """The same as one pattern, a named group for each pattern."""
    groups = (f"(?P<g{n}>{pattern})" for n, (_, pattern) in enumerate(finder.named))
    return re.compile("|".join(groups), finder.flags)


def test_a_finder_finds_what_one_alternation_finds() -> None:
    lines = (GOLD / "passages.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines[::8]]
    texts.append(" ".join(texts[:3]).upper())
    for finder in load_grammar("en").classes.values():
        plain = alternation(finder)
        found = 0
        for text in texts:
            expected = [
                (finder.named[int((match.lastgroup or "")[1:])][0], *match.span())
                for match in plain.finditer(text)
            ]
            assert list(finder.find(text)) == expected
            found += len(expected)
        assert found > 5


def test_of_two_that_begin_together_the_first_named_is_found() -> None:
    finder = Finder([("short", r"\bcease"), ("long", r"\bceasefire"), ("any", r"fire\b")], 0)
    assert list(finder.find("ceasefire, fire")) == [
        ("short", 0, 5), ("any", 5, 9), ("any", 11, 15)
    ]  # fmt: skip


def test_a_bad_pattern_is_shown() -> None:
    with pytest.raises(ConfigError, match="bad pattern"):
        compiled("(truce", {})
