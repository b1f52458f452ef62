"""Why a claim is what it is: for each part the decision, the words, and the rule or score.

The components leave their reasons on the drafts (`why`); this puts them into one table. Claims
do not carry it: it is made anew by reading the text again, and nothing stored grows.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.extract.draft import Draft
from pipeline.records import Claim

PARTS = ("attribution", "speaker", "chain", "act", "modality", "background", "alert")
NOT_ASKED = "not asked: no act"


def explanation(draft: Draft, claim: Claim) -> Mapping[str, str]:
    """Return for each of PARTS what was decided about a claim and why, in words."""
    return {
        "attribution": _attribution(draft, claim),
        "speaker": _with(_speaker(claim), _why(draft, "speaker")),
        "chain": f"{' <- '.join(hop.name for hop in claim.chain)}: {_why(draft, 'chain')}",
        "act": _why(draft, "act"),
        "modality": _with(claim.modality, _why(draft, "modality")),
        "background": _why(draft, "background"),
        "alert": _with("yes" if claim.alert_worthy else "no", _why(draft, "alert")),
    }


def _attribution(draft: Draft, claim: Claim) -> str:
    cue = f"cue {claim.cue_text!r}" if claim.cue_text else "no cue"
    found = f"{draft.found_by}, score {draft.confidence:.2f}, {cue} ({draft.cue_kind})"
    told = draft.why.get("attribution", "")
    plain = not told or told.startswith(draft.found_by)  # only the score again
    return found if plain else f"{found}: {told}"


def _speaker(claim: Claim) -> str:
    name = claim.speaker or "unresolved"
    return f"{name}, of {claim.source_text!r}" if claim.source_text else name


def _with(decision: str | None, reason: str) -> str:
    return f"{decision}: {reason}" if decision and reason != NOT_ASKED else reason


def _why(draft: Draft, part: str) -> str:
    return draft.why.get(part, NOT_ASKED)
