"""Our own sentences as training texts: each alone, as headlines come, and several in a row.

In an article a sentence has neighbours, and the encoder sees them; alone it sees none. Both are
met in use: the extractor reads whole articles, then every content as a text of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from training.passages import Attribution, Passage

TOGETHER = (3, 7)  # sentences in a row, at least and at most


def mixed(passages: Sequence[Passage], repeats: int, order: random.Random) -> list[Passage]:
    """Return every level of every passage alone, then `repeats - 1` times joined with others."""
    texts = [level for passage in passages for level in passage.levels()]
    for _ in range(repeats - 1):
        texts.extend(joined(passages, order))
    return texts


def joined(passages: Sequence[Passage], order: random.Random) -> Iterator[Passage]:
    """Yield the passages of each event in a random order as articles of a few lines."""
    for _, event in groupby(passages, key=lambda one: one.event):
        rest = list(event)
        order.shuffle(rest)
        while rest:
            size = order.randint(*TOGETHER)
            yield article(rest[:size])
            del rest[:size]


def article(passages: Sequence[Passage]) -> Passage:
    """Return the outer reports of several passages as one text, a line each."""
    text = ""
    found: list[Attribution] = []
    for passage in passages:
        top = next(passage.levels())
        found.extend(one.moved(len(text)) for one in top.attributions)
        text += passage.text + "\n"
    return replace(passages[0], text=text, attributions=tuple(found))
