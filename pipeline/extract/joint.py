"""Several speakers at once: "X and Y"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.extract.draft import Speaker
from pipeline.extract.phrases import NAMES, Item
from pipeline.extract.scene import Scene


def read_joint(items: Sequence[Item], scene: Scene) -> Speaker | None:
    """Answer "X and Y": both are named, or it is no joint speaker."""
    sides = _sides(items)
    if len(sides) < 2:
        return None
    speakers = [scene.read(side) for side in sides]
    if any(speaker.name is None for speaker in speakers):
        return None
    states = all(_is_state(side) for side in sides)
    names = [
        scene.registry.country_name(speaker.countries[0]) if states else str(speaker.name)
        for speaker in speakers
    ]
    first = speakers[0]
    return Speaker(
        name=listed(names),
        kind=first.kind,
        countries=_union(speaker.countries for speaker in speakers),
        role=first.role,
        role_code=first.role_code,
        anonymous=all(speaker.anonymous for speaker in speakers),
        why="joint: " + "; ".join(speaker.why for speaker in speakers),
    )


def _sides(items: Sequence[Item]) -> list[list[Item]]:
    """Cut at "and" and the commas of its list; [] when the "and" joins something smaller."""
    cuts = [index for index, item in enumerate(items) if item.label in ("conj", "&")]
    if not cuts or any(item.label in ("prep", "rel") for item in items[: cuts[0]]):
        return []
    sides: list[list[Item]] = [[]]
    for index, item in enumerate(items):
        if index in cuts or (item.label == "," and index < cuts[-1]):
            sides.append([])
        else:
            sides[-1].append(item)
    sides = [side for side in sides if side]
    if _share_a_noun(sides) or _share_a_name(sides):
        return []
    return sides if all(_is_named(side) for side in sides) else []


def _share_a_noun(sides: Sequence[Sequence[Item]]) -> bool:
    """Say whether one nationality covers both: "Ruritanian officials and diplomats"."""
    labels = [[item.label for item in side] for side in sides]
    return all(ls[-1] == "unnamed" for ls in labels) and all(len(ls) == 1 for ls in labels[1:])


def _share_a_name(sides: Sequence[Sequence[Item]]) -> bool:
    """Say whether two offices are one person's: "Foreign Minister and Deputy PM Jan Novak"."""
    titles = ("office", "rank", "spokes")
    return any(one[-1].label in titles and two[0].label in titles for one, two in pairwise(sides))


def _is_named(items: Sequence[Item]) -> bool:
    """Say whether one side of an "and" stands for somebody by itself."""
    last = [item for item in items if item.label != "det"][-1:]
    labels = {"actor", "country", "capital", "body", "unnamed", "office", "spokes", *NAMES}
    return bool(last) and (last[0].label in labels or last[0].label.startswith("own "))


def _is_state(items: Sequence[Item]) -> bool:
    bare = [item for item in items if item.label not in ("det", "'s")]
    return len(bare) == 1 and bare[0].label in ("country", "capital")


def listed(names: Sequence[str]) -> str:
    """Return "A, B and C"."""
    return ", ".join(names[:-1]) + " and " + names[-1]


def _union(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for group in groups:
        found.update(dict.fromkeys(group))
    return tuple(found)
