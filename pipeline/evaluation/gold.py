"""Gold folders: `articles/*.json` and `passages.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.evaluation.labels import Row

KNOWN_OF_ARTICLE = ("id", "outlet", "title", "published", "text")
KNOWN_OF_PASSAGE = ("id", "text", "date")


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold set: annotated articles and annotated passages."""

    articles: tuple[Row, ...]
    passages: tuple[Row, ...]

    def part(self, split: str | None) -> Gold:
        """Return the records of one split; None: all."""
        if split is None:
            return self
        return Gold(
            tuple(row for row in self.articles if row.get("split") == split),
            tuple(row for row in self.passages if row.get("split") == split),
        )


def read_gold(folder: Path) -> Gold:
    """Read `articles/*.json` and `passages.jsonl` of a folder; either may be missing.

    Raises:
        ConfigError: names the file and line that is no JSON, or says that there is nothing.
    """
    articles = [_parsed(path.read_text("utf-8"), str(path)) for path in _article_files(folder)]
    lines = folder / "passages.jsonl"
    text = lines.read_text("utf-8") if lines.is_file() else ""
    passages = [
        _parsed(line, f"{lines}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    if not articles and not passages:
        raise ConfigError("holds neither articles/*.json nor passages.jsonl", subject=str(folder))
    return Gold(tuple(articles), tuple(passages))


def _article_files(folder: Path) -> list[Path]:
    return sorted((folder / "articles").glob("*.json"))


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"is not JSON: {error}", subject=where) from error
    if not isinstance(record, dict):
        raise ConfigError("is no JSON object", subject=where)
    return record


def splits_of(gold: Gold) -> list[str]:
    """Return the splits of a gold set, in alphabetical order."""
    found = {row.get("split") for row in (*gold.articles, *gold.passages)}
    return sorted(split for split in found if split)


def stripped(record: Row, keys: Sequence[str]) -> dict[str, Any]:
    """Return what the extractor may know of a gold record."""
    return {key: record[key] for key in keys if key in record}
