"""What kind of change a statement is to its party's stance: reversal, softening, hardening ...

Acts of one aspect stand on a scale from refusal to consent (`[stances]` of the tables); what is
hedged or conditional counts half. Towards consent is softening, towards refusal hardening; what
takes back a firm word is a reversal. Two firm acts of one side are no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.compare.about import is_same_object
from pipeline.compare.keys import Said
from pipeline.compare.slots import is_same_detail
from pipeline.compare.tables import aspect_of, is_kind, load_tables, takes_back
from pipeline.compare.voices import NOT_ITSELF
from pipeline.records import Ledger, Position, Proposition

FIRST, REVERSAL, SOFTENING, HARDENING = "first statement", "reversal", "softening", "hardening"
MEDIATOR, CONDITION = "new mediator named", "new condition"
SHOWN = 60  # characters of the words before and now


def kind_between(before: str | None, act: str, *, was_firm: bool = True, firm: bool = True) -> str:
    """Return the kind of change from one act to another of the aspect; "" for none.

    `before` None is no earlier stance at all.
    """
    if before is None:
        return FIRST
    if was_firm and firm and takes_back(act, before):
        return REVERSAL
    old, new = _level(before, firm=was_firm), _level(act, firm=firm)
    if old == new or (was_firm and firm and old * new > 0):
        return ""  # thanks after consent take nothing back
    return SOFTENING if new > old else HARDENING


def change_of(said: Said, ledger: Ledger) -> str:
    """Return what a claim changes in its party's stance, in words; "" for nothing.

    Incidents change no stance, nor does what others tell of the party.
    """
    if said.voice.level in NOT_ITSELF or said.claim.background or is_kind("incidents", said.act):
        return ""
    earlier = earlier_of(said, ledger)
    if not earlier:
        return _after_standing(said, ledger.positions)
    last = earlier[-1]
    kind = kind_between(last.act, said.act, was_firm=last.firm, firm=said.firm)
    turned = f"{kind}: {_quoted(last.text)} -> {_quoted(said.claim.text)}" if kind else ""
    return "; ".join(filter(None, (turned, *details_between(said, earlier))))


def earlier_of(said: Said, ledger: Ledger) -> list[Proposition]:
    """Return what the party itself said before on this aspect of the object, newest last."""
    found = (p for p in ledger.propositions if _is_earlier(said, p))
    return sorted(found, key=lambda p: (p.last_stated, p.id))


def details_between(said: Said, earlier: Sequence[Proposition]) -> tuple[str, ...]:
    """Return the mediator and the condition that the party has not named on this before."""
    named = set(said.about.third)
    known = {name for p in earlier for name in p.third}
    new = [f"{MEDIATOR}: {', '.join(sorted(named))}"] if named and not named & known else []
    condition = dict(said.slots).get("condition")
    old = [dict(p.slots).get("condition") for p in earlier]
    if condition and not any(is_same_detail("condition", one, condition) for one in old):
        new.append(f"{CONDITION}: {condition}")
    return tuple(new)


def _is_earlier(said: Said, other: Proposition) -> bool:
    """Say whether a party took a stand on this aspect of the object before, on any mediator."""
    if other.party != said.party or aspect_of(other.act) != aspect_of(said.act):
        return False
    if other.voice in NOT_ITSELF or other.first_stated >= said.claim.said_at:
        return False
    about = replace(said.about, third=())
    return is_same_object(about, said.act, other, said.claim.said_at)


def _after_standing(said: Said, positions: Iterable[Position]) -> str:
    wanted = (said.party, said.about.issue, aspect_of(said.act))
    for p in positions:
        if p.claim_id is None and (p.party, p.issue, aspect_of(p.act)) == wanted:
            kind = kind_between(p.act, said.act, firm=said.firm)
            return f"{kind}: {_quoted(p.text)} -> {_quoted(said.claim.text)}" if kind else ""
    return FIRST


def _level(act: str, *, firm: bool) -> float:
    level = load_tables().stances.get(act, 0)
    return level if firm else level / 2


def _quoted(text: str) -> str:
    words = text.strip(" \"'“”‘’,.")
    return f"“{words}”" if len(words) <= SHOWN else f"“{words[:SHOWN].rsplit(' ', 1)[0]} ...”"
