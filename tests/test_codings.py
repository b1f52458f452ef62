"""Claims as events of public codebooks: every act has a code, or says why it has none."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from pipeline.cli.events import COLUMNS, coded, write_events
from pipeline.codings import CODINGS, actor_of, code_claim, code_of, country_code, load_coding
from pipeline.records import Finding, HopKind, Novelty, Topic
from pipeline.taxonomy import MODALITIES, cameo_labels, load_acts
from tests.factories import article, claim, decision

# PLOVER events and modes that our acts can need: a guard against slips, not a copy of the manual.
EVENTS = {
    "AGREE": {""},
    "CONSULT": {"", "visit", "third-party", "multilateral", "phone"},
    "SUPPORT": {""},
    "CONCEDE": {""},
    "REQUEST": {"assist", "change", "yield", "meet"},
    "REJECT": {"assist", "change", "yield", "meet"},
    "ACCUSE": {"disapprove", "investigate", "allege"},
    "RETREAT": {"withdraw", "release", "disarm", "ceasefire", "access", "resign"},
    "THREATEN": {"restrict", "arrest", "relations", "expel", "territory", "violence"},
    "SANCTION": {"convict", "expel", "withdraw", "discontinue"},
}
KEYS = {"code", "planned", "conditional", "past", "outsider", "none", "why"}


def codes(coding: str) -> list[str]:
    rows = load_coding(coding).values()
    return [value for row in rows for key, value in row.items() if key not in ("none", "why")]


@pytest.mark.parametrize("coding", CODINGS)
def test_every_act_has_a_code_or_a_stated_none(coding: str) -> None:
    rows = load_coding(coding)
    assert list(rows) == list(load_acts())
    assert all(("code" in row) != ("none" in row) for row in rows.values())
    assert {key for row in rows.values() for key in row} <= KEYS


@pytest.mark.parametrize("coding", CODINGS)
def test_what_an_act_is_coded_as_first_is_what_the_taxonomy_says_of_it(coding: str) -> None:
    for act, row in load_coding(coding).items():
        allowed = getattr(load_acts()[act], coding)
        assert row["code"] in allowed if "code" in row else not allowed, act


def test_every_cameo_code_has_its_label_of_the_codebook() -> None:
    assert set(codes("cameo")) <= set(cameo_labels())


def test_every_plover_code_is_an_event_with_one_of_its_modes() -> None:
    for code in codes("plover"):
        event, _, mode = code.partition(":")
        assert mode in EVENTS[event], code


@pytest.mark.parametrize(
    ("act", "modality", "outsider", "cameo", "plover"),
    [
        ("CF_DECLARE", "actual", False, "0871", "CONCEDE"),
        ("CF_DECLARE", "planned", False, "0356", "CONCEDE"),
        ("CF_AGREE", "past", False, "0871", "RETREAT:ceasefire"),
        ("CF_PROPOSE", "actual", False, "0356", "AGREE"),
        ("CF_PROPOSE", "actual", True, "0256", "REQUEST:yield"),
        ("TALKS_AGREE", "past", False, "046", "CONSULT"),
        ("MED_HALT", "conditional", True, "135", "THREATEN:relations"),
        ("MED_DENY", "actual", False, "016", None),
        ("CF_END", "actual", False, "196", None),
        (None, "actual", False, None, None),
    ],
)
def test_modality_and_who_speaks_decide_between_codes(
    act: str | None, modality: str, outsider: bool, cameo: str | None, plover: str | None
) -> None:
    assert code_of("cameo", act, modality, outsider=outsider) == cameo
    assert code_of("plover", act, modality, outsider=outsider) == plover


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_code_in_one_modality_is_a_code_in_all(coding: str, modality: str) -> None:
    for act in load_acts():
        assert (code_of(coding, act, modality) is None) == (code_of(coding, act) is None)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"countries": ("IN",), "role_code": "FM"}, "INDGOV"),
        ({"countries": ("PK",), "role_code": "MIL"}, "PAKMIL"),
        ({"countries": ("IN",), "role_code": "OPP"}, "INDOPP"),
        ({"countries": ("US",), "role_code": "EXP"}, "USAEDU"),
        ({"countries": ("IN", "PK"), "role_code": "GOV"}, "INDGOV;PAKGOV"),
        ({"countries": ("IGO",), "role_code": "IGO"}, "IGO"),
        ({"countries": ("FR",), "speaker_kind": HopKind.GOVERNMENT}, "FRAGOV"),
        ({"countries": ("FR",)}, "FRA"),
        ({"countries": (), "role_code": "REB"}, "REB"),
        ({"countries": ()}, ""),
        ({"countries": ("AA",), "role_code": "GOV"}, "AAGOV"),
    ],
)
def test_an_actor_is_a_country_and_a_role(fields: dict[str, Any], code: str) -> None:
    assert actor_of(claim(**fields)) == code


def test_country_codes_are_one_to_one() -> None:
    pairs = {country_code(code): code for code in ("IN", "PK", "RS", "KP", "CD", "PS")}
    assert sorted(pairs) == ["COD", "IND", "PAK", "PRK", "PSE", "SRB"]


def test_a_hedged_or_future_claim_is_marked_so() -> None:
    made = code_claim(claim(act="MED_ACCEPT", hedged=True), "plover")
    assert made is not None
    assert made.modality == "hypothetical"
    future = code_claim(claim(act="MED_ACCEPT", modality="planned"), "plover")
    assert future is not None
    assert future.modality == "future"


# -- export ------------------------------------------------------------------------------------


def found(n: int, novelty: Novelty = Novelty.NEW, **fields: Any) -> Finding:
    made = claim(n, **{"act": "CF_PROPOSE", "targets": ("PK",), "countries": ("IN",), **fields})
    return Finding(claim=made, article=article(n), decision=decision(n, novelty=novelty))


TOPICS = (Topic(id="valley", name="Valley", parties=("IN", "PK")),)


def test_only_what_was_new_and_has_a_code_is_exported() -> None:
    findings = [
        found(1),
        found(2, Novelty.REPEAT),
        found(3, act="MED_DENY"),
        found(4, background=True),
        found(5, act=None),
        found(6, countries=("US",)),
    ]
    events = list(coded(findings, "plover", TOPICS))
    assert [event["claim"] for event in events] == ["claim-0001", "claim-0006"]
    assert [(e["source"], e["code"], e["mode"]) for e in events] == [
        ("IND", "AGREE", ""),
        ("USA", "REQUEST", "yield"),
    ]
    every = list(coded(findings, "plover", TOPICS, repeats=True))
    assert len(every) == 3


def test_events_come_out_of_csv_as_they_went_in() -> None:
    out = io.StringIO()
    events = list(coded([found(1, text="=1+1 shells"), found(2)], "cameo", TOPICS))
    assert write_events(out, iter(events), "csv") == 2
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["words"] == "'=1+1 shells"
    assert (rows[0]["code"], rows[0]["target"], rows[0]["date"]) == ("0356", "PAK", "2025-05-10")
    assert rows[0]["label"] == "express intent to de-escalate military engagement"
