"""Whether a claim would wake somebody if it were new: the act, the field, the topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.extract.draft import Draft
from pipeline.extract.object import mentions
from pipeline.extract.patterns import Grammar
from pipeline.records import Topic
from pipeline.taxonomy import load_acts

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


def concerns(topic: Topic, codes: Iterable[str], texts: Sequence[str]) -> bool:
    """Whether a claim has to do with a topic: its parties, or terms of its issues in the texts."""
    if not topic.parties and not topic.issues:
        return True
    if set(codes) & set(topic.parties):
        return True
    terms = [term for issue in topic.issues for term in issue.terms]
    return any(mentions(text, term) for text in texts for term in (*terms, *topic.parties))
