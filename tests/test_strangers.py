"""States no list has: recognised by what stands around their names."""

from __future__ import annotations

import pytest

from pipeline.extract.phrases import parse_items
from pipeline.extract.registry import Registry
from pipeline.extract.strangers import unknown_states

REGISTRY = Registry.load()


def states(text: str) -> set[str]:
    items = parse_items(text, REGISTRY)
    found = unknown_states(items, text, REGISTRY.words)
    return {state.name or state.demonyms[0] for state in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norland's foreign minister, Jan Novak, said no.", {"Norland"}),
        ("Two Norlandian officials said so. Norland waits.", {"Norland"}),
        ("The Ruritanian navy sailed.", {"Ruritanian"}),
        ("The Kingdom of Arkel objected.", {"Arkel"}),
        ("STRELSAU, Ruritania (Reuters) - Nobody came.", {"Ruritania"}),
        ("Ruritania's president spoke. Ruritanian officials listened.", {"Ruritania"}),
    ],
)
def test_a_state_nobody_lists_is_found(text: str, expected: set[str]) -> None:
    assert states(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Kenya's foreign minister said no.",
        "Acme's president said sales rose.",
        "European officials said so.",
        "Aurel Vardan is ill. Vardan's government fell.",
        "Two Republican officials said so.",
        "Kashmiri officials said so.",
        "DELHI: Rain fell.",
    ],
)
def test_what_is_no_unlisted_state(text: str) -> None:
    assert states(text) == set()


def test_an_articles_own_states_stay_out_of_the_registry() -> None:
    found = unknown_states(
        parse_items("Norland's foreign minister spoke.", REGISTRY),
        "Norland's foreign minister spoke.",
        REGISTRY.words,
    )
    own = REGISTRY.with_states(found)
    assert [item.label for item in parse_items("Norland", own)] == ["country"]
    assert [item.label for item in parse_items("Norland", REGISTRY)] == ["name"]
