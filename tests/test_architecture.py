"""The import rule: dags, cli, web -> flow -> stages -> kinds -> leaves. Nothing points outwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
LEAVES = {"records", "errors"}
TOOLS = LEAVES | {
    "client",
    "workers",
    "taxonomy",
    "folding",
    "terms",
    "credit",
    "links",
    "sentences",
    "questions",
}
STAGES = {"fetch", "parse", "filter", "dedupe", "scrape", "extract", "compare", "alert", "deliver"}
# flow, and what else runs several stages
ORDER = {
    *("flow", "baselines", "comparing", "editing", "lease", "memos", "opening", "silences"),
    *("asof", "backtest", "evaluation", "feedback", "labelling", "steps", "streams", "upkeep"),
}
KINDS = {"formats", "languages", "stores", "channels"}

MAY_IMPORT: dict[str, set[str]] = {
    "records": set(),
    "errors": set(),
    "client": LEAVES,
    "workers": LEAVES,
    "taxonomy": LEAVES,
    "folding": set(),
    "terms": LEAVES | {"folding"},
    "credit": LEAVES | {"folding"},
    "links": LEAVES,
    "codings": LEAVES,
    "sentences": LEAVES,
    "questions": LEAVES | {"folding"},
    "config": LEAVES | {"taxonomy", "folding", "terms", "links"},
    "formats": TOOLS,
    "languages": TOOLS,
    "stores": TOOLS,
    "channels": TOOLS,
    "fetch": TOOLS,
    "parse": TOOLS | {"formats"},
    "dedupe": TOOLS,
    "filter": TOOLS,
    "scrape": TOOLS | {"formats"},
    "extract": TOOLS | {"languages"},
    "compare": TOOLS,
    "alert": TOOLS,
    "deliver": TOOLS | {"channels", "stores"},
    **dict.fromkeys(ORDER, TOOLS | STAGES | KINDS | ORDER | {"config"}),
    "demo": TOOLS | ORDER | {"config", "stores"},
    "kibana": TOOLS,
    "cli": TOOLS
    | ORDER
    | {"config", "stores", "demo", "kibana", "parse", "filter", "compare", "codings"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield the first component below `pipeline` of everything the file imports."""
    here = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            stem = ".".join(filter(None, [base, node.module]))
            names = [f"{stem}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("pipeline."):
                yield name.split(".")[1]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_point_inwards(path: Path) -> None:
    owner = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if owner in ("__init__", "__main__"):
        return
    assert set(imported(path)) <= MAY_IMPORT[owner] | {owner}


@pytest.mark.parametrize("path", sorted(ROOT.glob("dags/news_*.py")), ids=lambda p: p.stem)
def test_a_dag_knows_only_the_steps(path: Path) -> None:
    assert set(imported(path)) == {"steps"}


def test_the_rule_names_what_exists() -> None:
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert set(MAY_IMPORT) <= there


def test_records_are_frozen() -> None:
    tree = ast.parse((PACKAGE / "records.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dataclass":
            frozen = [k.value for k in node.keywords if k.arg == "frozen"]
            assert frozen
            assert isinstance(frozen[0], ast.Constant)
            assert frozen[0].value is True
