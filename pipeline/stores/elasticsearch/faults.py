"""Says in our errors, and in words that help, what Elasticsearch refused to do."""

from __future__ import annotations

from typing import Any

from pipeline.errors import StoreError, StoreFull

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


def refused(url: str, status: int, reason: str) -> StoreError:
    """Return the error for an answer that is none: by HTTP status and the reason given."""
    if is_full(reason):
        return StoreFull(
            f"a node has no disk space left ({reason}); nothing acknowledged is lost: free some "
            "space and run again",
            subject=url,
        )
    if status in (401, 403):
        return StoreError(
            f"the user may not do this ({reason}); check user, password and rights", subject=url
        )
    error = StoreError(f"{status}: {reason}", subject=url)
    error.retryable = status in PASSING
    return error


def is_full(reason: str) -> bool:
    """Tell whether the reason is a full disk: indices become read-only at the flood stage."""
    return "flood-stage" in reason or "read-only / allow delete" in reason


def reason_of(error: Any) -> str:
    """Return the type and reason of an error object of an answer, in one line."""
    if not isinstance(error, dict):
        return str(error)
    cause = error.get("caused_by")
    # A reason can quote the whole value that was refused.
    said = f"{error.get('type', 'error')}: {str(error.get('reason', ''))[:REASON_CHARS]}"
    return f"{said} ({reason_of(cause)})" if cause else said


__all__ = ["PASSING", "is_full", "reason_of", "refused", "unreachable"]
