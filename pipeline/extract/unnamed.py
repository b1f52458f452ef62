"""People without a name: sources, officials, spokespeople."""

from __future__ import annotations

from dataclasses import replace

from pipeline.extract.draft import Speaker
from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    Item,
    Phrase,
    item_countries,
    nationality,
    parse_items,
)
from pipeline.extract.registry import Unnamed
from pipeline.extract.scene import Scene, again
from pipeline.extract.titles import house_code, item_code, role_words
from pipeline.records import HopKind

KIN = "one of those before"
BODIES = PLACES | {"actor", "body"}


def read_spokesperson(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a spokesperson nobody names: not anonymous when the body is named."""
    last = phrase.last
    if last is None or last.label != "spokes":
        return None
    owner = _owner(phrase, scene) or _body_before(phrase, scene)
    if owner is None or owner.name is None:
        earlier = _same_role(phrase, scene)
        return earlier or Speaker(
            name=phrase.shown,
            kind=HopKind.ANONYMOUS,
            anonymous=True,
            role="spokesperson",
            why="spokesperson of nobody named",
        )
    person = owner.kind is HopKind.PERSON
    return replace(
        owner,
        name=f"{owner.name}'s {last.text}" if person else owner.name,
        role=role_words(phrase) or "spokesperson",
        why=f"spokesperson of a named {'person' if person else 'body'} ({owner.why})",
    )


def _owner(phrase: Phrase, scene: Scene) -> Speaker | None:
    for preposition, items in phrase.complements:
        if preposition in ("of", "for", "from", "at"):
            return scene.read(items)
    if phrase.owner in ("his", "her"):
        return next(iter(scene.before()), None)
    if phrase.owner:  # "its spokesman"
        bodies = [one for one in scene.before() if one.kind is not HopKind.PERSON]
        subject = _sentence_subject(scene)
        return subject or (bodies[0] if bodies else None)
    owner = [item for item in (*phrase.possessor, *phrase.head[:-1]) if _is_owner(item)]
    if owner and not any(map(item_countries, owner)):
        places = (item for _, items in phrase.complements for item in items)
        owner = [*(item for item in places if item.label in PLACES), *owner]  # "in Strelsau"
    return scene.read(owner) if owner else None


def _body_before(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "a spokesman" alone: that of the body that spoke right before, in this paragraph."""
    if len(phrase.items) > 1 or phrase.possessor or phrase.complements or phrase.appositions:
        return None
    before = next(iter(scene.before(paragraphs=0)), None)
    body = before is not None and before.kind in (HopKind.MILITARY, HopKind.GOVERNMENT)
    return before if body and before is not None and not before.anonymous else None


def _sentence_subject(scene: Scene) -> Speaker | None:
    """Return the body or state a sentence begins with: "The army would wait, its spokesman"."""
    start = scene.cast.sentences[scene.cast.sentence(scene.position)]
    items = parse_items(scene.cast.text[start : scene.position], scene.registry, offset=start)
    lead = 1 if items and items[0].label == "det" else 0
    bodies = [n for n in range(lead, min(len(items), lead + 3)) if items[n].label in BODIES]
    if not bodies or not all(_is_owner(item) for item in items[lead : bodies[-1]]):
        return None
    owner = scene.read(items[: bodies[-1] + 1])
    return owner if owner.name is not None and owner.kind is not HopKind.PERSON else None


def _is_owner(item: Item) -> bool:
    return item.label in PLACES | NAMES | {"actor", "body", "office"} or item.label[:4] == "own "


def read_unnamed(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer officials, sources, diplomats and others known by group or rank only."""
    noun = _unnamed_noun(phrase)
    if noun is None:
        return None
    earlier = _same_words(phrase, scene) if phrase.definite else None
    if earlier is not None:
        return earlier
    said = _nationality(phrase, noun, scene)
    code = house_code(phrase, scene.registry) or noun.code
    countries, why = said, "nationality in the text" if said else "words of the text"
    implied = not said and _speaks_for_a_state(phrase, noun, scene)
    kin = () if said or not phrase.indefinite else _same_group(noun, scene)
    if not said and _of_stranger(phrase):
        countries, why = (), "a people no list has"
    elif kin:
        countries, why = kin, KIN
    elif scene.carrier and not said and noun.key in ("official", "source", "insider", "officer"):
        countries, why = (scene.carrier,), "country of the medium that quotes them"
    elif implied:
        countries, why = scene.default_country()
    elif not said and noun.key == "local":
        countries, why = scene.story_place(beside=bool(phrase.complements))
    elif not said and noun.key in ("source", "insider") and _home_is_named(scene):
        countries, why = (str(scene.home),), "words of the text; outlet's own country"
    return Speaker(
        name=_unnamed_name(phrase, countries if implied else (), scene),
        kind=HopKind.ANONYMOUS,
        countries=countries,
        role=role_words(phrase) or noun.role,
        role_code=code or None,
        anonymous=True,
        why=f"unnamed: {why}",
    )


def _of_stranger(phrase: Phrase) -> bool:
    """Say whether a name nobody knows stands where the nationality would: "Ruritanian"."""
    return any(item.label == "name" for item in (*phrase.possessor, *phrase.head[:-1]))


def _same_group(noun: Unnamed, scene: Scene) -> tuple[str, ...]:
    """Return the country of "a source" after "sources of the ministry"."""
    for speaker in scene.before():
        words = (speaker.name or "").casefold().split()
        if speaker.anonymous and any(word in words for word in noun.words):
            return speaker.countries
    return ()


def _nationality(phrase: Phrase, noun: Unnamed, scene: Scene) -> tuple[str, ...]:
    """Return whose people they are; where a diplomat sits says nothing about that."""
    if noun.code == "MFA":
        own = tuple(item for item in phrase.head if "-" not in item.text)
        sent = tuple(part for part in phrase.complements if part[0] in ("of", "from"))
        phrase = replace(phrase, head=own, complements=sent)
    return nationality(phrase, scene.registry)


def _unnamed_noun(phrase: Phrase) -> Unnamed | None:
    last = phrase.last
    if last is None or last.label != "unnamed":
        return None
    entry = last.aliases[0].entry
    return entry if isinstance(entry, Unnamed) else None


def _home_is_named(scene: Scene) -> bool:
    return scene.home is not None and scene.cast.mentions_country(scene.home)


def _speaks_for_a_state(phrase: Phrase, noun: Unnamed, scene: Scene) -> bool:
    """Say whether it goes without saying that they are somebody's: not "regional diplomats"."""
    if any(item.folded in scene.registry.words.elsewhere for item in phrase.head):
        return False
    return noun.key == "official" or (noun.code != "MFA" and _has_house(phrase, scene))


def _has_house(phrase: Phrase, scene: Scene) -> bool:
    return any(item_code(item, scene.registry) for item in phrase.head[:-1])


def _same_words(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "the official": the unnamed speaker before, when the noun is the same."""
    last = phrase.last
    if last is None or len(phrase.head) > 1 or phrase.complements:
        return None
    for speaker in scene.before():
        if speaker.anonymous and speaker.name and last.folded in speaker.name.casefold().split():
            return again(speaker, "the same as before")
    return None


def _unnamed_name(phrase: Phrase, implied: tuple[str, ...], scene: Scene) -> str:
    words = phrase.shown
    demonym = scene.registry.demonym(implied[0]) if len(implied) == 1 else ""
    return f"{demonym} {words[0].lower()}{words[1:]}" if demonym else words


def _same_role(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "the spokesperson": the speaker before whose role ends in that word."""
    last = phrase.last
    if last is None or not phrase.definite:
        return None
    for speaker in scene.before():
        if speaker.role and speaker.role.casefold().split()[-1:] == [last.folded]:
            return again(speaker, "the same as before")
    return None


def read_somebody(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a common noun: with "a" or a number it is somebody nobody names."""
    last = phrase.last
    if last is None or last.label not in ("word", "rank"):
        return None
    kin = last.folded in scene.registry.words.genders
    owned = kin and not any(item.label in NAMES for item in phrase.possessor)
    if not (phrase.indefinite or owned or last.label == "rank"):
        return None
    code = house_code(phrase, scene.registry) or _rank(last)
    countries = nationality(phrase, scene.registry)
    if code == "MIL" and not countries:
        named = scene.cast.body_named("army", scene.position)[1]
        countries = (named,) if named else scene.default_country()[0]
    return Speaker(
        name=phrase.shown,
        kind=HopKind.ANONYMOUS if phrase.indefinite or owned else HopKind.MILITARY,
        countries=countries,
        role=" ".join(item.text for item in phrase.head).lower(),
        role_code=code,
        anonymous=phrase.indefinite or owned,
        why="a common noun for one person",
    )


def _rank(item: Item) -> str | None:
    return str(item.aliases[0].entry) if item.label == "rank" else None
