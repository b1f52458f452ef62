"""Alert rules: `[[rule]]` tables whose keys are the fields of `records.Rule`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from pipeline.config.document import Problem, read_document, unknown, validate_list, wrong
from pipeline.config.settings import STRICT
from pipeline.records import Rule, RuleKind

CLAIM_KEYS = frozenset({"acts", "themes", "parties", "novelty", "anonymous", "min_confidence"})
KEYWORD_KEYS = frozenset({"any", "all", "none", "near", "within", "fields"})
FIELDS = ("title", "summary", "text")  # where a keyword rule can look
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a rule may name. The caller knows; this module does not."""

    acts: Collection[str]
    themes: Collection[str]
    topics: Collection[str]
    channels: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleFile:
    rule: tuple[Rule, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


def load_rules(path: Path, *, names: Names) -> tuple[Rule, ...]:
    """Return the rules at `path` in their order, disabled ones too; none if there is no file.

    Raises:
        ConfigError: with every fault of the file: an unknown act, theme, topic, channel or
            field, an impossible time or number, a key of the other kind of rule.
    """
    if not path.exists():
        return ()
    document = read_document(path)
    file, places, problems = validate_list(document, "rule", _RuleFile)
    first: dict[str, str] = {}
    for place, rule in zip(places, file.rule, strict=True):
        key = ("rule", place)
        given = frozenset(document.data["rule"][place])
        faults = [*_rule_faults(rule, names), *_kind_faults(rule, given)]
        here = document.where(key)
        if first.setdefault(rule.name, here) != here:
            faults.append(("name", f"the rule in {first[rule.name]} has the same name"))
        problems += [Problem((*key, *_path(field)), why) for field, why in faults]
    if problems:
        raise wrong(document, problems)
    return file.rule


Fault = tuple[str | tuple[str, int], str]  # a key, perhaps with a place in its list, and why


def _path(field: str | tuple[str, int]) -> tuple[str | int, ...]:
    return (field,) if isinstance(field, str) else field


def _rule_faults(rule: Rule, names: Names) -> Iterator[Fault]:
    yield from _unknown_names("acts", "act", rule.acts, names.acts)
    yield from _unknown_names("themes", "theme", rule.themes, names.themes)
    yield from _unknown_names("topics", "topic", rule.topics, names.topics)
    yield from _unknown_names("channels", "channel", rule.channels, names.channels)
    yield from _unknown_names("fields", "field", rule.fields, FIELDS)
    yield from _empty_words(rule)
    yield from _number_faults(rule)
    if not rule.channels:
        yield "channels", "names no channel, so its alerts could not leave"
    for place, clock in enumerate(rule.quiet_hours or ()):
        if not _CLOCK.fullmatch(clock):
            yield ("quiet_hours", place), f'must be a time like "22:00", not "{clock}"'
    if rule.quiet_hours and rule.quiet_hours[0] == rule.quiet_hours[1]:
        yield "quiet_hours", "begins and ends at the same time"


def _unknown_names(
    key: str, what: str, given: Collection[str], valid: Collection[str]
) -> Iterator[Fault]:
    for place, name in enumerate(given):
        if name not in valid:
            yield (key, place), unknown(what, name, valid)


def _empty_words(rule: Rule) -> Iterator[Fault]:
    if not rule.name.strip():
        yield "name", "must not be empty"
    for key in ("languages", "outlets", "parties", "any", "all", "none", "near"):
        for place, word in enumerate(getattr(rule, key)):
            if not word.strip():
                yield (key, place), "must not be empty"


def _number_faults(rule: Rule) -> Iterator[Fault]:
    if not 0 <= rule.min_confidence <= 1:
        yield "min_confidence", f"must be between 0 and 1, not {rule.min_confidence}"
    for key, least in (("within", 1), ("digest_minutes", 0), ("max_per_hour", 0)):
        if getattr(rule, key) < least:
            yield key, f"must be {least} or more, not {getattr(rule, key)}"


def _kind_faults(rule: Rule, given: frozenset[str]) -> Iterator[Fault]:
    keyword = rule.kind == RuleKind.KEYWORD
    for key in sorted(given & (CLAIM_KEYS if keyword else KEYWORD_KEYS)):
        other = "claim" if keyword else "keyword"
        yield key, f'belongs to {other} rules; this one has kind = "{rule.kind}"'
    if keyword and not (rule.any or rule.all or rule.near):
        yield "kind", 'a keyword rule needs words under "any", "all" or "near"'
    if len(rule.near) == 1:
        yield "near", "needs two words or more"


assert {item.name for item in fields(Rule)} >= CLAIM_KEYS | KEYWORD_KEYS
