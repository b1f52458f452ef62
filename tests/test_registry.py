"""The actor registry: what ships, what a user may add, and what a wrong file says."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.extract.phrases import parse_items
from pipeline.extract.registry import PACKAGE_DATA, ROLE_CODES, Registry, Term
from pipeline.extract.tokens import fold

REGISTRY = Registry.load()
MAY_2025 = datetime(2025, 5, 15, tzinfo=UTC)


def first(text: str) -> list[str]:
    """Return "label:name" of what the text begins with, [] for a plain word."""
    item = parse_items(text, REGISTRY)[0]
    names = {getattr(a.entry, "name", "") or getattr(a.entry, "key", "") for a in item.aliases}
    return sorted(f"{item.label}:{name}" for name in names)


def test_all_states_are_listed_once_with_both_codes() -> None:
    countries = REGISTRY.countries.values()
    assert len(countries) >= 195
    assert len({country.iso3 for country in countries}) == len(countries)
    assert all(len(c.iso2) == 2 and len(c.iso3) == 3 and c.name for c in countries)


def test_almost_every_state_has_a_demonym_and_a_capital() -> None:
    countries = REGISTRY.countries.values()
    assert sum(bool(country.demonyms) for country in countries) >= 190
    assert sum(bool(country.capitals) for country in countries) >= 175


def test_no_two_states_share_a_name_or_capital() -> None:
    owners: dict[str, set[str]] = {}
    for country in REGISTRY.countries.values():
        for name in (country.name, *country.names, *country.capitals, *country.demonyms):
            owners.setdefault(fold(name), set()).add(country.iso2)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


def test_nobody_holds_an_office_twice_at_once() -> None:
    for person in REGISTRY.people.values():
        for term in person.offices:
            twins = [t for t in person.offices if t.office == term.office and t is not term]
            assert not any(t.covers(term.since) for t in twins if term.since), person.name


def test_single_offices_have_at_most_one_holder_on_any_day() -> None:
    clashes = set()
    for person in REGISTRY.people.values():
        for term in person.offices:
            if term.since is None or not REGISTRY.offices[term.office].single:
                continue
            # the day after taking office: handing over may share one day
            day = datetime(term.since.year, term.since.month, term.since.day, 12, tzinfo=UTC)
            day = day.fromtimestamp(day.timestamp() + 86_400, UTC)
            country = term.country or person.country
            names = {p.name for p, _ in REGISTRY.holders(term.office, country, day)}
            if len(names) > 1:
                clashes.add((term.office, country, tuple(sorted(names))))
    assert clashes == set()


def test_every_term_begins_before_it_ends() -> None:
    for person in REGISTRY.people.values():
        for term in person.offices:
            assert term.since is not None
            assert term.until is None or term.since < term.until, person.name


def test_an_open_term_covers_every_later_day() -> None:
    term = Term(office="president", since=date(2020, 1, 1))
    assert term.covers(date(2020, 1, 1))
    assert term.covers(date(2099, 1, 1))
    assert not term.covers(date(2019, 12, 31))


def test_every_role_code_is_a_known_one() -> None:
    codes = {office.code for office in REGISTRY.offices.values()}
    codes |= {body.code for body in REGISTRY.bodies.values()}
    codes |= {person.code for person in REGISTRY.people.values()}
    codes |= {actor.code for actor in REGISTRY.actors.values()}
    assert codes - {""} <= ROLE_CODES


def test_the_agencies_of_both_sides_and_the_world_are_listed() -> None:
    for name in ("PTI", "ANI", "IANS", "UNI", "APP", "KMS", "Reuters", "AP", "AFP", "TASS"):
        actor = REGISTRY.outlet(name)
        assert actor is not None
        assert actor.table == "agencies"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the prime minister", []),
        ("Prime Minister of", ["office:prime minister"]),
        ("US officials", ["country:United States"]),
        ("us, they said", ["pronoun:"]),
        ("UN chief", ["office:UN secretary-general"]),
        ("UN officials", ["actor:United Nations"]),
        ("turkey dinner", []),
        ("Turkey rejected", ["country:Turkey"]),
        ("Donald Trump's", ["person:Donald Trump"]),
        ("Associated Press of Pakistan", ["actor:APP"]),
        ("Associated Press reporters", ["actor:AP"]),
        ("Xinhua", ["actor:Xinhua"]),
        ("Türkiye", ["country:Turkey"]),
    ],
)
def test_longest_name_with_the_right_capitals_wins(text: str, found: list[str]) -> None:
    assert first(text) == found


@pytest.mark.parametrize("name", ["The Hindu", "hindustantimes.com", "Dawn", "DW", "BBC Urdu"])
def test_an_outlet_is_found_by_any_of_its_names(name: str) -> None:
    actor = REGISTRY.outlet(name)
    assert actor is not None
    assert actor.country


def test_an_unknown_outlet_is_none() -> None:
    assert REGISTRY.outlet("Strelsau Gazette") is None
    assert REGISTRY.outlet("") is None


def test_loading_twice_gives_the_same_object() -> None:
    assert Registry.load() is Registry.load()


def write(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text, "utf-8")
    return folder


def test_a_users_file_adds_an_actor(tmp_path: Path) -> None:
    registry = Registry.load(write(tmp_path, '[outlets]\n"Zenda Post" = { country = "SK" }\n'))
    actor = registry.outlet("Zenda Post")
    assert actor is not None
    assert actor.country == "SK"
    assert REGISTRY.outlet("Zenda Post") is None


def test_a_users_file_changes_one_key_and_keeps_the_others(tmp_path: Path) -> None:
    some = next(name for name, actor in REGISTRY.actors.items() if actor.table == "agencies")
    registry = Registry.load(write(tmp_path, f'[agencies]\n"{some}" = {{ role = "wire" }}\n'))
    assert registry.actors[some].role == "wire"
    assert registry.actors[some].country == REGISTRY.actors[some].country


def test_a_users_office_holder_is_found_by_date(tmp_path: Path) -> None:
    registry = Registry.load(
        write(
            tmp_path,
            '[people]\n"Flavia Elph" = { country = "LV", gender = "f",'
            ' offices = [{ office = "prime minister", since = 2025-01-01 }] }\n',
        )
    )
    holders = registry.holders("prime minister", "LV", MAY_2025)
    assert [person.name for person, _ in holders] == ["Flavia Elph"]
    assert registry.holders("prime minister", "LV", datetime(2024, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[peoples]\n", "unknown table [peoples]; did you mean 'people'?"),
        ("people = 3\n", "[people] must be a table"),
        ("[people\n", "mine.toml"),
        ('[people]\n"A B" = { cuntry = "IN" }\n', "people.A B.cuntry"),
        ('[people]\n"A B" = { country = "QQ" }\n', "people.A B.country: unknown country 'QQ'"),
        (
            '[people]\n"A B" = { country = "IN", offices = [{ office = "prime ministre" }] }\n',
            "people.A B.offices: unknown office 'prime ministre'; did you mean 'prime minister'?",
        ),
        (
            '[people]\n"A B" = { country = "IN", offices = [{ office = "president",'
            ' since = "soon" }] }\n',
            "people.A B.offices.0.since",
        ),
        ('[groups]\n"A" = { code = "XXX" }\n', "groups.A.code: unknown role code 'XXX'"),
        ("[words]\npronouns = 3\n", "words.words.pronouns"),
    ],
)
def test_a_wrong_file_names_itself_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Registry.load(write(tmp_path, text))
    assert message in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_no_module_of_ours_names_a_place_or_a_person() -> None:
    names = {country.name for country in REGISTRY.countries.values()} | set(REGISTRY.people)
    names |= {place for c in REGISTRY.countries.values() for place in (*c.capitals, *c.demonyms)}
    modules = "bodies coreference joint people phrases posts pronouns registry scene speaker"
    for module in f"{modules} titles tokens unnamed".split():
        path = PACKAGE_DATA.parent / "extract" / f"{module}.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not {n for n in names if n in node.value}, (module, node.value[:60])


def test_an_open_term_ends_a_year_after_the_file_was_checked(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        "checked = 2030-01-01\n[people]\n"
        '"Ada Brook" = { country = "IE", '
        'offices = [{ office = "president", since = 2029-05-01 }] }\n',
        "utf-8",
    )
    registry = Registry.load(tmp_path)
    inside, beyond = (datetime(2030, 12, 1, tzinfo=UTC), datetime(2031, 2, 1, tzinfo=UTC))
    assert [p.name for p, _ in registry.holders("president", "IE", inside)] == ["Ada Brook"]
    assert registry.holders("president", "IE", beyond) == []
