"""Web pages that come where a feed was asked for."""

from __future__ import annotations

import re

_BEFORE_ROOT = re.compile(r"<!--.*?-->|<\?.*?\?>", re.S)
_HTML_TAGS = frozenset(
    ["html", "head", "body", "title", "script", "style", "meta", "link", "div", "p", "h1", "center"]
)


def is_html(text: str) -> bool:
    """Say whether `text` is a web page: its doctype or first element says so."""
    head = _BEFORE_ROOT.sub("", text[:50_000])
    first = re.search(r"<(!doctype\s+html|[a-z][\w:.-]*)", head, re.I)
    return first is not None and (first[1][0] == "!" or first[1].lower() in _HTML_TAGS)
