"""Says in our errors, and in words that help, what Elasticsearch refused to do."""

from __future__ import annotations

from typing import Any

from pipeline.errors import StoreError, StoreFull
from pipeline.stores.elasticsearch.address import API_KEY, CA_FILE, PASSWORD, USER

PASSING = frozenset({408, 429, 500, 502, 503, 504})  # the same request may succeed later

REASON_CHARS = 400


def unreachable(url: str, what: str) -> StoreError:
    """Return the error for a cluster that does not answer."""
    error = StoreError(
        f"no node answers ({what}); nothing acknowledged is lost: start it, or check the URL, "
        "and run again",
        subject=url,
    )
    error.retryable = True
    return error


def stop_at_distrust(url: str, what: str) -> None:
    """Raise at once when a node answers but must not be believed, or speaks without TLS.

    Raises:
        StoreError: waiting would change nothing.
    """
    if "CERTIFICATE_VERIFY_FAILED" in what:
        raise StoreError(
            f"its certificate is not trusted ({what}): name the file of its certificate authority "
            f"in {CA_FILE}",
            subject=url,
        )
    if "WRONG_VERSION_NUMBER" in what or "HTTP_REQUEST" in what:
        raise StoreError(f"answers without TLS ({what}): write http:// in its URL", subject=url)


def refused(url: str, status: int, reason: str) -> StoreError:
    """Return the error for an answer that is none: by HTTP status and the reason given."""
    if is_full(reason):
        return StoreFull(
            f"a node has no disk space left ({reason}); nothing acknowledged is lost: free some "
            "space and run again",
            subject=url,
        )
    if is_blocked(reason):
        error = StoreError(
            f"writing is stopped while documents move to a new index ({reason}); run again later, "
            "or `truceline store migrate` if a migration was interrupted",
            subject=url,
        )
        error.retryable = True
        return error
    if status == 401:
        return StoreError(
            f"does not know us ({reason}): check user and password in the store's URL, or {USER} "
            f"and {PASSWORD}, or {API_KEY}",
            subject=url,
        )
    if status == 403:
        return StoreError(
            f"the user may not do this ({reason}); check user, password and rights", subject=url
        )
    error = StoreError(f"{status}: {reason}", subject=url)
    error.retryable = status in PASSING
    return error


def is_full(reason: str) -> bool:
    """Tell whether the reason is a full disk: indices become read-only at the flood stage."""
    return "flood-stage" in reason or "read-only / allow delete" in reason


def is_blocked(reason: str) -> bool:
    """Tell whether an index takes no writes: its documents are on the way to another one."""
    return "index write (api)" in reason


def is_no_index(reason: str) -> bool:
    """Tell whether the reason is that there is no such index."""
    return "index_not_found" in reason


def may_pass(reason: str) -> bool:
    """Tell whether a refusal ends by itself or by somebody's hand."""
    return is_full(reason) or is_blocked(reason)


def reason_of(error: Any) -> str:
    """Return the type and reason of an error object of an answer, in one line."""
    if not isinstance(error, dict):
        return str(error)
    cause = error.get("caused_by")
    # A reason can quote the whole value that was refused.
    said = f"{error.get('type', 'error')}: {str(error.get('reason', ''))[:REASON_CHARS]}"
    return f"{said} ({reason_of(cause)})" if cause else said


__all__ = [
    "PASSING",
    "is_blocked",
    "is_full",
    "is_no_index",
    "may_pass",
    "reason_of",
    "refused",
    "stop_at_distrust",
    "unreachable",
]
