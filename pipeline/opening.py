"""What a watch is made of, as the settings want it: the client, the channels, the extractor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.records import Article, Claim, Topic

if TYPE_CHECKING:
    from pipeline.channels import Channel
    from pipeline.client import Client, ClientSettings
    from pipeline.config import Config
    from pipeline.extract import Extractor


def open_client(config: Config) -> Client:
    """Return the one guarded HTTP client, as the settings want it."""
    from pipeline.client import Client

    return Client(client_settings(config))


def client_settings(config: Config) -> ClientSettings:
    """Return the client's part of the settings."""
    from pipeline.client import ClientSettings

    fetch = config.settings.fetch
    return ClientSettings(
        timeout_s=fetch.timeout_s,
        max_bytes=fetch.max_feed_bytes,
        max_redirects=fetch.max_redirects,
        per_host=fetch.per_host,
        per_host_delay_s=fetch.host_delay_s,
        user_agent=fetch.user_agent,
        allow_private=fetch.allow_private,
        total_connections=fetch.connections,
    )


def open_channels(config: Config, client: Client) -> Mapping[str, Channel]:
    """Return the enabled channels by name; secrets come from the environment here.

    Raises:
        ConfigError: a variable a channel names is not set.
    """
    from pipeline.channels import open_channel
    from pipeline.config.settings import channel_secrets, channel_url

    opened = {}
    for name, channel in config.settings.channels.items():
        if channel.enabled:
            options = {
                "kind": channel.kind.value,
                "path": channel.path,
                "url": channel_url(channel),
                "secrets": channel_secrets(channel) or None,
                "timeout_s": channel.timeout_s if channel.kind == "apprise" else None,
            }
            opened[name] = open_channel(name, options, client=client)
    return opened


def extract_one(
    article: Article, topics: tuple[Topic, ...] | None, actors: Path | None, threads: int
) -> tuple[Claim, ...]:
    """Return the claims of one article. Runs in a worker, which keeps its loaded model."""
    return _extractor(topics, actors, threads).claims(article)


@cache
def _extractor(topics: tuple[Topic, ...] | None, actors: Path | None, threads: int) -> Extractor:
    from pipeline.extract import Extractor

    return Extractor(topics, actors_dir=actors, threads=threads)
