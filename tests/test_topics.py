from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.config.topics import FIELDS, KINDS, load_topic, load_topics
from pipeline.errors import ConfigError
from pipeline.filter import WEIGHTS, TopicFilter, topics_of
from pipeline.records import Company, Topic
from pipeline.terms import TermMatcher

ROOT = Path(__file__).parent.parent
SHIPPED = load_topics(ROOT / "config")

SOUND = """\
[topic]
id = "straits"
name = "The straits"
parties = ["AR", "Vell Guard"]
languages = ["en", "hi"]

[[terms]]
group = "treaties"
kind = "treaties"
strong = true
en = ["Treaty of Vell",
      "Vell accord"]
hi = ["वेल संधि"]

[[terms]]
group = "north"
kind = "countries"
en = ["Arland"]

[[company]]
all = ["north", "treaties"]
near = 9

[lookalikes]
en = ["Arland cheese"]

[[exclude]]
id = "sport"
unless = ["treaties"]
en = ["goalkeeper"]

[[issue]]
id = "truce"
name = "The truce"
themes = ["ceasefire"]
en = ["truce"]
hi = ["विराम"]
"""


def load(tmp_path: Path, text: str) -> Topic:
    path = tmp_path / "straits.toml"
    path.write_text(text, encoding="utf-8")
    return load_topic(path)


def test_a_topic_file_becomes_a_topic(tmp_path: Path) -> None:
    topic = load(tmp_path, SOUND)
    assert (topic.id, topic.parties, topic.languages) == (
        "straits", ("AR", "Vell Guard"), ("en", "hi"),
    )  # fmt: skip
    assert [(term.text, term.language, term.strong) for term in topic.terms] == [
        ("Treaty of Vell", "en", True),
        ("Vell accord", "en", True),
        ("वेल संधि", "hi", True),
        ("Arland", "en", False),
    ]
    assert topic.companies == (Company(all=("north", "treaties"), near=9),)
    assert topic.lookalikes == ("Arland cheese",)
    assert (topic.exclusions[0].terms, topic.exclusions[0].unless) == (
        ("goalkeeper",),
        ("treaties",),
    )
    assert (topic.issues[0].terms, topic.issues[0].themes) == (("truce", "विराम"), ("ceasefire",))


def test_two_languages_may_share_a_spelling_within_a_group(tmp_path: Path) -> None:
    topic = load(tmp_path, SOUND.replace('hi = ["वेल संधि"]', 'hi = ["treaty of vell"]'))
    assert [term.text for term in topic.terms].count("Treaty of Vell") == 1
    assert "treaty of vell" not in [term.text for term in topic.terms]


FAULTS = [
    ('strong = true', 'stong = true', 10, 'did you mean "strong"?'),
    ('hi = ["वेल संधि"]', 'ur = ["ویل"]', 13, 'unknown key or language "ur"'),
    ('"Vell accord"]', '"treaty-of  VELL"]', 12, 'listed already as "Treaty of Vell"'),
    ('en = ["Arland"]', 'en = ["Arland", "Vell Accord"]', 18, "(group treaties)"),
    ('en = ["goalkeeper"]', 'en = ["arland"]', 30, 'listed already as "Arland" (group north)'),
    ('en = ["Arland cheese"]', 'en = ["ARLAND"]', 25, 'listed already as "Arland"'),
    ('en = ["Arland"]', 'en = ["--"]', 18, "has no letter or digit"),
    ('en = ["Arland"]', 'en = "Arland"', 18, "must be a list of words"),
    ('en = ["Arland"]', 'en = [7]', 18, "must be text in quotes"),
    ('en = ["Arland"]', '', 15, "lists no words"),
    ('languages = ["en", "hi"]', 'languages = ["en", "hi", "English"]', 5,
     'unknown language "English"'),
    ('languages = ["en", "hi"]', 'languages = []', 5, "names no language"),
    ('parties = ["AR", "Vell Guard"]', 'parties = ["ar"]', 4, "in capitals"),
    ('id = "straits"', 'id = "The Straits"', 2, "small letters"),
    ('all = ["north", "treaties"]', 'all = ["nort", "treaties"]', 21, 'did you mean "north"?'),
    ('all = ["north", "treaties"]', 'all = ["north"]', 20, "needs two groups or more"),
    ('near = 9', 'near = -1', 22, "must be 0 or more"),
    ('near = 9', 'fields = ["titel"]', 22, 'did you mean "title"?'),
    ('unless = ["treaties"]', 'unless = ["treatys"]', 29, 'did you mean "treaties"?'),
    ('themes = ["ceasefire"]', 'themes = ["peacefire"]', 35, 'did you mean "ceasefire"?'),
    ('kind = "countries"', 'kind = "countrys"', 17, 'did you mean "countries"?'),
    ('kind = "countries"', 'weight = 3', 17, "at most 1"),
    ('[lookalikes]', '[weights]\nurl = 7\n[lookalikes]', 25, "between 0 and 1"),
    ('[lookalikes]', '[weights]\ntittle = 0.1\n[lookalikes]', 25, 'unknown field "tittle"'),
]  # fmt: skip


@pytest.mark.parametrize(("sound", "faulty", "line", "message"), FAULTS)
def test_a_fault_is_told_with_its_line(
    tmp_path: Path, sound: str, faulty: str, line: int, message: str
) -> None:
    assert sound in SOUND
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, SOUND.replace(sound, faulty, 1))
    told = str(caught.value)
    assert f"straits.toml:{line}:" in told
    assert message in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[topic]\nid = "a"\nname = "A"\nlanguages = ["en"]\n', "the topic is empty"),
        ('[topic]\nid = "a"\nname = "A"\nlanguages = ["en"]\n[[terms]]\ngroup = "g"\nen = ["x"]\n',
         "nothing can ever match"),
    ],
)  # fmt: skip
def test_a_topic_that_cannot_match_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, text)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    faulty = SOUND.replace('["Arland"]', '["--"]').replace("near = 9", "near = -1")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, faulty)
    assert ":18:" in str(caught.value)
    assert ":22:" in str(caught.value)


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    for name in ("a.toml", "b.toml"):
        (tmp_path / "topics" / name).write_text(SOUND, encoding="utf-8")
    with pytest.raises(ConfigError, match='another file has the id "straits"'):
        load_topics(tmp_path)


def test_no_folder_means_no_topics(tmp_path: Path) -> None:
    assert load_topics(tmp_path) == ()


# -- the shipped topics -------------------------------------------------------------------


def test_every_topic_has_the_issues_other_files_refer_to() -> None:
    assert len(SHIPPED) >= 2
    for topic in SHIPPED:
        themes = [theme for issue in topic.issues for theme in issue.themes]
        assert {"mediation", "ceasefire", "talks", "other"} <= {issue.id for issue in topic.issues}
        assert sorted(themes) == ["ceasefire", "deescalation", "mediation", "other"]


@pytest.mark.parametrize("topic", SHIPPED, ids=lambda topic: topic.id)
def test_every_strong_term_decides_alone(topic: Topic) -> None:
    topic_filter = TopicFilter([topic])
    undecided = [
        term.text
        for term in topic.terms
        if term.strong and not topics_of(topic_filter.match_article(term.text.strip("=*")))
    ]
    assert undecided == []


@pytest.mark.parametrize("topic", SHIPPED, ids=lambda topic: topic.id)
def test_every_group_can_take_part_in_a_decision(topic: Topic) -> None:
    named = {
        group
        for company in topic.companies
        for group in (*company.all, *company.any, *company.none)
    } | {group for exclusion in topic.exclusions for group in exclusion.unless}
    assert {term.group for term in topic.terms if not term.strong} - named == set()


def test_no_program_file_names_what_a_topic_is_about() -> None:
    """Knowledge is data: only common words (kind "context") may stand in the code."""
    names = TermMatcher(
        term.text for topic in SHIPPED for term in topic.terms if term.kind != "context"
    )
    files = [*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("dags/**/*.py")]
    assert len(files) > 20
    found = {
        f"{path.relative_to(ROOT)}: {hit.term}"
        for path in files
        for hit in names.find(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_guide_explains_every_key_kind_and_field() -> None:
    guide = (ROOT / "config" / "topics" / "README.md").read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", guide, flags=re.DOTALL)
    code = set(re.findall(r"`([^`\n]+)`", prose))
    keys = {
        "id", "name", "parties", "languages", "threshold", "group", "kind", "strong", "weight",
        "fields", "all", "any", "none", "near", "unless", "even_strong", "themes", "[topic]",
        "[weights]", "[[terms]]", "[[company]]", "[lookalikes]", "[[exclude]]", "[[issue]]",
    }  # fmt: skip
    assert keys | set(KINDS) | set(FIELDS) <= code
    assert set(FIELDS) == set(WEIGHTS)


def test_the_guide_s_example_loads(tmp_path: Path) -> None:
    guide = (ROOT / "config" / "topics" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    topic = load(tmp_path, example)
    assert topics_of(TopicFilter([topic]).match_article("Treaty of Vell signed")) == (topic.id,)
