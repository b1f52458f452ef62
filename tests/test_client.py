"""The guarded client: what it refuses, what it bounds, and what it never gives away."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterator, Sequence

import pytest

from pipeline.client import (
    Client,
    ClientSettings,
    Response,
    decompress,
    is_public,
    redact,
)
from pipeline.errors import BlockedAddress, FetchError
from tests.webserver import Answer, Seen, WebServer, running


@pytest.fixture
def web() -> Iterator[WebServer]:
    with running() as server:
        yield server


def settings_for(web: WebServer, **changes: object) -> ClientSettings:
    """Only the test server's own port is welcome; the rest of loopback stays closed."""
    options: dict[str, object] = {"allowed": (f"127.0.0.1:{web.port}",), "per_host_delay_s": 0.0}
    return ClientSettings(**(options | changes))  # type: ignore[arg-type]  # checked by each test


async def get(
    web: WebServer, url: str, headers: dict[str, str] | None = None, **changes: object
) -> Response:
    async with Client(settings_for(web, **changes)) as client:
        return await client.get(url, headers=headers)


# -- addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:a00:1",
        "::7f00:1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "no address",
    ],
)
def test_a_closed_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_an_open_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "①②⑦.⓪.⓪.①",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
    ],
)
async def test_no_spelling_of_a_private_host_is_asked(web: WebServer, host: str) -> None:
    web.route("/secret", body=b"inner")
    async with Client(ClientSettings(per_host_delay_s=0, connect_s=1)) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(f"http://{host}:{web.port}/secret")
    assert caught.value.kind in ("blocked address", "bad url")
    assert web.requests == []


async def test_a_name_with_one_private_answer_is_refused_whole(web: WebServer) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1", "10.0.0.1"]  # the first is welcome here, and would answer

    web.route("/")
    async with Client(settings_for(web), resolve=resolve) as client:
        with pytest.raises(BlockedAddress, match=r"10\.0\.0\.1"):
            await client.get(web.url("/", host="news.example"))
    assert web.requests == []


async def test_a_second_dns_answer_cannot_slip_in(web: WebServer) -> None:
    """The address that was checked is the one that is dialled, on each request anew."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    web.route("/", body=b"first", headers={"Connection": "close"})
    async with Client(settings_for(web), resolve=resolve) as client:
        client_url = web.url("/", host="rebind.example")
        assert (await client.get(client_url)).body == b"first"
        assert client._session is not None
        client._session.connector.clear_dns_cache()  # type: ignore[union-attr]  # a TCPConnector
        with pytest.raises(BlockedAddress):
            await client.get(client_url)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
    ],
)
async def test_every_redirect_hop_is_checked(web: WebServer, target: str) -> None:
    web.route("/go", status=302, headers={"Location": target})
    with pytest.raises(BlockedAddress):
        await get(web, web.url("/go"))


@pytest.mark.parametrize("url", ["", "no url", "http://", "http:///x", "http://h:port/", "//h/x"])
async def test_what_is_no_web_address_is_refused(web: WebServer, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        await get(web, url)
    assert caught.value.kind != "unreachable"


# -- redirects --------------------------------------------------------------------------


async def test_redirects_are_followed_and_told(web: WebServer) -> None:
    web.route("/a", status=301, headers={"Location": "/b"})
    web.route("/b", status=302, headers={"Location": web.url("/c#part")})
    web.route("/c", body=b"here")
    response = await get(web, web.url("/a"))
    assert response.body == b"here"
    assert response.url == web.url("/c")
    assert response.redirects == ((301, web.url("/b")), (302, web.url("/c")))


async def test_a_circle_ends(web: WebServer) -> None:
    web.route("/a", status=302, headers={"Location": "/b"})
    web.route("/b", status=302, headers={"Location": "/a"})
    with pytest.raises(FetchError, match="circle"):
        await get(web, web.url("/a"))
    assert len(web.requests) <= 4


async def test_a_long_chain_ends(web: WebServer) -> None:
    def deeper(seen: Seen) -> Answer:
        return Answer(status=302, headers={"Location": f"/hop?n={len(web.requests)}"})

    web.handle("/hop", deeper)
    with pytest.raises(FetchError) as caught:
        await get(web, web.url("/hop"))
    assert caught.value.kind == "redirects"
    assert len(web.requests) == ClientSettings().max_redirects + 1


async def test_a_redirect_without_location_is_an_answer(web: WebServer) -> None:
    web.route("/a", status=301)
    assert (await get(web, web.url("/a"))).status == 301


async def test_credentials_and_validators_stay_at_their_origin(web: WebServer) -> None:
    with running() as other:
        other.route("/b", body=b"other")
        web.route("/a", status=302, headers={"Location": other.url("/b"), "Set-Cookie": "sid=1"})
        web.route("/same", status=302, headers={"Location": "/a"})
        settings = settings_for(web, allowed=("127.0.0.0/8",))
        secret = {"Authorization": "Bearer s3cret", "If-None-Match": '"1"', "Accept": "x/y"}
        async with Client(settings) as client:
            await client.get(web.url("/same"), headers=secret)
        assert web.seen("/a")[0].headers["authorization"] == "Bearer s3cret"
        arrived = other.requests[0].headers
    assert arrived["accept"] == "x/y"
    assert not {"authorization", "if-none-match", "cookie", "referer"} & set(arrived)


async def test_userinfo_becomes_a_header_and_leaves_the_url(web: WebServer) -> None:
    web.route("/a", body=b"ok")
    response = await get(web, web.url("/a").replace("http://", "http://ann:p%40ss@"))
    assert web.requests[0].headers["authorization"] == "Basic YW5uOnBAc3M="
    assert response.url == web.url("/a")


async def test_no_cookie_is_kept(web: WebServer) -> None:
    web.route("/a", headers={"Set-Cookie": "sid=1"})
    async with Client(settings_for(web)) as client:
        await client.get(web.url("/a"))
        await client.get(web.url("/a"))
    assert "cookie" not in web.requests[1].headers


async def test_a_post_is_sent_once_and_its_redirect_is_the_answer(web: WebServer) -> None:
    web.route("/hook", status=307, headers={"Location": "/other"})
    async with Client(settings_for(web)) as client:
        response = await client.post(web.url("/hook"), body=b"{}", headers={"X-Id": "7"})
    assert response.status == 307
    assert [(seen.path, seen.body, seen.headers["x-id"]) for seen in web.requests] == [
        ("/hook", b"{}", "7")
    ]


# -- bounds -----------------------------------------------------------------------------


async def test_a_big_body_is_refused_by_its_announcement(web: WebServer) -> None:
    web.route("/big", body=b"x" * 2_000)
    with pytest.raises(FetchError, match="announces 2000 bytes"):
        await get(web, web.url("/big"), max_bytes=1_000)


async def test_a_body_without_announcement_is_counted(web: WebServer) -> None:
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 200_000
    web.route("/endless", Answer(raw=raw))
    with pytest.raises(FetchError) as caught:
        await get(web, web.url("/endless"), max_bytes=100_000)
    assert caught.value.kind == "too big"


async def test_a_gzip_bomb_is_refused(web: WebServer) -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    web.route("/bomb", body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="after decompression") as caught:
        await get(web, web.url("/bomb"), max_bytes=1_000_000)
    assert caught.value.kind == "too big"


async def test_compressed_bodies_arrive_plain(web: WebServer) -> None:
    plain = b"<rss/>" * 50
    web.route("/gzip", body=gzip.compress(plain), headers={"Content-Encoding": "gzip"})
    web.route("/deflate", body=zlib.compress(plain), headers={"Content-Encoding": "deflate"})
    assert (await get(web, web.url("/gzip"))).body == plain
    assert (await get(web, web.url("/deflate"))).body == plain


def test_bare_deflate_and_several_members_are_read() -> None:
    bare = zlib.compressobj(wbits=-15)
    assert decompress(bare.compress(b"news") + bare.flush(), "deflate", 99) == b"news"
    assert decompress(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", 99) == b"ab"
    assert decompress(gzip.compress(gzip.compress(b"a")), "gzip, gzip", 999) == b"a"


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        (gzip.compress(b"news" * 99)[:-9], "gzip", "incomplete"),
        (b"<rss/>", "gzip", "bad answer"),
        (b"<rss/>", "br", "bad answer"),
        (b"<rss/>", "gzip, gzip, gzip", "bad answer"),
    ],
)
def test_a_broken_or_lying_encoding_is_an_error(body: bytes, encoding: str, kind: str) -> None:
    with pytest.raises(FetchError) as caught:
        decompress(body, encoding, 1_000)
    assert caught.value.kind == kind


async def test_an_error_page_is_cut_not_refused(web: WebServer) -> None:
    web.route("/404", status=404, body=b"x" * 500_000)
    response = await get(web, web.url("/404"), max_bytes=100_000)
    assert response.status == 404
    assert 0 < len(response.body) < 500_000


async def test_a_slow_answer_ends_at_the_deadline(web: WebServer) -> None:
    web.route("/slow", delay_s=5.0)
    with pytest.raises(FetchError, match=r"no answer in 0\.2 s") as caught:
        await get(web, web.url("/slow"), timeout_s=0.2)
    assert caught.value.kind == "timed out"


async def test_the_deadline_covers_all_hops(web: WebServer) -> None:
    web.route("/a", status=302, headers={"Location": "/b"}, delay_s=0.2)
    web.route("/b", status=302, headers={"Location": "/c"}, delay_s=0.2)
    web.route("/c", delay_s=0.2)
    with pytest.raises(FetchError) as caught:
        await get(web, web.url("/a"), timeout_s=0.5)
    assert caught.value.kind == "timed out"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", "incomplete"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>", "incomplete"),
        (b"", "unreachable"),
        (b"SSH-2.0-nothing here\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", "bad answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60_000 + b"\r\n\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", "bad answer"),
    ],
    ids=["short length", "cut chunk", "closed", "not http", "two lengths", "long header", "many"],
)
async def test_a_broken_answer_is_never_taken_for_whole(
    web: WebServer, raw: bytes, kind: str
) -> None:
    web.route("/broken", Answer(raw=raw))
    with pytest.raises(FetchError) as caught:
        await get(web, web.url("/broken"))
    assert caught.value.kind == kind


async def test_a_closed_port_and_an_unknown_name_are_unreachable(web: WebServer) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    async with Client(ClientSettings(allow_private=True), resolve=resolve) as client:
        with pytest.raises(FetchError, match="no connection"):
            await client.get("http://127.0.0.1:1/")
        with pytest.raises(FetchError, match="name not found"):
            await client.get("http://nowhere.example/")


# -- manners ----------------------------------------------------------------------------


async def test_a_host_is_asked_by_few_at_once(web: WebServer) -> None:
    at_once: list[int] = []
    async with Client(settings_for(web, per_host=2)) as client:

        def busy(_: Seen) -> Answer:
            at_once.append(2 - client._hosts["127.0.0.1"].gate._value)
            return Answer(delay_s=0.02)

        web.handle("/", busy)
        await asyncio.gather(*(client.get(web.url("/")) for _ in range(6)))
    assert len(at_once) == 6
    assert max(at_once) == 2


async def test_starts_at_one_host_are_spaced(web: WebServer) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    web.route("/")
    settings = settings_for(web, per_host_delay_s=2.0)
    async with Client(settings, clock=lambda: 100.0, sleep=sleep) as client:
        for _ in range(3):
            await client.get(web.url("/"))
    assert slept == [2.0, 4.0]


async def test_waiting_for_a_turn_costs_nothing_of_the_deadline(web: WebServer) -> None:
    web.route("/", delay_s=0.15)
    async with Client(settings_for(web, per_host=1, timeout_s=0.3)) as client:
        answers = await asyncio.gather(*(client.get(web.url("/")) for _ in range(4)))
    assert [answer.status for answer in answers] == [200] * 4


async def test_the_client_says_who_asks(web: WebServer) -> None:
    web.route("/")
    await get(web, web.url("/"), user_agent="truceline-test")
    assert web.requests[0].headers["user-agent"] == "truceline-test"


# -- secrets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:pw@news.example/feed?key=MARK&x=1", "https://news.example/feed?key=…&x=…"),
        ("https://h.example/hooks/T0MARK9X8Y7Z6W5V4U3", "https://h.example/hooks/…"),
        ("https://h.example/2026/talks-resume-after-20-day-pause#MARK", None),
        ("http://[::1", "(unreadable url)"),
    ],
)
def test_a_shown_url_holds_no_secret(url: str, shown: str | None) -> None:
    assert redact(url) == (shown or url.partition("#")[0])
    assert "MARK" not in redact(url)


async def test_no_error_tells_a_secret(web: WebServer) -> None:
    for path in ("/closed", "/loop", "/evil", "/slow"):
        web.route(path, Answer(raw=b""))
    web.route("/loop", status=302, headers={"Location": "/loop?key=MARK"})
    web.route("/evil", status=302, headers={"Location": "ftp://u:MARK@x.example/?q=MARK"})
    web.route("/slow", delay_s=2)
    texts = []
    for path in ("/closed", "/loop", "/evil", "/slow"):
        url = web.url(path).replace("http://", "http://ann:MARK@") + "?token=MARK"
        with pytest.raises(FetchError) as caught:
            await get(web, url, timeout_s=0.3)
        texts.append(f"{caught.value} {caught.value!r} {caught.value.subject}")
    assert not [text for text in texts if "MARK" in text]
    assert "token=…" in texts[0]
