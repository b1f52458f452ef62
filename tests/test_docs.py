"""The documentation is true: it names all there is, and what it shows works.

Commands, options, settings, rule and feed fields, channel kinds, acts, poll outcomes and
topic keys must be named; every `truceline ...` line must parse; every link must lead somewhere.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import click
import pytest

from pipeline.cli import COMMANDS, cli
from pipeline.cli.health import Health
from pipeline.config import topics as topic_file
from pipeline.config.positions import StandingPosition
from pipeline.config.settings import CHANNEL_KEYS, ChannelKind, ChannelSettings, Settings
from pipeline.records import DeliveryState, Feed, FeedKind, HopKind, Novelty, PollOutcome, Rule
from pipeline.taxonomy import MODALITIES, THEMES, load_acts

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EVERYDAY = sorted(DOCS.glob("*.md"))
PAGES = [
    *EVERYDAY,
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "config" / "README.md",
    ROOT / "config" / "topics" / "README.md",
]
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
TABLE_ROW = re.compile(r"^\| *`([^`|]+)` *\|(.*)\|$", re.MULTILINE)


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def page(name: str) -> str:
    return text_of(DOCS / name)


def codes_in(text: str) -> set[str]:
    """Return everything that stands between backticks, and its words."""
    found = CODE.findall(text)
    return {*found, *(word for one in found for word in re.split(r"[\s=,\[\]]+", one))}


def missing(names: Iterable[str], text: str) -> list[str]:
    known = codes_in(text)
    return [name for name in names if name not in known]


def section(text: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of its kind or above."""
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start is not None, f"no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows_of(text: str) -> dict[str, str]:
    """Return the tables' rows that begin with a name in backticks."""
    return {name: rest.strip() for name, rest in TABLE_ROW.findall(text)}


# -- commands ------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command that can be run, with its whole name."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                yield f"{name} {part}", below
        else:
            yield name, command


def options_of(command: click.Command) -> list[click.Parameter]:
    return [one for one in command.params if isinstance(one, click.Option)]


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: str(value)[:30])
def test_every_command_has_its_section_with_all_options(name: str, command: click.Command) -> None:
    told = section(page("commands.md"), f"truceline {name}")
    assert f"truceline {name}" in told, "no example"
    own = [o for o in options_of(command) if o.name not in ("config_dir", "store_url", "as_json")]
    named = [opt for option in own for opt in (*option.opts, *option.secondary_opts)]
    assert missing(named, told) == []


def test_the_documented_options_exist() -> None:
    known = {"--help", "--version"}
    for _, command in commands():
        for option in options_of(command):
            known |= {*option.opts, *option.secondary_opts}
    named = {word for word in codes_in(page("commands.md")) if word.startswith("--")}
    assert named - known == set()


def test_the_shared_options_and_exit_codes_are_documented() -> None:
    text = page("commands.md")
    assert (
        missing(("--config", "--store", "--json"), section(text, "Options of most commands")) == []
    )
    codes = dict(re.findall(r"^    (\d+) +(.+)$", _documented_codes(), re.MULTILINE))
    assert rows_of(section(text, "Exit codes")) == codes


def _documented_codes() -> str:
    import pipeline.cli

    return pipeline.cli.__doc__ or ""


def shown_commands() -> list[tuple[str, str]]:
    """Return every command line that a page shows, with the page's name."""
    found = []
    for path in PAGES:
        if not path.exists():
            continue
        text = text_of(path)
        pieces = [*CODE.findall(FENCE.sub("", text))]
        pieces += [line.strip().removeprefix("$ ") for line in text.splitlines()]
        for piece in pieces:
            if re.match(r"truceline [a-z]", piece):
                found.append((path.name, re.split(r"  +#| [|>] | && ", piece)[0].strip()))
    return sorted(set(found))


def _fill(word: str) -> str:
    """Return a plain word for a placeholder."""
    return "x" if re.fullmatch(r"[A-Z]+|\.\.\.|\[.*\]", word) else word


@pytest.mark.parametrize(("where", "shown"), shown_commands())
def test_every_command_line_shown_parses(where: str, shown: str) -> None:
    words = [_fill(word) for word in shlex.split(shown)[1:]]
    command: click.Command = cli
    names = []
    while isinstance(command, click.Group) and words:
        names.append(words.pop(0))
        below = command.get_command(click.Context(command), names[-1])
        assert below is not None, f"{where}: no command {' '.join(names)}"
        command = below
    if isinstance(command, click.Group):
        return
    known = {opt: o for o in options_of(command) for opt in (*o.opts, *o.secondary_opts)}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in {*known, "--help"}, f"{where}: {shown}"
    if "--help" not in words and words and not any(w in ("search", "alerts") for w in names):
        _parse(command, words, where=f"{where}: {shown}")


def _parse(command: click.Command, words: list[str], *, where: str) -> None:
    lenient = [one for one in command.params if isinstance(one.type, click.Path)]
    before = [(one.type, one.type.exists) for one in lenient if isinstance(one.type, click.Path)]
    try:
        for kind, _ in before:
            kind.exists = False
        command.make_context(command.name or "", list(words), resilient_parsing=False).close()
    except click.MissingParameter:
        pass  # a mention in running text
    except click.UsageError as error:
        raise AssertionError(f"{where}: {error.message}") from error
    finally:
        for kind, exists in before:
            kind.exists = exists


# -- configuration -----------------------------------------------------------------------------


def settings_keys() -> dict[str, object]:
    """Return every key of settings.toml with its default: "store.url" ..."""
    found: dict[str, object] = {}
    for item in fields(Settings):
        value = getattr(Settings(), item.name)
        if is_dataclass(value):
            for key in fields(value):
                found[f"{item.name}.{key.name}"] = getattr(value, key.name)
        elif item.name != "channels":
            found[item.name] = value
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    rows = rows_of(page("settings.md"))
    keys = settings_keys()
    assert [key for key in keys if key not in rows] == []
    told = {key: rows[key].split("|")[0].strip().strip("`") for key in keys}
    wrong = {
        key: (told[key], value) for key, value in keys.items() if _toml(told[key]) != _plain(value)
    }
    assert wrong == {}


def _toml(text: str) -> object:
    return tomllib.loads(f"value = {text}")["value"]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def test_no_setting_is_documented_that_does_not_exist() -> None:
    rows = rows_of(page("settings.md"))
    channel = {f"channels.NAME.{item.name}" for item in fields(ChannelSettings)}
    assert set(rows) == set(settings_keys()) | channel


def test_every_channel_kind_and_its_keys_are_documented() -> None:
    told = section(page("rules.md"), "Channels")
    assert missing(ChannelKind, told) == []
    keys = {key for groups in CHANNEL_KEYS.values() for group in groups for key in group}
    assert missing(keys, told) == []


def test_every_rule_key_is_documented() -> None:
    names = {item.name for item in fields(Rule)}
    assert set(rows_of(page("rules.md"))) >= names
    assert missing(Novelty, page("rules.md")) == []


def test_every_feed_key_kind_and_outcome_is_documented() -> None:
    text = page("feeds.md")
    assert set(rows_of(section(text, "The list"))) == {item.name for item in fields(Feed)}
    assert missing(FeedKind, text) == []
    assert set(rows_of(section(text, "How a poll can end"))) == {str(o) for o in PollOutcome}
    assert set(rows_of(section(text, "Health"))) == {str(health) for health in Health}


def test_every_key_of_topic_and_position_files_is_documented() -> None:
    models = [
        found
        for name in dir(topic_file)
        if hasattr(found := getattr(topic_file, name), "__pydantic_config__")
    ]
    keys = {item.name for model in models for item in fields(model)}
    assert keys, "the model of topic files moved: adapt this test"
    assert (
        missing(sorted(keys), page("topics.md") + text_of(ROOT / "config/topics/README.md")) == []
    )
    positions = section(page("claims.md"), "Standing positions")
    assert missing((item.name for item in fields(StandingPosition)), positions) == []


# -- claims --------------------------------------------------------------------------------------


def test_the_acts_are_told_in_the_taxonomys_own_words() -> None:
    rows = rows_of(section(page("claims.md"), "The 28 acts"))
    acts = load_acts()
    assert list(rows) == list(acts)
    for code, act in acts.items():
        theme, definition = (cell.strip() for cell in rows[code].split("|"))
        assert (theme, definition) == (act.theme, act.definition)


def test_the_words_of_a_claim_are_explained() -> None:
    text = page("claims.md")
    for words in (THEMES, MODALITIES, Novelty, HopKind):
        assert missing((str(word) for word in words), text) == []


def test_every_novelty_reason_is_explained() -> None:
    source = (ROOT / "pipeline" / "compare" / "novelty.py").read_text("utf-8")
    reasons = set(re.findall(r'Novelty\.[A-Z]+,\s*"([a-z_]+)"', source))
    for pair in re.findall(r'"([a-z_]+)" if \w+ else "([a-z_]+)"', source):
        reasons |= set(pair)
    assert len(reasons) > 5
    assert missing(sorted(reasons), section(page("claims.md"), "New or not")) == []


def test_where_a_delivery_can_stand_is_explained() -> None:
    assert missing((str(state) for state in DeliveryState), page("rules.md")) == []


# -- the pages themselves ----------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """Return the anchors a page's headings get."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", [p for p in PAGES if p.exists()], ids=lambda p: p.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(path))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(text_of(target)), f"{path.name}: {link}"


def test_every_page_is_linked_from_the_readme_or_a_neighbour() -> None:
    links = {
        (path.parent / link.partition("#")[0]).resolve()
        for path in PAGES
        if path.exists()
        for link in LINK.findall(text_of(path))
        if link.partition("#")[0]
    }
    assert [path.name for path in EVERYDAY if path.resolve() not in links] == []


@pytest.mark.parametrize("path", EVERYDAY, ids=lambda p: p.name)
def test_a_page_is_short_lines_and_ends_with_one_newline(path: Path) -> None:
    text = text_of(path)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text.startswith("# ")
