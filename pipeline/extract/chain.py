"""Component `chain`: through whom the words came, from the outlet to the speaker.

    outlet <- agency of the copy <- carriers ("PTI quoted", "told X", "on Truth Social") <- speaker
    a report inside a report continues its parent's chain

An addressee is a hop only when it is an agency or outlet that is not ours: then our outlet
took the words from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language as Pipeline

from pipeline.extract.draft import Draft, Speaker
from pipeline.extract.reading import Reading
from pipeline.extract.registry import Actor, Registry
from pipeline.extract.speaker import resolve_phrase
from pipeline.extract.tokens import tokenize
from pipeline.extract.unnamed import KIN
from pipeline.records import Article, Hop, HopKind, Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

MAX_CARRIER_WORDS = 6
POSTED_BEFORE = 120  # characters before a platform's name that can hold "on the social network"
POSSESSIVE = re.compile(r"['’]s$")
LEADING_ARTICLE = re.compile(r"^(?:the|a|an|its|his|her)\s+", re.IGNORECASE)


@dataclass(slots=True)
class Frames:
    """Carriers that stay in force: for a speaker through the article, for a paragraph's copy."""

    by_speaker: dict[str, list[Hop]] = field(default_factory=dict)
    paragraph: int = -1
    copy: list[Hop] = field(default_factory=list)

    def enter(self, paragraph: int) -> None:
        """Forget the copy of another paragraph."""
        if paragraph != self.paragraph:
            self.paragraph, self.copy = paragraph, []


class Chain:
    """The component: sets `draft.chain` and `draft.addressee`."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def __call__(self, doc: Doc) -> Doc:
        """Set the chains, those of outer reports first."""
        reading: Reading = doc.user_data["reading"]
        article: Article = doc.user_data["article"]
        start = self._start(article)
        frames = Frames()
        for draft in sorted(doc._.drafts, key=lambda draft: draft.depth):
            carriers = self._carriers(doc, draft)
            own = len(carriers)
            if draft.parent is None:
                carriers, base = _framed(reading, draft, carriers, frames), start
            else:
                base = doc._.drafts[draft.parent].chain
            carriers = [self._of_state(reading, hop, draft) for hop in carriers]
            draft.chain = _joined([*base, *carriers, *_speaker_hop(reading, draft)])
            draft.why["chain"] = _told_by(draft, base, carriers, own=bool(own))
        return doc

    def _start(self, article: Article) -> list[Hop]:
        hops = [Hop(name=article.outlet, kind=HopKind.OUTLET, countries=_known(article.country))]
        if article.credit.origin:
            agency = self._named(article.credit.origin, HopKind.AGENCY)
            if not self._is_outlet(agency, article):  # an agency's own feed
                hops.append(agency)
        return hops

    def _named(self, name: str, kind: HopKind) -> Hop:
        actor = self.registry.outlet(name)
        if actor is None:
            return Hop(name=name, kind=kind)
        return Hop(name=actor.name, kind=actor.kind or kind, countries=actor.countries)

    # -- carriers -----------------------------------------------------------------------

    def _carriers(self, doc: Doc, draft: Draft) -> list[Hop]:
        """Return who brought the words to the outlet, outermost first."""
        reading: Reading = doc.user_data["reading"]
        article: Article = doc.user_data["article"]
        hops = [self._hop(reading, span) for span in draft.via]
        told = self._addressee(reading, draft)
        if told is not None:
            hops.append(told)
        hops += self._around(doc, draft)
        return [hop for hop in _joined(hops) if not self._is_outlet(hop, article)]

    def _of_state(self, reading: Reading, hop: Hop, draft: Draft) -> Hop:
        """Complete "state television" by the country of the speaker."""
        countries = draft.speaker.countries if draft.speaker else ()
        if len(countries) != 1 or not reading.language.pattern("state_media").match(hop.name):
            return hop
        country = self.registry.countries.get(countries[0])
        if country is None or not country.demonyms:
            return hop
        return replace(hop, name=f"{country.demonyms[0]} {hop.name}", countries=countries)

    def _is_outlet(self, hop: Hop, article: Article) -> bool:
        own = self.registry.outlet(article.outlet)
        names = {article.outlet.casefold(), own.name.casefold() if own else ""}
        return hop.name.casefold() in names

    def _hop(self, reading: Reading, span: Span) -> Hop:
        """Return the hop of a carrier's phrase: the agency it names, or its words."""
        actor = reading.media.actor_at(reading.text, span)
        if actor is not None:
            return _hop_of_actor(actor)
        words = LEADING_ARTICLE.sub("", " ".join(span.of(reading.text).split()))
        named = reading.language.pattern("introduced").search(words)
        if named is not None:
            words = named["name"]
        bare = words.islower() and words in reading.language.listed("carriers_alone")
        before = self._named_before(reading, words, span.start) if bare else None
        return before or Hop(name=words, kind=HopKind.OUTLET)

    def _named_before(self, reading: Reading, words: str, place: int) -> Hop | None:
        """Return the agency or outlet that "the agency" or "the newspaper" means."""
        agency = words in reading.language.listed("agency_nouns")
        for match in reversed(
            [*reading.language.pattern("medium").finditer(reading.text, 0, place)]
        ):
            span = Span(*match.span())
            actor = reading.media.actor_at(reading.text, span)
            kind = HopKind.AGENCY if agency else HopKind.OUTLET
            if actor is not None and actor.kind is kind:
                return _hop_of_actor(actor)
            name = match.group().removeprefix("The ").removeprefix("the ")
            forms = set(name.lower().split()) & reading.language.listed("carriers")
            if actor is None and forms and agency == bool(forms & {"agency", "wire"}):
                return Hop(name=name, kind=kind)
        return None

    def _addressee(self, reading: Reading, draft: Draft) -> Hop | None:
        """Read 'told X': X is kept as addressee, and is a hop when it is of the media."""
        if not draft.cue or not _tells(reading, draft.cue[-1]):
            return None
        match = reading.language.pattern("addressee").match(reading.text, draft.cue[-1].end)
        if not match or _taken(reading, draft, match.start("carrier")):
            return None
        draft.addressee = Span(*match.span("carrier"))
        return self._medium(reading, draft.addressee)

    def _medium(self, reading: Reading, span: Span) -> Hop | None:
        """Return the hop when the phrase names an agency or outlet, by registry or by word."""
        words = span.of(reading.text)
        if reading.media.actor(words) is not None:
            return self._hop(reading, span)
        if reading.language.pattern("state_media").match(words):
            return self._hop(reading, span)
        if self._introduced(reading, words):
            return Hop(name=" ".join(words.split()), kind=HopKind.OUTLET)
        forms = [reading.lower(word) for word in reading.words(span.start, span.end)]
        listed = reading.language.listed("carriers") - {"media", "report", "reports", "press"}
        named = any(char.isupper() for char in words)
        if named and any(form in listed for form in forms[:MAX_CARRIER_WORDS]):
            return self._hop(reading, Span(span.start, _name_end(reading, span, listed)))
        return None

    def _introduced(self, reading: Reading, words: str) -> bool:
        """Whether the text calls the name a newspaper, agency or broadcaster somewhere."""
        found = reading.language.pattern("introduced").finditer(reading.text)
        return any(match["name"] == words for match in found)

    def _around(self, doc: Doc, draft: Draft) -> list[Hop]:
        """Return carriers and platforms named in the sentence, outside the words said."""
        reading: Reading = doc.user_data["reading"]
        sentence = reading.sentence((draft.cue or draft.content)[0].start)
        named = [
            *self._records(doc, sentence),
            *self._carried_by(reading, sentence),
            *self._platforms(reading, sentence),
        ]
        hops = [
            hop
            for place, hop in named
            if (not _taken(reading, draft, place) or _posted_act(draft, place, hop))
            and _nearest(reading, doc._.drafts, draft, place)
        ]
        if not any(hop.kind is HopKind.POST for hop in hops):
            hops += self._platform_of_cue(reading, doc.user_data["article"], draft)
        return hops

    def _records(self, doc: Doc, sentence: Span) -> Iterator[tuple[int, Hop]]:
        """Yield whoever published the record that the words are taken from."""
        reading: Reading = doc.user_data["reading"]
        pattern = reading.language.pattern("record_by")
        for match in pattern.finditer(reading.text, sentence.start, sentence.end):
            span = Span(*match.span("carrier"))
            speaker = resolve_phrase(doc, span, registry=self.registry)
            if speaker.name:
                yield span.start, _hop_of(speaker)

    def _carried_by(self, reading: Reading, sentence: Span) -> Iterator[tuple[int, Hop]]:
        pattern = reading.language.pattern("carried_by")
        for match in pattern.finditer(reading.text, sentence.start, sentence.end):
            span = Span(*match.span("carrier"))
            hop = self._medium(reading, span)
            if hop is not None:
                yield span.start, hop

    def _platforms(self, reading: Reading, sentence: Span) -> Iterator[tuple[int, Hop]]:
        """Yield the platforms of the registry behind "on", "to", "via" ..."""
        tokens = tokenize(sentence.of(reading.text))
        for place, token in enumerate(tokens):
            start = sentence.start + token.start
            before = reading.text[max(sentence.start, start - POSTED_BEFORE) : start]
            for alias in self.registry.at(tokens, place):
                entry = alias.entry
                if isinstance(entry, Actor) and entry.kind is HopKind.POST:
                    name = alias.written if len(alias.words) == 1 else entry.name
                    if reading.language.pattern("posted_on").search(before):
                        yield start, Hop(name=name, kind=HopKind.POST)

    def _platform_of_cue(self, reading: Reading, article: Article, draft: Draft) -> list[Hop]:
        day = article.when.date().isoformat()
        forms = [form for span in draft.cue for form in span.of(reading.text).split()]
        names = [reading.language.platform(form, day) for form in forms]
        return [Hop(name=name, kind=HopKind.POST) for name in names if name]


def _known(country: str | None) -> tuple[str, ...]:
    return (country,) if country else ()


def _tells(reading: Reading, cue: Span) -> bool:
    words = reading.words(cue.start, cue.end)
    return bool(words) and reading.language.lemma(reading.lower(words[-1])) in ("tell", "inform")


def _name_end(reading: Reading, span: Span, listed: frozenset[str]) -> int:
    """Return the end of the last carrier word and the name behind it: "Radio" and a town."""
    words = reading.words(span.start, span.end)[:MAX_CARRIER_WORDS]
    last = max(number for number, word in enumerate(words) if reading.lower(word) in listed)
    while last + 1 < len(words) and words[last + 1].of(reading.text)[0].isupper():
        last += 1
    return words[last].end


def _nearest(reading: Reading, drafts: list[Draft], draft: Draft, place: int) -> bool:
    """Whether no other cue of the sentence stands nearer to `place`."""

    def distance(other: Draft) -> int:
        return min(abs(span.start - place) for span in other.cue or other.content)

    sentence = reading.sentence(place)
    rivals = [d for d in drafts if d.cue and sentence.start <= d.cue[0].start < sentence.end]
    name = draft.speaker.name if draft.speaker else None
    others = [r for r in rivals if not name or r.speaker is None or r.speaker.name != name]
    return all(distance(draft) <= distance(rival) for rival in others)


def _posted_act(draft: Draft, place: int, hop: Hop) -> bool:
    """Whether an act's content ends with the platform: 'thanked him on PLATFORM'."""
    ends = {span.end for span in draft.content}
    return draft.cue_kind == "act" and hop.kind is HopKind.POST and place + len(hop.name) in ends


def _taken(reading: Reading, draft: Draft, place: int) -> bool:
    """Whether the place is in the words said, in the source or in a quotation."""
    spans = (*draft.content, *draft.source)
    inside = any(span.start <= place < span.end for span in spans)
    return inside or reading.quotes.at(place) is not None


def _told_by(draft: Draft, base: list[Hop], carriers: list[Hop], *, own: bool) -> str:
    """Return in words where the hops of a chain come from."""
    first = "the outlet" if draft.parent is None else "the report around it"
    parts = [f"{first} ({', '.join(hop.name for hop in base)})"]
    if len(base) > 1 and draft.parent is None:
        parts = [f"the outlet ({base[0].name}), the copy's credit ({base[1].name})"]
    if carriers:
        source = "named with the words" if own else "in force from before"
        parts.append(f"{', '.join(hop.name for hop in carriers)} ({source})")
    return ", then ".join([*parts, "the speaker"])


def _framed(reading: Reading, draft: Draft, carriers: list[Hop], frames: Frames) -> list[Hop]:
    """Return own carriers, or those still in force for this speaker or paragraph."""
    place = (draft.cue or draft.content)[0].start
    frames.enter(reading.text.count("\n", 0, place))
    speaker = draft.speaker.name if draft.speaker else None
    if carriers:
        if speaker:
            frames.by_speaker[speaker] = carriers
        if draft.via:
            frames.copy = [hop for hop in carriers if hop.kind is HopKind.AGENCY]
        return carriers
    if reading.language.pattern("own_setting").search(reading.sentence(place).of(reading.text)):
        frames.by_speaker.pop(speaker or "", None)
        return []
    if draft.speaker is not None and KIN in draft.speaker.why:
        return next(reversed(frames.by_speaker.values()), [])
    medium = draft.speaker is not None and draft.speaker.kind in (HopKind.AGENCY, HopKind.OUTLET)
    return frames.by_speaker.get(speaker or "", [] if medium else frames.copy)


def _speaker_hop(reading: Reading, draft: Draft) -> list[Hop]:
    speaker = draft.speaker
    if speaker is not None and speaker.name:
        return [_hop_of(speaker)]
    if not draft.source:
        return []
    words = " ".join(draft.source[0].of(reading.text).split())
    name = POSSESSIVE.sub("", LEADING_ARTICLE.sub("", words))
    return [Hop(name=name, kind=HopKind.UNRESOLVED)]


def _hop_of_actor(actor: Actor) -> Hop:
    return Hop(name=actor.name, kind=actor.kind or HopKind.OUTLET, countries=actor.countries)


def _hop_of(speaker: Speaker) -> Hop:
    return Hop(
        name=speaker.name or "",
        kind=speaker.kind,
        countries=speaker.countries,
        anonymous=speaker.anonymous,
    )


def _joined(hops: list[Hop]) -> list[Hop]:
    """Drop a hop that repeats an earlier one: nobody quotes himself."""
    seen: dict[str, Hop] = {}
    for hop in hops:
        seen.setdefault(hop.name.casefold(), hop)
    return list(seen.values())


@Pipeline.factory("chain", default_config={"actors_dir": None})
def make_chain(nlp: Pipeline, name: str, actors_dir: str | None) -> Chain:
    """Build the component over the actor registry."""
    return Chain(Registry.load(Path(actors_dir) if actors_dir else None))
