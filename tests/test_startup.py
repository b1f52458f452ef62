"""Starting is quick: heavy libraries load when they are first needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "spacy",
    "onnxruntime",
    "numpy",
    "trafilatura",
    "feedparser",
    "apprise",
    "pydantic",
    "rich",
)


@pytest.mark.parametrize("module", ["pipeline", "pipeline.cli", "pipeline.flow"])
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[n for n in {HEAVY!r} if n in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert loaded == []
