"""Files in, JSON out: extraction and comparison without a store, for tests and measuring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.compare import Compared, compare_claims
from pipeline.compare.voices import party_of
from pipeline.compare.wording import Worded, compare_words
from pipeline.errors import ConfigError
from pipeline.filter import TopicFilter, topics_of
from pipeline.languages import main_script
from pipeline.records import Article, Claim, Decision, Ledger, Novelty, Topic, stable_id

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.extract import Extractor

ANY = "any"
LATIN = "LATIN"  # a statement in another script is read in the language of that script
# What a statement is when its claims differ: the strongest of them.
STRENGTH = (Novelty.CONTRADICTS, Novelty.UPDATE, Novelty.NEW, Novelty.REPEAT)


def extract_records(
    records: Iterable[Mapping[str, Any]],
    config: Config,
    topics: Sequence[Topic] | None,
    *,
    sentences: bool = False,
    explain: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the predictions for articles or passages, one JSON-able object each.

    `topics` None means any conflict; with `explain` each claim has "why", by part.

    Raises:
        ConfigError: a record has no id or text.
    """
    from pipeline.extract import Extractor, claims_json

    extractor = Extractor(topics, actors_dir=config.actors_dir)
    matcher = None if topics is None else TopicFilter(topics)
    for number, record in enumerate(records, 1):
        _check(record, number, ("id", "text"))
        answer = claims_json(dict(record), extractor, sentences=sentences, explain=explain)
        yield answer if matcher is None or _matches(record, matcher) else _quiet(answer)


def _matches(record: Mapping[str, Any], matcher: TopicFilter) -> bool:
    matches = matcher.match_article(str(record.get("title") or ""), text=str(record["text"]))
    return bool(topics_of(matches))


def _quiet(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer for a text no topic wants: a watch would not even have read it."""
    claims = [_unwanted(claim) for claim in answer["claims"]]
    return answer | {"claims": claims} | ({"relevant": False} if "relevant" in answer else {})


def _unwanted(claim: dict[str, Any]) -> dict[str, Any]:
    quiet = claim | {"alert_worthy": False}
    if "why" not in claim:
        return quiet
    return quiet | {"why": claim["why"] | {"alert": "no: no topic wants the text"}}


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
    ledger, sid_of = Ledger(), dict[str, str]()
    earlier: list[Worded] = []
    decided = []
    for statement in statements:
        sid = str(statement["sid"])
        article = _article(statement)
        claims = tuple(claim for claim in extractor.claims(article) if not claim.silent)
        compared = compare_claims(claims, ANY, ledger)
        sid_of |= {claim.id: sid for claim in claims}
        now = _worded(sid, article, claims, compared)
        by_act = _by_act(compared.decisions, claims, sid_of, sid)
        decided.append({"sid": sid, **_answer(by_act, now, earlier)})
        ledger, earlier = compared.ledger, [*earlier, now]
    return decided


def _answer(
    by_act: dict[str, Any] | None, now: Worded, earlier: Sequence[Worded]
) -> dict[str, Any]:
    """Return the decision by acts, or by words where an act is missing on either side."""
    by_words = compare_words(now, earlier)
    known = by_words.novelty is Novelty.REPEAT and _is_contradiction(by_act)
    if by_act is not None and by_act["ref"] and not known:
        return by_act
    if by_act is not None and by_words.ref is None:
        return by_act
    ref = [by_words.ref] if by_words.ref is not None else []
    return {"novelty": by_words.novelty.value, "ref": ref, "reason": by_words.reason}


def _is_contradiction(by_act: Mapping[str, Any] | None) -> bool:
    """Say whether another party is contradicted: no news when the side had said it before."""
    return by_act is not None and by_act["reason"] == "cross_party"


def _by_act(
    decisions: Sequence[Decision], claims: Sequence[Claim], sid_of: Mapping[str, str], sid: str
) -> dict[str, Any] | None:
    """Return what the statement's claims say it is; None when no act tells."""
    decision = _main(decisions, claims)
    if decision is None:
        return None
    named = dict.fromkeys(sid_of[ref] for ref in decision.refs if ref in sid_of)
    refs = [ref for ref in named if ref != sid]
    if decision.novelty is not Novelty.NEW and not refs:
        return None  # of a claim in the same statement, or of nothing that was said before
    return {"novelty": decision.novelty.value, "ref": refs, "reason": decision.reason}


def _main(decisions: Sequence[Decision], claims: Sequence[Claim]) -> Decision | None:
    """Return the decision on what the statement is about: alert-worthy claims go first."""
    worthy = {claim.id for claim in claims if claim.alert_worthy}
    chosen = [d for d in decisions if d.claim_id in worthy] or list(decisions)
    return min(chosen, key=lambda d: STRENGTH.index(d.novelty), default=None)


def _worded(sid: str, article: Article, claims: Sequence[Claim], compared: Compared) -> Worded:
    """Return the statement as words: what its outermost speaker says."""
    told = [claim for claim in claims if not claim.background] or list(claims)
    main = max(told, key=lambda claim: len(claim.text), default=None)
    parties = (party_of(claim, compared.ledger.propositions) for claim in told)
    return Worded(
        id=sid,
        text=article.text if main is None else f"{main.cue_text} {main.text}",
        said_at=article.when,
        parties=frozenset(party for party in parties if party),
        acts=frozenset(p.act for p in compared.propositions),
        voices=frozenset(claim.speaker for claim in told if claim.speaker),
        others=frozenset(one for claim in told for one in claim.targets)
        | frozenset(one for p in compared.propositions for one in p.others),
        themes=frozenset(claim.theme for claim in told if claim.theme),
        whole=article.text,
    )


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
        language="en" if main_script(text) == LATIN else None,
        published=when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC),
        first_seen=when.replace(tzinfo=UTC),
        topics=(ANY,),
    )


def _check(record: Mapping[str, Any], number: int, keys: Sequence[str]) -> None:
    missing = [key for key in keys if key not in record]
    if missing:
        raise ConfigError(f"has no {' and no '.join(missing)}", subject=f"record {number}")
