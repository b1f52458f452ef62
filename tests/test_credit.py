"""Whose copy is it? Bylines, datelines and credit lines, in our own words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.credit import read_credit
from pipeline.errors import ConfigError
from pipeline.records import Article, Credit

BODY = "The two delegations met at the river bridge and agreed to meet again."


def credit(
    text: str, *authors: str, outlet: str = "The Valley Post", actors: Path | None = None
) -> Credit:
    return read_credit(
        Article(
            id="a",
            url=None,
            feed_url="f",
            outlet=outlet,
            title="t",
            text=text,
            authors=authors,
            first_seen=datetime(2031, 1, 1, tzinfo=UTC),
        ),
        actors,
    )


@pytest.mark.parametrize(
    ("text", "authors", "origin"),
    [
        (f"OSLO, May 3 (Reuters) - {BODY}", (), "Reuters"),
        (f"OSLO, May 3. /TASS/. {BODY}", (), "TASS"),
        (f"(AP) — {BODY}", (), "AP"),
        (BODY, ("PTI",), "PTI"),
        (BODY, ("Press Trust of India",), "PTI"),
        (f"{BODY}\n\n(AFP)", (), "AFP"),
        (f"{BODY}\n\n—ANI", (), "ANI"),
        (f"{BODY}\n\nSource: Xinhua", (), "Xinhua"),
        (BODY, (), None),
        (f"Reuters reported that {BODY}", (), None),
        (f"{BODY} An official told AFP so.", (), None),
        (f"{BODY}\n\n(With inputs from PTI and ANI)", ("A. Reporter",), None),
        # datelines
        (f"New Elm [Oakland], May 3 (ANI): {BODY}", (), "ANI"),
        (f"ST. ELM, Jan. 5 (Reuters) - {BODY}", (), "Reuters"),
        (f"ELMTOWN, May 3 (Xinhua/APP) — {BODY}", (), "Xinhua"),
        (f"ELMTOWN – (APP) – {BODY}", (), "APP"),
        (f"ELMTOWN, May 3 (AP)\n\n{BODY}", ("A. Reporter",), "AP"),
        (f"The editor (Reuters) said: {BODY}", (), None),
        (f"The editor of a paper (Reuters) - {BODY}", (), None),
        (f"Photo (Reuters) shows the bridge. {BODY}", (), None),
        # bylines
        (BODY, ("Ada Brook, Associated Press",), "AP"),
        (BODY, ("Ada Brook of the Associated Press",), "AP"),
        (BODY, ("Ada Brook (AP)",), "AP"),
        (BODY, ("Ada Brook | Reuters",), "Reuters"),
        (BODY, ("By PTI Desk",), "PTI"),
        (BODY, ("Reuters Staff",), "Reuters"),
        (BODY, ("A.P. Brook",), None),
        (BODY, ("AP Brook",), None),
        (BODY, ("Ada Reuters",), None),
        (BODY, ("Agencies",), None),
        # closing credits
        (f"{BODY} (PTI)", (), "PTI"),
        (f"{BODY} PTI ABC XYZ", (), "PTI"),
        (f"{BODY}\n\nPTI ABC XYZ", (), "PTI"),
        (f"{BODY} -- ANI", (), "ANI"),
        (f"{BODY}\n\nPublished in arrangement with The Associated Press.", (), "AP"),
        (f"{BODY}\n\n(This story is published under licence from AFP)", (), "AFP"),
        (f"{BODY}\n\nThis report is auto-generated from PTI news service.", (), "PTI"),
        (
            f"{BODY}\n\n(Except for the headline, this story has not been edited by our staff "
            "and is published from a syndicated feed of IANS)",
            (),
            "IANS",
        ),
        (f"{BODY}\n\n© 2031 Reuters. All rights reserved.", (), "Reuters"),
        (f"{BODY}\n\nWith PTI inputs", ("A. Reporter",), None),
        (f"{BODY}\n\n(AFP, Reuters)", (), "AFP"),
        # mentions
        (f"{BODY} Who had it first? The envoys asked Reuters.", (), None),
        (f"{BODY} The pictures were made for the Associated Press.", (), None),
        (
            f"The law (with inputs from PTI) was read out in full, as everybody in the hall of the "
            f"customs house could hear. {BODY}",
            (),
            None,
        ),
        (f"{BODY}\n\nSource: the harbour board", (), None),
        (f"{BODY}\n\n(The writer worked for Reuters)", (), None),
        (f"{BODY}\n\n© 2031 The Valley Post", (), None),
        # Hindi and Urdu
        ("नई नगरी, 10 मई (भाषा) दोनों दूत पुल पर मिले और फिर मिलने पर सहमत हुए।", (), None),
        ("नई नगरी, 10 मई (भाषा)। दोनों दूत पुल पर मिले और फिर मिलने पर सहमत हुए।", (), "PTI"),
        ("दोनों दूत पुल पर मिले और फिर मिलने पर सहमत हुए। (एएनआई)", (), "ANI"),
        ("दोनों दूत पुल पर मिले।\n\n(इनपुट: एएनआई)", ("मीना जोशी",), None),
        ("दोनों दूत पुल पर मिले और फिर मिलने पर सहमत हुए।", ("एजेंसी रॉयटर्स",), "Reuters"),
        ("نیا شہر (اے پی پی) ۔ دونوں ایلچی پل پر ملے اور دوبارہ ملنے پر متفق ہوئے۔", (), "APP"),
        ("دونوں ایلچی پل پر ملے اور دوبارہ ملنے پر متفق ہوئے۔\n\nبشکریہ: رائٹرز", (), "Reuters"),
    ],
)
def test_copy_is_the_agency_s_only_where_a_credit_line_says_so(
    text: str, authors: tuple[str, ...], origin: str | None
) -> None:
    assert credit(text, *authors).origin == origin


def test_inputs_are_credited_but_do_not_make_it_a_copy() -> None:
    found = credit(f"{BODY}\n\n(With inputs from PTI and ANI)", "A. Reporter")
    assert found.agencies == ("PTI", "ANI")


def test_the_dateline_keeps_its_place() -> None:
    assert credit(f"OSLO, May 3 (Reuters) - {BODY}").dateline == "OSLO, May 3"
    assert credit(f"OSLO: {BODY}").dateline == "OSLO"


def test_a_lower_case_word_is_no_agency() -> None:
    assert credit(f"(app) — {BODY}").origin is None


def test_the_byline_is_kept_as_it_was_written() -> None:
    assert credit(BODY, "Ada Brook", "PTI").byline == "Ada Brook, PTI"


def test_every_credited_agency_is_listed_once_in_order() -> None:
    text = f"OSLO, May 3 (Reuters) - {BODY}\n\n(With inputs from PTI and Reuters)"
    assert credit(text, "AFP").agencies == ("AFP", "Reuters", "PTI")


@pytest.mark.parametrize("outlet", ["PTI", "Press Trust of India", "The Associated Press"])
def test_what_an_agency_publishes_is_its_own_copy(outlet: str) -> None:
    assert credit(BODY, "Ada Brook", outlet=outlet).origin in ("PTI", "AP")


def test_an_agency_that_passes_on_another_s_copy_says_so() -> None:
    assert credit(f"BEIJING, May 3 (Xinhua) — {BODY}", outlet="APP").origin == "Xinhua"


def test_the_user_s_own_agencies_are_known(tmp_path: Path) -> None:
    row = '[agencies]\n"Valley News Agency" = { names = ["VNAX", "वादी समाचार"] }\n'
    (tmp_path / "own.toml").write_text(row, "utf-8")
    for name in ("Valley News Agency", "VALLEY NEWS AGENCY", "VNAX", "वादी समाचार"):
        assert credit(f"{BODY}\n\n({name})", actors=tmp_path).origin == "Valley News Agency"
    assert credit(f"{BODY}\n\n(PTI)", actors=tmp_path).origin == "PTI"


@pytest.mark.parametrize("text", ["[agencies", '[agencies]\nX = "Y"\n', "agencies = 3\n"])
def test_a_wrong_actor_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"wrong\.toml"):
        credit(BODY, actors=tmp_path)


def test_a_hostile_text_is_read_in_no_time() -> None:
    for text in ("(" * 100_000, "a, " * 50_000, "with inputs from " * 20_000, " /" * 100_000):
        assert credit(text).origin is None
