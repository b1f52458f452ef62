"""The prediction format of our gold sets: one stripped record in, one JSON object out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.credit import read_credit
from pipeline.records import Article, Claim, Span, stable_id

if TYPE_CHECKING:
    from pipeline.extract import Extractor


def article_of(record: Mapping[str, Any]) -> Article:
    """Return the article of a record {id, outlet, title, published, text} or {id, text, date}.

    A passage without an outlet gets "unknown outlet"; a missing date is the epoch.
    """
    when = _when(record.get("published") or record.get("date"))
    return Article(
        id=stable_id("record", str(record["id"])),
        url=None,
        feed_url="",
        outlet=str(record.get("outlet") or "unknown outlet"),
        title=str(record.get("title") or ""),
        text=str(record["text"]),
        published=when,
        first_seen=when,
    )


def claims_json(
    record: Mapping[str, Any],
    extractor: Extractor,
    *,
    sentences: bool = False,
    explain: bool = False,
) -> dict[str, Any]:
    """Return {"id", "claims"}; with `sentences` also "relevant": any claim would alert.

    With `explain` each claim has "why": what decided each part, in words.
    """
    actors = extractor.settings["actors_dir"]
    article = article_of(record)
    credit = read_credit(article, Path(str(actors)) if actors else None)
    found = extractor.explained(replace(article, credit=credit))
    answer: dict[str, Any] = {"id": record["id"]}
    if sentences:
        answer["relevant"] = any(claim.alert_worthy for claim, _ in found)
    rows = []
    for claim, why in found:
        if claim.silent:
            continue  # nothing is claimed
        row = claim_json(claim) | ({"why": dict(why)} if explain else {})
        # passages ask for the codes of roles, articles for their words
        rows.append(row | {"speaker_role": claim.role_code} if sentences else row)
    return answer | {"claims": rows}


def claim_json(claim: Claim) -> dict[str, Any]:
    """Return one claim as the scorer and other programs read it."""
    return {
        "source": _offsets(claim.source),
        "cue": _offsets(claim.cue),
        "content": [[span.start, span.end] for span in claim.content],
        "quote_type": claim.quote_type,
        "chain": [hop.name for hop in claim.chain],
        "speaker": claim.speaker,
        "speaker_country": _countries(claim.countries),
        "speaker_role": claim.role,
        "anonymous": claim.anonymous,
        "act": claim.act,
        "topic": claim.theme,
        "modality": claim.modality,
        "polarity": claim.polarity,
        "hedged": claim.hedged,
        "object": claim.object,
        "targets": list(claim.targets),
        "third_party": list(claim.third_party),
        "background": claim.background,
        "alert_worthy": claim.alert_worthy,
        "confidence": round(claim.confidence, 3),
        "depth": claim.depth,
        "found_by": claim.found_by,
        "extractor": claim.extractor,
        "source_text": claim.source_text,
        "cue_text": claim.cue_text,
        "text": claim.text,
    }


def _offsets(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]


def _countries(codes: tuple[str, ...]) -> str | list[str] | None:
    return list(codes) if len(codes) > 1 else (codes[0] if codes else None)


def _when(value: object) -> datetime:
    if not value:
        return datetime.fromtimestamp(0, UTC)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
