"""People with a name, and what is called after them: administrations, offices."""

from __future__ import annotations

from dataclasses import replace

from pipeline.extract.cast import Figure
from pipeline.extract.coreference import figure_of, known_person
from pipeline.extract.draft import Speaker
from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    TITLES,
    Item,
    Phrase,
    capitalised,
    item_countries,
)
from pipeline.extract.scene import NO_HOLDER, Scene
from pipeline.extract.titles import Title, read_title, role_words
from pipeline.records import HopKind

UNOFFICIAL = ("CVL", "EXP", "MED", "NGO")


def read_administration(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "the NAME administration" and "NAME's team"."""
    last = phrase.last
    if last is None or last.folded not in scene.registry.words.administrations["named"]:
        return None
    heads = [i for i in (*phrase.possessor, *phrase.head) if i.label in ("short", "person")]
    if not heads:
        return None
    person = known_person(heads[-1], scene.cast)
    surname = person.short_names[0] if person and person.short_names else heads[-1].text
    return Speaker(
        name=f"{surname} administration",
        kind=HopKind.GOVERNMENT,
        countries=person.countries if person else item_countries(heads[-1]),
        role="government",
        role_code="GOV",
        why="administration named by its head",
    )


def read_office_of(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "NAME's office": the office NAME holds."""
    last = phrase.last
    if last is None or last.folded not in scene.registry.words.administrations["office"]:
        return None
    owner = scene.read(phrase.possessor) if phrase.possessor else _owner_before(phrase, scene)
    if owner is None or owner.name is None:
        return None
    return replace(
        owner,
        name=f"{owner.name}'s office",
        kind=HopKind.GOVERNMENT,
        why=f"office of a person ({owner.why})",
    )


def _owner_before(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Return whose "his office" or "her deputy" is: of the speaker before."""
    gendered = scene.registry.words.possessives.get(phrase.owner) in ("m", "f")
    return next(iter(scene.before()), None) if gendered else None


def read_person(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a name, with or without a title."""
    name = _person_named(phrase)
    if name is None:
        return None
    if len(phrase.head) == 1 and phrase.name is name and _is_people(phrase, name, scene):
        return _people_called(phrase, scene)
    title = read_title(phrase, scene.registry)
    figure = _figure_named(name, title, scene)
    if figure is None:
        figure = Figure(name=name.text, countries=item_countries(name))
        scene.cast.figures.append(figure)
    figure.titled = True
    if figure.person is None:
        figure.learn(title)
    speaker = of_figure(figure, figure_why(figure, name), scene)
    speaker.role = title.role or speaker.role
    if figure.person is None:
        owner = None if title.countries else _owner_before(phrase, scene)
        if owner is not None and not speaker.countries:
            figure.countries = owner.countries  # "her deputy, NAME"
        speaker.countries = figure.countries or title.countries
        speaker.role_code = title.code or speaker.role_code
        place(speaker, role_words(phrase), scene)
    elif title.code and (title.office is not None or not speaker.role_code):
        speaker.role_code = title.code  # the text knows better which office is meant
    return speaker


def _is_people(phrase: Phrase, name: Item, scene: Scene) -> bool:
    """Say whether a bare name means many: "the Maroons", "Parties in the valley"."""
    many = bool(phrase.complements) and len(name.tokens) == 1
    return phrase.definite or (many and scene.cast.named(name.text) is None)


def _people_called(phrase: Phrase, scene: Scene) -> Speaker:
    """Answer "the Maroons": a people or group by its own name, no person."""
    known = scene.cast.named(phrase.words)
    if known is not None and known.titled and " " in phrase.words:
        return of_figure(known, "name with an article", scene)
    acronym = phrase.words.isupper()
    return Speaker(
        name=capitalised(phrase.words),
        kind=HopKind.ORGANISATION if acronym else HopKind.GROUP,
        countries=() if acronym else scene.default_country()[0],
        role="organisation" if acronym else "community",
        role_code=None if acronym else "CVL",
        why=f"a name with an article: {'an organisation' if acronym else 'a people or group'}",
    )


def _person_named(phrase: Phrase) -> Item | None:
    """Return the name in the head, or in the apposition of "the minister, NAME"."""
    if phrase.name is not None:
        return phrase.name
    last = phrase.last
    if last is not None and last.label in ("office", "spokes", "rank", "word", "unnamed"):
        for part in phrase.appositions:
            if part.name is not None and all(item.label in TITLES for item in part.head[:-1]):
                return part.name
        for _, items in phrase.complements:  # "Minister of COUNTRY Jan Novak"
            if len(items) > 1 and items[-1].label in NAMES and items[0].label in PLACES:
                return items[-1]
    return None


def _figure_named(name: Item, title: Title, scene: Scene) -> Figure | None:
    person = known_person(name, scene.cast, title)
    if person is not None:
        return figure_of(person, scene.when, scene.registry)
    return scene.cast.named(name.text)


def figure_why(figure: Figure, name: Item) -> str:
    """Say how a name was understood."""
    if figure.person is not None:
        return "registry" if name.label == "person" else "short name, registry"
    return "name with a title" if figure.titled else "name alone"


def of_figure(figure: Figure, why: str, scene: Scene | None = None) -> Speaker:
    """Return a figure as a speaker, in the office it holds on the day."""
    person = figure.person
    code, role = figure.code, figure.role
    if person is not None:
        code, role = person.code, person.role
        if scene is not None and figure.office:
            office = scene.registry.offices.get(figure.office)
            code, role = (office.code, figure.office) if office else (code, role)
    return Speaker(
        name=figure.name,
        kind=HopKind.PERSON,
        countries=figure.countries,
        role=role or None,
        role_code=code or None,
        why=why,
    )


def place(speaker: Speaker, role: str, scene: Scene) -> None:
    """Give a person without a nationality the country the article takes for granted."""
    figure = scene.cast.named(speaker.name or "")
    if figure is None or speaker.countries:
        return
    first = next((m.start for m in scene.cast.mentions if m.figure is figure), scene.position)
    there = replace(scene, position=min(first, scene.position))
    titled = bool(figure.role or role)
    if speaker.role_code in UNOFFICIAL or not titled:
        codes, why = _private(titled, speaker, there)
    else:
        office = scene.registry.offices.get(figure.office)
        codes, why = there.default_country(office.usual if office is not None else ())
    if codes:
        speaker.countries = figure.countries = codes
        speaker.why += f"; {why}"


def _private(titled: bool, speaker: Speaker, scene: Scene) -> tuple[tuple[str, ...], str]:
    """Return where somebody who speaks for no state belongs."""
    if speaker.role_code == "EXP":
        words = (speaker.role or "").casefold().split()
        once = any(word in scene.registry.words.former for word in words)
        return scene.default_country() if once else ((), "")
    before = scene.before()[:1]
    if not titled and before and before[0].why == NO_HOLDER:
        return before[0].countries, "the office named before"  # "its minister said. NAME added"
    return scene.story_place(beside=True)
