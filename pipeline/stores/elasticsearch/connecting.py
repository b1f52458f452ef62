"""Opens the official client: who we are, whom we trust, and nothing repeated behind our back."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.stores.elasticsearch.address import CA_FILE, Address

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

REQUEST_S = 30.0


def connect(address: Address) -> Elasticsearch:
    """Return a client; nobody is asked yet.

    Raises:
        ConfigError: the client is not installed, or the file of authorities holds none.
    """
    try:
        from elasticsearch import Elasticsearch
    except ImportError as error:
        raise ConfigError(
            "this store needs the Elasticsearch client: pip install 'truceline[elasticsearch]'",
            subject=address.shown,
        ) from error
    # Repeating is ours (see `Cluster.ask`), also after time-outs: every write here bears it.
    return Elasticsearch(
        list(address.nodes),
        basic_auth=(address.user, address.password or "") if address.user else None,
        api_key=address.api_key,
        request_timeout=REQUEST_S,
        max_retries=0,
        retry_on_timeout=False,
        **_trust(address),
    )


def _trust(address: Address) -> dict[str, Any]:
    """Return the options by which a node over TLS is believed."""
    if not address.nodes[0].startswith("https:"):
        return {}
    try:
        return {"ssl_context": ssl.create_default_context(cafile=address.ca_file)}
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{CA_FILE} is {address.ca_file!r}, which is no file of certificates ({error})",
            subject=address.shown,
        ) from error


__all__ = ["connect"]
