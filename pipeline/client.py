"""The one way out: a guarded HTTP client for feeds, pages and webhooks.

Everything that answers is hostile until shown otherwise. The client therefore

* speaks http and https only, and never follows a redirect it has not checked;
* checks the address at the moment of dialling, so that no second DNS answer slips in;
* bounds time (one deadline over all hops), header size, body size and decompressed size;
* keeps no cookies and takes credentials and validators to no other origin.

Every failure is a `FetchError` whose `kind` is one of `unreachable`, `timed out`, `too big`,
`incomplete`, `bad answer`, `bad url`, `redirects`, or a `BlockedAddress` (`blocked address`).
No error text holds a secret of a URL: see `redact`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import socket
import ssl
import time
import tomllib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from pipeline.errors import BlockedAddress, FetchError

if TYPE_CHECKING:
    import aiohttp

REDIRECTS = frozenset({301, 302, 303, 307, 308})
ERROR_BODY_BYTES = 65_536  # of a 4xx or 5xx: enough to say what it is
MAX_LAYERS = 2  # of compression; honest servers send one
# What may go to another origin: nothing that says who asks or what they know.
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "user-agent"})

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Limits of the client. Times in seconds, sizes in bytes."""

    timeout_s: float = 30.0  # deadline over all hops, waiting for a turn not counted
    connect_s: float = 10.0
    max_bytes: int = 15_000_000  # of a body, compressed and decompressed
    max_header_bytes: int = 16_384  # of one header line
    max_redirects: int = 5
    per_host: int = 2  # requests at once
    per_host_delay_s: float = 0.5  # between starts
    total_connections: int = 40
    user_agent: str = "truceline/0.1 (news monitoring)"
    allow_private: bool = False
    allowed: tuple[str, ...] = ()  # private "10.1.0.0/16" or "127.0.0.1:8080" that are welcome
    ca_file: str | None = None  # extra certificate authorities (PEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A complete answer. Header names are lower-case; `body` is decompressed."""

    url: str  # that answered, without userinfo
    status: int
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[tuple[int, str], ...] = ()  # (status, target) of each hop on the way
    elapsed_s: float = 0.0


# -- addresses ------------------------------------------------------------------------

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 6890 and successors; spelled out because `is_global` differs between Python versions.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def unwrap(address: Address) -> Address:
    """Return the IPv4 address inside a mapped, 6to4 or NAT64 address, else `address`."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: str) -> bool:
    """Say whether `address` (as the socket layer writes it) belongs to the open internet."""
    try:
        ip = unwrap(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not any(ip in net for net in _CLOSED_V4)
    return ip.is_global and ip in _OPEN_V6 and not any(ip in net for net in _CLOSED_V6)


def _is_allowed(address: str, port: int, allowed: tuple[str, ...]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    for entry in allowed:
        if entry in (f"{ip}:{port}", f"[{ip}]:{port}"):
            return True
        with contextlib.suppress(ValueError):
            if ip in ipaddress.ip_network(entry):
                return True
    return False


class _BlockedError(OSError):
    """Carries a refusal through aiohttp, which lets only OSErrors pass."""


@dataclass(frozen=True, slots=True)
class _Guard:
    """Decides about every address before a socket for it exists."""

    settings: ClientSettings

    def check(self, address: str, port: int) -> None:
        if self.settings.allow_private or is_public(address):
            return
        if not _is_allowed(address, port, self.settings.allowed):
            raise _BlockedError(f"{address} is not a public address")

    def socket_for(self, addr_info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """Open the socket for one address: what is checked is what is dialled."""
        family, kind, proto, _, where = addr_info
        self.check(str(where[0]), int(where[1]))
        return socket.socket(family=family, type=kind, proto=proto)


class _Resolver:
    """Resolves in threads of its own; one private answer among several refuses the name."""

    def __init__(self, guard: _Guard, resolve: Resolve | None) -> None:
        self._guard = guard
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="dns")
        self._ask = resolve or self._ask_system

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        infos = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(info[4][0]) for info in infos]

    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> list[dict[str, object]]:
        found = dict.fromkeys(await self._ask(host, port))
        for address in found:
            self._guard.check(address, port)
        return [_resolved(host, address, port) for address in found]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolved(host: str, address: str, port: int) -> dict[str, object]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return {
        "hostname": host,
        "host": address,
        "port": port,
        "family": family,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    }


# -- URLs -----------------------------------------------------------------------------

_TOKEN = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_=-]{16,}|[0-9a-fA-F-]{32,}")


def redact(url: str) -> str:
    """Return `url` fit for logs and errors: no userinfo, query values or token-like path parts."""
    try:
        parts = urlsplit(url)
        host = _host_and_port(parts)
    except ValueError:
        return "(unreadable url)"
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    path = "/".join(_redact_segment(segment) for segment in parts.path.split("/"))
    return urlunsplit((parts.scheme, host, path, "&".join(f"{name}=…" for name in names), ""))


def _redact_segment(segment: str) -> str:
    # A slug has words between its hyphens; a token is one long run of letters and digits.
    longest = max(re.split(r"[-_.]", segment), key=len)
    long = len(longest) >= 16 or ("-" in segment and not re.search("[g-zG-Z]", segment))
    return "…" if long and _TOKEN.fullmatch(segment) else segment


def _host_and_port(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port is not None else host


def origin(url: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) with the default port filled in."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _checked(url: str) -> SplitResult:
    """Split `url`; raise what says why we won't ask for it."""
    try:
        parts = urlsplit(url.strip())
        _host_and_port(parts)  # raises on a port that is no number
    except ValueError:
        raise FetchError("not a URL", subject=redact(url), kind="bad url") from None
    if parts.scheme not in ("http", "https"):
        text = f"scheme {parts.scheme[:20]!r} is not http or https"
        raise BlockedAddress(text, subject=redact(url))
    if not parts.hostname:
        raise FetchError("no host in the URL", subject=redact(url), kind="bad url")
    return parts


def _credentials(parts: SplitResult) -> dict[str, str]:
    if parts.username is None and parts.password is None:
        return {}
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _without_userinfo(parts: SplitResult) -> str:
    return urlunsplit(parts._replace(netloc=_host_and_port(parts), fragment=""))


def _for_hop(headers: dict[str, str], source: str, target: str) -> dict[str, str]:
    """Return the headers that may travel from `source` to `target`."""
    if origin(source) == origin(target):
        return headers
    return {name: value for name, value in headers.items() if name in HARMLESS_HEADERS}


def _redirect_target(response: Response) -> str | None:
    location = response.headers.get("location", "").strip()
    if response.status not in REDIRECTS or not location:
        return None
    try:
        parts = _checked(urljoin(response.url, location))
    except ValueError:
        here = redact(response.url)
        raise FetchError("redirect to no URL", subject=here, kind="bad url") from None
    return _without_userinfo(parts)  # userinfo in a Location is the server's, not ours


# -- bodies ---------------------------------------------------------------------------


def decompress(raw: bytes, encodings: str, max_bytes: int) -> bytes:
    """Undo a Content-Encoding.

    Raises:
        FetchError: the result has more than `max_bytes` (`too big`), is cut short
            (`incomplete`), or is not what the header says (`bad answer`).
    """
    layers = [name.strip().lower() for name in encodings.split(",")]
    layers = [name for name in layers if name not in ("", "identity")]
    if len(layers) > MAX_LAYERS:
        raise FetchError(f"{len(layers)} layers of compression", kind="bad answer")
    for layer in reversed(layers if raw else []):
        raw = _inflate(raw, layer, max_bytes)
    return raw


def _inflate(raw: bytes, layer: str, max_bytes: int) -> bytes:
    if layer not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"unknown content encoding {layer[:20]!r}", kind="bad answer")
    try:
        return _members(raw, _window(raw, layer), max_bytes)
    except zlib.error:
        raise FetchError(f"says {layer} but is not", kind="bad answer") from None


def _window(raw: bytes, layer: str) -> int:
    if layer != "deflate":
        return 16 + zlib.MAX_WBITS
    # "deflate" means zlib, but some servers send the bare stream.
    has_header = raw[0] & 0x0F == 8 and int.from_bytes(raw[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


def _members(raw: bytes, window: int, max_bytes: int) -> bytes:
    out = bytearray()
    while raw:
        stream = zlib.decompressobj(window)
        out += stream.decompress(raw, max_bytes + 1 - len(out))
        if len(out) > max_bytes:
            raise FetchError(f"more than {max_bytes} bytes after decompression", kind="too big")
        if not stream.eof:
            raise FetchError("compressed body is cut short", kind="incomplete")
        raw = stream.unused_data if stream.unused_data[:2] == b"\x1f\x8b" else b""
    return bytes(out)


async def _read_body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read what fits; of an error page the beginning is enough."""
    if answer.status in REDIRECTS:
        return b""
    is_error = answer.status >= 400
    limit = min(max_bytes, ERROR_BODY_BYTES) if is_error else max_bytes
    raw = bytearray()
    async for chunk in answer.content.iter_any():
        raw += chunk
        if len(raw) > limit:
            if is_error:
                break
            raise FetchError(f"more than {max_bytes} bytes", kind="too big")
    return _decoded(bytes(raw), answer, max_bytes)


def _decoded(raw: bytes, answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    try:
        encodings = ",".join(answer.headers.getall("content-encoding", []))
        return decompress(raw, encodings, max_bytes)
    except FetchError:
        if answer.status >= 400:
            return b""
        raise


def _refuse_announced(answer: aiohttp.ClientResponse, max_bytes: int) -> None:
    size = answer.content_length
    if size is not None and size > max_bytes and answer.status < 400:
        raise FetchError(f"announces {size} bytes, more than {max_bytes}", kind="too big")


def _joined(answer: aiohttp.ClientResponse) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        # Two Locations or ETags are no list; the first is the one a browser takes.
        if key not in joined:
            joined[key] = value
        elif key not in ("location", "etag", "last-modified", "content-type", "retry-after"):
            joined[key] += ", " + value
    return joined


def is_wall(text: str) -> bool:
    """Say whether a page is a robot check in front of a site; the marks are in `walls.toml`."""
    head = text[:20_000].lower()
    return any(mark in head for mark in _wall_marks())


@cache
def _wall_marks() -> tuple[str, ...]:
    text = files("pipeline").joinpath("walls.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["wall"])


# -- errors of aiohttp in our words -----------------------------------------------------


def _explain(  # noqa: PLR0911  # a table: one line for each error of the library
    error: Exception, *, settings: ClientSettings
) -> FetchError:
    """Turn what aiohttp raised into one of our errors, without quoting the URL."""
    import aiohttp

    match error:
        case FetchError():
            return error
        case aiohttp.ClientConnectorError(os_error=_BlockedError() as blocked):
            return BlockedAddress(str(blocked))
        case aiohttp.ClientConnectorDNSError():
            return FetchError("name not found")
        case aiohttp.ClientConnectorCertificateError(certificate_error=cause):
            return FetchError(f"certificate: {getattr(cause, 'verify_message', '') or 'invalid'}")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return FetchError("TLS handshake failed")
        case aiohttp.ServerTimeoutError():
            return FetchError(f"no connection in {settings.connect_s:g} s", kind="timed out")
        case TimeoutError():
            return FetchError(f"no answer in {settings.timeout_s:g} s", kind="timed out")
        case aiohttp.ClientConnectorError(os_error=cause):
            return FetchError(f"no connection: {cause.strerror or 'refused or no route'}")
        case aiohttp.ClientPayloadError():
            return FetchError("the body is cut short or broken", kind="incomplete")
        case aiohttp.InvalidURL() | ValueError():
            return FetchError("not a URL or header we can send", kind="bad url")
        case aiohttp.ClientResponseError():
            return FetchError("not HTTP, or its headers are too long", kind="bad answer")
        case _:
            return FetchError("connection closed before the answer ended")


# -- the client ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Host:
    """Turns at one host: so many at once, so far apart."""

    gate: asyncio.Semaphore
    free_at: float = field(default=float("-inf"))  # on the client's clock


class Client:
    """Asks for URLs under the limits of its settings; use as `async with Client(...) as client`."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        resolve: Resolve | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings or ClientSettings()
        self._resolve = resolve
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._total = asyncio.Semaphore(self.settings.total_connections)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.settings.connect_s),
            auto_decompress=False,  # `decompress` bounds what comes out
            max_line_size=self.settings.max_header_bytes,
            max_field_size=self.settings.max_header_bytes,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connector(self) -> aiohttp.TCPConnector:
        import aiohttp

        guard = _Guard(self.settings)
        context = ssl.create_default_context()
        if self.settings.ca_file:
            context.load_verify_locations(self.settings.ca_file)
        return aiohttp.TCPConnector(
            resolver=_Resolver(guard, self._resolve),  # type: ignore[arg-type]  # same methods
            socket_factory=guard.socket_for,
            ssl=context,
            limit=0,  # `_turn` counts, outside the deadline
        )

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """Return the answer to a GET, redirects followed; any status is an answer.

        Raises:
            BlockedAddress: a hop leads to an address or scheme we must not use.
            FetchError: no complete answer; `kind` says why.
        """
        parts = _checked(url)
        here = _without_userinfo(parts)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        sent = _credentials(parts) | sent
        hops: list[tuple[int, str]] = []
        spent = 0.0
        while True:
            response = await self._exchange(
                "GET", here, headers=sent, body=None, max_bytes=max_bytes, spent=spent
            )
            spent += response.elapsed_s
            target = _redirect_target(response)
            if target is None:
                return replace(response, redirects=tuple(hops), elapsed_s=spent)
            hops.append((response.status, target))
            self._limit_hops(hops, start=url)
            sent, here = _for_hop(sent, here, target), target

    def _limit_hops(self, hops: list[tuple[int, str]], *, start: str) -> None:
        seen = [target for _, target in hops]
        if len(hops) > self.settings.max_redirects or seen.count(seen[-1]) > 1:
            text = "redirects in a circle" if len(set(seen)) < len(seen) else "too many redirects"
            raise FetchError(text, subject=redact(start), kind="redirects")

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Return the answer to a POST. Redirects are answers too: nothing is sent twice.

        Raises: as `get`.
        """
        return await self._send("POST", url, body=body, headers=headers)

    async def put(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Return the answer to a PUT, as `post` does."""
        return await self._send("PUT", url, body=body, headers=headers)

    async def _send(
        self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]
    ) -> Response:
        parts = _checked(url)
        sent = _credentials(parts) | {name.lower(): value for name, value in headers.items()}
        return await self._exchange(
            method, _without_userinfo(parts), headers=sent, body=body, max_bytes=None, spent=0.0
        )

    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: bytes | None,
        max_bytes: int | None,
        spent: float,
    ) -> Response:
        """Do one request and answer, without redirects, in what is left of the deadline."""
        cap = self.settings.max_bytes if max_bytes is None else max_bytes
        async with self._turn(urlsplit(url).hostname or ""):
            started = self._clock()
            try:
                async with asyncio.timeout(max(0.0, self.settings.timeout_s - spent)):
                    response = await self._ask(method, url, headers, body, cap)
            except _failures() as error:
                explained = _explain(error, settings=self.settings)
                explained.subject = redact(url)
                raise explained from None
            return replace(response, elapsed_s=self._clock() - started)

    async def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, cap: int
    ) -> Response:
        assert self._session is not None, "use the client inside `async with`"
        defaults = {"user-agent": self.settings.user_agent, "accept-encoding": "gzip, deflate"}
        async with self._session.request(
            method, url, headers=defaults | headers, data=body, allow_redirects=False
        ) as answer:
            try:
                _refuse_announced(answer, cap)
                content = await _read_body(answer, cap)
            finally:
                if not answer.content.at_eof():
                    answer.close()  # never drain what we stopped reading
            return Response(url=url, status=answer.status, headers=_joined(answer), body=content)

    @contextlib.asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait until `host` may be asked again; waiting costs nothing of the deadline."""
        queue = self._hosts.get(host)
        if queue is None:
            queue = self._hosts[host] = _Host(asyncio.Semaphore(self.settings.per_host))
        async with queue.gate:
            now = self._clock()
            start = max(now, queue.free_at)
            queue.free_at = start + self.settings.per_host_delay_s
            if start > now:
                await self._sleep(start - now)
            async with self._total:
                yield


def _failures() -> tuple[type[Exception], ...]:
    import aiohttp

    protocol = aiohttp.http.HttpProcessingError
    return (FetchError, OSError, ValueError, aiohttp.ClientError, protocol)
