"""Configuration files: what they mean, and how a mistake in one is told."""

from __future__ import annotations

import glob
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config as configuration
from pipeline.config import find_folder, home_of, load_config
from pipeline.config.document import Document, locate, nearest, read_document
from pipeline.config.feeds import add_feed, address, import_feeds, load_feeds
from pipeline.config.positions import load_positions
from pipeline.config.rules import Names, load_rules
from pipeline.config.scaffold import DEFAULTS, config_files, init_config
from pipeline.config.settings import (
    CHANNEL_KEYS,
    ChannelKind,
    ChannelSettings,
    Settings,
    absolute_store,
    channel_secrets,
    channel_url,
    load_settings,
    zone_of,
)
from pipeline.errors import ConfigError
from pipeline.records import Feed, FeedKind, Novelty, Rule, RuleKind
from pipeline.taxonomy import THEMES, load_acts

ROOT = Path(__file__).parent.parent
BAD = Path(__file__).parent / "data" / "config" / "bad"
NAMES = Names(
    acts=load_acts(), themes=THEMES, topics=("islands", "rivers"), channels=("terminal", "file")
)
ISSUES = {"islands": ["mediation"], "rivers": ["ceasefire", "mediation"]}
MINIMAL = """
[topic]
id = "rivers"
name = "Rivers"
languages = ["en"]

[[terms]]
group = "conflict"
strong = true
en = ["river war"]
"""


def load_any(kind: str, path: Path) -> object:
    if kind == "settings":
        return load_settings(path, home=path.parent, topics=NAMES.topics)
    if kind == "rules":
        return load_rules(path, names=NAMES)
    if kind == "positions":
        return load_positions(path.parent, acts=NAMES.acts, issues=ISSUES)
    return load_feeds(path.parent)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


# -- mistakes -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mistake_is_told_with_file_line_key_and_nearest_name(
    case: Path, tmp_path: Path
) -> None:
    kind = case.stem.partition("-")[0]
    path = write(tmp_path / f"{kind}.toml", case.read_text("utf-8"))
    expected = re.findall(r"^# expect: (\d+): (.*)$", case.read_text("utf-8"), re.MULTILINE)
    with pytest.raises(ConfigError) as caught:
        load_any(kind, path)
    told = str(caught.value).splitlines()
    assert len(told) == len(expected), told
    for (line, words), one in zip(sorted(expected, key=lambda e: int(e[0])), told, strict=True):
        assert one.startswith(f"{path}:{line}: "), one
        assert words.replace("FILE", str(path)) in one
    assert caught.value.subject == told[0].partition(": ")[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a = 1\nb = \xff\n", "f.toml:2: not UTF-8"),
        (b"a = 1\na = 2\n", "f.toml:2: not valid TOML: Cannot overwrite"),
        (b'a = """\nnever\nended\n', "f.toml:3: not valid TOML"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "f.toml:1: nested too deeply"),
    ],
)
def test_an_unreadable_file_is_told(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_document(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_document(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_welcome(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n[b]\r\nc = 2\r\n")
    document = read_document(path)
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.line(("b", "c")) == 3


# -- lines of keys --------------------------------------------------------------------------


def test_lines_are_found_through_everything_toml_has() -> None:
    text = '''# comment with [table] and key = 1
"quoted key" = 1
'literal.key' = "a = [b]"
text = """
[[not]]
a = "table" \\""" still
"""
raw = \'\'\'
x = 1\'\'\'
dotted.inner . deep = 1979-05-27 07:32:00
list = [ 1, # one
  "two ]", [ 3,
  4 ] ]
inline = { x = 1, y.z = { w = "}" } }
[table."sub.table"]
key = true
[[many]]
a = 1
[[many.nested]]
b = 1
[[many.nested]]
b = 2
[[many]]
[many.sub]
c = 3
'''
    lines = locate(text)
    assert lines[("quoted key",)] == 2
    assert lines[("literal.key",)] == 3
    assert lines[("raw",)] == 8
    assert lines[("dotted", "inner", "deep")] == 10
    assert [lines[("list", n)] for n in range(3)] == [11, 12, 12]
    assert lines[("list", 2, 1)] == 13
    assert lines[("inline", "y", "z", "w")] == 14
    assert lines[("table", "sub.table", "key")] == 16
    assert lines[("many", 0, "nested", 1, "b")] == 22
    assert lines[("many", 1, "sub", "c")] == 25
    assert not any("not" in key for key in lines)


VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(alphabet="ab[]{}=#\",.\\ '")),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.text(alphabet='ab[]#=."', min_size=1), VALUES), max_size=6))
def test_every_key_of_a_document_has_the_line_it_was_written_on(
    pairs: list[tuple[str, object]],
) -> None:
    pairs = list(dict(pairs).items())
    text = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in pairs)
    assert tomllib.loads(text) == dict(pairs)
    lines = locate(text)
    assert [lines[(key,)] for key, _ in pairs] == list(range(1, len(pairs) + 1))


def toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(toml(one) for one in value)}]"
    return str(value)


def test_an_unknown_place_falls_back_to_the_table_around_it() -> None:
    document = Document(Path("f.toml"), {}, locate("a = 1\n[t]\nb = 2\n"))
    assert document.where(("t", "missing", 3)) == "f.toml:2"
    assert document.where(()) == "f.toml:1"


def test_the_nearest_name_ignores_case_and_a_stranger_has_none() -> None:
    assert nearest("med_offer", ["MED_OFFER", "MED_REJECT"]) == "MED_OFFER"
    assert nearest("zzz", ["MED_OFFER"]) is None


# -- settings -------------------------------------------------------------------------------


def test_no_settings_file_means_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "settings.toml", home=tmp_path)
    assert settings.store.url == f"sqlite:///{tmp_path}/var/truceline.sqlite"
    assert list(settings.channels) == ["terminal"]


def test_the_shipped_settings_show_every_key_with_its_default() -> None:
    shipped = tomllib.loads((DEFAULTS / "settings.toml").read_text("utf-8"))
    settings = load_settings(DEFAULTS / "settings.toml", home=Path("/home"))
    default = load_settings(Path("none.toml"), home=Path("/home"))
    assert set(shipped) == {item.name for item in fields(Settings)}
    for section in ("store", "watch", "fetch", "work"):
        assert getattr(settings, section) == getattr(default, section)
        assert set(shipped[section]) == {item.name for item in fields(getattr(default, section))}


def test_the_commented_examples_are_valid_too(tmp_path: Path) -> None:
    for name in ("settings", "rules"):
        text = (DEFAULTS / f"{name}.toml").read_text("utf-8")
        assert "# [" in text
        path = write(tmp_path / f"{name}.toml", re.sub(r"(?m)^# (?=\[|\w+ = )", "", text))
        if name == "settings":
            settings = load_settings(path, home=tmp_path)
    assert {channel.kind for channel in settings.channels.values()} == set(CHANNEL_KEYS)
    names = Names(
        acts=load_acts(),
        themes=THEMES,
        topics=("kashmir-india-pakistan",),
        channels=settings.channels,
    )
    rules = load_rules(tmp_path / "rules.toml", names=names)
    assert {rule.kind for rule in rules} == set(RuleKind)


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("sqlite:///var/x.sqlite", "sqlite:////home/me/var/x.sqlite"),
        ("sqlite:////data/x.sqlite", "sqlite:////data/x.sqlite"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("https://search.example:9200", "https://search.example:9200"),
    ],
)
def test_a_relative_store_starts_at_home(url: str, absolute: str) -> None:
    assert absolute_store(url, Path("/home/me")) == absolute


def test_the_time_zone_is_the_systems_or_a_named_one() -> None:
    assert zone_of(Settings()) is None
    assert zone_of(Settings(timezone="Asia/Kolkata")) == ZoneInfo("Asia/Kolkata")
    noon = datetime(2025, 5, 10, 12, tzinfo=timezone(timedelta(hours=5)))
    assert noon.astimezone(None) == noon


def test_secrets_come_from_the_environment_in_their_order(tmp_path: Path) -> None:
    text = """
[channels.desk]
kind = "webhook"
url_env = "DESK_URL"
secret_env = ["NEW", "OLD"]
[channels.team]
kind = "apprise"
url_env = "TEAM_URL"
[channels.log]
kind = "file"
path = "alerts.jsonl"
"""
    channels = load_settings(write(tmp_path / "s.toml", text), home=tmp_path).channels
    environ = {"DESK_URL": "https://d.example/", "NEW": "n", "OLD": "o", "TEAM_URL": "ntfy://t"}
    told = {
        name: (channel_url(channel, environ), channel_secrets(channel, environ), channel.path)
        for name, channel in channels.items()
    }
    assert told == {
        "desk": ("https://d.example/", ("n", "o"), None),
        "team": ("ntfy://t", (), None),
        "log": (None, (), str(tmp_path / "alerts.jsonl")),
    }
    with pytest.raises(ConfigError, match=r"^OLD: this environment variable is not set"):
        channel_secrets(channels["desk"], {"NEW": "n", "OLD": " "})


def test_one_secret_may_be_written_without_a_list() -> None:
    channel = ChannelSettings(kind=ChannelKind.WEBHOOK, url="https://d.example/", secret_env="ONE")
    assert channel_secrets(channel, {"ONE": "1"}) == ("1",)


# -- feeds ------------------------------------------------------------------------------------


def test_the_shipped_list_has_sixty_outlets_of_all_sides_unchecked_and_unique() -> None:
    feeds = load_feeds(DEFAULTS)
    assert len({feed.outlet for feed in feeds}) >= 60
    assert len({address(feed.url) for feed in feeds}) == len(feeds)
    assert {feed.kind for feed in feeds} == set(FeedKind)
    assert {"en", "hi", "ur"} <= {feed.language for feed in feeds}
    for party in ("IN", "PK"):
        kinds = {feed.kind for feed in feeds if feed.party == party}
        assert kinds >= {FeedKind.OUTLET, FeedKind.AGENCY, FeedKind.OFFICIAL}
    assert {"PTI", "ANI", "APP", "Reuters", "AP", "AFP"} <= {feed.agency for feed in feeds}
    assert all(feed.ownership for feed in feeds if feed.kind is not FeedKind.AGGREGATOR)
    assert {feed.verified for feed in feeds} == {"never"}


def test_feeds_may_be_spread_over_files_and_are_one_list(tmp_path: Path) -> None:
    one, two = (
        Feed(url="https://a.example/f", outlet="A"),
        Feed(url="https://b.example/f", outlet="B"),
    )
    add_feed(tmp_path / "feeds.toml", one)
    add_feed(tmp_path / "feeds" / "more.toml", two)
    assert load_feeds(tmp_path) == (one, two)
    text = (tmp_path / "feeds.toml").read_text("utf-8").replace("a.example", "b.example")
    write(tmp_path / "feeds.toml", text)
    with pytest.raises(ConfigError, match=r"more\.toml:3: .*the same feed as in .*feeds\.toml:3"):
        load_feeds(tmp_path)


def test_adding_a_feed_keeps_every_byte_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    before = '# mine\r\n[[feed]]\r\nurl = "https://a.example/f"   # odd   spacing\r\noutlet = "A"'
    path.write_bytes(before.encode())
    path.chmod(0o640)
    feed = Feed(
        url="https://b.example/f?a=1&b=2",
        outlet='B "quoted" \\ back\tslash اردو हिन्दी',
        kind=FeedKind.AGENCY,
        agency="B",
        verified="2025-05-10",
        enabled=False,
    )
    with pytest.raises(ConfigError, match="outlet: is empty or has characters"):
        add_feed(path, feed)
    feed = replace(feed, outlet='B "quoted" \\ back اردو हिन्दी')
    add_feed(path, feed)
    after = path.read_bytes().decode()
    assert after.startswith(before)
    assert "\n" not in after.replace("\r\n", "")
    assert load_feeds(tmp_path)[1] == feed
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)


@given(outlet=TEXT.filter(str.strip), section=TEXT.filter(str.strip))
def test_whatever_the_words_an_added_feed_reads_back_the_same(outlet: str, section: str) -> None:
    from pipeline.config.feeds import toml_block

    feed = Feed(url="https://a.example/f", outlet=outlet, section=section)
    assert tomllib.loads(toml_block(feed))["feed"] == [
        {"url": feed.url, "outlet": outlet, "section": section, "verified": "never"}
    ]


def test_importing_sorts_feeds_into_added_known_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    old, new = (
        Feed(url="https://a.example/f", outlet="A"),
        Feed(url="https://b.example/f", outlet="B"),
    )
    bad = Feed(url="javascript:alert(1)", outlet="C")
    add_feed(path, old)
    outcome = import_feeds(path, [old, new, bad, new])
    assert (outcome.added, outcome.known) == ((new,), (old, new))
    assert outcome.refused == (
        (bad, 'url: must begin with https:// or http://, not "javascript:alert(1)"'),
    )
    assert load_feeds(tmp_path) == (old, new)
    with pytest.raises(ConfigError, match="is in the list already"):
        add_feed(path, new)


def test_a_list_that_cannot_be_appended_to_stays_as_it_is(tmp_path: Path) -> None:
    text = 'feed = [{ url = "https://a.example/f", outlet = "A" }]\n'
    path = write(tmp_path / "feeds.toml", text)
    with pytest.raises(ConfigError, match=r"feeds\.toml:1: no \[\[feed\]\] table can be appended"):
        add_feed(path, Feed(url="https://b.example/f", outlet="B"))
    assert path.read_text("utf-8") == text


def test_a_list_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    write(tmp_path / "watch", "a file, not a folder")
    with pytest.raises(ConfigError, match=r"watch/feeds\.toml:1: cannot be written"):
        add_feed(tmp_path / "watch" / "feeds.toml", Feed(url="https://b.example/f", outlet="B"))


def test_a_date_may_stand_without_quotes(tmp_path: Path) -> None:
    text = '[[feed]]\nurl = "https://a.example/f"\noutlet = "A"\nverified = 2025-05-10\n'
    write(tmp_path / "feeds.toml", text)
    assert load_feeds(tmp_path)[0].verified == "2025-05-10"


# -- rules and positions ------------------------------------------------------------------


def test_the_shipped_rule_tells_of_new_mediation_and_ceasefire_claims_in_any_topic() -> None:
    (rule,) = load_rules(DEFAULTS / "rules.toml", names=NAMES)
    assert rule == Rule(
        name="mediation and ceasefire",
        themes=("mediation", "ceasefire"),
        novelty=(Novelty.NEW, Novelty.UPDATE, Novelty.CONTRADICTS),
        channels=("terminal", "file"),
    )


def test_no_rules_file_means_no_rules(tmp_path: Path) -> None:
    assert load_rules(tmp_path / "rules.toml", names=NAMES) == ()


def test_a_position_holds_until_the_partys_next_one_on_the_issue(tmp_path: Path) -> None:
    write(tmp_path / "b.toml", position("CF_AFFIRM", "2021-02-25", "XA"))
    write(
        tmp_path / "a.toml",
        position("CF_AGREE", "2003-11-26", "XA") + position("CF_REJECT", "2010-01-01", "XB"),
    )
    first, other, second = load_positions(tmp_path, acts=NAMES.acts, issues=ISSUES)
    assert (first.act, first.until, first.previous) == ("CF_AGREE", second.since, None)
    assert (second.act, second.until, second.previous) == ("CF_AFFIRM", None, first.id)
    assert (other.act, other.until, other.previous) == ("CF_REJECT", None, None)
    assert second.since == second.last_stated == datetime(2021, 2, 25, tzinfo=UTC)
    assert (second.claim_id, second.reference) == (None, "A treaty")
    assert len({first.id, second.id, other.id}) == 3


def position(act: str, since: str, party: str) -> str:
    return (
        f'[[position]]\ntopic = "rivers"\nparty = "{party}"\nissue = "ceasefire"\nact = "{act}"\n'
        f'since = {since}\ntext = "So it is."\nreference = "A treaty"\n'
    )


def test_the_shipped_positions_name_both_parties_and_their_references() -> None:
    positions = load_config(DEFAULTS, environ={}).positions
    assert {"IN", "PK"} <= {position.party for position in positions}
    assert {"mediation", "ceasefire"} <= {position.issue for position in positions}
    assert all(position.reference and position.text for position in positions)
    current = {(p.party, p.issue): p.act for p in positions if p.until is None}
    assert current[("IN", "mediation")] == "BILATERAL_ONLY"
    assert current[("PK", "mediation")] == "MED_REQUEST"


# -- the whole -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "config" / "topics" / "rivers.toml", MINIMAL)
    write(tmp_path / "config" / "settings.toml", "")
    add_feed(tmp_path / "config" / "feeds.toml", Feed(url="https://a.example/f", outlet="A"))
    write(tmp_path / "config" / "rules.toml", '[[rule]]\nname = "all"\ntopics = ["rivers"]\n')
    return tmp_path / "config"


def test_a_configuration_is_read_as_a_whole(folder: Path) -> None:
    config = load_config(folder, environ={})
    assert (config.folder, config.home) == (folder, folder.parent)
    assert config.settings.store.url == f"sqlite:///{folder.parent}/var/truceline.sqlite"
    assert [topic.id for topic in config.topics] == ["rivers"]
    assert [rule.name for rule in config.rules] == ["all"]
    assert [feed.outlet for feed in config.feeds] == ["A"]
    assert (config.positions, config.actors_dir, config.zone) == ((), None, None)
    (folder / "actors").mkdir()
    assert load_config(folder, environ={}).actors_dir == folder / "actors"


def test_the_shipped_configuration_is_sound_as_a_whole() -> None:
    config = load_config(DEFAULTS, environ={})
    assert "kashmir-india-pakistan" in {topic.id for topic in config.topics}
    assert config.positions
    assert config.rules


def test_only_the_topics_asked_for_are_watched(folder: Path) -> None:
    write(folder / "topics" / "islands.toml", MINIMAL.replace("rivers", "islands"))
    write(folder / "settings.toml", '[watch]\ntopics = ["islands"]\n')
    assert [topic.id for topic in load_config(folder, environ={}).topics] == ["islands"]


def test_two_variables_of_the_environment_count(folder: Path) -> None:
    environ = {"TRUCELINE_CONFIG": str(folder), "TRUCELINE_STORE": "sqlite:////tmp/x.sqlite"}
    config = load_config(environ=environ)
    assert (config.folder, config.settings.store.url) == (folder, "sqlite:////tmp/x.sqlite")
    other = load_config(environ=environ, store="sqlite:////tmp/y.sqlite")
    assert other.settings.store.url == "sqlite:////tmp/y.sqlite"


def test_a_folder_is_looked_for_in_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert find_folder(environ={}) == Path("config")
    monkeypatch.chdir(folder)
    assert find_folder(environ={}) == Path()
    monkeypatch.chdir(folder / "topics")
    assert find_folder(environ={}) == DEFAULTS
    assert find_folder(environ={"TRUCELINE_CONFIG": str(folder)}) == folder
    with pytest.raises(ConfigError, match="no such folder; `truceline init"):
        find_folder(Path("none"), environ={})


def test_home_is_around_a_folder_called_config_and_else_the_folder_itself(tmp_path: Path) -> None:
    assert home_of(tmp_path / "config") == tmp_path
    assert home_of(tmp_path / "watch") == tmp_path / "watch"


@pytest.mark.parametrize(
    ("name", "words"),
    [("rule.toml", 'unknown file "rule.toml"; did you mean "rules.toml"?'),
     ("topic/x.toml", 'unknown folder "topic"; did you mean "topics"?')],
)  # fmt: skip
def test_a_mistyped_file_name_is_told_and_never_overlooked(
    name: str, words: str, folder: Path
) -> None:
    write(folder / name, "")
    with pytest.raises(ConfigError, match=re.escape(words)):
        load_config(folder, environ={})


def test_a_folder_of_notes_is_left_alone(folder: Path) -> None:
    write(folder / "notes" / "x.toml", "")
    assert load_config(folder, environ={}).folder == folder


# -- init and the package ------------------------------------------------------------------


def test_init_writes_a_working_copy_and_keeps_what_is_there(tmp_path: Path) -> None:
    target = tmp_path / "watch"
    mine = write(target / "rules.toml", "# mine\n")
    written = init_config(target)
    assert mine not in written
    assert set(config_files(target)) - set(written) == {mine}
    assert mine.read_text("utf-8") == "# mine\n"
    for path in written:
        assert path.read_bytes() == (DEFAULTS / path.relative_to(target)).read_bytes()
    assert {"settings.toml", "feeds.toml", "README.md"} <= {path.name for path in written}
    assert init_config(target) == []
    assert load_feeds(target) == load_feeds(DEFAULTS)


def test_init_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    write(tmp_path / "watch", "a file")
    with pytest.raises(ConfigError, match=r"watch.*(cannot be written|is in the way)"):
        init_config(tmp_path / "watch")


def test_the_package_carries_every_shipped_file() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = pyproject["tool"]["setuptools"]["package-data"]["pipeline"]
    packed = {
        Path(found).resolve()
        for pattern in patterns
        for found in glob.glob(
            str(ROOT / "pipeline" / pattern), recursive=True
        )  # as setuptools does
    }
    shipped = {(DEFAULTS / path.relative_to(ROOT)).resolve() for path in config_files(ROOT)}
    assert shipped <= packed
    assert DEFAULTS.resolve() == ROOT / "config"  # one copy, not two


def test_the_readme_names_every_key() -> None:
    readme = (DEFAULTS / "README.md").read_text("utf-8")
    from pipeline.config.positions import StandingPosition

    records: tuple[Callable[..., object], ...] = (Feed, Rule, StandingPosition, ChannelSettings)
    keys = {item.name for record in records for item in fields(record)}  # type: ignore[arg-type]  # all are dataclasses
    assert {key for key in keys if f"`{key}`" not in readme} == set()


def test_importing_configuration_loads_no_heavy_library() -> None:
    code = (
        "import sys, pipeline.config; print(sorted({'pydantic', 'listparser'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert configuration.__doc__ is not None
