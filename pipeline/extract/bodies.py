"""States, ministries, forces, groups, media and the documents they issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.draft import Speaker
from pipeline.extract.joint import listed
from pipeline.extract.phrases import (
    PLACES,
    Item,
    Phrase,
    capitalised,
    countries_of,
    item_countries,
    nationality,
)
from pipeline.extract.registry import Actor, Body
from pipeline.extract.scene import Scene, again
from pipeline.records import HopKind


def read_body(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a ministry, force or service, by its own name where it has one."""
    last = phrase.last
    if last is None or last.label != "body":
        return None
    body = last.aliases[0].entry
    if not isinstance(body, Body):
        return None
    countries, why = nationality(phrase, scene.registry), "nationality in the text"
    if not countries and phrase.owner:
        countries, why = scene.owner_state(), "the state before, which owns it"
    if not countries:
        earlier = _same_body(body, scene)
        if earlier is not None:
            return earlier
        body, named = _meant(body, scene)
        countries, why = ((named,), "the body named before") if named else scene.default_country()
    if len(countries) > 1:
        return replace(states(countries, scene, why), role=body.key, role_code=body.code)
    return _body_of(body, phrase, countries, f"body: {why}", scene)


def _same_body(body: Body, scene: Scene) -> Speaker | None:
    """Answer "the ministry": the ministry that spoke before."""
    for speaker in scene.before():
        role = speaker.role or ""
        same = role == body.key or (role.split()[:1] == [body.key] and speaker.name)
        if same and body.key != "government":
            return again(speaker, "the same as before")
    return None


def _meant(body: Body, scene: Scene) -> tuple[Body, str]:
    """Return the body and state of "the ministry" or "the army": those named before."""
    key, country = scene.cast.body_named(body.key, scene.position)
    return scene.registry.bodies.get(key, body), country


def _body_of(
    body: Body, phrase: Phrase, countries: tuple[str, ...], why: str, scene: Scene
) -> Speaker:
    registry = scene.registry
    country = countries[0] if countries else ""
    region = [item for item in phrase.items if item.label == "region"]
    town = [item for item in phrase.items if item.label == "town"]
    if town and body.key == "government":
        return replace(_as_called(body, phrase, countries), role_code="REG", why=why)
    own = registry.institution(body.key, country) if country and not region else None
    shown = region[0].text if region else registry.country_name(country)
    if own is not None:
        return of_actor(own, why, role=body.key)
    if body.key == "government" and country and not region:
        return _government(country, why, scene)
    if body.own_words and country:
        return replace(_in_own_words(body, phrase, countries, scene), why=why)
    if not shown and countries:
        return replace(_as_called(body, phrase, countries), why=why)
    if not shown:
        shown = phrase.possessor[-1].text if phrase.possessor else ""
    return Speaker(
        name=f"{body.show} ({shown})" if shown else None,
        kind=body.kind if shown else HopKind.UNRESOLVED,
        countries=countries,
        role=body.key,
        role_code="REG" if region and body.code == "GOV" else body.code,
        why=why,
    )


def _as_called(body: Body, phrase: Phrase, countries: tuple[str, ...]) -> Speaker:
    """Return a body by the text's words: of a town, or of a state known by its adjective only."""
    tail = [f"{word} {' '.join(i.text for i in items)}" for word, items in phrase.complements]
    return Speaker(
        name=capitalised(" ".join([phrase.words, *tail][:1])),
        kind=body.kind,
        countries=countries,
        role=body.key,
        role_code=body.code,
    )


def _in_own_words(body: Body, phrase: Phrase, countries: tuple[str, ...], scene: Scene) -> Speaker:
    owners = (*phrase.possessor, *phrase.head[:-1])
    place = [item for item in owners if item.label in PLACES | {"actor"}]
    whose = place[0].text if place else scene.registry.demonym(countries[0])
    tail = phrase.words.partition(phrase.head[-1].text)[2].rstrip("' ")
    return Speaker(
        name=f"{whose} {phrase.head[-1].text}{tail}".strip(),
        kind=body.kind,
        countries=countries,
        role=body.key,
        role_code=body.code,
    )


def _government(country: str, why: str, scene: Scene) -> Speaker:
    return Speaker(
        name=f"Government of {_with_article(country, scene)}",
        kind=HopKind.GOVERNMENT,
        countries=(country,),
        role="government",
        role_code="GOV",
        why=why,
    )


def _with_article(code: str, scene: Scene) -> str:
    country = scene.registry.countries.get(code)
    name = scene.registry.country_name(code)
    return f"the {name}" if country is not None and country.article else name


def states(codes: Sequence[str], scene: Scene, why: str) -> Speaker:
    """Return the governments of several states as one speaker."""
    return Speaker(
        name=listed([scene.registry.country_name(code) for code in codes]),
        kind=HopKind.GOVERNMENT,
        countries=tuple(codes),
        role="government",
        role_code="GOV",
        why=why,
    )


def read_actor(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer an institution, agency, outlet, organisation, force, group or party."""
    last = phrase.last
    if last is not None and last.label != "actor" and _is_kind_word(last, scene):
        phrase = replace(phrase, head=phrase.head[:-1])  # "the Truth Social platform"
        last = phrase.last
    if last is None or last.label != "actor":
        return None
    actors = [alias.entry for alias in last.aliases if isinstance(alias.entry, Actor)]
    said = nationality(replace(phrase, head=phrase.head[:-1]), scene.registry)
    fitting = [actor for actor in actors if not said or actor.countries == said]
    return of_actor(min(fitting or actors, key=lambda a: _distance(a, scene)), "registry")


def _is_kind_word(item: Item, scene: Scene) -> bool:
    return any(item.folded in nouns for nouns in scene.registry.words.anaphors.values())


def _distance(actor: Actor, scene: Scene) -> tuple[bool, bool]:
    """Order actors of one name: those of a state in the text first, then armed ones."""
    named = bool(actor.country) and scene.cast.mentions_country(str(actor.country))
    return not named, actor.table not in ("forces", "groups", "institutions")


def of_actor(actor: Actor, why: str, *, role: str = "") -> Speaker:
    """Return a named body as a speaker."""
    return Speaker(
        name=actor.name,
        kind=actor.kind or HopKind.ORGANISATION,
        countries=actor.countries,
        role=role or actor.role,
        role_code=actor.code or None,
        why=why,
    )


def read_state(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a country, capital or "the Ruritanian side": its government speaks."""
    last = phrase.last
    if last is None:
        return None
    if last.folded in scene.registry.words.administrations["state"]:
        countries = countries_of([*phrase.possessor, *phrase.head], scene.registry)
        return _government(countries[0], "side of a state", scene) if countries else None
    if last.label in ("town", "region"):
        return None if phrase.indefinite else _local(last)
    if last.label not in ("country", "capital"):
        return None
    countries = item_countries(last)
    if len(countries) != 1:
        return None
    return _government(countries[0], f"{last.label} stands for its government", scene)


def _local(place: Item) -> Speaker:
    """Answer a region, which has a government, or a town, which speaks for nobody."""
    countries = item_countries(place)
    if place.label == "town":
        return Speaker(name=None, countries=countries, why="a town that is no capital")
    return Speaker(
        name=f"Government of {place.text}",
        kind=HopKind.GOVERNMENT,
        countries=countries,
        role="regional government",
        role_code="REG",
        why="a region stands for its government",
    )


def read_apposition(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "the army's media wing, NAME" by what stands behind the comma."""
    for part in phrase.appositions:
        if part.last is not None and part.last.label in ("actor", "body"):
            return read_actor(part, scene) or read_body(part, scene)
    return None


def read_own_name(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a body nobody listed, by the last word of its name."""
    last = phrase.last
    if last is None or not last.label.startswith("own "):
        return None
    kind = last.label.removeprefix("own ")
    kinds = {"group": HopKind.GROUP, "party": HopKind.GROUP, "military": HopKind.MILITARY}
    codes = {"group": "REB", "party": "OPP", "military": "MIL", "outlet": "MED"}
    return Speaker(
        name=" ".join(i.text for i in phrase.head if i.label in ("country", last.label)),
        kind=HopKind.OUTLET if kind == "outlet" else kinds.get(kind, HopKind.ORGANISATION),
        countries=nationality(phrase, scene.registry),
        role="newspaper" if kind == "outlet" else kind,
        role_code=codes.get(kind),
        why=f"a name that ends like that of a {kind}",
    )


def read_owned(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer whatever else a state, army or movement has: "the Ruritanian royal palace"."""
    last = phrase.last
    owned = bool(phrase.possessor) or phrase.definite
    if last is None or last.label != "word" or not owned or not _can_speak(last, scene):
        return None
    owner = scene.read(phrase.possessor) if phrase.possessor else None
    countries = nationality(phrase, scene.registry) or (owner.countries if owner else ())
    if not countries or (owner is not None and owner.kind is HopKind.PERSON):
        return None
    return Speaker(
        name=capitalised(phrase.words),
        kind=HopKind.ORGANISATION,
        countries=countries,
        role=last.folded,
        role_code=owner.role_code if owner else None,
        why="something that a state or movement has",
    )


def _can_speak(item: Item, scene: Scene) -> bool:
    """Say whether a common noun is a body, or people by what they do: "the harbour master"."""
    words = scene.registry.words
    if item.folded in words.institutions:
        return True
    return item.folded.endswith(words.agent_endings) and item.folded not in words.no_agents


def read_document(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "a statement by X": X speaks; a document nobody signed speaks for itself."""
    last = phrase.last
    if last is None or last.label != "document":
        return None
    author = _author(phrase, scene)
    if author is not None and author.name is not None:
        return replace(author, why=f"author of the document ({author.why})")
    return Speaker(
        name=capitalised(" ".join(item.text for item in phrase.head)),
        kind=HopKind.DOCUMENT,
        countries=nationality(phrase, scene.registry),
        role="document",
        why="document without an author",
    )


def _author(phrase: Phrase, scene: Scene) -> Speaker | None:
    if phrase.possessor:
        return scene.read(phrase.possessor)
    for preposition, items in phrase.complements:
        carried = preposition in ("on", "in") and any(item.label == "actor" for item in items)
        if preposition in ("by", "from", "of") or carried:
            return scene.read(items)
    owner = [item for item in phrase.head[:-1] if item.label not in ("word", "document")]
    return scene.read(owner) if owner else None
