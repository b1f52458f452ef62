"""Phrases that name nobody themselves: pronouns, "both sides", "the group"."""

from __future__ import annotations

from dataclasses import replace

from pipeline.extract.bodies import of_actor, read_actor, read_body, states
from pipeline.extract.cast import Figure, last_person
from pipeline.extract.draft import Speaker
from pipeline.extract.people import of_figure, place, read_person
from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    Item,
    Phrase,
    capitalised,
    nationality,
    parse_items,
    parse_phrase,
)
from pipeline.extract.posts import read_office
from pipeline.extract.scene import NO_HOLDER, ONE_POST, Scene, again
from pipeline.extract.unnamed import read_unnamed
from pipeline.records import HopKind

# What a noun phrase with an office consists of, in front of its verb.
OPENING = NAMES | PLACES | {"det", "'s", "office", "spokes", "honorific", "rank", "body"}


def read_pronoun(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer a pronoun from what stands before it."""
    last = phrase.last
    if last is None or last.label != "pronoun" or len(phrase.head) > 1:
        return None
    kind = scene.registry.words.pronouns[_written(last, scene)]
    if kind in ("m", "f"):
        return _he_or_she(kind, scene)
    if kind in ("1", "1p"):
        return _found(scene.parent, "I or we inside a claim") or _unresolved("I or we")
    if kind == "r":
        return _relative(scene)
    if kind == "l":
        before = [m for m in scene.cast.mentions if m.start < scene.position]
        return of_figure(before[-1].figure, "the latter", scene) if before else _unresolved(kind)
    return _it_or_they(kind, scene)


def _written(item: Item, scene: Scene) -> str:
    """Return the pronoun as the word list has it."""
    written = scene.registry.words.pronouns
    return next(word for word in written if word.casefold() == item.folded)


def _he_or_she(gender: str, scene: Scene) -> Speaker:
    if scene.parent is not None and _fits(scene.parent, gender, scene):
        return replace(scene.parent, why="pronoun inside the claim of the same speaker")
    here = scene.cast.sentence(scene.position)
    for position, speaker in reversed(scene.spoken):
        near = here - scene.cast.sentence(position)
        if position < scene.position and near <= 3 and _fits(speaker, gender, scene):
            if not _named_between(gender, position, speaker, scene):
                return _she_who_spoke(speaker, gender, scene)
            break
    figure = last_person(scene.cast, scene.position, gender, scene.inside)
    if figure is None:
        return _opener(gender, scene) or _unresolved("pronoun")
    figure.gender = figure.gender or gender  # from now on no "she" means him
    found = of_figure(figure, "pronoun: the last subject", scene)
    place(found, figure.role, scene)
    return found


def _opener(gender: str, scene: Scene) -> Speaker | None:
    """Return the office that the sentence before begins with: "The envoy was asked. She ..."."""
    here = scene.cast.sentence(scene.position)
    start, end = (scene.cast.sentences[n] for n in (max(0, here - 1), here))
    items = parse_items(scene.cast.text[start:end], scene.registry, offset=start)
    stop = next((n for n, item in enumerate(items) if item.label not in OPENING), len(items))
    if not stop or items[stop - 1].label not in ("office", "spokes"):
        return None
    found = scene.read(items[:stop])
    fits = _fits(found, gender, scene)
    return (
        replace(found, why=f"pronoun: who the sentence before begins with ({found.why})")
        if fits
        else None
    )


def _she_who_spoke(speaker: Speaker, gender: str, scene: Scene) -> Speaker:
    figure = scene.cast.named(speaker.name or "") if speaker.kind is HopKind.PERSON else None
    if figure is not None and figure.name == speaker.name:
        figure.gender = figure.gender or gender
    return again(speaker, "pronoun: the speaker before")


def _named_between(gender: str, position: int, speaker: Speaker, scene: Scene) -> bool:
    """Say whether somebody else became the subject since the speaker at `position`."""
    since = scene.cast.sentence(position)
    subjects: dict[int, Figure] = {}
    for mention in scene.cast.mentions:
        here = mention.start < scene.position and mention.subject and mention.figure.titled
        if here and not scene.inside(mention.start):
            subjects.setdefault(scene.cast.sentence(mention.start), mention.figure)
    return any(
        sentence > since and figure.gender in (gender, "")
        for sentence, figure in subjects.items()
        if figure.name != speaker.name
    )


def _fits(speaker: Speaker, gender: str, scene: Scene) -> bool:
    if speaker.name is None or len(speaker.countries) > 1:
        return False
    if speaker.kind is HopKind.PERSON:
        figure = scene.cast.named(speaker.name)
        return figure is None or figure.gender in (gender, "")
    if _holds_office(speaker, gender, scene):
        return True
    # "a senior official ... he": one person, though nobody names them
    return speaker.anonymous and not speaker.name.endswith("s")


def _holds_office(speaker: Speaker, gender: str, scene: Scene) -> bool:
    """Say whether one person speaks by an office: "the Ruritanian president", "its spokesman"."""
    last = (speaker.role or "").casefold().split()[-1:]
    if not last or speaker.role in scene.registry.bodies:
        return False
    words = scene.registry.words
    told = "f" if last[0].endswith("woman") else "m" if last[0].endswith("man") else ""
    fits = told in ("", gender)
    spokes = last[0] in words.spokespeople
    return fits and (spokes or NO_HOLDER in speaker.why or ONE_POST in speaker.why)


def _it_or_they(kind: str, scene: Scene) -> Speaker:
    for speaker in scene.before():
        plural = speaker.anonymous or len(speaker.countries) > 1 or " and " in (speaker.name or "")
        plural = plural or speaker.kind is HopKind.GROUP
        person = speaker.kind is HopKind.PERSON and not plural
        single = speaker.kind is HopKind.GROUP or not (person or plural)
        if (kind == "p" and plural) or (kind == "n" and single):
            return again(speaker, "pronoun: the speaker before")
    return _unresolved("pronoun")


def _relative(scene: Scene) -> Speaker:
    """Answer "who" and "which": the nearest phrase before them in the sentence."""
    start = scene.cast.sentences[scene.cast.sentence(scene.position)]
    before = scene.cast.text[start : scene.position].rstrip(" ,")
    items = parse_items(before, scene.registry, offset=start)
    for index in range(len(items) - 1, -1, -1):
        if items[index].label in NAMES | {"actor", "unnamed", "office", "body"}:
            phrase = parse_phrase(items[index:], scene.registry.words)
            for rule in (read_person, read_unnamed, read_office, read_actor, read_body):
                speaker = rule(phrase, scene)
                if speaker is not None:
                    return replace(speaker, why=f"relative pronoun ({speaker.why})")
    return _unresolved("relative pronoun")


def _found(speaker: Speaker | None, why: str) -> Speaker | None:
    return replace(speaker, why=why) if speaker is not None and speaker.name else None


def _unresolved(why: str) -> Speaker:
    return Speaker(name=None, why=f"{why}: nobody before it fits")


def read_collective(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "both sides": the two states the article is about."""
    if phrase.last is None and phrase.det in scene.registry.words.collectives.alone:
        codes = _two_states(scene)
        return states(codes, scene, "collective: the two states before") if codes else None
    collective = [item for item in phrase.items if item.label == "collective"]
    if not collective:
        return None
    said = nationality(phrase, scene.registry)
    codes = said if len(said) > 1 else _two_states(scene)
    if len(codes) != 2:
        return Speaker(
            name=capitalised(collective[0].text),
            kind=HopKind.GROUP,
            why="collective, parties open",
        )
    return states(codes, scene, "collective: the two states the text is about")


def _two_states(scene: Scene) -> tuple[str, ...]:
    """Return the last "X and Y" before the phrase, else the two states named most."""
    joined = [codes for start, codes in scene.cast.pairs if start < scene.position]
    if joined:
        return joined[-1]
    for codes in (
        [code for start, code in scene.cast.countries if start < scene.position],
        [code for _, code in scene.cast.countries],
    ):
        counts = {code: codes.count(code) for code in dict.fromkeys(codes)}
        if len(counts) < 2:
            continue
        top = sorted(counts, key=lambda code: -counts[code])[:3]
        if len(top) == 2 or counts[top[1]] > counts[top[2]]:
            return tuple(code for code in counts if code in top[:2])
    return ()


def read_anaphor(phrase: Phrase, scene: Scene) -> Speaker | None:
    """Answer "the group", "the newspaper": the speaker before of that kind, or the medium."""
    last = phrase.last
    if last is None or not phrase.definite or len(phrase.head) > 2:
        return None
    for kind, nouns in scene.registry.words.anaphors.items():
        if last.folded in nouns:
            for speaker in scene.before():
                if speaker.kind.value == kind:
                    return again(speaker, "the same as before")
            return _medium_before(HopKind(kind), scene)
    return None


def _medium_before(kind: HopKind, scene: Scene) -> Speaker | None:
    actor = scene.cast.medium_named(kind, scene.position)
    if actor is None and kind is HopKind.AGENCY and scene.agency:
        actor = scene.registry.outlet(scene.agency)
    return of_actor(actor, "the medium named before") if actor is not None else None
