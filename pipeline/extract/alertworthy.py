"""Whether a claim would wake somebody if it were new: the act, the field, the topic."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pipeline.extract.draft import Draft
from pipeline.extract.patterns import Grammar
from pipeline.records import Topic
from pipeline.taxonomy import load_acts
from pipeline.terms import TermMatcher

COMMON = "context"  # kind of the terms that are common words
ARTICLE_WORDS = 250  # of an article's beginning that show its field


def other_field(grammar: Grammar, sentence: str, article: str) -> str | None:
    """Return the word that puts a sentence into sport, labour, courts, markets ..., or None.

    A word of war beside it takes it back; a sentence without either goes by its article.
    """
    domain, conflict = (grammar.lists_re("skip", name) for name in ("domain", "conflict"))
    found = domain.search(sentence)
    if found:
        return None if conflict.search(sentence) else found[0]
    opening = " ".join(article.split()[:ARTICLE_WORDS])
    strange = domain.findall(opening)
    if len(strange) >= 2 and len(strange) > len(conflict.findall(opening)):
        return domain.search(opening)[0]  # type: ignore[index] # found twice
    return None


def is_alertable(draft: Draft) -> bool:
    """Whether the act alone would alert: by the taxonomy, or a threat to a truce."""
    act = load_acts().get(draft.act or "")
    return act is not None and (act.alertable or draft.theme in ("mediation", "ceasefire"))


def concern(
    topic: Topic, own: Iterable[str], named: Iterable[str], sentence: str, article: str
) -> str:
    """Return what a claim has to do with a topic, "" when nothing.

    `own` are the speaker's countries, `named` those it speaks about. A party among them, or a
    word of the topic in the sentence, decides for it; only other countries named, against it;
    else the article does.
    """
    if not topic.parties and not topic.terms:
        return "any text"
    parties, own, named = set(topic.parties), set(own), set(named)
    if parties & {*own, *named}:
        party = min(parties & {*own, *named})
        return f"the party {party} {'speaks' if party in own else 'is named'}"
    if _names(topic, sentence):
        return "a word of the topic in the sentence"
    return "a word of the topic in the article" if not named and _names(topic, article) else ""


def _names(topic: Topic, text: str) -> bool:
    """Whether a text has a word that belongs to the topic alone: a place, a person, a treaty."""
    return bool(_matcher(topic).find(text))


@lru_cache(maxsize=64)
def _matcher(topic: Topic) -> TermMatcher:
    words = (term.text for term in topic.terms if term.kind != COMMON)
    return TermMatcher((*words, *(party for party in topic.parties if len(party) > 2)))
