"""Side by side: this program, textacy and a regular expression, on the same attributions.

    .venv/bin/python bench/baselines.py --ud DIR --polnear FILE [--parser DIR]

textacy (`pip install textacy`; nothing of ours depends on it) needs a parser: one is trained
here on UD English EWT (`--ud`: *.conllu.gz of train and dev), once, and kept in `--parser`. Its
LAS is printed: a weak parser makes a weak baseline. Both baselines look for speech only, so read
recall by kind before F1.

The measure, `linked`, is that of the attribution experiment: one-to-one pairs whose contents and
whose sources each have a Jaccard index of 0.5 or more, over characters. Texts: `--polnear` (JSON
lines: id, text, attributions) and the articles of the project's own gold set.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STEPS = 3000  # of training the parser: 25 minutes on half a core
LIKE = 0.5
TRIMMED = " \t\n,.;:!?\"“”«»‘’'"
VERBS = "said|says|say|told|added|adds|claimed|wrote|tweeted|asked|announced|warned|argued|noted"
NAME = r"(?:[A-Z][\w.'’-]+(?: (?:of|the|[A-Z][\w.'’-]+)){0,4}|[Hh]e|[Ss]he|[Tt]hey)"
PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"[“\"](?P<c>[^”\"\n]{{10,}})[”\"],? (?P<s>{NAME}) (?P<q>{VERBS})\b",
        rf"[“\"](?P<c>[^”\"\n]{{10,}})[”\"],? (?P<q>{VERBS}) (?P<s>{NAME})",
        rf"(?P<s>{NAME}) (?P<q>{VERBS})(?: (?:that|[A-Z]\w+ that))?,?:? [“\"]?(?P<c>[^\n.]{{10,}})",
        rf"[Aa]ccording to (?P<s>{NAME}), (?P<c>[^\n.]{{10,}})",
    )
)

Characters = frozenset[int]


@dataclass(frozen=True, slots=True)
class Link:
    """An attribution by the characters of its source and of its content."""

    source: Characters
    content: Characters
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    gold: tuple[Link, ...]


System = Callable[[Sequence[str]], Iterable[list[Link]]]


# -- texts -------------------------------------------------------------------------------------


def polnear(path: Path) -> list[Text]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_gold(row) for row in map(json.loads, lines)]


def _gold(row: dict[str, Any]) -> Text:
    text = row["text"]
    return Text(text, tuple(_link(text, a["source"], a["content"]) for a in row["attributions"]))


def own() -> list[Text]:
    """Return the gold articles; a statement without a source in the text has none to find."""
    rows = [json.loads(p.read_text("utf-8")) for p in sorted(ROOT.glob("tests/gold/articles/*"))]
    return [
        Text(
            row["text"],
            tuple(
                _link(
                    row["text"],
                    [(s["source_start"], s["source_end"])],
                    [(s["content_start"], s["content_end"])],
                )
                for s in row["statements"]
                if s.get("source_start") is not None
            ),
        )
        for row in rows
    ]


def _link(text: str, source: Iterable[Sequence[int]], content: Iterable[Sequence[int]]) -> Link:
    spans = [(start, end) for start, end in content]
    said = "".join(text[start:end] for start, end in spans).strip()
    marks = sum(said.count(mark) for mark in '"“”')
    whole = bool(marks) and said[0] in '"“' and said.rstrip(".,")[-1] in '"”'
    kind = "direct" if whole else "mixed" if marks else "indirect"
    return Link(_characters(text, source), _characters(text, spans), kind)


def _characters(text: str, spans: Iterable[Sequence[int]]) -> Characters:
    """Return the places of the spans without outer punctuation and quotation marks."""
    places: set[int] = set()
    for start, end in spans:
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip(TRIMMED))
        places.update(range(start + left, start + len(piece.rstrip(TRIMMED))))
    return frozenset(places)


# -- systems -------------------------------------------------------------------------------------


def truceline(texts: Sequence[str]) -> Iterator[list[Link]]:
    """Everything the attribution component finds, nested attributions included."""
    from pipeline.extract.assemble import build_pipeline
    from pipeline.extract.draft import register

    register()
    nlp = build_pipeline("en", {"actors_dir": None, "threads": 1})
    only = nlp.select_pipes(enable=["sentencizer", "attribution"])
    with only:
        for text in texts:
            doc = nlp(text)
            yield [
                Link(
                    _characters(text, [(s.start, s.end) for s in draft.source]),
                    _characters(text, [(s.start, s.end) for s in draft.content]),
                )
                for draft in doc._.drafts
            ]


def expression(texts: Sequence[str]) -> Iterator[list[Link]]:
    for text in texts:
        found: dict[tuple[int, int], Link] = {}
        for pattern in PATTERNS:
            for match in pattern.finditer(text):
                source, content = [match.span("s")], [match.span("c")]
                link = Link(_characters(text, source), _characters(text, content))
                found.setdefault(match.span("c"), link)
        yield list(found.values())


def textacy_on(parser: Path) -> System:
    import spacy
    from textacy.extract import direct_quotations

    nlp = spacy.load(parser)

    def read(texts: Sequence[str]) -> Iterator[list[Link]]:
        for text in texts:
            # straight marks, as the tool pairs them by order; each as long as before
            straight = re.sub("[“”]", '"', text)
            yield [link for part in _paragraphs(straight) for link in quoted(text, *part)]

    def quoted(text: str, start: int, paragraph: str) -> Iterator[Link]:
        try:
            triples = list(direct_quotations(nlp(paragraph)))
        except ValueError:  # it gives up where marks do not pair
            return
        for triple in triples:
            content = (start + triple.content.start_char, start + triple.content.end_char)
            speaker = [(start + t.idx, start + t.idx + len(t)) for t in triple.speaker]
            yield Link(_characters(text, speaker), _characters(text, [content]))

    return read


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    return ((match.start(), match.group()) for match in re.finditer(r"[^\n]+", text))


def trained_parser(ud: Path, folder: Path) -> Path:
    """Train tagger, lemmatizer and parser with spaCy's own commands, unless they are there."""
    best = folder / "out" / "model-best"
    if best.exists():
        return best
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev"):
        [packed] = ud.glob(f"*-{split}.conllu.gz")
        (folder / f"{split}.conllu").write_bytes(gzip.decompress(packed.read_bytes()))
        _spacy("convert", folder / f"{split}.conllu", folder, "--n-sents", 10)
    parts = "morphologizer,tagger,trainable_lemmatizer,parser"
    _spacy("init", "config", folder / "config.cfg", "--lang", "en", "--pipeline", parts, "--force")
    paths = ["--paths.train", folder / "train.spacy", "--paths.dev", folder / "dev.spacy"]
    _spacy(
        *("train", folder / "config.cfg", "--output", folder / "out", *paths),
        *("--training.max_steps", STEPS, "--system.seed", 1),
    )
    return best


def _spacy(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "spacy", *map(str, words)], check=True)


# -- the measure ---------------------------------------------------------------------------------


def jaccard(one: Characters, other: Characters) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def linked(gold: Sequence[Link], found: Sequence[Link]) -> Iterator[Link]:
    """Yield the gold attributions that were found; each finding counts once, the best first."""
    pairs = sorted(
        (
            (jaccard(g.content, f.content) + jaccard(g.source, f.source), i, j)
            for i, g in enumerate(gold)
            for j, f in enumerate(found)
            if jaccard(g.content, f.content) >= LIKE and jaccard(g.source, f.source) >= LIKE
        ),
        reverse=True,
    )
    used_gold, used_found = set[int](), set[int]()
    for _, i, j in pairs:
        if i not in used_gold and j not in used_found:
            used_gold.add(i)
            used_found.add(j)
            yield gold[i]


def measured(texts: Sequence[Text], system: System) -> str:
    """Return one row: precision, recall, F1, and recall by kind of quotation, in per cent."""
    right, gold, claimed = Counter[str](), Counter[str](), 0
    for text, found in zip(texts, system([text.text for text in texts]), strict=True):
        claimed += len(found)
        gold.update(link.kind for link in text.gold)
        right.update(link.kind for link in linked(text.gold, found))
    hits = right.total()
    precision, recall = hits / max(1, claimed), hits / gold.total()
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    kinds = "".join(f"{100 * right[k] / max(1, gold[k]):9.1f}" for k in KINDS)
    return f"{100 * precision:7.1f}{100 * recall:7.1f}{100 * f1:7.1f}{kinds}"


KINDS = ("direct", "mixed", "indirect")


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    wanted.add_argument("--ud", type=Path, required=True)
    wanted.add_argument("--polnear", type=Path, required=True)
    kept = Path(tempfile.gettempdir()) / "truceline-parser"
    wanted.add_argument("--parser", type=Path, default=kept)
    asked = wanted.parse_args()
    best = trained_parser(asked.ud, asked.parser)
    scores = json.loads((best / "meta.json").read_text("utf-8"))["performance"]
    print(f"textacy's parser: LAS {100 * scores['dep_las']:.1f}, UAS {100 * scores['dep_uas']:.1f}")
    systems = {
        "truceline": truceline,
        "textacy": textacy_on(best),
        "regular expression": expression,
    }
    for name, texts in (("PolNeAR", polnear(asked.polnear)), ("own gold articles", own())):
        print(f"\n{name}: {len(texts)} texts, {sum(len(t.gold) for t in texts)} attributions")
        print(
            f"{'linked, per cent':20}{'P':>7}{'R':>7}{'F1':>7}" + "".join(f"{k:>9}" for k in KINDS)
        )
        for system, read in systems.items():
            print(f"{system:20}{measured(texts, read)}", flush=True)


if __name__ == "__main__":
    main()
