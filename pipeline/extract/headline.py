"""Headlines and lines that name their speaker with a colon or a dash.

Spans point into the text, so this reads titles only where the title is the text, and
cross-headings; whoever stands beside the mark must be resolved later, see `assemble`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading
from pipeline.records import Span

CONFIDENCE = 0.4
MAX_WORDS = 25
MAX_SPEAKER_WORDS = 7
PARAGRAPH = re.compile(r"[^\n]+")
FULL_STOP = re.compile(r"[.:;,]\s*$")
PATTERNS = ("headline_speaker_first", "headline_speaker_last")


def headline_claims(reading: Reading, drafts: list[Draft]) -> Iterator[Draft]:
    """Yield a claim for each headline or line in one of the language's forms."""
    starts = sorted(s.start for draft in drafts for s in (*draft.content, *draft.cue))
    for paragraph in PARAGRAPH.finditer(reading.text):
        line = reading.trimmed(*paragraph.span())
        if line is not None and bisect_left(starts, line.start) == bisect_left(starts, line.end):
            draft = _line_claim(reading, line)
            if draft is not None:
                yield draft


def _line_claim(reading: Reading, line: Span) -> Draft | None:
    names = ["line_speaker"]
    words = reading.words(line.start, line.end)
    if len(words) <= MAX_WORDS and not FULL_STOP.search(line.of(reading.text)):
        names += PATTERNS
    for name in names:
        match = reading.language.pattern(name).match(line.of(reading.text))
        if match and _can_speak(reading, match):
            return _draft(line, match, name)
    return None


def _can_speak(reading: Reading, match: re.Match[str]) -> bool:
    """Whether the shorter side of the mark can name somebody."""
    words = match.group("source").lower().split()
    labels = reading.language.listed("labels")
    shorter = len(words) < len(match.group("content").split())
    if not shorter or len(words) > MAX_SPEAKER_WORDS or any(map(str.isdigit, "".join(words))):
        return False
    return words[0] not in labels and " ".join(words) not in labels


def _draft(line: Span, match: re.Match[str], name: str) -> Draft:
    def span(group: str) -> Span:
        return Span(line.start + match.start(group), line.start + match.end(group))

    return Draft(
        source=[span("source")],
        cue=[],
        content=[span("content")],
        cue_kind="headline",
        found_by="headline rules",
        confidence=CONFIDENCE,
        why={"attribution": name.replace("_", " ")},
    )
