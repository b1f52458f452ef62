"""Every error this program raises on purpose.

    TrucelineError
    + ConfigError            a setting, feed, topic or rule file is wrong: names file, line, key
    + FeedError              one feed or page failed; its neighbours go on
    |  - FetchError          nothing usable came back
    |  - BlockedAddress      the address is not one we may connect to
    |  - ParseError          something came back that is no feed
    + WorkerError            a document killed or overran its worker process
    + ModelError             shipped weights are missing or damaged
    + StoreError             the store cannot be opened, read or written
    |  - StoreFull           no space left on the device
    |  - LeaseHeld           another process holds the lease
    + ChannelError           an alert could not be handed over
    + KibanaError            dashboards could not be installed

Each carries its `subject` (the feed, file, channel ... it is about) and says with
`retryable` whether the same call can succeed later. Do not add an error here without
adding it to the drawing.
"""

from __future__ import annotations


class TrucelineError(Exception):
    """Base of all our errors; `str()` reads "subject: message"."""

    retryable = False

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message


class ConfigError(TrucelineError):
    """A configuration file is wrong. `subject` is "file:line"."""


class FeedError(TrucelineError):
    """One feed or page failed. `subject` is its URL."""


class FetchError(FeedError):
    """Nothing usable came back. `kind` is one of the words that `client` documents."""

    retryable = True

    def __init__(self, message: str, *, subject: str = "", kind: str = "unreachable") -> None:
        super().__init__(message, subject=subject)
        self.kind = kind


class BlockedAddress(FetchError):
    """The URL leads to an address this program must not connect to."""

    retryable = False

    def __init__(self, message: str, *, subject: str = "", kind: str = "blocked address") -> None:
        super().__init__(message, subject=subject, kind=kind)


class ParseError(FeedError):
    """What came back is no feed."""


class WorkerError(TrucelineError):
    """A document killed its worker process or overran its limits. `subject` is the document."""

    retryable = True


class ModelError(TrucelineError):
    """Shipped weights are missing or damaged. `subject` is the file."""


class StoreError(TrucelineError):
    """The store cannot be opened, read or written. `subject` is its URL."""


class StoreFull(StoreError):
    """No space is left on the device of the store."""

    retryable = True


class LeaseHeld(StoreError):
    """Another process does this work now."""

    retryable = True


class ChannelError(TrucelineError):
    """An alert could not be handed over. `subject` is the channel's name."""

    def __init__(self, message: str, *, subject: str = "", retryable: bool = True) -> None:
        super().__init__(message, subject=subject)
        self.retryable = retryable


class KibanaError(TrucelineError):
    """Kibana does not answer, is too old, or refuses what it is sent. `subject` is its URL."""

    def __init__(self, message: str, *, subject: str = "", retryable: bool = False) -> None:
        super().__init__(message, subject=subject)
        self.retryable = retryable
