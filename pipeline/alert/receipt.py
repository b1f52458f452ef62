"""The receipt of an alert: the words, the chain, why it is news, who carried it.

Everything here comes from outside and goes to terminals, mails and web pages: `plain`
takes out what could steer a screen, `isolated` keeps right-to-left words from turning the
rest of a line around. The dict for programs holds the same text without direction marks.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.records import (
    Alert,
    Article,
    Claim,
    Coverage,
    Decision,
    Hop,
    Ledger,
    Position,
    Proposition,
    Rule,
)

OWN = "own reporting"  # how `Coverage.origins` names copy that is no agency's
NO_ACT = "makes a statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an alert may tell beyond its article: the ledger before it, and look-ups.

    The look-ups are a store's `coverage`, `claim`, `alert` and `alerts`; the defaults know
    nothing, which is right for back-tests. `names` are names of countries by code, `zone` is
    the reader's time zone (None: the system's).
    """

    ledger: Ledger = field(default_factory=Ledger)
    coverage_of: Callable[[str, str], Coverage] = lambda topic, key: Coverage()
    claim_of: Callable[[str], Claim | None] = lambda claim_id: None
    alert_of: Callable[[str], Alert | None] = lambda alert_id: None
    alerts_of: Callable[[str, str], Iterable[Alert]] = lambda topic, rule: ()
    names: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One alert's content: for a line, for a screen, for a program."""

    headline: str
    body: str
    data: dict[str, object]


def claim_receipt(
    claim: Claim,
    decision: Decision,
    article: Article,
    known: Known,
    *,
    rule: Rule,
    why: str,
    also: Iterable[Claim] = (),
) -> Receipt:
    """Return the receipt of a claim; `also` are claims of the article that say the same."""
    data: dict[str, object] = {
        "words": _words(claim),
        "also": [_words(other) for other in also],
        "speaker": _speaker(claim, known),
        "chain": [_hop(hop) for hop in claim.chain],
        "act": _act(claim, known),
        "new": _newness(decision, known),
        "previous_position": _position(previous_position(claim, decision, known.ledger)),
        "nearest": _nearest(decision, known),
        "coverage": _coverage(known.coverage_of(decision.topic, decision.key), article),
        "repeats": _repeats(decision, known.ledger),
        "article": _article(article),
        "times": _times(article, known.zone),
        "rule": {"name": plain(rule.name), "why": plain(why)},
    }
    return Receipt(headline=_claim_headline(data), body=_claim_body(data), data=data)


def keyword_receipt(article: Article, known: Known, *, rule: Rule, why: str) -> Receipt:
    """Return the receipt of an article that met a keyword rule."""
    data: dict[str, object] = {
        "article": _article(article),
        "times": _times(article, known.zone),
        "rule": {"name": plain(rule.name), "why": plain(why)},
    }
    headline = f"{plain(rule.name)}: {isolated(plain(article.title))} ({plain(article.outlet)})"
    body = _lines(
        ("summary", isolated(plain(article.summary))),
        ("matched", isolated(plain(why))),
        *_article_lines(data),
    )
    return Receipt(headline=headline, body=body, data=data)


def base_key(key: str) -> str:
    """Return a decision's key without the details that make an update: its proposition's key."""
    return " | ".join(key.split(" | ")[:4])


def proposition_of(decision: Decision, ledger: Ledger) -> Proposition | None:
    """Return what the ledger knew of this statement before the article."""
    wanted = (decision.topic, base_key(decision.key))
    return next((p for p in ledger.propositions if (p.topic, p.key) == wanted), None)


def previous_position(claim: Claim, decision: Decision, ledger: Ledger) -> Position | None:
    """Return where the claim's party stood on the issue before: what the claim takes back, if
    it does, else its latest position.
    """
    issue = claim.object or claim.theme
    own = [
        position
        for position in ledger.positions
        if (position.topic, position.party) == (decision.topic, claim.party)
        and (issue is None or position.issue == issue)
    ]
    taken_back = [position for position in own if position.claim_id in decision.refs]
    return max(taken_back or own, key=lambda position: position.since, default=None)


# -- text from outside --------------------------------------------------------------------

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """Return `text` as one line that cannot steer a terminal or turn its neighbours around.

    Control characters, line ends and direction marks go; joiners stay (scripts need them).
    """
    kept = (" " if _is_break(char) else char for char in text if char not in _DIRECTION)
    return " ".join("".join(kept).split())


def isolated(text: str) -> str:
    """Return `text` between isolates if it holds right-to-left letters."""
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def _is_break(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


# -- the parts ----------------------------------------------------------------------------

Part = dict[str, object]


@cache
def _wording() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf-8"))


def _words(claim: Claim) -> Part:
    return {
        "text": plain(claim.text),
        "spans": [[span.start, span.end] for span in claim.content],
        "version": claim.version,
        "quote_type": claim.quote_type,
        "claim_id": claim.id,
    }


def _speaker(claim: Claim, known: Known) -> Part:
    return {
        "name": plain(claim.speaker or claim.source_text) or "an unnamed source",
        "resolved": claim.speaker is not None,
        "countries": list(claim.countries),
        "country_names": [country_name(code, known.names) for code in claim.countries],
        "role": plain(claim.role or "") or None,
        "kind": claim.speaker_kind.value,
        "anonymous": claim.anonymous,
    }


def _hop(hop: Hop) -> Part:
    return {
        "name": plain(hop.name),
        "kind": hop.kind.value,
        "countries": list(hop.countries),
        "anonymous": hop.anonymous,
    }


def _act(claim: Claim, known: Known) -> Part:
    return {
        "code": claim.act,
        "words": act_words(claim, known.names),
        "modality": claim.modality,
        "polarity": claim.polarity,
        "hedged": claim.hedged,
        "object": claim.object,
        "targets": [plain(party) for party in claim.targets],
        "third_party": [plain(party) for party in claim.third_party],
        "confidence": round(claim.confidence, 3),
    }


def act_words(claim: Claim, names: Mapping[str, str]) -> str:
    """Return what the claim does, as words that follow the speaker's name."""
    act = _act_wording(claim.act)
    said = [act.get("says", NO_ACT)]
    others = [party for party in claim.third_party if party not in claim.countries]
    for part, parties in (("target", claim.targets), ("third", others)):
        if part in act and parties:
            said.append(act[part].format(_listed(country_name(p, names) for p in parties)))
    aside = _wording()["modality"].get(claim.modality or "", "")
    notes = ", ".join(filter(None, (aside, "hedged" if claim.hedged else "")))
    return " ".join(said) + (f" ({notes})" if notes else "")


def _act_wording(act: str | None) -> Mapping[str, str]:
    acts: dict[str, dict[str, str]] = _wording()["acts"]
    return acts.get(act or "", {})


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _newness(decision: Decision, known: Known) -> Part:
    words = _wording()
    before = proposition_of(decision, known.ledger)
    return {
        "novelty": decision.novelty.value,
        "word": words["headline"].get(decision.reason) or words["novelty"][decision.novelty.value],
        "reason": plain(decision.reason),
        "why": words["reasons"].get(decision.reason, plain(decision.reason)),
        "differs": plain(decision.differs),
        "change": plain(decision.change),
        "key": plain(decision.key),
        "refs": list(decision.refs),
        "first_stated": None if before is None else before.first_stated.isoformat(),
    }


def _position(position: Position | None) -> Part | None:
    if position is None:
        return None
    return {
        "id": position.id,
        "act": position.act,
        "words": _act_wording(position.act).get("says", position.act),
        "since": position.since.isoformat(),
        "times": position.times,
        "speaker": plain(position.speaker or ""),
        "via": [plain(name) for name in position.via],
        "text": plain(position.text),
        "reference": plain(position.reference),
    }


def _nearest(decision: Decision, known: Known) -> Part | None:
    """Return the nearest earlier claim: whole from the store, else its words from the ledger."""
    if decision.nearest is None:
        return None
    claim = known.claim_of(decision.nearest)
    if claim is not None:
        return {
            "claim_id": claim.id,
            "speaker": plain(claim.speaker or claim.source_text),
            "outlet": plain(claim.outlet),
            "said_at": claim.said_at.isoformat(),
            "text": plain(claim.text),
        }
    for proposition in known.ledger.propositions:
        if proposition.last_claim == decision.nearest:
            return {
                "claim_id": decision.nearest,
                "speaker": plain(proposition.party),
                "outlet": "",
                "said_at": proposition.last_stated.isoformat(),
                "text": plain(proposition.text),
            }
    return None


def _coverage(before: Coverage, article: Article) -> Part:
    """Return who carried the statement, this article included."""
    origin = article.credit.origin or f"{OWN}: {article.outlet}"
    origins = dict(before.origins)
    origins[origin] = origins.get(origin, 0) + 1
    outlets = list(dict.fromkeys((*before.outlets, article.outlet)))
    ranked = sorted(origins.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "outlets": [plain(name) for name in outlets],
        "origins": [[plain(name), articles] for name, articles in ranked],
        "words": coverage_words(Coverage(outlets=tuple(outlets), origins=tuple(ranked))),
    }


def coverage_words(coverage: Coverage) -> str:
    """Return "14 outlets, 3 origins: AGENCY 9, OTHER 3, own reporting 2"."""
    own = [articles for name, articles in coverage.origins if name.startswith(OWN)]
    said = [f"{plain(name)} {n}" for name, n in coverage.origins if not name.startswith(OWN)]
    if own:
        said.append(f"{OWN} {sum(own)}")
    outlets = _counted(len(coverage.outlets), "outlet")
    return f"{outlets}, {_counted(len(coverage.origins), 'origin')}: {', '.join(said)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _repeats(decision: Decision, ledger: Ledger) -> int:
    """Return how often this was said before without an alert: all times but the first."""
    before = proposition_of(decision, ledger)
    return 0 if before is None else max(0, before.times - 1)


def _article(article: Article) -> Part:
    return {
        "id": article.id,
        "title": plain(article.title),
        "outlet": plain(article.outlet),
        "country": article.country,
        "url": plain(article.url or ""),
        "language": article.language,
        "note": plain(article.note),
    }


# -- times and countries ----------------------------------------------------------------------


def _times(article: Article, zone: tzinfo | None) -> Part:
    """Return when the article came out, in the reader's zone and in the outlet's if known."""
    there = outlet_zone(article.country)
    local = article.when.astimezone(zone)
    return {
        "utc": article.when.isoformat(),
        "dated_by": article.published_from if article.published else "first seen",
        "reader": clock_words(local),
        "outlet": None if there is None else clock_words(article.when.astimezone(there)),
    }


def clock_words(at: datetime) -> str:
    """Return "2031-05-10 14:30 IST": the time with its zone's name."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname()}"


def outlet_zone(country: str | None) -> tzinfo | None:
    """Return the zone of a country that has only one (tz database, zone.tab), else None."""
    zones = _zones().get(country or "", ())
    if len(zones) != 1:
        return None
    from zoneinfo import ZoneInfo

    return ZoneInfo(zones[0])


def country_name(code: str, names: Mapping[str, str]) -> str:
    """Return the name of a country: ours, else that of the tz database, else the code itself."""
    return names.get(code) or _countries().get(code) or plain(code)


@cache
def _zones() -> Mapping[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        zones[code] = (*zones.get(code, ()), zone)
    return zones


@cache
def _countries() -> Mapping[str, str]:
    return {code: name for code, name, *_ in _table("iso3166.tab")}


def _table(name: str) -> list[tuple[str, ...]]:
    text = (files("tzdata") / "zoneinfo" / name).read_text("utf-8")
    return [
        tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")
    ]


# -- for people -------------------------------------------------------------------------------


def _claim_headline(data: Mapping[str, object]) -> str:
    new, act, article = _part(data, "new"), _part(data, "act"), _part(data, "article")
    outlet = isolated(str(article["outlet"]))
    return f"{new['word']}: {_who(_part(data, 'speaker'))} {act['words']} ({outlet})"


def _who(speaker: Mapping[str, object]) -> str:
    """Return "Name (Country)"; the country is left out where the name says it."""
    name, countries = str(speaker["name"]), speaker["country_names"]
    assert isinstance(countries, list)
    notes = ["anonymous"] if speaker["anonymous"] else []
    notes += [country for country in countries if country.casefold() not in name.casefold()]
    return isolated(name) + (f" ({', '.join(notes)})" if notes else "")


def _claim_body(data: Mapping[str, object]) -> str:
    new, act = _part(data, "new"), _part(data, "act")
    also = data["also"]
    assert isinstance(also, list)
    return _lines(
        ("", _quoted(_part(data, "words"))),
        *(("also", _quoted(words)) for words in also),
        ("act", f"{act['words']} [{act['code']}]"),
        ("chain", _chain_words(data["chain"])),
        ("why new", _newness_words(new)),
        ("before", _position_words(data["previous_position"])),
        ("nearest", _nearest_words(data["nearest"])),
        ("carried by", _carried_words(data)),
        *_article_lines(data),
    )


def _newness_words(new: Mapping[str, object]) -> str:
    change = "" if new["change"] == new["reason"] else str(new["change"])
    return _joined_words(new["why"], isolated(str(new["differs"])), isolated(change))


def _quoted(words: Mapping[str, object]) -> str:
    spans = words["spans"]
    assert isinstance(spans, list)
    where = ", ".join(f"{start}-{end}" for start, end in spans)
    text = _in_quotes(str(words["text"]))
    return f"{text} [characters {where} of version {words['version']}]"


def _in_quotes(text: str) -> str:
    return isolated(f"“{text}”") if text else ""


def _chain_words(chain: object) -> str:
    assert isinstance(chain, list)
    return " <- ".join(
        isolated(hop["name"]) + (" (anonymous)" if hop["anonymous"] else "") for hop in chain
    )


def _position_words(position: object) -> str:
    if not isinstance(position, dict):
        return ""
    times = f", said {position['times']} times" if position["times"] > 1 else ""
    stance = f"{position['words']}, since {position['since'][:10]}{times}"
    return _joined_words(stance, isolated(position["speaker"]), _in_quotes(position["text"]))


def _nearest_words(nearest: object) -> str:
    if not isinstance(nearest, dict):
        return ""
    who = ", ".join(filter(None, (nearest["speaker"], nearest["outlet"], nearest["said_at"][:10])))
    return f"{isolated(who)}: {_in_quotes(nearest['text'])}"


def _carried_words(data: Mapping[str, object]) -> str:
    repeats = data["repeats"]
    suppressed = f"{_counted(int(str(repeats)), 'repeat')} suppressed" if repeats else ""
    return _joined_words(_part(data, "coverage")["words"], suppressed)


def _article_lines(data: Mapping[str, object]) -> list[tuple[str, str]]:
    article, times, rule = _part(data, "article"), _part(data, "times"), _part(data, "rule")
    elsewhere = times["outlet"] not in (None, times["reader"])
    at_outlet = f"at the outlet {times['outlet']}" if elsewhere else ""
    return [
        ("article", f"{isolated(str(article['title']))}, {isolated(str(article['outlet']))}"),
        ("published", _joined_words(times["reader"], at_outlet, f"by {times['dated_by']}")),
        ("link", str(article["url"])),
        ("rule", f"{rule['name']}: {isolated(str(rule['why']))}"),
    ]


def _part(data: Mapping[str, object], name: str) -> Part:
    part = data[name]
    assert isinstance(part, dict)
    return part


def _joined_words(*parts: object) -> str:
    return "; ".join(str(part) for part in parts if part)


def _lines(*pairs: tuple[str, str]) -> str:
    """Return one "label: words" line for each pair that has words."""
    return "\n".join(f"{label}: {words}" if label else words for label, words in pairs if words)


__all__ = [
    "Known",
    "Receipt",
    "base_key",
    "claim_receipt",
    "coverage_words",
    "isolated",
    "keyword_receipt",
    "plain",
    "previous_position",
    "proposition_of",
]
