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
    return read_modality(grammar, act, text)[0]


def read_modality(grammar: Grammar, act: str, text: str) -> tuple[str, str]:
    """Return the modality of `act` in the words `text`, and which of them made it so."""
    if act in ALWAYS:
        return ALWAYS[act], f"every {act} is"
    condition = _condition(grammar, act, text)
    if condition:
        return "conditional", condition
    future = _still_to_come(grammar, act, text)
    if future:
        return "planned", future
    past = _found(grammar, "past", text) if act in PERFORMED else ""
    return ("past", past) if past else ("actual", "no word puts it off or hangs it on another")


def is_conditional(grammar: Grammar, act: str, text: str) -> bool:
    """Whether the act hangs on an if, unless or until; a refusal only on if or unless."""
    if act in UNCONDITIONAL:
        return False
    plain = grammar.lists_re("modality", "no_condition").sub(" ", text)
    return bool(_found(grammar, "strict" if act in REFUSALS else "condition", plain))


def _condition(grammar: Grammar, act: str, text: str) -> str:
    proposed = _found(grammar, "proposing", text) if act == "CF_EXTEND" else ""
    if proposed or not is_conditional(grammar, act, text):
        return proposed
    return _found(grammar, "strict" if act in REFUSALS else "condition", text)


def is_hedged(grammar: Grammar, text: str) -> bool:
    """Whether the words leave a door open: reportedly, may, in principle ..."""
    return bool(_found(grammar, "hedge", text))


def _still_to_come(grammar: Grammar, act: str, text: str) -> str:
    if act in STEPS:
        return _found(grammar, "planned", text)
    if act == "MED_REQUEST":
        return _found(grammar, "asking_later", text)
    return _found(grammar, "reply_later", text) if act in ("MED_REJECT", "CF_REJECT") else ""


def _found(grammar: Grammar, name: str, text: str) -> str:
    """Return the words of a list that stand in `text`, quoted; "" for none."""
    match = grammar.lists_re("modality", name).search(text)
    return repr(match[0]) if match else ""
