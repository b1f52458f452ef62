"""What an edit did to the statements an article had made. Pure.

An edited sentence is laid beside the one it came from, and their words are compared: a door
left open, another number or day, a name that is gone, or the whole statement gone is news of
its own. Everything else that an outlet does to its words is not.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from pipeline.compare.days import count_of, day_in, first_match
from pipeline.compare.tables import load_tables
from pipeline.compare.wording import content_words
from pipeline.folding import fold
from pipeline.records import Claim, Drift, HopKind
from pipeline.sentences import Sentences, hull_of

ALIKE = 0.4  # share of content words by which a changed sentence is the edited one
STILL_THERE = 0.7  # share of a statement's content words that show it is told on
EDITED = 1 / 3  # share of its sentences that an edited article keeps; below it is rewritten
ASIDE = 4  # words: a longer addition is a further clause, and says nothing of the others
GRAVITY = ("weakened", "numeric", "unattributed", "withdrawn", "reworded")  # one per sentence
LEVELS = ("open", "planned")  # patterns by which a statement is less than done
TENS = frozenset(range(20, 100, 10))
WORD = re.compile(r"[^\W_]+(?:[.,:'’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Edit:
    """Two versions of an article: what stood there, and what stands there now."""

    was: str
    now: str
    told: tuple[Claim, ...]  # what was compared before the edit and does not stand any more
    claims: tuple[Claim, ...]  # everything that stands now, carried or fresh

    @property
    def keeps(self) -> bool:
        """Whether enough is kept for the rest to be edited; else the article is another one."""
        return _keeps(Sentences.of(self.was), Sentences.of(self.now))


def _keeps(was: Sentences, now: Sentences) -> bool:
    kept = sum(s in frozenset(now.words) for s in was.words)
    return kept >= EDITED * len(was.words) or len(was.words) <= 2


def drifts_of(edit: Edit) -> tuple[Drift, ...]:
    """Return what became of each statement that does not stand as it did, gravest first.

    One for each edited sentence. A text of which most sentences are others now is a new one
    under an old address: of what is gone from it nothing is said.
    """
    was, now = Sentences.of(edit.was), Sentences.of(edit.now)
    changed = [s for s in now.words if s not in frozenset(was.words)]
    is_edit = _keeps(was, now)
    found: dict[str, Drift] = {}
    for claim in edit.told:
        before = " ".join(was.around(hull_of(claim, edit.told)))
        drift = _drift(claim, before, changed, now, edit)
        if drift is None or (drift.after is None and not is_edit):
            continue
        known = found.get(before)
        if known is None or GRAVITY.index(drift.kind) < GRAVITY.index(known.kind):
            found[before] = drift
    return tuple(sorted(found.values(), key=lambda drift: GRAVITY.index(drift.kind)))


def _drift(
    claim: Claim, was: str, changed: Sequence[str], now: Sentences, edit: Edit
) -> Drift | None:
    """Return what became of one statement; None: it is told elsewhere in the article."""
    beside = _beside(was, changed)
    after = _after(claim, beside, now, edit)
    if beside:
        kind, differs = _kind(claim, after, was, beside, edit)
        return Drift(kind=kind, before=claim, after=after, was=was, now=beside, differs=differs)
    if _is_told_again(claim, edit.claims):
        return None
    return Drift(kind="withdrawn", before=claim, was=was, differs="it is no longer there")


def _beside(was: str, changed: Sequence[str]) -> str:
    """Return the changed sentence (or two) that an edited one became, "" when it is gone."""
    pairs = [" ".join(changed[i : i + 2]) for i in range(len(changed) - 1)]
    likeness = {text: _share(was, text) for text in (*changed, *pairs)}
    best = max(likeness, key=lambda text: (likeness[text], -len(text)), default="")
    return best if best and likeness[best] >= ALIKE else ""


def _share(one: str, other: str) -> float:
    """Return how much two sentences have in common, 0 to 1 (Dice)."""
    a, b = content_words(one), content_words(other)
    return 2 * len(a & b) / max(1, len(a) + len(b))


def _after(claim: Claim, beside: str, now: Sentences, edit: Edit) -> Claim | None:
    """Return the claim of the edited sentence that stands where `claim` stood."""
    there = [
        one
        for one in edit.claims
        if one.version > claim.version
        and all(s in beside for s in now.around(hull_of(one, edit.claims)) or ("\0",))
    ]
    return max(there, key=lambda one: _closeness(one, claim), default=None)


def _closeness(one: Claim, claim: Claim) -> tuple[float, int]:
    same = 0.5 * (one.act == claim.act) + 0.3 * (one.speaker == claim.speaker)
    return _share(one.text, claim.text) + same, -one.depth


def _is_told_again(claim: Claim, claims: Iterable[Claim]) -> bool:
    return any(one.act == claim.act and one.party == claim.party for one in claims)


# -- what kind of edit ---------------------------------------------------------------------------


def _kind(claim: Claim, after: Claim | None, was: str, now: str, edit: Edit) -> tuple[str, str]:
    """Return the kind of an edit, and the words that differ."""
    change = changed_words(was, now)
    words = f"“{change.gone}” became “{change.come}”" if change.gone or change.come else ""
    if _is_weaker(change) or (after is not None and after.act in _weaker(claim.act)):
        return "weakened", words
    counted = _numbers_changed(claim, was, now, change)
    if counted:
        return "numeric", counted
    if _is_unattributed(claim, after, now):
        return "unattributed", words
    return "reworded", words


@dataclass(frozen=True, slots=True)
class Change:
    """The words by which two sentences differ, with where they stand."""

    was: str
    now: str
    gone_at: tuple[tuple[int, int], ...]
    come_at: tuple[tuple[int, int], ...]

    @property
    def gone(self) -> str:
        """The words that are gone."""
        return " ... ".join(self.was[start:end] for start, end in self.gone_at)

    @property
    def come(self) -> str:
        """The words that came."""
        return " ... ".join(self.now[start:end] for start, end in self.come_at)


def adds_little(was: str, now: str) -> bool:
    """Say whether an edited sentence holds no more than a word that it did not hold before."""
    return len(content_words(now) - content_words(was)) <= 1


def changed_words(was: str, now: str) -> Change:
    """Return what was replaced, and what was added or left out of at most `ASIDE` words."""
    old, new = list(WORD.finditer(was)), list(WORD.finditer(now))
    matcher = SequenceMatcher(None, [fold(m[0]) for m in old], [fold(m[0]) for m in new], False)
    gone, come = [], []
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal" or (what != "replace" and b - a + d - c > ASIDE):
            continue
        if a < b:
            gone.append((old[a].start(), old[b - 1].end()))
        if c < d:
            come.append((new[c].start(), new[d - 1].end()))
    return Change(was, now, tuple(gone), tuple(come))


def _is_weaker(change: Change) -> bool:
    """Say whether the edit leaves open, or to come, what was not."""
    before = {name for name in LEVELS if _says(name, change.was, change.gone_at)}
    after = {name for name in LEVELS if _says(name, change.now, change.come_at)}
    return ("open" in after and "open" not in before) or ("planned" in after and not before)


def _says(name: str, text: str, places: Collection[tuple[int, int]]) -> bool:
    return any(
        match.start() < end and start < match.end()
        for match in _pattern(name).finditer(text)
        for start, end in places
    )


def _numbers_changed(claim: Claim, was: str, now: str, change: Change) -> str:
    """Return the numbers, days or times that differ, in words; "" when none was replaced."""
    told = [
        f"{', '.join(sorted(gone))} became {', '.join(sorted(come)) or 'no number'}"
        for read in (_counts, _days, _times)
        if (gone := _less(read(was, claim), read(now, claim)))
        and ((come := _less(read(now, claim), read(was, claim))) or _is_replaced(gone, change))
    ]
    return "; ".join(told)


def _less(one: Counter[str], other: Counter[str]) -> list[str]:
    return list((one - other).elements())


def _is_replaced(gone: Iterable[str], change: Change) -> bool:
    """Say whether other words stand where these numbers stood: "22 people", "several people"."""
    words = re.split(r"[\s-]+", change.gone) if change.come_at else []
    counts = {f"{count:g}" for word in words if (count := count_of(word)) is not None}
    return bool(counts & set(gone))


def _counts(text: str, claim: Claim) -> Counter[str]:
    """Return the numbers of a text, in digits or words, days of months apart; "one" is none."""
    tables = load_tables()
    for name in ("day_month", "month_day", "time"):
        text = tables.patterns[name].sub(" ", text)
    counts = [count_of(match[0]) for match in WORD.finditer(text.replace("-", " "))]
    return Counter(f"{count:g}" for count in _summed(counts) if count != 1)


def _summed(counts: Iterable[float | None]) -> Iterator[float]:
    """Yield the numbers of a text word by word, with "twenty", "two" as one."""
    before: float | None = None
    for count in counts:
        if before in TENS and count is not None and 0 < count < 10:
            before = (before or 0) + count
            continue
        if before is not None:
            yield before
        before = count
    if before is not None:
        yield before


def _days(text: str, claim: Claim) -> Counter[str]:
    day = day_in(text, claim.said_at)
    return Counter([day] if day else [])


def _times(text: str, claim: Claim) -> Counter[str]:
    found = first_match("time", text)
    return Counter([fold(found[0])] if found else [])


def _is_unattributed(claim: Claim, after: Claim | None, now: str) -> bool:
    """Say whether what somebody said is now said by nobody in particular, or by another."""
    if claim.anonymous or not claim.source_text:
        return False
    if after is not None and after.speaker == claim.speaker:
        return False
    return (after is not None and after.anonymous) or not _is_named(claim, now)


def _is_named(claim: Claim, text: str) -> bool:
    """Say whether a text still names who said it: by the last name, or most words for him."""
    there, wanted = content_words(text), content_words(claim.source_text)
    person = claim.speaker_kind is HopKind.PERSON and claim.speaker
    last = content_words(claim.speaker.split()[-1]) if person and claim.speaker else frozenset()
    return bool(last & there) or len(wanted & there) > len(wanted) / 2


# -- knowledge -------------------------------------------------------------------------------------


def context_in(claims: Sequence[Claim], text: str) -> frozenset[str]:
    """Return the ids of the claims whose sentences tell of earlier times."""
    sentences = Sentences.of(text)
    found = ((one.id, " ".join(sentences.around(hull_of(one, claims)))) for one in claims)
    return frozenset(one for one, words in found if _pattern("context").search(words))


def corrections(was: str, now: str) -> Iterator[str]:
    """Yield the sentences of `now` in which the article owns up to a correction."""
    before = frozenset(Sentences.of(was).words)
    for sentence in Sentences.of(now).words:
        if sentence not in before and _pattern("correction").search(sentence):
            yield sentence


@cache
def _table() -> dict[str, dict[str, object]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _weaker(act: str | None) -> Collection[str]:
    weaker = _table()["weaker"].get(act or "", ())
    assert isinstance(weaker, Collection)
    return weaker


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(str(_table()["patterns"][name]), re.IGNORECASE)


__all__ = ["Edit", "adds_little", "context_in", "corrections", "drifts_of"]
