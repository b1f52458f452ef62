"""Whose copy is it? Bylines, datelines and credit lines, in our own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.credit import read_credit
from pipeline.records import Article, Credit

BODY = "The two delegations met at the river bridge and agreed to meet again."


def credit(text: str, *authors: str) -> Credit:
    return read_credit(
        Article(
            id="a",
            url=None,
            feed_url="f",
            outlet="The Valley Post",
            title="t",
            text=text,
            authors=authors,
            first_seen=datetime(2031, 1, 1, tzinfo=UTC),
        )
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
