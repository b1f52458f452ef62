"""How many origins do N outlets have? Reprints of one text are one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from pipeline.compare.origins import is_copy, origin_of
from pipeline.dedupe import containment, resemblance, sketch_text
from pipeline.records import Article, Credit, Sketch
from tests.factories import article
from tests.test_dedupe import edited, story

# Two reports of one event by two reporters, with the same quotations.
ONE = """The two river states will talk again in April, their envoys said on Monday after ten hours
in the customs house. "We have not solved the question of the dam, but we have stopped shouting
about it," Mara Teal of the northern state told reporters. Her counterpart Ivo Lindt promised to
keep soldiers off the bridge. The ferry is to run again from Thursday, the harbour board said.
Both capitals had called their envoys back in February, when a boat was shot at on the lake."""
OTHER = """A second round of negotiations over the valley's water is planned for spring in the small
town of Oakford. It was announced late at night by delegates who looked tired but content. "We
have not solved the question of the dam, but we have stopped shouting about it," said Mara Teal,
who leads the northern delegation. From the south, Ivo Lindt offered that no troops would come
near the crossing. Traders at the market welcomed the news, while fishermen remained doubtful,
since nobody had spoken of nets. Boats may use the harbour later this week."""


class Shelf:
    """What flow does with a store: finds lookalikes, oldest first, and keeps what it found."""

    def __init__(self) -> None:
        self.seen = 0
        self.kept: list[tuple[Article, Sketch]] = []

    def add(self, text: str, *, agency: str | None = None) -> str:
        """Return the origin of the next article."""
        shown = article(self.seen, text=text, credit=Credit(origin=agency))
        self.seen += 1
        sketch = sketch_text(shown.id, text)
        alike = [pair for pair in self.kept if sketch and set(pair[1].bands) & set(sketch.bands)]
        origin = origin_of(shown, sketch, alike, resemblance=resemblance, containment=containment)
        if sketch is not None:
            self.kept.append((replace(shown, origin=origin), sketch))
        return origin


def origins(*texts: str) -> int:
    shelf = Shelf()
    return len({shelf.add(text) for text in texts})


def whole(parts: Sequence[str]) -> str:
    return "\n\n".join(parts)


REPRINTS: dict[str, Callable[[list[str], int], str]] = {
    "word for word": lambda parts, n: whole(parts),
    "1 % of the words changed": lambda parts, n: edited(whole(parts), 0.01, n),
    "5 % of the words changed": lambda parts, n: edited(whole(parts), 0.05, n),
    "10 % of the words changed": lambda parts, n: edited(whole(parts), 0.1, n),
    "cut to the first third": lambda parts, n: whole(parts[: len(parts) // 3]),
    "cut to the first half and edited": lambda parts, n: edited(
        whole(parts[: len(parts) // 2]), 0.03, n
    ),
    "without its lead": lambda parts, n: whole(parts[2:]),
    "another headline": lambda parts, n: whole([story(n + 7000, 1)[0], *parts]),
    "agency line added": lambda parts, n: whole(["OAKFORD (Agency) -- " + parts[0], *parts[1:],
                                                 "(With inputs from our reporters)"]),
    "own paragraphs before": lambda parts, n: whole([*story(n + 8000, 3), *parts]),
    "own paragraphs after": lambda parts, n: whole([*parts, *story(n + 8100, 3)]),
    "own paragraphs among": lambda parts, n: whole([*parts[:5], *story(n + 8200, 3), *parts[5:]]),
    "cut, and own paragraphs after": lambda parts, n: whole([*parts[:6], *story(n + 8300, 3)]),
}  # fmt: skip


@pytest.mark.parametrize("how", REPRINTS)
def test_a_reprint_has_the_origin_of_what_it_copies(how: str) -> None:
    """In whatever order the two came."""
    right = 0
    for seed in range(20):
        parts = story(seed)
        copy = REPRINTS[how](parts, seed)
        right += origins(whole(parts), copy) == 1
        right += origins(copy, whole(parts)) == 1
    assert right >= 39


def families() -> Iterator[tuple[int, str]]:
    """Yield texts of 40 families of six reprints each, and 40 stories of one outlet, mixed."""
    chance = random.Random(5)
    made = [
        (seed, REPRINTS[how](story(seed), seed))
        for seed in range(100, 140)
        for how in chance.sample(sorted(REPRINTS), 6)
    ]
    made += [(seed, whole(story(seed))) for seed in range(200, 240)]
    chance.shuffle(made)
    yield from made


def test_the_number_of_origins_is_right_for_nearly_all_families() -> None:
    shelf, found = Shelf(), dict[int, set[str]]()
    for family, text in families():
        found.setdefault(family, set()).add(shelf.add(text))
    assert sum(len(names) == 1 for names in found.values()) >= 0.95 * len(found)
    every = [name for names in found.values() for name in names]
    assert len(every) == len(set(every))  # no origin in two families


def test_two_reports_of_one_event_are_two_origins() -> None:
    assert origins(ONE, OTHER) == 2


def test_two_briefs_around_one_quotation_are_two_origins() -> None:
    quote = '"We have not solved the question of the dam but we have stopped shouting about it"'
    one = f"After talks that lasted until midnight, envoy Mara Teal said: {quote}. She left by car."
    other = f"{quote}, a northern delegate declared. Traders in the valley were glad to hear it."
    assert origins(one, other) == 2


def test_a_brief_and_its_reprint_are_one_origin() -> None:
    brief = "The ferry on the lake will run again from Thursday, the harbour board said on Monday."
    assert origins(brief, brief.replace("on Monday", "late on Monday")) == 1


def test_a_summary_taken_from_a_report_has_its_origin() -> None:
    parts = story(4)
    assert origins(whole(parts), parts[0]) == 1


def test_texts_too_short_to_compare_are_their_own_origin() -> None:
    assert origins("Talks go on", "Talks go on ") == 2


def test_a_copy_of_a_copy_has_the_first_one_s_origin() -> None:
    parts, shelf = story(9), Shelf()
    first = shelf.add(whole(parts))
    assert shelf.add(whole(parts[:6])) == shelf.add(whole(parts[:3])) == first == "article-0000"


def test_the_nearest_of_several_decides() -> None:
    shelf = Shelf()
    shelf.add(whole([*story(1, 4), *story(2, 8)]))
    second = shelf.add(whole(story(3)))
    assert shelf.add(whole([*story(1, 4)[:2], *story(3)])) == second


def test_an_article_is_no_copy_of_its_own_copies() -> None:
    text = whole(story(5))
    first, copy = article(1, origin="article-0001"), article(2, origin="article-0001")
    sketches = [made for n in (1, 2) if (made := sketch_text(f"article-{n:04}", text))]
    measures = {"resemblance": resemblance, "containment": containment}
    assert origin_of(first, sketches[0], [(copy, sketches[1])], **measures) == first.id
    assert origin_of(first, sketches[0], [(first, sketches[0])], **measures) == first.id
    assert origin_of(copy, None, [(first, sketches[0])], **measures) == copy.id


def test_two_agencies_copies_with_much_in_common_stay_two_origins() -> None:
    parts = story(6)
    shared = whole(parts[:6])
    one, other = whole([shared, *story(61, 4)]), whole([shared, *story(62, 4)])
    shelf = Shelf()
    assert shelf.add(one, agency="PTI") != shelf.add(other, agency="ANI")
    assert origins(one, other) == 1
    assert shelf.add(one, agency=None) == shelf.add(one, agency="ANI") == "article-0000"


@pytest.mark.parametrize(
    ("alike", "held", "shorter", "copy"),
    [
        (0.25, 0.3, 200, True),
        (0.10, 0.4, 200, True),
        (0.10, 0.28, 200, False),  # the most that two reports of one event were seen to share
        (0.30, 0.6, 40, False),
        (0.10, 0.75, 40, True),
        (0.50, 1.0, 20, False),
        (0.60, 0.8, 20, True),
    ],
)
def test_the_shorter_a_text_the_more_of_it_must_be_shared(
    alike: float, held: float, shorter: int, copy: bool
) -> None:
    assert is_copy(alike, held, shorter) is copy
