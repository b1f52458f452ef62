"""What is new, what was edited, and how much two texts share."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import pytest

from pipeline.dedupe import Change, change_of, containment, fresh_articles, resemblance, sketch_text
from pipeline.records import Entry, Sketch
from tests.factories import FEED_URL, NOON, feed

# -- new, edited, elsewhere, same ---------------------------------------------------------------


def entry(n: int = 1, **changes: object) -> Entry:
    made = Entry(
        feed_url=FEED_URL,
        url=f"https://one.test/{n}",
        guid=f"g{n}",
        title=f"Title {n}",
        summary="A summary.",
        content="",
        outlet="The One",
        language="en",
        id=f"id{n}",
        fingerprint=f"f{n}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # checked by each test


@pytest.mark.parametrize(
    ("known", "change"),
    [
        ({}, Change.NEW),
        ({"id2": "f1"}, Change.NEW),
        ({"id1": "f1"}, Change.SAME),
        ({"id1": "f0"}, Change.EDITED),
        ({"id1": ""}, Change.ELSEWHERE),
    ],
)
def test_what_an_entry_is_depends_on_what_this_feed_showed(
    known: dict[str, str], change: Change
) -> None:
    assert change_of(entry(), known) is change


def test_new_edited_and_elsewhere_go_to_the_store_and_the_same_does_not() -> None:
    known = {"id2": "f2", "id3": "f0", "id4": ""}
    fresh = fresh_articles([entry(n) for n in (1, 2, 3, 4)], feed(), known, NOON)
    assert [article.id for article in fresh.articles] == ["id1", "id3", "id4"]
    assert (fresh.entries, fresh.new, fresh.edited) == (4, 1, 1)


def test_an_article_keeps_what_the_entry_said() -> None:
    shown = entry(authors=("Ada",), published=NOON, published_from="pubDate", content="All of it.")
    (article,) = fresh_articles([shown], feed(), {}, NOON, baseline=True).articles
    assert (article.summary, article.authors, article.country) == ("All of it.", ("Ada",), "AA")
    assert (article.first_seen, article.published, article.baseline) == (NOON, NOON, True)
    assert (article.fingerprint, article.text) == ("f1", "")


def test_another_outlet_s_story_in_an_aggregator_has_no_country_of_the_feed_s() -> None:
    (article,) = fresh_articles([entry(outlet="The Two")], feed(), {}, NOON).articles
    assert (article.outlet, article.country) == ("The Two", None)


def test_an_id_that_occurs_twice_counts_once_the_first_time() -> None:
    twice = [entry(1, fingerprint="after"), entry(1, fingerprint="before")]
    fresh = fresh_articles(twice, feed(), {}, NOON)
    assert [article.fingerprint for article in fresh.articles] == ["after"]
    assert (fresh.entries, fresh.new) == (2, 1)


def test_a_story_listed_in_two_states_is_not_edited_at_each_poll() -> None:
    twice = [entry(1, fingerprint="after"), entry(1, fingerprint="before")]
    again = fresh_articles(twice, feed(), {"id1": "after"}, NOON)
    assert (again.articles, again.new, again.edited) == ((), 0, 0)


def test_entries_without_an_id_stay_apart_and_keep_theirs() -> None:
    unnamed = [replace(entry(n), id="") for n in (1, 2)]
    first, second = (fresh_articles(unnamed, feed(), {}, NOON).articles for _ in range(2))
    assert len({article.id for article in first} | {""}) == 3
    assert first == second


# -- sketches -------------------------------------------------------------------------------------

SMALL = ["the", "of", "to", "and", "in", "that", "a", "on", "for", "with", "was", "he", "said"]
SYLLABLES = ["ba", "den", "fir", "go", "hal", "ke", "lum", "mer", "nos", "pi", "ru", "sta", "vo"]
LARGE = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]


def sentence(chance: random.Random) -> str:
    """Return as many small words as large ones, as languages have them."""
    pairs = (f"{chance.choice(SMALL)} {chance.choice(LARGE)}" for _ in range(chance.randint(4, 12)))
    return " ".join(pairs).capitalize() + "."


def story(seed: int, paragraphs: int = 12) -> list[str]:
    """Return the paragraphs of a made-up story; two seeds share nothing but chance."""
    chance = random.Random(seed)
    return [f"{sentence(chance)} {sentence(chance)}" for _ in range(paragraphs)]


def edited(text: str, share: float, seed: int = 1) -> str:
    """Return `text` with this share of its words replaced."""
    chance, words = random.Random(seed), text.split(" ")
    for place in chance.sample(range(len(words)), round(share * len(words))):
        words[place] = f"word{chance.randrange(10_000)}"
    return " ".join(words)


def sketched(text: str, name: str = "a") -> Sketch:
    made = sketch_text(name, text)
    assert made is not None
    return made


def grams(text: str) -> set[tuple[str, ...]]:
    words = text.lower().replace(",", "").replace(".", "").split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def meet(one: Sketch, other: Sketch) -> bool:
    return bool(set(one.bands) & set(other.bands))


STORY = "\n\n".join(story(1))
KNOWN = "The envoys of both states said that they would meet on the bridge again in the spring."


def test_a_sketch_is_the_same_in_every_process() -> None:
    code = (
        "import sys; from pipeline.dedupe import sketch_text; s = sketch_text('a', sys.argv[1]);"
        "print(s.bands[0], s.bands[41], *s.bands[42:], s.signature[:8].hex(), s.length)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, KNOWN],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("0", "77")
    }
    # Sketches are stored: another value here means that stored ones are worth nothing.
    assert printed == {"8b39b3a06f8c76c5fa18 eba56de73a3f15fd2bb4 run ce4b449e bcf9670849775817 17"}


def test_case_accents_punctuation_and_line_breaks_do_not_count() -> None:
    other = KNOWN.upper().replace("THAT", "—thát,").replace(" AGAIN ", "\n\n“again” ")
    assert sketched(other) == sketched(KNOWN)


@pytest.mark.parametrize(
    "text", ["", "   ", "Too short to tell.", "one two three four five six seven eight nine ten x"]
)
def test_a_text_of_a_few_words_has_no_sketch(text: str) -> None:
    assert sketch_text("a", text) is None


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05, 0.1])
def test_resemblance_is_that_of_the_3_grams(share: float) -> None:
    errors = []
    for seed in range(20):
        text = "\n".join(story(seed))
        other = edited(text, share, seed)
        true = len(grams(text) & grams(other)) / len(grams(text) | grams(other))
        assert meet(sketched(text), sketched(other))
        errors.append(abs(resemblance(sketched(text), sketched(other)) - true))
    assert max(errors) < 0.13
    assert sum(errors) / len(errors) < 0.05


@pytest.mark.parametrize("kept", [1, 2, 4, 8])
def test_a_cut_text_is_wholly_contained_and_meets_the_whole(kept: int) -> None:
    met = 0
    for seed in range(20):
        parts = story(seed)
        whole, cut = sketched("\n".join(parts)), sketched("\n".join(parts[:kept]))
        assert containment(whole, cut) == containment(cut, whole) == 1.0
        assert resemblance(whole, cut) < 0.95
        met += meet(whole, cut)
    assert met >= 19


def test_short_texts_are_measured_exactly() -> None:
    one = "the envoys met on the bridge and the crowd was waiting for them in the rain"
    other = "the envoys met on the bridge and nobody was waiting for them in the rain"
    shared, both = grams(one) & grams(other), grams(one) | grams(other)
    assert resemblance(sketched(one), sketched(other)) == len(shared) / len(both)


def test_unrelated_texts_share_next_to_nothing_and_rarely_meet() -> None:
    sketches = [sketched("\n".join(story(seed))) for seed in range(40)]
    pairs = [(a, b) for a in sketches for b in sketches if a is not b]
    assert max(resemblance(a, b) for a, b in pairs) < 0.1
    assert sum(meet(a, b) for a, b in pairs) / len(pairs) < 0.02


HINDI = (
    "दोनों राज्यों के दूतों ने कहा कि वे वसंत में पुल पर फिर मिलेंगे। मंत्री ने बताया कि नाव सेवा गुरुवार "
    "से फिर शुरू होगी और सैनिक पुल से दूर रहेंगे। किसानों ने बाँध के पानी को लेकर चिंता जताई।"
)
URDU = (
    "دونوں ریاستوں کے ایلچیوں نے کہا کہ وہ بہار میں پل پر دوبارہ ملیں گے۔ وزیر نے بتایا کہ کشتی "
    "سروس جمعرات سے دوبارہ شروع ہوگی اور فوجی پل سے دور رہیں گے۔ "
    "کسانوں نے بند کے پانی پر تشویش ظاہر کی۔"
)


@pytest.mark.parametrize("text", [HINDI, URDU])
def test_hindi_and_urdu_texts_are_told_apart_like_any_other(text: str) -> None:
    whole = sketched(text)
    assert whole.length == len(text.split())
    words = text.split()
    cut = sketched(" ".join(words[: len(words) // 2]))
    assert containment(whole, cut) == 1.0
    assert meet(whole, cut)
    assert resemblance(whole, sketched(" ".join(reversed(words)))) < 0.1


def test_spelling_variants_of_one_urdu_letter_make_no_difference() -> None:
    assert sketched(URDU.replace("ی", "ي").replace("ک", "ك")) == sketched(URDU)


def test_a_huge_text_has_a_small_sketch() -> None:
    made = sketched("\n".join(story(3, 3000)))
    assert len(made.signature) == 512
    assert len(made.bands) <= 42 + 40 + 64
