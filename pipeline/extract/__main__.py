"""`python -m pipeline.extract [--sentences] FILE...`: predictions for the scorer, as JSON lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.extract import Extractor, claims_json


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a .json file (one object) or a .jsonl file (one a line)."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        yield json.loads(text)
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())


def main() -> None:
    """Print one prediction a line, in the order of the input. Topic: any."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.extract", description=__doc__)
    parser.add_argument("--sentences", action="store_true", help="records are passages")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    extractor = Extractor()
    for path in options.files:
        for record in records(path):
            line = claims_json(record, extractor, sentences=options.sentences)
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
