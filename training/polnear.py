"""Reads PolNeAR, converted to one JSON object a line: id, text, attributions of spans.

The corpus (Newell et al. 2018, about 1,000 US news articles) states no licence for its data
and is not part of this repository; any data of the same form trains as well.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from training.passages import Attribution, Passage, Range


def read_polnear(path: Path) -> list[Passage]:
    """Return the articles of a `.jsonl.gz` file in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_passage(json.loads(line)) for line in lines]


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(row["id"], row["text"], tuple(map(_attribution, row["attributions"])))


def _attribution(row: dict[str, Any]) -> Attribution:
    return Attribution(_ranges(row["source"]), _ranges(row["cue"]), _ranges(row["content"]))


def _ranges(rows: list[list[int]]) -> tuple[Range, ...]:
    return tuple((start, end) for start, end in rows)
