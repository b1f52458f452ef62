"""How records look on a terminal. Times are in the reader's zone, the outlet's beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from pipeline.records import (
    Article,
    Claim,
    Contradiction,
    Decision,
    Finding,
    Hop,
    Position,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def console() -> Console:
    """Return the terminal; plain text when it is none."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table with these headings."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def clean(text: object, width: int = 0) -> str:
    """Return hostile text as one harmless line: no control codes, no markup, cut to `width`."""
    from rich.markup import escape

    line = " ".join(CONTROL.sub(" ", str(text)).split())
    if width and len(line) > width:
        line = line[: width - 1] + "…"
    return escape(line)


def local(when: datetime | None, zone: tzinfo | None) -> str:
    """Return a time in the reader's zone, "-" for none."""
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M") if when is not None else "-"


def chain_of(hops: Sequence[Hop]) -> str:
    """Return the chain as it is read: outlet <- agency <- speaker."""
    return " <- ".join(f"{hop.name} (anonymous)" if hop.anonymous else hop.name for hop in hops)


def act_words(act: str | None) -> str:
    """Return an act in lower-case words: "MED_OFFER" is "med offer"."""
    return act.replace("_", " ").lower() if act else "-"


def print_findings(findings: Iterable[Finding], zone: tzinfo | None) -> None:
    """Print answers to "who said what"."""
    made = table("claim", "when", "who", "act", "words", "through", "new?")
    for found in findings:
        claim, decision = found.claim, found.decision
        made.add_row(
            claim.id[:8],
            local(claim.said_at, zone),
            clean(_who(claim), 32),
            act_words(claim.act),
            clean(claim.text, 90),
            clean(" <- ".join(hop.name for hop in claim.chain[:-1]), 40),
            f"{decision.novelty} ({decision.reason})" if decision else "-",
        )
    console().print(made)


def print_positions(positions: Iterable[Position], zone: tzinfo | None) -> None:
    """Print the ledger."""
    made = table("party", "issue", "stance", "since", "last said", "by", "words")
    for p in positions:
        since = "standing" if p.claim_id is None else local(p.since, zone)
        until = f" until {local(p.until, zone)}" if p.until else ""
        made.add_row(
            clean(p.party),
            p.issue,
            act_words(p.act),
            since + until,
            local(p.last_stated, zone),
            clean(" <- ".join(p.via) or p.speaker or p.reference, 40),
            clean(p.text, 70),
        )
    console().print(made)


def print_contradictions(
    pairs: Iterable[tuple[Contradiction, Claim | None, Claim | None]], zone: tzinfo | None
) -> None:
    """Print the board: both sides, never a winner."""
    made = table("issue", "since", "one side says", "the other says")
    for pair, one, other in pairs:
        made.add_row(
            pair.issue + (f" (closed {local(pair.closed, zone)})" if pair.closed else ""),
            local(pair.opened, zone),
            _side(pair.party_a, pair.act_a, one),
            _side(pair.party_b, pair.act_b, other),
        )
    console().print(made)


def print_claim(
    claim: Claim,
    article: Article | None,
    decisions: Sequence[Decision],
    coverage: str,
    zone: tzinfo | None,
) -> None:
    """Print one claim with its chain drawn and its evidence."""
    out = console()
    out.print(f"[bold]{clean(_who(claim))}[/bold]: {act_words(claim.act)}")
    out.print(f"  words     {clean(claim.text)}")
    for depth, hop in enumerate(claim.chain):
        mark = "" if depth == 0 else "   " * (depth - 1) + "└─ "
        where = f", {', '.join(hop.countries)}" if hop.countries else ""
        label = "through   " if depth == 0 else " " * 10
        out.print(f"  {label}{mark}{clean(hop.name)} [dim]({hop.kind}{where})[/dim]")
    spans = ", ".join(f"{s.start}-{s.end}" for s in claim.content)
    out.print(f"  cue       {clean(claim.cue_text) or '-'}   quoted: {claim.quote_type or '-'}")
    out.print(f"  modality  {claim.modality or '-'}{', hedged' if claim.hedged else ''}")
    out.print(f"  found by  {claim.found_by}, confidence {claim.confidence:.2f}, {claim.extractor}")
    if article is not None:
        out.print(f"  article   {clean(article.title)} [dim]({clean(article.outlet)})[/dim]")
        out.print(f"            {clean(article.url or '')}")
        out.print(f"            version {claim.version}, characters {spans}, text from {article.text_from}")
        out.print(f"  published {_both(article, zone)}")
    for decision in decisions:
        out.print(f"  novelty   {decision.novelty} ({decision.reason}) in {decision.topic}")
        if decision.differs:
            out.print(f"            {clean(decision.differs)}")
        if decision.nearest:
            out.print(f"            nearest earlier claim: {decision.nearest[:8]}")
    out.print(f"  carried   {clean(coverage)}")


def _both(article: Article, zone: tzinfo | None) -> str:
    """Return the reader's time, and beside it the outlet's where the feed gave its zone."""
    when = local(article.when, zone)
    known = article.published_from or "no date given: first seen"
    return f"{when} here, {article.when:%H:%M} UTC ({known})"


def _who(claim: Claim) -> str:
    name = claim.speaker or claim.source_text or "unresolved"
    return f"{name} ({'+'.join(claim.countries)})" if claim.countries else name


def _side(party: str, act: str, claim: Claim | None) -> str:
    words = f": {clean(claim.text, 80)} ({clean(chain_of(claim.chain), 60)})" if claim else ""
    return f"[bold]{clean(party)}[/bold] {act_words(act)}{words}"
