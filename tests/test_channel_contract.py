"""What every channel promises, and what each kind adds."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import pytest
from standardwebhooks import Webhook

from pipeline.channels import Channel, ThrottledError, open_channel
from pipeline.channels.file import FileChannel
from pipeline.channels.terminal import TerminalChannel, printable
from pipeline.channels.webhook import WebhookChannel, retry_after
from pipeline.client import Client, ClientSettings
from pipeline.deliver import payload_of, text_of
from pipeline.errors import ChannelError, ConfigError
from pipeline.records import Alert, Novelty
from tests.webserver import Answer, WebServer

NOW = datetime(2031, 5, 10, 12, 0, tzinfo=UTC)
MARK = "planted-marker"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 24).decode()
ALERT = Alert(
    id="alert-1",
    rule="r",
    kind="claim",
    topic="river",
    created=NOW,
    headline="New: Ada Quill offers to mediate",
    body="“नदी पर शांति”\nchain: River Post <- Ada Quill",
    novelty=Novelty.NEW,
)


async def send(channel: Channel, alert: Alert = ALERT) -> None:
    await channel.send(alert, text=text_of(alert), payload=payload_of(alert))


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    settings = ClientSettings(allow_private=True, per_host_delay_s=0.0)
    async with Client(settings) as opened:
        yield opened


# -- the contract --------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """One channel, what arrived through it, and a twin that cannot deliver."""

    channel: Channel
    arrived: Callable[[], str]
    broken: Channel


class FullStream(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, f"no space {MARK}"[:8])


@pytest.fixture(params=["terminal", "file", "webhook", "apprise"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, web: WebServer, client: Client) -> Bench:
    match request.param:
        case "terminal":
            stream = io.StringIO()
            broken: Channel = TerminalChannel("desk", FullStream())
            return Bench(TerminalChannel("desk", stream), stream.getvalue, broken)
        case "file":
            path = tmp_path / "out" / "alerts.jsonl"
            (tmp_path / "folder").mkdir()
            broken = FileChannel("desk", path=tmp_path / "folder")
            return Bench(FileChannel("desk", path=path), path.read_text, broken)
        case "webhook":
            url, bad = web.route("/hook"), web.route("/bad", status=500)
            options = {"kind": "webhook", "secrets": [SECRET]}
            return Bench(
                open_channel("desk", options | {"url": url}, client=client),
                lambda: "".join(one.body.decode() for one in web.requests),
                open_channel("desk", options | {"url": f"{bad}?token={MARK}"}, client=client),
            )
        case _:
            web.route("/ok")
            web.route("/bad", status=500, body=MARK.encode())
            host = f"json://{MARK}:{MARK}@127.0.0.1:{web.port}"
            options = {"kind": "apprise"}
            return Bench(
                open_channel("desk", options | {"url": f"{host}/ok"}),
                lambda: "".join(json.loads(one.body)["message"] for one in web.requests),
                open_channel("desk", options | {"url": f"{host}/bad?token={MARK}"}),
            )


async def test_an_alert_arrives_in_every_script(bench: Bench) -> None:
    await send(bench.channel)
    assert "नदी पर शांति" in bench.arrived()


async def test_a_channel_has_the_name_the_user_gave(bench: Bench) -> None:
    assert bench.channel.name == "desk"


async def test_the_same_alert_may_come_again(bench: Bench) -> None:
    await send(bench.channel)
    await send(bench.channel)


async def test_a_failure_is_a_channel_error_that_names_the_channel_and_no_secret(
    bench: Bench, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ChannelError) as caught:
        await send(bench.broken)
    assert caught.value.subject == "desk"
    assert MARK not in f"{caught.value} {caught.value.__cause__!r} {caplog.text}"
    assert MARK not in "".join(capfd.readouterr())


# -- opening -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "webhok"}, "did you mean 'webhook'"),
        ({"kind": "pigeon"}, "known: apprise, file, terminal, webhook"),
        ({"kind": "file"}, "a file needs path"),
        ({"kind": "file", "pth": "x"}, "did you mean 'path'"),
        ({"kind": "webhook", "url": "https://x.example/"}, "needs secrets"),
        ({"kind": "webhook", "url": f"ftp://{MARK}/", "secrets": [SECRET]}, "http:// or https://"),
        ({"kind": "webhook", "url": "https://x.example/", "secrets": []}, "needs a secret"),
        (
            {"kind": "webhook", "url": "https://x.example/", "secrets": [f"whsec_{MARK}!"]},
            "not base64",
        ),
        (
            {"kind": "webhook", "url": "https://x.example/", "secrets": ["whsec_c2hvcnQ="]},
            "5 bytes, not 24 to 64",
        ),
        ({"kind": "apprise", "url": f"{MARK}://x"}, "knows no service"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_channel_is_a_clear_fault_of_the_configuration(
    options: Mapping[str, object], message: str, client: Client
) -> None:
    with pytest.raises(ConfigError) as caught:
        open_channel("desk", options, client=client)
    assert message in str(caught.value)
    assert caught.value.subject == "desk"
    assert MARK not in str(caught.value)


def test_a_webhook_needs_the_guarded_client() -> None:
    options = {"kind": "webhook", "url": "https://x.example/", "secrets": [SECRET]}
    with pytest.raises(ConfigError, match="needs the HTTP client"):
        open_channel("desk", options)


def test_the_name_is_the_kind_when_none_is_given() -> None:
    assert isinstance(open_channel("terminal", {}), TerminalChannel)


# -- terminal ------------------------------------------------------------------------------


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_terminal_gets_a_frame_and_a_pipe_plain_text() -> None:
    screen, pipe = Screen(), io.StringIO()
    await send(TerminalChannel("t", screen))
    await send(TerminalChannel("t", pipe))
    assert "╭" in screen.getvalue()
    assert pipe.getvalue() == f"{ALERT.headline}\n\n{ALERT.body}\n\n"


async def test_markup_in_an_alert_is_text() -> None:
    screen = Screen()
    body = "[red]not red[/red] [link=https://x.example]y[/link] :bomb:"
    await TerminalChannel("t", screen).send(ALERT, text=f"h\n\n{body}", payload={})
    assert "[red]not red[/red]" in screen.getvalue()
    assert ":bomb:" in screen.getvalue()


@pytest.mark.parametrize("stream", [Screen, io.StringIO])
async def test_nothing_steers_the_terminal(stream: Callable[[], io.StringIO]) -> None:
    screen = stream()
    text = "h\x1b[2J\x07\n\nbody \x1b]0;x\x07 \x9b31m \u202e back\b\r"
    await TerminalChannel("t", screen).send(ALERT, text=text, payload={})
    shown = screen.getvalue()
    assert "\x1b[2J" not in shown
    assert not set(shown) & set("\x07\x9b\u202e\b\r")


def test_line_ends_joiners_and_isolates_stay() -> None:
    assert printable("a\n\u200c\u2068b\u2069") == "a\n\u200c\u2068b\u2069"


async def test_a_closed_stream_is_a_channel_error() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(ChannelError):
        await send(TerminalChannel("t", stream))


# -- file ----------------------------------------------------------------------------------


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def numbered(number: int) -> Alert:
    from dataclasses import replace

    return replace(ALERT, id=f"alert-{number}")


async def test_a_file_has_one_line_for_each_alert(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    for number in (1, 2, 1, 3):
        await send(FileChannel("f", path=path), numbered(number))
    assert [row["id"] for row in lines(path)] == ["alert-1", "alert-2", "alert-3"]
    assert lines(path)[0]["data"]["headline"] == ALERT.headline


@pytest.mark.parametrize("cut", [1, 5, 9, 40, -2, -1])
async def test_a_line_cut_short_by_a_crash_is_written_again_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "alerts.jsonl"
    channel = FileChannel("f", path=path)
    await send(channel, numbered(1))
    whole = path.read_bytes()
    await send(channel, numbered(2))
    second = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + second[:cut])
    await send(channel, numbered(2))
    assert [row["id"] for row in lines(path)] == ["alert-1", "alert-2"]


async def test_what_is_not_ours_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text("my notes\nwithout a line end", "utf-8")
    await send(FileChannel("f", path=path))
    assert path.read_text("utf-8").splitlines()[:2] == ["my notes", "without a line end"]
    assert json.loads(path.read_text("utf-8").splitlines()[2])["id"] == "alert-1"


async def test_a_full_disk_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "alerts.jsonl"
    channel = FileChannel("f", path=path)
    await send(channel, numbered(1))
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) > 20:
            return real(file, data[:20])
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.channels.file.os.write", lambda f, d: full(f, d[-30:]))
        with pytest.raises(ChannelError) as caught:
            await send(channel, numbered(2))
    assert caught.value.retryable
    assert [row["id"] for row in lines(path)] == ["alert-1"]


async def test_writers_side_by_side_lose_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    channels = [FileChannel("f", path=path) for _ in range(3)]
    await asyncio.gather(*(send(one, numbered(n)) for n in range(20) for one in channels))
    assert sorted(row["id"] for row in lines(path)) == sorted(f"alert-{n}" for n in range(20))


async def test_control_characters_are_escaped_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    await FileChannel("f", path=path).send(ALERT, text="", payload={"x": "\x1b\x9b\x7f é"})
    assert b"\x1b" not in path.read_bytes()
    assert "\x9b" not in path.read_text("utf-8")
    assert lines(path)[0]["x"] == "\x1b\x9b\x7f é"


# -- webhook -------------------------------------------------------------------------------


def hook(url: str, client: Client, *secrets: str) -> Channel:
    options = {"kind": "webhook", "url": url, "secrets": list(secrets or [SECRET])}
    return open_channel("hook", options, client=client)


def verified(web: WebServer, secret: str, number: int = 0) -> dict[str, Any]:
    seen = web.requests[number]
    return cast("dict[str, Any]", Webhook(secret).verify(seen.body, seen.headers))


async def test_the_reference_library_accepts_the_signature(web: WebServer, client: Client) -> None:
    await send(hook(web.route("/hook"), client))
    assert verified(web, SECRET) == payload_of(ALERT)
    assert web.requests[0].headers["webhook-id"] == ALERT.id
    assert web.requests[0].headers["content-type"] == "application/json"


async def test_during_a_rotation_both_secrets_are_good(web: WebServer, client: Client) -> None:
    await send(hook(web.route("/hook"), client, SECRET, OLD_SECRET))
    assert verified(web, SECRET) == verified(web, OLD_SECRET)


async def test_a_retry_has_the_same_id(web: WebServer, client: Client) -> None:
    url = web.route("/hook", Answer(status=500), Answer())
    channel = hook(url, client)
    with pytest.raises(ChannelError):
        await send(channel)
    await send(channel)
    assert [one.headers["webhook-id"] for one in web.requests] == [ALERT.id, ALERT.id]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(web: WebServer, client: Client, status: int) -> None:
    await send(hook(web.route("/hook", status=status), client))


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (301, True), (302, True), (307, True), (304, True),
        (400, False), (413, False), (422, False), (410, False),
        (401, True), (403, True), (404, True), (408, True), (429, True),
        (500, True), (502, True), (503, True), (504, True),
    ],
)  # fmt: skip
async def test_anything_else_is_a_failure(
    web: WebServer, client: Client, status: int, retryable: bool
) -> None:
    web.route("/elsewhere")
    url = web.route("/hook", status=status, headers={"Location": "/elsewhere"})
    with pytest.raises(ChannelError, match=str(status)) as caught:
        await send(hook(url, client))
    assert caught.value.retryable is retryable
    assert web.seen("/elsewhere") == []


async def test_a_receiver_that_is_gone_is_asked_once(web: WebServer, client: Client) -> None:
    channel = hook(web.route("/hook", status=410), client)
    for _ in range(3):
        with pytest.raises(ChannelError, match="410"):
            await send(channel)
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_for_time_gets_it(
    web: WebServer, client: Client, status: int
) -> None:
    url = web.route("/hook", Answer(status=status, headers={"Retry-After": "120"}), Answer())
    now = [1_000_000.0]
    channel = WebhookChannel("hook", url=url, secrets=[SECRET], client=client, clock=lambda: now[0])
    with pytest.raises(ThrottledError) as first:
        await send(channel)
    now[0] += 100
    with pytest.raises(ThrottledError) as second:
        await send(channel)
    assert (first.value.retry_after_s, second.value.retry_after_s) == (120, 20)
    assert len(web.requests) == 1
    now[0] += 21
    await send(channel)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7), (" 7 ", 7), ("0", 0), ("9999999", 86_400),
        (format_datetime(NOW.replace(minute=5), usegmt=True), 300),
        (format_datetime(NOW.replace(year=2099), usegmt=True), 86_400),
        (format_datetime(NOW.replace(year=2001), usegmt=True), None),
        ("-5", None), ("soon", None), ("", None), (None, None), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW.timestamp()) == seconds


async def test_no_answer_is_a_failure_that_shows_no_url(client: Client) -> None:
    with pytest.raises(ChannelError) as caught:
        await send(hook(f"http://127.0.0.1:9/{MARK}?t={MARK}", client))
    assert caught.value.retryable
    assert MARK not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


async def test_a_webhook_cannot_reach_private_addresses() -> None:
    async with Client() as guarded:
        with pytest.raises(ChannelError, match="blocked address"):
            await send(hook("http://127.0.0.1:9/", guarded))


# -- apprise -------------------------------------------------------------------------------


async def test_the_headline_is_the_title(web: WebServer) -> None:
    web.route("/ok")
    await send(open_channel("a", {"kind": "apprise", "url": f"json://127.0.0.1:{web.port}/ok"}))
    told = json.loads(web.requests[0].body)
    assert (told["title"], told["message"]) == (ALERT.headline, ALERT.body)


async def test_a_service_that_hangs_is_left_at_the_deadline_and_not_asked_meanwhile(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.channels.apprise import AppriseChannel

    channel = AppriseChannel("a", url=f"json://127.0.0.1:{web.port}/ok", timeout_s=0.05)
    free, calls = threading.Event(), []

    def hang(title: str, body: str) -> bool:
        calls.append(title)
        return free.wait(5)

    monkeypatch.setattr(channel, "_notify", hang)
    with pytest.raises(ChannelError, match=r"did not answer within 0\.05 s"):
        await send(channel)
    with pytest.raises(ChannelError, match="still busy"):
        await send(channel)
    assert len(calls) == 1
    free.set()
    assert channel._busy is not None
    await asyncio.to_thread(channel._busy.join, 5)
    await send(channel)
    assert len(calls) == 2
