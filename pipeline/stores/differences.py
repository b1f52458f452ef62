"""What changed between two versions of an article, as a unified diff."""

from __future__ import annotations

MOST_LINES = 2_000  # beyond, comparing line by line can take minutes; one hunk says it too


def difference(before: tuple[str, str], after: tuple[str, str]) -> str:
    """Return the unified diff of two (title, text) pairs, "" when they are equal.

    A text that is not there (not scraped yet, forgotten) is not compared: then the titles are.
    """
    old, new = _lines(before, after), _lines(after, before)
    if old == new:
        return ""
    if max(len(old), len(new)) > MOST_LINES:
        return f"@@ -1,{len(old)} +1,{len(new)} @@ too long to compare line by line\n"
    from difflib import unified_diff

    return "".join(f"{line}\n" for line in list(unified_diff(old, new, lineterm=""))[2:])


def _lines(one: tuple[str, str], other: tuple[str, str]) -> list[str]:
    title, text = one
    return [title, *(text.splitlines() if text and other[1] else [])]


__all__ = ["difference"]
