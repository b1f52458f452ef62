"""Marks the topics an article touches, by which terms, and why. Pure.

How a topic decides, in this order; every step leaves its reason in the matches:

1. A term inside a look-alike phrase does not count.
2. A strong term decides alone; weak ones decide in a company of groups the topic allows.
3. An exclusion (this is about sport, weather ...) turns the decision round, unless a strong
   term or a group the exclusion names stands against it.

Title, summary, tags and URL are read first, then the text as well: what the headline decides
needs no text, and in a long text the members of a company must stand near each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from urllib.parse import unquote, urlsplit

from pipeline.records import Article, Company, Exclusion, Match, Stage, Term, Topic
from pipeline.terms import Hit, TermMatcher, closest

FIELDS = ("title", "summary", "tags", "url", "text")
SHORT_FIELDS = FIELDS[:-1]

# What a term is worth by where it stands; a topic may set its own. With the usual threshold
# of 0.5 a term of weight 1 counts anywhere but in the URL alone.
WEIGHTS = {"title": 1.0, "summary": 0.9, "tags": 0.6, "url": 0.4, "text": 0.5}

MAX_MATCHES = 20  # kept for each article: enough to explain, small enough to store
MAX_NEAR_MISSES = 3  # for each topic; most articles of a party's outlets name that party


class TopicFilter:
    """Decides which topics an article belongs to. Built once; safe to share and to pickle."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._topics = tuple(topics)
        self._uses = _uses(self._topics)
        self._matcher = TermMatcher(self._uses)

    def match_article(
        self,
        title: str,
        *,
        summary: str = "",
        text: str = "",
        tags: Sequence[str] = (),
        url: str | None = None,
        language: str | None = None,
    ) -> tuple[Match, ...]:
        """Return why each topic was kept or not; topics nothing points to are left out.

        Matches that decided come first (`kept`), then near misses, each with its reason; at
        most `MAX_MATCHES`, but one for each kept topic in any case. Offsets are given for
        title, summary and text.
        """
        fields = {
            "title": title,
            "summary": summary,
            "tags": " | ".join(tags),
            "url": _path_words(url),
            "text": text,
        }
        found = self._find(fields)
        verdicts = [
            _decide(self._topics[index], hits, fields, language)
            for index, hits in sorted(found.items())
        ]
        return _capped([_matches(verdict) for verdict in verdicts])

    def _find(self, fields: Mapping[str, str]) -> dict[int, list[_Found]]:
        found: dict[int, list[_Found]] = {}
        for name in FIELDS:
            for hit in self._matcher.find(fields[name]):
                for index, role in self._uses[hit.term]:
                    if not (isinstance(role, Term | Exclusion) and _elsewhere(role, name)):
                        found.setdefault(index, []).append(_Found(name, hit, role))
        return found


def topics_of(matches: Iterable[Match]) -> tuple[str, ...]:
    """Return the ids of the topics that `matches` keep, in their order."""
    return tuple(dict.fromkeys(match.topic for match in matches if match.kept))


def mark_articles(articles: Iterable[Article], topic_filter: TopicFilter) -> Iterator[Article]:
    """Yield every article with its topics and matches, and what it waits for now.

    One with a topic waits for its page; one without goes straight to the comparison, where
    keyword rules still see it.
    """
    for article in articles:
        matches = topic_filter.match_article(
            article.title,
            summary=article.summary,
            text=article.text,
            url=article.url,
            language=article.language,
        )
        topics = topics_of(matches)
        stage = Stage.SCRAPE if topics else Stage.COMPARE
        yield replace(article, topics=topics, matches=matches, stage=stage)


# -- what was found -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lookalike:
    """The role of a phrase inside which no term counts."""


_Role = Term | Exclusion | _Lookalike


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit in a field, and what its term is to one topic."""

    field: str
    hit: Hit
    role: _Role


def _uses(topics: Sequence[Topic]) -> dict[str, list[tuple[int, _Role]]]:
    """Return for every term which topics (by index) use it, and as what."""
    uses: dict[str, list[tuple[int, _Role]]] = {}
    for index, topic in enumerate(topics):
        for written, role in _roles(topic):
            uses.setdefault(written, []).append((index, role))
    return uses


def _roles(topic: Topic) -> Iterator[tuple[str, _Role]]:
    for term in topic.terms:
        yield term.text, term
    for phrase in topic.lookalikes:
        yield phrase, _Lookalike()
    for exclusion in topic.exclusions:
        for written in exclusion.terms:
            yield written, exclusion


def _elsewhere(role: Term | Exclusion, field: str) -> bool:
    return bool(role.fields) and field not in role.fields


def _path_words(url: str | None) -> str:
    """Return the readable words of a URL's path; the host would make every item a match."""
    try:
        return unquote(urlsplit(url or "").path)
    except ValueError:  # a broken address in brackets
        return ""


# -- one topic ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What of one article speaks for and against one topic, in the fields under view."""

    topic: Topic
    texts: Mapping[str, str]
    groups: Mapping[str, Sequence[_Found]]  # terms that count, by group
    strong: Sequence[_Found]
    exclusions: Sequence[tuple[Exclusion, _Found]]

    def within(self, fields: Collection[str]) -> _Evidence:
        """Return what of it stands in `fields`; all of it when none are named."""
        if not fields:
            return self
        groups = {
            group: inside
            for group, items in self.groups.items()
            if (inside := [item for item in items if item.field in fields])
        }
        return replace(self, groups=groups)

    def value(self, group: str) -> float:
        """Return what the group's best hit is worth."""
        return max((self.worth(found) for found in self.groups.get(group, ())), default=0.0)

    def worth(self, found: _Found) -> float:
        """Return the worth of a term where it stands: term weight x field weight."""
        assert isinstance(found.role, Term)
        weights = WEIGHTS | dict(self.topic.weights)
        return found.role.weight * weights[found.field]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether the article belongs to the topic; each hit that matters, with its reason."""

    topic: str
    kept: bool
    reasons: Sequence[tuple[_Found, str]]


def _decide(
    topic: Topic, found: Sequence[_Found], texts: Mapping[str, str], language: str | None
) -> _Verdict:
    """Return the verdict of the narrowest view that keeps the article, else of the widest."""
    live, void = _without_lookalikes(found)
    other = _other_language(topic, language)
    if other:
        return _Verdict(topic.id, False, [(item, other) for item in live if _is_term(item)])
    verdict = _weigh(_evidence(topic, texts, live, SHORT_FIELDS))
    if not verdict.kept and texts["text"]:
        verdict = _weigh(_evidence(topic, texts, live, FIELDS))
    return replace(verdict, reasons=[*verdict.reasons, *void])


def _without_lookalikes(
    found: Sequence[_Found],
) -> tuple[list[_Found], list[tuple[_Found, str]]]:
    """Return the hits that count, and with its reason each term that lies in a look-alike.

    `found` is in order of place within each field.
    """
    live: list[_Found] = []
    void: list[tuple[_Found, str]] = []
    covers = _covers(found)
    for item in found:
        if isinstance(item.role, _Lookalike):
            continue
        cover = _cover_of(item, covers) if _is_term(item) else None
        if cover is None:
            live.append(item)
        else:
            void.append((item, f'part of the look-alike "{cover.term}"'))
    return live, void


_Covers = dict[str, tuple[list[int], list[Hit]]]  # by field: starts, and what reaches farthest


def _covers(found: Sequence[_Found]) -> _Covers:
    """Return for each look-alike's start the one, begun there or before, that ends last."""
    covers: _Covers = {}
    for item in found:
        if isinstance(item.role, _Lookalike):
            starts, farthest = covers.setdefault(item.field, ([], []))
            starts.append(item.hit.start)
            reach = [item.hit, *farthest[-1:]]
            farthest.append(max(reach, key=attrgetter("end")))
    return covers


def _cover_of(item: _Found, covers: _Covers) -> Hit | None:
    starts, farthest = covers.get(item.field, ([], []))
    before = bisect_right(starts, item.hit.start)
    if before and farthest[before - 1].end >= item.hit.end:
        return farthest[before - 1]
    return None


def _is_term(item: _Found) -> bool:
    return isinstance(item.role, Term)


def _other_language(topic: Topic, language: str | None) -> str:
    """Return why an article in `language` is not for this topic, "" when it is."""
    primary = (language or "").replace("_", "-").partition("-")[0].lower()
    if not primary or not topic.languages or primary in topic.languages:
        return ""
    return f"written in {primary}, which the topic does not list"


def _evidence(
    topic: Topic, texts: Mapping[str, str], live: Sequence[_Found], fields: Collection[str]
) -> _Evidence:
    groups: dict[str, list[_Found]] = {}
    strong: list[_Found] = []
    exclusions: list[tuple[Exclusion, _Found]] = []
    for item in live:
        if item.field not in fields:
            continue
        if isinstance(item.role, Exclusion):
            exclusions.append((item.role, item))
        elif isinstance(item.role, Term):
            groups.setdefault(item.role.group, []).append(item)
            if item.role.strong:
                strong.append(item)
    return _Evidence(topic, texts, groups, strong, exclusions)


def _weigh(evidence: _Evidence) -> _Verdict:
    deciding, reason = _decision(evidence)
    if not deciding:
        return _verdict(evidence, kept=False, reason=_shortfall(evidence))
    for exclusion, item in evidence.exclusions:
        if not _outweighed(exclusion, evidence):
            told = f'{exclusion.id}: "{item.hit.term}" in {item.field}'
            return _verdict(evidence, kept=False, reason=f"{reason}; but {told}")
    return _verdict(evidence, kept=True, reason=reason, deciding=deciding)


def _decision(evidence: _Evidence) -> tuple[Sequence[_Found], str]:
    """Return the hits that decide for the topic and why; none when nothing does."""
    decisive = [item for item in evidence.strong if _enough(evidence, evidence.worth(item))]
    if decisive:
        role = decisive[0].role
        assert isinstance(role, Term)
        return decisive, f"strong: {role.group}"
    for company in evidence.topic.companies:
        there = evidence.within(company.fields)
        members = _members(company, there)
        if members and _together(company, members, there):
            hits = [item for group in members for item in there.groups[group]]
            return hits, "together: " + " + ".join(members)
    return (), ""


def _enough(evidence: _Evidence, value: float) -> bool:
    return value >= evidence.topic.threshold


def _members(company: Company, evidence: _Evidence) -> list[str]:
    """Return the groups by which `company` is met, [] when it is not."""
    if any(evidence.groups.get(group) for group in company.none):
        return []
    if not all(evidence.groups.get(group) for group in company.all):
        return []
    chosen = max(company.any, key=evidence.value, default=None)
    if chosen is not None and not evidence.groups.get(chosen):
        return []
    return [*company.all, *((chosen,) if chosen is not None else ())]


def _together(company: Company, members: Sequence[str], evidence: _Evidence) -> bool:
    """Tell whether the groups weigh enough on average, and those only in the text stand near."""
    value = sum(evidence.value(group) for group in members) / len(members)
    if not _enough(evidence, value):
        return False
    distant = [
        [item.hit for item in evidence.groups[group]]
        for group in members
        if all(item.field == "text" for item in evidence.groups[group])
    ]
    if len(distant) < 2 or not company.near:
        return True
    return closest(evidence.texts["text"], distant, company.near) is not None


def _outweighed(exclusion: Exclusion, evidence: _Evidence) -> bool:
    if evidence.strong and not exclusion.even_strong:
        return True
    return any(evidence.groups.get(group) for group in exclusion.unless)


def _shortfall(evidence: _Evidence) -> str:
    """Return what was missing: the groups that were there, and that they did not suffice."""
    if evidence.strong:
        worth = max(evidence.worth(item) for item in evidence.strong)
        return f"too light: {worth:.2f} of {evidence.topic.threshold:.2f}"
    present = ", ".join(sorted(evidence.groups)) or "nothing"
    return f"weak alone: only {present}"


def _verdict(
    evidence: _Evidence, *, kept: bool, reason: str, deciding: Sequence[_Found] = ()
) -> _Verdict:
    others = [item for group in evidence.groups.values() for item in group if item not in deciding]
    told = "beside it" if kept else reason
    return _Verdict(
        evidence.topic.id,
        kept,
        [*((item, reason) for item in deciding), *((item, told) for item in others)],
    )


# -- what is told -------------------------------------------------------------------------


def _matches(verdict: _Verdict) -> list[Match]:
    """Return the verdict as matches: each term once a field, near misses without common words.

    An article that holds nothing but common words (talks, border) is no near miss.
    """
    matches: dict[tuple[str, str], Match] = {}
    for item, reason in verdict.reasons:
        assert isinstance(item.role, Term)
        if verdict.kept or item.role.kind != "context":
            kept = verdict.kept and not reason.startswith("part of")
            key = (item.hit.term, item.field)
            matches.setdefault(key, _match(verdict.topic, item, kept, reason))
    told = list(matches.values())
    return told if verdict.kept else told[:MAX_NEAR_MISSES]


def _match(topic: str, item: _Found, kept: bool, reason: str) -> Match:
    placed = item.field in ("title", "summary", "text")
    return Match(
        topic=topic,
        term=item.hit.term,
        field=item.field,
        kept=kept,
        reason=reason,
        start=item.hit.start if placed else None,
        end=item.hit.end if placed else None,
    )


def _capped(by_topic: Sequence[Sequence[Match]]) -> tuple[Match, ...]:
    """Return at most `MAX_MATCHES`: kept before others, the first of each topic before more."""
    ranked = [(not match.kept, rank, match) for one in by_topic for rank, match in enumerate(one)]
    ranked.sort(key=lambda item: item[:2])
    kept_topics = sum(1 for one in by_topic if one and one[0].kept)
    return tuple(match for _, _, match in ranked[: max(MAX_MATCHES, kept_topics)])


__all__ = ["MAX_MATCHES", "TopicFilter", "mark_articles", "topics_of"]
