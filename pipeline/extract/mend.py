"""Rules that set right what the model is known to get wrong, on drafts in place.

Each rule is small and says on the draft (`why`) when it acted. Order matters: sources and
carriers first, then contents, see `mend`.
"""

from __future__ import annotations

from pipeline.extract.carriers import (
    carrier_only,
    citing,
    quoted_as_saying,
    source_in_dateline,
    was_quoted,
)
from pipeline.extract.contents import clean_source, contents, relative_content, without_dateline
from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading
from pipeline.extract.sources import according_to, missing_source, noun_alone, relative_source


def mend(reading: Reading, drafts: list[Draft]) -> list[Draft]:
    """Return the drafts set right, without those that became part of another."""
    gone: set[int] = set()
    for rule in (
        noun_alone,
        source_in_dateline,
        was_quoted,
        quoted_as_saying,
        citing,
        according_to,
        relative_source,
        missing_source,
    ):
        for index, draft in enumerate(drafts):
            if index not in gone:
                gone |= rule(reading, drafts, index, draft)
    for index in range(len(drafts)):
        if index not in gone:
            gone |= carrier_only(reading, drafts, index, gone)
    kept = [draft for index, draft in enumerate(drafts) if index not in gone]
    for index, draft in enumerate(drafts):
        if index not in gone:
            relative_content(reading, kept, draft)
            contents(reading, draft)
            without_dateline(reading, draft)
            clean_source(reading, draft)
    return without(drafts, gone)


def without(drafts: list[Draft], gone: set[int]) -> list[Draft]:
    """Return the drafts that stay, with parents renumbered; orphans go to the grandparent."""
    place: dict[int, int] = {}
    for index in range(len(drafts)):
        if index not in gone:
            place[index] = len(place)
    for index in place:
        draft = drafts[index]
        parent = draft.parent
        while parent is not None and parent in gone:
            parent = drafts[parent].parent
        draft.parent = None if parent is None else place[parent]
    kept = [drafts[index] for index in place]
    for draft in kept:
        draft.depth = _depth(kept, draft)
    return kept


def _depth(drafts: list[Draft], draft: Draft) -> int:
    depth, parent = 0, draft.parent
    while parent is not None and depth < len(drafts):
        depth, parent = depth + 1, drafts[parent].parent
    return depth
