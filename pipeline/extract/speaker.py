"""Speaker: who a source phrase names, from the actor registry and the article itself.

    resolve_phrase(doc, "the Ruritanian foreign minister", registry=registry, when=when)
    nlp.add_pipe("speaker")                       sets draft.speaker of every doc._.drafts

A phrase runs through RULES in order; the first rule that recognises it answers and says
why. What no rule recognises is `unresolved`: a guess would put words into somebody's mouth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import spacy.tokens
from spacy.language import Language as Pipeline
from spacy.tokens import Doc

from pipeline.extract.bodies import (
    read_actor,
    read_apposition,
    read_body,
    read_document,
    read_own_name,
    read_owned,
    read_state,
)
from pipeline.extract.cast import Cast
from pipeline.extract.coreference import build_cast
from pipeline.extract.draft import Draft, Speaker, register, text_of
from pipeline.extract.joint import read_joint
from pipeline.extract.people import read_administration, read_office_of, read_person
from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    Item,
    Phrase,
    item_countries,
    parse_items,
    parse_phrase,
)
from pipeline.extract.posts import read_office
from pipeline.extract.pronouns import read_anaphor, read_collective, read_pronoun
from pipeline.extract.registry import IGO, Registry
from pipeline.extract.scene import Scene
from pipeline.extract.strangers import is_stranger
from pipeline.extract.unnamed import read_somebody, read_spokesperson, read_unnamed
from pipeline.languages import Language, load_language
from pipeline.records import Article, Span

Rule = Callable[[Phrase, Scene], Speaker | None]
RULES: tuple[Rule, ...] = (
    read_pronoun,
    read_collective,
    read_document,
    read_administration,
    read_office_of,
    read_person,
    read_spokesperson,
    read_unnamed,
    read_office,
    read_body,
    read_actor,
    read_state,
    read_own_name,
    read_anaphor,
    read_apposition,
    read_somebody,
    read_owned,
)


def resolve_phrase(
    doc: Doc,
    words: str | Span | spacy.tokens.Span,
    *,
    registry: Registry,
    when: datetime | None = None,
) -> Speaker:
    """Return who `words` names in the context of `doc`; kind UNRESOLVED when nobody.

    A span is read in place, so that pronouns and short names look back from it; a plain
    text looks back from the end of the document.
    """
    scene = scene_of(doc, registry, when)
    if isinstance(words, str):
        return listed(resolve(words, replace(scene, position=len(text_of(doc)))))
    start, end = (
        (words.start, words.end) if isinstance(words, Span) else (words.start_char, words.end_char)
    )
    return listed(resolve(text_of(doc)[start:end], replace(scene, position=start)))


def resolve(text: str, scene: Scene) -> Speaker:
    """Return who `text` names."""
    return resolve_items(parse_items(text, scene.registry, offset=scene.position), scene)


def resolve_items(items: Sequence[Item], scene: Scene) -> Speaker:
    """Return who a run of items names."""
    if _begins_with_place(items):
        items = items[2:]
    joint = read_joint(items, scene)
    if joint is not None:
        return joint
    phrase = parse_phrase(items, scene.registry.words)
    if phrase.last is None and phrase.possessor:
        phrase = replace(phrase, head=phrase.possessor, possessor=())
    for rule in RULES:
        speaker = rule(phrase, scene)
        if speaker is not None:
            return _housed(speaker)
    return Speaker(name=None, why="no rule knows the phrase")


def _begins_with_place(items: Sequence[Item]) -> bool:
    """Say whether the phrase is "PLACE, NAME": the model took in where somebody is."""
    labels = [item.label for item in items[:3]]
    people = NAMES | {"unnamed", "office", "honorific", "rank", "spokes"}
    return len(labels) == 3 and labels[0] in PLACES and labels[1] == "," and labels[2] in people


def _housed(speaker: Speaker) -> Speaker:
    """Whoever speaks for an organisation of states has its role, whatever the title."""
    of_states = speaker.countries == (IGO,) and speaker.role_code not in ("NGO", "CVL", "EXP")
    return replace(speaker, role_code=IGO) if of_states else speaker


def scene_of(doc: Doc, registry: Registry, when: datetime | None = None) -> Scene:
    """Return the scene of a document; its cast is built once and kept in `doc.user_data`."""
    article: Article | None = doc.user_data.get("article")
    date = when or (article.when if article is not None else datetime.now(UTC))
    cast = doc.user_data.get("cast")
    if not isinstance(cast, Cast) or cast.when != date:
        cast = doc.user_data["cast"] = build_cast(text_of(doc), registry, date)
    drafts: list[Draft] = (doc._.drafts or []) if Doc.has_extension("drafts") else []
    spoken = [
        (draft.source[0].start, draft.speaker)
        for draft in drafts
        if draft.speaker is not None and draft.source and draft.speaker.name is not None
    ]
    return Scene(
        inner=resolve_items,
        registry=cast.registry or registry,
        cast=cast,
        when=date,
        home=_home(article, registry),
        agency=article.credit.origin if article is not None else None,
        spoken=sorted(spoken, key=lambda pair: pair[0]),
    )


def _home(article: Article | None, registry: Registry) -> str | None:
    if article is None:
        return None
    outlet = registry.outlet(article.outlet)
    if article.country or outlet is not None:
        return article.country or (outlet.country if outlet is not None else None)
    named = {code for item in parse_items(article.outlet, registry) for code in _seat(item)}
    return named.pop() if len(named) == 1 else None  # "The Ruritania Times"


def _seat(item: Item) -> tuple[str, ...]:
    return item_countries(item) if item.label in PLACES else ()


def listed(speaker: Speaker) -> Speaker:
    """Return the speaker without states that only this article knows: those have no code."""
    codes = tuple(code for code in speaker.countries if not is_stranger(code))
    return speaker if codes == speaker.countries else replace(speaker, countries=codes)


# -- the component ---


@Pipeline.factory("speaker", default_config={"actors": None, "language": "en"})
def create_speaker(nlp: Pipeline, name: str, actors: str | None, language: str) -> SpeakerResolver:
    """Return the component; `actors` is a folder of the user's own actor files."""
    registry = Registry.load(Path(actors) if actors else None)
    return SpeakerResolver(registry, load_language(language))


@dataclass(slots=True)
class SpeakerResolver:
    """Sets `speaker` of every draft from its source span; reads `doc.user_data["article"]`."""

    registry: Registry
    language: Language

    def __call__(self, doc: Doc) -> Doc:
        """Resolve drafts in the order of their sources, so that pronouns look back."""
        register()
        drafts: list[Draft] = doc._.drafts or []
        if not drafts:
            return doc
        scene = scene_of(doc, self.registry)
        scene.spoken = []
        scene.skip = tuple((span.start, span.end) for d in drafts for span in d.content)
        said_by: dict[int, Speaker] = {}
        text = text_of(doc)
        for draft in sorted(drafts, key=_order):
            outer = drafts[draft.parent] if draft.parent is not None else None
            speaker = self._speaker(text, draft, said_by.get(id(outer)), scene)
            said_by[id(draft)] = speaker
            draft.speaker = listed(speaker)
            draft.why["speaker"] = speaker.why
            if draft.source and speaker.name is not None:
                scene.spoken.append((draft.source[0].start, speaker))
        return doc

    def _speaker(self, text: str, draft: Draft, parent: Speaker | None, scene: Scene) -> Speaker:
        if not draft.source:
            return _running_on(draft, scene)
        here = replace(
            scene,
            position=draft.source[0].start,
            parent=parent,
            until=_until(text, draft, scene),
            carrier=_carrier(text, draft, scene),
        )
        words, stand_ins = self.language.in_english(" ".join(s.of(text) for s in draft.source))
        return _renamed(resolve(words, here), stand_ins)


def _renamed(speaker: Speaker, stand_ins: Mapping[str, str]) -> Speaker:
    """Put the words of the text back where a stand-in took their place."""
    name, role = speaker.name, speaker.role
    for stand_in, word in stand_ins.items():
        name = name and name.replace(stand_in, word)
        role = role and role.replace(stand_in, word)
    return replace(speaker, name=name, role=role)


def _until(text: str, draft: Draft, scene: Scene) -> int:
    """Return where what is said of the source ends: at its cue, or with its "who" clause."""
    end = draft.source[0].end
    cue = draft.cue[0].start if draft.cue else 0
    following = text[end : end + 12].removeprefix(",").split()[:1]
    if cue < end and following and following[0] in scene.registry.words.relatives:
        stop = text.find(".", end)
        return stop if stop > 0 else len(text)
    return max(end, cue)


def _carrier(text: str, draft: Draft, scene: Scene) -> str:
    """Return the country of the medium that quotes somebody, when the text is about it."""
    for span in draft.via:
        items = parse_items(span.of(text), scene.registry)
        codes = {code for item in items for code in item_countries(item)}
        if len(codes) == 1 and scene.cast.mentions_country(min(codes)):
            return codes.pop()
    return ""


def _running_on(draft: Draft, scene: Scene) -> Speaker:
    """Return the speaker before, for a quotation that goes on without naming anybody."""
    start = draft.content[0].start if draft.content else 0
    before = [pair for pair in scene.spoken if pair[0] < start]
    if draft.quote_type == "direct" and before:
        position, speaker = before[-1]
        if scene.cast.paragraph(start) - scene.cast.paragraph(position) <= 1:
            return replace(speaker, why=f"the quotation goes on ({speaker.why})")
    return Speaker(name=None, why="no source in the text")


def _order(draft: Draft) -> tuple[int, int]:
    """Outer attributions first, then by place in the text."""
    start = draft.source[0].start if draft.source else draft.content[0].start
    return draft.depth, start
