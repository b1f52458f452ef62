"""Where an Elasticsearch store is: http(s)://[user:password@]host[:port][,host ...]/[prefix].

Who we are there may also be said by the environment, so that no secret stands in a file:
`TRUCELINE_STORE_API_KEY`, or `TRUCELINE_STORE_USER` and `TRUCELINE_STORE_PASSWORD`. The
certificate authority of a cluster that made its own is in the file `TRUCELINE_CA_FILE`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from pipeline.errors import ConfigError

PREFIX = "truceline"
PORTS = {"http": 9200, "https": 443}
CA_FILE, API_KEY = "TRUCELINE_CA_FILE", "TRUCELINE_STORE_API_KEY"
USER, PASSWORD = "TRUCELINE_STORE_USER", "TRUCELINE_STORE_PASSWORD"  # names, no secrets
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")  # what Elasticsearch takes for an index


@dataclass(frozen=True, slots=True)
class Address:
    """Where the nodes are, who we are there, and what our indices' names begin with."""

    nodes: tuple[str, ...]
    prefix: str
    shown: str  # the URL without the password, for people
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ca_file: str | None = None  # None: the authorities that the system trusts


def parse(url: str, *, environ: Mapping[str, str] = os.environ) -> Address:
    """Return what a store's URL and the environment say; what the URL says goes first.

    Raises:
        ConfigError: it is written in another way, or contradicts itself. The message never
            holds a password or key.
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
    address = Address(
        nodes=tuple(_node(scheme, host, shown) for host in hosts.split(",")),
        prefix=prefix,
        shown=shown,
        user=unquote(user) or None,
        password=unquote(password) or None,
        ca_file=(environ.get(CA_FILE) or None) if scheme == "https" else None,
    )
    return _identified(address, environ)


def _identified(address: Address, environ: Mapping[str, str]) -> Address:
    """Return the address with who we are there."""
    api_key, user = environ.get(API_KEY) or None, environ.get(USER) or None
    if api_key and (user or address.user):
        other = "the URL" if address.user else USER
        raise ConfigError(
            f"{API_KEY} is set, and {other} names a user: only one of them can be meant",
            subject=address.shown,
        )
    if address.user:
        return replace(address, password=address.password or environ.get(PASSWORD) or None)
    if user and not environ.get(PASSWORD):
        raise ConfigError(f"{USER} is set without {PASSWORD}", subject=address.shown)
    return replace(
        address, user=user, password=environ.get(PASSWORD) if user else None, api_key=api_key
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


__all__ = ["API_KEY", "CA_FILE", "PASSWORD", "USER", "Address", "parse"]
