"""The two ends of extraction: article -> `Doc`, and drafts -> frozen claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.extract.draft import Draft, Speaker, register
from pipeline.records import Article, Claim, HopKind, Span, Topic, joined, stable_id

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

COMPONENTS = ("attribution", "acts_found", "silence", "speaker", "chain", "act")
MAX_CHARACTERS = 20_000_000  # no parser runs, so spaCy's guard against long texts is moot
SURROGATE = re.compile(r"[\ud800-\udfff]")
ENDLESS = re.compile(r"\S{1000}")
PIECE = re.compile(r"\s|\S{1,100}")
NOBODY = Speaker(name=None)


def build_pipeline(code: str, settings: dict[str, Any]) -> Pipeline:
    """Return the pipeline of one language: tokenizer, sentences, then our components."""
    import spacy

    register()
    _register_components()
    nlp = spacy.blank(code if code in ("en", "hi", "ur") else "xx")
    nlp.max_length = MAX_CHARACTERS
    nlp.add_pipe("sentencizer")
    offered = settings | {"language": code, "actors": settings["actors_dir"]}
    for name in COMPONENTS:
        known = nlp.get_factory_meta(name).default_config or {}
        nlp.add_pipe(name, config={k: v for k, v in offered.items() if k in known})
    return nlp


def _register_components() -> None:
    """Import the component modules: that registers their spaCy factories."""
    import pipeline.extract.act
    import pipeline.extract.acts_found
    import pipeline.extract.attribution
    import pipeline.extract.chain
    import pipeline.extract.silence
    import pipeline.extract.speaker  # noqa: F401 - imported for their factories


def read_article(nlp: Pipeline, article: Article, topics: Sequence[Topic] | None) -> Doc:
    """Return the article's text as a `Doc` that carries `article` and `topics` (None: any)."""
    # A lone surrogate cannot be encoded; its stand-in is as long, so that spans stay right.
    text = SURROGATE.sub("\ufffd", article.text)
    doc = _tokenized(nlp, text)
    doc.user_data["text"] = text  # see `draft.text_of`
    doc.user_data["article"] = article
    doc.user_data["topics"] = topics
    doc._.drafts = []
    return doc


def _tokenized(nlp: Pipeline, text: str) -> Doc:
    """Return the tokens; endless runs without a space are cut by length.

    spaCy's tokenizer takes time with the square of such a run: 20,000 marks, 40 seconds.
    """
    from spacy.tokens import Doc

    if not ENDLESS.search(text):
        return nlp.make_doc(text)
    words = PIECE.findall(text)
    return Doc(nlp.vocab, words=words, spaces=[False] * len(words))


def claims_of(doc: Doc, extractor: str) -> tuple[Claim, ...]:
    """Freeze the drafts of `doc`, in order; a nested claim names its parent's id."""
    return tuple(claim for _, claim in drafts_and_claims(doc, extractor))


def drafts_and_claims(doc: Doc, extractor: str) -> tuple[tuple[Draft, Claim], ...]:
    """Return the drafts of `doc` that are claims, in order, each with its claim."""
    article: Article = doc.user_data["article"]
    text = article.text
    ids = [_claim_id(article, draft) for draft in doc._.drafts]
    return tuple(
        (draft, _claim(text, article, draft, ids, extractor, index))
        for index, draft in enumerate(doc._.drafts)
        if not _doubtful_headline(draft)
    )


def _doubtful_headline(draft: Draft) -> bool:
    """'Border tensions: what we know' has the form of a claim, and nobody who could speak."""
    known = draft.speaker is not None and draft.speaker.kind is not HopKind.UNRESOLVED
    return draft.cue_kind == "headline" and draft.quote_type == "indirect" and not known


def _claim_id(article: Article, draft: Draft) -> str:
    """Of article, version and place: the same text always gives the same ids."""
    places = [f"{span.start}-{span.end}" for span in (*draft.cue, *draft.content)]
    return stable_id("claim", article.id, str(article.version), *places)


def _claim(
    text: str, article: Article, draft: Draft, ids: list[str], extractor: str, index: int
) -> Claim:
    from pipeline.extract.silence import is_silence

    speaker = draft.speaker or NOBODY
    source, cue = _hull(draft.source), _hull(draft.cue)
    return Claim(
        id=ids[index],
        article_id=article.id,
        version=article.version,
        outlet=article.outlet,
        said_at=article.when,
        source=source,
        cue=cue,
        content=tuple(draft.content),
        source_text=source.of(text) if source else "",
        cue_text=joined(span.of(text) for span in draft.cue),
        text=joined(span.of(text) for span in draft.content),
        quote_type=draft.quote_type,
        chain=tuple(draft.chain),
        speaker=speaker.name,
        speaker_kind=speaker.kind or HopKind.UNRESOLVED,
        countries=speaker.countries,
        role=speaker.role,
        role_code=speaker.role_code,
        anonymous=speaker.anonymous,
        act=draft.act,
        theme=draft.theme,
        modality=draft.modality,
        polarity=draft.polarity,
        hedged=draft.hedged,
        object=draft.object,
        targets=draft.targets,
        third_party=draft.third_party,
        background=draft.background,
        silent=is_silence(draft),
        alert_worthy=draft.alert_worthy,
        confidence=draft.confidence,
        depth=draft.depth,
        parent=None if draft.parent is None else ids[draft.parent],
        found_by=draft.found_by,
        extractor=extractor,
        topics=article.topics,
    )


def _hull(spans: list[Span]) -> Span | None:
    """Return the first piece: a claim's source and cue are one span each."""
    return spans[0] if spans else None
