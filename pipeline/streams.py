"""Files in, JSON out: extraction and comparison without a store, for tests and measuring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.compare import Compared, compare_claims
from pipeline.errors import ConfigError
from pipeline.filter import TopicFilter, topics_of
from pipeline.folding import fold
from pipeline.records import Article, Claim, Decision, Ledger, Novelty, Topic, stable_id

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.extract import Extractor

ANY = "any"
SAME_WORDS = 0.6  # share of the shorter text's words: only for statements without an act
# What a statement is when its claims differ: the strongest of them.
STRENGTH = (Novelty.CONTRADICTS, Novelty.UPDATE, Novelty.NEW, Novelty.REPEAT)


def extract_records(
    records: Iterable[Mapping[str, Any]],
    config: Config,
    topics: Sequence[Topic] | None,
    *,
    sentences: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the predictions for articles or passages, one JSON-able object each.

    `topics` None means any conflict.

    Raises:
        ConfigError: a record has no id or text.
    """
    from pipeline.extract import Extractor, claims_json

    extractor = Extractor(topics, actors_dir=config.actors_dir)
    matcher = None if topics is None else TopicFilter(topics)
    for number, record in enumerate(records, 1):
        _check(record, number, ("id", "text"))
        answer = claims_json(dict(record), extractor, sentences=sentences)
        yield answer if matcher is None or _matches(record, matcher) else _quiet(answer)


def _matches(record: Mapping[str, Any], matcher: TopicFilter) -> bool:
    matches = matcher.match_article(str(record.get("title") or ""), text=str(record["text"]))
    return bool(topics_of(matches))


def _quiet(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer for a text no topic wants: a watch would not even have read it."""
    claims = [claim | {"alert_worthy": False} for claim in answer["claims"]]
    return answer | {"claims": claims} | ({"relevant": False} if "relevant" in answer else {})


def compare_streams(
    records: Iterable[Mapping[str, Any]], config: Config
) -> Iterator[dict[str, Any]]:
    """Yield for each stream what every statement is to the ones before it.

    Only text, outlet and date are read.

    Raises:
        ConfigError: a record has no id or statements.
    """
    from pipeline.extract import Extractor

    extractor = Extractor(None, actors_dir=config.actors_dir)
    for number, record in enumerate(records, 1):
        _check(record, number, ("id", "statements"))
        yield {"id": record["id"], "decisions": _decide(record["statements"], extractor)}


def _decide(statements: Iterable[Mapping[str, Any]], extractor: Extractor) -> list[dict[str, Any]]:
    ledger, sid_of, earlier = Ledger(), dict[str, str](), dict[str, str]()
    decided = []
    for statement in statements:
        sid, text = str(statement["sid"]), str(statement["text"])
        claims = extractor.claims(_article(statement))
        compared = compare_claims(claims, ANY, ledger)
        sid_of |= {claim.id: sid for claim in claims}
        decided.append({"sid": sid, **_answer(compared, claims, text, earlier, sid_of)})
        ledger, earlier = compared.ledger, earlier | {sid: text}
    return decided


def _answer(
    compared: Compared,
    claims: Sequence[Claim],
    text: str,
    earlier: Mapping[str, str],
    sid_of: Mapping[str, str],
) -> dict[str, Any]:
    decision = _main(compared.decisions, claims)
    if decision is None:
        same = [sid for sid, other in earlier.items() if _share(text, other) >= SAME_WORDS]
        novelty = Novelty.REPEAT if same else Novelty.NEW
        return {"novelty": novelty.value, "ref": same[-1:], "reason": "words alone, no act found"}
    refs = list(dict.fromkeys(sid_of[ref] for ref in decision.refs if sid_of[ref] in earlier))
    if decision.novelty is Novelty.NEW:
        refs = []
    return {"novelty": decision.novelty.value, "ref": refs, "reason": decision.reason}


def _main(decisions: Sequence[Decision], claims: Sequence[Claim]) -> Decision | None:
    """Return the decision on what the statement is about: alert-worthy claims go first."""
    worthy = {claim.id for claim in claims if claim.alert_worthy}
    chosen = [d for d in decisions if d.claim_id in worthy] or list(decisions)
    return min(chosen, key=lambda d: STRENGTH.index(d.novelty), default=None)


def _share(one: str, other: str) -> float:
    a, b = set(fold(one).split()), set(fold(other).split())
    return len(a & b) / max(1, min(len(a), len(b)))


def _article(statement: Mapping[str, Any]) -> Article:
    when = datetime.fromisoformat(str(statement["date"]))
    outlet, text = str(statement.get("outlet", "")), str(statement["text"])
    return Article(
        id=stable_id("statement", str(statement["sid"]), text),
        url=None,
        feed_url="",
        outlet=outlet,
        title="",
        text=text,
        language="en",
        published=when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC),
        first_seen=when.replace(tzinfo=UTC),
        topics=(ANY,),
    )


def _check(record: Mapping[str, Any], number: int, keys: Sequence[str]) -> None:
    missing = [key for key in keys if key not in record]
    if missing:
        raise ConfigError(f"has no {' and no '.join(missing)}", subject=f"record {number}")
