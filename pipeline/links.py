"""Web addresses of articles: the canonical form, and what two forms have in common.

Pure, and without network: a redirect cannot be followed here. The lists are in `links.toml`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import SplitResult, parse_qs, quote, urljoin, urlsplit, urlunsplit

MAX_URL_CHARS = 2_048  # longer ones break stores and browsers; no outlet needs them
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The lists of `links.toml`."""

    tracking: frozenset[str]
    prefixes: tuple[str, ...]
    sometimes: frozenset[str]
    values: frozenset[str]
    front_pages: frozenset[str]
    aggregators: frozenset[str]
    wrapped_in: dict[str, str]


@cache
def rules() -> Rules:
    """Return the shipped lists."""
    data = tomllib.loads(files("pipeline").joinpath("links.toml").read_text("utf-8"))
    names = data["tracking"]
    return Rules(
        tracking=frozenset(name for name in names if not name.endswith("*")),
        prefixes=tuple(name[:-1] for name in names if name.endswith("*")),
        sometimes=frozenset(data["sometimes_tracking"]),
        values=frozenset(data["tracking_values"]),
        front_pages=frozenset(data["front_pages"]),
        aggregators=frozenset(data["aggregators"]),
        wrapped_in=data["wrapped_in"],
    )


def canonical_url(url: str, *, base: str = "") -> str | None:
    """Return the absolute http(s) address of a page without fragment, userinfo and tracking.

    Idempotent. None when there is no such address (other schemes, no host, too long).
    """
    try:
        parts = urlsplit(urljoin(base, re.sub(r"[\t\r\n]", "", url).strip()))
        parts = _unwrapped(parts)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            return None
        clean = urlunsplit((parts.scheme, _netloc(parts), _path(parts), _query(parts.query), ""))
    except ValueError:
        return None
    return clean if len(clean) <= MAX_URL_CHARS else None


def _unwrapped(parts: SplitResult) -> SplitResult:
    """Return the outlet's address inside an aggregator's."""
    name = rules().wrapped_in.get(f"{parts.hostname}{parts.path}")
    targets = parse_qs(parts.query).get(name, []) if name else []
    inner = urlsplit(targets[0]) if targets else parts
    return inner if inner.scheme in _DEFAULT_PORTS else parts


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    return host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"


def _path(parts: SplitResult) -> str:
    path = re.sub(r"%[0-9a-f]{2}", lambda code: code[0].upper(), parts.path, flags=re.I)
    return quote(path, safe="/%!$&'()*+,;=:@~-._") or "/"


def _query(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return quote("&".join(kept), safe="/%!$&'()*+,;=:@~-._?")


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name, known = name.lower().removeprefix("amp;"), rules()
    if name in known.sometimes:
        return value.lower() in known.values
    return name in known.tracking or name.startswith(known.prefixes)


def is_front_page(url: str) -> bool:
    """Say whether `url` is a site's front page: it names an outlet, not a story."""
    parts = urlsplit(url)
    return not parts.query and parts.path.lower() in rules().front_pages


def is_aggregator(url: str) -> bool:
    """Say whether the host of `url` collects other outlets' stories."""
    return (urlsplit(url).hostname or "") in rules().aggregators


def fold_url(url: str) -> str:
    """Return what equal addresses of one page share: no scheme, www, last slash, AMP, order."""
    parts = urlsplit(url)
    path = re.sub(r"(?:/amp|/)+$", "", parts.path)
    query = "&".join(sorted(parts.query.split("&")))
    return f"{parts.netloc.removeprefix('www.')}{path}?{query}".removesuffix("?")
