"""One claim on a screen: words, chain, evidence, novelty, and everything said under its key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from pipeline.cli.screens import act_words, local, short, who
from pipeline.cli.sheets import emit, line
from pipeline.records import (
    Article,
    Claim,
    Contradiction,
    Coverage,
    Decision,
    Finding,
    Query,
    Span,
    Version,
)

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.stores import Answers

AROUND = 160  # characters of the article shown on each side
LISTED = 20  # of the other claims
LOOKED_AT = 1_000  # newest claims of this party and act


@dataclass(frozen=True, slots=True)
class Dossier:
    """A claim and all the store knows about it."""

    claim: Claim
    article: Article | None
    versions: tuple[Version, ...]
    decisions: tuple[Decision, ...]
    coverage: tuple[Coverage, ...]  # one for each decision
    alike: tuple[Finding, ...]  # the other claims under the same keys, newest first
    contradictions: tuple[Contradiction, ...]


def dossier_of(store: Answers, claim: Claim) -> Dossier:
    """Collect what the store knows about a claim."""
    decisions = tuple(store.decisions(claim.id))
    return Dossier(
        claim=claim,
        article=store.article(claim.article_id),
        versions=tuple(store.versions(claim.article_id)),
        decisions=decisions,
        coverage=tuple(store.coverage(d.topic, d.key) for d in decisions),
        alike=tuple(_said_alike(store, claim, decisions)),
        contradictions=tuple(
            pair
            for pair in store.contradictions(closed=True)
            if claim.id in (pair.claim_a, pair.claim_b)
        ),
    )


def _said_alike(store: Answers, claim: Claim, decisions: Sequence[Decision]) -> Iterable[Finding]:
    for decision in decisions:
        query = Query(topic=decision.topic, party=claim.party, act=claim.act, limit=LOOKED_AT)
        wanted = statement_of(decision.key)
        for found in store.search(query):
            key = found.decision.key if found.decision else ""
            if found.claim.id != claim.id and statement_of(key) == wanted:
                yield found


def statement_of(key: str) -> str:
    """Return a key without the details that make an update: party, act, object, mediator."""
    return " | ".join(key.split(" | ")[:4])


def print_dossier(dossier: Dossier, zone: tzinfo | None) -> None:
    """Print it all."""
    claim = dossier.claim
    _head(claim)
    _chain(claim)
    _evidence(claim, dossier.versions)
    _article(claim, dossier, zone)
    _newness(dossier)
    _alike(dossier.alike, zone)


def _head(claim: Claim) -> None:
    from rich.text import Text

    emit(Text(f"{line(who(claim))}: {act_words(claim.act)}", style="bold"))
    role = ", ".join(filter(None, [claim.role, "anonymous" if claim.anonymous else ""]))
    _row("claim", claim.id)
    _row("words", claim.text)
    _row("role", role)
    _row("about", ", ".join(dict.fromkeys(filter(None, [claim.theme, claim.object]))))
    _row("targets", ", ".join(claim.targets))
    _row("mediator", ", ".join(claim.third_party))
    _row("modality", _modality(claim))
    _row("found by", f"{claim.found_by}, confidence {claim.confidence:.2f}, {claim.extractor}")


def _modality(claim: Claim) -> str:
    marks = [claim.modality, claim.polarity, claim.hedged and "hedged"]
    marks.append("background" if claim.background else None)
    return ", ".join(mark for mark in marks if mark)


def _chain(claim: Claim) -> None:
    for depth, hop in enumerate(claim.chain):
        facts = [hop.kind.value, *hop.countries, *(["anonymous"] if hop.anonymous else [])]
        drawn = "   " * (depth - 1) + "└─ " if depth else ""
        # A text, not a string: `line` would take the drawing's blanks away.
        _row("" if depth else "chain", _text(f"{drawn}{line(hop.name)} ({', '.join(facts)})"))


def _evidence(claim: Claim, versions: Sequence[Version]) -> None:
    _row("source", claim.source_text)
    _row("cue", claim.cue_text)
    _row("quoted", claim.quote_type)
    version = next((v for v in versions if v.number == claim.version), None)
    spans = [span for span in (claim.source, claim.cue, *claim.content) if span is not None]
    if version is None or not spans:
        return
    if len(version.text) < max(span.end for span in spans):
        _row("evidence", "the article's text is no longer stored (retention)")
        return
    _row("evidence", _passage(version.text, claim, spans))


def _passage(text: str, claim: Claim, spans: Sequence[Span]) -> Text:
    """Return the words around a claim, with its source, cue and content marked."""
    start = max(0, min(span.start for span in spans) - AROUND)
    end = min(len(text), max(span.end for span in spans) + AROUND)
    # One character for one: spans are offsets.
    made = _text("".join(line(char) or " " for char in text[start:end]))
    for style, marked in _marked(claim):
        for span in marked:
            made.stylize(style, span.start - start, span.end - start)
    return _text("…" if start else "") + made + _text("…" if end < len(text) else "")


def _marked(claim: Claim) -> list[tuple[str, tuple[Span, ...]]]:
    return [
        ("bold", claim.content),
        ("yellow", (claim.cue,) if claim.cue else ()),
        ("cyan", (claim.source,) if claim.source else ()),
    ]


def _article(claim: Claim, dossier: Dossier, zone: tzinfo | None) -> None:
    article = dossier.article
    if article is None:
        return
    spans = ", ".join(f"{span.start}-{span.end}" for span in claim.content)
    _row("article", f"{article.title} ({article.outlet})")
    _row("", article.url or "no link")
    _row("published", _both(article, zone))
    _row("read", f"characters {spans} of version {claim.version}, text from {article.text_from}")
    for version in dossier.versions:
        mark = ", this claim's" if version.number == claim.version else ""
        seen = local(version.seen_at, zone)
        changed = f", {_changes(version.diff)}" if version.diff else ""
        _row(
            "version",
            f"{version.number}{mark}, seen {seen}, {len(version.text)} characters{changed}",
        )


def _changes(diff: str) -> str:
    """Return how much an edit changed: "2 lines in, 1 out"."""
    lines = [one for one in diff.splitlines() if not one.startswith(("+++", "---"))]
    gone, came = (sum(one.startswith(sign) for one in lines) for sign in "-+")
    return f"{came} lines in, {gone} out"


def _newness(dossier: Dossier) -> None:
    for decision, covered in zip(dossier.decisions, dossier.coverage, strict=True):
        _row("novelty", f"{decision.novelty} ({decision.reason}) in {decision.topic}")
        if decision.differs:
            _row("differs", decision.differs)
        if decision.change:
            _row("change", decision.change)
        if decision.nearest:
            _row("nearest", f"{short(decision.nearest)}, the nearest earlier claim")
        origins = ", ".join(f"{name} ({count})" for name, count in covered.origins)
        counted = f"{len(covered.outlets)} outlets, {len(covered.origins)} origins"
        _row("carried", f"{counted}: {origins}" if origins else counted)
    for pair in dossier.contradictions:
        other = pair.claim_b if pair.claim_a == dossier.claim.id else pair.claim_a
        state = "closed" if pair.closed else "open"
        _row("against", f"{short(other)}: cannot both hold ({state}, {pair.issue})")


def _alike(findings: Sequence[Finding], zone: tzinfo | None) -> None:
    for number, found in enumerate(findings[:LISTED]):
        claim, novelty = found.claim, found.decision.novelty if found.decision else "-"
        said = f"{local(claim.said_at, zone)} {claim.outlet}: {line(claim.text, 120)}"
        _row("" if number else "also said", f"{said} [{short(claim.id)}, {novelty}]")
    if len(findings) > LISTED:
        _row("", f"and {len(findings) - LISTED} more")


def _both(article: Article, zone: tzinfo | None) -> str:
    """Return the reader's time, and beside it UTC and where the date came from."""
    known = article.published_from or "no date given: first seen"
    return f"{local(article.when, zone)} here, {article.when:%H:%M} UTC ({known})"


def _row(label: str, value: str | Text | None) -> None:
    """Print a label and what belongs to it; nothing when there is nothing."""
    from rich.table import Table

    if not value:
        return
    made = Table.grid(padding=(0, 1))
    made.add_column(width=11, style="dim")
    made.add_column(overflow="fold")
    made.add_row(f"  {label}", _text(line(value)) if isinstance(value, str) else value)
    emit(made)


def _text(words: str) -> Text:
    from rich.text import Text

    return Text(words)
