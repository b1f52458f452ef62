"""Offices without a name: the holder on the day, else "Office (Country)"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.coreference import figure_of
from pipeline.extract.draft import Speaker
from pipeline.extract.people import of_figure
from pipeline.extract.phrases import (
    Item,
    Phrase,
    capitalised,
    item_countries,
    nationality,
    parse_items,
)
from pipeline.extract.registry import IGO, Office
from pipeline.extract.scene import NO_HOLDER, ONE_POST, Scene
from pipeline.extract.titles import choose_office, house_code, office_meant, read_title, role_words
from pipeline.extract.tokens import fold
from pipeline.records import HopKind


def read_office(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer an office without a name: its holder, else "Office (Country)"."""
    last = phrase.last
    if last is None or last.label != "office":
        return None
    if phrase.owner:
        phrase = _owned(phrase, scene)
    office, countries = _office_and_countries(phrase, last, scene)
    if office is None or _is_plural(last) or len(countries) > 1:
        return _many(phrase, office, countries, scene)
    before = _named_before(office, last, countries, phrase, scene)
    if before is not None:
        return before
    if office.single and office_meant(last, phrase, "") and not _is_former(phrase, scene):
        return _holder(office, countries, phrase, scene)
    return _somebody_in(office, phrase, countries, scene)


def _is_plural(item: Item) -> bool:
    return not any(
        item.folded in map(fold, [*alias.entry.titles, *_local_titles(alias.entry)])
        for alias in item.aliases
        if isinstance(alias.entry, Office)
    )


def _local_titles(office: Office) -> list[str]:
    return [title for titles in office.local.values() for title in titles]


def _named_before(
    office: Office, last: Item, countries: tuple[str, ...], phrase: Phrase, scene: Scene
) -> Speaker | None:
    """Answer "the minister" by who was introduced in that office before."""
    if phrase.owner or not (phrase.definite or office.single):
        return None
    role = role_words(phrase)
    figure = scene.cast.holding(office.key, countries, scene.position)
    if figure is None and phrase.definite and not office.single:
        figure = scene.cast.titled(last.folded, countries, scene.position)
    if figure is None:
        return None
    if office.single or not nationality(phrase, scene.registry) or countries:
        return _as(of_figure(figure, "office named before", scene), office, role)
    return None


def _owned(phrase: Phrase, scene: Scene) -> Phrase:
    """Read "its minister": the state of the sentence, or of the one before, owns it."""
    start = scene.cast.sentences[scene.cast.sentence(scene.position)]
    before = scene.cast.text[start : scene.position]
    items = parse_items(before, scene.registry, offset=start)
    owners = [item for item in items if item_countries(item)][:1] or _unlisted(items)
    return replace(phrase, possessor=tuple(owners)) if owners else phrase


def _unlisted(items: Sequence[Item]) -> list[Item]:
    """Return the one name a sentence begins with: of a state no list has, perhaps."""
    plain = [item for item in items[:1] if item.label == "name" and len(item.tokens) == 1]
    return plain if len(items) > 1 and items[1].label != "," else []


def _office_and_countries(
    phrase: Phrase, last: Item, scene: Scene
) -> tuple[Office | None, tuple[str, ...]]:
    countries = nationality(phrase, scene.registry)
    office = choose_office(last, countries[0] if countries else (scene.home or ""))
    if office is not None and office.country:
        countries = (office.country,)
    if phrase.owner and office is not None and not countries:
        return office, scene.owner_state()
    if countries or office is None or not (office.single or phrase.definite):
        return office, countries
    if house_code(phrase, scene.registry) == "REB":
        return office, ()  # whose rebels they are nobody says
    if scene.cast.holding(office.key, (), scene.position) is not None:
        return office, ()
    return office, scene.default_country(office.usual)[0]


def _many(
    phrase: Phrase, office: Office | None, countries: tuple[str, ...], scene: Scene
) -> Speaker | None:
    """Answer the same office several times: joint when of named states, else anonymous."""
    if office is None:
        return None
    joint = len(countries) > 1 or countries == (IGO,)
    if office.code == "CVL" and not countries:
        countries = scene.story_place()[0]
    return Speaker(
        name=phrase.shown,
        kind=office.kind if joint else HopKind.ANONYMOUS,
        countries=countries,
        role=role_words(phrase),
        role_code=read_title(phrase, scene.registry).code or None,
        anonymous=not joint,
        why="one office of several states" if joint else "several holders, no name",
    )


def _is_former(phrase: Phrase, scene: Scene) -> bool:
    return any(item.folded in scene.registry.words.former for item in phrase.head)


def _holder(office: Office, countries: tuple[str, ...], phrase: Phrase, scene: Scene) -> Speaker:
    role = role_words(phrase)
    country = countries[0] if countries else ""
    holders = scene.registry.holders(office.key, country, scene.when) if country else []
    if len(holders) == 1:
        figure = figure_of(holders[0][0], scene.when, scene.registry)
        return _as(of_figure(figure, "holder of the office on the day", scene), office, role)
    shown = scene.registry.country_name(country) if country else ""
    name = f"{office.show} ({shown})" if shown else None
    if country == IGO:
        name = office.show
    if country and not shown:
        name = capitalised(phrase.words)  # of a state known by its adjective only
    if not country and (owner := _owner_name(phrase)):
        name = f"{office.show} ({owner})"
    return Speaker(
        name=name,
        kind=office.kind if name else HopKind.UNRESOLVED,
        countries=countries,
        role=role or office.key,
        role_code=office.code or None,
        why=NO_HOLDER if name else "office of no known country",
    )


def _owner_name(phrase: Phrase) -> str:
    """Return the name of a state or body no list has, which the office belongs to."""
    return next((item.text for item in phrase.possessor if item.label == "name"), "")


def _as(speaker: Speaker, office: Office, role: str) -> Speaker:
    """Return the speaker in the office the text names, one of several perhaps."""
    code = office.code or speaker.role_code
    return replace(speaker, role=role or speaker.role, role_code=code)


def _somebody_in(
    office: Office, phrase: Phrase, countries: tuple[str, ...], scene: Scene
) -> Speaker:
    code = read_title(phrase, scene.registry).code
    if phrase.definite and not countries and len(phrase.head) == 1 and not phrase.complements:
        return Speaker(name=None, role=office.key, why="a title of somebody not named before")
    known = office.post and (phrase.definite or bool(phrase.owner or phrase.possessor))
    shown = scene.registry.country_name(countries[0]) if phrase.owner and countries else ""
    shown = shown or (_owner_name(phrase) if phrase.owner else "")
    return Speaker(
        name=f"{office.show} ({shown})" if known and shown else phrase.shown,
        kind=office.kind if known else HopKind.ANONYMOUS,
        countries=countries,
        role=role_words(phrase),
        role_code=code or None,
        anonymous=not known,
        why=ONE_POST if known else "a title many people hold, no name",
    )
