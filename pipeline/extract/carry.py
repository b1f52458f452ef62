"""An edited article: what its untouched sentences say keeps its id and its reading.

The whole new text is read, because who "he" is may stand sentences before; but of that
reading only what stands in changed sentences counts. A claim that is carried stays the claim
of the version in which it was found, whose text the store keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.records import Claim
from pipeline.sentences import Sentences, hull_of


def carry_over(
    fresh: Sequence[Claim], before: Sequence[Claim], *, texts: Mapping[int, str], version: int
) -> tuple[Claim, ...]:
    """Return the claims of an edited article: `before` where nothing was touched, else `fresh`.

    `texts` are the texts of the article's versions by number, `version` is that of `fresh`.
    A version whose text is forgotten carries nothing.
    """
    last = max((n for n, text in texts.items() if n < version and text), default=0)
    split = {n: Sentences.of(text) for n, text in texts.items()}
    nothing = Sentences.of("")
    here, there = split.get(version, nothing), split.get(last, nothing)
    twins = {_words(claim): claim for claim in fresh}
    kept = [
        claim
        for claim in before
        if here.hold(split.get(claim.version, nothing).around(hull_of(claim, before)))
        and not _is_read_anew(claim, twins.get(_words(claim)))
    ]
    known = {_words(claim) for claim in kept}
    added = [
        claim
        for claim in fresh
        if _words(claim) not in known
        and (not there.hold(here.around(hull_of(claim, fresh))) or _has_turned(claim, before))
    ]
    return (*kept, *added)


def _has_turned(claim: Claim, before: Iterable[Claim]) -> bool:
    """Say whether an untouched sentence has another speaker now, by what stands before it."""
    return any(_words(old) == _words(claim) and _is_read_anew(old, claim) for old in before)


def _is_read_anew(old: Claim, twin: Claim | None) -> bool:
    """Say whether a pronoun or a title stands for somebody else than before."""
    if twin is None or twin.speaker == old.speaker or old.speaker is None:
        return False
    return old.speaker.split()[-1] not in old.source_text


def _words(claim: Claim) -> tuple[str, str, str]:
    return claim.source_text, claim.cue_text, claim.text


__all__ = ["carry_over"]
