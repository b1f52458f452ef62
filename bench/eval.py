"""How good extraction and comparison are on every gold set there is.

    .venv/bin/python bench/eval.py

The shared sets beside the checkout are stripped, predicted from and scored with their own
`score.py`: the program never sees the gold. Articles are read with the shipped topics, composed
ones apart; passages and streams for whatever conflict. The project's own gold set comes last,
against its stored baseline. Exit code 1 without the shared sets, or when the own set got worse.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "eval"
GOLD = ROOT / "tests" / "gold"
TRUCELINE = (sys.executable, "-m", "pipeline")
# what is shown -> the scorer's command, the gold files, the program's command
SETS = {
    "articles": ("articles", "articles/*.json", ("extract", "--json")),
    "composed articles (fiction)": ("articles", "composed/*.json", ("extract", "--json")),
    "acts": ("acts", "acts.jsonl", ("extract", "--json", "--sentences")),
    "novelty": ("novelty", "novelty.jsonl", ("compare", "--json")),
}


def run(command: Sequence[str | Path], out: Path | None = None) -> None:
    """Run a command; its output goes to the screen or into a file. Ends the bench if it fails."""
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        sys.exit(f"failed with exit code {done.returncode}: {' '.join(map(str, command))}")
    if out is None:
        print(done.stdout)
    else:
        out.write_text(done.stdout, "utf-8")


def score(name: str, folder: Path) -> None:
    """Strip, predict and score one shared set."""
    kind, pattern, command = SETS[name]
    scorer = (sys.executable, SHARED / "score.py")
    gold = sorted(SHARED.glob(pattern))
    if not gold:
        sys.exit(f"nothing matches {SHARED / pattern}")
    folder.mkdir()
    run([*scorer, "strip", *gold, "--out", folder], folder / "stripped.log")
    inputs = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jsonl"))
    run([*TRUCELINE, *command, *inputs], folder / "predicted.txt")
    print(f"\n== {name}: {len(gold)} files", flush=True)
    run([*scorer, kind, "--gold", *gold, "--pred", folder / "predicted.txt"])


def own() -> int:
    """Score the project's own set against its baseline; return the exit code."""
    print(f"\n== own gold set, {GOLD.relative_to(ROOT)}", flush=True)
    against = ("--against", GOLD / "baseline.json")
    command = [*TRUCELINE, "eval", "--gold", GOLD, *against]
    return subprocess.run([str(word) for word in command], check=False, cwd=ROOT).returncode


def main() -> None:
    if not (SHARED / "score.py").is_file():
        sys.exit(f"no gold sets at {SHARED}: they are not part of the project; see CONTRIBUTING.md")
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(SETS):
            score(name, Path(folder) / str(number))
    sys.exit(own())


if __name__ == "__main__":
    main()
