"""Claims as events of a public codebook, for `truceline export --coding`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from pipeline.cli.cells import harmless
from pipeline.cli.options import json_line
from pipeline.cli.screens import chain_of
from pipeline.codings import code_claim
from pipeline.records import Finding, Novelty, Topic
from pipeline.taxonomy import cameo_labels

Event = Mapping[str, object]

COLUMNS = (
    "claim", "date", "source", "source_name", "target", "code", "label", "mode", "modality",
    "act", "theme", "issue", "confidence", "novelty", "reason", "chain", "outlet", "outlets",
    "origins", "words", "url",
)  # fmt: skip


def coded(
    findings: Iterable[Finding], coding: str, topics: Iterable[Topic], *, repeats: bool = False
) -> Iterator[Event]:
    """Yield the events that claims are; without `repeats` only what was new when it was said.

    Background, and an act for which the codebook has no code, is no event.
    """
    parties = {topic.id: topic.parties for topic in topics}
    for found in findings:
        decision = found.decision
        if decision is None or found.claim.background:
            continue
        if repeats or decision.novelty is not Novelty.REPEAT:
            event = _event(found, coding, parties.get(decision.topic, ()))
            if event is not None:
                yield event


def _event(found: Finding, coding: str, parties: tuple[str, ...]) -> Event | None:
    claim, decision = found.claim, found.decision
    made = code_claim(claim, coding, parties=parties)
    if made is None or decision is None:
        return None
    values = (
        claim.id, f"{claim.said_at:%Y-%m-%d}", made.source, claim.speaker or claim.source_text,
        made.target, made.code, cameo_labels().get(made.code, ""), made.mode, made.modality,
        claim.act, claim.theme, claim.object, round(claim.confidence, 3), decision.novelty.value,
        decision.reason, chain_of(claim.chain), claim.outlet, found.outlets, found.origins,
        claim.text, found.article.url,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def write_events(out: TextIO, events: Iterable[Event], kind: str) -> int:
    """Write events as "csv" or "jsonl"; return how many."""
    count, write = 0, csv.writer(out).writerow
    if kind == "csv":
        write(COLUMNS)
    for event in events:
        if kind == "csv":
            write([harmless(value) for value in event.values()])
        else:
            out.write(json_line(event))
        count += 1
    return count
