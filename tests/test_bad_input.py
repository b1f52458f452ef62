"""Bad input of every kind: told by name, the rest goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import Config, load_config
from pipeline.errors import ConfigError, StoreError
from pipeline.flow import Monitor, RunReport
from pipeline.records import Feed, Poll, PollOutcome
from pipeline.stores import Store, open_store
from tests.small import RULES_FILE, SETTINGS_FILE, TOPIC_FILE, write_config
from tests.webserver import Answer, WebServer, web

NOW = datetime(2025, 5, 10, 12, tzinfo=UTC)
GOOD = b"""<rss version="2.0"><channel><title>T</title><item><title>Cheese is dear</title>
<link>https://good.test/cheese</link><pubDate>Sat, 10 May 2025 10:00:00 GMT</pubDate></item>
</channel></rss>"""
HTML = b"<!doctype html><html><body><h1>Our new site</h1><p>Welcome.</p></body></html>"
EMPTY = b'<rss version="2.0"><channel><title>T</title></channel></rss>'
BINARY = b"\x7fELF" + bytes(range(256)) * 40
CUT = GOOD[: GOOD.index(b"</item>")].replace(b"/cheese", b"/half")
BAD_CODES = b'\xff\xfe\x00<\xd8rss version="2.0"'

__all__ = ["web"]  # the fixture


@pytest.fixture
def config(tmp_path: Path, web: WebServer) -> Config:
    web.route("/good", body=GOOD)
    feeds = f'[[feed]]\nurl = "{web.url("/good")}"\noutlet = "Good"\n'
    settings = SETTINGS_FILE + "\n[fetch]\nallow_private = true\nhost_delay_s = 0\n"
    write_config(tmp_path, feeds=feeds)
    (tmp_path / "settings.toml").write_text(settings)
    return load_config(tmp_path)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with closing(open_store(config.settings.store.url)) as opened:
        yield opened


def collect(config: Config, store: Store, now: datetime = NOW) -> RunReport:
    async def once() -> RunReport:
        async with Monitor(config, store, clock=lambda: now) as monitor:
            return await monitor.run(everything=True)

    return asyncio.run(once())


def beside(config: Config, *feeds: Feed) -> Config:
    return replace(config, feeds=(*feeds, *config.feeds))


# -- feeds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(body=HTML, headers={"Content-Type": "text/html"}), PollOutcome.HTML),
        (Answer(body=HTML, headers={"Content-Type": "application/rss+xml"}), PollOutcome.HTML),
        (Answer(body=EMPTY), PollOutcome.EMPTY),
        (Answer(body=b""), PollOutcome.EMPTY),
        (Answer(body=BINARY), PollOutcome.MALFORMED),
        (Answer(body=BAD_CODES), PollOutcome.MALFORMED),
        (Answer(status=404), PollOutcome.REFUSED),
        (Answer(status=410), PollOutcome.GONE),
        (Answer(status=429), PollOutcome.RATE_LIMITED),
        (Answer(raw=b"no HTTP at all\r\n\r\n"), PollOutcome.MALFORMED),
    ],
    ids=[
        "html", "html called rss", "no items", "no bytes", "binary", "bad characters",
        "404", "410", "429", "no http",
    ],
)  # fmt: skip
def test_a_bad_feed_is_named_with_its_reason_and_the_good_one_is_read(
    config: Config, store: Store, web: WebServer, answer: Answer, outcome: PollOutcome
) -> None:
    web.route("/bad", answer)
    report = collect(beside(config, Feed(url=web.url("/bad"), outlet="Bad")), store)
    bad, good = report.polls
    assert (bad.feed_url, bad.outcome) == (web.url("/bad"), outcome)
    assert bad.reason
    assert (good.outcome, good.new) == (PollOutcome.OK, 1)
    assert store.polls(web.url("/bad"))[0].outcome is outcome
    assert [one.title for one in store.articles()] == ["Cheese is dear"]


def test_a_feed_cut_short_keeps_what_came(config: Config, store: Store, web: WebServer) -> None:
    web.route("/bad", Answer(body=CUT))
    report = collect(beside(config, Feed(url=web.url("/bad"), outlet="Bad")), store)
    assert [(poll.outcome, poll.new) for poll in report.polls] == [(PollOutcome.OK, 1)] * 2
    assert report.polls[0].reason  # cut short


def test_a_bad_feed_that_recovers_loses_nothing_it_still_shows(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/good", Answer(body=HTML), Answer(body=b""), Answer(body=GOOD))
    outcomes: list[Poll] = []
    for hour in range(3):
        outcomes += collect(config, store, NOW + timedelta(hours=hour)).polls
    assert [one.outcome for one in outcomes] == [
        PollOutcome.HTML,
        PollOutcome.EMPTY,
        PollOutcome.OK,
    ]
    assert len(store.articles()) == 1
    assert store.feed_states()[web.url("/good")].failures == 0


def test_run_prints_what_each_bad_feed_answered(
    config: Config, web: WebServer, capsys: pytest.CaptureFixture[str]
) -> None:
    web.route("/bad", body=HTML)
    folder = config.folder
    assert folder is not None
    with (folder / "feeds.toml").open("a") as feeds:
        feeds.write(f'\n[[feed]]\nurl = "{web.url("/bad")}"\noutlet = "The Bad"\n')
    assert ended("run", "--config", folder) == 0
    out = capsys.readouterr().out
    assert "The Bad" in out
    assert "html instead" in out
    assert "2 feeds polled, 1 answered; 1 new article" in out


def test_no_answer_at_all_points_to_the_demo(
    config: Config, web: WebServer, capsys: pytest.CaptureFixture[str]
) -> None:
    web.route("/good", status=500)
    assert ended("run", "--config", config.folder) == 1
    assert "`truceline demo`" in capsys.readouterr().out


# -- configuration -------------------------------------------------------------------------------


def ended(*arguments: object) -> int:
    """Return the exit code of a command run in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(one) for one in arguments])
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.mark.parametrize(
    ("name", "text", "line", "told"),
    [
        ("settings.toml", '[store]\nurll = "x"\n', 2, 'did you mean "url"?'),
        ("settings.toml", "[work]\nworkers = 0\n", 2, "workers"),
        ("rules.toml", RULES_FILE + 'acts = ["MED_REJET"]\n', 6, 'did you mean "MED_REJECT"?'),
        ("rules.toml", RULES_FILE.replace("terminal", "terminol"), 5, 'did you mean "terminal"?'),
        ("feeds.toml", '[[feed]]\nurl = "x"\noutlet = "X"\n', 2, "http"),
        ("feeds.toml", "[[feed]\n", 1, ""),
        ("topics/valley.toml", TOPIC_FILE + 'thmes = ["mediation"]\n', 23, 'mean "themes"?'),
        ("positions/valley.toml", '[[position]]\ntopic = "vale"\n', 1, "position"),
    ],
)
def test_a_mistake_in_a_file_names_file_line_and_key(
    tmp_path: Path, name: str, text: str, line: int, told: str
) -> None:
    write_config(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as wrong:
        load_config(tmp_path)
    assert wrong.value.subject == f"{tmp_path / name}:{line}"
    assert told in wrong.value.message


def test_a_mistake_stops_the_run_before_anything_is_stored(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = config.folder
    assert folder is not None
    (folder / "rules.toml").write_text(RULES_FILE + 'acts = ["MED_REJET"]\n')
    assert ended("run", "--config", folder) == 2
    assert "rules.toml:6" in capsys.readouterr().err
    assert list(folder.glob("*.sqlite")) == []


def test_a_channel_whose_variable_is_not_set_is_named(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESK_SECRET", raising=False)
    folder = config.folder
    assert folder is not None
    with (folder / "settings.toml").open("a") as settings:
        settings.write(
            '\n[channels.desk]\nkind = "webhook"\nurl = "https://x.test/h"\n'
            'secret_env = "DESK_SECRET"\n'
        )
    assert ended("run", "--config", folder) == 2
    assert "DESK_SECRET: this environment variable is not set" in capsys.readouterr().err


# -- stores --------------------------------------------------------------------------------------


def test_a_store_in_a_place_that_cannot_be_written_is_said(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "a file"
    blocker.write_text("not a folder")
    url = f"sqlite:///{blocker}/x.sqlite"
    assert ended("run", "--config", config.folder, "--store", url) == 3
    assert "cannot write" in capsys.readouterr().err


def test_a_damaged_store_is_left_as_it_is(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "small.sqlite"
    open_store(config.settings.store.url).close()
    before = b"\0" * 50 + path.read_bytes()[50:]
    path.write_bytes(before)
    with pytest.raises(StoreError, match="damaged or no store"):
        open_store(config.settings.store.url)
    assert path.read_bytes() == before


def test_a_full_disk_is_told_and_the_next_run_goes_on(
    config: Config, store: Store, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`max_page_count` makes SQLite answer as a full disk does."""
    database = store._database  # type: ignore[attr-defined]  # SQLite's own, to fill it
    (pages,) = database.first("PRAGMA page_count")
    database.run(f"PRAGMA max_page_count={pages}")
    rows = "".join(
        f"<item><title>Cheese {n} {os.urandom(400).hex()}</title>"
        f"<link>https://good.test/{n}</link></item>"
        for n in range(60)
    )
    web.route("/good", body=f'<rss version="2.0"><channel>{rows}</channel></rss>'.encode())
    with pytest.raises(StoreError, match="no space left") as full:
        collect(config, store)
    assert full.value.retryable
    assert store.articles() == []
    database.run("PRAGMA max_page_count=1000000")
    assert collect(config, store).polls[0].new == 60
    assert len(store.articles()) == 60
