"""Alerts by signed POST, as the Standard Webhooks specification has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

from pipeline.channels import ThrottledError
from pipeline.errors import ChannelError, ConfigError, FetchError
from pipeline.records import Alert

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)  # the specification's limits
# These say that this very message can never be taken; anything else may be repaired by
# somebody within the days of the retry schedule.
HOPELESS = frozenset({400, 405, 406, 411, 413, 414, 415, 422})
GONE = 410
MAX_WAIT_S = 86_400.0  # of a Retry-After


class Answer(Protocol):
    """What a receiver said; `client.Response` is one. Header names are lower-case."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer."""


class Poster(Protocol):
    """The part of the guarded client that a webhook needs. It follows no redirects."""

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a POST; raise FetchError when there is none."""


class WebhookChannel:
    """Posts to one URL. Remembers, while it lives, that it was told to wait or to go away."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        secrets: Sequence[str],
        client: Poster,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Check the settings; `clock` gives seconds since the epoch.

        Raises:
            ConfigError: no http(s) URL, or a secret is not base64 of 24 to 64 bytes.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("the URL of a webhook is http:// or https://", subject=name)
        if not secrets:
            raise ConfigError("a webhook needs a secret", subject=name)
        self.name = name
        self._url = url
        self._host = parts.hostname
        self._keys = [read_secret(secret, name) for secret in secrets]
        self._client = client
        self._clock = clock
        self._wait_until = 0.0
        self._gone = False

    async def send(self, alert: Alert, *, text: str, payload: Mapping[str, object]) -> None:
        """POST `payload`, signed with every secret; any 2xx is success, nothing else is."""
        self._refuse_early()
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(alert.id, body, self._keys, at=int(self._clock()))
        try:
            answer = await self._client.post(self._url, body=body, headers=headers)
        except FetchError as error:
            raise self._error(f"{self._host} gave no answer ({error.kind})") from None
        if not 200 <= answer.status < 300:
            raise self._refused(answer)

    def _refuse_early(self) -> None:
        if self._gone:
            raise self._error(f"{self._host} said it is gone (410)", retryable=False)
        wait = self._wait_until - self._clock()
        if wait > 0:
            raise self._throttled("still has to be left alone", wait)

    def _refused(self, answer: Answer) -> ChannelError:
        status = answer.status
        wait = retry_after(answer.headers.get("retry-after"), self._clock())
        if status == GONE:
            self._gone = True
            return self._error(f"{self._host} said it is gone (410)", retryable=False)
        if wait is not None and (status == 429 or status >= 500):
            self._wait_until = self._clock() + wait
            return self._throttled(f"answered {status}", wait)
        if 300 <= status < 400:
            return self._error(f"{self._host} answered {status}; redirects are not followed")
        return self._error(f"{self._host} answered {status}", retryable=status not in HOPELESS)

    def _throttled(self, what: str, wait: float) -> ThrottledError:
        text = f"{self._host} {what}, for {wait:.0f} s"
        return ThrottledError(text, subject=self.name, retry_after_s=wait)

    def _error(self, text: str, *, retryable: bool = True) -> ChannelError:
        return ChannelError(text, subject=self.name, retryable=retryable)


def read_secret(secret: str, name: str) -> bytes:
    """Return the key in `whsec_...` (the prefix may be missing).

    Raises:
        ConfigError: it is not base64 of 24 to 64 bytes; `name` is the channel.
    """
    encoded = secret.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ConfigError("a secret is not base64", subject=name) from None
    if len(key) not in SECRET_BYTES:
        raise ConfigError(f"a secret has {len(key)} bytes, not 24 to 64", subject=name)
    return key


def signed_headers(
    message_id: str, body: bytes, keys: Sequence[bytes], *, at: int
) -> dict[str, str]:
    """Return the headers of a message: its id, the time `at`, one signature for each key."""
    content = f"{message_id}.{at}.".encode() + body
    digests = (hmac.new(key, content, hashlib.sha256).digest() for key in keys)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(d).decode()}" for d in digests),
    }


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds a Retry-After asks for, a day at most; None: nothing sensible."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_WAIT_S)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    wait = (at - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(wait, MAX_WAIT_S) if wait > 0 else None
