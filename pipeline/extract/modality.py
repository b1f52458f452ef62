"""How an act is meant: actual, conditional, planned or past; and whether it is hedged.

The rules are the gold set's: an offer, vow, refusal, declaration or threat is actual once
uttered; an accusation is actual however old the breach; credit claimed lies in the past.
"""

from __future__ import annotations

from pipeline.extract.patterns import Grammar

ALWAYS = {"MED_CLAIM": "past", "CF_VIOLATION": "actual", "CF_DENY_VIOLATION": "actual"}
REFUSALS = frozenset(
    {"MED_REJECT", "TALKS_REJECT", "CF_REJECT", "BILATERAL_ONLY", "MED_DENY", "CF_DENY", "CF_END"}
)
UNCONDITIONAL = frozenset({"CF_CALL", "DEESC_CALL", "MED_WELCOME", "CF_WELCOME", "MED_REQUEST"})
STEPS = frozenset({"TALKS_AGREE", "MED_CONDUCT", "DEESC_COMMIT"})  # planned while still to come
PERFORMED = frozenset(
    (
        "MED_REQUEST",
        "MED_ACCEPT",
        "MED_REJECT",
        "MED_WELCOME",
        "MED_OFFER",
        "CF_AGREE",
        "CF_PROPOSE",
    )
)


def modality_of(grammar: Grammar, act: str, text: str) -> str:
    """Return the modality of `act` in the words `text`."""
    if act in ALWAYS:
        return ALWAYS[act]
    proposed = act == "CF_EXTEND" and _says(grammar, "proposing", text)
    if proposed or is_conditional(grammar, act, text):
        return "conditional"
    if _still_to_come(grammar, act, text):
        return "planned"
    return "past" if act in PERFORMED and _says(grammar, "past", text) else "actual"


def is_conditional(grammar: Grammar, act: str, text: str) -> bool:
    """Whether the act hangs on an if, unless or until; a refusal only on if or unless."""
    if act in UNCONDITIONAL:
        return False
    plain = grammar.lists_re("modality", "no_condition").sub(" ", text)
    return _says(grammar, "strict" if act in REFUSALS else "condition", plain)


def is_hedged(grammar: Grammar, text: str) -> bool:
    """Whether the words leave a door open: reportedly, may, in principle ..."""
    return _says(grammar, "hedge", text)


def _still_to_come(grammar: Grammar, act: str, text: str) -> bool:
    if act in STEPS:
        return _says(grammar, "planned", text)
    if act == "MED_REQUEST":
        return _says(grammar, "asking_later", text)
    return act in ("MED_REJECT", "CF_REJECT") and _says(grammar, "reply_later", text)


def _says(grammar: Grammar, name: str, text: str) -> bool:
    return grammar.lists_re("modality", name).search(text) is not None
