"""The URL of an Elasticsearch store: http(s)://[user:password@]host[:port][,host ...]/[prefix]."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pipeline.errors import ConfigError

PREFIX = "truceline"
PORTS = {"http": 9200, "https": 443}
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")  # what Elasticsearch takes for an index


@dataclass(frozen=True, slots=True)
class Address:
    """Where the nodes are, who we are there, and what our indices' names begin with."""

    nodes: tuple[str, ...]
    prefix: str
    shown: str  # the URL without the password, for people
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse(url: str) -> Address:
    """Return what a store's URL says.

    Raises:
        ConfigError: it is written in another way. The message never holds the password.
    """
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    shown = f"{scheme}://{user}{at}{hosts}/{path}".rstrip("/")
    prefix = path.strip("/") or PREFIX
    if not _NAME.fullmatch(prefix):
        raise ConfigError(
            f"{prefix!r} cannot begin the name of an index: small letters, digits, - _ . only",
            subject=shown,
        )
    return Address(
        nodes=tuple(_node(scheme, host, shown) for host in hosts.split(",")),
        prefix=prefix,
        shown=shown,
        user=unquote(user) or None,
        password=unquote(password) or None,
    )


def _node(scheme: str, host: str, shown: str) -> str:
    try:
        parts = urlsplit(f"{scheme}://{host}")
        port = parts.port or PORTS[scheme]
    except (ValueError, KeyError):
        parts, port = None, 0
    if parts is None or not parts.hostname:
        raise ConfigError("write http(s)://user:password@host:9200/prefix", subject=shown)
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{name}:{port}"


__all__ = ["Address", "parse"]
