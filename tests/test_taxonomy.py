"""The taxonomy is closed, consistent and exports the codes of the codebook."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import taxonomy
from pipeline.taxonomy import ACTS, cameo_labels, export_codes, load_acts, opposes, reverses

# The table of opposed acts, written out a second time on purpose.
OPPOSED = {
    ("MED_CLAIM", "MED_DENY"),
    ("MED_REQUEST", "MED_DENY"),
    ("MED_CONDUCT", "MED_DENY"),
    ("MED_ACCEPT", "MED_REJECT"),
    ("CF_AGREE", "CF_DENY"),
    ("CF_VIOLATION", "CF_DENY_VIOLATION"),
    ("CF_AFFIRM", "CF_END"),
}


def test_there_are_28_acts_in_four_themes() -> None:
    assert len(ACTS) == 28
    assert {act.theme for act in ACTS.values()} == set(taxonomy.THEMES)
    assert all(act.polarity in taxonomy.POLARITIES for act in ACTS.values())
    assert load_acts() is ACTS


def test_every_act_is_defined_with_an_example_and_a_near_miss() -> None:
    for act in ACTS.values():
        assert act.definition
        assert act.yes
        named = act.no.rpartition("[")[2].rstrip("]")
        assert named == "none" or (named in ACTS and named != act.code), act.code


def test_exactly_the_table_of_opposed_acts_is_opposed() -> None:
    found = {(a, b) for a in ACTS for b in ACTS if opposes(a, b)}
    assert found == OPPOSED | {(b, a) for a, b in OPPOSED}


def test_a_party_reverses_itself_symmetrically_and_never_by_the_same_act() -> None:
    assert reverses("CF_END", "CF_AGREE")
    assert reverses("CF_AGREE", "CF_END")
    assert not reverses("CF_AGREE", "CF_AGREE")
    assert all(not reverses(a, a) for a in ACTS)
    assert all(reverses(b, a) for a in ACTS for b in ACTS if reverses(a, b))


@pytest.mark.parametrize("pair", [(None, "MED_DENY"), ("OTHER", "MED_DENY"), ("MED_CLAIM", None)])
def test_what_is_no_act_opposes_nothing(pair: tuple[str | None, str | None]) -> None:
    assert not opposes(*pair)
    assert not reverses(*pair)


def test_what_alerts_is_mediation_ceasefire_and_a_calming_step() -> None:
    expected = {c for c, act in ACTS.items() if act.theme in ("mediation", "ceasefire")}
    assert {c for c, act in ACTS.items() if act.alertable} == expected | {"DEESC_COMMIT"}


def test_every_code_we_export_has_a_label() -> None:
    assert {code for act in ACTS.values() for code in act.cameo} <= set(cameo_labels())


@pytest.mark.parametrize(
    ("code", "word"),
    [("105", "yields"), ("106", "meeting"), ("107", "settling"), ("108", "mediation")],
)
def test_the_10x_block_is_in_the_order_of_the_codebook(code: str, word: str) -> None:
    assert word in cameo_labels()[code]


def test_a_request_for_mediation_never_exports_the_code_of_yielding() -> None:
    assert ACTS["MED_REQUEST"].cameo == ("028", "108")
    assert "105" not in {code for act in ACTS.values() for code in act.cameo}


def test_denials_have_no_event_in_plover_and_a_declared_truce_is_a_concession() -> None:
    assert export_codes("MED_DENY") == ("016", None)
    assert export_codes("CF_DECLARE") == ("0871", "CONCEDE")
    assert export_codes("CF_END") == ("196", None)
    with pytest.raises(KeyError):
        export_codes("OTHER")


def test_the_taxonomy_loads_without_heavy_libraries() -> None:
    code = (
        "import sys, pipeline.taxonomy as t; t.load_acts();"
        "print([m for m in ('spacy', 'numpy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        getattr(taxonomy, "ACT")  # noqa: B009 # the static form would be a type error
