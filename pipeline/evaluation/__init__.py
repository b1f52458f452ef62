"""Score extraction on gold sets, with intervals, and compare two runs.

A gold folder holds `articles/*.json` and `passages.jsonl`; `tests/gold/README.md` has the format
and the rules of annotation. The definitions of the metrics are those of the shared scorer
(`eval/README.md` beside the checkout), written anew: on the same predictions the two give equal
values for every metric both have. Two things differ on purpose. The intervals are drawn by another
random generator, so their ends differ by about one hundredth. And an act on a statement labelled
"other" is excused only where that statement has a coarser label (`labels.toml`) which could not
have said better; labels of the taxonomy itself are taken at their word. The shared scorer excuses
four acts on every "other": `excuse_all=True` does the same, for comparing the two.

Values: F1 for what can be found and missed, shares for `..._if_found` and the other rates. With
neither gold nor prediction a metric is undefined (None), never 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.evaluation.articles import score_article
from pipeline.evaluation.counting import SAMPLES, Counts, Score, summarise
from pipeline.evaluation.gold import (
    KNOWN_OF_ARTICLE,
    KNOWN_OF_PASSAGE,
    Gold,
    read_gold,
    splits_of,
    stripped,
)
from pipeline.evaluation.labels import Row, knowledge
from pipeline.evaluation.passages import score_passage

if TYPE_CHECKING:
    from pipeline.config import Config

__all__ = [
    "Drop",
    "Gold",
    "Report",
    "Score",
    "as_json",
    "drops",
    "evaluate",
    "evaluate_splits",
    "from_json",
    "headlines",
    "read_gold",
    "score",
    "splits_of",
]

ROUNDED = 1e-4  # what storing a run with four places may move an end by

Report = dict[str, Score]  # by "articles METRIC" and "passages METRIC"


def evaluate(gold: Gold, config: Config, *, samples: int = SAMPLES) -> Report:
    """Extract the gold set's texts, for whatever conflict, and score the claims."""
    from pipeline.streams import extract_records

    articles = extract_records(
        [stripped(row, KNOWN_OF_ARTICLE) for row in gold.articles], config, None
    )
    passages = extract_records(
        [stripped(row, KNOWN_OF_PASSAGE) for row in gold.passages], config, None, sentences=True
    )
    return score(gold, list(articles), list(passages), samples=samples)


def evaluate_splits(gold: Gold, config: Config, *, samples: int = SAMPLES) -> dict[str, Report]:
    """Score each split of a gold set apart; a set without splits is one, called "all"."""
    splits = splits_of(gold)
    if not splits:
        return {"all": evaluate(gold, config, samples=samples)}
    return {split: evaluate(gold.part(split), config, samples=samples) for split in splits}


def score(
    gold: Gold,
    articles: Iterable[Row],
    passages: Iterable[Row],
    *,
    samples: int = SAMPLES,
    excuse_all: bool = False,
) -> Report:
    """Score predictions; a record without one counts as nothing found."""
    of_article, of_passage = ({row["id"]: row for row in rows} for rows in (articles, passages))
    nothing: Row = {"claims": [], "relevant": False}
    found: list[tuple[str, list[Counts]]] = [("articles", []), ("passages", [])]
    for row in gold.articles:
        claims = of_article.get(row["id"], nothing)["claims"]
        found[0][1].append(score_article(row, claims, excuse_all=excuse_all))
    for row in gold.passages:
        answer = of_passage.get(row["id"], nothing)
        found[1][1].append(score_passage(row, answer["relevant"], answer["claims"]))
    return {
        f"{kind} {name}": value
        for kind, parts in found
        for name, value in summarise(parts, samples=samples).items()
    }


def headlines(report: Report) -> Report:
    """Return the metrics of the table, in its order."""
    return {name: report[name] for name in knowledge()["headlines"] if name in report}


# -- comparing two runs --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drop:
    """A metric that is now worse than the earlier run's interval."""

    metric: str
    before: Score
    now: Score | None


def drops(now: Report, before: Report) -> list[Drop]:
    """Return the headline metrics that fell out of the earlier interval, on the bad side."""
    return [
        Drop(name, old, now.get(name))
        for name, old in headlines(before).items()
        if _fell(now.get(name), old, lower=name.split()[1] in knowledge()["lower_is_better"])
    ]


def _fell(now: Score | None, before: Score, *, lower: bool) -> bool:
    if before.value is None or before.low is None or before.high is None:
        return False
    if now is None or now.value is None:
        return True
    if lower:
        return now.value > before.high + ROUNDED
    return now.value < before.low - ROUNDED


def as_json(reports: Mapping[str, Report]) -> dict[str, Any]:
    """Return reports by split as data for a file; figures to four places."""

    def row(score: Score) -> dict[str, Any]:
        return {k: round(v, 4) if v is not None else None for k, v in asdict(score).items()}

    return {
        split: {name: row(value) for name, value in report.items()}
        for split, report in reports.items()
    }


def from_json(data: object, subject: str) -> dict[str, Report]:
    """Return the reports of a stored run, read from `subject`.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(data, Mapping):
        raise ConfigError("is no stored run of eval", subject=subject)
    try:
        return {
            split: {name: Score(**row) for name, row in report.items()}
            for split, report in data.items()
        }
    except (AttributeError, TypeError) as error:
        raise ConfigError("is no stored run of eval", subject=subject) from error
