"""A claim in the making: what the four components of `extract` write on one spaCy `Doc`.

    attribution -> speaker -> chain -> act        (each reads what stands left of it)

`doc._.drafts` holds the drafts in order of appearance; `doc.user_data["article"]` the article.
Only `extract` sees drafts; everybody else gets frozen `Claim`s.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.tokens import Doc

from pipeline.records import Hop, HopKind, Span


@dataclass(slots=True)
class Speaker:
    """Who a phrase names: canonical name, or None with `kind` UNRESOLVED."""

    name: str | None
    kind: HopKind = HopKind.UNRESOLVED
    countries: tuple[str, ...] = ()
    role: str | None = None
    role_code: str | None = None  # HOS HOG FM MFA DEF GOV MIL LEG OPP REB SEP IGO REG ...
    anonymous: bool = False
    why: str = ""  # registry, title, metonym, pronoun, short name, anonymous ...


@dataclass(slots=True)
class Draft:
    """One attribution. Spans are code points into `doc.text`."""

    # attribution
    source: list[Span]
    cue: list[Span]
    content: list[Span]
    depth: int = 0
    parent: int | None = None  # index into doc._.drafts of the draft this is nested in
    quote_type: str | None = None  # direct, indirect, mixed
    cue_kind: str = "speech"  # speech, attitude, nominal, headline, document, act
    found_by: str = "model"
    confidence: float = 0.0
    # speaker
    speaker: Speaker | None = None
    # who carried the words, outermost first ("PTI quoted sources": PTI); chain makes hops of it
    via: list[Span] = field(default_factory=list)
    # chain: hops from the outlet (first) to the speaker (last)
    chain: list[Hop] = field(default_factory=list)
    addressee: Span | None = None
    # act
    act: str | None = None
    theme: str | None = None
    modality: str | None = None
    polarity: str | None = None
    hedged: bool = False
    object: str | None = None
    targets: tuple[str, ...] = ()
    third_party: tuple[str, ...] = ()
    background: bool = False
    alert_worthy: bool = False
    # who decided what, for --explain: component -> reason in words
    why: dict[str, str] = field(default_factory=dict)

    def words(self, doc: Doc, part: str) -> str:
        """Return the words of "source", "cue" or "content", pieces joined by a space."""
        spans: list[Span] = getattr(self, part)
        return " ".join(span.of(doc.text) for span in spans)


def text_of(doc: Doc) -> str:
    """Return `doc.text`, which spaCy joins anew from its tokens on every use."""
    known: str | None = doc.user_data.get("text")
    return doc.text if known is None else known


def register() -> None:
    """Make `doc._.drafts` exist; safe to call twice."""
    if not Doc.has_extension("drafts"):
        Doc.set_extension("drafts", default=None)
