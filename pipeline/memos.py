"""What was told, by name: small JSON notes in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.stores import Store


def recalled(store: Store, note: str) -> dict[str, str]:
    """Return what a note remembers: when or what was told, by feed URL or other name."""
    known: dict[str, str] = json.loads(store.note(note) or "{}")
    return known


def remember(store: Store, note: str, told: Mapping[str, str]) -> None:
    """Keep it all in one note: a kill leaves either none or all of one telling."""
    store.save_note(note, json.dumps({**recalled(store, note), **told}))
