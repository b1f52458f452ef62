"""Component `act`: what each claim does, to whom, about what, and whether it would alert.

    judge (which act) -> modality -> object -> background -> alertworthy

Each step is a pure function of words; this module hands them the words of a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spacy.language import Language as Pipeline

from pipeline.extract.acts_found import CONTEXT, NEIGHBOURS, said_of
from pipeline.extract.alertworthy import concern, is_alertable, other_field
from pipeline.extract.background import Place, why_background
from pipeline.extract.backstop import backstop_of, statement_of
from pipeline.extract.draft import Draft, text_of
from pipeline.extract.judge import Judgement, Utterance, judge, normal
from pipeline.extract.modality import is_hedged, read_modality
from pipeline.extract.object import Named, issue_of, targets_of, third_party_of
from pipeline.extract.patterns import Grammar, load_grammar
from pipeline.extract.sentences import sentence_at, sentence_spans
from pipeline.extract.silence import is_silence
from pipeline.languages import Language, load_language
from pipeline.records import Article, Span, Topic
from pipeline.taxonomy import load_acts

if TYPE_CHECKING:
    from spacy.tokens import Doc

MAX_GAP = 40  # characters between the parts of a draft that belong to its verb


class Acts:
    """Sets act, theme, modality, polarity, object, targets and alert on every draft."""

    def __init__(self, language: str, actors_dir: str | None, threads: int = 1) -> None:
        self.grammar = load_grammar(language)
        self.language = language
        self.actors_dir = actors_dir
        self.threads = threads

    def __call__(self, doc: Doc) -> Doc:
        """Fill the act fields of `doc._.drafts`."""
        if self.grammar.rules and doc._.drafts:
            scene = Scene.of(doc, self.actors_dir, self.language)
            drop_own_words(doc)
            drafts: list[Draft] = doc._.drafts
            judged = self._judged(scene, drafts)
            for number, found in enumerate(judged):
                drafts[number].theme = theme_of(self.grammar, scene, drafts[number])
                if found is None:
                    why = drafts[number].why
                    why["act"] = why.get("act", "none: no rule fits, or one that fits is cancelled")
                elif left_to_party(drafts, judged, number):
                    drafts[number].why["act"] = f"none: {found.act} is the party's inside it"
                else:
                    describe(self.grammar, scene, neighbours(drafts, number), drafts[number], found)
        return doc

    def _judged(self, scene: Scene, drafts: Sequence[Draft]) -> list[Judgement | None]:
        """Return the acts by the rules, and by the backstop where they found none.

        It never speaks against a rule, and not at all in a text without a word of conflict.
        """
        said = [None if is_silence(d) else utterance(self.grammar, scene, d) for d in drafts]
        judged = [judge(self.grammar, one) if one else None for one in said]
        language = scene.language
        stop = backstop_of(language.acts_model, language.model, self.threads)
        if stop is None or not (any(judged) or tells_of_conflict(self.grammar, scene)):
            return judged
        for number, (draft, one) in enumerate(zip(drafts, said, strict=True)):
            if one and judged[number] is None and is_open(self.grammar, scene, draft, one):
                where = statement_of(scene.sentences, draft)
                verdict = stop.verdict(scene.registry, scene.text, where, one.relation)
                draft.why["act"] = f"none: no rule fits; {verdict.why}"
                judged[number] = verdict.judgement(one) if verdict.counts else None
        return judged


@Pipeline.factory("act", default_config={"language": "en", "actors_dir": None, "threads": 1})
def make_acts(
    nlp: Pipeline, name: str, language: str, actors_dir: str | None, threads: int
) -> Acts:
    """Build the component. The topics in force come with each `Doc`."""
    return Acts(language, actors_dir, threads)


@dataclass(frozen=True, slots=True)
class Scene:
    """A text with its sentences, names and the topics it is read for (None: any conflict)."""

    text: str
    sentences: list[Span]
    article: Article | None
    topics: tuple[Topic, ...] | None
    registry: Any
    language: Language

    @classmethod
    def of(cls, doc: Doc, actors_dir: str | None, language: str = "en") -> Scene:
        """Read what the components before have left on the `Doc`."""
        from pipeline.extract.registry import Registry

        topics = doc.user_data.get("topics")
        return cls(
            text=text_of(doc),
            sentences=sentence_spans(doc),
            article=doc.user_data.get("article"),
            topics=None if topics is None else tuple(topics),
            registry=Registry.load(Path(actors_dir) if actors_dir else None),
            language=load_language(language),
        )

    def sentence(self, draft: Draft) -> Span:
        """Return the sentence of the draft's cue, or of its content when it has none."""
        first = (draft.cue or draft.content)[0]
        return sentence_at(self.sentences, first.start)

    def rest(self, draft: Draft) -> str:
        """Return the words of its sentence inside and behind the draft, and the article's title."""
        title = self.article.title if self.article else ""
        parts = sorted((*draft.source, *draft.cue, *draft.content), key=lambda span: span.start)
        starts = [span.end for span in parts]
        ends = [*(span.start for span in parts[1:]), self.sentence(draft).end]
        gaps = [self.text[start:end] for start, end in zip(starts, ends, strict=True)]
        return " ".join([*gaps, title])

    def named(self, words: str) -> list[Named]:
        """Return the countries and groups named in `words`, in order."""
        from pipeline.extract.phrases import item_countries, parse_items

        return [
            Named(code, item.start, item.end)
            for item in parse_items(words, self.registry)
            for code in item_countries(item)
        ] + [
            Named(code, start, end)
            for name, start, end in self.language.english_names(words)
            for item in parse_items(name, self.registry)
            for code in item_countries(item)
        ]


# -- who acts ---------------------------------------------------------------------------


def drop_own_words(doc: Doc) -> None:
    """Remove drafts by the act rules whose party turned out to be the reporter's own side."""
    drafts: list[Draft] = doc._.drafts
    gone = {number for number, draft in enumerate(drafts) if _tells_of_itself(drafts, draft)}
    kept = [number for number in range(len(drafts)) if number not in gone]
    place = {number: new for new, number in enumerate(kept)}
    for number in kept:
        parent = drafts[number].parent
        while parent is not None and parent in gone:
            parent = drafts[parent].parent
        drafts[number].parent = None if parent is None else place[parent]
    doc._.drafts = [drafts[number] for number in kept]


def _tells_of_itself(drafts: Sequence[Draft], draft: Draft) -> bool:
    if draft.cue_kind != "act" or draft.parent is None:
        return False
    own, outer = draft.speaker, drafts[draft.parent].speaker
    return bool(own and outer and own.countries and own.countries == outer.countries)


def neighbours(drafts: Sequence[Draft], number: int) -> Sequence[Draft]:
    """Return the drafts that can share a sentence with draft `number`, and it."""
    return drafts[max(0, number - NEIGHBOURS) : number + NEIGHBOURS]


def left_to_party(drafts: Sequence[Draft], judged: Sequence[Judgement | None], number: int) -> bool:
    """Whether draft `number` only reports an act that a draft within it performs."""
    found = judged[number]
    inside = range(number, min(len(drafts), number + NEIGHBOURS))  # they follow their report
    return found is not None and any(
        drafts[inner].parent == number and other.act == found.act
        for inner in inside
        if (other := judged[inner]) is not None
    )


def utterance(grammar: Grammar, scene: Scene, draft: Draft) -> Utterance:
    """Return the words of a draft as `judge` reads them."""
    first = draft.content[0].start if draft.content else 0
    content = said_of(scene.text, draft.cue, draft.content)
    return Utterance(
        cue=whole_cue(scene.text, draft),
        content=content,
        source=" ".join(span.of(scene.text) for span in draft.source),
        context=scene.text[max(0, first - CONTEXT) : first],
        rest=scene.rest(draft),
        relation=relation(grammar, scene, draft, content),
    )


def whole_cue(text: str, draft: Draft) -> str:
    """Return the cue with what stands between it and source and content: "has not turned down"."""
    if not draft.cue:
        return ""
    start, end = draft.cue[0].start, draft.cue[-1].end
    if any(start < span.start and span.end < end for span in draft.content):
        return " ".join(span.of(text) for span in draft.cue)  # "turned [the offer] down"
    for span in draft.source:
        if span.end <= start and _near(text[span.end : start]):
            start = span.end
    for span in draft.content:
        if span.start >= end and _near(text[end : span.start]):
            end = span.start
    return text[start:end].strip()


def _near(gap: str) -> bool:
    return len(gap) <= MAX_GAP and not any(mark in gap for mark in '.,;:!?"\n\u201c\u201d')


def relation(grammar: Grammar, scene: Scene, draft: Draft, content: str) -> str | None:
    """Say whether the speaker is a party to the conflict or a third party; None: not known."""
    own = set(draft.speaker.countries) if draft.speaker else set()
    parties = {code for topic in scene.topics or () for code in topic.parties}
    if own and parties:
        return "party" if own & parties else "third"
    others = {named.code for named in scene.named(content)} - own
    if own and len(others) >= 2:
        return "third"
    return "party" if grammar.lists_re("scope", "ours").search(normal(content)) else None


def theme_of(grammar: Grammar, scene: Scene, draft: Draft) -> str:
    """Return the theme of the content's words, for a draft without an act."""
    content = normal(" ".join(span.of(scene.text) for span in draft.content))
    for theme, name in (("mediation", "med"), ("ceasefire", "truce"), ("deescalation", "calm")):
        if grammar.words[name].search(content):
            return theme
    return "other"


def tells_of_conflict(grammar: Grammar, scene: Scene) -> bool:
    """Whether a text or its title has a word of war or peace."""
    title = scene.article.title if scene.article else ""
    return grammar.lists_re("skip", "conflict").search(f"{title} {scene.text}") is not None


def is_open(grammar: Grammar, scene: Scene, draft: Draft, said: Utterance) -> bool:
    """Whether a statement may have an act that no rule has found: it is not ruled out."""
    if grammar.lists_re("skip", "source").search(said.source):
        return False
    if grammar.lists_re("skip", "text").search(f"{said.source} {said.cue} {said.content}"):
        return False
    sentence = normal(scene.sentence(draft).of(scene.text))
    return not other_field(grammar, sentence, scene.text)


# -- what it is -------------------------------------------------------------------------


def describe(
    grammar: Grammar, scene: Scene, drafts: Sequence[Draft], draft: Draft, found: Judgement
) -> None:
    """Fill every field of `draft` that depends on its act; `drafts` stand around it."""
    sentence = scene.sentence(draft).of(scene.text)
    whole = scene.text if scene.article is None else f"{scene.article.title}\n{scene.text}"
    field = other_field(grammar, normal(sentence), whole)
    if field:
        draft.why["act"] = f"none: {field!r} belongs to another field"
        return
    lead = normal(scene.text[scene.sentence(draft).start : hull(draft).start]).rstrip()
    first = grammar.lists_re("scope", "supposed_first").fullmatch(lead)
    if first or grammar.ending_re("scope", "supposed").search(lead):
        draft.why["act"] = f"none: supposed, after {lead.split()[-1]!r}"
        return
    told = hull(draft).of(scene.text) if draft.cue_kind == "act" else ""
    _set_act(grammar, draft, found, f"{normal(told)} {found.piece}")
    _set_object(grammar, scene, draft, sentence)
    published = scene.article.published if scene.article else None
    place = place_of(scene, drafts, draft)
    reason = why_background(grammar, draft, place, published)
    draft.background = reason is not None
    draft.why["background"] = reason or "news: nothing recalls or presupposes it"
    draft.alert_worthy, draft.why["alert"] = alerting(scene, draft, sentence, whole)
    if draft.alert_worthy and not found.sure:
        draft.alert_worthy, draft.why["alert"] = False, "the act is not sure enough to alert"


def _set_act(grammar: Grammar, draft: Draft, found: Judgement, words: str) -> None:
    act = load_acts()[found.act]
    draft.act, draft.theme, draft.polarity = act.code, act.theme, act.polarity
    if act.code == "THREAT" and (found.truce or grammar.words["truce"].search(found.piece)):
        draft.theme = "ceasefire"
    draft.modality, draft.why["modality"] = read_modality(grammar, act.code, words)
    draft.hedged = is_hedged(grammar, words)
    draft.why["act"] = found.why


def _set_object(grammar: Grammar, scene: Scene, draft: Draft, sentence: str) -> None:
    content = " ".join(span.of(scene.text) for span in draft.content)
    own = draft.speaker.countries if draft.speaker else ()
    named = scene.named(content)
    assert draft.act is not None
    parties = {code for topic in scene.topics or () for code in topic.parties}
    mediated = grammar.words["med"].search(content) or grammar.words["mediate"].search(content)
    if mediated or draft.act != "MED_DENY":  # "it was they who called" names no mediator
        outside = [one for one in named if one.code not in parties]
        draft.third_party = third_party_of(grammar, draft.act, own, content, outside)
    addressed = scene.named(sentence) if grammar.word_re("both").search(content) else []
    told = scene.named(whole_cue(scene.text, draft))
    draft.targets = targets_of(own, draft.third_party, [*told, *named] or addressed)
    draft.object = issue_of(draft, content, sentence, scene.topics or ())


def place_of(scene: Scene, drafts: Sequence[Draft], draft: Draft) -> Place:
    """Return where `draft` stands among the others of its sentence."""
    sentence, own = scene.sentence(draft), hull(draft)
    ends = (hull(other).end for other in drafts if other is not draft)
    start = max([sentence.start, *(end for end in ends if end <= own.start)])
    return Place(
        before=normal(scene.text[start : own.start]),
        own=normal(own.of(scene.text)),
        cue=" ".join(span.of(scene.text) for span in draft.cue),
        nominal=draft.cue_kind == "nominal",
        argument=any(is_about(other, draft) for other in drafts),
        plain=draft.cue_kind == "act",
    )


def is_about(outer: Draft, inner: Draft) -> bool:
    """Whether an act is about another one: "rejected [B's offer]"; a report only tells of it."""
    cue = inner.cue[0] if inner.cue else None
    if outer is inner or cue is None or outer.cue_kind != "act":
        return False
    return any(span.start <= cue.start and cue.end <= span.end for span in outer.content)


def hull(draft: Draft) -> Span:
    """Return the range from a draft's first to its last word."""
    spans = [*draft.source, *draft.cue, *draft.content]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def alerting(scene: Scene, draft: Draft, sentence: str, whole: str) -> tuple[bool, str]:
    """Whether the claim alerts in one of the topics in force, and why it does or not."""
    if draft.background:
        return False, "background does not alert"
    if not is_alertable(draft):
        return False, f"{draft.act} does not alert"
    if scene.topics is None:
        return True, f"{draft.act} alerts, in any conflict"
    own = draft.speaker.countries if draft.speaker else ()
    named = {*draft.targets, *draft.third_party} - set(own)
    for topic in scene.topics:
        reason = concern(topic, own, named, sentence, whole)
        if reason:
            return True, f"{draft.act} alerts, topic {topic.id}: {reason}"
    return False, f"{draft.act} alerts, but no topic is concerned"
