"""Stored articles as gold files for a person to correct, with the program's guesses filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.records import Article, Claim, Span

Row = dict[str, Any]
PROSE = {"mediation", "ceasefire"}


def gold_of(article: Article, claims: Sequence[Claim], *, event: str = "", note: str = "") -> Row:
    """Return an article in the form that `truceline eval --gold` reads; every value is a guess.

    The fields are those of tests/gold/README.md; `todo` says what is to be checked.
    """
    here = [c for c in claims if c.content and c.version == article.version]
    numbers = {claim.id: f"s{n}" for n, claim in enumerate(here, 1)}
    statements = [_statement(article, claim, numbers) for claim in here]
    alerts = [s["id"] for s in statements if s["alert"]]
    return {
        "id": article.id,
        "split": "dev",
        "event": event or article.id,
        "conflict": " ".join(article.topics),
        "outlet": article.outlet,
        "title": article.title,
        "published": article.when.date().isoformat(),
        "composed": False,
        "text": article.text,
        "relevant": bool(alerts),
        "alert_worthy": bool(alerts),
        "alert_statements": alerts,
        "alert_core": any(s["alert"] and s["topic"] in PROSE for s in statements),
        "todo": note or "guesses of the program: check every field, then delete this line",
        "statements": statements,
    }


def _statement(article: Article, claim: Claim, numbers: dict[str, str]) -> Row:
    whole = Span(min(s.start for s in claim.content), max(s.end for s in claim.content))
    row: Row = {"id": numbers[claim.id]}
    for name, span in (("source", claim.source), ("cue", claim.cue), ("content", whole)):
        row[name] = span.of(article.text) if span else None
        row[f"{name}_start"], row[f"{name}_end"] = (span.start, span.end) if span else (None, None)
    countries = list(claim.countries)
    row |= {
        "quote_type": claim.quote_type,
        "speaker_canonical": claim.speaker or claim.source_text,
        "speaker_alt": [claim.source_text] if claim.source_text else [],
        "speaker_country": countries[0] if len(countries) == 1 else countries or None,
        "speaker_role": claim.role,
        "anonymous": claim.anonymous,
        "chain": [hop.name for hop in claim.chain],
        "act": claim.act or "OTHER",
        "topic": claim.theme or "other",
        "negated": claim.polarity == "negative",
        "conditional": claim.modality == "conditional",
        "alert": claim.alert_worthy and not claim.background,
    }
    if claim.parent in numbers:
        row["nested_in"] = numbers[claim.parent]
    return row


__all__ = ["gold_of"]
